//! Distributions of starting weights and biases, by name.

use crate::base::error::{EngineError, Result};

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
