//! RMSprop (Tieleman and Hinton, 2012): v ← ρ v + (1 − ρ) g²; w ← w − lr · g / (√v + ε).

use super::rule::{ParameterSlice, Rule, Step};
use crate::base::hyperparameter::{Hyperparameter, Range};
use crate::kernels::instruction_set::{kernel, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::optim::description::{Described, Description, Variant};

/// Hyperparameters of RMSprop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp {
    /// Share of the mean square kept per step, in [0, 1).
    pub rho: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
}

const RHO: Hyperparameter = Hyperparameter::new("rho", 0.99, Range::FROM_0_BELOW_1);
const EPSILON: Hyperparameter = Hyperparameter::new("epsilon", 1e-8, Range::POSITIVE);

impl Described for RmsProp {
    const VARIANTS: &'static [Variant<RmsProp>] = &[Variant {
        description: Description::of_batches("rmsprop", 0.001, &[RHO, EPSILON]),
        make: |values| {
            Ok(RmsProp {
                rho: values.number(&RHO)?,
                epsilon: values.number(&EPSILON)?,
            })
        },
    }];
}

impl Rule for RmsProp {
    fn slots(&self) -> &'static [&'static str] {
        &["mean_square"]
    }

    #[inline]
    fn update<T: Scalar>(&self, set: InstructionSet, step: Step, slice: ParameterSlice<'_, T>) {
        let [squares, _] = slice.slots;
        rmsprop(
            set,
            slice.weights,
            slice.gradient,
            squares,
            T::of(step.lr),
            T::of(self.rho),
            T::of(self.epsilon),
        );
    }
}

kernel! {
    /// One step of RMSprop on a slice.
    pub fn rmsprop<T: Scalar>(
        weights: &mut [T],
        gradient: &[T],
        squares: &mut [T],
        lr: T,
        rho: T,
        epsilon: T,
    ) = rmsprop_body
}

#[inline(always)]
fn rmsprop_body<T: Scalar, I: Instructions>(
    weights: &mut [T],
    gradient: &[T],
    squares: &mut [T],
    lr: T,
    rho: T,
    epsilon: T,
) {
    for ((weight, &g), square) in weights.iter_mut().zip(gradient).zip(squares) {
        *square = rho * *square + (T::one() - rho) * g * g;
        *weight -= lr * g / (square.sqrt() + epsilon);
    }
}
