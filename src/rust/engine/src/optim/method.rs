//! How weights are updated: by a rule at each step, or by L-BFGS.

use crate::optim::lbfgs::Lbfgs;
use crate::optim::optimizer::Optimizer;
use crate::optim::rule::Rule;

/// How weights are updated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// A rule that is applied at each step.
    Rule(Optimizer),
    /// L-BFGS: one iteration over all rows per epoch.
    Lbfgs(Lbfgs),
}

impl Method {
    /// Name of a number kept per weight: one of the rule's, or of a remembered pair's.
    pub fn slot_name(&self, slot: usize) -> String {
        match self {
            Method::Rule(rule) => rule.slots().get(slot).copied().unwrap_or_default().to_string(),
            Method::Lbfgs(_) => format!("{}_{}", ["step", "change"][slot % 2], slot / 2 + 1),
        }
    }

    /// Numbers kept per weight after some epochs, when `given` were kept before.
    pub fn slots_after(&self, epochs: usize, given: usize) -> usize {
        match self {
            Method::Rule(rule) => rule.slots().len(),
            Method::Lbfgs(hyperparameters) => hyperparameters.slots_after(epochs, given),
        }
    }
}
