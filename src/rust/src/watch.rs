//! Watches a fit on behalf of R: looks for Ctrl-C, and calls an R function now and then.

use crate::results;
use backprop_engine::observer::{EpochEnd, EpochView, Observer, Wish};
use backprop_engine::{Coefficients, Network, Scalar, Settings};
use extendr_api::prelude::*;
use std::ffi::c_void;
use std::time::{Duration, Instant};

// R's header R_ext/Utils.h and Rinternals.h; extendr does not declare them.
extern "C" {
    fn R_CheckUserInterrupt();
    fn R_ToplevelExec(function: extern "C" fn(*mut c_void), data: *mut c_void) -> i32;
}

extern "C" fn check(_: *mut c_void) {
    // SAFETY: called by R_ToplevelExec on R's thread; a jump ends there.
    unsafe { R_CheckUserInterrupt() };
}

/// Whether the user pressed Ctrl-C. R forgets it: the caller must raise it again.
pub fn interrupted() -> bool {
    // SAFETY: on R's thread; `check` holds nothing that a jump would skip.
    unsafe { R_ToplevelExec(check, std::ptr::null_mut()) == 0 }
}

/// When the R function is called.
enum When {
    EveryEpoch,
    Every(Duration),
}

/// What an R function answered that lets no condition escape: whether to go on. An interrupt has no
/// answer, inside the function or on the way in or out, where nothing in R can catch it.
fn wish(answer: extendr_api::Result<Robj>) -> Wish {
    match answer.ok().and_then(|answer| answer.as_bool()) {
        Some(true) => Wish::GoOn,
        Some(false) => Wish::Stop,
        None => Wish::Leave,
    }
}

/// An R function `fun(epoch, epochs, loss, validation_loss, lr, accuracy, validation_accuracy)`;
/// it answers whether to go on and lets no condition escape.
pub struct Hook {
    function: Function,
    when: When,
    last_call: Instant,
}

impl Hook {
    /// Reads `list(fun =, every =)`.
    pub fn new(value: &Robj) -> Option<Hook> {
        let list = value.as_list()?;
        let field = |name: &str| list.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        let when = match field("every").and_then(|every| every.as_real()) {
            Some(seconds) => When::Every(Duration::try_from_secs_f64(seconds).unwrap_or_default()),
            None => When::EveryEpoch,
        };
        Some(Hook {
            function: field("fun")?.as_function()?,
            when,
            last_call: Instant::now(),
        })
    }

    fn call(&mut self, end: &EpochEnd) -> Wish {
        let last = end.epoch == end.last_epoch;
        if let When::Every(interval) = self.when {
            if self.last_call.elapsed() < interval && !last {
                return Wish::GoOn;
            }
        }
        let answer = self.function.call(pairlist!(
            end.epoch as i32,
            end.last_epoch as i32,
            end.loss,
            end.validation_loss,
            end.lr,
            end.accuracy,
            end.validation_accuracy
        ));
        self.last_call = Instant::now();
        wish(answer)
    }
}

/// An R function `fun(state)` that stores a checkpoint, called every `every` epochs. `state` has
/// what a fit's result has up to there; the answer is whether to go on, and no condition escapes.
pub struct Checkpoint {
    function: Function,
    every: usize,
    slot_names: Vec<String>,
}

impl Checkpoint {
    /// Reads `list(fun =, every =)`.
    pub fn new(value: &Robj, slot_names: Vec<String>) -> Option<Checkpoint> {
        let list = value.as_list()?;
        let field = |name: &str| list.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        Some(Checkpoint {
            function: field("fun")?.as_function()?,
            every: field("every")?.as_real()?.max(1.0) as usize,
            slot_names,
        })
    }

    fn store<T: Scalar>(&self, epoch: &EpochView<'_, T>, snapshots: &[(usize, Coefficients)]) -> Wish {
        if epoch.end.epoch % self.every != 0 {
            return Wish::GoOn;
        }
        let (weights, biases) = results::coefficients(&epoch.model.coefficients(epoch.network));
        let curves = results::curves(epoch.history);
        let state = list!(
            weights = weights,
            biases = biases,
            optimizer_state = results::state(&epoch.model.state(epoch.network, &self.slot_names)),
            epochs_done = epoch.end.epoch as i32,
            loss = curves.loss,
            validation_loss = curves.validation_loss,
            accuracy = curves.accuracy,
            validation_accuracy = curves.validation_accuracy,
            lr = curves.lr,
            best = epoch.best.map_or_else(|| Robj::from(()), results::best),
            snapshots = results::snapshots(snapshots)
        );
        wish(self.function.call(pairlist!(state)))
    }
}

/// The observer that every fit from R has.
#[derive(Default)]
pub struct Watch {
    /// The R function that hears of epochs, if any.
    pub hook: Option<Hook>,
    /// Stores checkpoints, if asked.
    pub checkpoint: Option<Checkpoint>,
    /// Epochs between snapshots of the weights, if they are kept.
    pub keep_every: Option<usize>,
    /// Snapshots: epoch, weights and biases.
    pub snapshots: Vec<(usize, Coefficients)>,
}

impl Watch {
    /// Bytes that snapshots and checkpoints take at most.
    pub fn bytes(&self, network: &Network, settings: &Settings) -> f64 {
        let snapshots = self.keep_every.map_or(0, |every| settings.epochs / every);
        // A checkpoint is made of R's matrices, once more in the engine's form before: the coefficients,
        // those of the best epoch, what the optimizer keeps. The snapshots are there already.
        let checkpoint = match &self.checkpoint {
            Some(checkpoint) => 2 * (2 + checkpoint.slot_names.len()),
            None => 0,
        };
        // Snapshots are kept here, and R has them in the end, or earlier in a checkpoint.
        (2 * snapshots + checkpoint) as f64 * Coefficients::bytes(network)
    }
}

impl<T: Scalar> Observer<T> for Watch {
    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Wish {
        let number = epoch.end.epoch;
        if self.keep_every.is_some_and(|every| number % every == 0) {
            self.snapshots
                .push((number, epoch.model.coefficients(epoch.network)));
        }
        let checkpoint = self.checkpoint.as_ref();
        let stored = checkpoint.map_or(Wish::GoOn, |checkpoint| checkpoint.store(epoch, &self.snapshots));
        match stored {
            Wish::GoOn => self
                .hook
                .as_mut()
                .map_or(Wish::GoOn, |hook| hook.call(&epoch.end)),
            wish => wish,
        }
    }
}
