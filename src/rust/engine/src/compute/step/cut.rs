//! How steps of many rows on few parameters are cut into shards, and the buffers of these.

use super::blocking::rows_at_once;
use crate::base::buffer::{Buffer, SharedBuffer};
use crate::base::error::Result;
use crate::compute::context::Pass;
use crate::compute::workspace::{Extras, Use, Workspace, ROW_GRAIN};
use crate::kernels::scalar::Scalar;
use crate::nn::network::{work_of_step, WORK_WORTH_SHARING};

/// Shards, at most: as many members can work at once.
const MOST_SHARDS: usize = 16;

/// Rows of a shard, at least.
const ROWS_OF_SHARD: usize = 64;

/// Bytes that the gradients of shards may take where each has one of its own.
const GRADIENT_BYTES: usize = 8 << 20;

/// Rows of a shard, at least, where these would take more: shards are then summed one after the other, and what adding a
/// gradient to that of the step takes is little beside so many rows.
const ROWS_OF_SHARD_IN_ORDER: usize = 2048;

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
    /// Whether shards are summed one after the other.
    in_order: bool,
}

impl Cut {
    /// None where one shard would be all there is. `stay` says whether rows stay in the step's own workspace.
    /// `all` are the shards of the step, of which a worker sums `count`.
    pub fn of<T: Scalar>(
        pass: &Pass<'_>,
        count: usize,
        all: usize,
        stay: bool,
        members: usize,
    ) -> Option<Cut> {
        if count < 2 {
            return None;
        }
        let in_order = are_in_order::<T>(pass, count);
        Some(Cut {
            count,
            at_once: rows_of_member::<T>(pass, all),
            workspaces: if stay || in_order { 0 } else { members },
            in_order,
        })
    }

    /// Gradients that are there beside that of the step.
    fn gradients(&self) -> usize {
        match self.in_order {
            true => 1,
            false => self.count,
        }
    }

    /// Bytes that [`Shards::new`] takes.
    pub fn bytes<T: Scalar>(&self, pass: &Pass<'_>, extras: Extras) -> f64 {
        Buffer::<T>::bytes(self.gradients() as f64 * pass.layout.len as f64)
            + self.workspaces as f64 * Workspace::<T>::bytes(pass, Use::Training, self.at_once, extras)
    }
}

/// Buffers for the shards of a step.
pub(super) struct Shards<T> {
    /// A gradient for each shard, one after the other; where shards are summed in order, one for all of them.
    pub gradients: SharedBuffer<T>,
    /// Loss and hits of each shard.
    pub totals: SharedBuffer<f64>,
    /// A workspace for each member; none where the step's own workspace holds all rows.
    pub workspaces: Vec<Workspace<T>>,
    /// Rows that a member takes at a time.
    pub at_once: usize,
    /// Rows of each shard between two questions whether to go on.
    pub round: usize,
    /// Whether shards are summed one after the other.
    pub in_order: bool,
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
            gradients: SharedBuffer::zeros(cut.gradients() * pass.layout.len)?,
            totals: SharedBuffer::zeros(2 * count)?,
            workspaces: workspaces.collect::<Result<_>>()?,
            at_once,
            round: at_once * (WORK_OF_ROUND / work).max(1.0) as usize,
            in_order: cut.in_order,
        })
    }
}

/// Shards of a step of so many rows: as many as its rows make worth while, and as long as fewer numbers
/// are exchanged than if members read each other's rows.
///
/// It decides what is added to what, and so belongs to what a fit is: neither threads nor workers may change it.
pub(crate) fn shard_count<T: Scalar>(pass: &Pass<'_>, rows: usize) -> usize {
    if work_of_step(pass.network, rows) < WORK_WORTH_SHARING {
        return 1;
    }
    let parameters = pass.layout.len.max(1);
    // Asked before it is known that so much fits in memory: what cannot be counted is enough.
    let read = rows.saturating_mul(Workspace::<T>::bytes_per_row(pass.network, Use::Training));
    let apart =
        (rows / ROWS_OF_SHARD).min(GRADIENT_BYTES.min(read / 2) / parameters.saturating_mul(size_of::<T>()));
    MOST_SHARDS.min(apart.max(rows / ROWS_OF_SHARD_IN_ORDER))
}

/// Whether the gradients of so many shards take too much to be there side by side.
fn are_in_order<T: Scalar>(pass: &Pass<'_>, shards: usize) -> bool {
    shards * pass.layout.len.max(1) > GRADIENT_BYTES / size_of::<T>()
}

/// Rows that go through the network at a time before their gradients are summed, in a step of so many shards.
pub(super) fn rows_of_member<T: Scalar>(pass: &Pass<'_>, shards: usize) -> usize {
    if are_in_order::<T>(pass, shards) {
        // The gradient itself fits into no cache: the more rows, the less often it is read.
        return rows_at_once(pass);
    }
    let fitting = MEMBER_BYTES / Workspace::<T>::bytes_per_row(pass.network, Use::Training);
    (fitting / ROW_GRAIN * ROW_GRAIN)
        .max(4 * ROW_GRAIN)
        .min(rows_at_once(pass))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::instruction_set::InstructionSet;
    use crate::nn::activation::Activation;
    use crate::nn::layout::Layout;
    use crate::nn::network::Network;
    use crate::objective::output::Output;

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
        assert!(shards(&[2000, 2000, 1], 4000) < 2);
        // So many rows that they are worth it all the same.
        assert_eq!(shards(&[2000, 2000, 1], 6144), 3);
        assert_eq!(shards(&[2000, 2000, 1], 100_000), MOST_SHARDS);
    }
}
