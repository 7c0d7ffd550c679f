//! Gradient descent: w ← w − lr · g. With full batches on `sse` this is the article's rule.

use super::rule::{ParameterSlice, Rule, Step};
use crate::kernels::instruction_set::{kernel, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::optim::description::{Described, Description, Variant};

/// No hyperparameters: the learning rate is all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientDescent;

impl Described for GradientDescent {
    const VARIANTS: &'static [Variant<GradientDescent>] = &[
        Variant {
            description: Description {
                takes_batches: false,
                ..Description::of_batches("gd", 0.1, &[])
            },
            make: |_| Ok(GradientDescent),
        },
        Variant {
            description: Description::of_batches("sgd", 0.01, &[]),
            make: |_| Ok(GradientDescent),
        },
    ];
}

impl Rule for GradientDescent {
    fn slots(&self) -> &'static [&'static str] {
        &[]
    }

    #[inline]
    fn update<T: Scalar>(&self, set: InstructionSet, step: Step, slice: ParameterSlice<'_, T>) {
        descend(set, slice.weights, slice.gradient, T::of(step.lr));
    }
}

kernel! {
    /// w -= lr * g.
    pub fn descend<T: Scalar>(weights: &mut [T], gradient: &[T], lr: T) = descend_body
}

#[inline(always)]
fn descend_body<T: Scalar, I: Instructions>(weights: &mut [T], gradient: &[T], lr: T) {
    for (weight, &g) in weights.iter_mut().zip(gradient) {
        *weight -= lr * g;
    }
}
