//! Update rules: what a step does to weights, given their gradient. Mathematics only; when and
//! on what they run is the training loop's business.

use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;

/// Numbers kept per weight from step to step, at most.
pub const MAX_SLOTS: usize = 2;

/// A stretch of weights that is updated at once, with its gradient and its slots.
pub struct ParameterSlice<'a, T> {
    /// Weights or biases.
    pub weights: &'a mut [T],
    /// Their gradient.
    pub gradient: &'a [T],
    /// What the rule keeps for them; rules with fewer slots get empty slices.
    pub slots: [&'a mut [T]; MAX_SLOTS],
    /// Whether these are biases, for rules that treat them apart.
    pub is_bias: bool,
}

/// What is the same for all weights in one step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Learning rate, schedule applied.
    pub lr: f64,
    /// Steps made so far, this one included; 1 at the first.
    pub number: u64,
    /// What penalties and weight decay are multiplied by, 1 or less.
    pub decay: f64,
}

/// An update rule.
pub trait Rule {
    /// Names of the numbers kept per weight.
    fn slots(&self) -> &'static [&'static str];
    /// What a slot holds before the first step, with learning rate `lr`.
    fn initial(&self, _slot: usize, _lr: f64) -> f64 {
        0.0
    }
    /// Whether biases are updated by another rule than weights, and so come in slices of their own.
    fn treats_biases_apart(&self) -> bool {
        false
    }
    /// Updates a slice.
    fn update<T: Scalar>(&self, set: InstructionSet, step: Step, slice: ParameterSlice<'_, T>);
}
