//! The training loop: epochs, validation, stopping, observers. There is no other.

use super::history::History;
use super::judge::Judge;
use super::need::Need;
use super::observer::{EpochEnd, EpochView, Observer};
use super::settings::{CheckedSettings, Ending, FinalLosses, Settings, Shuffle, Trained};
use super::solver::solve::{Epoch, EpochResult, EpochSums, Solve};
use super::solver::Solver;
use super::state::{Best, Origin, Start};
use crate::base::error::{EngineError, Result};
use crate::base::threads::Team;
use crate::compute::backend::Backend;
use crate::compute::context::Pass;
use crate::compute::model::Model;
use crate::compute::step::{shard_count, StepConfig};
use crate::data::remote::largest_step_of_shards;
use crate::data::rows::RowSource;
use crate::data::table::{check_finite, check_targets, Data};
use crate::data::{Rows, Source};
use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;
use crate::nn::layout::Layout;
use crate::nn::network::Network;

/// Trains a network.
///
/// # Errors
/// Non-finite targets, shapes that do not fit, a start too large for the precision, memory refused, a panic of a worker, or an interrupt
/// before the first epoch: from there on, an interrupt gives the model as it was after the last one.
pub fn train<T: Scalar>(
    network: &Network,
    settings: &CheckedSettings,
    data: Data<'_, T>,
    validation: Option<Data<'_, T>>,
    start: &Start,
    team: &Team,
    observer: &mut dyn Observer<T>,
) -> Result<Trained> {
    let validation = validation.map(Source::from);
    train_from(network, settings, data.into(), validation, start, team, observer)
}

/// The same on rows from anywhere: of a stream, with `shuffle` off, it gives the same bits as of the same rows in memory. With
/// `shuffle` a stream needs a buffer ([`Source::shuffled_stream`]), and has an order of its own.
/// Each pass over a stream reads it once, in order: one to begin with, one for each epoch, evaluation of L-BFGS and
/// validation, and one for the losses at the end.
///
/// # Errors
/// As for [`train`]; rows of a stream that were to be shuffled or compared with each other; a stream that ends early or fails before
/// an epoch is finished: from there on, this gives the model as it was after the last one, too.
pub fn train_from<T: Scalar>(
    network: &Network,
    settings: &CheckedSettings,
    data: Source<'_, T>,
    validation: Option<Source<'_, T>>,
    start: &Start,
    team: &Team,
    observer: &mut dyn Observer<T>,
) -> Result<Trained> {
    let (layout, solver) = (Layout::of::<T>(network), Solver::new(&settings.0));
    let task = Task {
        network,
        layout: &layout,
        settings: &settings.0,
        data: data.rows(),
        validation: validation.as_ref().map(Source::rows),
        start,
        team,
        records: observer.watches_steps(),
    };
    let copy = task.check(&solver)?;
    let data = match (data, &copy) {
        (Source::Table(data), Some(copy)) => Source::Table(Data {
            inputs: &**copy,
            ..data
        }),
        (data, _) => data,
    };
    let mut training = task.prepare(solver, data, validation, observer)?;
    let ended = training.epochs()?;
    training.conclude(ended)
}

/// What is to be trained, and how.
struct Task<'a, T> {
    network: &'a Network,
    layout: &'a Layout,
    settings: &'a Settings,
    data: Rows<'a, T>,
    validation: Option<Rows<'a, T>>,
    start: &'a Start,
    team: &'a Team,
    /// Whether steps are recorded.
    records: bool,
}

impl<'a, T: Scalar> Task<'a, T> {
    /// How steps are made, on the data as given.
    fn config(&self, solver: &Solver<'_, T>) -> StepConfig<'a, T> {
        let settings = self.settings;
        StepConfig {
            pass: Pass {
                dropout: &settings.dropout,
                ..Pass::new(self.network, self.layout, Some(&settings.objective))
            },
            objective: &settings.objective,
            optimizer: solver.rule(),
            penalty: settings.penalty,
            clip_norm: settings.clip_norm,
            data: self.data,
            team: self.team,
            largest_step: self.largest_step(solver),
            records: self.records,
            whole_gradient: solver.keeps_gradient(),
            counts_hits: settings.counts_hits,
            shards: self.shards(solver),
            answers: None,
        }
    }

    /// Shards of which every step takes its share; none where its rows are cut by their number.
    fn shards(&self, solver: &Solver<'_, T>) -> Option<usize> {
        let rows = self.data.count();
        let by_shards = self.settings.shuffle == Shuffle::Shards && solver.shuffles(rows);
        let pass = Pass::new(self.network, self.layout, None);
        by_shards.then(|| shard_count::<T>(&pass, rows).max(1))
    }

    /// Rows of the largest step.
    fn largest_step(&self, solver: &Solver<'_, T>) -> usize {
        let (rows, batch) = (self.data.count(), solver.batch(self.data.count()));
        match self.shards(solver) {
            None => batch,
            Some(shards) => largest_step_of_shards(rows, batch, shards),
        }
    }

    /// Refuses what does not fit, needs more memory than there is, or is not finite. Shuffled rows are read one
    /// at a time, so they are first brought together: the answer is that copy, where there is one.
    fn check(&self, solver: &Solver<'_, T>) -> Result<Option<Box<dyn RowSource<T> + 'a>>> {
        let (data, validation, team) = (&self.data, self.validation, self.team);
        data.check(self.network, &self.settings.objective)?;
        if let Some(validation) = validation {
            validation.check(self.network, &self.settings.objective)?;
        }
        let rows = data.count();
        if self.settings.objective.loss().is_over_all_rows() && solver.batch(rows) < rows {
            return Err(EngineError::config(
                "a loss that compares rows takes all of them in each step",
            ));
        }
        let shuffles = solver.shuffles(rows);
        if data.is_remote() && solver.batch(rows) < rows && self.settings.shuffle != Shuffle::Shards {
            return Err(EngineError::config(
                "shuffle: workers who have the rows take batches by shards alone",
            ));
        }
        if data.is_stream() && shuffles && self.settings.shuffle == Shuffle::Shards {
            return Err(EngineError::config(
                "shuffle: rows of a stream are not shuffled within shards",
            ));
        }
        if shuffles && !data.can_be_shuffled() {
            return Err(EngineError::config(
                "shuffle: rows of a stream come in their order alone where there is no buffer for them",
            ));
        }
        let copied = match data {
            Rows::Table(data) if shuffles && data.inputs.is_scattered() => Some(data.inputs),
            _ => None,
        };
        let need = Need {
            settings: self.settings,
            config: &self.config(solver),
            validation,
            start: self.start,
            solver,
            copied,
        };
        self.settings.budget.check(need.bytes(), need.held())?;
        let table = |rows| match rows {
            Rows::Table(data) => Some(data),
            // It is looked at as it is read.
            Rows::Stream(..) | Rows::Remote(_) => None,
        };
        let (data, validation) = (table(*data), validation.and_then(table));
        if let Some(data) = &data {
            check_targets(data, team)?;
        }
        if let Some(validation) = &validation {
            check_targets(validation, team)?;
            check_finite(validation, team)?;
        }
        if let Some(best) = &self.start.best {
            best.coefficients.check(self.network)?;
        }
        if let Some(inputs) = copied {
            return Ok(Some(inputs.row_major(team)?));
        }
        if let Some(data) = &data {
            check_finite(data, team)?;
        }
        Ok(None)
    }

    /// The model where it starts, and room for all that follows; `data` are the rows, whose inputs may have been copied.
    fn prepare<'t, 'o>(
        &'t self,
        mut solver: Solver<'t, T>,
        data: Source<'t, T>,
        validation: Option<Source<'t, T>>,
        observer: &'o mut dyn Observer<T>,
    ) -> Result<Training<'t, 'o, T>> {
        let (network, settings, start) = (self.network, self.settings, self.start);
        let lay_out = |coefficients: &Coefficients| {
            let (method, state) = (&settings.method, start.state.as_ref());
            Model::new(
                network,
                self.layout,
                method,
                settings.lr,
                coefficients,
                state,
                self.team,
            )
        };
        let model = match &start.coefficients {
            Origin::Given(coefficients) => lay_out(coefficients)?,
            Origin::Drawn(draw) => lay_out(&draw.coefficients(network, self.team)?)?,
        };
        if !model.is_usable() {
            return Err(EngineError::StartTooLarge);
        }
        let config = StepConfig {
            data: data.rows(),
            ..self.config(&solver)
        };
        let mut backend = Backend::new(config, model, data)?;
        solver.begin(&backend)?;
        let judge = match validation {
            Some(rows) => Some(Judge::new(settings, rows, &mut backend)?),
            None => None,
        };
        let best = start.best.as_ref().map(Best::copied).transpose()?;
        let history = History::new(backend.model(), self.layout, settings, best)?;
        Ok(Training {
            network,
            settings,
            backend,
            solver,
            judge,
            history,
            epoch: start.epochs_done,
            last_epoch: start.epochs_done.saturating_add(settings.epochs),
            observer,
        })
    }
}

/// A training on its way.
struct Training<'t, 'o, T> {
    network: &'t Network,
    settings: &'t Settings,
    backend: Backend<'t, T>,
    solver: Solver<'t, T>,
    judge: Option<Judge<'t, T>>,
    history: History<T>,
    /// Epochs finished.
    epoch: usize,
    /// Epoch at which the fit is to end.
    last_epoch: usize,
    observer: &'o mut dyn Observer<T>,
}

/// How epochs ended, and what the rows failed by, if they did.
type Ended = (Ending, Option<EngineError>);

/// The end that an error is after so many epochs, where it leaves what was trained before as it is.
fn cut_off(error: EngineError, epochs: usize) -> Result<Ended> {
    match error {
        EngineError::Interrupted => Ok((Ending::Interrupted, None)),
        error if error.is_of_rows() && epochs > 0 => Ok((Ending::Failed, Some(error))),
        error => Err(error),
    }
}

impl<T: Scalar> Training<'_, '_, T> {
    /// Makes epochs until one of them is the last.
    fn epochs(&mut self) -> Result<Ended> {
        self.observer
            .training_begins(self.backend.model(), self.network)?;
        while self.epoch < self.last_epoch {
            match self.epoch() {
                Ok(None) => {}
                Ok(Some(ending)) => return Ok((ending, None)),
                Err(error) => {
                    let ended = cut_off(error, self.history.ends.len())?;
                    self.backend.restore(&self.history.last);
                    return Ok(ended);
                }
            }
        }
        Ok((Ending::Completed, None))
    }

    /// Makes an epoch and what follows it; gives the ending, if it was the last.
    fn epoch(&mut self) -> Result<Option<Ending>> {
        let settings = self.settings;
        let (backend, history) = (&mut self.backend, &mut self.history);
        let mut epoch = Epoch {
            number: self.epoch,
            observer: &mut *self.observer,
        };
        let (sums, arrived) = match self.solver.epoch(&mut epoch, backend)? {
            EpochResult::Done(sums) => (sums, false),
            EpochResult::Arrived(sums) => (sums, true),
            EpochResult::Unfinished => {
                backend.restore(&history.last);
                return Ok(Some(Ending::OutOfTime));
            }
        };
        let EpochSums { loss, accuracy, lr } = sums;
        if !loss.is_finite() || !backend.model().is_usable() {
            // A loss that is not finite tells of the weights before the epoch; those of the
            // epoch before that are known to give a finite one.
            let known_good = match loss.is_finite() {
                true => &history.last,
                false => &history.before,
            };
            backend.restore(known_good);
            return Ok(Some(Ending::Diverged(self.epoch + 1)));
        }
        let judged = match &mut self.judge {
            None => None,
            Some(judge) => Some(judge.judge(backend)?),
        };
        self.epoch += 1;
        let end = EpochEnd {
            epoch: self.epoch,
            last_epoch: self.last_epoch,
            lr,
            loss,
            validation_loss: judged.as_ref().map(|judged| judged.loss),
            accuracy,
            validation_accuracy: judged.as_ref().and_then(|judged| judged.accuracy),
            metric: judged.and_then(|judged| judged.metric),
        };
        settings
            .schedule
            .observe(end.validation_loss.unwrap_or(loss), backend.plateau());
        self.solver.keep(backend)?;
        let model = backend.model();
        history.add(end, model)?;
        let waited_enough = history.stop_early(settings.stopping, settings.metric, model, self.network)?;
        let goes_on = self.observer.epoch_end(&EpochView {
            end: &end,
            history: &history.ends,
            best: history.best.as_ref(),
            model,
            network: self.network,
        })?;
        Ok(match &history.best {
            Some(best) if waited_enough => Some(Ending::Converged(best.epoch)),
            _ if arrived => Some(Ending::Converged(self.epoch)),
            _ if !goes_on => Some(Ending::Stopped),
            _ if self.epoch < self.last_epoch && settings.out_of_time() => Some(Ending::OutOfTime),
            _ => None,
        })
    }

    /// What training gives: the best weights where they are wanted, else the last, and their losses.
    fn conclude(mut self, (mut ending, mut failure): Ended) -> Result<Trained> {
        // There is no way back any more: what the result takes can have the place of what led there.
        self.solver.end();
        let (best, history) = self.history.close();
        let backend = &mut self.backend;
        let state = backend.state(&self.settings.method)?;
        let mut coefficients = backend.coefficients()?;
        let finished = !(ending.is_cut_off() || matches!(ending, Ending::Diverged(_)));
        let better = best
            .as_ref()
            .filter(|best| finished && self.settings.stopping.is_some() && best.epoch != self.epoch);
        let better = better.map(|best| best.coefficients.copied()).transpose()?;
        let last = better.map(|better| std::mem::replace(&mut coefficients, better));
        let mut final_losses = || -> Result<FinalLosses> {
            if last.is_some() {
                backend.set_coefficients(&coefficients)?;
            }
            let (sums, weight) = (backend.totals()?, backend.total_weight());
            Ok(FinalLosses {
                training: backend.objective().scaled(sums.loss, weight),
                validation: match &mut self.judge {
                    Some(judge) => Some(judge.losses(backend)?.0),
                    None => None,
                },
            })
        };
        let final_losses = match ending.is_cut_off() {
            true => None,
            false => match final_losses() {
                Ok(losses) => Some(losses),
                Err(error) => {
                    (ending, failure) = cut_off(error, history.len())?;
                    None
                }
            },
        };
        Ok(Trained {
            final_losses,
            coefficients,
            state,
            last,
            best,
            history,
            epochs_done: self.epoch,
            ending,
            failure,
        })
    }
}
