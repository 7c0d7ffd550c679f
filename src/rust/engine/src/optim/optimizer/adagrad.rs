//! Adagrad (Duchi, Hazan and Singer, 2011): s ← s + g²; w ← w − lr · g / (√s + ε).

use super::rule::{ParameterSlice, Rule, Step};
use crate::base::hyperparameter::{Hyperparameter, Range};
use crate::kernels::instruction_set::{kernel, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::optim::description::{Described, Description, Variant};

/// Hyperparameters of Adagrad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adagrad {
    /// Keeps the division finite.
    pub epsilon: f64,
}

const EPSILON: Hyperparameter = Hyperparameter::new("epsilon", 1e-10, Range::POSITIVE);

impl Described for Adagrad {
    const VARIANTS: &'static [Variant<Adagrad>] = &[Variant {
        description: Description::of_batches("adagrad", 0.01, &[EPSILON]),
        make: |values| {
            Ok(Adagrad {
                epsilon: values.number(&EPSILON)?,
            })
        },
    }];
}

impl Rule for Adagrad {
    fn slots(&self) -> &'static [&'static str] {
        &["sum_of_squares"]
    }

    #[inline]
    fn update<T: Scalar>(&self, set: InstructionSet, step: Step, slice: ParameterSlice<'_, T>) {
        let [sums, _] = slice.slots;
        adagrad(
            set,
            slice.weights,
            slice.gradient,
            sums,
            T::of(step.lr),
            T::of(self.epsilon),
        );
    }
}

kernel! {
    /// One step of Adagrad on a slice.
    pub fn adagrad<T: Scalar>(weights: &mut [T], gradient: &[T], sums: &mut [T], lr: T, epsilon: T) = adagrad_body
}

#[inline(always)]
fn adagrad_body<T: Scalar, I: Instructions>(
    weights: &mut [T],
    gradient: &[T],
    sums: &mut [T],
    lr: T,
    epsilon: T,
) {
    for ((weight, &g), sum) in weights.iter_mut().zip(gradient).zip(sums) {
        *sum += g * g;
        *weight -= lr * g / (sum.sqrt() + epsilon);
    }
}
