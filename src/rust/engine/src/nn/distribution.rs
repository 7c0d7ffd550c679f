//! Distributions of starting weights and biases, by name.

use crate::base::error::{EngineError, Result};
use crate::base::room::zeros;
use crate::base::threads::Team;
use ndarray::{s, ArrayViewMut2};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A random number takes about as long as so many multiply-adds.
const WORK_OF_DRAW: f64 = 20.0;

/// A distribution of starting weights; `a` inputs, `b` units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// N(0, 1): the article's R script.
    Normal,
    /// U(0, 1): the article's NumPy script.
    Uniform,
    /// U(-l, l), l = sqrt(6 / (a + b)) (Glorot and Bengio, 2010).
    GlorotUniform,
    /// N(0, 2 / (a + b)).
    GlorotNormal,
    /// U(-l, l), l = sqrt(6 / a) (He et al., 2015).
    HeUniform,
    /// N(0, 2 / a).
    HeNormal,
    /// N(0, 1 / a) (LeCun et al., 1998).
    LecunNormal,
    /// Orthonormal columns or rows, whichever are fewer (Saxe et al., 2014).
    Orthogonal,
}

/// Starting biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BiasInit {
    /// All 0.
    Zeros,
    /// U(0, 1).
    Uniform,
}

impl Init {
    /// Every distribution, with the name that users type and the biases that go with it.
    pub const ALL: &'static [(Init, &'static str, BiasInit)] = &[
        (Init::Normal, "normal", BiasInit::Uniform),
        (Init::Uniform, "uniform", BiasInit::Uniform),
        (Init::GlorotUniform, "glorot_uniform", BiasInit::Zeros),
        (Init::GlorotNormal, "glorot_normal", BiasInit::Zeros),
        (Init::HeUniform, "he_uniform", BiasInit::Zeros),
        (Init::HeNormal, "he_normal", BiasInit::Zeros),
        (Init::LecunNormal, "lecun_normal", BiasInit::Zeros),
        (Init::Orthogonal, "orthogonal", BiasInit::Zeros),
    ];

    /// The name that users type.
    pub fn name(self) -> &'static str {
        let found = Init::ALL.iter().find(|(init, _, _)| *init == self);
        found.map_or("", |(_, name, _)| name)
    }

    /// Draws weights [inputs x units], unit by unit.
    ///
    /// # Errors
    /// Memory refused, or an interrupt.
    pub fn fill(
        self,
        mut weights: ArrayViewMut2<'_, f64>,
        rng: &mut Xoshiro256PlusPlus,
        team: &Team,
    ) -> Result<()> {
        let (inputs, units) = (weights.nrows() as f64, weights.ncols() as f64);
        let mut draw = |value: &mut dyn FnMut(&mut Xoshiro256PlusPlus) -> f64| -> Result<()> {
            for mut column in weights.columns_mut() {
                team.did(WORK_OF_DRAW * inputs)?;
                for weight in &mut column {
                    *weight = value(rng);
                }
            }
            Ok(())
        };
        let mut normal = |sd: f64| {
            draw(&mut |rng| sd * <StandardNormal as Distribution<f64>>::sample(&StandardNormal, rng))
        };
        match self {
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
                    orthonormalise(columns.view_mut(), team)?;
                    weights.assign(&columns.t());
                    Ok(())
                } else {
                    orthonormalise(weights, team)
                }
            }
        }
    }
}

/// Makes the rows orthonormal (modified Gram-Schmidt, twice for accuracy).
fn orthonormalise(mut matrix: ArrayViewMut2<'_, f64>, team: &Team) -> Result<()> {
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

impl BiasInit {
    const ALL: [BiasInit; 2] = [BiasInit::Zeros, BiasInit::Uniform];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BiasInit::Zeros => "zeros",
            BiasInit::Uniform => "uniform",
        }
    }
}

impl std::str::FromStr for Init {
    type Err = EngineError;
    fn from_str(name: &str) -> Result<Init> {
        Init::ALL
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(init, _, _)| *init)
            .ok_or_else(|| EngineError::config(format!("unknown init {name:?}")))
    }
}

impl std::str::FromStr for BiasInit {
    type Err = EngineError;
    fn from_str(name: &str) -> Result<BiasInit> {
        BiasInit::ALL
            .into_iter()
            .find(|biases| biases.name() == name)
            .ok_or_else(|| EngineError::config(format!("unknown bias init {name:?}")))
    }
}
