//! Where training starts from.

use crate::base::error::{EngineError, Result};
use crate::base::random::{stream, Purpose};
use crate::base::threads::Team;
use crate::nn::coefficients::Coefficients;
pub use crate::nn::distribution::{BiasInit, Init};
use crate::nn::layer::Draws;
use crate::nn::network::Network;

/// A start that is to be drawn.
#[derive(Clone, Debug)]
pub struct Draw {
    /// Distributions of the weights, one per layer.
    pub weights: Vec<Init>,
    /// The biases.
    pub biases: BiasInit,
    /// Seed of the random stream.
    pub seed: u64,
    /// Where the loss's own parameters begin; none of them is drawn.
    pub ancillary: Vec<f64>,
}

impl Draw {
    /// Draws.
    ///
    /// # Errors
    /// As for [`initial`].
    pub fn coefficients(&self, network: &Network, team: &Team) -> Result<Coefficients> {
        let mut start = initial(network, &self.weights, self.biases, self.seed, team)?;
        for (start, &given) in start.ancillary.iter_mut().zip(&self.ancillary) {
            *start = given;
        }
        Ok(start)
    }
}

/// Draws a start: for each layer in turn its weights (unit by unit), then its biases.
///
/// # Errors
/// Another number of distributions than layers, memory refused, or an interrupt.
pub fn initial(
    network: &Network,
    weights: &[Init],
    biases: BiasInit,
    seed: u64,
    team: &Team,
) -> Result<Coefficients> {
    if weights.len() != network.layers().len() {
        return Err(EngineError::config("one init per layer is needed"));
    }
    let mut rng = stream(seed, Purpose::Init, 0, 0);
    let mut start = Coefficients::zeros(network)?;
    for (number, (layer, init)) in network.layers().iter().zip(weights).enumerate() {
        let mut draws = Draws {
            init: *init,
            biases,
            rng: &mut rng,
            team,
        };
        layer.draw(&mut start.weights[number], &mut start.biases[number], &mut draws)?;
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::threads::with_team;
    use crate::nn::activation::Activation;
    use crate::objective::output::Output;

    fn draws(init: Init) -> Coefficients {
        let network = Network::new(&[200, 100, 3], &[Activation::Tanh], Output::Linear).unwrap();
        with_team(1, |team| {
            initial(&network, &[init; 2], BiasInit::Uniform, 7, team)
        })
        .unwrap()
    }

    #[test]
    fn weights_have_the_stated_moments() {
        for (init, mean, variance) in [
            (Init::Normal, 0.0, 1.0),
            (Init::Uniform, 0.5, 1.0 / 12.0),
            (Init::GlorotUniform, 0.0, 2.0 / 300.0),
            (Init::GlorotNormal, 0.0, 2.0 / 300.0),
            (Init::HeUniform, 0.0, 2.0 / 200.0),
            (Init::HeNormal, 0.0, 2.0 / 200.0),
            (Init::LecunNormal, 0.0, 1.0 / 200.0),
        ] {
            let w = &draws(init).weights[0];
            let n = w.len() as f64;
            let m = w.sum() / n;
            let v = w.mapv(|x| (x - m).powi(2)).sum() / n;
            // Four standard errors of 20,000 draws.
            let se = (variance / n).sqrt();
            assert!((m - mean).abs() < 4.0 * se, "{init:?}: mean {m}");
            assert!(
                (v / variance - 1.0).abs() < 4.0 * (2.0 / n).sqrt(),
                "{init:?}: variance {v}"
            );
        }
    }

    #[test]
    fn orthogonal_weights_are_orthonormal() {
        // More inputs than units, and fewer.
        let weights = draws(Init::Orthogonal).weights;
        let network = Network::new(&[3, 100, 1], &[Activation::Tanh], Output::Linear).unwrap();
        let start = with_team(1, |team| {
            initial(&network, &[Init::Orthogonal; 2], BiasInit::Zeros, 7, team)
        });
        let rows = start.unwrap().weights[0].clone();
        for product in [weights[0].t().dot(&weights[0]), rows.dot(&rows.t())] {
            for ((i, j), &value) in product.indexed_iter() {
                assert!((value - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
    }
}
