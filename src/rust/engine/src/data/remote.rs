//! Rows that others hold, each a part of them: workers in processes or on machines of their own. They are asked what their rows
//! come to at given parameters; the rows themselves stay where they are.
//!
//! This is the one seam between a training and whoever else works on it: steps ask for the sums of gradients, losses for the sums of
//! losses, shard by shard, and add them in the order of the shards, whoever has which of them. So one worker or several
//! give the bits that a single process gives.

use crate::base::error::Result;
use crate::base::random::{shuffled, stream, Purpose};
use crate::base::room::{append, room};
use crate::compute::context::DropoutKey;
use crate::data::rows::TableShape;
use crate::objective::loss::Totals;
use std::ops::Range;

/// Where a shard of so many rows begins and ends.
pub fn rows_of_shard(shard: usize, rows: usize, count: usize) -> Range<usize> {
    rows * shard / count..rows * (shard + 1) / count
}

/// A step of an epoch in which each shard's rows are shuffled by themselves, and give each step their share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardStep {
    /// The epoch.
    pub epoch: u64,
    /// Which step of it, from 0.
    pub number: usize,
    /// How many it has.
    pub count: usize,
}

impl ShardStep {
    /// Positions in the order of a shard with so many rows.
    pub fn positions(&self, rows: usize) -> Range<usize> {
        rows_of_shard(self.number, rows, self.count)
    }
}

/// Puts the rows of a shard, numbered from `first`, into the order of an epoch.
pub fn shuffle_shard(order: &mut [u32], first: usize, seed: u64, epoch: u64, shard: usize) {
    // A whole shuffle of all rows has 0 in the place of the shard.
    shuffled(
        order,
        &mut stream(seed, Purpose::Shuffle, epoch, shard as u64 + 1),
    );
    order.iter_mut().for_each(|row| *row += first as u32);
}

/// Steps of an epoch in which every shard gives each batch its share, of one row or more.
pub fn steps_of_shards(rows: usize, batch: usize, shards: usize) -> usize {
    rows.div_ceil(batch.max(1)).min(rows / shards).max(1)
}

/// Rows of the largest of these steps, at most.
pub fn largest_step_of_shards(rows: usize, batch: usize, shards: usize) -> usize {
    let steps = steps_of_shards(rows, batch, shards);
    (0..shards)
        .map(|shard| rows_of_shard(shard, rows, shards).len().div_ceil(steps))
        .sum()
}

/// The rows of a step, shard after shard, and where each shard's begin and the last one's end. `order` are all rows in the order
/// of the epoch; where others have them, it is empty, as the answer's rows are.
///
/// # Errors
/// Memory refused.
pub fn rows_of_step(
    order: &[u32],
    rows: usize,
    shards: usize,
    step: ShardStep,
) -> Result<(Vec<u32>, Vec<usize>)> {
    let (mut chosen, mut cuts) = (Vec::new(), room(shards + 1)?);
    cuts.push(0);
    for shard in (0..shards).map(|shard| rows_of_shard(shard, rows, shards)) {
        let positions = step.positions(shard.len());
        cuts.push(cuts[cuts.len() - 1] + positions.len());
        if let Some(order) = order.get(shard.start + positions.start..shard.start + positions.end) {
            append(&mut chosen, order)?;
        }
    }
    Ok((chosen, cuts))
}

/// What a step asks of every shard's rows.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// What deltas are multiplied by.
    pub scale: f64,
    /// Random units to drop; the key is of the first row of the step.
    pub dropout: Option<DropoutKey>,
    /// Which of the shard's rows; none for all of them, in order.
    pub shuffled: Option<ShardStep>,
}

/// Takes the sums of a shard, in the order of the shards: its gradient (laid out like the parameters) and what its losses come to.
pub type TakeGradient<'a, T> = dyn FnMut(&[T], Totals) -> Result<()> + 'a;

/// Takes what the losses of a shard come to, in the order of the shards.
pub type TakeTotals<'a> = dyn FnMut(Totals) -> Result<()> + 'a;

/// Who holds the rows.
pub trait Workers<T> {
    /// How many rows there are in all, and what each has.
    fn shape(&self) -> TableShape;

    /// Sum of their case weights.
    fn total_weight(&self) -> f64;

    /// Asks for the sums over the rows of a step.
    ///
    /// # Errors
    /// Any, such as a worker that is gone: it ends the training, as the end of a stream does.
    fn gradients(
        &mut self,
        parameters: &[T],
        question: &Question,
        take: &mut TakeGradient<'_, T>,
    ) -> Result<()>;

    /// Asks for the losses of all rows, which go through the network `chunk` at a time.
    ///
    /// # Errors
    /// As for [`Workers::gradients`].
    fn totals(&mut self, parameters: &[T], chunk: usize, take: &mut TakeTotals<'_>) -> Result<()>;
}
