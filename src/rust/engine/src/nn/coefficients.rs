//! Parameters as matrices and vectors: how they cross the engine's border, and from there into panels and back.

use crate::base::buffer::Buffer;
use crate::base::error::{EngineError, Result};
use crate::base::room::{copied, copied_matrix, filled, room, zeros};
use crate::base::threads::Team;
use crate::kernels::scalar::Scalar;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use ndarray::{Array1, Array2};

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
        let mut coefficients = Coefficients::with_room(network.layers().len())?;
        for layer in network.layers() {
            let (rows, columns) = layer.weights();
            coefficients.weights.push(zeros(rows, columns)?);
            coefficients.biases.push(filled(layer.biases(), 0.0)?.into());
        }
        coefficients.ancillary = filled(network.ancillary(), 0.0)?.into();
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
        let layers = network.layers();
        if self.weights.len() != layers.len() || self.biases.len() != layers.len() {
            return Err(EngineError::config(format!(
                "{} weight matrices and {} bias vectors for {} layers",
                self.weights.len(),
                self.biases.len(),
                layers.len()
            )));
        }
        if self.ancillary.len() != network.ancillary() {
            return Err(EngineError::config(format!(
                "{} ancillary parameters where {} are needed",
                self.ancillary.len(),
                network.ancillary()
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
        let layers = network.layers().len();
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
    use crate::nn::activation::Activation;
    use crate::objective::output::Output;

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
}
