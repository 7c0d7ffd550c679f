//! Epochs of L-BFGS: each is one iteration, which evaluates all rows as often as its line search asks.

use super::solve::{Epoch, EpochResult, EpochSums, Solve, SolverNeed};
use crate::base::error::{EngineError, Result};
use crate::base::room::{copied, room};
use crate::compute::backend::Backend;
use crate::compute::step::StepPlan;
use crate::data::rows::Selection;
use crate::data::Rows;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
use crate::optim::lbfgs::{Lbfgs, Minimiser, Pair, Progress};
use crate::optim::{GradientDescent, Optimizer, Step};
use crate::train::settings::Settings;
use std::cell::Cell;

/// Iterations of L-BFGS.
pub(crate) struct ByLbfgs<'a, T> {
    settings: &'a Settings,
    hyperparameters: Lbfgs,
    /// Where it stands, from the first epoch on.
    minimiser: Option<Minimiser<T>>,
    /// Losses and hits there.
    totals: Totals,
}

impl<'a, T: Scalar> ByLbfgs<'a, T> {
    pub fn new(settings: &'a Settings, hyperparameters: Lbfgs) -> ByLbfgs<'a, T> {
        ByLbfgs {
            settings,
            hyperparameters,
            minimiser: None,
            totals: Totals::default(),
        }
    }
}

impl<T: Scalar> Solve<T> for ByLbfgs<'_, T> {
    fn batch(&self, rows: usize) -> usize {
        rows.max(1)
    }

    fn rule(&self) -> Optimizer {
        // Steps only compute gradients here.
        Optimizer::GradientDescent(GradientDescent)
    }

    fn keeps_gradient(&self) -> bool {
        true
    }

    fn ends_by_itself(&self) -> bool {
        true
    }

    fn need(&self, _rows: &Rows<'_, T>, len: usize, given: usize) -> SolverNeed {
        // The last epoch brings the last pair itself.
        let epochs = self.settings.epochs.saturating_sub(1);
        let slots = self.hyperparameters.slots_after(epochs, given);
        // The point before the step is kept too.
        let point = len as f64 * size_of::<T>() as f64;
        SolverNeed {
            slots,
            slots_of_snapshots: 0,
            standing: Minimiser::<T>::bytes(len, slots / 2) + point,
            epoch: Minimiser::<T>::bytes_of_iteration(len, slots / 2),
        }
    }

    fn begin(&mut self, _backend: &Backend<'_, T>) -> Result<()> {
        Ok(())
    }

    /// One iteration; the objective is that at its start.
    fn epoch(&mut self, epoch: &mut Epoch<'_, T>, backend: &mut Backend<'_, T>) -> Result<EpochResult> {
        let (rows, total_weight) = (backend.rows().count(), backend.total_weight());
        let factor = self
            .settings
            .schedule
            .factor(epoch.number as f64, backend.plateau());
        let lr = self.settings.lr * factor;
        let plan = StepPlan {
            rows: Selection::Range(0..rows),
            step: Step {
                lr,
                number: 1,
                decay: 1.0,
            },
            share: 1.0,
            dropout: None,
            cuts: None,
            shuffled: None,
        };
        let first = match self.minimiser {
            Some(_) => None,
            None => Some((copied(backend.get())?, pairs(backend)?)),
        };
        let first_scale = match backend.objective().is_sum() {
            true => 1.0,
            false => total_weight,
        };
        let latest = Cell::new(self.totals);
        let mut evaluate = |point: &[T], gradient: &mut [T]| -> Result<Option<f64>> {
            backend.set(point);
            let result = match backend.did(rows).and_then(|()| backend.evaluate(&plan)) {
                Err(EngineError::Interrupted) => return Ok(None),
                result => result?,
            };
            latest.set(result.totals);
            gradient.copy_from_slice(backend.gradient());
            Ok(Some(backend.objective_of(&result)))
        };
        let minimiser = match first {
            Some((point, pairs)) => Minimiser::new(self.hyperparameters, point, pairs, &mut evaluate)?,
            None => self.minimiser.take(),
        };
        let Some(mut minimiser) = minimiser else {
            return Err(EngineError::Interrupted);
        };
        let (loss, start) = (minimiser.value, copied(&minimiser.point)?);
        let totals = latest.get();
        let progress = minimiser.iterate(lr, first_scale, &mut evaluate)?;
        if epoch.observer.watches_steps() {
            // The workspace holds the last point that was tried; a trace wants the one before the step.
            backend.set(&start);
            backend.evaluate(&plan)?;
        }
        backend.set(&minimiser.point);
        self.totals = latest.get();
        self.minimiser = Some(minimiser);
        let accuracy = self.settings.counts_hits.then_some(totals.hits / total_weight);
        let sums = |loss| EpochSums { loss, accuracy, lr };
        match progress {
            Progress::Interrupted => return Err(EngineError::Interrupted),
            Progress::Lost => return Ok(EpochResult::Done(sums(f64::NAN))),
            Progress::Moved | Progress::Arrived => {}
        }
        backend.count_step();
        if epoch.observer.watches_steps() {
            // What is kept after a step is part of what is seen of it.
            self.keep(backend)?;
        }
        epoch.report(&plan, totals, backend)?;
        Ok(match progress {
            Progress::Arrived => EpochResult::Arrived(sums(loss)),
            _ => EpochResult::Done(sums(loss)),
        })
    }

    fn keep(&self, backend: &mut Backend<'_, T>) -> Result<()> {
        let pairs = self.minimiser.iter().flat_map(|minimiser| &minimiser.pairs);
        backend.set_slots(
            2 * pairs.clone().count(),
            pairs.flat_map(|pair| [&pair.step[..], &pair.change]),
        )
    }

    fn end(&mut self) {
        self.minimiser = None;
    }
}

/// What is kept in a model's slots as remembered pairs, oldest first.
fn pairs<T: Scalar>(backend: &mut Backend<'_, T>) -> Result<Vec<Pair<T>>> {
    let mut slots = backend.slots()?.into_iter();
    let mut pairs = room(slots.len() / 2)?;
    while let (Some(step), Some(change)) = (slots.next(), slots.next()) {
        pairs.push(Pair { step, change });
    }
    Ok(pairs)
}
