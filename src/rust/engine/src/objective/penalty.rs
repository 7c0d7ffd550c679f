//! The elastic-net penalty on weights, and its gradient.

use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;
use crate::nn::network::Network;
use ndarray::Array2;

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

    /// The penalty on a network.
    pub fn of(&self, network: &Network, coefficients: &Coefficients) -> f64 {
        if self.strength == 0.0 {
            return 0.0;
        }
        let of_layer = |weights: &Array2<f64>| match weights.as_slice_memory_order() {
            Some(weights) => self.value(weights),
            None => weights.iter().map(|&weight| self.value(&[weight])).sum(),
        };
        let layers = coefficients.weights.iter().zip(network.layers());
        layers
            .map(|(weights, layer)| layer.decay_factor * of_layer(weights))
            .sum()
    }

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

    /// What half the squares are multiplied by: the penalty's second derivative.
    pub(crate) fn ridge(&self) -> f64 {
        self.strength * (1.0 - self.mixture)
    }

    /// Adds the penalty's gradient, times `share`.
    pub(crate) fn add_gradient<T: Scalar>(&self, weights: &[T], gradient: &mut [T], share: f64) {
        let ridge = T::of(self.ridge() * share);
        let lasso = T::of(self.strength * self.mixture * share);
        for (g, &w) in gradient.iter_mut().zip(weights) {
            let sign = if w == T::zero() { w } else { w.signum() };
            *g += ridge * w + lasso * sign;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::activation::Activation;
    use crate::objective::output::Output;
    use ndarray::{arr1, arr2};

    #[test]
    fn a_network_is_penalised_for_its_weights_and_not_for_its_biases() {
        let columns = arr2(&[[1.0, -2.0], [0.0, 3.0]]);
        let coefficients = Coefficients {
            weights: vec![columns.clone(), columns.reversed_axes(), arr2(&[[-4.0]])],
            biases: vec![arr1(&[9.0, 9.0]), arr1(&[9.0, 9.0]), arr1(&[9.0])],
            ancillary: Default::default(),
        };
        let hidden = [Activation::Tanh; 2];
        let network = Network::new(&[2, 2, 2, 1], &hidden, Output::Linear).unwrap();
        let of = |strength, mixture| Penalty { strength, mixture }.of(&network, &coefficients);
        assert_eq!(of(2.0, 0.0), 14.0 + 14.0 + 16.0);
        assert_eq!(of(0.5, 1.0), (6.0 + 6.0 + 4.0) / 2.0);
        assert_eq!(of(0.0, 0.5), 0.0);
    }
}
