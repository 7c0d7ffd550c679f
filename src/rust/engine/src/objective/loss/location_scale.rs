//! Numbers whose spread is predicted with their mean: the normal distribution with both.

use super::rows::Row;
use super::rule::{Description, Needs, RowLoss};
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// Minus the log-likelihood of normal targets, without ½ log 2π: the first half of the units are means, the
/// second the logarithms of standard deviations (Nix and Weigend 1994).
pub(super) struct LocationScale;

impl RowLoss for LocationScale {
    const DESCRIPTION: Description = Description {
        name: "location_scale",
        outputs: &[Output::Linear],
        is_sum: false,
        needs: Needs::Any,
        default: &[],
    };
    const COMPARES: bool = false;

    fn fits(&self, units: usize) -> bool {
        units % 2 == 0
    }

    fn targets_per_row(&self, units: usize) -> usize {
        units / 2
    }

    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], _: &mut [N]) -> N {
        let targets = row.targets.len();
        let (k, half) = (N::of(targets as f64), N::of(0.5));
        let mut sum = N::of(0.0);
        for (j, &y) in row.targets.iter().enumerate() {
            let (mean, log_sd) = (row.inputs[j], row.inputs[targets + j]);
            let precision = (-log_sd).exp();
            let e = (mean - y) * precision;
            sum = sum + (log_sd + half * e * e) / k;
            deltas[j] = e * precision / k;
            deltas[targets + j] = (N::of(1.0) - e * e) / k;
        }
        sum
    }
}
