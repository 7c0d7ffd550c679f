//! What an optimizer keeps.

use crate::nn::coefficients::Coefficients;
use crate::optim::schedule::Plateau;

/// Version of [`OptimizerState`] as it is stored.
pub const STATE_FORMAT: u32 = 1;

/// What an optimizer needs to go on where it stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Version of this structure.
    pub format: u32,
    /// Steps made.
    pub steps: u64,
    /// What is kept per weight and bias, by name: one entry per slot of the rule, or two per
    /// remembered pair of L-BFGS.
    pub slots: Vec<(String, Coefficients)>,
    /// Where a plateau schedule stands.
    pub plateau: Plateau,
}
