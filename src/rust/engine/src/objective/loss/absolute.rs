//! Losses that grow with the error itself: absolute errors, Huber's, quantiles'.

use super::rule::{Description, ElementLoss, Needs};
use super::squared::OF_PREDICTIONS;
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// The sign of an error; 0 where it is none, and NaN of NaN.
#[inline(always)]
fn sign<N: Real>(e: N) -> N {
    match e.real() {
        e if e > 0.0 => N::of(1.0),
        e if e < 0.0 => N::of(-1.0),
        e => N::of(e),
    }
}

/// The size of an error.
#[inline(always)]
fn size<N: Real>(e: N) -> N {
    if e.real() < 0.0 {
        -e
    } else {
        e
    }
}

/// The mean of absolute errors.
pub(super) struct Mae;

impl ElementLoss for Mae {
    const DESCRIPTION: Description = Description {
        name: "mae",
        outputs: OF_PREDICTIONS,
        is_sum: false,
        needs: Needs::Any,
        default: &[],
    };

    #[inline(always)]
    fn element<N: Real>(&self, k: N, _: N, a: N, y: N, _: usize) -> (N, N) {
        let e = a - y;
        (size(e) / k, sign(e) / k)
    }
}

/// Half the square up to delta, delta (|e| - delta / 2) beyond.
pub(super) struct Huber(pub f64);

impl Huber {
    /// Delta where it is not given.
    pub const DELTA: f64 = 1.0;
}

impl ElementLoss for Huber {
    const DESCRIPTION: Description = Description {
        name: "huber",
        default: &[Huber::DELTA],
        ..Mae::DESCRIPTION
    };

    fn is_possible(&self) -> bool {
        self.0.is_finite() && self.0 > 0.0
    }

    #[inline(always)]
    fn element<N: Real>(&self, k: N, _: N, a: N, y: N, _: usize) -> (N, N) {
        let (e, delta, half) = (a - y, N::of(self.0), N::of(0.5));
        // As the number type rounds delta: in single precision the bound is, too.
        if size(e).real() <= delta.real() {
            (half * e * e / k, e / k)
        } else {
            (delta * (size(e) - half * delta) / k, delta * sign(e) / k)
        }
    }
}

/// The pinball loss: one unit for each level τ, all of the same target.
pub(super) struct Quantile<'a>(pub &'a [f64]);

impl Quantile<'_> {
    /// The levels where none are given.
    pub const LEVELS: [f64; 3] = [0.1, 0.5, 0.9];
}

impl ElementLoss for Quantile<'_> {
    const DESCRIPTION: Description = Description {
        name: "quantile",
        outputs: &[Output::Linear],
        is_sum: false,
        needs: Needs::Single,
        default: &Quantile::LEVELS,
    };

    fn is_possible(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|tau| (0.0..=1.0).contains(tau))
    }

    fn fits(&self, units: usize) -> bool {
        self.0.len() == units
    }

    fn targets_per_row(&self, _: usize) -> usize {
        1
    }

    #[inline(always)]
    fn element<N: Real>(&self, k: N, _: N, a: N, y: N, unit: usize) -> (N, N) {
        let (tau, one) = (N::of(self.0[unit]), N::of(1.0));
        let e = y - a;
        match e.real() {
            size if size > 0.0 => (tau * e / k, -tau / k),
            size if size < 0.0 => ((tau - one) * e / k, (one - tau) / k),
            _ => (e, N::of(e.real())), // zero, or NaN to be noticed
        }
    }
}
