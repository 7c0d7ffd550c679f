//! Times of an event, in intervals: the probability of the event in each, for those who have come to it.

use super::rows::Row;
use super::rule::{Description, Needs, RowLoss};
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// Minus the log-likelihood of discrete-time hazards, one unit for each interval: of a row the intervals in which it
/// is at risk are binomial, 1 where the event happened, 0 where not; a target below 0 says that the row is not at risk
/// (Cox 1972; Gensheimer and Narasimhan 2019).
pub(super) struct DiscreteHazard;

impl RowLoss for DiscreteHazard {
    const DESCRIPTION: Description = Description {
        name: "discrete_hazard",
        outputs: &[Output::Sigmoid],
        is_sum: false,
        needs: Needs::Survival,
        default: &[],
    };

    /// Below 0 the row is not at risk. What is no number is to be noticed.
    fn knows<N: Real>(&self, target: N) -> bool {
        target.real() >= 0.0 || target.real().is_nan()
    }

    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], _: &mut [N]) -> N {
        let mut sum = N::of(0.0);
        for (unit, delta) in deltas.iter_mut().enumerate() {
            let (z, y) = (row.inputs[unit], row.targets[unit]);
            if !self.knows(y) {
                *delta = N::of(0.0);
                continue;
            }
            sum = sum + z.softplus() - y * z;
            *delta = row.values[unit] - y;
        }
        sum
    }
}
