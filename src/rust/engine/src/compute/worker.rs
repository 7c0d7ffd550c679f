//! What a worker answers about its rows, which are those of some shards of a training. It keeps nothing from one question to the
//! next: parameters come with each.

use crate::base::buffer::SharedBuffer;
use crate::base::error::{EngineError, Result};
use crate::base::room::{append, filled, push};
use crate::base::threads::Team;
use crate::compute::backend::Backend;
use crate::compute::context::{DropoutKey, Pass};
use crate::compute::evaluate::totals_of_rows;
use crate::compute::model::Model;
use crate::compute::step::{shard_count, StepConfig, StepPlan};
use crate::compute::workspace::{Extras, Use, Workspace};
use crate::data::remote::{rows_of_shard, shuffle_shard, Question, TakeGradient, TakeTotals};
use crate::data::rows::Selection;
use crate::data::Source;
use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use crate::objective::checked::Objective;
use crate::objective::penalty::Penalty;
use crate::optim::{GradientDescent, Method, Optimizer, Step};
use std::ops::Range;

/// Shards that a training on so many rows has, in the precision `T`: how many workers can have a part in it that gives the bits of
/// a single process.
pub fn shards<T: Scalar>(network: &Network, rows: usize) -> usize {
    let layout = Layout::of::<T>(network);
    shard_count::<T>(&Pass::new(network, &layout, None), rows).max(1)
}

/// The shards whose rows a worker has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Rows in all, those of other workers too.
    pub rows: usize,
    /// Shards in all.
    pub shards: usize,
    /// The first shard of the worker.
    pub from: usize,
    /// The first one that is not its own any more.
    pub to: usize,
}

impl Part {
    /// The worker's rows among all.
    pub fn range(&self) -> Range<usize> {
        let start = |shard| rows_of_shard(shard, self.rows, self.shards).start;
        start(self.from)..start(self.to)
    }

    /// Its shards, each as its number and the places of its rows among the worker's.
    fn own(&self) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
        let first = self.range().start;
        (self.from..self.to).map(move |shard| {
            let rows = rows_of_shard(shard, self.rows, self.shards);
            (shard, rows.start - first..rows.end - first)
        })
    }

    fn check(&self, rows: usize) -> Result<()> {
        let is_possible = self.from < self.to && self.to <= self.shards && self.shards <= self.rows;
        match is_possible && self.range().len() == rows {
            true => Ok(()),
            false => Err(EngineError::config(format!("{rows} rows for {self:?}"))),
        }
    }
}

/// A training as its workers see it.
pub struct Work<'a> {
    /// The network.
    pub network: &'a Network,
    /// Output and loss.
    pub objective: &'a Objective,
    /// Share of units dropped per hidden layer; empty for none.
    pub dropout: &'a [f64],
    /// Seed of all random streams.
    pub seed: u64,
    /// Whether rows classified rightly are counted.
    pub counts_hits: bool,
    /// Which rows are the worker's.
    pub part: Part,
}

/// Sums of gradients and losses over a step's rows of each of the worker's shards, in their order.
///
/// # Errors
/// Shapes that do not fit, memory refused, a panic of a thread, an interrupt, what a stream fails by, or who takes them.
pub fn gradients<T: Scalar>(
    work: &Work<'_>,
    source: Source<'_, T>,
    parameters: &[T],
    question: &Question,
    team: &Team,
    take: &mut TakeGradient<'_, T>,
) -> Result<()> {
    let Work {
        network,
        objective,
        part,
        ..
    } = *work;
    let data = source.rows();
    data.check(network, objective)?;
    part.check(data.count())?;
    // Where a step's rows lie: those of this worker in the order of the step, and where shards begin among these.
    let (mut listed, mut cuts, mut before) = (Vec::new(), Vec::new(), 0);
    push(&mut cuts, 0)?;
    if let Some(step) = question.shuffled {
        if data.is_stream() {
            return Err(EngineError::config("rows of a stream, shuffled within shards"));
        }
        let length = |shard| {
            step.positions(rows_of_shard(shard, part.rows, part.shards).len())
                .len()
        };
        before = (0..part.from).map(length).sum();
        for (shard, rows) in part.own() {
            let mut order = filled(rows.len(), 0)?;
            shuffle_shard(&mut order, rows.start, work.seed, step.epoch, shard);
            append(&mut listed, &order[step.positions(rows.len())])?;
            push(&mut cuts, listed.len())?;
        }
    } else {
        before += part.range().start;
        for (_, rows) in part.own() {
            push(&mut cuts, rows.end)?;
        }
    }
    // Members take shards of a table side by side; those of a stream come one after the other.
    let (largest, side_by_side) = match data.is_stream() {
        true => (cuts.windows(2).map(|cut| cut[1] - cut[0]).max(), 1),
        false => (cuts.last().copied(), cuts.len() - 1),
    };
    let rows = match question.shuffled {
        None => Selection::Range(0..data.count()),
        Some(_) => Selection::Listed(&listed),
    };
    let layout = Layout::of::<T>(network);
    let rule = Optimizer::GradientDescent(GradientDescent);
    let model = model_at(network, &layout, rule, parameters, team)?;
    let config = StepConfig {
        pass: Pass {
            dropout: work.dropout,
            ..Pass::new(network, &layout, Some(objective))
        },
        objective,
        optimizer: rule,
        penalty: Penalty::NONE,
        clip_norm: None,
        data,
        team,
        largest_step: largest.unwrap_or(0).max(1),
        records: false,
        whole_gradient: true,
        counts_hits: work.counts_hits,
        shards: Some(part.shards),
        answers: Some(side_by_side),
    };
    let plan = StepPlan {
        rows,
        step: Step {
            lr: 1.0,
            number: 1,
            decay: 1.0,
        },
        share: 1.0,
        dropout: question.dropout.map(|key| DropoutKey {
            first_position: key.first_position + before as u64,
            ..key
        }),
        cuts: Some(&cuts),
        shuffled: question.shuffled,
    };
    Backend::sums_of_shards(config, &model, source, &plan, question.scale, take)
}

/// Losses of each of the worker's shards, in their order, of rows that go through the network `chunk` at a time.
///
/// # Errors
/// As for [`gradients`].
pub fn totals<T: Scalar>(
    work: &Work<'_>,
    mut source: Source<'_, T>,
    parameters: &[T],
    chunk: usize,
    team: &Team,
    take: &mut TakeTotals<'_>,
) -> Result<()> {
    let Work {
        network,
        objective,
        part,
        ..
    } = *work;
    let shape = source.rows().shape();
    source.rows().check(network, objective)?;
    part.check(shape.rows)?;
    let layout = Layout::of::<T>(network);
    if parameters.len() != layout.len {
        return Err(EngineError::config("parameters of another network"));
    }
    let pass = Pass::new(network, &layout, Some(objective));
    let mut buffer = SharedBuffer::zeros(layout.len)?;
    buffer.get_mut().copy_from_slice(parameters);
    let extras = Extras {
        case_weights: shape.case_weights,
        offsets: shape.offsets > 0,
        hits: work.counts_hits,
    };
    let mut workspace = Workspace::new(&pass, Use::Forward, chunk.max(1), extras)?;
    for (_, rows) in part.own() {
        take(totals_of_rows(
            &pass,
            objective,
            &buffer,
            &mut source,
            rows,
            &mut workspace,
            team,
        )?)?;
    }
    Ok(())
}

/// A model of given parameters, that is not to be updated.
fn model_at<T: Scalar>(
    network: &Network,
    layout: &Layout,
    rule: Optimizer,
    parameters: &[T],
    team: &Team,
) -> Result<Model<T>> {
    if parameters.len() != layout.len {
        return Err(EngineError::config("parameters of another network"));
    }
    let start = Coefficients::zeros(network)?;
    let mut model = Model::new(network, layout, &Method::Rule(rule), 1.0, &start, None, team)?;
    model.set(parameters, network);
    Ok(model)
}
