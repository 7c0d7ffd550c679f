//! Steps of many rows on few parameters: consecutive rows are a shard, whose gradient one member sums
//! over rows that it has taken through the network itself; the shards' sums are added in their order.
//!
//! So rows and what became of them stay in the cache of one core, and cores exchange only sums, which
//! matters where they do not share a cache. How many shards there are depends on the shape of the work
//! alone, so that no bit depends on threads.

use super::cut::{shard_count, Shards};
use super::micropanels::{Finish, RowSum};
use super::stepper::{RowPass, StepPlan, StepResult, Stepper};
use crate::base::error::Result;
use crate::base::ranges::tiles;
use crate::compute::context::DropoutKey;
use crate::compute::model::Model;
use crate::kernels::elementwise::add;
use crate::kernels::scalar::Scalar;
use crate::nn::network::work_of_step;
use crate::objective::loss::Totals;
use std::ops::Range;

impl<T: Scalar> Stepper<'_, T> {
    /// A step on all rows, shard by shard.
    pub(super) fn step_by_shards(
        &mut self,
        shards: &Shards<T>,
        model: &mut Model<T>,
        plan: &StepPlan<'_>,
        update: bool,
        (scale, penalty_share): (f64, Option<f64>),
    ) -> Result<StepResult> {
        let count = shard_count::<T>(&self.config.pass, plan.rows.len());
        let passed = self.shards_through(shards, count, model, plan, scale);
        if shards.workspaces.is_empty() {
            self.workspace.hold(passed.is_ok().then_some(&plan.rows));
        }
        passed?;
        let fused = update && !self.whole_gradient;
        let finish = Finish {
            update: fused.then_some(plan.step),
            penalty_share,
        };
        self.add_shards(shards, count, model, finish)?;
        let mut totals = Totals::default();
        // SAFETY: no job is running.
        for shard in unsafe { shards.totals.read(0..2 * count) }.chunks_exact(2) {
            totals.add(Totals {
                loss: shard[0],
                hits: shard[1],
            });
        }
        if update && !fused {
            self.update_whole(model, plan.step)?;
        }
        Ok(self.done(model, totals, update, plan.step.decay))
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
        let rows = plan.rows.len();
        let range = |shard: usize| rows * shard / count..rows * (shard + 1) / count;
        let longest = rows.div_ceil(count);
        let work = work_of_step(self.config.pass.network, shards.round);
        for done in (0..longest).step_by(shards.round) {
            self.config.team.run_queue(count, work, |member, shard| {
                let range = range(shard);
                let first = range.start + done;
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
            let found = workspace.totals(positions.clone());
            let totals = shards.totals.part(2 * shard..2 * shard + 2);
            let before = if accumulate {
                [totals[0], totals[1]]
            } else {
                [0.0; 2]
            };
            totals.copy_from_slice(&[before[0] + found.loss, before[1] + found.hits]);
            let sum = RowSum {
                workspace,
                rows: positions,
                target: Some(
                    shards
                        .gradients
                        .pointer()
                        .add(shard * self.config.pass.layout.len),
                ),
                accumulate,
            };
            self.sum_all(model, member, &sum);
        }
    }

    /// The gradient as the sum of the shards', and what follows when it is complete.
    fn add_shards(&self, shards: &Shards<T>, count: usize, model: &Model<T>, finish: Finish) -> Result<()> {
        self.for_each_share(model, |_, share| {
            for index in share {
                let range = model.micropanels[index].all();
                // SAFETY: micropanels are disjoint, and the shards' sums are only read in this job.
                unsafe {
                    let target = self.gradient.part(range.clone());
                    for shard in 0..count {
                        let from = shard * self.config.pass.layout.len;
                        let sums = shards.gradients.read(from + range.start..from + range.end);
                        match shard {
                            0 => target.copy_from_slice(sums),
                            _ => add(self.config.pass.set, target, sums),
                        }
                    }
                    self.finish_micropanel(model, index, target, finish);
                }
            }
        })
    }
}
