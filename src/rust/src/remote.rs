//! Rows that workers have, each in an R process of its own: how a training asks for what they come to, through functions of R's, and
//! how a worker answers. Parameters and gradients travel as raw vectors of the bytes of their precision; what is asked of
//! the rows is a list that R passes on as it is.

use crate::arguments::{self, wrong, Fields};
use crate::functions;
use crate::inputs::{Encodings, Precision};
use crate::interrupts::{answer_of, interrupted};
use crate::problem::is_single;
use crate::results::{self, answer};
use crate::rows::Rows;
use backprop_engine::base::room::{collected, filled, push};
use backprop_engine::base::threads::{with_team_asking, Team};
use backprop_engine::compute::context::DropoutKey;
use backprop_engine::compute::worker::{Part, Work};
use backprop_engine::data::remote::{Question, ShardStep, TakeGradient, TakeTotals, Workers};
use backprop_engine::data::rows::TableShape;
use backprop_engine::objective::loss::Totals;
use backprop_engine::{work_of_step, Coefficients, Compiled, EngineError, Network, Result, Settings};
use extendr_api::prelude::*;

/// Rows of which R has functions that ask workers.
///
/// It is `list(rows =, inputs =, targets =, offsets =, case_weights =, total_weight =, sums =, gradients =, totals =)` of class
/// `"remote"`: what a stream says of its rows, the sum of their case weights, and how many sums an answer has: one for each
/// shard, in their order, or fewer, of which each is of several. `gradients(parameters, job)` gives `list(gradients =, totals =)`:
/// the gradients after each other, and two numbers for each of them; `totals(parameters, job)` gives the latter alone. They
/// let no condition escape: after an error they say FALSE, and whoever made them knows it; NULL stands for an interrupt.
pub struct Remote {
    shape: TableShape,
    total_weight: f64,
    sums: usize,
    gradients: Function,
    totals: Function,
}

impl Remote {
    /// Whether inputs are rows that workers have.
    pub fn is(value: &Robj) -> bool {
        value.is_list() && value.inherits("remote")
    }

    /// Reads what R says of it.
    pub fn new(value: &Robj, spec: &Fields) -> Result<Remote> {
        let fields = Fields::new(value, "x")?;
        let function = |name: &str| -> Result<Function> {
            let value = fields.required(name)?;
            value.as_function().ok_or_else(|| wrong(name))
        };
        let columns = fields.count("inputs")?;
        let encodings = Encodings::of(spec, columns)?;
        Ok(Remote {
            shape: TableShape {
                rows: fields.count("rows")?,
                inputs: encodings.map_or(columns, |encodings| encodings.width()),
                targets: fields.count("targets")?,
                offsets: fields.count_or("offsets", 0)?,
                case_weights: fields.flag("case_weights")?,
            },
            total_weight: fields.number("total_weight")?,
            sums: fields.count("sums")?,
            gradients: function("gradients")?,
            totals: function("totals")?,
        })
    }

    pub fn shape(&self) -> TableShape {
        self.shape
    }

    /// Bytes that an exchange takes at most: parameters and gradients as R has them, which joins what workers answered.
    pub fn bytes(&self, network: &Network) -> f64 {
        2.0 * (self.sums + 1) as f64 * Coefficients::bytes(network)
    }

    /// Two numbers for each sum.
    fn totals_of<'n>(&self, numbers: Option<&'n [f64]>) -> Result<&'n [f64]> {
        let wanted = 2 * self.sums;
        match numbers {
            Some(numbers) if numbers.len() == wanted && wanted > 0 => Ok(numbers),
            found => Err(EngineError::Stream(format!(
                "{} losses where {wanted} were wanted",
                found.map_or(0, <[f64]>::len)
            ))),
        }
    }
}

impl<T: Precision> Workers<T> for &Remote {
    fn shape(&self) -> TableShape {
        self.shape
    }

    fn total_weight(&self) -> f64 {
        self.total_weight
    }

    fn gradients(
        &mut self,
        parameters: &[T],
        question: &Question,
        take: &mut TakeGradient<'_, T>,
    ) -> Result<()> {
        let job = job_of(question);
        let found = asked(&self.gradients, pairlist!(bytes_of(parameters)?, job))?;
        let found = Fields::new(&found, "gradients").map_err(|_| unread())?;
        let totals = self.totals_of(found.numbers("totals").map_err(|_| unread())?)?;
        let gradients = found.get("gradients").and_then(|bytes| bytes.as_raw_slice());
        let (gradients, size) = (gradients.unwrap_or_default(), size_of_val(parameters));
        if gradients.len() != self.sums * size {
            return Err(EngineError::Stream(format!(
                "{} bytes of gradients where {} were wanted",
                gradients.len(),
                self.sums * size
            )));
        }
        let mut gradient = filled(parameters.len(), T::zero())?;
        for (bytes, totals) in gradients.chunks_exact(size.max(1)).zip(totals.chunks_exact(2)) {
            let numbers = bytes.chunks_exact(size_of::<T>()).map(T::of_bytes);
            gradient
                .iter_mut()
                .zip(numbers)
                .for_each(|(to, number)| *to = number);
            take(&gradient, totals_at(totals))?;
        }
        Ok(())
    }

    fn totals(&mut self, parameters: &[T], chunk: usize, take: &mut TakeTotals<'_>) -> Result<()> {
        let job = list!(chunk = chunk as f64);
        let found = asked(&self.totals, pairlist!(bytes_of(parameters)?, job))?;
        let totals = self.totals_of(found.as_real_slice())?;
        totals
            .chunks_exact(2)
            .try_for_each(|totals| take(totals_at(totals)))
    }
}

fn totals_at(numbers: &[f64]) -> Totals {
    Totals {
        loss: numbers[0],
        hits: numbers[1],
    }
}

/// What R's function says of the workers' answers.
fn asked(function: &Function, arguments: Pairlist) -> Result<Robj> {
    let found = answer_of(function, arguments)?;
    match found.as_logical() {
        None => Ok(found),
        Some(_) => Err(EngineError::Stream("workers could not be asked".to_string())),
    }
}

fn unread() -> EngineError {
    EngineError::Stream("an answer that cannot be read".to_string())
}

/// Numbers as a raw vector.
fn bytes_of<T: Precision>(numbers: &[T]) -> Result<Robj> {
    results::bytes_by(size_of_val(numbers), |bytes| {
        put(numbers, bytes);
        Ok(())
    })
}

fn put<T: Precision>(numbers: &[T], bytes: &mut [u8]) {
    for (number, bytes) in numbers.iter().zip(bytes.chunks_exact_mut(size_of::<T>())) {
        number.put_bytes(bytes);
    }
}

/// A question as R passes it on. The seed of what is random is in the specification that workers have.
fn job_of(question: &Question) -> List {
    let three = |numbers: Option<[f64; 3]>| numbers.map_or_else(|| Robj::from(()), Robj::from);
    let dropout = question
        .dropout
        .map(|key| [key.epoch as f64, key.first_position as f64, key.factor]);
    let shuffled = question
        .shuffled
        .map(|step| [step.epoch as f64, step.number as f64, step.count as f64]);
    list!(
        scale = question.scale,
        dropout = three(dropout),
        shuffled = three(shuffled)
    )
}

/// The same read again.
fn question_of(job: &Fields, seed: u64) -> Result<Question> {
    let three = |name: &str| -> Result<Option<[f64; 3]>> {
        let numbers = job.numbers(name)?;
        numbers
            .map(|numbers| numbers.try_into().map_err(|_| wrong(name)))
            .transpose()
    };
    Ok(Question {
        scale: job.number("scale")?,
        dropout: three("dropout")?.map(|[epoch, first_position, factor]| DropoutKey {
            seed,
            epoch: epoch as u64,
            first_position: first_position as u64,
            factor,
        }),
        shuffled: three("shuffled")?.map(|[epoch, number, count]| ShardStep {
            epoch: epoch as u64,
            number: number as usize,
            count: count as usize,
        }),
    })
}

/// What a worker is asked about: the training, and its rows.
struct Asked<'a> {
    network: Network,
    settings: Settings,
    rows: Rows<'a>,
    part: Part,
    /// Whether its shards are to be added up.
    is_sum: bool,
    threads: usize,
}

impl<'a> Asked<'a> {
    fn new(spec: &'a Fields, rows: Rows<'a>, part: &Robj) -> Result<Asked<'a>> {
        let settings = arguments::settings(spec)?;
        let network = arguments::network_of(spec, &settings.objective)?;
        let fields = Fields::new(part, "part")?;
        let sum = fields.get("sum").and_then(|flag| flag.as_bool());
        Ok(Asked {
            threads: arguments::threads(spec, work_of_step(&network, rows.count()))?,
            part: Part {
                rows: fields.count("rows")?,
                shards: fields.count("shards")?,
                from: fields.count("from")?,
                to: fields.count("to")?,
            },
            is_sum: sum == Some(true),
            network,
            settings,
            rows,
        })
    }

    /// Sums in an answer.
    fn sums(&self) -> usize {
        match self.is_sum {
            true => 1,
            false => self.part.to.saturating_sub(self.part.from),
        }
    }

    fn work(&self) -> Work<'_> {
        Work {
            network: &self.network,
            objective: &self.settings.objective,
            dropout: &self.settings.dropout,
            seed: self.settings.seed,
            counts_hits: self.settings.counts_hits,
            part: self.part,
        }
    }

    fn gradients<T: Precision>(&self, parameters: &Robj, job: &Fields) -> Result<List> {
        let (parameters, inputs) = (numbers_of::<T>(parameters)?, self.rows.of::<T>()?);
        let question = question_of(job, self.settings.seed)?;
        let (size, mut totals) = (size_of_val(&parameters[..]), Vec::new());
        let gradients = results::bytes_by(self.sums() * size, |bytes| {
            let mut number = 0;
            let mut take = |gradient: &[T], found: Totals| {
                let first = if self.is_sum { 0 } else { number * size };
                let to = bytes.get_mut(first..first + size).ok_or_else(|| wrong("part"))?;
                match self.is_sum && number > 0 {
                    true => add(gradient, to),
                    false => put(gradient, to),
                }
                number += 1;
                self.take_totals(&mut totals, found)
            };
            self.with_team(|team| {
                let source = inputs.source()?;
                T::worker_gradients(&self.work(), source, &parameters, &question, team, &mut take)
            })
        })?;
        let totals = results::doubles(totals.into_iter())?;
        Ok(list!(error = (), gradients = gradients, totals = totals))
    }

    fn totals<T: Precision>(&self, parameters: &Robj, job: &Fields) -> Result<List> {
        let (parameters, inputs) = (numbers_of::<T>(parameters)?, self.rows.of::<T>()?);
        let (chunk, mut totals) = (job.count("chunk")?, Vec::new());
        let mut take = |found: Totals| self.take_totals(&mut totals, found);
        self.with_team(|team| {
            let source = inputs.source()?;
            T::worker_totals(&self.work(), source, &parameters, chunk, team, &mut take)
        })?;
        Ok(list!(error = (), totals = results::doubles(totals.into_iter())?))
    }

    /// Takes losses and hits of a shard.
    fn take_totals(&self, totals: &mut Vec<f64>, found: Totals) -> Result<()> {
        match &mut totals[..] {
            [loss, hits] if self.is_sum => {
                *loss += found.loss;
                *hits += found.hits;
                Ok(())
            }
            _ => {
                push(totals, found.loss)?;
                push(totals, found.hits)
            }
        }
    }

    fn with_team(&self, work: impl FnOnce(&Team) -> Result<()>) -> Result<()> {
        with_team_asking(self.threads, interrupted, work)
    }
}

fn add<T: Precision>(numbers: &[T], bytes: &mut [u8]) {
    for (number, bytes) in numbers.iter().zip(bytes.chunks_exact_mut(size_of::<T>())) {
        (T::of_bytes(bytes) + *number).put_bytes(bytes);
    }
}

/// The numbers of a raw vector.
fn numbers_of<T: Precision>(bytes: &Robj) -> Result<Vec<T>> {
    let bytes = bytes.as_raw_slice().ok_or_else(|| wrong("parameters"))?;
    if bytes.len() % size_of::<T>() != 0 {
        return Err(wrong("parameters"));
    }
    collected(bytes.chunks_exact(size_of::<T>()).map(T::of_bytes))
}

/// Shards into which a training cuts so many rows: how many workers can have a part in it and give the bits of a single process.
/// @noRd
#[extendr]
fn engine_shard_count(spec: Robj, rows: f64) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let network = arguments::network_of(&spec, &arguments::objective(&spec)?)?;
        let shards = match is_single(&spec)? {
            true => f32::shards(&network, rows.max(0.0) as usize),
            false => f64::shards(&network, rows.max(0.0) as usize),
        };
        Ok(list!(error = (), shards = shards as i32))
    })
}

/// What a step's rows of a worker's shards come to at given parameters: `list(gradients =, totals =)`, of each shard, or of all where
/// `part$sum` says so. `part`: `list(rows =, shards =, from =, to =)`, of all rows and shards, and which shards are the worker's
/// (from 0, without `to`); `x`, `y`, `case_weights` and `offset` have the rows of these. `job` is what the training wants to know.
/// @noRd
#[extendr]
#[allow(clippy::too_many_arguments)]
fn engine_worker_gradients(
    spec: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
    part: Robj,
    parameters: Robj,
    job: Robj,
) -> List {
    answer(|| {
        let (spec, job) = (Fields::new(&spec, "spec")?, Fields::new(&job, "job")?);
        let _functions = functions::of(&spec)?;
        let table = Rows::new(&x, &y, &case_weights, &offset, &spec)?;
        let asked = Asked::new(&spec, table, &part)?;
        match is_single(&spec)? {
            true => asked.gradients::<f32>(&parameters, &job),
            false => asked.gradients::<f64>(&parameters, &job),
        }
    })
}

/// What the losses of all rows of a worker's shards come to: `list(totals =)`; arguments as of `engine_worker_gradients()`.
/// @noRd
#[extendr]
#[allow(clippy::too_many_arguments)]
fn engine_worker_totals(
    spec: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
    part: Robj,
    parameters: Robj,
    job: Robj,
) -> List {
    answer(|| {
        let (spec, job) = (Fields::new(&spec, "spec")?, Fields::new(&job, "job")?);
        let _functions = functions::of(&spec)?;
        let table = Rows::new(&x, &y, &case_weights, &offset, &spec)?;
        let asked = Asked::new(&spec, table, &part)?;
        match is_single(&spec)? {
            true => asked.totals::<f32>(&parameters, &job),
            false => asked.totals::<f64>(&parameters, &job),
        }
    })
}

extendr_module! {
    mod remote;
    fn engine_shard_count;
    fn engine_worker_gradients;
    fn engine_worker_totals;
}
