//! Positive amounts of mean e^z whose spread grows with it: the gamma distribution.

use super::rule::{Description, ElementLoss, Needs};
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// What minus the log-likelihood of the gamma distribution is, divided by its shape: whatever the shape, its
/// minimum is at the same weights (McCullagh and Nelder 1989, section 8.3.2).
pub(super) struct Gamma;

impl ElementLoss for Gamma {
    const DESCRIPTION: Description = Description {
        name: "gamma",
        outputs: &[Output::Exponential],
        is_sum: false,
        needs: Needs::Positive,
        default: &[],
    };
    const PAIRED: bool = true;

    #[inline(always)]
    fn element<N: Real>(&self, k: N, z: N, a: N, y: N, _: usize) -> (N, N) {
        let ratio = y / a;
        ((ratio + z) / k, (N::of(1.0) - ratio) / k)
    }
}
