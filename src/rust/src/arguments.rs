//! Reads what R passes. R has checked everything; what does not fit here is a fault of the
//! package, reported as [`EngineError::Config`].

use crate::functions;
use crate::layers;
use crate::threads::allowed;
use crate::watch::collect_garbage;
use backprop_engine::base::hyperparameter::Values;
use backprop_engine::base::memory::Budget;
use backprop_engine::base::room::{collected, copied, matrix_of_columns};
use backprop_engine::kernels::InstructionSet;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::init::{BiasInit, Draw};
use backprop_engine::objective::metric::Metric;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::schedule::{Plateau, Schedule};
use backprop_engine::optim::state::{OptimizerState, STATE_FORMAT};
use backprop_engine::{Best, EngineError, Method, Network, Result, Settings, Shuffle, Start, Stopping};
use extendr_api::prelude::*;
use ndarray::Array1;
use std::str::FromStr;
use std::time::{Duration, Instant};

pub fn wrong(what: &str) -> EngineError {
    EngineError::Config(format!("argument {what} is missing or of the wrong type"))
}

/// The elements of a named R list.
pub struct Fields(Vec<(&'static str, Robj)>);

impl Fields {
    pub fn new(list: &Robj, what: &str) -> Result<Fields> {
        let list = list.as_list().ok_or_else(|| wrong(what))?;
        Ok(Fields(list.iter().collect()))
    }

    pub fn of<const N: usize>(fields: [(&'static str, Robj); N]) -> Fields {
        Fields(fields.into())
    }

    /// The element of that name, unless it is missing or NULL.
    pub fn get(&self, name: &str) -> Option<&Robj> {
        self.0
            .iter()
            .find(|(key, value)| *key == name && !value.is_null())
            .map(|(_, value)| value)
    }

    /// The elements of a list of that name, unless it is missing or NULL.
    pub fn fields(&self, name: &str) -> Result<Option<Fields>> {
        self.get(name).map(|value| Fields::new(value, name)).transpose()
    }

    pub fn required(&self, name: &str) -> Result<&Robj> {
        self.get(name).ok_or_else(|| wrong(name))
    }

    pub fn number(&self, name: &str) -> Result<f64> {
        number(self.required(name)?).ok_or_else(|| wrong(name))
    }

    pub fn number_or(&self, name: &str, default: f64) -> Result<f64> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => number(value).ok_or_else(|| wrong(name)),
        }
    }

    pub fn count(&self, name: &str) -> Result<usize> {
        let value = self.number(name)?;
        // Two of them can be added.
        if (0.0..=2f64.powi(53)).contains(&value) && value.fract() == 0.0 {
            Ok(value as usize)
        } else {
            Err(wrong(name))
        }
    }

    pub fn count_or(&self, name: &str, default: usize) -> Result<usize> {
        match self.get(name) {
            None => Ok(default),
            Some(_) => self.count(name),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool> {
        self.required(name)?.as_bool().ok_or_else(|| wrong(name))
    }

    /// A hyperparameter of that name, if it is given; a flag is 0 or 1.
    fn hyperparameter(&self, name: &str) -> Result<Option<f64>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let flag = || value.as_bool().map(|flag| f64::from(u8::from(flag)));
        number(value).or_else(flag).map(Some).ok_or_else(|| wrong(name))
    }

    pub fn text(&self, name: &str) -> Result<&str> {
        self.required(name)?.as_str().ok_or_else(|| wrong(name))
    }

    pub fn texts(&self, name: &str) -> Result<Vec<&str>> {
        self.required(name)?.as_str_vector().ok_or_else(|| wrong(name))
    }

    pub fn numbers(&self, name: &str) -> Result<Option<&[f64]>> {
        self.get(name)
            .map(|value| value.as_real_slice().ok_or_else(|| wrong(name)))
            .transpose()
    }

    /// The elements, each a list itself.
    pub fn lists(&self, what: &str) -> Result<Vec<Fields>> {
        self.0.iter().map(|(_, value)| Fields::new(value, what)).collect()
    }

    fn list(&self, name: &str) -> Result<Fields> {
        Fields::new(self.required(name)?, name)
    }
}

/// Numbers, or `None` of NULL.
pub fn numbers_or_null<'a>(value: &'a Robj, what: &str) -> Result<Option<&'a [f64]>> {
    match value.is_null() {
        true => Ok(None),
        false => value.as_real_slice().map(Some).ok_or_else(|| wrong(what)),
    }
}

/// A scalar, double or integer.
fn number(value: &Robj) -> Option<f64> {
    value
        .as_real_slice()
        .and_then(|numbers| numbers.first().copied())
        .or_else(|| {
            value
                .as_integer_slice()
                .and_then(|n| n.first().map(|&n| f64::from(n)))
        })
}

fn parse_all<V: FromStr<Err = EngineError>>(names: Vec<&str>) -> Result<Vec<V>> {
    names.into_iter().map(V::from_str).collect()
}

/// Bytes that a layer takes besides its numbers: its names, sizes and offsets here, its objects in R.
const BYTES_OF_LAYER: f64 = 1024.0;

/// From so many layers on, what they take is more than a share of the reserve.
const MANY_LAYERS: usize = 1000;

/// The sizes of the layers. Whether there is room for so many is asked here, before anything is made of them.
fn sizes(spec: &Fields) -> Result<Vec<usize>> {
    let sizes = spec.required("sizes")?;
    let sizes = sizes.as_integer_slice().ok_or_else(|| wrong("sizes"))?;
    if sizes.len() > MANY_LAYERS {
        budget(spec)?.check(sizes.len() as f64 * BYTES_OF_LAYER, 0.0)?;
    }
    collected(sizes.iter().map(|&size| usize::try_from(size).unwrap_or(0)))
}

/// The network that a specification describes.
pub fn network(spec: &Fields) -> Result<Network> {
    let sizes = sizes(spec)?;
    let activations = functions::activations(spec)?;
    let output = Output::from_str(spec.text("output")?)?;
    of_layers(spec, &sizes, &activations, output)
}

fn of_layers(spec: &Fields, sizes: &[usize], hidden: &[Activation], output: Output) -> Result<Network> {
    if spec.get("layers").is_none() {
        return Network::new(sizes, hidden, output);
    }
    let (Some((&inputs, units)), true) = (sizes.split_first(), hidden.len() + 2 == sizes.len()) else {
        return Err(wrong("sizes"));
    };
    Network::of(inputs, layers::plans(spec, units, hidden)?, output)
}

/// The same with the parameters that its loss has of its own.
pub fn network_of(spec: &Fields, objective: &Objective) -> Result<Network> {
    let network = network(spec)?;
    let ancillary = objective.ancillary(network.outputs());
    Ok(network.with_ancillary(ancillary))
}

/// A network of which only the shape matters.
pub fn network_of_sizes(spec: &Fields) -> Result<Network> {
    let sizes = sizes(spec)?;
    let hidden = vec![Activation::Linear; sizes.len().saturating_sub(2)];
    of_layers(spec, &sizes, &hidden, Output::Linear)
}

/// Output and loss.
pub fn objective(spec: &Fields) -> Result<Objective> {
    let parameters = spec.numbers("loss_par")?.unwrap_or(&[]);
    let name = spec.text("loss")?;
    let loss = Loss::named(name, parameters)
        .ok_or_else(|| EngineError::Config(format!("unknown loss {name:?} of {parameters:?}")))?;
    Objective::new(Output::from_str(spec.text("output")?)?, loss)
}

fn method(spec: &Fields) -> Result<Method> {
    let given = spec.list("optimizer")?;
    Method::named(given.text("name")?, &Values(&|name| given.hyperparameter(name)))
}

/// A schedule; constant where it is not given.
fn schedule(spec: &Fields, name: &str) -> Result<Schedule> {
    let Some(value) = spec.get(name) else {
        return Ok(Schedule::CONSTANT);
    };
    let given = Fields::new(value, name)?;
    Schedule::named(given.text("name")?, &Values(&|name| given.hyperparameter(name)))
}

/// The penalty; none where it is not given.
pub fn penalty(spec: &Fields) -> Result<Penalty> {
    Ok(Penalty {
        strength: spec.number_or("penalty", 0.0)?,
        mixture: spec.number_or("mixture", 0.0)?,
    })
}

/// In which order mini-batches take rows: TRUE, FALSE or "shards".
fn shuffle(spec: &Fields) -> Result<Shuffle> {
    match spec.required("shuffle")?.as_str() {
        Some("shards") => Ok(Shuffle::Shards),
        Some(_) => Err(wrong("shuffle")),
        None if spec.flag("shuffle")? => Ok(Shuffle::All),
        None => Ok(Shuffle::No),
    }
}

/// Everything about how to train.
pub fn settings(spec: &Fields) -> Result<Settings> {
    let best_is_wanted = spec
        .get("keep_best")
        .is_some_and(|flag| flag.as_bool() == Some(true));
    let stopping = match spec.get("stop_iter") {
        None if best_is_wanted => Some(Stopping {
            patience: usize::MAX,
            tolerance: spec.number_or("tol", 0.0)?,
        }),
        None => None,
        Some(_) => Some(Stopping {
            patience: spec.count("stop_iter")?,
            tolerance: spec.number_or("tol", 0.0)?,
        }),
    };
    Ok(Settings {
        objective: objective(spec)?,
        method: method(spec)?,
        lr: spec.number("lr")?,
        schedule: schedule(spec, "schedule")?,
        decay_schedule: schedule(spec, "decay_schedule")?,
        dropout_schedule: schedule(spec, "dropout_schedule")?,
        metric: spec
            .get("metric")
            .map(|_| Metric::from_str(spec.text("metric")?))
            .transpose()?,
        epochs: spec.count("epochs")?,
        batch_size: spec.count("batch_size")?,
        shuffle: shuffle(spec)?,
        seed: seed(spec)?,
        penalty: penalty(spec)?,
        dropout: spec.numbers("dropout")?.unwrap_or(&[]).to_vec(),
        clip_norm: spec
            .get("clip_norm")
            .map(|_| spec.number("clip_norm"))
            .transpose()?,
        stopping,
        deadline: spec
            .get("seconds")
            .map(|_| {
                Ok(Instant::now() + Duration::try_from_secs_f64(spec.number("seconds")?).unwrap_or_default())
            })
            .transpose()?,
        counts_hits: spec
            .get("accuracy")
            .is_some_and(|flag| flag.as_bool() == Some(true)),
        budget: budget(spec)?,
    })
}

/// How much memory may be taken, and what R is going to need besides, for example for the
/// recording of a trace.
pub fn budget(spec: &Fields) -> Result<Budget> {
    let limit = spec.number_or("max_bytes", f64::NAN)?;
    Ok(Budget {
        limit: (!limit.is_nan()).then_some(limit),
        extra: spec.number_or("extra_bytes", 0.0)?,
        copies_result: true,
        ..of_system()
    })
}

/// Whatever the system has.
pub fn of_system() -> Budget {
    Budget {
        reclaim: Some(collect_garbage),
        ..Budget::default()
    }
}

pub fn seed(spec: &Fields) -> Result<u64> {
    Ok(spec.number("seed")? as i64 as u64)
}

/// How the starting weights and biases are drawn.
pub fn draw(spec: &Fields) -> Result<Draw> {
    Ok(Draw {
        weights: parse_all(spec.texts("init")?)?,
        biases: BiasInit::from_str(spec.text("bias_init")?)?,
        seed: seed(spec)?,
        ancillary: copied(spec.numbers("ancillary")?.unwrap_or(&[]))?,
    })
}

/// Weights and biases from R lists, and the loss's own parameters.
pub fn coefficients(weights: &Robj, biases: &Robj, ancillary: Option<&[f64]>) -> Result<Coefficients> {
    let list = |value: &Robj, what| value.as_list().ok_or_else(|| wrong(what));
    let weights = list(weights, "weights")?
        .values()
        .map(|matrix| {
            let data = matrix.as_real_slice().ok_or_else(|| wrong("weights"))?;
            matrix_of_columns(data, matrix.nrows(), matrix.ncols())
        })
        .collect::<Result<Vec<_>>>()?;
    let biases = list(biases, "biases")?
        .values()
        .map(|vector| {
            let data = vector.as_real_slice().ok_or_else(|| wrong("biases"))?;
            Ok(Array1::from(copied(data)?))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Coefficients {
        weights,
        biases,
        ancillary: copied(ancillary.unwrap_or(&[]))?.into(),
    })
}

/// Weights, biases and the loss's own parameters, all in one list.
fn coefficients_of(fields: &Fields) -> Result<Coefficients> {
    coefficients(
        fields.required("weights")?,
        fields.required("biases")?,
        fields.numbers("ancillary")?,
    )
}

/// Where training starts, if R says so.
pub fn start(value: &Robj, network: &Network, spec: &Fields) -> Result<Option<Start>> {
    if value.is_null() {
        return Ok(None);
    }
    let fields = Fields::new(value, "start")?;
    // Copies are made here, before the training can see whether there is room for all of it.
    let slots = fields
        .get("optimizer_state")
        .map(|state| Fields::new(state, "optimizer_state")?.list("slots"))
        .transpose()?
        .map_or(0, |slots| slots.0.len());
    let copies = 1 + slots + usize::from(fields.get("best").is_some());
    of_system().check(copies as f64 * Coefficients::bytes(network), 0.0)?;
    let state = fields
        .get("optimizer_state")
        .map(|state| optimizer_state(&Fields::new(state, "optimizer_state")?))
        .transpose()?;
    let mut given = coefficients_of(&fields)?;
    if given.ancillary.is_empty() {
        // Weights that were typed say nothing of the loss's own parameters.
        given.ancillary = copied(spec.numbers("ancillary")?.unwrap_or(&[]))?.into();
    }
    Ok(Some(Start {
        coefficients: given.into(),
        state,
        epochs_done: fields.count_or("epochs_done", 0)?,
        best: fields
            .get("best")
            .map(|best| best_of(&Fields::new(best, "best")?))
            .transpose()?,
    }))
}

fn best_of(fields: &Fields) -> Result<Best> {
    Ok(Best {
        epoch: fields.count("epoch")?,
        loss: fields.number("loss")?,
        coefficients: coefficients_of(fields)?,
    })
}

fn optimizer_state(fields: &Fields) -> Result<OptimizerState> {
    let format = fields.count("format")? as u32;
    if format > STATE_FORMAT {
        return Err(EngineError::Config(format!("optimizer state of format {format}")));
    }
    let slots = fields
        .required("slots")?
        .as_list()
        .ok_or_else(|| wrong("slots"))?
        .iter()
        .map(|(name, slot)| {
            let slot = Fields::new(&slot, "slot")?;
            Ok((name.to_string(), coefficients_of(&slot)?))
        })
        .collect::<Result<Vec<_>>>()?;
    let plateau = match fields.numbers("plateau")? {
        Some(&[factor, best, waited]) => Plateau {
            factor,
            best,
            waited: waited as usize,
        },
        _ => Plateau::START,
    };
    Ok(OptimizerState {
        format,
        steps: fields.count("steps")? as u64,
        slots,
        plateau,
    })
}

/// Threads to use for work whose largest shared part is `work` multiply-adds.
pub fn threads(spec: &Fields, work: f64) -> Result<usize> {
    let wanted = spec.count("threads")?;
    // Work that is not worth sharing is not worth the question how many may share it either.
    // Functions of the user's are called on this thread alone.
    let alone = functions::are_in(spec) || work < backprop_engine::WORK_WORTH_SHARING;
    Ok(if alone { 1 } else { allowed(wanted) })
}

/// Name of the instruction set in use.
pub fn instruction_set() -> &'static str {
    InstructionSet::detect().name()
}
