//! Shares strictly between 0 and 1: the beta distribution.

use super::rows::Row;
use super::rule::{Description, Needs, RowLoss};
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// Minus the log-likelihood of the beta distribution of mean μ and precision φ, whose variance is μ(1 − μ)/(1 + φ);
/// the ancillary parameters are log φ of each unit (Ferrari and Cribari-Neto 2004).
pub(super) struct Beta;

impl RowLoss for Beta {
    const DESCRIPTION: Description = Description {
        name: "beta",
        outputs: &[Output::Sigmoid],
        is_sum: false,
        needs: Needs::InnerUnit,
        default: &[],
    };

    fn ancillary(&self, units: usize) -> usize {
        units
    }

    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], ancillary: &mut [N]) -> N {
        let (k, one) = (N::of(row.inputs.len() as f64), N::of(1.0));
        let mut sum = N::of(0.0);
        for (unit, (&z, &y)) in row.inputs.iter().zip(row.targets).enumerate() {
            let phi = row.ancillary[unit].exp();
            // Both from z: 1 − μ would round to nothing.
            let (mean, rest) = (z.logistic(), (-z).logistic());
            let (p, q) = (mean * phi, rest * phi);
            let (log_y, log_rest) = (y.ln(), (-y).ln_1p());
            let part =
                p.ln_gamma() + q.ln_gamma() - phi.ln_gamma() - (p - one) * log_y - (q - one) * log_rest;
            sum = sum + part / k;
            let (by_p, by_q) = (p.digamma() - log_y, q.digamma() - log_rest);
            deltas[unit] = phi * mean * rest * (by_p - by_q) / k;
            ancillary[unit] = (p * by_p + q * by_q - phi * phi.digamma()) / k;
        }
        sum
    }
}
