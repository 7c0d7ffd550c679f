//! Outputs: what the last layer's weighted inputs mean.

use crate::base::error::{EngineError, Result};
use crate::kernels::elementwise::softmax;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;
use crate::nn::activation::Activation;

/// What the last layer's weighted inputs become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A number in (0, 1) per unit.
    Sigmoid,
    /// Probabilities that add up to 1.
    Softmax,
    /// The weighted input itself.
    Linear,
    /// A positive number: e to the weighted input.
    Exponential,
}

impl Output {
    /// The activation that applies to each unit by itself; softmax's is applied by row.
    pub fn activation(self) -> Activation {
        match self {
            Output::Sigmoid => Activation::Sigmoid,
            Output::Softmax | Output::Linear => Activation::Linear,
            Output::Exponential => Activation::Exponential,
        }
    }
}

impl std::str::FromStr for Output {
    type Err = EngineError;
    fn from_str(name: &str) -> Result<Output> {
        Ok(match name {
            "sigmoid" => Output::Sigmoid,
            "softmax" => Output::Softmax,
            "linear" => Output::Linear,
            "exp" => Output::Exponential,
            _ => return Err(EngineError::config(format!("unknown output {name:?}"))),
        })
    }
}

/// Turns weighted inputs of the last layer into predictions, in place.
pub(crate) fn apply_output<T: Scalar>(
    output: Output,
    set: InstructionSet,
    values: &mut [T],
    stride: usize,
    units: usize,
    log_sums: &mut [T],
) {
    match output {
        Output::Softmax => softmax(set, values, stride, units, log_sums),
        Output::Linear => {}
        Output::Sigmoid | Output::Exponential => output.activation().activate(set, values),
    }
}
