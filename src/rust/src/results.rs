//! Turns what the engine gives into plain R lists. What is large is written where R will have it, in
//! vectors that R may refuse; what is small finds room in the reserve that every call begins with.

use crate::interrupts::{interrupted, suspended};
use backprop_engine::base::memory::check_reserve;
use backprop_engine::base::room::refused;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::network::Network;
use backprop_engine::objective::Penalty;
use backprop_engine::optim::state::OptimizerState;
use backprop_engine::train::observer::EpochEnd;
use backprop_engine::train::trace::StepTrace;
use backprop_engine::{Best, Ending, EngineError, Result, Trained};
use extendr_api::prelude::*;
use extendr_api::AsTypedSlice;
use ndarray::Array2;
use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs `work` and turns its error, or a panic, into `list(error = list(kind = , …))`. Interrupts wait
/// until they are asked for, or R has the list.
pub fn answer(work: impl FnOnce() -> Result<List>) -> List {
    suspended(|| answer_at_once(work))
}

fn answer_at_once(work: impl FnOnce() -> Result<List>) -> List {
    let work = || check_reserve().and_then(|()| work());
    let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| text.to_string())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(EngineError::Panic(message))
    });
    let described = result.or_else(|error| Ok(list!(error = describe(error)?)));
    // There is no room for the numbers of what was found: that there is none is all that can be told.
    described.unwrap_or_else(|_: EngineError| {
        list!(error = list!(kind = "memory", needed = f64::NAN, available = f64::NAN))
    })
}

fn describe(error: EngineError) -> Result<List> {
    let columns = |found: &[usize]| integers(found.iter().map(|&column| column as i32 + 1));
    Ok(match error {
        EngineError::Config(message) => list!(kind = "config", message = message.replace('\0', " ")),
        EngineError::Layer(number, message) => {
            list!(
                kind = "layer",
                layer = number as i32,
                message = message.replace('\0', " ")
            )
        }
        EngineError::NonFiniteInputs(found) => list!(kind = "nonfinite_x", columns = columns(&found)?),
        EngineError::NonFiniteTargets(found) => list!(kind = "nonfinite_y", columns = columns(&found)?),
        EngineError::Memory { needed, available } => {
            list!(kind = "memory", needed = needed, available = available)
        }
        // What it was, R knows.
        EngineError::Function => list!(kind = "custom"),
        EngineError::StartTooLarge => list!(kind = "start"),
        EngineError::Interrupted => list!(kind = "interrupted"),
        EngineError::Stream(message) => list!(kind = "stream", message = message.replace('\0', " ")),
        EngineError::Panic(message) => list!(kind = "panic", message = message.replace('\0', " ")),
    })
}

extern "C" {
    /// Of entrypoint.c: a vector of R's, or null where R refuses it.
    fn backprop_vector(kind: u32, length: isize) -> *mut c_void;
}

/// R's header Rinternals.h: the type of vectors of flags.
const LGLSXP: u32 = 10;
/// The type of integer vectors.
const INTSXP: u32 = 13;
/// The type of vectors of doubles.
const REALSXP: u32 = 14;
/// The type of vectors of bytes.
const RAWSXP: u32 = 24;

fn vector<V>(kind: u32, length: usize) -> Result<Robj> {
    // SAFETY: called on R's thread, and no error of R's leaves the function.
    let made = unsafe { backprop_vector(kind, length as isize) };
    match made.is_null() {
        true => Err(refused::<V>(length)),
        // SAFETY: a vector that R has just made; nothing was allocated since.
        false => Ok(unsafe { Robj::from_sexp(made.cast()) }),
    }
}

/// Called when the library is loaded: makes the table in which objects of R's are held. It is megabytes large
/// from the first object on and not to be refused, so that it is made while there is room.
#[no_mangle]
pub extern "C" fn backprop_begin() {
    drop(Robj::from(()));
}

/// Numbers that `write` writes; they hold anything before.
fn numbers(length: usize, write: impl FnOnce(&mut [f64])) -> Result<Robj> {
    let mut made = vector::<f64>(REALSXP, length)?;
    write(made.as_real_slice_mut().unwrap_or_default());
    Ok(made)
}

/// Numbers, one after the other.
pub fn doubles(values: impl ExactSizeIterator<Item = f64>) -> Result<Robj> {
    numbers(values.len(), |out| {
        out.iter_mut().zip(values).for_each(|(out, value)| *out = value)
    })
}

/// Whole numbers, one after the other.
pub fn integers(values: impl ExactSizeIterator<Item = i32>) -> Result<Robj> {
    let mut made = vector::<i32>(INTSXP, values.len())?;
    let out = made.as_integer_slice_mut().unwrap_or_default();
    out.iter_mut().zip(values).for_each(|(out, value)| *out = value);
    Ok(made)
}

/// Flags, each 0, 1 or R's missing integer.
pub fn flags(values: impl ExactSizeIterator<Item = i32>) -> Result<Robj> {
    let mut made = vector::<i32>(LGLSXP, values.len())?;
    let out: &mut [Rbool] = made.as_typed_slice_mut().unwrap_or_default();
    out.iter_mut()
        .zip(values)
        .for_each(|(out, value)| *out = Rbool::new(value));
    Ok(made)
}

/// So many bytes, that `write` writes; they hold anything before.
pub fn bytes_by(length: usize, write: impl FnOnce(&mut [u8]) -> Result<()>) -> Result<Robj> {
    let mut made = vector::<u8>(RAWSXP, length)?;
    write(made.as_raw_slice_mut().unwrap_or_default())?;
    Ok(made)
}

/// A matrix as R stores it.
pub fn matrix(matrix: &Array2<f64>) -> Result<Robj> {
    let (rows, columns) = matrix.dim();
    let by_columns = matrix.t();
    let made = numbers(matrix.len(), |out| {
        out.iter_mut()
            .zip(by_columns.iter())
            .for_each(|(out, &number)| *out = number)
    });
    Ok(with_dim(made?, rows, columns))
}

/// A matrix of so many rows, from its numbers column by column.
pub fn matrix_of_columns(values: &[f64], rows: usize) -> Result<Robj> {
    let made = doubles(values.iter().copied())?;
    Ok(with_dim(made, rows, values.len() / rows.max(1)))
}

/// Bytes of a matrix.
pub fn bytes(rows: usize, columns: usize) -> f64 {
    rows as f64 * columns as f64 * size_of::<f64>() as f64
}

/// A matrix of zeros, for results too large to be copied when they are there.
pub fn zeros(rows: usize, columns: usize) -> Result<Robj> {
    let length = rows.checked_mul(columns).unwrap_or(isize::MAX as usize);
    Ok(with_dim(numbers(length, |out| out.fill(0.0))?, rows, columns))
}

fn with_dim(mut robj: Robj, rows: usize, columns: usize) -> Robj {
    // R makes sure that rows x columns is the length; `set_attrib` cannot fail here.
    let _ = robj.set_attrib("dim", [rows as i32, columns as i32]);
    robj
}

/// A list of what may be refused.
fn list_of(values: impl Iterator<Item = Result<Robj>>) -> Result<List> {
    Ok(List::from_values(values.collect::<Result<Vec<_>>>()?))
}

/// Lists of weights and biases.
pub fn coefficients(coefficients: &Coefficients) -> Result<(List, List, Robj)> {
    Ok((
        list_of(coefficients.weights.iter().map(matrix))?,
        list_of(
            coefficients
                .biases
                .iter()
                .map(|biases| doubles(biases.iter().copied())),
        )?,
        match coefficients.ancillary.is_empty() {
            true => Robj::from(()),
            false => doubles(coefficients.ancillary.iter().copied())?,
        },
    ))
}

/// What an optimizer keeps.
pub fn state(state: &OptimizerState) -> Result<List> {
    let mut slots = list_of(state.slots.iter().map(|(_, slot)| Ok(parameters(slot)?.into())))?;
    if !state.slots.is_empty() {
        let _ = slots.set_names(state.slots.iter().map(|(name, _)| name.as_str()));
    }
    let plateau = &state.plateau;
    Ok(list!(
        format = state.format as i32,
        steps = state.steps as f64,
        slots = slots,
        plateau = [plateau.factor, plateau.best, plateau.waited as f64]
    ))
}

/// `list(weights =, biases =, ancillary =)`, the last where there are any.
pub fn parameters(all: &Coefficients) -> Result<List> {
    parameters_between([], all, [])
}

/// The same with more elements before and after.
fn parameters_between<const B: usize, const A: usize>(
    before: [(&'static str, Robj); B],
    all: &Coefficients,
    after: [(&'static str, Robj); A],
) -> Result<List> {
    let (weights, biases, ancillary) = coefficients(all)?;
    let own = [
        ("weights", weights.into()),
        ("biases", biases.into()),
        ("ancillary", ancillary),
    ];
    let own = own.into_iter().filter(|(_, value): &(_, Robj)| !value.is_null());
    let all: Vec<_> = before.into_iter().chain(own).chain(after).collect();
    Ok(List::from_pairs(all))
}

fn step(step: &StepTrace) -> Result<Robj> {
    let layers = step.layers.iter().map(|layer| {
        let gradient = layer.incoming_gradients.as_ref().map(matrix).transpose()?;
        let layer = list!(
            weighted_input = matrix(&layer.weighted_inputs)?,
            activation = matrix(&layer.activations)?,
            slope = matrix(&layer.slopes)?,
            error = gradient.unwrap_or_else(|| Robj::from(())),
            delta = matrix(&layer.deltas)?
        );
        Ok(layer.into())
    });
    let step = list!(
        epoch = step.epoch as i32,
        step = step.step as f64,
        lr = step.lr,
        decay = step.decay,
        rows = integers(step.rows.iter().map(|&row| row as i32 + 1))?,
        loss_sum = step.loss_sum,
        x = matrix(&step.inputs)?,
        y = matrix(&step.targets)?,
        case_weights = doubles(step.case_weights.iter().copied())?,
        layers = list_of(layers)?,
        before = parameters(&step.before)?,
        gradient = parameters(&step.gradient)?,
        after = parameters(&step.after)?,
        optimizer_state = state(&step.state)?
    );
    Ok(step.into())
}

/// Curves over epochs; NULL where nothing was counted.
pub struct Curves {
    pub loss: Robj,
    pub validation_loss: Robj,
    pub accuracy: Robj,
    pub validation_accuracy: Robj,
    pub lr: Robj,
    pub validation_metric: Robj,
}

pub fn curves(history: &[EpochEnd]) -> Result<Curves> {
    let curve = |value: fn(&EpochEnd) -> f64| doubles(history.iter().map(value));
    // All epochs count the same.
    let optional = |value: fn(&EpochEnd) -> Option<f64>| match history.first().and_then(value) {
        None => Ok(Robj::from(())),
        Some(_) => doubles(history.iter().map(|end| value(end).unwrap_or(f64::NAN))),
    };
    Ok(Curves {
        loss: curve(|end| end.loss)?,
        validation_loss: optional(|end| end.validation_loss)?,
        accuracy: optional(|end| end.accuracy)?,
        validation_accuracy: optional(|end| end.validation_accuracy)?,
        lr: curve(|end| end.lr)?,
        validation_metric: optional(|end| end.metric)?,
    })
}

/// The best epoch, if there is one.
pub fn best(best: Option<&Best>) -> Result<Robj> {
    let Some(best) = best else {
        return Ok(Robj::from(()));
    };
    let found = [
        ("epoch", Robj::from(best.epoch as i32)),
        ("loss", Robj::from(best.loss)),
    ];
    Ok(parameters_between(found, &best.coefficients, [])?.into())
}

/// Weights that were kept on the way.
pub fn snapshots(snapshots: &[(usize, Coefficients)]) -> Result<List> {
    list_of(snapshots.iter().map(|(epoch, coefficients)| {
        let epoch = [("epoch", Robj::from(*epoch as i32))];
        Ok(parameters_between(epoch, coefficients, [])?.into())
    }))
}

/// What a fit gives, with the steps that were recorded.
pub fn trained(
    trained: &Trained,
    network: &Network,
    penalty: Penalty,
    trace: &[StepTrace],
    snapshots: &[(usize, Coefficients)],
) -> Result<List> {
    let (status, epoch) = match trained.ending {
        Ending::Completed => ("completed", None),
        Ending::Interrupted => ("interrupted", None),
        Ending::Failed => ("failed", None),
        Ending::Diverged(epoch) => ("diverged", Some(epoch as i32)),
        Ending::Stopped => ("stopped", None),
        Ending::OutOfTime => ("out_of_time", None),
        Ending::Converged(epoch) => ("converged", Some(epoch as i32)),
    };
    let (weights, biases, ancillary) = coefficients(&trained.coefficients)?;
    let last = match &trained.last {
        None => Robj::from(()),
        Some(last) => {
            let last_state = [("optimizer_state", state(&trained.state)?.into())];
            parameters_between([], last, last_state)?.into()
        }
    };
    let failure = match &trained.failure {
        None => Robj::from(()),
        Some(error) => describe(error.clone())?.into(),
    };
    let curves = curves(&trained.history)?;
    // Of a training that was cut off the model is wanted, and at once. The rest may be thousands of matrices.
    let trace = if trained.ending.is_cut_off() { &[] } else { trace };
    let recorded = |trace: &StepTrace| match interrupted() {
        true => Err(EngineError::Interrupted),
        false => step(trace),
    };
    Ok(list!(
        error = (),
        weights = weights,
        biases = biases,
        ancillary = ancillary,
        loss = curves.loss,
        validation_loss = curves.validation_loss,
        accuracy = curves.accuracy,
        validation_accuracy = curves.validation_accuracy,
        lr = curves.lr,
        validation_metric = curves.validation_metric,
        final_loss = trained.final_losses.map(|losses| losses.training),
        final_validation_loss = trained.final_losses.and_then(|losses| losses.validation),
        final_penalty = trained
            .final_losses
            .map(|_| penalty.of(network, &trained.coefficients)),
        epochs_done = trained.epochs_done as i32,
        status = status,
        failure = failure,
        epoch = epoch,
        optimizer_state = state(&trained.state)?,
        last = last,
        best = best(trained.best.as_ref())?,
        snapshots = self::snapshots(snapshots)?,
        trace = list_of(trace.iter().map(recorded))?
    ))
}
