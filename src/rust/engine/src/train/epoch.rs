//! One epoch: a pass over the rows in steps, or one iteration of L-BFGS over all of them.

use super::settings::Settings;
use crate::base::error::{EngineError, Result};
use crate::base::random::{shuffled, stream, Purpose};
use crate::base::room::{copied, filled};
use crate::compute::all_rows::AllRows;
use crate::compute::context::{DropoutKey, Pass};
use crate::compute::evaluate::totals;
use crate::compute::model::Model;
use crate::compute::outputs::outputs;
use crate::compute::step::{StepPlan, StepResult, Stepper};
use crate::data::rows::Selection;
use crate::data::table::Data;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
use crate::objective::metric::Metric;
use crate::optim::lbfgs::{Minimiser, Progress};
use crate::optim::{Method, Step};
use crate::train::observer::{Observer, StepEnd};
use std::cell::Cell;
use std::ops::Range;

/// Where the loop stands.
pub(super) struct Run<'a, 'o, T> {
    /// The rows in the order of the epoch; empty where they are taken as they come.
    pub order: Vec<u32>,
    /// Epochs finished.
    pub epoch: usize,
    /// Epoch at which the fit is to end.
    pub last_epoch: usize,
    /// Learning rate of the last step.
    pub lr: f64,
    /// Losses and hits where L-BFGS stands.
    pub totals: Totals,
    /// Rows that validate, where the loss compares rows with each other.
    pub judging: Option<AllRows>,
    /// The state of L-BFGS, if that is the method.
    pub minimiser: Option<Minimiser<T>>,
    pub settings: &'a Settings,
    pub observer: &'o mut dyn Observer<T>,
}

/// What an epoch came to.
pub(super) enum EpochResult {
    /// The objective and the share of hits, accumulated before each update.
    Done { loss: f64, accuracy: Option<f64> },
    /// There was no further step to be found.
    Arrived { loss: f64, accuracy: Option<f64> },
    /// The time was up before the epoch was over; the model is somewhere on its way.
    Unfinished,
}

/// What validation rows say of a model.
pub(super) struct Judged {
    pub loss: f64,
    pub accuracy: Option<f64>,
    pub metric: Option<f64>,
}

impl<T: Scalar> Run<'_, '_, T> {
    /// Makes an epoch.
    ///
    /// # Errors
    /// A panic of a worker, memory refused, or an interrupt, which leaves the model somewhere on its way.
    pub fn epoch(&mut self, stepper: &mut Stepper<'_, T>, model: &mut Model<T>) -> Result<EpochResult> {
        match self.settings.method {
            Method::Rule(_) => self.steps(stepper, model),
            Method::Lbfgs(_) => self.iteration(stepper, model),
        }
    }

    fn steps(&mut self, stepper: &mut Stepper<'_, T>, model: &mut Model<T>) -> Result<EpochResult> {
        if !self.order.is_empty() {
            let mut rng = stream(self.settings.seed, Purpose::Shuffle, self.epoch as u64, 0);
            shuffled(&mut self.order, &mut rng);
        }
        let (rows_in_all, batch) = (stepper.config.data.rows(), stepper.config.largest_step);
        let mut sums = Totals::default();
        let (mut penalty, mut first) = (0.0, 0);
        while first < rows_in_all {
            let last = rows_in_all.min(first + batch);
            let rows = match self.order.is_empty() {
                true => Selection::Range(first..last),
                false => Selection::Listed(&self.order[first..last]),
            };
            let plan = plan(self.settings, self.epoch, first..last, rows_in_all, rows, model);
            let found = stepper.step(model, &plan, true)?;
            sums.add(found.totals);
            penalty += found.penalty * plan.share;
            self.lr = plan.step.lr;
            if self.observer.watches_steps() {
                report(
                    &mut *self.observer,
                    self.epoch,
                    &plan,
                    found.totals,
                    stepper,
                    model,
                )?;
            }
            stepper
                .config
                .team
                .did(stepper.workspace.work_of_row * (last - first) as f64)?;
            first = last;
            if first < rows_in_all && self.settings.out_of_time() {
                return Ok(EpochResult::Unfinished);
            }
        }
        let total_weight = stepper.total_weight;
        Ok(EpochResult::Done {
            loss: self.settings.objective.scaled(sums.loss, total_weight) + penalty,
            accuracy: self.settings.counts_hits.then_some(sums.hits / total_weight),
        })
    }

    /// One iteration of L-BFGS; the objective is that at its start.
    fn iteration(&mut self, stepper: &mut Stepper<'_, T>, model: &mut Model<T>) -> Result<EpochResult> {
        let rows = stepper.config.data.rows();
        let work = stepper.workspace.work_of_row * rows as f64;
        let epoch = self.epoch;
        let lr = self.settings.lr * self.settings.schedule.factor(epoch as f64, &model.plateau);
        let plan = StepPlan {
            rows: Selection::Range(0..rows),
            step: Step {
                lr,
                number: 1,
                decay: 1.0,
            },
            share: 1.0,
            dropout: None,
        };
        let first = match (&self.minimiser, self.settings.method) {
            (None, Method::Lbfgs(hyperparameters)) => Some((
                hyperparameters,
                copied(model.parameters.get_mut())?,
                model.pairs()?,
            )),
            _ => None,
        };
        let first_scale = match stepper.config.objective.is_sum() {
            true => 1.0,
            false => stepper.total_weight,
        };
        let latest = Cell::new(self.totals);
        let mut evaluate = |point: &[T], gradient: &mut [T]| -> Result<Option<f64>> {
            model.set(point, stepper.config.pass.network);
            let result = stepper
                .config
                .team
                .did(work)
                .and_then(|()| stepper.step(model, &plan, false));
            let StepResult { totals, penalty } = match result {
                Err(EngineError::Interrupted) => return Ok(None),
                result => result?,
            };
            latest.set(totals);
            gradient.copy_from_slice(stepper.gradient());
            let total_weight = stepper.total_weight;
            Ok(Some(
                stepper.config.objective.scaled(totals.loss, total_weight) + penalty,
            ))
        };
        let minimiser = match first {
            Some((hyperparameters, point, pairs)) => {
                Minimiser::new(hyperparameters, point, pairs, &mut evaluate)?
            }
            None => self.minimiser.take(),
        };
        let Some(mut minimiser) = minimiser else {
            return Err(EngineError::Interrupted);
        };
        let (loss, start) = (minimiser.value, copied(&minimiser.point)?);
        let totals = latest.get();
        let progress = minimiser.iterate(lr, first_scale, &mut evaluate)?;
        if self.observer.watches_steps() {
            // The workspace holds the last point that was tried; a trace wants the one before the step.
            model.set(&start, stepper.config.pass.network);
            stepper.step(model, &plan, false)?;
        }
        model.set(&minimiser.point, stepper.config.pass.network);
        model.remember(&minimiser.pairs)?;
        let accuracy = self
            .settings
            .counts_hits
            .then_some(totals.hits / stepper.total_weight);
        self.totals = latest.get();
        self.minimiser = Some(minimiser);
        self.lr = lr;
        match progress {
            Progress::Interrupted => return Err(EngineError::Interrupted),
            Progress::Lost => {
                return Ok(EpochResult::Done {
                    loss: f64::NAN,
                    accuracy,
                })
            }
            Progress::Moved | Progress::Arrived => {}
        }
        model.steps += 1;
        if self.observer.watches_steps() {
            report(&mut *self.observer, epoch, &plan, totals, stepper, model)?;
        }
        Ok(match progress {
            Progress::Arrived => EpochResult::Arrived { loss, accuracy },
            _ => EpochResult::Done { loss, accuracy },
        })
    }

    /// What validation rows say of the model: loss, share of hits, and the measure where one is asked for.
    pub fn judge(
        &mut self,
        data: &Data<'_, T>,
        stepper: &mut Stepper<'_, T>,
        model: &Model<T>,
    ) -> Result<Judged> {
        let (loss, accuracy) = self.losses_on(data, true, stepper, model)?;
        let metric = match self.settings.metric {
            None => None,
            Some(metric) => Some(self.metric_on(metric, data, stepper, model)?),
        };
        Ok(Judged {
            loss,
            accuracy,
            metric,
        })
    }

    /// A measure of the predictions of all rows of a table.
    fn metric_on(
        &mut self,
        metric: Metric,
        data: &Data<'_, T>,
        stepper: &mut Stepper<'_, T>,
        model: &Model<T>,
    ) -> Result<f64> {
        let (rows, pass) = (data.rows(), &stepper.config.pass);
        let mut predicted = filled(rows * pass.network.outputs(), 0.0)?;
        outputs(
            pass,
            &model.parameters,
            data,
            &mut stepper.workspace,
            stepper.config.team,
            None,
            &mut predicted,
        )?;
        let known = data.targets.all()?;
        metric.of(pass.network.output(), &predicted, &known, data.case_weights, rows)
    }

    /// Loss, without penalty, and share of hits on all rows of a table: of those that validate, or of those that train.
    pub fn losses_on(
        &mut self,
        data: &Data<'_, T>,
        validates: bool,
        stepper: &mut Stepper<'_, T>,
        model: &Model<T>,
    ) -> Result<(f64, Option<f64>)> {
        let objective = stepper.config.objective;
        let all_rows = match validates {
            true => &mut self.judging,
            false => &mut stepper.all_rows,
        };
        let sums = totals(
            &stepper.config.pass,
            objective,
            &model.parameters,
            data,
            all_rows.as_mut(),
            &mut stepper.workspace,
            stepper.config.team,
        )?;
        let total_weight = data.total_weight();
        Ok((
            objective.scaled(sums.loss, total_weight),
            self.settings.counts_hits.then_some(sums.hits / total_weight),
        ))
    }
}

/// What the step on the given positions of the epoch's order is to do, where the rows `selected` are, of `rows` in all.
fn plan<'a, T: Scalar>(
    settings: &Settings,
    epoch: usize,
    positions: Range<usize>,
    rows: usize,
    selected: Selection<'a>,
    model: &Model<T>,
) -> StepPlan<'a> {
    let progress = epoch as f64 + positions.start as f64 / rows as f64;
    StepPlan {
        step: Step {
            lr: settings.lr * settings.schedule.factor(progress, &model.plateau),
            number: model.steps + 1,
            decay: settings.decay_schedule.factor(progress, &model.plateau),
        },
        share: positions.len() as f64 / rows as f64,
        dropout: (!settings.dropout.is_empty()).then(|| DropoutKey {
            seed: settings.seed,
            epoch: epoch as u64,
            first_position: positions.start as u64,
            factor: settings.dropout_schedule.factor(progress, &model.plateau),
        }),
        rows: selected,
    }
}

/// Shows a step to an observer that watches steps.
fn report<T: Scalar>(
    observer: &mut dyn Observer<T>,
    epoch: usize,
    plan: &StepPlan<'_>,
    totals: Totals,
    stepper: &mut Stepper<'_, T>,
    model: &Model<T>,
) -> Result<()> {
    let Pass {
        network, layout, set, ..
    } = stepper.config.pass;
    let targets = stepper.config.data.targets;
    let (objective, delta_scale) = (stepper.config.objective, stepper.delta_scale(plan.rows.len()));
    let (workspace, gradient) = stepper.recorded();
    observer.step_end(&StepEnd {
        epoch: epoch + 1,
        step: model.steps,
        lr: plan.step.lr,
        decay: plan.step.decay,
        rows: plan.rows.clone(),
        loss_sum: totals.loss,
        workspace,
        gradient,
        model,
        network,
        layout,
        objective,
        delta_scale,
        targets,
        set,
    })
}
