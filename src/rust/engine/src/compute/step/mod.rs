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
//! go. By which extents work is cut is in `blocking` and `cut`. Where workers have the rows, they sum the shards. All ways end in
//! `finish`.

mod blocking;
mod cut;
mod finish;
mod micropanels;
mod shards;
mod small;
mod stepper;

pub use stepper::{StepConfig, StepPlan, StepResult, Stepper};

use crate::base::error::Result;
use crate::compute::context::DropoutKey;
use crate::compute::feed::read;
use crate::compute::model::Model;
use crate::data::Source;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
pub(crate) use cut::shard_count;
use micropanels::Finish;
use stepper::RowPass;

impl<T: Scalar> Stepper<'_, T> {
    /// Makes a step; without `update`, only computes the gradient (which must be kept whole). `source` is what the stepper
    /// was made for.
    ///
    /// # Errors
    /// A panic of a worker, an interrupt, or what a stream or workers fail by: some of the parameters may have been
    /// updated then.
    pub fn step(
        &mut self,
        model: &mut Model<T>,
        plan: &StepPlan<'_>,
        update: bool,
        source: &mut Source<'_, T>,
    ) -> Result<StepResult> {
        let scale = self.delta_scale(plan.rows.len());
        let totals = if let Source::Remote(workers) = source {
            self.rows_of_others(&mut **workers, model, plan, scale)?
        } else if self.small && update {
            read(source, &mut self.workspace, &plan.rows)?;
            self.rows_of_small(model, plan, scale)
        } else {
            self.compare_rows(model, plan.dropout)?;
            let at_once = self.at_once(plan, update);
            let is_cut = self.shards_of(plan) > 1;
            match self.shards.take_if(|_| is_cut) {
                Some(shards) => {
                    let totals = self.rows_by_shards(&shards, model, plan, scale, at_once, source);
                    self.shards = Some(shards);
                    totals?
                }
                None => self.rows_by_parts(model, plan, scale, at_once, source)?,
            }
        };
        self.finish(model, totals, plan, update)
    }

    /// Shards of a step.
    fn shards_of(&self, plan: &StepPlan<'_>) -> usize {
        match plan.cuts {
            Some(cuts) => cuts.len() - 1,
            None => shard_count::<T>(&self.config.pass, plan.rows.len()),
        }
    }

    /// The rows of a step, as many at a time as fit into the workspace, and the gradient micropanel by micropanel.
    fn rows_by_parts(
        &mut self,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
        at_once: Option<Finish>,
        source: &mut Source<'_, T>,
    ) -> Result<Totals> {
        let rows = plan.rows.len();
        let (mut totals, mut first) = (Totals::default(), 0);
        while first < rows {
            let last = rows.min(first + self.workspace.capacity);
            let part = plan.rows.slice(first..last);
            read(source, &mut self.workspace, &part)?;
            let dropout = plan.dropout.map(|key| DropoutKey {
                first_position: key.first_position + first as u64,
                ..key
            });
            self.rows_through(model, &part, RowPass { scale, dropout })?;
            // SAFETY: no job is running.
            totals.add(unsafe { self.workspace.totals(0..part.len()) });
            let finish = at_once.filter(|_| last == rows);
            self.micropanels_through(model, part.len(), first > 0, finish)?;
            first = last;
        }
        Ok(totals)
    }
}
