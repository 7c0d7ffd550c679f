//! Outputs: what the last layer's weighted inputs mean.

use crate::base::error::{EngineError, Result};
use crate::kernels::elementwise::softmax;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Real;
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
    /// Every output, with the name that users give and the loss that goes with it where none is asked for.
    pub const ALL: [(Output, &'static str, &'static str); 4] = [
        (Output::Sigmoid, "sigmoid", "binary_cross_entropy"),
        (Output::Softmax, "softmax", "cross_entropy"),
        (Output::Linear, "linear", "mse"),
        (Output::Exponential, "exp", "poisson"),
    ];

    /// The name that users give.
    pub fn name(self) -> &'static str {
        let found = Output::ALL.iter().find(|(output, _, _)| *output == self);
        found.map_or("", |(_, name, _)| name)
    }

    /// The activation that applies to each unit by itself; softmax's is applied by row.
    pub fn activation(self) -> Activation {
        match self {
            Output::Sigmoid => Activation::Sigmoid,
            Output::Softmax | Output::Linear => Activation::Linear,
            Output::Exponential => Activation::Exponential,
        }
    }

    /// Turns weighted inputs of the last layer into predictions, in place.
    pub fn apply<T: Scalar>(
        self,
        set: InstructionSet,
        values: &mut [T],
        stride: usize,
        units: usize,
        log_sums: &mut [T],
    ) {
        match self {
            Output::Softmax => softmax(set, values, stride, units, log_sums),
            Output::Linear => {}
            Output::Sigmoid | Output::Exponential => self.activation().activate(set, values),
        }
    }

    /// The derivative of a unit's prediction by its weighted input, from the prediction; softmax has none by unit.
    #[inline(always)]
    pub(super) fn slope<N: Real>(self, a: N) -> N {
        match self {
            Output::Sigmoid => a * (N::of(1.0) - a),
            Output::Exponential => a,
            Output::Linear | Output::Softmax => N::of(1.0),
        }
    }

    /// Predictions of one row, in plain form; answers with log Σ e^z of a softmax.
    pub(super) fn of_row<N: Real>(self, inputs: &[N], values: &mut [N]) -> N {
        let zero = N::of(0.0);
        match self {
            Output::Linear => values.copy_from_slice(inputs),
            Output::Sigmoid => values.iter_mut().zip(inputs).for_each(|(a, z)| *a = z.logistic()),
            Output::Exponential => values.iter_mut().zip(inputs).for_each(|(a, z)| *a = z.exp()),
            Output::Softmax => {
                let top = inputs.iter().fold(f64::NEG_INFINITY, |top, z| top.max(z.real()));
                let top = N::of(top);
                let mut sum = zero;
                for (a, &z) in values.iter_mut().zip(inputs) {
                    *a = (z - top).exp();
                    sum = sum + *a;
                }
                values.iter_mut().for_each(|a| *a = *a / sum);
                return sum.ln() + top;
            }
        }
        zero
    }
}

impl std::str::FromStr for Output {
    type Err = EngineError;
    fn from_str(name: &str) -> Result<Output> {
        let found = Output::ALL.iter().find(|(_, known, _)| *known == name);
        found
            .map(|(output, _, _)| *output)
            .ok_or_else(|| EngineError::config(format!("unknown output {name:?}")))
    }
}
