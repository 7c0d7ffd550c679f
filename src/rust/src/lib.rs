//! The border between R and the engine: reads arguments, polls for interrupts, writes results.
//!
//! Every function answers with a plain list. Its `error` is NULL, or `list(kind = , …)`, which R
//! turns into a condition: text from here never reaches a format string of R's.

mod arguments;
mod results;
mod watch;

use arguments::{Fields, Inputs, Sparse};
use backprop_engine::activation::Activation;
use backprop_engine::curvature::hessian;
use backprop_engine::data::Data;
use backprop_engine::memory::Budget;
use backprop_engine::observer::Observer;
use backprop_engine::random::split;
use backprop_engine::rows::{moments, ColumnMajor};
use backprop_engine::threads::{with_team, with_team_asking};
use backprop_engine::trace::{Recorder, StepTrace};
use backprop_engine::{evaluate, gradient, train, work_of_step};
use backprop_engine::{CheckedSettings, Coefficients, EngineError, Network, Outcome, Result, Scalar, Start};
use extendr_api::prelude::*;
use results::answer;
use std::str::FromStr;
use watch::{interrupted, Checkpoint, Hook, Watch};

/// Whether a specification asks for single precision.
fn is_single(spec: &Fields) -> Result<bool> {
    Ok(spec.text("precision")? == "single")
}

/// Everything a call has about some rows.
struct Table<'a> {
    inputs: Inputs<'a>,
    outcomes: ColumnMajor<'a>,
    case_weights: Option<&'a [f64]>,
    offsets: Option<ColumnMajor<'a>>,
}

impl<'a> Table<'a> {
    fn new(
        x: &'a Robj,
        y: &'a Robj,
        case_weights: &'a Robj,
        offset: &'a Robj,
        spec: &'a Fields,
    ) -> Result<Table<'a>> {
        Ok(Table {
            inputs: Inputs::new(x, spec)?,
            outcomes: arguments::matrix(y, "y")?,
            case_weights: case_weights.as_real_slice(),
            offsets: match offset.is_null() {
                true => None,
                false => Some(arguments::matrix(offset, "offset")?),
            },
        })
    }

    fn data<T: Scalar>(&self) -> Data<'_, T> {
        Data {
            inputs: self.inputs.source(),
            outcomes: self.outcomes,
            case_weights: self.case_weights,
            offsets: self.offsets,
        }
    }

    fn rows(&self) -> usize {
        self.inputs.rows()
    }
}

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
        let network = arguments::network(&spec)?;
        let mut settings = arguments::settings(&spec)?;
        let method = settings.method;
        let table = Table::new(&x, &y, &case_weights, &offset, &spec)?;
        let batch = settings.batch_size.min(table.rows());
        let threads = arguments::threads(&spec, work_of_step(&network, batch))?;
        let start = match arguments::start(&start, &network)? {
            Some(start) => start,
            None => Start::new(arguments::draw(&spec)?),
        };
        let validation = spec
            .get("validation")
            .map(|value| Fields::new(value, "validation"))
            .transpose()?;
        let null = Robj::from(());
        let validation = validation
            .as_ref()
            .map(|fields| {
                let part = |name: &str| fields.get(name).unwrap_or(&null);
                Table::new(part("x"), part("y"), part("case_weights"), part("offset"), &spec)
            })
            .transpose()?;
        let mut watch = Watch {
            hook: Hook::new(&hook),
            checkpoint: spec
                .get("checkpoint")
                .and_then(|value| Checkpoint::new(value, method.slot_names())),
            keep_every: match spec.count_or("keep_weights", 0)? {
                0 => None,
                every => Some(every),
            },
            snapshots: Vec::new(),
        };
        settings.budget.extra += watch.bytes(&network, &settings);
        let fit = Fit {
            network: &network,
            settings: settings.check(&network)?,
            table: &table,
            validation: validation.as_ref(),
            start: &start,
            slot_names: method.slot_names(),
            threads,
        };
        let steps = spec.count_or("trace_steps", 0)?;
        let (outcome, trace) = match is_single(&spec)? {
            true => fit.run::<f32>(&mut watch, steps)?,
            false => fit.run::<f64>(&mut watch, steps)?,
        };
        Ok(results::outcome(&outcome, &trace, &watch.snapshots))
    })
}

/// A fit that is ready to run in either precision.
struct Fit<'a> {
    network: &'a Network,
    settings: CheckedSettings,
    table: &'a Table<'a>,
    validation: Option<&'a Table<'a>>,
    start: &'a Start,
    slot_names: Vec<String>,
    threads: usize,
}

impl Fit<'_> {
    /// Trains, and records the first `steps` steps.
    fn run<T: Scalar>(&self, watch: &mut Watch, steps: usize) -> Result<(Outcome, Vec<StepTrace>)> {
        if steps == 0 {
            return Ok((self.train::<T>(watch)?, Vec::new()));
        }
        let mut recorder = Recorder::new(steps, self.slot_names.clone(), watch);
        let outcome = self.train::<T>(&mut recorder)?;
        Ok((outcome, recorder.steps))
    }

    fn train<T: Scalar>(&self, observer: &mut dyn Observer<T>) -> Result<Outcome> {
        let (network, settings) = (self.network, &self.settings);
        let validation = self.validation.map(|table| table.data());
        with_team_asking(self.threads, interrupted, |team| {
            let data = self.table.data::<T>();
            train(network, settings, data, validation, self.start, team, observer)
        })
    }
}

/// Predicts rows: a matrix [rows x outputs] on the scale of the output.
/// @noRd
#[extendr]
fn engine_predict(net: Robj, weights: Robj, biases: Robj, x: Robj, offset: Robj) -> List {
    answer(|| {
        let net = Fields::new(&net, "net")?;
        let network = arguments::network(&net)?;
        let coefficients = arguments::coefficients(&weights, &biases)?;
        coefficients.check(&network)?;
        let inputs = Inputs::new(&x, &net)?;
        let offsets = match offset.is_null() {
            true => None,
            false => Some(arguments::matrix(&offset, "offset")?),
        };
        let rows = inputs.rows();
        let mut value = results::zeros(rows, network.outputs());
        if rows > 0 {
            let out = value.as_real_slice_mut().unwrap_or_default();
            let threads = arguments::threads(&net, network.parameter_count() * rows as f64)?;
            let single = is_single(&net)?;
            with_team_asking(threads, interrupted, |team| match single {
                true => {
                    evaluate::predict::<f32>(&network, &coefficients, inputs.source(), offsets, team, out)
                }
                false => {
                    evaluate::predict::<f64>(&network, &coefficients, inputs.source(), offsets, team, out)
                }
            })?;
        }
        Ok(list!(error = (), value = value))
    })
}

/// The loss of given weights on given rows, without penalty.
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
        let network = arguments::network(&spec)?;
        let objective = arguments::objective(&spec)?;
        let coefficients = arguments::coefficients(&weights, &biases)?;
        let table = Table::new(&x, &y, &case_weights, &offset, &spec)?;
        let threads = arguments::threads(&spec, network.parameter_count() * table.rows() as f64)?;
        let single = is_single(&spec)?;
        let loss = with_team_asking(threads, interrupted, |team| {
            table.inputs.check_finite(team)?;
            match single {
                true => evaluate::loss::<f32>(&network, &objective, &coefficients, &table.data(), team),
                false => evaluate::loss::<f64>(&network, &objective, &coefficients, &table.data(), team),
            }
        })?;
        Ok(list!(error = (), loss = loss))
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
        let network = arguments::network(&spec)?;
        let objective = arguments::objective(&spec)?;
        let penalty = arguments::penalty(&spec)?;
        let coefficients = arguments::coefficients(&weights, &biases)?;
        let table = Table::new(&x, &y, &case_weights, &offset, &spec)?;
        let threads = arguments::threads(&spec, work_of_step(&network, table.rows()))?;
        let (loss, slopes) = with_team_asking(threads, interrupted, |team| {
            gradient::<f64>(&network, &objective, penalty, table.data(), &coefficients, team)
        })?;
        let (weights, biases) = results::coefficients(&slopes);
        Ok(list!(error = (), loss = loss, weights = weights, biases = biases))
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
        let network = arguments::network(&spec)?;
        let objective = arguments::objective(&spec)?;
        let penalty = arguments::penalty(&spec)?;
        let coefficients = arguments::coefficients(&weights, &biases)?;
        let count = network.parameter_count();
        // The matrix, and while it is made symmetric or handed over up to three copies of it.
        arguments::budget(&spec)?.check(4.0 * 8.0 * count * count, 0.0)?;
        let table = Table::new(&x, &y, &case_weights, &offset, &spec)?;
        let work = count * count * table.rows() as f64;
        let threads = arguments::threads(&spec, work)?;
        let value = with_team_asking(threads, interrupted, |team| {
            table.inputs.check_finite(team)?;
            hessian(&network, &objective, penalty, table.data(), &coefficients, team)
        })?;
        Ok(list!(error = (), value = results::matrix(&value)))
    })
}

/// Rows (1-based) of a random share, the same share of every stratum.
/// @noRd
#[extendr]
fn engine_split(strata: &[i32], share: f64, seed: f64) -> List {
    answer(|| {
        let strata: Vec<u32> = strata.iter().map(|&stratum| stratum as u32).collect();
        let rows = split(&strata, share, seed as i64 as u64);
        Ok(list!(
            error = (),
            rows = rows.into_iter().map(|row| row as i32 + 1).collect::<Vec<_>>()
        ))
    })
}

/// Starting weights and biases for layers of the given sizes, input first.
/// @noRd
#[extendr]
fn engine_init(sizes: Robj, init: Robj, bias_init: Robj, seed: Robj) -> List {
    answer(|| {
        let spec = Fields::of([
            ("sizes", sizes),
            ("init", init),
            ("bias_init", bias_init),
            ("seed", seed),
        ]);
        let network = arguments::network_of_sizes(&spec)?;
        // As they are drawn, as R gets them, and one layer in between.
        Budget::default().check(3.0 * Coefficients::bytes(&network), 0.0)?;
        let draw = arguments::draw(&spec)?;
        let start = with_team_asking(1, interrupted, |team| draw.coefficients(&network, team))?;
        let (weights, biases) = results::coefficients(&start);
        Ok(list!(error = (), weights = weights, biases = biases))
    })
}

/// Weighted means and standard deviations of columns (divisor: sum of weights − 1).
/// @noRd
#[extendr]
fn engine_moments(x: Robj, case_weights: Robj) -> List {
    answer(|| {
        let weights = case_weights.as_real_slice();
        // Between columns the user may interrupt.
        let moments = |numbers: &[f64]| match interrupted() {
            true => Err(EngineError::Interrupted),
            false => Ok(moments(numbers, weights)),
        };
        let moments: Result<Vec<(f64, f64)>> = if x.is_list() {
            let fields = Fields::new(&x, "x")?;
            let sparse = Sparse::new(&fields)?;
            // One column at a time is made dense.
            let mut dense = vec![0.0; sparse.rows];
            sparse
                .starts
                .windows(2)
                .map(|pair| {
                    let places = pair[0] as usize..pair[1] as usize;
                    dense.fill(0.0);
                    for (&row, &number) in sparse.rows_of[places.clone()].iter().zip(&sparse.numbers[places])
                    {
                        dense[row as usize] = number;
                    }
                    moments(&dense)
                })
                .collect()
        } else {
            let data = x
                .as_real_slice()
                .ok_or_else(|| EngineError::Config("x must be double".to_string()))?;
            data.chunks_exact(x.nrows().max(1)).map(moments).collect()
        };
        let moments = moments?;
        let center: Vec<f64> = moments.iter().map(|m| m.0).collect();
        let scale: Vec<f64> = moments.iter().map(|m| m.1).collect();
        Ok(list!(error = (), center = center, scale = scale))
    })
}

/// Values and derivatives of an activation function at given points.
/// @noRd
#[extendr]
fn engine_activation(name: &str, z: &[f64]) -> List {
    answer(|| {
        let activation = Activation::from_str(name)?;
        let (value, slope): (Vec<f64>, Vec<f64>) = z.iter().map(|&z| activation.value_and_slope(z)).unzip();
        Ok(list!(error = (), value = value, slope = slope))
    })
}

/// Whether R may take so many bytes for what it is about to make; NaN for no limit but the system's.
/// @noRd
#[extendr]
fn engine_memory(bytes: f64, limit: f64) -> List {
    answer(|| {
        let budget = Budget {
            limit: (!limit.is_nan()).then_some(limit),
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
        cores = arguments::cores() as i32,
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
    fn engine_train;
    fn engine_predict;
    fn engine_evaluate;
    fn engine_gradient;
    fn engine_hessian;
    fn engine_split;
    fn engine_init;
    fn engine_moments;
    fn engine_activation;
    fn engine_info;
    fn engine_memory;
    fn engine_panic;
}
