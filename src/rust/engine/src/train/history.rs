//! What the loop remembers of earlier epochs: curves, models to go back to, the best one.

use super::settings::{Settings, Stopping};
use super::state::Best;
use crate::base::error::Result;
use crate::base::room::{push, room};
use crate::compute::model::{Model, Snapshot};
use crate::kernels::scalar::Scalar;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use crate::objective::metric::Metric;
use crate::train::observer::EpochEnd;

/// Curves and models of earlier epochs.
pub(super) struct History<T> {
    /// The model before the last finished epoch.
    pub before: Snapshot<T>,
    /// The model after the last finished epoch.
    pub last: Snapshot<T>,
    /// The best epoch so far, where early stopping looks for it.
    pub best: Option<Best>,
    /// What each epoch ended with.
    pub ends: Vec<EpochEnd>,
}

/// Epochs that there is room for from the start.
const FIRST_EPOCHS: usize = 1 << 14;

/// Bytes of the curves of `epochs` epochs, all of which are made or, if `may_end` earlier, perhaps
/// not: the number then says how long a training may go on, and what is charged is the room that
/// there is from the start.
pub(super) fn bytes_of_curves(epochs: usize, may_end: bool) -> f64 {
    let mut room = epochs.min(FIRST_EPOCHS) as f64;
    // The room doubles when it is used up.
    while room < epochs as f64 && !may_end {
        room *= 2.0;
    }
    room * size_of::<EpochEnd>() as f64
}

impl<T: Scalar> History<T> {
    pub fn new(
        model: &Model<T>,
        layout: &Layout,
        settings: &Settings,
        best: Option<Best>,
    ) -> Result<History<T>> {
        // Of those that the method has from the start: others change with an epoch that counts alone.
        let slots = settings.method.first_slots(settings.lr).count();
        Ok(History {
            before: model.snapshot(layout, slots)?,
            last: model.snapshot(layout, slots)?,
            best,
            ends: room(settings.epochs.min(FIRST_EPOCHS))?,
        })
    }

    /// The best epoch and what each ended with; there are no models to go back to any more.
    pub fn close(self) -> (Option<Best>, Vec<EpochEnd>) {
        (self.best, self.ends)
    }

    /// An epoch has ended with this model.
    ///
    /// # Errors
    /// Memory refused.
    pub fn add(&mut self, end: EpochEnd, model: &Model<T>) -> Result<()> {
        push(&mut self.ends, end)?;
        std::mem::swap(&mut self.before, &mut self.last);
        model.save(&mut self.last);
        Ok(())
    }

    /// Keeps the best epoch; tells whether it is time to stop.
    ///
    /// # Errors
    /// Memory refused.
    pub fn stop_early(
        &mut self,
        stopping: Option<Stopping>,
        metric: Option<Metric>,
        model: &Model<T>,
        network: &Network,
    ) -> Result<bool> {
        let (Some(stopping), Some(end)) = (stopping, self.ends.last()) else {
            return Ok(false);
        };
        // Of a measure that is to rise the negative.
        let sign = if metric.is_some_and(Metric::rises) {
            -1.0
        } else {
            1.0
        };
        let loss = match end.metric {
            Some(measured) => sign * measured,
            None => end.validation_loss.unwrap_or(end.loss),
        };
        let improves = |best: &Best| loss < best.loss - stopping.tolerance * best.loss.abs();
        if self.best.as_ref().is_none_or(improves) {
            self.best = Some(Best {
                epoch: end.epoch,
                loss,
                coefficients: model.coefficients(network)?,
            });
        }
        let waited = self
            .best
            .as_ref()
            .map(|best| end.epoch.saturating_sub(best.epoch));
        Ok(waited.is_some_and(|waited| waited >= stopping.patience))
    }
}
