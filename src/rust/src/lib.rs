//! The border between R and the engine: reads arguments, polls for interrupts, writes results.
//!
//! Every function answers with a plain list. Its `error` is NULL, or `list(kind = , …)`, which R
//! turns into a condition: text from here never reaches a format string of R's.

mod arguments;
mod files;
mod functions;
mod inputs;
mod interrupts;
mod layers;
mod members;
mod moments;
mod problem;
mod registry;
mod results;
mod threads;
mod watch;

use arguments::Fields;
use backprop_engine::base::memory::Budget;
use backprop_engine::base::random::{rows_of_share, split};
use backprop_engine::base::threads::{with_team, with_team_asking};
use backprop_engine::compute::hessian;
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::Objective;
use backprop_engine::optim::rows_of_step;
use backprop_engine::train::observer::Observer;
use backprop_engine::train::trace::{Recorder, StepTrace};
use backprop_engine::work_of_step;
use backprop_engine::{CheckedSettings, Coefficients, Compiled, Method, Network, Result, Start, Trained};
use extendr_api::prelude::*;
use inputs::{Inputs, Precision};
use interrupts::interrupted;
use problem::{is_single, Given, Problem, Table};
use results::answer;
use std::str::FromStr;
use watch::{collect_garbage, Checkpoint, Hook, Watch};

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
        let table = Table::new(&x, &y, &case_weights, &offset, &spec)?;
        let batch = rows_of_step(settings.batch_size, table.rows());
        let penalty = settings.penalty;
        let threads = arguments::threads(&spec, work_of_step(&network, batch))?;
        let start = match arguments::start(&start, &network, &spec)? {
            Some(start) => start,
            None => Start::new(arguments::draw(&spec)?),
        };
        let (validation, null) = (spec.fields("validation")?, Robj::from(()));
        let validation = validation
            .as_ref()
            .map(|fields| Table::of_validation(fields, &null, &spec))
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
        let steps = spec.count_or("trace_steps", 0)?;
        if steps > 0 {
            let slots = method.slots_after(settings.epochs, given);
            let recorded =
                |slots| Recorder::<f64>::bytes(&network, steps, batch, table.targets_per_row(), slots);
            // As it is recorded, as R gets it, and as the steps that R makes of it, which show parameters and
            // what the optimizer keeps before and after, and what of them changed.
            let numbers = 2.0 * recorded(slots) + recorded(3 * slots + 2);
            let layers = steps as f64 * network.layers().len() as f64;
            settings.budget.extra += numbers + layers * BYTES_OF_SHOWN_LAYER;
        }
        let fit = Fit {
            network: &network,
            settings: settings.check(&network)?,
            table: &table,
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
    table: &'a Table<'a>,
    validation: Option<&'a Table<'a>>,
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
        let source = self.table.inputs.source::<T>()?;
        let judging = self
            .validation
            .map(|table| table.inputs.source::<T>())
            .transpose()?;
        let validation = self
            .validation
            .zip(judging.as_ref())
            .map(|(table, source)| table.data(source));
        with_team_asking(self.threads, interrupted, |team| {
            let data = self.table.data(&source);
            T::train(network, settings, data, validation, self.start, team, observer)
        })
    }
}

/// Predicts rows: a matrix [rows x outputs] on the scale of the output.
/// @noRd
#[extendr]
fn engine_predict(net: Robj, weights: Robj, biases: Robj, x: Robj, offset: Robj) -> List {
    answer(|| {
        let net = Fields::new(&net, "net")?;
        let _functions = functions::of(&net)?;
        let network = arguments::network(&net)?;
        let (rows, read) = inputs::extent(&x)?;
        // The weights as they come, laid out, and the predictions.
        let needed = 2.0 * Coefficients::bytes(&network) + results::bytes(rows, network.outputs()) + read;
        arguments::budget(&net)?.check(needed, 0.0)?;
        let coefficients = arguments::coefficients(&weights, &biases, None)?;
        coefficients.check(&network)?;
        let inputs = Inputs::new(&x, &net)?;
        let offsets = match offset.is_null() {
            true => None,
            false => Some(inputs::matrix(&offset, "offset")?),
        };
        let mut value = results::zeros(rows, network.outputs())?;
        if rows > 0 {
            let out = value.as_real_slice_mut().unwrap_or_default();
            let threads = arguments::threads(&net, network.work_of_row() * rows as f64)?;
            let single = is_single(&net)?;
            with_team_asking(threads, interrupted, |team| match single {
                true => {
                    let source = inputs.source::<f32>()?;
                    f32::predict(&network, &coefficients, source.rows(), offsets, team, out)
                }
                false => {
                    let source = inputs.source::<f64>()?;
                    f64::predict(&network, &coefficients, source.rows(), offsets, team, out)
                }
            })?;
        }
        Ok(list!(error = (), value = value))
    })
}

/// The loss of given weights on given rows, and the penalty on them.
/// @noRd
#[extendr]
fn engine_evaluate(
    spec: Robj,
    weights: Robj,
    biases: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let given = Given {
            weights,
            biases,
            x,
            y,
            case_weights,
            offset,
        };
        let work = |network: &Network, rows: usize| network.work_of_row() * rows as f64;
        // The weights as they come, and laid out.
        let bytes = |network: &Network, _: &Objective, _, _| 2.0 * Coefficients::bytes(network);
        let problem = Problem::read(&spec, &given, work, bytes)?;
        let single = is_single(&spec)?;
        let loss = with_team_asking(problem.threads, interrupted, |team| {
            problem.table.inputs.check_finite(team)?;
            match single {
                true => problem.loss::<f32>(team),
                false => problem.loss::<f64>(team),
            }
        })?;
        let penalty = problem.penalty.of(&problem.network, &problem.coefficients);
        Ok(list!(error = (), loss = loss, penalty = penalty))
    })
}

/// The objective and its gradient at given weights, in double precision.
/// @noRd
#[extendr]
fn engine_gradient(
    spec: Robj,
    weights: Robj,
    biases: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let given = Given {
            weights,
            biases,
            x,
            y,
            case_weights,
            offset,
        };
        // As they come, laid out, and transposed; the gradient laid out, as it goes, and in R.
        let bytes = |network: &Network, _: &Objective, _, _| 6.0 * Coefficients::bytes(network);
        let problem = Problem::read(&spec, &given, work_of_step, bytes)?;
        let (loss, slopes) = with_team_asking(problem.threads, interrupted, |team| {
            let source = problem.table.inputs.source::<f64>()?;
            f64::gradient(
                &problem.network,
                &problem.objective,
                problem.penalty,
                problem.table.data(&source),
                &problem.coefficients,
                team,
            )
        })?;
        let (weights, biases, ancillary) = results::coefficients(&slopes)?;
        Ok(list!(
            error = (),
            loss = loss,
            weights = weights,
            biases = biases,
            ancillary = ancillary
        ))
    })
}

/// The exact Hessian of the objective by all weights and biases: layer by layer, weights unit by
/// unit, then biases.
/// @noRd
#[extendr]
fn engine_hessian(
    spec: Robj,
    weights: Robj,
    biases: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let given = Given {
            weights,
            biases,
            x,
            y,
            case_weights,
            offset,
        };
        let square = |network: &Network| network.parameter_count() * network.parameter_count();
        let work = |network: &Network, rows: usize| square(network) * rows as f64;
        // The Hessian itself, what it is worked out in, and the weights as they come.
        let bytes = |network: &Network, objective: &Objective, rows: usize, threads: usize| {
            8.0 * square(network)
                + hessian::bytes(network, objective, rows, threads)
                + Coefficients::bytes(network)
        };
        let problem = Problem::read(&spec, &given, work, bytes)?;
        let count = problem.network.parameter_count() as usize;
        let mut value = results::zeros(count, count)?;
        let out = value.as_real_slice_mut().unwrap_or_default();
        with_team_asking(problem.threads, interrupted, |team| {
            problem.table.inputs.check_finite(team)?;
            let source = problem.table.inputs.source::<f64>()?;
            hessian::hessian(
                &problem.network,
                &problem.objective,
                problem.penalty,
                problem.table.data(&source),
                &problem.coefficients,
                team,
                out,
            )
        })?;
        Ok(list!(error = (), value = value))
    })
}

/// The derivatives of each row's own loss, before case weights, by all parameters in the Hessian's order: a matrix [rows x parameters].
/// @noRd
#[extendr]
fn engine_row_gradients(spec: Robj, weights: Robj, biases: Robj, x: Robj, y: Robj, offset: Robj) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let given = Given {
            weights,
            biases,
            x,
            y,
            case_weights: Robj::from(()),
            offset,
        };
        let numbers = |network: &Network, rows: usize| network.parameter_count() * rows as f64;
        // The gradients themselves, what they are worked out in, and the weights as they come.
        let bytes = |network: &Network, objective: &Objective, rows: usize, _| {
            8.0 * numbers(network, rows)
                + hessian::bytes(network, objective, rows, 1)
                + Coefficients::bytes(network)
        };
        let problem = Problem::read(&spec, &given, numbers, bytes)?;
        let (rows, count) = (problem.table.rows(), problem.network.parameter_count() as usize);
        let mut value = results::zeros(rows, count)?;
        let out = value.as_real_slice_mut().unwrap_or_default();
        with_team_asking(1, interrupted, |team| {
            problem.table.inputs.check_finite(team)?;
            let source = problem.table.inputs.source::<f64>()?;
            let (objective, data) = (&problem.objective, problem.table.data(&source));
            hessian::row_gradients(
                &problem.network,
                objective,
                data,
                &problem.coefficients,
                team,
                out,
            )
        })?;
        Ok(list!(error = (), value = value))
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

/// Starting weights and biases for layers of the given sizes, input first, and kinds (NULL: a chain of dense layers).
/// @noRd
#[extendr]
fn engine_init(sizes: Robj, layers: Robj, init: Robj, bias_init: Robj, seed: Robj, max_bytes: Robj) -> List {
    answer(|| {
        let spec = Fields::of([
            ("sizes", sizes),
            ("layers", layers),
            ("init", init),
            ("bias_init", bias_init),
            ("seed", seed),
            ("max_bytes", max_bytes),
        ]);
        let network = arguments::network_of_sizes(&spec)?;
        // As they are drawn, as R gets them, and one layer in between.
        arguments::budget(&spec)?.check(3.0 * Coefficients::bytes(&network), 0.0)?;
        let draw = arguments::draw(&spec)?;
        let start = with_team_asking(1, interrupted, |team| draw.coefficients(&network, team))?;
        let (weights, biases, _) = results::coefficients(&start)?;
        Ok(list!(error = (), weights = weights, biases = biases))
    })
}

/// Values and derivatives of an activation function at given points.
/// @noRd
#[extendr]
fn engine_activation(name: &str, z: &[f64]) -> List {
    answer(|| {
        let activation = Activation::from_str(name)?;
        Ok(list!(
            error = (),
            value = results::doubles(z.iter().map(|&z| activation.value_and_slope(z).0))?,
            slope = results::doubles(z.iter().map(|&z| activation.value_and_slope(z).1))?
        ))
    })
}

/// Whether R may take so many bytes for what it is about to make; NaN for no limit but the system's.
/// @noRd
#[extendr]
fn engine_memory(bytes: f64, limit: f64) -> List {
    answer(|| {
        let budget = Budget {
            limit: (!limit.is_nan()).then_some(limit),
            reclaim: Some(collect_garbage),
            ..Budget::default()
        };
        budget.check(bytes, 0.0)?;
        Ok(list!(error = ()))
    })
}

/// What this build of the engine is and sees.
/// @noRd
#[extendr]
fn engine_info() -> List {
    list!(
        version = env!("CARGO_PKG_VERSION"),
        cores = threads::cores() as i32,
        isa = arguments::instruction_set()
    )
}

/// Panics, to show that a panic becomes an R error.
/// @noRd
#[extendr]
fn engine_panic(threads: i32) -> List {
    answer(|| {
        with_team(threads.max(1) as usize, |team| {
            team.run(&|member| assert!(member + 1 < team.size(), "a deliberate panic: 100% %s"))
        })?;
        Ok(list!(error = ()))
    })
}

extendr_module! {
    mod backprop;
    use files;
    use layers;
    use members;
    use moments;
    use registry;
    use threads;
    fn engine_train;
    fn engine_predict;
    fn engine_evaluate;
    fn engine_gradient;
    fn engine_hessian;
    fn engine_row_gradients;
    fn engine_split;
    fn engine_rows_of_share;
    fn engine_batch_size;
    fn engine_init;
    fn engine_activation;
    fn engine_info;
    fn engine_memory;
    fn engine_panic;
}
