//! Losses: how far predictions are from their targets, and the deltas that backpropagation starts from.
//!
//! A loss is a type with one statement of its value and first derivatives, in a file of its own or of its
//! kind, and a line in [`losses!`]; everything else asks through [`Loss`]. Most are sums over units
//! ([`ElementLoss`]), some are of a row as a whole ([`RowLoss`]), and one is of all rows at once ([`Cox`]).

mod absolute;
mod beta;
mod counts;
mod cox;
mod cross_entropy;
mod custom;
mod gamma;
mod hazard;
mod location_scale;
mod ordinal;
pub mod rows;
pub mod rule;
mod squared;
#[cfg(test)]
mod tests;

pub use cox::{Cox, RiskSets};
pub use rule::{Description, Needs};

use crate::base::error::Result;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Real;
use crate::kernels::scalar::Scalar;
use absolute::{Huber, Mae, Quantile};
use beta::Beta;
use counts::{NegativeBinomial, Poisson};
use cross_entropy::{BinaryCrossEntropy, CrossEntropy};
use custom::Custom;
use gamma::Gamma;
use hazard::DiscreteHazard;
use location_scale::LocationScale;
use ordinal::Ordinal;
use rows::{Deltas, OutputRows, Row};
use rule::RowLoss;
use squared::{Mse, Sse};

macro_rules! losses {
    ($($(#[$doc:meta])* $variant:ident $(($parameter:ident: $type:ty = $default:expr))? => $rule:expr;)*) => {
        /// A loss. Totals are sums over rows for [`Sse`], weighted means over rows otherwise.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Loss {
            $($(#[$doc])* $variant $(($type))?,)*
            /// The caller's own, as [`Functions`](crate::base::functions::Functions) have it; without second derivatives.
            Custom,
        }

        impl Loss {
            /// Every loss that has a name, with the parameter that it has where none is given.
            pub fn all() -> Vec<Loss> {
                vec![$(Loss::$variant $(($default))?,)*]
            }
        }

        /// Asks the rule of a loss: `ask!(loss, rule => rule.fits(3))`.
        macro_rules! ask {
            ($loss:expr, $name:ident => $body:expr) => {
                match $loss {
                    $(Loss::$variant $(($parameter))? => { let $name = &$rule; $body })*
                    Loss::Custom => { let $name = &Custom; $body }
                }
            };
        }
    };
}

losses! {
    /// ½ Σ (y - ŷ)².
    Sse => Sse;
    /// Σ (y - ŷ)² / k.
    Mse => Mse;
    /// Σ |y - ŷ| / k.
    Mae => Mae;
    /// Σ huber(y - ŷ) / k: half the square up to delta, delta (|e| - delta / 2) beyond.
    Huber(delta: f64 = Huber::DELTA) => Huber(*delta);
    /// Σ (log(1 + e^z) - y z) / k.
    BinaryCrossEntropy => BinaryCrossEntropy;
    /// Σ y (log Σ e^z - z).
    CrossEntropy => CrossEntropy;
    /// Σ (e^z - y z) / k.
    Poisson => Poisson;
    /// Σ over the quantiles τ of τ (y - ŷ) above and (1 - τ)(ŷ - y) below, / k; one target.
    Quantile(taus: Vec<f64> = Quantile::LEVELS.to_vec()) => Quantile(taus);
    /// Σ (y e^-z + z) / k: what the gamma distribution of mean e^z has for any shape.
    Gamma => Gamma;
    /// Minus the log-likelihood of counts of mean e^z and variance μ + μ²/θ, / k; log θ of each unit is trained.
    NegativeBinomial => NegativeBinomial;
    /// Minus the log-likelihood of shares of mean ŷ and precision φ, / k; log φ of each unit is trained.
    Beta => Beta;
    /// Σ (log σ + ½ ((y - μ) / σ)²) / k, of units that are the means and then the log σ.
    LocationScale => LocationScale;
    /// −log P(class), classes in order: P(at most class j) = 1 / (1 + e^(z - τ_j)), with τ_1 = 0 and trained steps to the others.
    Ordinal(classes: usize = 2) => Ordinal(*classes);
    /// Σ (log(1 + e^z) - y z) over the intervals in which the row is at risk; a target below 0 says that it is not.
    DiscreteHazard => DiscreteHazard;
    /// Minus the log partial likelihood with ties as by Breslow (1974); all rows at once.
    Cox => Cox;
}

impl Loss {
    /// What of it does not depend on the numbers.
    pub fn description(&self) -> Description {
        fn of<L: RowLoss>(_: &L) -> Description {
            L::DESCRIPTION
        }
        ask!(self, rule => of(rule))
    }

    /// The loss of a name and the numbers that come with it.
    pub fn named(name: &str, parameter: &[f64]) -> Option<Loss> {
        let loss = Loss::all()
            .into_iter()
            .chain([Loss::Custom])
            .find(|loss| loss.description().name == name)?;
        Some(match (loss, parameter) {
            (Loss::Huber(_), [delta]) => Loss::Huber(*delta),
            (Loss::Quantile(_), taus) => Loss::Quantile(taus.to_vec()),
            (Loss::Ordinal(_), [classes]) => Loss::Ordinal(*classes as usize),
            (Loss::Huber(_) | Loss::Ordinal(_), _) => return None,
            (loss, _) => loss,
        })
    }

    /// Whether it is a function of the caller's own.
    pub fn is_custom(&self) -> bool {
        *self == Loss::Custom
    }

    /// The derivatives by the predictions of some rows, row by row and without gaps, where the loss has them of a row as a whole only.
    ///
    /// # Errors
    /// Of a function of the caller's own, or memory refused.
    pub(super) fn by_predictions<T: Scalar>(&self, rows: &OutputRows<'_, T>) -> Result<Option<Vec<f64>>> {
        match self {
            Loss::Custom => Custom.by_predictions(rows).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the parameter is one.
    pub(super) fn is_possible(&self) -> bool {
        ask!(self, rule => RowLoss::is_possible(rule))
    }

    /// Whether it can be computed of `units` units.
    pub fn fits(&self, units: usize) -> bool {
        ask!(self, rule => RowLoss::fits(rule, units))
    }

    /// Numbers that a row must have as targets for `units` units.
    pub fn targets_per_row(&self, units: usize) -> usize {
        ask!(self, rule => RowLoss::targets_per_row(rule, units))
    }

    /// Parameters of its own, trained beside weights and biases, for `units` units.
    pub fn ancillary(&self, units: usize) -> usize {
        ask!(self, rule => RowLoss::ancillary(rule, units))
    }

    /// Whether it needs the weighted inputs besides the predictions.
    pub fn needs_inputs(&self) -> bool {
        fn of<L: RowLoss>(_: &L) -> bool {
            L::NEEDS_INPUTS
        }
        ask!(self, rule => of(rule))
    }

    /// Whether the loss of a row depends on the other rows.
    pub fn is_over_all_rows(&self) -> bool {
        fn of<L: RowLoss>(_: &L) -> bool {
            L::IS_OVER_ALL_ROWS
        }
        ask!(self, rule => of(rule))
    }

    /// Whether predictions and targets are the same kind of number.
    pub(super) fn compares(&self) -> bool {
        fn of<L: RowLoss>(_: &L) -> bool {
            L::COMPARES
        }
        ask!(self, rule => of(rule))
    }

    /// Whether a target says anything.
    pub(super) fn knows<N: Real>(&self, target: N) -> bool {
        ask!(self, rule => RowLoss::knows(rule, target))
    }

    /// The derivative by the prediction a of unit `unit` of `k`, of losses that are computed from predictions.
    pub(super) fn by_prediction<N: Real>(&self, k: N, a: N, y: N, unit: usize) -> Option<N> {
        ask!(self, rule => RowLoss::by_prediction(rule, k, a, y, unit))
    }

    /// The loss of a row, with its derivatives by weighted inputs and ancillary parameters.
    pub(super) fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], ancillary: &mut [N]) -> N {
        ask!(self, rule => RowLoss::row(rule, row, deltas, ancillary))
    }

    /// Losses and deltas of some rows.
    pub(super) fn rows<T: Scalar>(
        &self,
        set: InstructionSet,
        rows: &OutputRows<'_, T>,
        out: &mut Deltas<'_, T>,
    ) {
        ask!(self, rule => RowLoss::rows(rule, set, rows, out))
    }
}

/// Sums over rows, each times its case weight.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Losses.
    pub loss: f64,
    /// Rows classified rightly.
    pub hits: f64,
}

impl Totals {
    /// Adds the totals of other rows.
    pub fn add(&mut self, other: Totals) {
        self.loss += other.loss;
        self.hits += other.hits;
    }
}
