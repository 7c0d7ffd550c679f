//! One step: rows forward and back, gradients summed over them, parameters updated.
//!
//! What a step computes is written down plainly in `tests/engine/reference.rs`: forward, backward and update
//! of a dense network as matrix products, with which `paths.rs` there compares every path below. What is here
//! is the same cut into parts that stay in a cache and that several threads can work on.
//!
//! A mini-batch's rows are taken as many at a time as fit into the workspace. With these members first take
//! tiles of rows through the network, then `micropanels` of parameters: each micropanel's gradient is summed
//! over all rows of the workspace by one member. With the last rows the micropanel is updated at once while
//! its gradient is in the cache, unless the gradient is wanted as a whole (clipping, traces, `nn_gradient`).
//! Steps of many rows on few parameters are cut into `shards`, and steps of `small` networks are made in one
//! go. By which extents work is cut is in `blocking` and `cut`.

mod blocking;
mod cut;
mod micropanels;
mod shards;
mod small;
mod stepper;

pub use stepper::{StepConfig, StepPlan, StepResult, Stepper};

use crate::base::error::Result;
use crate::compute::context::DropoutKey;
use crate::compute::model::Model;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
use cut::shard_count;
use micropanels::Finish;
use stepper::RowPass;

impl<T: Scalar> Stepper<'_, T> {
    /// Makes a step; without `update`, only computes the gradient (which must be kept whole).
    ///
    /// # Errors
    /// A panic of a worker, or an interrupt: some of the parameters may have been updated then.
    pub fn step(&mut self, model: &mut Model<T>, plan: &StepPlan<'_>, update: bool) -> Result<StepResult> {
        let rows = plan.rows.len();
        let scale = self.delta_scale(rows);
        let penalty_share = self.config.penalty_share(plan);
        if self.small && update {
            return Ok(self.small_step(model, plan, scale));
        }
        self.compare_rows(model, plan.dropout)?;
        if let Some(shards) = self
            .shards
            .take_if(|_| shard_count::<T>(&self.config.pass, rows) > 1)
        {
            let result = self.step_by_shards(&shards, model, plan, update, (scale, penalty_share));
            self.shards = Some(shards);
            return result;
        }
        let fused = update && !self.whole_gradient;
        let (mut totals, mut first) = (Totals::default(), 0);
        while first < rows {
            let last = rows.min(first + self.workspace.capacity);
            let part = plan.rows.slice(first..last);
            let dropout = plan.dropout.map(|key| DropoutKey {
                first_position: key.first_position + first as u64,
                ..key
            });
            let row_pass = RowPass { scale, dropout };
            self.rows_through(model, &part, row_pass)?;
            // SAFETY: no job is running.
            totals.add(unsafe { self.workspace.totals(0..part.len()) });
            let is_last = last == rows;
            let finish = Finish {
                update: (fused && is_last).then_some(plan.step),
                penalty_share: penalty_share.filter(|_| is_last),
            };
            self.micropanels_through(model, part.len(), first > 0, finish)?;
            first = last;
        }
        if update && !fused {
            self.update_whole(model, plan.step)?;
        }
        Ok(self.done(model, totals, update, plan.step.decay))
    }
}
