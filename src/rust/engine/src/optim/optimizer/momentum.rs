//! Momentum, heavy-ball (Polyak, 1964) or Nesterov's, in the form of Sutskever et al. (2013)
//! with the learning rate outside the velocity: v ← μ v + g; w ← w − lr · v, or for Nesterov
//! w ← w − lr · (g + μ v).

use super::rule::{ParameterSlice, Rule, Step};
use crate::base::hyperparameter::{Hyperparameter, Range};
use crate::kernels::instruction_set::{kernel, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::optim::description::{Described, Description, Variant};

/// Hyperparameters of momentum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Momentum {
    /// Share of the velocity kept per step, in [0, 1).
    pub momentum: f64,
    /// Nesterov's look-ahead.
    pub nesterov: bool,
}

const MOMENTUM: Hyperparameter = Hyperparameter::new("momentum", 0.9, Range::FROM_0_BELOW_1);

impl Described for Momentum {
    const VARIANTS: &'static [Variant<Momentum>] = &[
        Variant {
            description: Description::of_batches("momentum", 0.01, &[MOMENTUM]),
            make: |values| {
                Ok(Momentum {
                    momentum: values.number(&MOMENTUM)?,
                    nesterov: false,
                })
            },
        },
        Variant {
            description: Description::of_batches("nesterov", 0.01, &[MOMENTUM]),
            make: |values| {
                Ok(Momentum {
                    momentum: values.number(&MOMENTUM)?,
                    nesterov: true,
                })
            },
        },
    ];
}

impl Rule for Momentum {
    fn slots(&self) -> &'static [&'static str] {
        &["velocity"]
    }

    #[inline]
    fn update<T: Scalar>(&self, set: InstructionSet, step: Step, slice: ParameterSlice<'_, T>) {
        let [velocity, _] = slice.slots;
        momentum(
            set,
            slice.weights,
            slice.gradient,
            velocity,
            T::of(step.lr),
            T::of(self.momentum),
            self.nesterov,
        );
    }
}

kernel! {
    /// One step of momentum on a slice.
    pub fn momentum<T: Scalar>(
        weights: &mut [T],
        gradient: &[T],
        velocity: &mut [T],
        lr: T,
        keep: T,
        nesterov: bool,
    ) = momentum_body
}

#[inline(always)]
fn momentum_body<T: Scalar, I: Instructions>(
    weights: &mut [T],
    gradient: &[T],
    velocity: &mut [T],
    lr: T,
    keep: T,
    nesterov: bool,
) {
    for ((weight, &g), v) in weights.iter_mut().zip(gradient).zip(velocity) {
        *v = keep * *v + g;
        *weight -= lr * if nesterov { g + keep * *v } else { *v };
    }
}
