//! The shape of a network, and how its parameters lie in memory.

use crate::base::buffer::Buffer;
use crate::base::error::{EngineError, Result};
use crate::base::room::{copied, copied_matrix, filled, room, zeros};
use crate::base::threads::Team;
use crate::kernels::scalar::{panel_width, row_stride, Scalar};
use crate::nn::activation::Activation;
use crate::objective::output::Output;
use ndarray::{Array1, Array2};
use std::ops::Range;

/// One layer: `units` units, each a weighted sum of `inputs` inputs plus a bias, through an activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Numbers that come in.
    pub inputs: usize,
    /// Numbers that go out.
    pub units: usize,
    /// The activation; for the last layer, the output's.
    pub activation: Activation,
}

/// Numbers that come in or go out of all layers together, at most: no machine has so many, and what
/// is worked out from them (rows, strides, bytes per row) can still be counted.
const MOST_NUMBERS: usize = 1 << 53;

/// A checked feed-forward network: at least one layer, no empty layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    output: Output,
    ancillary: usize,
}

impl Network {
    /// A network from its layer sizes, input first, and one activation per hidden layer.
    ///
    /// # Errors
    /// Fewer than two sizes, a size of zero or beyond counting, or another number of activations than
    /// hidden layers.
    pub fn new(sizes: &[usize], hidden: &[Activation], output: Output) -> Result<Network> {
        let all = sizes.iter().fold(0, |all: usize, &size| all.saturating_add(size));
        if sizes.len() < 2 || sizes.contains(&0) || all > MOST_NUMBERS {
            return Err(EngineError::config(format!("layer sizes {sizes:?}")));
        }
        if hidden.len() != sizes.len() - 2 {
            return Err(EngineError::config(format!(
                "{} activations for {} hidden layers",
                hidden.len(),
                sizes.len() - 2
            )));
        }
        if output == Output::Softmax && sizes[sizes.len() - 1] < 2 {
            return Err(EngineError::config("softmax needs at least two outputs"));
        }
        let activations = hidden.iter().copied().chain([output.activation()]);
        let layers = sizes
            .windows(2)
            .zip(activations)
            .map(|(pair, activation)| Layer {
                inputs: pair[0],
                units: pair[1],
                activation,
            })
            .collect();
        Ok(Network {
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
        self.layers
            .iter()
            .map(|layer| (layer.inputs as f64 + 1.0) * layer.units as f64)
            .sum::<f64>()
            + self.ancillary as f64
    }
}

/// Work per step below which waking the team costs more than it saves, in multiply-adds.
pub const WORK_WORTH_SHARING: f64 = 1.5e5;

/// Multiply-adds of a training step of `rows` rows.
pub fn work_of_step(network: &Network, rows: usize) -> f64 {
    3.0 * network.parameter_count() * rows as f64
}

/// Where one layer's parameters lie: panels of `width` units, each panel `inputs` rows of
/// weights and then a row of biases. Lanes beyond the last unit stay zero.
#[derive(Clone, Copy, Debug)]
pub struct LayerLayout {
    /// First number of the layer.
    pub offset: usize,
    /// Units in each panel ([`panel_width`]).
    pub width: usize,
    /// Number of panels.
    pub panels: usize,
    /// Rows of a panel: inputs + 1.
    pub rows: usize,
    /// Distance between rows of activations.
    pub stride: usize,
}

impl LayerLayout {
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
        let mut len = 0;
        let extents = network.layers.iter().map(|layer| (layer.inputs, layer.units));
        let own = Some((0, network.ancillary)).filter(|&(_, count)| count > 0);
        let layers = extents
            .chain(own)
            .map(|(inputs, units)| {
                let width = panel_width::<T>(units);
                let layer_layout = LayerLayout {
                    offset: len,
                    width,
                    panels: units.div_ceil(width),
                    rows: inputs + 1,
                    stride: row_stride::<T>(units),
                };
                // Every layer starts at a cache line. What is too long to be counted stays at the
                // largest number, and its memory is refused.
                let numbers = layer_layout.rows.saturating_mul(layer_layout.panels * width);
                let whole_lines = numbers.checked_next_multiple_of(T::LANES).unwrap_or(usize::MAX);
                len = len.saturating_add(whole_lines);
                layer_layout
            })
            .collect();
        Layout { layers, len }
    }
}

/// Weights and biases as matrices and vectors: how they cross the engine's border.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients {
    /// One matrix [inputs x units] per layer.
    pub weights: Vec<Array2<f64>>,
    /// One vector [units] per layer.
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
            coefficients.weights.push(zeros(layer.inputs, layer.units)?);
            coefficients.biases.push(filled(layer.units, 0.0)?.into());
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
            if self.weights[number].dim() != (layer.inputs, layer.units)
                || self.biases[number].len() != layer.units
            {
                return Err(EngineError::config(format!(
                    "layer {} needs weights {} x {} and {} biases",
                    number + 1,
                    layer.inputs,
                    layer.units,
                    layer.units
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
                packed[layer_layout.index(layer_layout.rows - 1, unit)] = T::of(bias);
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
                *bias = packed[layer_layout.index(layer_layout.rows - 1, unit)].to_double();
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
