//! Steps of many rows on few parameters: consecutive rows are a shard, whose gradient one member sums
//! over rows that it has taken through the network itself; the shards' sums are added in their order.
//!
//! So rows and what became of them stay in the cache of one core, and cores exchange only sums, which
//! matters where they do not share a cache. How many shards there are depends on the shape of the work
//! alone, so that no bit depends on threads.

use super::micropanels::MC;
use super::{RowPass, StepPlan, StepResult, Stepper, StepperParts};
use crate::buffer::{Buffer, SharedBuffer};
use crate::error::Result;
use crate::evaluate::Totals;
use crate::kernels::elementwise::add;
use crate::model::Model;
use crate::optimizer::Step;
use crate::pass::{DropoutKey, Pass};
use crate::rows::tiles;
use crate::scalar::Scalar;
use crate::train::{work_of_step, WORK_WORTH_SHARING};
use crate::workspace::{Extras, Use, Workspace, ROW_GRAIN};
use std::ops::Range;

/// Shards, at most: as many members can work at once.
const MOST_SHARDS: usize = 16;
/// Rows of a shard, at least.
const ROWS_OF_SHARD: usize = 64;
/// Bytes that the gradients of all shards may take.
const GRADIENT_BYTES: usize = 8 << 20;
/// Bytes of activations that a member works on at a time: they stay in its second-level cache.
const MEMBER_BYTES: usize = 512 << 10;
/// Work between two questions to the user, in multiply-adds: some hundredths of a second.
const WORK_OF_ROUND: f64 = 1e9;

/// How the largest step is cut into shards.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// Number of shards.
    count: usize,
    /// Rows that a member takes at a time.
    at_once: usize,
    /// Members that have a workspace of their own.
    workspaces: usize,
}

impl Cut {
    /// None where one shard would be all there is. `capacity` is that of the step's workspace.
    pub fn of<T: Scalar>(parts: &StepperParts<'_, T>, capacity: usize) -> Option<Cut> {
        let (rows, pass) = (parts.largest_step, &parts.pass);
        let count = shard_count::<T>(pass, rows);
        if count < 2 {
            return None;
        }
        let fitting = MEMBER_BYTES / Workspace::<T>::bytes_per_row(pass.network, Use::Training);
        // Rows that are recorded, or need not be fetched anew in each step, stay in the step's workspace.
        let stay = parts.records || (rows == parts.data.rows() && capacity >= rows);
        Some(Cut {
            count,
            at_once: (fitting / ROW_GRAIN * ROW_GRAIN).clamp(4 * ROW_GRAIN, MC),
            workspaces: if stay { 0 } else { parts.team.size() },
        })
    }

    /// Bytes that [`Shards::new`] takes.
    pub fn bytes<T: Scalar>(&self, pass: &Pass<'_>, extras: Extras) -> f64 {
        Buffer::<T>::bytes(self.count as f64 * pass.layout.len as f64)
            + self.workspaces as f64 * Workspace::<T>::bytes(pass, Use::Training, self.at_once, extras)
    }
}

/// Buffers for the shards of a step.
pub(super) struct Shards<T> {
    /// A gradient for each shard, one after the other.
    gradients: SharedBuffer<T>,
    /// Loss and hits of each shard.
    totals: SharedBuffer<f64>,
    /// A workspace for each member; none where the step's own workspace holds all rows.
    workspaces: Vec<Workspace<T>>,
    /// Rows that a member takes at a time.
    at_once: usize,
    /// Rows of each shard between two questions whether to go on.
    round: usize,
}

impl<T: Scalar> Shards<T> {
    /// Shards for the largest step.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(cut: Cut, pass: &Pass<'_>, extras: Extras) -> Result<Shards<T>> {
        let Cut { count, at_once, .. } = cut;
        let work = work_of_step(pass.network, at_once) * count as f64;
        let workspaces = (0..cut.workspaces).map(|_| Workspace::new(pass, Use::Training, at_once, extras));
        Ok(Shards {
            gradients: SharedBuffer::zeros(count * pass.layout.len)?,
            totals: SharedBuffer::zeros(2 * count)?,
            workspaces: workspaces.collect::<Result<_>>()?,
            at_once,
            round: at_once * (WORK_OF_ROUND / work).max(1.0) as usize,
        })
    }
}

/// Shards of a step of so many rows: as many as its rows make worth while, and as long as fewer numbers
/// are exchanged than if members read each other's rows.
pub(super) fn shard_count<T: Scalar>(pass: &Pass<'_>, rows: usize) -> usize {
    if work_of_step(pass.network, rows) < WORK_WORTH_SHARING {
        return 1;
    }
    let parameters = pass.layout.len.max(1);
    // Asked before it is known that so much fits in memory: what cannot be counted is enough.
    let read = rows.saturating_mul(Workspace::<T>::bytes_per_row(pass.network, Use::Training));
    MOST_SHARDS
        .min(rows / ROWS_OF_SHARD)
        .min(GRADIENT_BYTES.min(read / 2) / parameters.saturating_mul(size_of::<T>()))
}

impl<T: Scalar> Stepper<'_, T> {
    /// A step on all rows, shard by shard.
    pub(super) fn step_by_shards(
        &mut self,
        shards: &Shards<T>,
        model: &mut Model<T>,
        plan: &StepPlan<'_>,
        update: bool,
        (scale, penalty_share): (f64, f64),
    ) -> Result<StepResult> {
        let rows = plan.rows.len();
        let count = shard_count::<T>(&self.pass, rows);
        let range = |shard: usize| rows * shard / count..rows * (shard + 1) / count;
        let longest = rows.div_ceil(count);
        for done in (0..longest).step_by(shards.round) {
            let work = work_of_step(self.pass.network, shards.round);
            self.team.run_queue(count, work, |member, shard| {
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
        let fused = update && !self.whole_gradient;
        self.add_shards(shards, count, model, fused.then_some(plan.step), penalty_share)?;
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
        let row_pass = RowPass {
            scale,
            dropout,
            in_place: plan.rows_in_place,
        };
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
            let gradient = shards.gradients.pointer().add(shard * self.pass.layout.len);
            self.gradients_of_rows(model, workspace, member, positions, gradient, accumulate);
        }
    }

    /// The gradient as the sum of the shards', and what follows when it is complete.
    fn add_shards(
        &self,
        shards: &Shards<T>,
        count: usize,
        model: &Model<T>,
        update: Option<Step>,
        penalty_share: f64,
    ) -> Result<()> {
        let penalise = (self.penalty.strength > 0.0).then_some(penalty_share);
        self.for_each_share(model, |_, share| {
            for index in share {
                let range = model.micropanels[index].all();
                // SAFETY: micropanels are disjoint, and the shards' sums are only read in this job.
                unsafe {
                    let target = self.gradient.part(range.clone());
                    for shard in 0..count {
                        let from = shard * self.pass.layout.len;
                        let sums = shards.gradients.read(from + range.start..from + range.end);
                        match shard {
                            0 => target.copy_from_slice(sums),
                            _ => add(self.pass.set, target, sums),
                        }
                    }
                    self.finish_micropanel(model, index, target, update, penalise);
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::kernels::InstructionSet;
    use crate::loss::Output;
    use crate::network::{Layout, Network};

    fn shards(sizes: &[usize], rows: usize) -> usize {
        let activations = vec![Activation::Relu; sizes.len() - 2];
        let network = Network::new(sizes, &activations, Output::Linear).unwrap();
        let pass = Pass {
            network: &network,
            layout: &Layout::of::<f64>(&network),
            objective: None,
            dropout: &[],
            set: InstructionSet::detect(),
        };
        shard_count::<f64>(&pass, rows)
    }

    #[test]
    fn lanes_are_for_many_rows_on_few_parameters() {
        assert_eq!(shards(&[20, 64, 32, 1], 256), 4);
        assert_eq!(shards(&[100, 100, 1], 100_000), MOST_SHARDS);
        // Little work, a batch smaller than the parameters, parameters that many times would not fit.
        assert_eq!(shards(&[4, 10, 3], 150), 1);
        assert!(shards(&[784, 128, 10], 128) < 2);
        assert!(shards(&[2000, 2000, 1], 100_000) < 2);
    }
}
