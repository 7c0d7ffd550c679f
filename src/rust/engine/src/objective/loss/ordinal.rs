//! Classes in order: the cumulative logit model, also called proportional odds (McCullagh 1980).

use super::rows::Row;
use super::rule::{Description, Needs, RowLoss};
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// Minus the log-probability of the class. P(class ≤ j) is the logistic function of τ_j − z for classes from 0, with
/// τ_0 = 0, where the bias of the last layer stands, and τ_j = τ_{j−1} + e^a_j: the ancillary parameters a are the logarithms
/// of the steps, so that thresholds keep their order whatever is trained.
pub(super) struct Ordinal(pub usize);

impl RowLoss for Ordinal {
    const DESCRIPTION: Description = Description {
        name: "ordinal",
        outputs: &[Output::Linear],
        is_sum: false,
        needs: Needs::Ordered,
        default: &[],
    };
    const COMPARES: bool = false;

    fn is_possible(&self) -> bool {
        self.0 >= 2
    }

    fn fits(&self, units: usize) -> bool {
        units == 1
    }

    fn targets_per_row(&self, _: usize) -> usize {
        1
    }

    fn ancillary(&self, _: usize) -> usize {
        self.0.saturating_sub(2)
    }

    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], ancillary: &mut [N]) -> N {
        let (z, zero) = (row.inputs[0], N::of(0.0));
        let class = (row.targets[0].real() as usize).min(self.0 - 1);
        ancillary.fill(zero);
        // The thresholds below and above the class.
        let threshold = |j: usize| row.ancillary[..j].iter().fold(zero, |sum, step| sum + step.exp());
        if class == 0 {
            // P = logistic(−z).
            deltas[0] = z.logistic();
            return z.softplus();
        }
        let below = z - threshold(class - 1);
        if class + 1 >= self.0 {
            // P = logistic(z − τ below).
            let share = (-below).logistic();
            deltas[0] = -share;
            for (step, delta) in row.ancillary[..class - 1].iter().zip(ancillary) {
                *delta = share * step.exp();
            }
            return (-below).softplus();
        }
        // P = logistic(s) − logistic(b) with s = τ above − z > b = τ below − z: the product of logistic(s), logistic(−b) and
        // 1 − e^(b − s), which is exact where the two are close.
        let step = row.ancillary[class - 1].exp();
        let above = step - below;
        // log(1 − e^−step) and its derivative by the step, exact where thresholds all but meet.
        let apart = -(-step).exp_m1();
        let (gap, by_gap) = (apart.ln(), (-step).exp() / apart);
        let (share_above, share_below) = ((-above).logistic(), (-below).logistic());
        // −log P = softplus(−s) + softplus(b) − gap; b = −below.
        deltas[0] = share_above - share_below;
        for (earlier, delta) in row.ancillary[..class - 1].iter().zip(&mut *ancillary) {
            *delta = (share_below - share_above) * earlier.exp();
        }
        ancillary[class - 1] = step * (-share_above - by_gap);
        (-above).softplus() + (-below).softplus() - gap
    }
}
