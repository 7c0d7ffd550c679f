//! The training loop: epochs, validation, stopping, observers. There is no other.

use super::epoch::{EpochResult, Run};
use super::history::History;
use super::need::Need;
use super::observer::{EpochEnd, EpochView, Observer};
use super::settings::{CheckedSettings, Ending, FinalLosses, Trained};
use super::state::{Best, Origin, Start};
use crate::base::error::{EngineError, Result};
use crate::base::room::filled;
use crate::base::threads::Team;
use crate::compute::context::Pass;
use crate::compute::model::Model;
use crate::compute::step::{StepConfig, Stepper};
use crate::data::rows::RowSource;
use crate::data::table::{check_finite, check_targets, Data};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;
use crate::nn::network::{work_of_step, Coefficients, Layout, Network};
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
    let settings = &settings.0;
    data.check(network, &settings.objective)?;
    if let Some(validation) = &validation {
        validation.check(network, &settings.objective)?;
    }
    let rows = data.rows();
    let whole = matches!(settings.method, Method::Lbfgs(_));
    let batch = if whole {
        rows
    } else {
        settings.batch_size.min(rows)
    }
    .max(1);
    let layout = Layout::of::<T>(network);
    let pass = Pass {
        network,
        layout: &layout,
        objective: Some(&settings.objective),
        dropout: &settings.dropout,
        set: InstructionSet::detect(),
    };
    let rule = match settings.method {
        Method::Rule(rule) => rule,
        Method::Lbfgs(_) => Optimizer::GradientDescent(GradientDescent),
    };
    let config = StepConfig {
        pass,
        objective: &settings.objective,
        optimizer: rule,
        penalty: settings.penalty,
        clip_norm: settings.clip_norm,
        data,
        team,
        largest_step: batch,
        records: observer.watches_steps(),
        whole_gradient: whole,
        counts_hits: settings.counts_hits,
    };
    let shuffles = settings.shuffle && batch < rows;
    // Shuffled rows are read one at a time, so they are first brought together.
    let copies = shuffles && data.inputs.is_scattered();
    let need = Need {
        settings,
        config: &config,
        validation: validation.as_ref(),
        start,
        shuffles,
        copies,
    };
    settings.budget.check(need.bytes(), need.held())?;

    check_targets(&data, team)?;
    if let Some(validation) = &validation {
        check_targets(validation, team)?;
        check_finite(validation, team)?;
    }
    if let Some(best) = &start.best {
        best.coefficients.check(network)?;
    }
    let copy = match copies {
        true => Some(data.inputs.row_major(team)?),
        false => {
            check_finite(&data, team)?;
            None
        }
    };
    let inputs: &dyn RowSource<T> = match &copy {
        Some(copy) => copy.as_ref(),
        None => data.inputs,
    };
    let config = StepConfig {
        data: Data { inputs, ..data },
        ..config
    };
    let lay_out = |coefficients: &Coefficients| {
        let (method, state) = (&settings.method, start.state.as_ref());
        Model::new(network, &layout, method, settings.lr, coefficients, state, team)
    };
    let mut model = match &start.coefficients {
        Origin::Given(coefficients) => lay_out(coefficients)?,
        Origin::Drawn(draw) => lay_out(&draw.coefficients(network, team)?)?,
    };
    if !model.is_usable() {
        return Err(EngineError::StartTooLarge);
    }
    let mut stepper = Stepper::new(config, model.micropanels.len())?;
    let mut run = Run {
        order: filled(if shuffles { rows } else { 0 }, 0)?,
        rows,
        batch,
        epoch: start.epochs_done,
        last_epoch: start.epochs_done.saturating_add(settings.epochs),
        work_of_row: work_of_step(network, 1),
        lr: settings.lr,
        totals: Totals::default(),
        minimiser: None,
        settings,
        observer,
    };
    let best = start.best.as_ref().map(Best::copied).transpose()?;
    let mut history = History::new(&model, &layout, settings.epochs, best)?;
    run.observer.training_begins(&model, network)?;

    let mut ending = Ending::Completed;
    while run.epoch < run.last_epoch {
        let (loss, accuracy, arrived) = match run.epoch(&mut stepper, &mut model) {
            Ok(EpochResult::Done { loss, accuracy }) => (loss, accuracy, false),
            Ok(EpochResult::Arrived { loss, accuracy }) => (loss, accuracy, true),
            Ok(EpochResult::Unfinished) => {
                model.restore(&history.last, network);
                ending = Ending::OutOfTime;
                break;
            }
            Err(EngineError::Interrupted) => {
                model.restore(&history.last, network);
                ending = Ending::Interrupted;
                break;
            }
            Err(error) => return Err(error),
        };
        if !loss.is_finite() || !model.is_usable() {
            // A loss that is not finite tells of the weights before the epoch; those of the
            // epoch before that are known to give a finite one.
            let known_good = if loss.is_finite() {
                &history.last
            } else {
                &history.before
            };
            model.restore(known_good, network);
            ending = Ending::Diverged(run.epoch + 1);
            break;
        }
        let judged = match &validation {
            None => None,
            Some(data) => match run.judge(data, &mut stepper, &model) {
                Err(EngineError::Interrupted) => {
                    model.restore(&history.last, network);
                    ending = Ending::Interrupted;
                    break;
                }
                judged => Some(judged?),
            },
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
        history.add(end, &model)?;
        let waited_enough = history.stop_early(settings.stopping, settings.metric, &model, network)?;
        let goes_on = run.observer.epoch_end(&EpochView {
            end,
            history: &history.ends,
            best: history.best.as_ref(),
            model: &model,
            network,
        });
        let goes_on = match goes_on {
            Err(EngineError::Interrupted) => {
                ending = Ending::Interrupted;
                break;
            }
            goes_on => goes_on?,
        };
        if let (true, Some(best)) = (waited_enough, &history.best) {
            ending = Ending::Converged(best.epoch);
            break;
        }
        if arrived {
            ending = Ending::Converged(run.epoch);
            break;
        }
        if !goes_on {
            ending = Ending::Stopped;
            break;
        }
        if run.epoch < run.last_epoch && settings.out_of_time() {
            ending = Ending::OutOfTime;
            break;
        }
    }

    // There is no way back any more: what the result takes can have the place of what led there.
    run.minimiser = None;
    let (best, ends) = history.close();
    let state = model.state(network, &settings.method)?;
    let mut coefficients = model.coefficients(network)?;
    let finished = !matches!(ending, Ending::Interrupted | Ending::Diverged(_));
    let better = best
        .as_ref()
        .filter(|best| finished && settings.stopping.is_some() && best.epoch != run.epoch);
    let better = better.map(|best| best.coefficients.copied()).transpose()?;
    let last = better.map(|better| std::mem::replace(&mut coefficients, better));
    let mut final_losses = || -> Result<FinalLosses> {
        if ending == Ending::Interrupted {
            return Err(EngineError::Interrupted);
        }
        if last.is_some() {
            model.set(&coefficients.pack(network, team)?, network);
        }
        losses_at(&model, &mut run, &mut stepper, validation.as_ref())
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
        history: ends,
        epochs_done: run.epoch,
        ending,
    })
}

/// Losses at the model's parameters.
fn losses_at<T: Scalar>(
    model: &Model<T>,
    run: &mut Run<'_, '_, T>,
    stepper: &mut Stepper<'_, T>,
    validation: Option<&Data<'_, T>>,
) -> Result<FinalLosses> {
    let data = stepper.config.data;
    let (training, _) = run.losses_on(&data, stepper, model)?;
    let validation = match validation {
        Some(data) => Some(run.losses_on(data, stepper, model)?.0),
        None => None,
    };
    Ok(FinalLosses { training, validation })
}
