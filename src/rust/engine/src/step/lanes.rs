//! Steps of many rows on few parameters: consecutive rows are a lane, whose gradient one member sums
//! over rows that it has taken through the network itself; the lanes' sums are added in their order.
//!
//! So rows and what became of them stay in the cache of one core, and cores exchange only sums, which
//! matters where they do not share a cache. How many lanes there are depends on the shape of the work
//! alone, so that no bit depends on threads.

use super::strips::GRADIENT_ROWS;
use super::{StepPlan, StepResult, Stepper, StepperParts, Way};
use crate::block::{Block, Extras, Use, ROW_GRAIN};
use crate::buffer::{Buffer, SharedBuffer};
use crate::error::Result;
use crate::evaluate::Totals;
use crate::kernels::elementwise::add;
use crate::model::Model;
use crate::optimizer::Step;
use crate::pass::{DropoutKey, Pass};
use crate::rows::pieces;
use crate::scalar::Scalar;
use crate::train::{work_of_step, WORK_WORTH_SHARING};
use std::ops::Range;

/// Lanes, at most: as many members can work at once.
const MOST_LANES: usize = 16;
/// Rows of a lane, at least.
const ROWS_OF_LANE: usize = 64;
/// Bytes that the gradients of all lanes may take.
const GRADIENT_BYTES: usize = 8 << 20;
/// Bytes of activations that a member works on at a time: they stay in its second-level cache.
const MEMBER_BYTES: usize = 512 << 10;
/// Work between two questions to the user, in multiply-adds: some hundredths of a second.
const WORK_OF_ROUND: f64 = 1e9;

/// How the largest step is cut into lanes.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// Number of lanes.
    count: usize,
    /// Rows that a member takes at a time.
    at_once: usize,
    /// Members that have a block of their own.
    blocks: usize,
}

impl Cut {
    /// None where one lane would be all there is. `capacity` is that of the step's block.
    pub fn of<T: Scalar>(parts: &StepperParts<'_, T>, capacity: usize) -> Option<Cut> {
        let (rows, pass) = (parts.largest_step, &parts.pass);
        let count = lanes_of::<T>(pass, rows);
        if count < 2 {
            return None;
        }
        let fitting = MEMBER_BYTES / Block::<T>::bytes_per_row(pass.network, Use::Training);
        // Rows that are recorded, or need not be fetched anew in each step, stay in the step's block.
        let stay = parts.records || (rows == parts.data.rows() && capacity >= rows);
        Some(Cut {
            count,
            at_once: (fitting / ROW_GRAIN * ROW_GRAIN).clamp(4 * ROW_GRAIN, GRADIENT_ROWS),
            blocks: if stay { 0 } else { parts.team.size() },
        })
    }

    /// Bytes that [`Lanes::new`] takes.
    pub fn bytes<T: Scalar>(&self, pass: &Pass<'_>, extras: Extras) -> f64 {
        Buffer::<T>::bytes(self.count as f64 * pass.layout.len as f64)
            + self.blocks as f64 * Block::<T>::bytes(pass, Use::Training, self.at_once, extras)
    }
}

/// Room for the lanes of a step.
pub(super) struct Lanes<T> {
    /// A gradient for each lane, one after the other.
    gradients: SharedBuffer<T>,
    /// Loss and hits of each lane.
    totals: SharedBuffer<f64>,
    /// A block for each member; none where the step's own block holds all rows.
    blocks: Vec<Block<T>>,
    /// Rows that a member takes at a time.
    at_once: usize,
    /// Rows of each lane between two questions whether to go on.
    round: usize,
}

impl<T: Scalar> Lanes<T> {
    /// Lanes for the largest step.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(cut: Cut, pass: &Pass<'_>, extras: Extras) -> Result<Lanes<T>> {
        let Cut { count, at_once, .. } = cut;
        let work = work_of_step(pass.network, at_once) * count as f64;
        let blocks = (0..cut.blocks).map(|_| Block::new(pass, Use::Training, at_once, extras));
        Ok(Lanes {
            gradients: SharedBuffer::zeros(count * pass.layout.len)?,
            totals: SharedBuffer::zeros(2 * count)?,
            blocks: blocks.collect::<Result<_>>()?,
            at_once,
            round: at_once * (WORK_OF_ROUND / work).max(1.0) as usize,
        })
    }
}

/// Lanes of a step of so many rows: as many as its rows make worth while, and as long as fewer numbers
/// are exchanged than if members read each other's rows.
pub(super) fn lanes_of<T: Scalar>(pass: &Pass<'_>, rows: usize) -> usize {
    if work_of_step(pass.network, rows) < WORK_WORTH_SHARING {
        return 1;
    }
    let parameters = pass.layout.len.max(1);
    // Asked before it is known that so much fits in memory: what cannot be counted is enough.
    let read = rows.saturating_mul(Block::<T>::bytes_per_row(pass.network, Use::Training));
    MOST_LANES
        .min(rows / ROWS_OF_LANE)
        .min(GRADIENT_BYTES.min(read / 2) / parameters.saturating_mul(size_of::<T>()))
}

impl<T: Scalar> Stepper<'_, T> {
    /// A step on all rows, lane by lane.
    pub(super) fn step_by_lanes(
        &mut self,
        lanes: &Lanes<T>,
        model: &mut Model<T>,
        plan: &StepPlan<'_>,
        update: bool,
        (scale, penalty_share): (f64, f64),
    ) -> Result<StepResult> {
        let rows = plan.rows.len();
        let count = lanes_of::<T>(&self.pass, rows);
        let range = |lane: usize| rows * lane / count..rows * (lane + 1) / count;
        let longest = rows.div_ceil(count);
        for done in (0..longest).step_by(lanes.round) {
            let work = work_of_step(self.pass.network, lanes.round);
            self.team.run_queue(count, work, |member, lane| {
                let range = range(lane);
                let first = range.start + done;
                for rows in pieces(first..range.end.min(first + lanes.round), lanes.at_once) {
                    let accumulate = rows.start > range.start;
                    // SAFETY: a lane has one member at a time, and a member its own block and scratch.
                    unsafe { self.rows_of_lane(lanes, model, plan, scale, (member, lane), rows, accumulate) };
                }
            })?;
        }
        let fused = update && !self.whole_gradient;
        self.add_lanes(lanes, count, model, fused.then_some(plan.step), penalty_share)?;
        let mut totals = Totals::default();
        // SAFETY: no job is running.
        for lane in unsafe { lanes.totals.read(0..2 * count) }.chunks_exact(2) {
            totals.add(Totals {
                loss: lane[0],
                hits: lane[1],
            });
        }
        if update && !fused {
            self.update_whole(model, plan.step)?;
        }
        Ok(self.done(model, totals, update, plan.step.decay))
    }

    /// Some rows of a lane forward and back, and into its sums.
    ///
    /// # Safety
    /// The lane, the member's block and scratch, and these rows must be the caller's; nobody may write
    /// the parameters.
    #[allow(clippy::too_many_arguments)]
    unsafe fn rows_of_lane(
        &self,
        lanes: &Lanes<T>,
        model: &Model<T>,
        plan: &StepPlan<'_>,
        scale: f64,
        (member, lane): (usize, usize),
        rows: Range<usize>,
        accumulate: bool,
    ) {
        // In a block of its own the member's rows begin at 0, in the step's block at their place.
        let (block, part, places) = match lanes.blocks.get(member) {
            Some(block) => (block, plan.rows.slice(rows.clone()), 0..rows.len()),
            None => (&self.block, plan.rows.clone(), rows.clone()),
        };
        let dropout = plan.dropout.map(|key| DropoutKey {
            first_place: key.first_place + (rows.start - places.start) as u64,
            ..key
        });
        let way = Way {
            scale,
            dropout,
            in_place: plan.rows_in_place,
        };
        // SAFETY: the caller's promise.
        unsafe {
            for piece in pieces(places.clone(), block.piece) {
                self.piece_through(model, block, &part, piece, way);
            }
            let found = block.totals(places.clone());
            let totals = lanes.totals.part(2 * lane..2 * lane + 2);
            let before = if accumulate {
                [totals[0], totals[1]]
            } else {
                [0.0; 2]
            };
            totals.copy_from_slice(&[before[0] + found.loss, before[1] + found.hits]);
            let gradient = lanes.gradients.pointer().add(lane * self.pass.layout.len);
            self.gradients_of_rows(model, block, member, places, gradient, accumulate);
        }
    }

    /// The gradient as the sum of the lanes', and what follows when it is complete.
    fn add_lanes(
        &self,
        lanes: &Lanes<T>,
        count: usize,
        model: &Model<T>,
        update: Option<Step>,
        penalty_share: f64,
    ) -> Result<()> {
        let penalise = (self.penalty.strength > 0.0).then_some(penalty_share);
        self.for_each_share(model, |_, share| {
            for index in share {
                let range = model.strips[index].all();
                // SAFETY: strips are disjoint, and the lanes' sums are only read in this job.
                unsafe {
                    let target = self.gradient.part(range.clone());
                    for lane in 0..count {
                        let from = lane * self.pass.layout.len;
                        let sums = lanes.gradients.read(from + range.start..from + range.end);
                        match lane {
                            0 => target.copy_from_slice(sums),
                            _ => add(self.pass.set, target, sums),
                        }
                    }
                    self.finish_strip(model, index, target, update, penalise);
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

    fn lanes(sizes: &[usize], rows: usize) -> usize {
        let activations = vec![Activation::Relu; sizes.len() - 2];
        let network = Network::new(sizes, &activations, Output::Linear).unwrap();
        let pass = Pass {
            network: &network,
            layout: &Layout::of::<f64>(&network),
            objective: None,
            dropout: &[],
            set: InstructionSet::detect(),
        };
        lanes_of::<f64>(&pass, rows)
    }

    #[test]
    fn lanes_are_for_many_rows_on_few_parameters() {
        assert_eq!(lanes(&[20, 64, 32, 1], 256), 4);
        assert_eq!(lanes(&[100, 100, 1], 100_000), MOST_LANES);
        // Little work, a batch smaller than the parameters, parameters that many times would not fit.
        assert_eq!(lanes(&[4, 10, 3], 150), 1);
        assert!(lanes(&[784, 128, 10], 128) < 2);
        assert!(lanes(&[2000, 2000, 1], 100_000) < 2);
    }
}
