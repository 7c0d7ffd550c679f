//! Where training starts, and where it goes on.

use crate::base::error::Result;
use crate::nn::coefficients::Coefficients;
use crate::nn::init::Draw;
use crate::optim::state::OptimizerState;

/// Where the first weights and biases come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// They are given.
    Given(Coefficients),
    /// They are drawn, once it is known that there is memory for them.
    Drawn(Draw),
}

impl From<Coefficients> for Origin {
    fn from(coefficients: Coefficients) -> Origin {
        Origin::Given(coefficients)
    }
}

impl From<Draw> for Origin {
    fn from(draw: Draw) -> Origin {
        Origin::Drawn(draw)
    }
}

/// Where training starts.
#[derive(Clone, Debug)]
pub struct Start {
    /// Weights and biases.
    pub coefficients: Origin,
    /// What the optimizer kept, when an earlier fit goes on.
    pub state: Option<OptimizerState>,
    /// Epochs that the earlier fit made.
    pub epochs_done: usize,
    /// The best epoch of the earlier fit, where early stopping goes on.
    pub best: Option<Best>,
}

impl Start {
    /// From given weights, or those that are drawn, with nothing done before.
    pub fn new(coefficients: impl Into<Origin>) -> Start {
        Start {
            coefficients: coefficients.into(),
            state: None,
            epochs_done: 0,
            best: None,
        }
    }
}

/// The best epoch so far, by the loss that early stopping looks at.
#[derive(Clone, Debug)]
pub struct Best {
    /// The epoch.
    pub epoch: usize,
    /// Its loss.
    pub loss: f64,
    /// The weights and biases after it.
    pub coefficients: Coefficients,
}

impl Best {
    /// A copy.
    ///
    /// # Errors
    /// Memory refused.
    pub fn copied(&self) -> Result<Best> {
        Ok(Best {
            coefficients: self.coefficients.copied()?,
            ..*self
        })
    }
}
