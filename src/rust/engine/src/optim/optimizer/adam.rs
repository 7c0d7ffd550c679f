//! Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019): bias-corrected running
//! means m of g and v of g²; w ← w − lr · m̂ / (√v̂ + ε). AdamW first shrinks weights, not
//! biases, by the factor 1 − lr · decay.

use super::rule::{ParameterSlice, Rule, Step};
use crate::base::error::Result;
use crate::base::hyperparameter::{Hyperparameter, Range, Values};
use crate::kernels::instruction_set::{kernel, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::optim::description::{Described, Description, Variant};

/// Hyperparameters of Adam; `decay > 0` makes it AdamW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Share of the mean kept per step, in [0, 1).
    pub beta1: f64,
    /// Share of the mean square kept per step, in [0, 1).
    pub beta2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// Weight decay, decoupled from the gradient.
    pub decay: f64,
}

const BETA1: Hyperparameter = Hyperparameter::new("beta1", 0.9, Range::FROM_0_BELOW_1);
const BETA2: Hyperparameter = Hyperparameter::new("beta2", 0.999, Range::FROM_0_BELOW_1);
const EPSILON: Hyperparameter = Hyperparameter::new("epsilon", 1e-8, Range::POSITIVE);
const WEIGHT_DECAY: Hyperparameter = Hyperparameter::new("weight_decay", 0.01, Range::FROM_0);

impl Adam {
    fn with_decay(values: &Values, decay: f64) -> Result<Adam> {
        Ok(Adam {
            beta1: values.number(&BETA1)?,
            beta2: values.number(&BETA2)?,
            epsilon: values.number(&EPSILON)?,
            decay,
        })
    }
}

impl Described for Adam {
    const VARIANTS: &'static [Variant<Adam>] = &[
        Variant {
            description: Description::of_batches("adam", 0.001, &[BETA1, BETA2, EPSILON]),
            make: |values| Adam::with_decay(values, 0.0),
        },
        Variant {
            description: Description::of_batches("adamw", 0.001, &[BETA1, BETA2, EPSILON, WEIGHT_DECAY]),
            make: |values| Adam::with_decay(values, values.number(&WEIGHT_DECAY)?),
        },
    ];
}

impl Rule for Adam {
    fn slots(&self) -> &'static [&'static str] {
        &["mean", "mean_square"]
    }

    fn treats_biases_apart(&self) -> bool {
        self.decay > 0.0
    }

    #[inline]
    fn update<T: Scalar>(&self, set: InstructionSet, step: Step, slice: ParameterSlice<'_, T>) {
        let [means, squares] = slice.slots;
        let steps = step.number.min(i32::MAX as u64) as i32;
        let factors = Factors {
            beta1: T::of(self.beta1),
            beta2: T::of(self.beta2),
            rest1: T::of(1.0 - self.beta1),
            rest2: T::of(1.0 - self.beta2),
            rate: T::of(step.lr / (1.0 - self.beta1.powi(steps))),
            root: T::of(1.0 / (1.0 - self.beta2.powi(steps)).sqrt()),
            epsilon: T::of(self.epsilon),
            keep: T::of(if slice.is_bias {
                1.0
            } else {
                1.0 - step.lr * self.decay * step.decay
            }),
        };
        adam(set, slice.weights, slice.gradient, means, squares, factors);
    }
}

/// The hyperparameters of one step in the precision of the weights.
#[derive(Clone, Copy)]
pub struct Factors<T> {
    beta1: T,
    beta2: T,
    rest1: T,
    rest2: T,
    rate: T,
    root: T,
    epsilon: T,
    keep: T,
}

kernel! {
    /// One step of Adam on a slice.
    pub fn adam<T: Scalar>(
        weights: &mut [T],
        gradient: &[T],
        means: &mut [T],
        squares: &mut [T],
        factors: Factors<T>,
    ) = adam_body
}

#[inline(always)]
fn adam_body<T: Scalar, I: Instructions>(
    weights: &mut [T],
    gradient: &[T],
    means: &mut [T],
    squares: &mut [T],
    f: Factors<T>,
) {
    for (((weight, &g), mean), square) in weights.iter_mut().zip(gradient).zip(means).zip(squares) {
        *mean = f.beta1 * *mean + f.rest1 * g;
        *square = f.beta2 * *square + f.rest2 * g * g;
        *weight = f.keep * *weight - f.rate * *mean / (square.sqrt() * f.root + f.epsilon);
    }
}
