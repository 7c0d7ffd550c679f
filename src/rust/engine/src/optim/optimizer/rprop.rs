//! Resilient propagation (Riedmiller and Braun, 1993) in PyTorch's form: a step size per weight
//! that grows while the gradient keeps its sign and shrinks when it turns; after a turn the
//! weight rests for one step.

use super::rule::{ParameterSlice, Rule, Step};
use crate::base::hyperparameter::{Hyperparameter, Range};
use crate::kernels::instruction_set::{kernel, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::optim::description::{Described, Description, Variant};

/// Hyperparameters of Rprop. The learning rate is the first step size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rprop {
    /// Factor when the sign turned, in [0, 1).
    pub shrink: f64,
    /// Factor when the sign stayed, 1 or more.
    pub grow: f64,
    /// Smallest step size.
    pub smallest: f64,
    /// Largest step size.
    pub largest: f64,
}

const ETA_MINUS: Hyperparameter = Hyperparameter::new("eta_minus", 0.5, Range::FROM_0_BELOW_1);
const ETA_PLUS: Hyperparameter = Hyperparameter::new("eta_plus", 1.2, Range::FROM_1);
const STEP_MIN: Hyperparameter =
    Hyperparameter::new("step_min", 1e-6, Range::POSITIVE).at_most(STEP_MAX.name);
const STEP_MAX: Hyperparameter = Hyperparameter::new("step_max", 50.0, Range::POSITIVE);

impl Described for Rprop {
    const VARIANTS: &'static [Variant<Rprop>] = &[Variant {
        description: Description {
            takes_batches: false,
            finds_own_steps: true,
            ..Description::of_batches("rprop", 0.01, &[ETA_MINUS, ETA_PLUS, STEP_MIN, STEP_MAX])
        },
        make: |values| {
            Ok(Rprop {
                shrink: values.number(&ETA_MINUS)?,
                grow: values.number(&ETA_PLUS)?,
                smallest: values.number(&STEP_MIN)?,
                largest: values.number(&STEP_MAX)?,
            })
        },
    }];
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
