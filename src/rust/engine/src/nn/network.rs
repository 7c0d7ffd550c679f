//! The shape of a network: its layers and its output.

use crate::base::error::{EngineError, Result};
use crate::kernels::instruction_set::InstructionSet;
use crate::nn::activation::Activation;
use crate::nn::layer::rows::{LayerRows, Numbers};
use crate::nn::layer::{Dense, Extent, Layer, Plan, RowKind};
use crate::objective::output::Output;

/// Numbers that come in or go out of all layers together, at most: no machine has so many, and what
/// is worked out from them (rows, strides, bytes per row) can still be counted: 2^53, or 2^21 where a
/// process has addresses of 32 bits, as in a browser.
const MOST_NUMBERS: usize = 1 << (usize::BITS - 11);

/// A checked feed-forward network: at least one layer, no empty layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    /// The layers that skip from another, by index.
    skips: Vec<usize>,
    output: Output,
    ancillary: usize,
}

impl Network {
    /// A chain of dense layers from its layer sizes, input first, and one activation per hidden layer.
    ///
    /// # Errors
    /// Fewer than two sizes, a size of zero or beyond counting, or another number of activations than
    /// hidden layers.
    pub fn new(sizes: &[usize], hidden: &[Activation], output: Output) -> Result<Network> {
        if sizes.len() < 2 || sizes.contains(&0) {
            return Err(EngineError::config(format!("layer sizes {sizes:?}")));
        }
        if hidden.len() != sizes.len() - 2 {
            return Err(EngineError::config(format!(
                "{} activations for {} hidden layers",
                hidden.len(),
                sizes.len() - 2
            )));
        }
        let activations = hidden.iter().copied().chain([output.activation()]);
        let plans = sizes[1..].iter().zip(activations);
        let plans = plans.map(|(&units, activation)| Plan::new(units, activation, Dense { bias: true }));
        Network::of(sizes[0], plans, output)
    }

    /// A network of any layers, first hidden layer first; the last one's activation is the output's.
    ///
    /// # Errors
    /// No layers, numbers beyond counting, or the number (from 1) of a layer that does not fit.
    pub fn of(inputs: usize, plans: impl IntoIterator<Item = Plan>, output: Output) -> Result<Network> {
        let mut before = vec![(inputs, 1)];
        let mut layers: Vec<Layer> = Vec::new();
        for plan in plans {
            let (inputs, copies) = before[layers.len()];
            let extent = Extent {
                inputs,
                copies,
                before: &before,
            };
            let layer = Layer::of(&plan, extent).map_err(|error| match error {
                EngineError::Config(what) => EngineError::Layer(layers.len() + 1, what),
                other => other,
            })?;
            before.push((layer.units, layer.copies));
            layers.push(layer);
        }
        let numbers = |&(units, copies): &(usize, usize)| units.saturating_mul(copies);
        let all = before.iter().map(numbers).fold(0, usize::saturating_add);
        let Some(last) = layers.last_mut().filter(|_| inputs > 0 && all <= MOST_NUMBERS) else {
            return Err(EngineError::config(format!("layers of {before:?} numbers")));
        };
        last.activation = output.activation();
        if output == Output::Softmax && last.units < 2 {
            return Err(EngineError::config("softmax needs at least two outputs"));
        }
        let is_skip = |&index: &usize| RowKind::from(&layers[index].kind).is_some();
        Ok(Network {
            skips: (0..layers.len()).filter(is_skip).collect(),
            layers,
            output,
            ancillary: 0,
        })
    }

    /// The same with so many parameters of the loss's own beside weights and biases.
    pub fn with_ancillary(self, ancillary: usize) -> Network {
        Network { ancillary, ..self }
    }

    /// Parameters of the loss's own: the layout has them behind the last layer, as the biases of a layer without inputs.
    pub fn ancillary(&self) -> usize {
        self.ancillary
    }

    /// The layers, first hidden layer first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Numbers per row that come in.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs
    }

    /// Numbers per row that go out.
    pub fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].units
    }

    /// What the last layer's weighted inputs become.
    pub fn output(&self) -> Output {
        self.output
    }

    /// Whether some activation is a function of the caller's own.
    pub fn is_custom(&self) -> bool {
        self.layers.iter().any(|layer| layer.activation.is_custom())
    }

    /// Number of weights, biases and parameters of the loss's own.
    pub fn parameter_count(&self) -> f64 {
        self.layers.iter().map(Layer::parameter_count).sum::<f64>() + self.ancillary as f64
    }

    /// Multiply-adds of a row going forward.
    pub fn work_of_row(&self) -> f64 {
        self.layers.iter().map(Layer::work).sum::<f64>() + self.ancillary as f64
    }

    /// Copies of each row that go out: one for each member, 1 without members.
    pub fn copies(&self) -> usize {
        self.layers[self.layers.len() - 1].copies
    }

    /// Copies of each row at the layer that has most of them.
    pub fn most_copies(&self) -> usize {
        self.layers.iter().map(|layer| layer.copies).max().unwrap_or(1)
    }

    /// Numbers and copies of what a skip from layer `number` (from 1; 0: the inputs) brings.
    pub fn extent_of(&self, number: usize) -> (usize, usize) {
        match number {
            0 => (self.inputs(), 1),
            number => (self.layers[number - 1].units, self.layers[number - 1].copies),
        }
    }

    /// Whether it is a chain of dense layers with biases, which all learn alike.
    pub fn is_plain(&self) -> bool {
        self.layers.iter().all(Layer::is_plain)
    }

    /// Whether there are layers that are taken row by row.
    pub fn has_row_kinds(&self) -> bool {
        !self.layers.iter().all(Layer::is_dense)
    }

    /// The layers that skip from layer `number` (from 1; 0: the inputs), by index.
    pub fn skips_from(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let skips = move |layer: &Layer| RowKind::from(&layer.kind) == Some(number);
        self.skips
            .iter()
            .copied()
            .filter(move |&index| skips(&self.layers[index]))
    }

    /// Some rows of a layer, by index, with what they are computed from: `parameters` are the layer's own, `count` the rows before
    /// copies are made, and `given` answers with what a layer (from 1; 0: the inputs) gives of them and the distance between its rows.
    pub fn layer_rows<'v, N>(
        &'v self,
        index: usize,
        parameters: &'v [N],
        count: usize,
        set: InstructionSet,
        given: impl Fn(usize) -> (&'v [N], usize),
    ) -> LayerRows<'v, N> {
        let layer = &self.layers[index];
        let numbers = |from: usize| {
            let (width, copies) = self.extent_of(from);
            let (numbers, stride) = given(from);
            Numbers {
                numbers,
                stride,
                width,
                times: layer.copies / copies,
            }
        };
        LayerRows {
            layer,
            parameters,
            inputs: numbers(index),
            skipped: RowKind::from(&layer.kind).map_or(Numbers::NONE, numbers),
            count: count * layer.copies,
            set,
        }
    }

    /// The network where every layer learns and is penalised as all others: for derivatives, which no rate changes.
    pub fn learning_all(&self) -> Network {
        let mut network = self.clone();
        for layer in &mut network.layers {
            layer.lr_factor = 1.0;
        }
        network
    }
}

/// Work per step below which waking the team costs more than it saves, in multiply-adds.
pub const WORK_WORTH_SHARING: f64 = 1.5e5;

/// Multiply-adds of a training step of `rows` rows.
pub fn work_of_step(network: &Network, rows: usize) -> f64 {
    3.0 * network.work_of_row() * rows as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_that_make_no_sense_are_refused() {
        assert!(Network::new(&[3], &[], Output::Linear).is_err());
        assert!(Network::new(&[3, 0, 1], &[Activation::Tanh], Output::Linear).is_err());
        assert!(Network::new(&[3, 2, 1], &[], Output::Linear).is_err());
        assert!(Network::new(&[3, 1], &[], Output::Softmax).is_err());
    }
}
