//! Watches a fit on behalf of R: calls R functions now and then, and keeps snapshots.

use crate::interrupts::ask;
use crate::results;
use backprop_engine::base::memory::check_reserve;
use backprop_engine::base::room::push;
use backprop_engine::train::observer::{EpochEnd, EpochView, Observer};
use backprop_engine::{Coefficients, EngineError, Method, Network, Result, Scalar, Settings};
use extendr_api::prelude::*;
use std::time::{Duration, Instant};

// R's header R_ext/Memory.h; extendr does not declare it.
extern "C" {
    fn R_gc();
}

/// Has R give back what nothing uses any more.
pub fn collect_garbage() {
    // SAFETY: on R's thread; what Rust holds of R is protected.
    unsafe { R_gc() };
}

/// What `make` gives; where memory is refused, once more when R has given back what it can.
fn with_room<V>(make: impl Fn() -> Result<V>) -> Result<V> {
    match make() {
        Err(EngineError::Memory { .. }) => {
            collect_garbage();
            make()
        }
        result => result,
    }
}

/// When the R function is called.
enum When {
    EveryEpoch,
    Every(Duration),
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

    fn call(&mut self, end: &EpochEnd) -> Result<bool> {
        self.call_of(1, end)
    }

    /// Whether it is to hear of every epoch, in order.
    pub fn hears_all(&self) -> bool {
        matches!(self.when, When::EveryEpoch)
    }

    /// An epoch of a member of an ensemble (from 1) has ended.
    pub fn call_of(&mut self, member: usize, end: &EpochEnd) -> Result<bool> {
        let last = end.epoch == end.last_epoch;
        if let When::Every(interval) = self.when {
            if self.last_call.elapsed() < interval && !last {
                return Ok(true);
            }
        }
        let arguments = pairlist!(
            end.epoch as i32,
            end.last_epoch as i32,
            end.loss,
            end.validation_loss,
            end.lr,
            end.accuracy,
            end.validation_accuracy,
            member as i32
        );
        let answer = ask(&self.function, arguments);
        self.last_call = Instant::now();
        answer
    }
}

/// An R function `fun(state)` that stores a checkpoint, called every `every` epochs. `state` has
/// what a fit's result has up to there; the answer is whether to go on, and no condition escapes.
pub struct Checkpoint {
    function: Function,
    every: usize,
    method: Method,
}

impl Checkpoint {
    /// Reads `list(fun =, every =)`.
    pub fn new(value: &Robj, method: Method) -> Option<Checkpoint> {
        let list = value.as_list()?;
        let field = |name: &str| list.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        Some(Checkpoint {
            function: field("fun")?.as_function()?,
            every: field("every")?.as_real()?.max(1.0) as usize,
            method,
        })
    }

    fn store<T: Scalar>(
        &self,
        epoch: &EpochView<'_, T>,
        snapshots: &[(usize, Coefficients)],
    ) -> Result<bool> {
        if epoch.end.epoch % self.every != 0 {
            return Ok(true);
        }
        let state = with_room(|| self.state(epoch, snapshots))?;
        ask(&self.function, pairlist!(state))
    }

    fn state<T: Scalar>(
        &self,
        epoch: &EpochView<'_, T>,
        snapshots: &[(usize, Coefficients)],
    ) -> Result<List> {
        check_reserve()?;
        let (weights, biases, ancillary) = results::coefficients(&epoch.model.coefficients(epoch.network)?)?;
        let curves = results::curves(epoch.history)?;
        Ok(list!(
            weights = weights,
            biases = biases,
            ancillary = ancillary,
            optimizer_state = results::state(&epoch.model.state(epoch.network, &self.method)?)?,
            epochs_done = epoch.end.epoch as i32,
            loss = curves.loss,
            validation_loss = curves.validation_loss,
            accuracy = curves.accuracy,
            validation_accuracy = curves.validation_accuracy,
            lr = curves.lr,
            validation_metric = curves.validation_metric,
            best = results::best(epoch.best)?,
            snapshots = results::snapshots(snapshots)?
        ))
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

/// Bytes of the objects that hold one layer's numbers, here and in R, and of what keeps account of them.
const BYTES_OF_LAYER: f64 = 1536.0;

impl Watch {
    /// Bytes that snapshots and checkpoints take at most in a fit that goes on from `done` epochs, after which
    /// the optimizer kept `given` numbers per weight.
    pub fn bytes(&self, network: &Network, settings: &Settings, done: usize, given: usize) -> f64 {
        let last = done.saturating_add(settings.epochs);
        let snapshots = self.keep_every.map_or(0, |every| last / every - done / every);
        // A checkpoint is made of R's matrices, once more in the engine's form before: the coefficients,
        // those of the best epoch, what the optimizer keeps. The snapshots are there already.
        let checkpoint = match &self.checkpoint {
            Some(_) => 2.0 * (2 + settings.method.slots_after(settings.epochs, given)) as f64,
            None => 0.0,
        };
        let layers = network.layers().len() as f64;
        // Snapshots are kept here, and R has them in the end, or earlier in a checkpoint.
        let of_numbers = (2.0 * snapshots as f64 + checkpoint) * Coefficients::bytes(network);
        of_numbers + (snapshots as f64 + checkpoint) * (layers + 1.0) * BYTES_OF_LAYER
    }

    /// Keeps a snapshot and stores a checkpoint, if it is time; tells whether to go on.
    fn keep<T: Scalar>(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        let number = epoch.end.epoch;
        if self.keep_every.is_some_and(|every| number % every == 0) {
            let coefficients = with_room(|| epoch.model.coefficients(epoch.network))?;
            push(&mut self.snapshots, (number, coefficients))?;
        }
        let checkpoint = self.checkpoint.as_ref();
        checkpoint.map_or(Ok(true), |checkpoint| checkpoint.store(epoch, &self.snapshots))
    }
}

impl<T: Scalar> Observer<T> for Watch {
    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        Ok(self.keep(epoch)? && self.hook.as_mut().map_or(Ok(true), |hook| hook.call(epoch.end))?)
    }
}
