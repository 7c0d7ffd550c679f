//! The workspace of rows on their way through a network: buffers for a limited number of them, which a team
//! shares tile by tile.

use crate::base::buffer::{Buffer, SharedBuffer};
use crate::base::error::Result;
use crate::base::ranges::tiles;
use crate::base::threads::Team;
use crate::compute::context::Pass;
use crate::data::rows::{RowSource, Selection};
use crate::data::table::Data;
use crate::kernels::scalar::{row_stride, Scalar};
use crate::nn::network::{work_of_step, Network};
use crate::objective::loss::Totals;
use crate::objective::output::Output;
use std::ops::Range;

/// Bytes of activations that a workspace may take.
const WORKSPACE_BYTES: usize = 4 << 20;
/// Bytes of a layer, what comes in and what goes out, that a tile may take: they stay
/// in its second-level cache, and the weights are read anew only once per tile.
const TILE_BYTES: usize = 384 << 10;
/// From so many tiles per member on, they go to whoever is free.
const TILES_TO_SHARE: usize = 4;
/// Tiles are multiples of this many rows: of the rows that kernels hold in registers.
pub(crate) const ROW_GRAIN: usize = 12;

/// Buffers of one layer for the rows of a workspace.
pub struct LayerWorkspace<T> {
    /// Activations [rows x stride].
    pub values: SharedBuffer<T>,
    /// Derivatives of the loss by the weighted inputs [rows x stride].
    pub deltas: SharedBuffer<T>,
    /// Slopes times dropout masks, where the backward pass cannot take them from the values.
    pub slopes: Option<SharedBuffer<T>>,
    /// Weighted inputs: of the last layer where the loss is computed from them, else only when
    /// recording.
    pub weighted_inputs: Option<SharedBuffer<T>>,
    /// Derivatives of the loss by the activations: deltas before the slope; only when recording.
    pub incoming_gradients: Option<SharedBuffer<T>>,
}

/// Buffers for up to `capacity` rows on their way through a network.
pub struct Workspace<T> {
    /// Rows that fit.
    pub capacity: usize,
    /// Copies of each row that go out: the buffers of the last layer and of the loss have them one after the other.
    pub copies: usize,
    /// Rows of a tile: as many as a member takes at a time.
    pub tile: usize,
    /// Multiply-adds of a row on its way, forward and back.
    pub work_of_row: f64,
    /// Inputs [rows x inputs].
    pub inputs: SharedBuffer<T>,
    /// One entry per layer.
    pub layers: Vec<LayerWorkspace<T>>,
    /// Derivatives of the loss by its own parameters [rows x stride], where it has any.
    pub ancillary_deltas: Option<SharedBuffer<T>>,
    /// Targets [rows x targets per row].
    pub targets: SharedBuffer<T>,
    /// Offsets, added to the weighted inputs of the last layer [rows x outputs].
    pub offsets: Option<SharedBuffer<T>>,
    /// log Σ e^z of softmax rows.
    pub log_sums: SharedBuffer<T>,
    /// Loss of each row, before case weights.
    pub losses: SharedBuffer<f64>,
    /// Whether each row was classified rightly (shares of its outputs, for several), if counted.
    pub hits: Option<SharedBuffer<f64>>,
    /// Case weight of each row (1 without case weights).
    pub row_weights: SharedBuffer<f64>,
    /// Whether there are case weights.
    pub weighs_rows: bool,
    /// Which rows it holds of the table that steps are made on, if they follow each other there; else none.
    held: Range<usize>,
}

/// What a workspace is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Predictions and losses.
    Forward,
    /// Gradients too.
    Training,
    /// Gradients, with everything a trace shows kept.
    Recording,
}

/// What rows have besides inputs and targets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras {
    /// Case weights.
    pub case_weights: bool,
    /// Offsets.
    pub offsets: bool,
    /// Hits, which are counted.
    pub hits: bool,
}

/// What is kept of a layer besides its activations.
struct Kept {
    deltas: bool,
    slopes: bool,
    weighted_inputs: bool,
    incoming_gradients: bool,
}

impl Kept {
    fn of(pass: &Pass<'_>, purpose: Use, number: usize) -> Kept {
        let layers = pass.network.layers();
        let last = layers.len() - 1;
        let trains = purpose != Use::Forward;
        let records = purpose == Use::Recording;
        // A linear output is its weighted input.
        let needs_logits = pass
            .objective
            .is_some_and(|objective| objective.loss().needs_inputs() && objective.output() != Output::Linear);
        let stored_slopes = layers[number].activation.needs_input() || pass.dropout_rate(number) > 0.0;
        Kept {
            deltas: trains,
            slopes: trains && number < last && stored_slopes,
            weighted_inputs: records || (number == last && needs_logits),
            incoming_gradients: records && number < last,
        }
    }
}

fn targets_per_row(pass: &Pass<'_>) -> usize {
    pass.objective
        .map_or(0, |objective| objective.targets_per_row(pass.network.outputs()))
}

/// Distance between rows of derivatives by the loss's own parameters, where these are wanted.
fn ancillary_stride<T: Scalar>(network: &Network, purpose: Use) -> usize {
    match (network.ancillary(), purpose) {
        (0, _) | (_, Use::Forward) => 0,
        (count, _) => row_stride::<T>(count),
    }
}

impl<T: Scalar> Workspace<T> {
    /// Bytes that a row takes.
    pub fn bytes_per_row(network: &Network, purpose: Use) -> usize {
        let copies = match purpose {
            Use::Forward => 1,
            Use::Training => 2,
            Use::Recording => 4,
        };
        let units: usize = network
            .layers()
            .iter()
            .map(|layer| layer.copies * row_stride::<T>(layer.units))
            .sum();
        (network.inputs() + copies * units + 4 * network.copies() * network.outputs()) * size_of::<T>()
            + 16 * network.copies()
    }

    /// Rows that a workspace should hold when `wanted` rows are to go through the network.
    pub fn capacity_for(network: &Network, purpose: Use, wanted: usize) -> usize {
        if purpose == Use::Recording {
            return wanted.max(1);
        }
        let fitting = WORKSPACE_BYTES / Self::bytes_per_row(network, purpose) / ROW_GRAIN * ROW_GRAIN;
        wanted.clamp(1, fitting.clamp(4 * ROW_GRAIN, 1 << 14))
    }

    /// Rows of a tile: as many as a member takes at a time.
    pub fn rows_of_tile(network: &Network) -> usize {
        let widest = network
            .layers()
            .iter()
            .map(|layer| layer.copies_in * layer.inputs + layer.copies * layer.units)
            .max();
        let layer_bytes = widest.unwrap_or(1) * size_of::<T>();
        (TILE_BYTES / layer_bytes / ROW_GRAIN).clamp(1, 16) * ROW_GRAIN
    }

    /// Bytes that [`Workspace::new`] takes.
    pub fn bytes(pass: &Pass<'_>, purpose: Use, capacity: usize, extras: Extras) -> f64 {
        let network = pass.network;
        let rows = capacity as f64;
        let numbers = |per_row: usize| Buffer::<T>::bytes(rows * per_row as f64);
        let layers = network.layers().iter().enumerate().map(|(number, layer)| {
            let kept = Kept::of(pass, purpose, number);
            let optional = [
                kept.deltas,
                kept.slopes,
                kept.weighted_inputs,
                kept.incoming_gradients,
            ];
            let buffers = 1 + optional.into_iter().filter(|&is_kept| is_kept).count();
            buffers as f64 * numbers(layer.copies * row_stride::<T>(layer.units))
        });
        let copies = network.copies();
        let of_rows = numbers(network.inputs())
            + numbers(copies * targets_per_row(pass))
            + match ancillary_stride::<T>(network, purpose) {
                0 => 0.0,
                stride => numbers(copies * stride),
            }
            + numbers(copies);
        let offsets = if extras.offsets {
            numbers(copies * network.outputs())
        } else {
            0.0
        };
        // Losses and case weights, and hits if counted, are in double precision whatever T is.
        let doubles = 2 + usize::from(extras.hits);
        layers.sum::<f64>() + of_rows + offsets + doubles as f64 * Buffer::<f64>::bytes(rows * copies as f64)
    }

    /// Allocates the buffers.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(pass: &Pass<'_>, purpose: Use, capacity: usize, extras: Extras) -> Result<Workspace<T>> {
        let network = pass.network;
        let optional = |wanted: bool, len: usize| wanted.then(|| SharedBuffer::zeros(len)).transpose();
        let own_stride = ancillary_stride::<T>(network, purpose);
        let mut layers = Vec::new();
        for (number, layer) in network.layers().iter().enumerate() {
            let len = capacity * layer.copies * row_stride::<T>(layer.units);
            let kept = Kept::of(pass, purpose, number);
            layers.push(LayerWorkspace {
                values: SharedBuffer::zeros(len)?,
                deltas: SharedBuffer::zeros(if kept.deltas { len } else { 0 })?,
                slopes: optional(kept.slopes, len)?,
                weighted_inputs: optional(kept.weighted_inputs, len)?,
                incoming_gradients: optional(kept.incoming_gradients, len)?,
            });
        }
        // Each copy of a row is a row of its own to the loss.
        let copies = network.copies();
        let all = capacity * copies;
        Ok(Workspace {
            capacity,
            copies,
            tile: Self::rows_of_tile(network),
            work_of_row: work_of_step(network, 1),
            inputs: SharedBuffer::zeros(capacity * network.inputs())?,
            layers,
            ancillary_deltas: optional(own_stride > 0, all * own_stride)?,
            targets: SharedBuffer::zeros(all * targets_per_row(pass))?,
            offsets: optional(extras.offsets, all * network.outputs())?,
            log_sums: SharedBuffer::zeros(all)?,
            losses: SharedBuffer::zeros(all)?,
            hits: extras.hits.then(|| SharedBuffer::zeros(all)).transpose()?,
            row_weights: SharedBuffer::zeros(all)?,
            weighs_rows: extras.case_weights || copies > 1,
            held: 0..0,
        })
    }
}

impl<T: Scalar> Workspace<T> {
    /// Whether it holds these very rows of the table that steps are made on, so that they need not be
    /// gathered again.
    #[inline]
    pub(crate) fn holds(&self, rows: &Selection<'_>) -> bool {
        matches!(rows, Selection::Range(range) if *range == self.held)
    }

    /// Writes targets, offsets and weights of the first rows, which are there once, for each of their copies.
    pub(crate) fn spread(&mut self, rows: usize, targets: usize, offsets: usize) {
        spread(self.targets.get_mut(), rows, targets, self.copies);
        if let Some(numbers) = &mut self.offsets {
            spread(numbers.get_mut(), rows, offsets, self.copies);
        }
        share_among_copies(self.row_weights.get_mut(), rows, self.copies);
    }

    /// Says which rows it holds from now on of the table that steps are made on; none after rows of another
    /// table, or where not all were gathered.
    #[inline]
    pub(crate) fn hold(&mut self, rows: Option<&Selection<'_>>) {
        self.held = match rows {
            Some(Selection::Range(range)) => range.clone(),
            Some(Selection::Listed(_)) | None => 0..0,
        };
    }

    /// Gives the workspace's first rows to the members, tile by tile. Many tiles go to whoever is
    /// free; with few of them, every member cuts its share into tiles of about equal size: a short
    /// last one would read all the weights for a few rows.
    ///
    /// # Errors
    /// A panic of a worker.
    pub fn each_tile(
        &self,
        team: &Team,
        rows: usize,
        job: impl Fn(usize, Range<usize>) + Sync,
    ) -> Result<()> {
        let work = self.work_of_row;
        let even = |rows: usize| match rows {
            _ if rows <= self.tile => rows,
            _ => rows
                .div_ceil(rows.div_ceil(self.tile))
                .next_multiple_of(ROW_GRAIN),
        };
        if rows < TILES_TO_SHARE * team.size() * self.tile {
            return team.run_ranges(rows, 4, |member, range| {
                let size = even(range.len());
                let goes_on = |tile: &Range<usize>| team.goes_on(member, work * tile.len() as f64);
                tiles(range, size)
                    .take_while(goes_on)
                    .for_each(|tile| job(member, tile));
            });
        }
        let size = even(rows);
        team.run_queue(rows.div_ceil(size), work * size as f64, |member, number| {
            job(member, number * size..rows.min((number + 1) * size));
        })
    }

    /// Sums over rows of the workspace, in their order.
    ///
    /// # Safety
    /// Nobody may write these rows of the workspace.
    pub unsafe fn totals(&self, rows: Range<usize>) -> Totals {
        let rows = rows.start * self.copies..rows.end * self.copies;
        // SAFETY: the caller's promise.
        unsafe {
            let weights = self.row_weights.read(rows.clone());
            let weighted = |numbers: &[f64]| {
                numbers
                    .iter()
                    .zip(weights)
                    .map(|(number, weight)| number * weight)
                    .sum()
            };
            Totals {
                loss: weighted(self.losses.read(rows.clone())),
                hits: self.hits.as_ref().map_or(0.0, |hits| weighted(hits.read(rows))),
            }
        }
    }
}

/// Gathers rows of a selection, with targets, case weights and offsets, into a workspace.
pub(crate) fn gather<T: Scalar>(
    data: &Data<'_, T>,
    outputs: usize,
    workspace: &Workspace<T>,
    selection: &Selection<'_>,
    rows: Range<usize>,
) {
    let part = selection.slice(rows.clone());
    let inputs = data.inputs.columns();
    let targets = RowSource::<T>::columns(&data.targets);
    let of_copies = |width: usize| {
        let width = width * workspace.copies;
        rows.start * width..rows.end * width
    };
    // SAFETY: the callers' members have disjoint rows of the workspace.
    unsafe {
        data.inputs.gather(
            part.clone(),
            workspace.inputs.part(rows.start * inputs..rows.end * inputs),
        );
        gather_copies(
            &data.targets,
            part.clone(),
            workspace.copies,
            workspace.targets.part(of_copies(targets)),
        );
        if let (Some(source), Some(offsets)) = (&data.offsets, &workspace.offsets) {
            gather_copies(
                source,
                part.clone(),
                workspace.copies,
                offsets.part(of_copies(outputs)),
            );
        }
        let weights = workspace.row_weights.part(of_copies(1));
        for (position, weight) in weights.iter_mut().enumerate() {
            *weight = data
                .case_weights
                .map_or(1.0, |weights| weights[part.row(position / workspace.copies)]);
        }
        if workspace.copies > 1 {
            // The loss of a row is the mean of its copies' losses.
            let share = 1.0 / workspace.copies as f64;
            weights.iter_mut().for_each(|weight| *weight *= share);
        }
    }
}

/// Gathers rows of a matrix, each as many times as it has copies.
pub(crate) fn gather_copies<T: Scalar>(
    source: &impl RowSource<T>,
    selection: Selection<'_>,
    copies: usize,
    out: &mut [T],
) {
    let (columns, rows) = (source.columns(), selection.len());
    source.gather(selection, &mut out[..rows * columns]);
    spread(out, rows, columns, copies);
}

/// Writes the first rows of a matrix as many times as each has copies, in place.
fn spread<N: Copy>(numbers: &mut [N], rows: usize, columns: usize, copies: usize) {
    if copies > 1 {
        // From the last on, so that no row is written over before it has been copied.
        for copy in (0..rows * copies).rev() {
            let row = copy / copies * columns;
            numbers.copy_within(row..row + columns, copy * columns);
        }
    }
}

/// Gives each copy of a row its share of the row's weight: the loss of a row is the mean of its copies' losses.
fn share_among_copies(weights: &mut [f64], rows: usize, copies: usize) {
    if copies > 1 {
        spread(weights, rows, 1, copies);
        let share = 1.0 / copies as f64;
        weights[..rows * copies]
            .iter_mut()
            .for_each(|weight| *weight *= share);
    }
}
