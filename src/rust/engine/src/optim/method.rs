//! How weights are updated: by a rule at each step, or by L-BFGS.

use crate::base::error::{EngineError, Result};
use crate::base::hyperparameter::Values;
use crate::optim::description::{Described, Description, Setting};
use crate::optim::lbfgs::Lbfgs;
use crate::optim::optimizer::rule::Rule;
use crate::optim::optimizer::Optimizer;

/// How weights are updated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// A rule that is applied at each step.
    Rule(Optimizer),
    /// L-BFGS: one iteration over all rows per epoch.
    Lbfgs(Lbfgs),
}

impl Method {
    /// What belongs to the names of all methods, in the order in which they are listed.
    pub fn descriptions() -> impl Iterator<Item = &'static Description> {
        Optimizer::descriptions().chain(Lbfgs::descriptions())
    }

    /// What belongs to a name.
    ///
    /// # Errors
    /// [`EngineError::Config`] of a name that no method has.
    pub fn description(name: &str) -> Result<&'static Description> {
        Method::descriptions()
            .find(|description| description.name == name)
            .ok_or_else(|| EngineError::config(format!("unknown optimizer {name:?}")))
    }

    /// The method of that name.
    ///
    /// # Errors
    /// [`EngineError::Config`] of a name that no method has, or of hyperparameters out of their ranges.
    pub fn named(name: &str, values: &Values) -> Result<Method> {
        if let Some(rule) = Optimizer::named(name, values)? {
            return Ok(Method::Rule(rule));
        }
        match Lbfgs::named(name, values)? {
            Some(lbfgs) => Ok(Method::Lbfgs(lbfgs)),
            None => Err(EngineError::config(format!("unknown optimizer {name:?}"))),
        }
    }

    /// Name of a number kept per weight: one of the rule's, or of a remembered pair's.
    pub fn slot_name(&self, slot: usize) -> String {
        match self {
            Method::Rule(rule) => rule.slots().get(slot).copied().unwrap_or_default().to_string(),
            Method::Lbfgs(_) => format!("{}_{}", ["step", "change"][slot % 2], slot / 2 + 1),
        }
    }

    /// What the numbers kept per weight are before the first step, with learning rate `lr`.
    pub fn first_slots(&self, lr: f64) -> impl Iterator<Item = f64> + '_ {
        let rule = match self {
            Method::Rule(rule) => Some(rule),
            Method::Lbfgs(_) => None,
        };
        rule.into_iter()
            .flat_map(move |rule| (0..rule.slots().len()).map(move |slot| rule.initial(slot, lr)))
    }

    /// Whether so many numbers per weight may be kept: a rule has as many at all times, L-BFGS what it remembers by then.
    pub fn has_slots(&self, count: usize) -> bool {
        match self {
            Method::Rule(rule) => rule.slots().len() == count,
            Method::Lbfgs(_) => true,
        }
    }

    /// Whether it can run with its hyperparameters.
    pub fn is_possible(&self) -> bool {
        match self {
            Method::Rule(_) => true,
            Method::Lbfgs(hyperparameters) => hyperparameters.is_possible(),
        }
    }

    /// Whether layers may learn at rates of their own; where not, they learn or are frozen.
    pub fn takes_layer_rates(&self) -> bool {
        match self {
            Method::Rule(_) => true,
            Method::Lbfgs(_) => false,
        }
    }

    /// What it cannot train with.
    pub fn excludes(&self) -> &'static [Setting] {
        match self {
            Method::Rule(_) => &[],
            Method::Lbfgs(_) => Lbfgs::descriptions().next().map_or(&[], |lbfgs| lbfgs.excludes),
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
