//! Where training starts from.

use crate::base::error::{EngineError, Result};
use crate::base::random::{stream, Purpose};
use crate::base::room::zeros;
use crate::base::threads::Team;
pub use crate::nn::distribution::{BiasInit, Init};
use crate::nn::network::{Coefficients, Network};
use ndarray::{s, Array2};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A random number takes about as long as so many multiply-adds.
const WORK_OF_DRAW: f64 = 20.0;

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
        fill(
            &mut start.weights[number],
            *init,
            layer.inputs as f64,
            layer.units as f64,
            &mut rng,
            team,
        )?;
        if biases == BiasInit::Uniform {
            start.biases[number].mapv_inplace(|_| rng.random::<f64>());
        }
    }
    Ok(start)
}

fn fill(
    weights: &mut Array2<f64>,
    init: Init,
    inputs: f64,
    units: f64,
    rng: &mut Xoshiro256PlusPlus,
    team: &Team,
) -> Result<()> {
    let mut draw = |value: &mut dyn FnMut(&mut Xoshiro256PlusPlus) -> f64| -> Result<()> {
        for mut column in weights.columns_mut() {
            team.did(WORK_OF_DRAW * inputs)?;
            for weight in &mut column {
                *weight = value(rng);
            }
        }
        Ok(())
    };
    let mut normal =
        |sd: f64| draw(&mut |rng| sd * <StandardNormal as Distribution<f64>>::sample(&StandardNormal, rng));
    match init {
        Init::Normal => normal(1.0),
        Init::GlorotNormal => normal((2.0 / (inputs + units)).sqrt()),
        Init::HeNormal => normal((2.0 / inputs).sqrt()),
        Init::LecunNormal => normal((1.0 / inputs).sqrt()),
        Init::Uniform => draw(&mut |rng| rng.random::<f64>()),
        Init::GlorotUniform => {
            let limit = (6.0 / (inputs + units)).sqrt();
            draw(&mut |rng| limit * (2.0 * rng.random::<f64>() - 1.0))
        }
        Init::HeUniform => {
            let limit = (6.0 / inputs).sqrt();
            draw(&mut |rng| limit * (2.0 * rng.random::<f64>() - 1.0))
        }
        Init::Orthogonal => {
            normal(1.0)?;
            if weights.nrows() >= weights.ncols() {
                let mut columns = zeros(weights.ncols(), weights.nrows())?;
                columns.assign(&weights.t());
                orthonormalise(&mut columns, team)?;
                weights.assign(&columns.t());
                Ok(())
            } else {
                orthonormalise(weights, team)
            }
        }
    }
}

/// Makes the rows orthonormal (modified Gram-Schmidt, twice for accuracy).
fn orthonormalise(matrix: &mut Array2<f64>, team: &Team) -> Result<()> {
    for _ in 0..2 {
        for j in 0..matrix.nrows() {
            team.did(2.0 * (j * matrix.ncols()) as f64)?;
            let (others, mut row) = matrix.multi_slice_mut((s![..j, ..], s![j, ..]));
            for other in others.outer_iter() {
                let overlap = other.dot(&row);
                row.scaled_add(-overlap, &other);
            }
            let length = row.dot(&row).sqrt();
            row.mapv_inplace(|v| v / length);
        }
    }
    Ok(())
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
