//! Turns what the engine gives into plain R lists. Computation is over when these run: calls of
//! R may leave Rust without dropping anything.

use backprop_engine::model::OptimizerState;
use backprop_engine::network::Coefficients;
use backprop_engine::observer::EpochEnd;
use backprop_engine::trace::StepTrace;
use backprop_engine::{Best, Ending, EngineError, Outcome, Result};
use extendr_api::prelude::*;
use ndarray::Array2;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs `work` and turns its error, or a panic, into `list(error = list(kind = , …))`.
pub fn answer(work: impl FnOnce() -> Result<List>) -> List {
    let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| text.to_string())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(EngineError::Panic(message))
    });
    match result {
        Ok(list) => list,
        Err(error) => list!(error = describe(error)),
    }
}

fn describe(error: EngineError) -> List {
    let columns = |columns: Vec<usize>| -> Vec<i32> { columns.into_iter().map(|c| c as i32 + 1).collect() };
    match error {
        EngineError::Config(message) => list!(kind = "config", message = message.replace('\0', " ")),
        EngineError::NonFiniteInputs(found) => list!(kind = "nonfinite_x", columns = columns(found)),
        EngineError::NonFiniteOutcomes(found) => list!(kind = "nonfinite_y", columns = columns(found)),
        EngineError::Memory { needed, available } => {
            list!(kind = "memory", needed = needed, available = available)
        }
        EngineError::StartTooLarge => list!(kind = "start"),
        EngineError::Interrupted => list!(kind = "interrupted"),
        EngineError::Panic(message) => list!(kind = "panic", message = message.replace('\0', " ")),
    }
}

/// A matrix as R stores it.
pub fn matrix(matrix: &Array2<f64>) -> Robj {
    let (rows, columns) = matrix.dim();
    let numbers: Vec<f64> = matrix.t().iter().copied().collect();
    real_matrix(&numbers, rows, columns)
}

/// A matrix from numbers that are column by column already.
pub fn real_matrix(numbers: &[f64], rows: usize, columns: usize) -> Robj {
    with_dim(Robj::from(numbers), rows, columns)
}

/// A matrix of zeros, for results too large to be copied when they are there.
pub fn zeros(rows: usize, columns: usize) -> Robj {
    let numbers = Doubles::from_values(std::iter::repeat_n(0.0, rows * columns));
    with_dim(numbers.into(), rows, columns)
}

fn with_dim(mut robj: Robj, rows: usize, columns: usize) -> Robj {
    // R makes sure that rows x columns is the length; `set_attrib` cannot fail here.
    let _ = robj.set_attrib("dim", [rows as i32, columns as i32]);
    robj
}

/// Lists of weights and biases.
pub fn coefficients(coefficients: &Coefficients) -> (List, List) {
    (
        List::from_values(coefficients.weights.iter().map(matrix)),
        List::from_values(coefficients.biases.iter().map(|b| Robj::from(b.to_vec()))),
    )
}

/// What an optimizer keeps.
pub fn state(state: &OptimizerState) -> List {
    let slots = state.slots.iter().map(|(_, slot)| both(slot));
    let mut slots = List::from_values(slots);
    if !state.slots.is_empty() {
        let _ = slots.set_names(state.slots.iter().map(|(name, _)| name.as_str()));
    }
    let plateau = &state.plateau;
    list!(
        format = state.format as i32,
        steps = state.steps as f64,
        slots = slots,
        plateau = [plateau.factor, plateau.best, plateau.waited as f64]
    )
}

/// `list(weights =, biases =)`.
pub fn both(pair: &Coefficients) -> List {
    let (weights, biases) = coefficients(pair);
    list!(weights = weights, biases = biases)
}

fn step(step: &StepTrace) -> List {
    let layers = step.layers.iter().map(|layer| {
        list!(
            weighted_input = matrix(&layer.weighted_inputs),
            activation = matrix(&layer.activations),
            slope = matrix(&layer.slopes),
            error = layer
                .incoming_errors
                .as_ref()
                .map_or_else(|| Robj::from(()), matrix),
            delta = matrix(&layer.errors)
        )
    });
    list!(
        epoch = step.epoch as i32,
        step = step.step as f64,
        lr = step.lr,
        rows = step.rows.iter().map(|&row| row as i32 + 1).collect::<Vec<_>>(),
        loss_sum = step.loss_sum,
        x = matrix(&step.inputs),
        y = matrix(&step.outcomes),
        case_weights = step.case_weights.as_slice(),
        layers = List::from_values(layers),
        before = both(&step.before),
        gradient = both(&step.gradient),
        after = both(&step.after),
        optimizer_state = state(&step.state)
    )
}

/// Curves over epochs; NULL where nothing was counted.
pub struct Curves {
    pub loss: Robj,
    pub validation_loss: Robj,
    pub accuracy: Robj,
    pub validation_accuracy: Robj,
    pub lr: Robj,
}

pub fn curves(history: &[EpochEnd]) -> Curves {
    let curve = |value: fn(&EpochEnd) -> Option<f64>| {
        let numbers: Vec<f64> = history.iter().filter_map(value).collect();
        match numbers.is_empty() && !history.is_empty() {
            true => Robj::from(()),
            false => Robj::from(numbers),
        }
    };
    let optional = |value: fn(&EpochEnd) -> Option<f64>| match history.is_empty() {
        true => Robj::from(()),
        false => curve(value),
    };
    Curves {
        loss: curve(|end| Some(end.loss)),
        validation_loss: optional(|end| end.validation_loss),
        accuracy: optional(|end| end.accuracy),
        validation_accuracy: optional(|end| end.validation_accuracy),
        lr: curve(|end| Some(end.lr)),
    }
}

/// The best epoch.
pub fn best(best: &Best) -> Robj {
    let (weights, biases) = coefficients(&best.coefficients);
    list!(
        epoch = best.epoch as i32,
        loss = best.loss,
        weights = weights,
        biases = biases
    )
    .into()
}

/// Weights that were kept on the way.
pub fn snapshots(snapshots: &[(usize, Coefficients)]) -> List {
    List::from_values(snapshots.iter().map(|(epoch, coefficients)| {
        let (weights, biases) = self::coefficients(coefficients);
        list!(epoch = *epoch as i32, weights = weights, biases = biases)
    }))
}

/// What a fit gives, with the steps that were recorded.
pub fn outcome(outcome: &Outcome, trace: &[StepTrace], snapshots: &[(usize, Coefficients)]) -> List {
    let (status, epoch) = match outcome.ending {
        Ending::Completed => ("completed", None),
        Ending::Interrupted => ("interrupted", None),
        Ending::Diverged(epoch) => ("diverged", Some(epoch as i32)),
        Ending::Stopped => ("stopped", None),
        Ending::Converged(epoch) => ("converged", Some(epoch as i32)),
    };
    let (weights, biases) = coefficients(&outcome.coefficients);
    let last = outcome.last.as_ref().map_or_else(
        || Robj::from(()),
        |last| {
            let (weights, biases) = coefficients(last);
            let last_state = state(&outcome.state);
            list!(weights = weights, biases = biases, optimizer_state = last_state).into()
        },
    );
    let curves = curves(&outcome.history);
    list!(
        error = (),
        weights = weights,
        biases = biases,
        loss = curves.loss,
        validation_loss = curves.validation_loss,
        accuracy = curves.accuracy,
        validation_accuracy = curves.validation_accuracy,
        lr = curves.lr,
        final_loss = outcome.final_losses.map(|losses| losses.training),
        final_validation_loss = outcome.final_losses.and_then(|losses| losses.validation),
        epochs_done = outcome.epochs_done as i32,
        status = status,
        epoch = epoch,
        optimizer_state = state(&outcome.state),
        last = last,
        best = outcome.best.as_ref().map_or_else(|| Robj::from(()), best),
        snapshots = self::snapshots(snapshots),
        trace = List::from_values(trace.iter().map(step))
    )
}
