//! The training loop: epochs, validation, stopping, observers. There is no other.

use super::epoch::{EpochResult, Run};
use super::history::History;
use super::need::Need;
use super::observer::{EpochEnd, EpochView, Observer};
use super::settings::{CheckedSettings, Ending, FinalLosses, Settings, Trained};
use super::state::{Best, Origin, Start};
use crate::base::error::{EngineError, Result};
use crate::base::room::filled;
use crate::base::threads::Team;
use crate::compute::all_rows::AllRows;
use crate::compute::context::Pass;
use crate::compute::model::Model;
use crate::compute::step::{StepConfig, Stepper};
use crate::data::rows::RowSource;
use crate::data::table::{check_finite, check_targets, Data};
use crate::kernels::scalar::Scalar;
use crate::nn::network::{Coefficients, Layout, Network};
use crate::objective::loss::Totals;
use crate::optim::{GradientDescent, Method, Optimizer};

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
    let layout = Layout::of::<T>(network);
    let task = Task {
        network,
        layout: &layout,
        settings: &settings.0,
        data,
        validation,
        start,
        team,
        records: observer.watches_steps(),
    };
    let copy = task.check()?;
    let mut training = task.prepare(copy.as_deref(), observer)?;
    let ending = training.epochs()?;
    training.conclude(ending)
}

/// What is to be trained, and how.
struct Task<'a, T> {
    network: &'a Network,
    layout: &'a Layout,
    settings: &'a Settings,
    data: Data<'a, T>,
    validation: Option<Data<'a, T>>,
    start: &'a Start,
    team: &'a Team,
    /// Whether steps are recorded.
    records: bool,
}

impl<'a, T: Scalar> Task<'a, T> {
    /// Rows per step.
    fn batch(&self) -> usize {
        let rows = self.data.rows();
        let batch = match self.settings.method {
            Method::Rule(_) => self.settings.batch_size.min(rows),
            Method::Lbfgs(_) => rows,
        };
        batch.max(1)
    }

    /// Whether rows are taken in random order.
    fn shuffles(&self) -> bool {
        self.settings.shuffle && self.batch() < self.data.rows()
    }

    /// How steps are made, on the data as given.
    fn config(&self) -> StepConfig<'a, T> {
        let settings = self.settings;
        let (optimizer, whole_gradient) = match settings.method {
            Method::Rule(rule) => (rule, false),
            Method::Lbfgs(_) => (Optimizer::GradientDescent(GradientDescent), true),
        };
        StepConfig {
            pass: Pass {
                dropout: &settings.dropout,
                ..Pass::new(self.network, self.layout, Some(&settings.objective))
            },
            objective: &settings.objective,
            optimizer,
            penalty: settings.penalty,
            clip_norm: settings.clip_norm,
            data: self.data,
            team: self.team,
            largest_step: self.batch(),
            records: self.records,
            whole_gradient,
            counts_hits: settings.counts_hits,
        }
    }

    /// Refuses what does not fit, needs more memory than there is, or is not finite. Shuffled rows are read one
    /// at a time, so they are first brought together: the answer is that copy, where there is one.
    fn check(&self) -> Result<Option<Box<dyn RowSource<T> + 'a>>> {
        let (data, validation, team) = (&self.data, self.validation.as_ref(), self.team);
        data.check(self.network, &self.settings.objective)?;
        if let Some(validation) = validation {
            validation.check(self.network, &self.settings.objective)?;
        }
        if self.settings.objective.loss().is_over_all_rows() && self.batch() < data.rows() {
            return Err(EngineError::config(
                "a loss that compares rows takes all of them in each step",
            ));
        }
        let copies = self.shuffles() && data.inputs.is_scattered();
        let need = Need {
            settings: self.settings,
            config: &self.config(),
            validation,
            start: self.start,
            shuffles: self.shuffles(),
            copies,
        };
        self.settings.budget.check(need.bytes(), need.held())?;
        check_targets(data, team)?;
        if let Some(validation) = validation {
            check_targets(validation, team)?;
            check_finite(validation, team)?;
        }
        if let Some(best) = &self.start.best {
            best.coefficients.check(self.network)?;
        }
        if copies {
            return Ok(Some(data.inputs.row_major(team)?));
        }
        check_finite(data, team)?;
        Ok(None)
    }

    /// The model where it starts, and room for all that follows; `copy` are the inputs, if they were copied.
    fn prepare<'t, 'o>(
        &'t self,
        copy: Option<&'t (dyn RowSource<T> + 'a)>,
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
        let inputs: &dyn RowSource<T> = match copy {
            Some(copy) => copy,
            None => self.data.inputs,
        };
        let config = StepConfig {
            data: Data { inputs, ..self.data },
            ..self.config()
        };
        let stepper = Stepper::new(config, model.micropanels.len())?;
        let rows = self.data.rows();
        let run = Run {
            order: filled(if self.shuffles() { rows } else { 0 }, 0)?,
            epoch: start.epochs_done,
            last_epoch: start.epochs_done.saturating_add(settings.epochs),
            lr: settings.lr,
            totals: Totals::default(),
            judging: match &self.validation {
                Some(data) => AllRows::of(&settings.objective, data)?,
                None => None,
            },
            minimiser: None,
            settings,
            observer,
        };
        let best = start.best.as_ref().map(Best::copied).transpose()?;
        let history = History::new(&model, self.layout, settings.epochs, best)?;
        Ok(Training {
            network,
            settings,
            validation: self.validation.as_ref(),
            team: self.team,
            model,
            stepper,
            run,
            history,
        })
    }
}

/// A training on its way.
struct Training<'t, 'o, T> {
    network: &'t Network,
    settings: &'t Settings,
    validation: Option<&'t Data<'t, T>>,
    team: &'t Team,
    model: Model<T>,
    stepper: Stepper<'t, T>,
    run: Run<'t, 'o, T>,
    history: History<T>,
}

impl<T: Scalar> Training<'_, '_, T> {
    /// Makes epochs until one of them is the last.
    fn epochs(&mut self) -> Result<Ending> {
        self.run.observer.training_begins(&self.model, self.network)?;
        while self.run.epoch < self.run.last_epoch {
            match self.epoch() {
                Ok(None) => {}
                Ok(Some(ending)) => return Ok(ending),
                Err(EngineError::Interrupted) => {
                    self.model.restore(&self.history.last, self.network);
                    return Ok(Ending::Interrupted);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Ending::Completed)
    }

    /// Makes an epoch and what follows it; gives the ending, if it was the last.
    fn epoch(&mut self) -> Result<Option<Ending>> {
        let (network, settings) = (self.network, self.settings);
        let (model, run, history) = (&mut self.model, &mut self.run, &mut self.history);
        let (loss, accuracy, arrived) = match run.epoch(&mut self.stepper, model)? {
            EpochResult::Done { loss, accuracy } => (loss, accuracy, false),
            EpochResult::Arrived { loss, accuracy } => (loss, accuracy, true),
            EpochResult::Unfinished => {
                model.restore(&history.last, network);
                return Ok(Some(Ending::OutOfTime));
            }
        };
        if !loss.is_finite() || !model.is_usable() {
            // A loss that is not finite tells of the weights before the epoch; those of the
            // epoch before that are known to give a finite one.
            let known_good = match loss.is_finite() {
                true => &history.last,
                false => &history.before,
            };
            model.restore(known_good, network);
            return Ok(Some(Ending::Diverged(run.epoch + 1)));
        }
        let judged = match self.validation {
            None => None,
            Some(data) => Some(run.judge(data, &mut self.stepper, model)?),
        };
        run.epoch += 1;
        let end = EpochEnd {
            epoch: run.epoch,
            last_epoch: run.last_epoch,
            lr: run.lr,
            loss,
            validation_loss: judged.as_ref().map(|judged| judged.loss),
            accuracy,
            validation_accuracy: judged.as_ref().and_then(|judged| judged.accuracy),
            metric: judged.and_then(|judged| judged.metric),
        };
        settings
            .schedule
            .observe(end.validation_loss.unwrap_or(loss), &mut model.plateau);
        history.add(end, model)?;
        let waited_enough = history.stop_early(settings.stopping, settings.metric, model, network)?;
        let goes_on = run.observer.epoch_end(&EpochView {
            end: &end,
            history: &history.ends,
            best: history.best.as_ref(),
            model,
            network,
        })?;
        Ok(match &history.best {
            Some(best) if waited_enough => Some(Ending::Converged(best.epoch)),
            _ if arrived => Some(Ending::Converged(run.epoch)),
            _ if !goes_on => Some(Ending::Stopped),
            _ if run.epoch < run.last_epoch && settings.out_of_time() => Some(Ending::OutOfTime),
            _ => None,
        })
    }

    /// What training gives: the best weights where they are wanted, else the last, and their losses.
    fn conclude(mut self, mut ending: Ending) -> Result<Trained> {
        // There is no way back any more: what the result takes can have the place of what led there.
        self.run.minimiser = None;
        let (best, history) = self.history.close();
        let state = self.model.state(self.network, &self.settings.method)?;
        let mut coefficients = self.model.coefficients(self.network)?;
        let finished = !matches!(ending, Ending::Interrupted | Ending::Diverged(_));
        let better = best
            .as_ref()
            .filter(|best| finished && self.settings.stopping.is_some() && best.epoch != self.run.epoch);
        let better = better.map(|best| best.coefficients.copied()).transpose()?;
        let last = better.map(|better| std::mem::replace(&mut coefficients, better));
        let mut final_losses = || -> Result<FinalLosses> {
            if ending == Ending::Interrupted {
                return Err(EngineError::Interrupted);
            }
            if last.is_some() {
                let packed = coefficients.pack(self.network, self.team)?;
                self.model.set(&packed, self.network);
            }
            let data = self.stepper.config.data;
            let mut loss_on = |data, validates| {
                self.run
                    .losses_on(data, validates, &mut self.stepper, &self.model)
            };
            Ok(FinalLosses {
                training: loss_on(&data, false)?.0,
                validation: match self.validation {
                    Some(data) => Some(loss_on(data, true)?.0),
                    None => None,
                },
            })
        };
        let final_losses = match final_losses() {
            Err(EngineError::Interrupted) => {
                ending = Ending::Interrupted;
                None
            }
            losses => Some(losses?),
        };
        Ok(Trained {
            final_losses,
            coefficients,
            state,
            last,
            best,
            history,
            epochs_done: self.run.epoch,
            ending,
        })
    }
}
