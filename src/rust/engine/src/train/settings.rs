//! What training takes and gives: settings, checked settings, a result.

use crate::base::error::{EngineError, Result};
use crate::base::memory::Budget;
use crate::nn::coefficients::Coefficients;
use crate::nn::layer::Layer;
use crate::nn::network::Network;
use crate::objective::checked::Objective;
use crate::objective::metric::Metric;
use crate::objective::penalty::Penalty;
use crate::optim::schedule::{Kind, Schedule};
use crate::optim::state::OptimizerState;
use crate::optim::{Method, Setting};
use crate::train::observer::EpochEnd;
use crate::train::state::Best;
use std::time::Instant;

/// How to train. [`Settings::check`] turns it into the only thing [`train`](crate::train::train) takes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Output and loss.
    pub objective: Objective,
    /// How weights are updated.
    pub method: Method,
    /// Learning rate, > 0.
    pub lr: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Epochs to train, in addition to those of the start.
    pub epochs: usize,
    /// Rows per step; the number of rows or more for full batches.
    pub batch_size: usize,
    /// In which order rows are taken in mini-batches.
    pub shuffle: Shuffle,
    /// Seed of all random streams.
    pub seed: u64,
    /// The penalty.
    pub penalty: Penalty,
    /// Share of units dropped per hidden layer; empty for none.
    pub dropout: Vec<f64>,
    /// Largest norm of a gradient.
    pub clip_norm: Option<f64>,
    /// When to stop early.
    pub stopping: Option<Stopping>,
    /// What chooses the best epoch on validation rows; the loss where it is not said.
    pub metric: Option<Metric>,
    /// How penalty and weight decay change: a factor on them.
    pub decay_schedule: Schedule,
    /// How dropout changes: a factor on its shares.
    pub dropout_schedule: Schedule,
    /// Whether the share of rows classified rightly is counted.
    pub counts_hits: bool,
    /// When to end, whatever has been done by then.
    pub deadline: Option<Instant>,
    /// How much memory the training may take.
    pub budget: Budget,
}

/// In which order mini-batches take rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shuffle {
    /// As they come.
    No,
    /// In a new random order in each epoch.
    All,
    /// Each shard of all rows is shuffled by itself, and gives every batch its share: what workers with rows of their own can do.
    Shards,
}

/// Stop when the loss (on validation rows, where there are any) has not fallen by more than
/// `tolerance` times its size for `patience` epochs; the best weights are then restored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    /// Epochs to wait; `usize::MAX` never ends a training, of which the best epoch is wanted all the same.
    pub patience: usize,
    /// Relative improvement that counts.
    pub tolerance: f64,
}

/// Settings that were checked against a network.
#[derive(Clone, Debug)]
pub struct CheckedSettings(pub(super) Settings);

impl CheckedSettings {
    /// Whether the time for a training is up before it has begun.
    pub fn out_of_time(&self) -> bool {
        self.0.out_of_time()
    }
}

impl Settings {
    /// Checks ranges and what must fit the network.
    ///
    /// # Errors
    /// [`EngineError::Config`] naming the setting.
    pub fn check(self, network: &Network) -> Result<CheckedSettings> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let hidden = network.layers().len() - 1;
        self.schedule.check()?;
        for schedule in [&self.decay_schedule, &self.dropout_schedule] {
            schedule.check()?;
            if matches!(schedule.kind, Kind::Plateau { .. }) {
                return Err(EngineError::config("a plateau of decay or dropout"));
            }
        }
        let excluded: Vec<_> = self
            .method
            .excludes()
            .iter()
            .map(|setting| setting.name())
            .collect();
        let has_excluded = self.method.excludes().iter().any(|setting| match setting {
            Setting::Dropout => !self.dropout.is_empty(),
            Setting::ClipNorm => self.clip_norm.is_some(),
        });
        let problem = if self.objective.output() != network.output() {
            Some(format!(
                "a loss of {:?} on a {:?} output",
                self.objective.output(),
                network.output()
            ))
        } else if !positive(self.lr) {
            Some(format!("lr {}", self.lr))
        } else if self.batch_size == 0 {
            Some("batch_size 0".to_string())
        } else if !(0.0..=f64::MAX).contains(&self.penalty.strength)
            || !(0.0..=1.0).contains(&self.penalty.mixture)
        {
            Some(format!("{:?}", self.penalty))
        } else if !(self.dropout.is_empty() || self.dropout.len() == hidden)
            || self.dropout.iter().any(|rate| !(0.0..1.0).contains(rate))
        {
            Some(format!("dropout {:?} for {hidden} hidden layers", self.dropout))
        } else if has_excluded {
            Some(format!("{} with this optimizer", excluded.join(" or ")))
        } else if !self.method.is_possible() {
            Some(format!("{:?}", self.method))
        } else if !self.method.takes_layer_rates() && network.layers().iter().any(Layer::has_own_rate) {
            Some("a learning rate of a layer's own with this optimizer".to_string())
        } else if self.clip_norm.is_some_and(|norm| !positive(norm)) {
            Some(format!("clip_norm {:?}", self.clip_norm))
        } else {
            None
        };
        match problem {
            Some(problem) => Err(EngineError::config(problem)),
            None => Ok(CheckedSettings(self)),
        }
    }
}

impl Settings {
    /// Whether the time is up.
    pub(super) fn out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All epochs were made.
    Completed,
    /// The user interrupted; the model is that of the last finished epoch.
    Interrupted,
    /// The rows could not be read any further; the model is that of the last finished epoch.
    Failed,
    /// The loss or a weight stopped being finite in this epoch; the model is the last usable one.
    Diverged(usize),
    /// An observer asked to stop.
    Stopped,
    /// The time was up; the model is that of the last finished epoch, or the best one.
    OutOfTime,
    /// No improvement for long enough, or no further step to be found; the model is that of
    /// this epoch.
    Converged(usize),
}

impl Ending {
    /// Whether something from without cut the training off: nothing more is computed then.
    pub fn is_cut_off(self) -> bool {
        matches!(self, Ending::Interrupted | Ending::Failed)
    }
}

/// What training gives.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Weights and biases: the best where they are restored, else the last.
    pub coefficients: Coefficients,
    /// What the optimizer keeps after the last epoch.
    pub state: OptimizerState,
    /// The last weights and biases, where better ones were restored.
    pub last: Option<Coefficients>,
    /// The best epoch, where early stopping looked for it.
    pub best: Option<Best>,
    /// Losses at `coefficients`, without penalty; not where training was cut off, which is answered at once.
    pub final_losses: Option<FinalLosses>,
    /// What each epoch ended with.
    pub history: Vec<EpochEnd>,
    /// Epochs finished, those of the start included.
    pub epochs_done: usize,
    /// How it ended.
    pub ending: Ending,
    /// What the rows failed by, with [`Ending::Failed`].
    pub failure: Option<EngineError>,
}

/// Losses that the history does not tell: it is of the parameters before each update.
#[derive(Clone, Copy, Debug)]
pub struct FinalLosses {
    /// On the rows of the training.
    pub training: f64,
    /// On the rows kept apart, where there are any.
    pub validation: Option<f64>,
}

impl Trained {
    /// The objective of each epoch.
    pub fn losses(&self) -> Vec<f64> {
        self.history.iter().map(|end| end.loss).collect()
    }
}
