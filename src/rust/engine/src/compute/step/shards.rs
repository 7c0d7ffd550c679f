//! Steps of many rows on few parameters: consecutive rows are a shard, whose gradient one member sums
//! over rows that it has taken through the network itself; the shards' sums are added in their order.
//!
//! So rows and what became of them stay in the cache of one core, and cores exchange only sums, which
//! matters where they do not share a cache. How many shards there are depends on the shape of the work
//! alone, so that no bit depends on threads.

use super::cut::{rows_of_member, Shards};
use super::micropanels::{Finish, RowSum};
use super::stepper::{RowPass, StepPlan, Stepper};
use crate::base::error::{EngineError, Result};
use crate::base::ranges::tiles;
use crate::compute::context::DropoutKey;
use crate::compute::feed::read;
use crate::compute::model::Model;
use crate::data::remote::{rows_of_shard, Question, TakeGradient, Workers};
use crate::data::rows::Selection;
use crate::data::Source;
use crate::kernels::elementwise::add;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;
use crate::nn::network::work_of_step;
use crate::objective::loss::Totals;
use std::ops::Range;

impl<T: Scalar> Stepper<'_, T> {
    /// The rows of a step, shard by shard, and the gradient.
    pub(super) fn rows_by_shards(
        &mut self,
        shards: &Shards<T>,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
        at_once: Option<Finish>,
        source: &mut Source<'_, T>,
    ) -> Result<Totals> {
        let rows = plan.rows.len();
        let count = self.shards_of(plan);
        if shards.in_order {
            return self.sum_in_order(shards, count, model, plan, scale, at_once, source);
        }
        if self.config.data.is_stream() && rows > self.workspace.capacity {
            let len = self.config.pass.layout.len;
            for shard in 0..count {
                let target = shards.gradient_of(shard, len);
                let range = rows_of(plan, shard, count);
                let found = self.sum_of_shard(model, target, plan, range, scale, source)?;
                // SAFETY: no job is running.
                unsafe { shards.totals.part(2 * shard..2 * shard + 2) }
                    .copy_from_slice(&[found.loss, found.hits]);
            }
        } else {
            read(source, &mut self.workspace, &plan.rows)?;
            let passed = self.shards_through(shards, count, model, plan, scale);
            if shards.workspaces.is_empty() {
                self.workspace.hold(passed.is_ok().then_some(&plan.rows));
            }
            passed?;
        }
        self.add_shards(shards, count, model, at_once)?;
        let mut totals = Totals::default();
        // SAFETY: no job is running.
        for shard in unsafe { shards.totals.read(0..2 * count) }.chunks_exact(2) {
            totals.add(Totals {
                loss: shard[0],
                hits: shard[1],
            });
        }
        Ok(totals)
    }

    /// The rows of all shards and their sum, one shard after the other: no more than one gradient is there beside the sum.
    #[allow(clippy::too_many_arguments)]
    fn sum_in_order(
        &mut self,
        shards: &Shards<T>,
        count: usize,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
        at_once: Option<Finish>,
        source: &mut Source<'_, T>,
    ) -> Result<Totals> {
        let mut totals = Totals::default();
        for shard in 0..count {
            let (target, range) = (shards.gradients.pointer(), rows_of(plan, shard, count));
            totals.add(self.sum_of_shard(model, target, plan, range, scale, source)?);
            let finish = at_once.filter(|_| shard + 1 == count);
            self.for_each_share(model, |_, share| {
                for index in share {
                    let range = model.micropanels[index].all();
                    // SAFETY: micropanels are disjoint, and the shard's sums are only read in this job.
                    unsafe {
                        let target = self.gradient.part(range.clone());
                        add_shard(self.config.pass.set, shard, target, shards.gradients.read(range));
                        if let Some(finish) = finish {
                            self.finish_micropanel(model, index, target, finish);
                        }
                    }
                }
            })?;
        }
        Ok(totals)
    }

    /// The gradient over the rows of a shard, at the given positions of the step, and what their losses come to. The team takes
    /// turns at rows and at parameters; what is added to what, and when, is the same as where each member has a shard.
    fn sum_of_shard(
        &mut self,
        model: &Model<T>,
        target: *mut T,
        plan: &StepPlan<'_>,
        range: Range<usize>,
        scale: f64,
        source: &mut Source<'_, T>,
    ) -> Result<Totals> {
        let team = self.config.team;
        let shards = self.config.shards.unwrap_or_else(|| self.shards_of(plan));
        let at_once = rows_of_member::<T>(&self.config.pass, shards);
        let fitting = match self.workspace.capacity / at_once {
            // It has room for all rows of the step.
            0 => self.workspace.capacity,
            times => times * at_once,
        };
        let (target, mut totals) = (Target(target), Totals::default());
        for window in tiles(range.clone(), fitting) {
            let part = plan.rows.slice(window.clone());
            read(source, &mut self.workspace, &part)?;
            let dropout = plan.dropout.map(|key| DropoutKey {
                first_position: key.first_position + window.start as u64,
                ..key
            });
            self.rows_through(model, &part, RowPass { scale, dropout })?;
            let sums = || {
                tiles(0..part.len(), at_once).map(|rows| RowSum {
                    workspace: &self.workspace,
                    accumulate: window.start + rows.start > range.start,
                    rows,
                    target: Some(target.pointer()),
                })
            };
            for sum in sums() {
                // SAFETY: no job is running.
                totals.add(unsafe { self.workspace.totals(sum.rows) });
            }
            self.for_each_share(model, |member, share| {
                for sum in sums() {
                    let work = sum.rows.len() * model.weights_of(share.clone());
                    if !team.goes_on(member, work as f64) {
                        return;
                    }
                    // SAFETY: micropanels are disjoint, and the rows of the workspace are only read in this job.
                    unsafe { self.sum_all(model, member, share.clone(), &sum) };
                }
            })?;
        }
        Ok(totals)
    }

    /// The gradients over some rows of a step, at the positions between the cuts, in their order: what a worker is asked for. It is
    /// asked of a stepper once.
    ///
    /// # Errors
    /// A panic of a worker, an interrupt, what a stream fails by, or who takes them.
    pub fn sums_of_shards(
        &mut self,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
        source: &mut Source<'_, T>,
        take: &mut TakeGradient<'_, T>,
    ) -> Result<()> {
        let cuts = plan.cuts.unwrap_or_default();
        if self.config.shards == Some(1) {
            // All rows, not cut at all.
            let found = self.rows_by_parts(model, plan, scale, None, source)?;
            return take(self.gradient.get_mut(), found);
        }
        let are_here = self.config.data.are_here();
        if let Some(shards) = self.shards.take_if(|shards| are_here && !shards.in_order) {
            let count = cuts.len() - 1;
            self.shards_through(&shards, count, model, plan, scale)?;
            let len = self.config.pass.layout.len;
            for shard in 0..count {
                // SAFETY: no job is running.
                let (gradient, totals) = unsafe {
                    (
                        shards.gradients.read(shard * len..(shard + 1) * len),
                        shards.totals.read(2 * shard..2 * shard + 2),
                    )
                };
                take(
                    gradient,
                    Totals {
                        loss: totals[0],
                        hits: totals[1],
                    },
                )?;
            }
            return Ok(());
        }
        for range in cuts.windows(2).map(|cut| cut[0]..cut[1]) {
            let target = self.gradient.pointer();
            let found = if range.is_empty() {
                self.gradient.get_mut().fill(T::zero());
                Totals::default()
            } else {
                self.sum_of_shard(model, target, plan, range, scale, source)?
            };
            take(self.gradient.get_mut(), found)?;
        }
        Ok(())
    }

    /// What the rows of a step, which others have, come to: their sums are added as they come.
    pub(super) fn rows_of_others(
        &mut self,
        workers: &mut dyn Workers<T>,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
    ) -> Result<Totals> {
        if plan.shuffled.is_none()
            && !matches!(&plan.rows, Selection::Range(rows) if rows.len() == self.config.data.count())
        {
            return Err(EngineError::config(
                "batches of rows that others have, which are no shares of shards",
            ));
        }
        let question = Question {
            scale,
            dropout: plan.dropout,
            shuffled: plan.shuffled,
        };
        let (mut number, mut totals) = (0, Totals::default());
        let set = self.config.pass.set;
        let target = self.gradient.get_mut();
        // SAFETY: no job is running.
        let parameters = unsafe { model.parameters.read_all() };
        workers.gradients(parameters, &question, &mut |gradient, found| {
            if gradient.len() != target.len() {
                let (wanted, got) = (target.len(), gradient.len());
                return Err(EngineError::Stream(format!(
                    "a gradient of {got} numbers where {wanted} were wanted"
                )));
            }
            add_shard(set, number, target, gradient);
            totals.add(found);
            number += 1;
            Ok(())
        })?;
        match number {
            0 => Err(EngineError::Stream("no worker had rows".to_string())),
            _ => Ok(totals),
        }
    }

    /// The rows of all shards forward and back, and into their sums.
    fn shards_through(
        &self,
        shards: &Shards<T>,
        count: usize,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
    ) -> Result<()> {
        let ranges = || (0..count).map(|shard| rows_of(plan, shard, count));
        let longest = ranges().map(|range| range.len()).max().unwrap_or(0);
        let work = work_of_step(self.config.pass.network, shards.round);
        for done in (0..longest).step_by(shards.round) {
            self.config.team.run_queue(count, work, |member, shard| {
                let range = rows_of(plan, shard, count);
                let first = range.end.min(range.start + done);
                for rows in tiles(first..range.end.min(first + shards.round), shards.at_once) {
                    let accumulate = rows.start > range.start;
                    // SAFETY: a shard has one member at a time, and a member its own workspace and scratch.
                    unsafe {
                        self.rows_of_shard(shards, model, plan, scale, (member, shard), rows, accumulate)
                    };
                }
            })?;
        }
        Ok(())
    }

    /// Some rows of a shard forward and back, and into its sums.
    ///
    /// # Safety
    /// The shard, the member's workspace and scratch, and these rows must be the caller's; nobody may write
    /// the parameters.
    #[allow(clippy::too_many_arguments)]
    unsafe fn rows_of_shard(
        &self,
        shards: &Shards<T>,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
        (member, shard): (usize, usize),
        rows: Range<usize>,
        accumulate: bool,
    ) {
        // In a workspace of its own the member's rows begin at 0, in the step's workspace at their position.
        let (workspace, part, positions) = match shards.workspaces.get(member) {
            Some(workspace) => (workspace, plan.rows.slice(rows.clone()), 0..rows.len()),
            None => (&self.workspace, plan.rows.clone(), rows.clone()),
        };
        let dropout = plan.dropout.map(|key| DropoutKey {
            first_position: key.first_position + (rows.start - positions.start) as u64,
            ..key
        });
        let row_pass = RowPass { scale, dropout };
        // SAFETY: the caller's promise.
        unsafe {
            for tile in tiles(positions.clone(), workspace.tile) {
                self.tile_through(model, workspace, &part, tile, row_pass);
            }
            let sum = RowSum {
                workspace,
                rows: positions,
                target: Some(shards.gradient_of(shard, self.config.pass.layout.len)),
                accumulate,
            };
            shards.add_totals(shard, &sum);
            self.sum_all(model, member, 0..model.micropanels.len(), &sum);
        }
    }

    /// The gradient as the sum of the shards', and what follows if it is complete then.
    fn add_shards(
        &self,
        shards: &Shards<T>,
        count: usize,
        model: &Model<T>,
        at_once: Option<Finish>,
    ) -> Result<()> {
        self.for_each_share(model, |_, share| {
            for index in share {
                let range = model.micropanels[index].all();
                // SAFETY: micropanels are disjoint, and the shards' sums are only read in this job.
                unsafe {
                    let target = self.gradient.part(range.clone());
                    for shard in 0..count {
                        let from = shard * self.config.pass.layout.len;
                        let sums = shards.gradients.read(from + range.start..from + range.end);
                        add_shard(self.config.pass.set, shard, target, sums);
                    }
                    if let Some(finish) = at_once {
                        self.finish_micropanel(model, index, target, finish);
                    }
                }
            }
        })
    }
}

impl<T: Scalar> Shards<T> {
    /// Where a shard's gradient begins, which has so many numbers.
    fn gradient_of(&self, shard: usize, len: usize) -> *mut T {
        // Within the buffer, which has a gradient for each shard.
        self.gradients.pointer().wrapping_add(shard * len)
    }

    /// Adds losses and hits of rows to those of their shard.
    ///
    /// # Safety
    /// The shard must be the caller's, and nobody may write these rows of the workspace.
    unsafe fn add_totals(&self, shard: usize, sum: &RowSum<'_, T>) {
        // SAFETY: the caller's promise.
        unsafe {
            let found = sum.workspace.totals(sum.rows.clone());
            let totals = self.totals.part(2 * shard..2 * shard + 2);
            let before = if sum.accumulate {
                [totals[0], totals[1]]
            } else {
                [0.0; 2]
            };
            totals.copy_from_slice(&[before[0] + found.loss, before[1] + found.hits]);
        }
    }
}

/// Where a gradient begins that members write side by side.
struct Target<T>(*mut T);

// SAFETY: members write micropanels, which are disjoint.
unsafe impl<T: Send> Sync for Target<T> {}

impl<T> Target<T> {
    fn pointer(&self) -> *mut T {
        self.0
    }
}

/// Positions in a step of a shard's rows.
fn rows_of(plan: &StepPlan<'_>, shard: usize, count: usize) -> Range<usize> {
    match plan.cuts {
        Some(cuts) => cuts[shard]..cuts[shard + 1],
        None => rows_of_shard(shard, plan.rows.len(), count),
    }
}

/// Adds the sums of a shard to those before it.
fn add_shard<T: Scalar>(set: InstructionSet, shard: usize, target: &mut [T], sums: &[T]) {
    match shard {
        0 => target.copy_from_slice(sums),
        _ => add(set, target, sums),
    }
}
