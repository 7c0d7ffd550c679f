//! The elastic-net penalty on weights, and its gradient.

use crate::kernels::scalar::Scalar;

/// λ · [(1 − α)/2 Σ w² + α Σ |w|], on weights, not biases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Penalty {
    /// λ.
    pub strength: f64,
    /// α.
    pub mixture: f64,
}

impl Penalty {
    /// No penalty.
    pub const NONE: Penalty = Penalty {
        strength: 0.0,
        mixture: 0.0,
    };

    /// The penalty on some weights.
    pub(crate) fn value<T: Scalar>(&self, weights: &[T]) -> f64 {
        let (mut squares, mut sizes) = (0.0, 0.0);
        for weight in weights {
            let w = weight.to_double();
            squares += w * w;
            sizes += w.abs();
        }
        self.strength * ((1.0 - self.mixture) / 2.0 * squares + self.mixture * sizes)
    }

    /// Adds the penalty's gradient, times `share`.
    pub(crate) fn add_gradient<T: Scalar>(&self, weights: &[T], gradient: &mut [T], share: f64) {
        let ridge = T::of(self.strength * (1.0 - self.mixture) * share);
        let lasso = T::of(self.strength * self.mixture * share);
        for (g, &w) in gradient.iter_mut().zip(weights) {
            let sign = if w == T::zero() { w } else { w.signum() };
            *g += ridge * w + lasso * sign;
        }
    }
}
