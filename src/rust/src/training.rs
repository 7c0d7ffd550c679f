//! Training: from R's specification and rows to a fit, and what R asks about steps and splits beforehand.

use crate::arguments::{self, Fields};
use crate::functions;
use crate::inputs::Precision;
use crate::interrupts::interrupted;
use crate::problem::is_single;
use crate::results::{self, answer};
use crate::rows::{Rows, RowsOf};
use crate::watch::{Checkpoint, Hook, Watch};
use backprop_engine::base::random::{row_key, rows_of_share, split, Purpose};
use backprop_engine::base::room::room;
use backprop_engine::base::threads::with_team_asking;
use backprop_engine::optim::rows_of_step;
use backprop_engine::train::observer::Observer;
use backprop_engine::train::trace::{Recorder, StepTrace};
use backprop_engine::work_of_step;
use backprop_engine::{CheckedSettings, EngineError, Method, Network, Result, Start, Trained};
use extendr_api::prelude::*;

/// Bytes of the names, formulas and notes of some twenty matrices that a trace shows of a layer in a step; measured.
const BYTES_OF_SHOWN_LAYER: f64 = 30_000.0;

/// Trains a network.
/// @noRd
#[extendr]
fn engine_train(
    spec: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
    start: Robj,
    hook: Robj,
) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let mut settings = arguments::settings(&spec)?;
        let network = arguments::network_of(&spec, &settings.objective)?;
        let method = settings.method;
        let rows = Rows::new(&x, &y, &case_weights, &offset, &spec)?;
        let batch = rows_of_step(settings.batch_size, rows.count());
        let penalty = settings.penalty;
        let threads = arguments::threads(&spec, work_of_step(&network, batch))?;
        let start = match arguments::start(&start, &network, &spec)? {
            Some(start) => start,
            None => Start::new(arguments::draw(&spec)?),
        };
        let (validation, null) = (spec.fields("validation")?, Robj::from(()));
        let validation = validation
            .as_ref()
            .map(|fields| Rows::of_validation(fields, &null, &spec))
            .transpose()?;
        let mut watch = Watch {
            hook: Hook::new(&hook),
            checkpoint: spec
                .get("checkpoint")
                .and_then(|value| Checkpoint::new(value, method)),
            keep_every: match spec.count_or("keep_weights", 0)? {
                0 => None,
                every => Some(every),
            },
            snapshots: Vec::new(),
        };
        let given = start.state.as_ref().map_or(0, |state| state.slots.len());
        settings.budget.extra += watch.bytes(&network, &settings, start.epochs_done, given);
        let of_rows = |rows: &Rows<'_>| rows.bytes(&network);
        settings.budget.extra += of_rows(&rows) + validation.as_ref().map_or(0.0, of_rows);
        let steps = spec.count_or("trace_steps", 0)?;
        if steps > 0 {
            let slots = method.slots_after(settings.epochs, given);
            let recorded =
                |slots| Recorder::<f64>::bytes(&network, steps, batch, rows.targets_per_row(), slots);
            // As it is recorded, as R gets it, and as the steps that R makes of it, which show parameters and
            // what the optimizer keeps before and after, and what of them changed.
            let numbers = 2.0 * recorded(slots) + recorded(3 * slots + 2);
            let layers = steps as f64 * network.layers().len() as f64;
            settings.budget.extra += numbers + layers * BYTES_OF_SHOWN_LAYER;
        }
        let fit = Fit {
            network: &network,
            settings: settings.check(&network)?,
            rows: &rows,
            validation: validation.as_ref(),
            start: &start,
            method,
            threads,
        };
        let (trained, trace) = match is_single(&spec)? {
            true => fit.run::<f32>(&mut watch, steps)?,
            false => fit.run::<f64>(&mut watch, steps)?,
        };
        results::trained(&trained, &network, penalty, &trace, &watch.snapshots)
    })
}

/// A fit that is ready to run in either precision.
struct Fit<'a> {
    network: &'a Network,
    settings: CheckedSettings,
    rows: &'a Rows<'a>,
    validation: Option<&'a Rows<'a>>,
    start: &'a Start,
    method: Method,
    threads: usize,
}

impl Fit<'_> {
    /// Trains, and records the first `steps` steps.
    fn run<T: Precision>(&self, watch: &mut Watch, steps: usize) -> Result<(Trained, Vec<StepTrace>)> {
        if steps == 0 {
            return Ok((self.train::<T>(watch)?, Vec::new()));
        }
        let mut recorder = Recorder::new(steps, self.method, watch);
        let trained = self.train::<T>(&mut recorder)?;
        Ok((trained, recorder.steps))
    }

    fn train<T: Precision>(&self, observer: &mut dyn Observer<T>) -> Result<Trained> {
        let (network, settings) = (self.network, &self.settings);
        let rows = self.rows.of::<T>()?;
        let judging = self.validation.map(Rows::of::<T>).transpose()?;
        with_team_asking(self.threads, interrupted, |team| {
            let (data, validation) = (rows.source()?, judging.as_ref().map(RowsOf::source).transpose()?);
            T::train_from(network, settings, data, validation, self.start, team, observer)
        })
    }
}

/// Rows of each step of an optimizer, of which `wanted` are asked for (NULL: nothing is said); NULL where these are too few for it.
/// @noRd
#[extendr]
fn engine_batch_size(optimizer: &str, wanted: Nullable<i32>, rows: i32) -> List {
    answer(|| {
        let wanted = Option::from(wanted).map(|wanted: i32| wanted.max(1) as usize);
        let found = Method::description(optimizer)?.batch_size(wanted, rows.max(1) as usize);
        let rows = found.map_or_else(|| Robj::from(()), |rows| Robj::from(rows as i32));
        Ok(list!(error = (), rows = rows))
    })
}

/// A number in [0, 1) for each of `count` rows from number `first` (0-based) on, drawn by (seed, purpose, number). `purpose`:
/// "sample" (which rows are looked at) or "held" (which are held back).
/// @noRd
#[extendr]
fn engine_row_keys(seed: f64, first: f64, count: f64, purpose: &str) -> List {
    answer(|| {
        let purpose = match purpose {
            "sample" => Purpose::Sample,
            "held" => Purpose::HeldBack,
            other => return Err(EngineError::Config(format!("unknown purpose {other:?}"))),
        };
        let mut keys = room(count as usize)?;
        keys.extend((0..count as u64).map(|row| row_key(seed as i64 as u64, purpose, first as u64 + row)));
        Ok(list!(error = (), keys = keys))
    })
}

/// Rows (1-based) of a random share, the same share of every stratum, that a member (from 1) of an ensemble holds back.
/// @noRd
#[extendr]
fn engine_split(strata: &[i32], share: f64, seed: f64, member: i32) -> List {
    answer(|| {
        let member = member.max(1) as usize - 1;
        let rows = split(strata, share, seed as i64 as u64, member)?;
        let rows = results::integers(rows.iter().map(|&row| row as i32 + 1))?;
        Ok(list!(error = (), rows = rows))
    })
}

/// How many of so many rows a share is.
/// @noRd
#[extendr]
fn engine_rows_of_share(rows: f64, share: f64) -> f64 {
    rows_of_share(rows as usize, share) as f64
}

extendr_module! {
    mod training;
    fn engine_train;
    fn engine_batch_size;
    fn engine_row_keys;
    fn engine_split;
    fn engine_rows_of_share;
}
