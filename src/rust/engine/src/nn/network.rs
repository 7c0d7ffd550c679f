//! The shape of a network, and how its parameters lie in memory.

use crate::base::buffer::Buffer;
use crate::base::error::{EngineError, Result};
use crate::base::room::{copied, copied_matrix, filled, room, zeros};
use crate::base::threads::Team;
use crate::kernels::scalar::{panel_width, row_stride, Scalar};
use crate::nn::activation::Activation;
use crate::nn::layer::{Dense, Extent, Layer, Plan, RowKind};
use crate::objective::output::Output;
use ndarray::{Array1, Array2};
use std::ops::Range;

/// Numbers that come in or go out of all layers together, at most: no machine has so many, and what
/// is worked out from them (rows, strides, bytes per row) can still be counted.
const MOST_NUMBERS: usize = 1 << 53;

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

    /// The same where every layer learns and is penalised as all others: for derivatives, which no rate changes.
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

/// Where one layer's parameters lie: panels of `width` units, each panel `inputs` rows of weights and then, where there are
/// any, a row of biases; lanes beyond the last unit stay zero. Layers that are taken row by row have their numbers one after
/// the other instead.
#[derive(Clone, Copy, Debug)]
pub struct LayerLayout {
    /// First number of the layer.
    pub offset: usize,
    /// Units in each panel ([`panel_width`]).
    pub width: usize,
    /// Number of panels; none where numbers lie one after the other.
    pub panels: usize,
    /// Numbers that come in.
    pub inputs: usize,
    /// Rows of a panel: inputs, and one more where there are biases.
    pub rows: usize,
    /// Distance between rows of activations.
    pub stride: usize,
    /// Of layers that are taken row by row, the number of weights, row by row, and of biases behind them.
    pub flat: Option<(usize, usize)>,
}

impl LayerLayout {
    fn in_panels<T: Scalar>(offset: usize, inputs: usize, bias: bool, units: usize) -> LayerLayout {
        let width = panel_width::<T>(units);
        LayerLayout {
            offset,
            width,
            panels: units.div_ceil(width),
            inputs,
            rows: inputs + usize::from(bias),
            stride: row_stride::<T>(units),
            flat: None,
        }
    }

    fn of_layer<T: Scalar>(offset: usize, layer: &Layer) -> LayerLayout {
        let biases = layer.biases();
        let panels = LayerLayout::in_panels::<T>(offset, layer.inputs, biases > 0, layer.units);
        if layer.is_dense() {
            return panels;
        }
        let (rows, columns) = layer.weights();
        LayerLayout {
            width: 1,
            panels: 0,
            rows: 0,
            flat: Some((rows.saturating_mul(columns), biases)),
            ..panels
        }
    }

    /// Numbers that the layer takes.
    fn numbers(&self) -> usize {
        match self.flat {
            Some((weights, biases)) => weights.saturating_add(biases),
            None => self.rows.saturating_mul(self.panels * self.width),
        }
    }

    /// Where all numbers of the layer lie.
    pub fn all(&self) -> Range<usize> {
        self.offset..self.offset + self.numbers()
    }

    /// Whether panels end with biases.
    pub fn has_bias(&self) -> bool {
        self.rows > self.inputs
    }

    /// Numbers in a panel.
    pub fn panel_size(&self) -> usize {
        self.rows * self.width
    }

    /// Units of a panel, of so many units in all.
    fn units_of(&self, panel: usize, units: usize) -> Range<usize> {
        panel * self.width..units.min((panel + 1) * self.width)
    }

    /// Where rows `rows` of panel `panel` lie.
    pub fn range(&self, panel: usize, rows: Range<usize>) -> Range<usize> {
        let start = self.offset + panel * self.panel_size();
        start + rows.start * self.width..start + rows.end * self.width
    }

    /// Where the weight from `input` to `unit` lies (`input == inputs`: the bias).
    pub fn index(&self, input: usize, unit: usize) -> usize {
        self.range(unit / self.width, input..input + 1).start + unit % self.width
    }
}

/// How all layers lie in one stretch of memory.
#[derive(Clone, Debug)]
pub struct Layout {
    /// One per layer.
    pub layers: Vec<LayerLayout>,
    /// Total length in numbers.
    pub len: usize,
}

impl Layout {
    /// The layout of a network in precision `T`.
    pub fn of<T: Scalar>(network: &Network) -> Layout {
        let mut layout = Layout {
            layers: Vec::new(),
            len: 0,
        };
        for layer in &network.layers {
            layout.push::<T>(LayerLayout::of_layer::<T>(layout.len, layer));
        }
        if network.ancillary > 0 {
            layout.push::<T>(LayerLayout::in_panels::<T>(
                layout.len,
                0,
                true,
                network.ancillary,
            ));
        }
        layout
    }

    fn push<T: Scalar>(&mut self, layer_layout: LayerLayout) {
        // Every layer starts at a cache line. What is too long to be counted stays at the
        // largest number, and its memory is refused.
        let numbers = layer_layout.numbers();
        let whole_lines = numbers.checked_next_multiple_of(T::LANES).unwrap_or(usize::MAX);
        self.len = self.len.saturating_add(whole_lines);
        self.layers.push(layer_layout);
    }
}

/// Weights and biases as matrices and vectors: how they cross the engine's border.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// One matrix per layer: [inputs x units] of dense layers, [`Layer::weights`] of others.
    pub weights: Vec<Array2<f64>>,
    /// One vector per layer: [units] of dense layers, [`Layer::biases`] of others.
    pub biases: Vec<Array1<f64>>,
    /// The loss's own parameters; none for most.
    pub ancillary: Array1<f64>,
}

impl Coefficients {
    /// All zero, in the shape of `network`.
    ///
    /// # Errors
    /// Memory refused.
    pub fn zeros(network: &Network) -> Result<Coefficients> {
        let mut coefficients = Coefficients::with_room(network.layers.len())?;
        for layer in &network.layers {
            let (rows, columns) = layer.weights();
            coefficients.weights.push(zeros(rows, columns)?);
            coefficients.biases.push(filled(layer.biases(), 0.0)?.into());
        }
        coefficients.ancillary = filled(network.ancillary, 0.0)?.into();
        Ok(coefficients)
    }

    /// None yet, with room for those of `layers` layers.
    ///
    /// # Errors
    /// Memory refused.
    pub fn with_room(layers: usize) -> Result<Coefficients> {
        Ok(Coefficients {
            weights: room(layers)?,
            biases: room(layers)?,
            ancillary: Array1::default(0),
        })
    }

    /// A copy; unlike a clone it is an error where there is no memory for it.
    ///
    /// # Errors
    /// Memory refused.
    pub fn copied(&self) -> Result<Coefficients> {
        let mut copy = Coefficients::with_room(self.weights.len())?;
        for (weights, biases) in self.weights.iter().zip(&self.biases) {
            copy.weights.push(copied_matrix(weights)?);
            copy.biases
                .push(copied(biases.as_slice().unwrap_or_default())?.into());
        }
        copy.ancillary = copied(self.ancillary.as_slice().unwrap_or_default())?.into();
        Ok(copy)
    }

    /// Bytes of the coefficients of `network`.
    pub fn bytes(network: &Network) -> f64 {
        network.parameter_count() * size_of::<f64>() as f64
    }

    /// Checks the shapes against a network.
    ///
    /// # Errors
    /// [`EngineError::Config`] naming the first layer that does not fit.
    pub fn check(&self, network: &Network) -> Result<()> {
        let layers = &network.layers;
        if self.weights.len() != layers.len() || self.biases.len() != layers.len() {
            return Err(EngineError::config(format!(
                "{} weight matrices and {} bias vectors for {} layers",
                self.weights.len(),
                self.biases.len(),
                layers.len()
            )));
        }
        if self.ancillary.len() != network.ancillary {
            return Err(EngineError::config(format!(
                "{} ancillary parameters where {} are needed",
                self.ancillary.len(),
                network.ancillary
            )));
        }
        for (number, layer) in layers.iter().enumerate() {
            let ((rows, columns), biases) = (layer.weights(), layer.biases());
            if self.weights[number].dim() != (rows, columns) || self.biases[number].len() != biases {
                return Err(EngineError::config(format!(
                    "layer {} needs weights {rows} x {columns} and {biases} biases",
                    number + 1
                )));
            }
        }
        Ok(())
    }

    /// Lays the numbers out in panels.
    ///
    /// # Errors
    /// Shapes that do not fit, memory refused, or an interrupt.
    pub fn pack<T: Scalar>(&self, network: &Network, team: &Team) -> Result<Buffer<T>> {
        self.check(network)?;
        let layout = Layout::of::<T>(network);
        let mut packed = Buffer::zeros(layout.len)?;
        for (number, layer_layout) in layout.layers[..self.weights.len()].iter().enumerate() {
            let weights = &self.weights[number];
            if layer_layout.flat.is_some() {
                team.did(weights.len() as f64)?;
                let numbers = weights.iter().chain(&self.biases[number]);
                for (packed, &number) in packed[layer_layout.all()].iter_mut().zip(numbers) {
                    *packed = T::of(number);
                }
                continue;
            }
            // Panel by panel, so that either layout of the matrix is read in order.
            for panel in 0..layer_layout.panels {
                let units = layer_layout.units_of(panel, weights.ncols());
                team.did((weights.nrows() * units.len()) as f64)?;
                for input in 0..weights.nrows() {
                    let row = &mut packed[layer_layout.range(panel, input..input + 1)];
                    for (number, unit) in row.iter_mut().zip(units.clone()) {
                        *number = T::of(weights[(input, unit)]);
                    }
                }
            }
            for (unit, &bias) in self.biases[number].iter().enumerate() {
                packed[layer_layout.index(layer_layout.inputs, unit)] = T::of(bias);
            }
        }
        for (number, &own) in self.ancillary.iter().enumerate() {
            packed[layout.layers[self.weights.len()].index(0, number)] = T::of(own);
        }
        Ok(packed)
    }

    /// Reads the numbers back from panels.
    ///
    /// # Errors
    /// Memory refused.
    pub fn unpack<T: Scalar>(network: &Network, packed: &[T]) -> Result<Coefficients> {
        let layout = Layout::of::<T>(network);
        let mut coefficients = Coefficients::zeros(network)?;
        let layers = network.layers.len();
        for (number, layer_layout) in layout.layers[..layers].iter().enumerate() {
            let weights = &mut coefficients.weights[number];
            if layer_layout.flat.is_some() {
                let numbers = weights.iter_mut().chain(&mut coefficients.biases[number]);
                for (number, packed) in numbers.zip(&packed[layer_layout.all()]) {
                    *number = packed.to_double();
                }
                continue;
            }
            for panel in 0..layer_layout.panels {
                let units = layer_layout.units_of(panel, weights.ncols());
                for input in 0..weights.nrows() {
                    let row = &packed[layer_layout.range(panel, input..input + 1)];
                    for (number, unit) in row.iter().zip(units.clone()) {
                        weights[(input, unit)] = number.to_double();
                    }
                }
            }
            for (unit, bias) in coefficients.biases[number].iter_mut().enumerate() {
                *bias = packed[layer_layout.index(layer_layout.inputs, unit)].to_double();
            }
        }
        for (number, own) in coefficients.ancillary.iter_mut().enumerate() {
            *own = packed[layout.layers[layers].index(0, number)].to_double();
        }
        Ok(coefficients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::threads::with_team;

    #[test]
    fn packing_and_unpacking_are_inverse() {
        let network = Network::new(&[3, 11, 17, 2], &[Activation::Tanh; 2], Output::Linear)
            .unwrap()
            .with_ancillary(11);
        let mut coefficients = Coefficients::zeros(&network).unwrap();
        let mut next = 0.0;
        for matrix in &mut coefficients.weights {
            matrix.mapv_inplace(|_| {
                next += 0.25;
                next
            });
        }
        for vector in coefficients
            .biases
            .iter_mut()
            .chain([&mut coefficients.ancillary])
        {
            vector.mapv_inplace(|_| {
                next += 0.25;
                next
            });
        }
        assert_eq!(coefficients.copied().unwrap(), coefficients);
        with_team(1, |team| {
            let double = coefficients.pack::<f64>(&network, team).unwrap();
            assert_eq!(Coefficients::unpack(&network, &double).unwrap(), coefficients);
            let single = coefficients.pack::<f32>(&network, team).unwrap();
            assert_eq!(Coefficients::unpack(&network, &single).unwrap(), coefficients);
        });
    }

    #[test]
    fn networks_that_make_no_sense_are_refused() {
        assert!(Network::new(&[3], &[], Output::Linear).is_err());
        assert!(Network::new(&[3, 0, 1], &[Activation::Tanh], Output::Linear).is_err());
        assert!(Network::new(&[3, 2, 1], &[], Output::Linear).is_err());
        assert!(Network::new(&[3, 1], &[], Output::Softmax).is_err());
    }
}
