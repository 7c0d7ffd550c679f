//! Squared errors.

use super::rule::{Description, ElementLoss, Needs};
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// The outputs of losses that are computed from the prediction.
pub(super) const OF_PREDICTIONS: &[Output] = &[Output::Linear, Output::Sigmoid, Output::Exponential];

/// Half the sum of squared errors: the article's E.
pub(super) struct Sse;

impl ElementLoss for Sse {
    const DESCRIPTION: Description = Description {
        name: "sse",
        outputs: OF_PREDICTIONS,
        is_sum: true,
        needs: Needs::Any,
        default: &[],
    };

    #[inline(always)]
    fn element<N: Real>(&self, _: N, _: N, a: N, y: N, _: usize) -> (N, N) {
        let e = a - y;
        (N::of(0.5) * e * e, e)
    }
}

/// The mean of squared errors.
pub(super) struct Mse;

impl ElementLoss for Mse {
    const DESCRIPTION: Description = Description {
        name: "mse",
        is_sum: false,
        ..Sse::DESCRIPTION
    };

    #[inline(always)]
    fn element<N: Real>(&self, k: N, _: N, a: N, y: N, _: usize) -> (N, N) {
        let e = a - y;
        (e * e / k, (e + e) / k)
    }
}
