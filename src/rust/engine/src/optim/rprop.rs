//! Resilient propagation (Riedmiller and Braun, 1993) in PyTorch's form: a step size per weight
//! that grows while the gradient keeps its sign and shrinks when it turns; after a turn the
//! weight rests for one step.

use crate::kernels::instruction_set::{kernel, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::optim::rule::{ParameterSlice, Rule, Step};

/// Hyperparameters of Rprop. The learning rate is the first step size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rprop {
    /// Factor when the sign turned, in (0, 1).
    pub shrink: f64,
    /// Factor when the sign stayed, above 1.
    pub grow: f64,
    /// Smallest step size.
    pub smallest: f64,
    /// Largest step size.
    pub largest: f64,
}

impl Rule for Rprop {
    fn slots(&self) -> &'static [&'static str] {
        &["previous_gradient", "step_size"]
    }

    fn initial(&self, slot: usize, lr: f64) -> f64 {
        if slot == 1 {
            lr
        } else {
            0.0
        }
    }

    #[inline]
    fn update<T: Scalar>(&self, set: InstructionSet, _step: Step, slice: ParameterSlice<'_, T>) {
        let [previous, sizes] = slice.slots;
        let hyperparameters = [self.shrink, self.grow, self.smallest, self.largest].map(T::of);
        rprop(
            set,
            slice.weights,
            slice.gradient,
            previous,
            sizes,
            hyperparameters,
        );
    }
}

kernel! {
    /// One step of Rprop on a slice.
    pub fn rprop<T: Scalar>(
        weights: &mut [T],
        gradient: &[T],
        previous: &mut [T],
        sizes: &mut [T],
        hyperparameters: [T; 4],
    ) = rprop_body
}

#[inline(always)]
fn rprop_body<T: Scalar, I: Instructions>(
    weights: &mut [T],
    gradient: &[T],
    previous: &mut [T],
    sizes: &mut [T],
    hyperparameters: [T; 4],
) {
    let [shrink, grow, smallest, largest] = hyperparameters;
    for (((weight, &g), before), size) in weights.iter_mut().zip(gradient).zip(previous).zip(sizes) {
        // Signs, not the product of the gradients, which may underflow.
        let turn = g.signum() * before.signum();
        let moved = g != T::zero() && *before != T::zero();
        let factor = match (moved, turn > T::zero()) {
            (false, _) => T::one(),
            (true, true) => grow,
            (true, false) => shrink,
        };
        *size = (*size * factor).max(smallest).min(largest);
        let g = if moved && turn < T::zero() { T::zero() } else { g };
        if g > T::zero() {
            *weight -= *size;
        } else if g < T::zero() {
            *weight += *size;
        } else if g.is_nan() {
            *weight = g;
        }
        *before = g;
    }
}
