//! Those who watch the training loop: progress, callbacks, checkpoints, snapshots, traces.
//! They are called on the thread that started the fit, while the others wait.

use crate::base::error::Result;
use crate::compute::model::Model;
use crate::compute::workspace::Workspace;
use crate::data::rows::{ColumnMajor, Selection};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use crate::objective::checked::Objective;
use crate::train::state::Best;

/// What an epoch ended with.
#[derive(Clone, Copy, Debug)]
pub struct EpochEnd {
    /// Epochs finished, earlier fits included.
    pub epoch: usize,
    /// Epoch at which the fit is to end.
    pub last_epoch: usize,
    /// Learning rate of the epoch's last step.
    pub lr: f64,
    /// The objective, accumulated before each update.
    pub loss: f64,
    /// The measure on validation rows after the epoch, where one is asked for.
    pub metric: Option<f64>,
    /// Loss on validation rows after the epoch.
    pub validation_loss: Option<f64>,
    /// Share of rows classified rightly, counted before each update.
    pub accuracy: Option<f64>,
    /// The same for validation rows, after the epoch.
    pub validation_accuracy: Option<f64>,
}

/// An epoch that has ended, with all that led to it.
pub struct EpochView<'a, T> {
    /// What it ended with.
    pub end: &'a EpochEnd,
    /// The epochs of this fit, this one included.
    pub history: &'a [EpochEnd],
    /// The best epoch, where early stopping looks for it.
    pub best: Option<&'a Best>,
    /// The model.
    pub model: &'a Model<T>,
    /// The network.
    pub network: &'a Network,
}

/// A step just made, with everything that led to it.
pub struct StepEnd<'a, T> {
    /// Epoch (1-based) and step within the fit (1-based).
    pub epoch: usize,
    /// Steps made, this one included.
    pub step: u64,
    /// Learning rate used.
    pub lr: f64,
    /// What penalty and weight decay were multiplied by.
    pub decay: f64,
    /// The rows of the step.
    pub rows: Selection<'a>,
    /// Sum of the rows' losses times their case weights, before the update.
    pub loss_sum: f64,
    /// Activations and deltas of the rows.
    pub workspace: &'a Workspace<T>,
    /// The gradient, laid out like the parameters.
    pub gradient: &'a [T],
    /// The model after the update.
    pub model: &'a Model<T>,
    /// The network.
    pub network: &'a Network,
    /// How parameters lie.
    pub layout: &'a Layout,
    /// The loss.
    pub objective: &'a Objective,
    /// What deltas were multiplied by, besides case weights.
    pub delta_scale: f64,
    /// The targets of all rows of the table; those of a stream are in the workspace alone.
    pub targets: Option<ColumnMajor<'a>>,
    /// The instruction set in use.
    pub set: InstructionSet,
}

/// A watcher of the loop. What it returns an error for ends the fit with that error; an interrupt ends it with
/// the model as of the last epoch. Every method has a default that does nothing.
pub trait Observer<T: Scalar> {
    /// The first epoch is about to begin, with this model.
    fn training_begins(&mut self, _model: &Model<T>, _network: &Network) -> Result<()> {
        Ok(())
    }

    /// An epoch has ended; `false` ends the fit.
    fn epoch_end(&mut self, _epoch: &EpochView<'_, T>) -> Result<bool> {
        Ok(true)
    }

    /// Whether [`Observer::step_end`] wants to be called. Then gradients are kept apart from
    /// the update and workspaces keep all that a trace shows; the numbers stay the same.
    fn watches_steps(&self) -> bool {
        false
    }

    /// A step has been made.
    fn step_end(&mut self, _end: &StepEnd<'_, T>) -> Result<()> {
        Ok(())
    }
}

/// Watches nothing.
pub struct NoObserver;
impl<T: Scalar> Observer<T> for NoObserver {}
