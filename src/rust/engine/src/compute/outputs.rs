//! Outputs of the network for all rows of a table.

use crate::base::buffer::{SharedBuffer, SharedSlice};
use crate::base::error::Result;
use crate::base::ranges::tiles;
use crate::base::threads::Team;
use crate::compute::context::{DropoutKey, Pass};
use crate::compute::feed::fill;
use crate::compute::workspace::{gather, Workspace};
use crate::data::rows::Selection;
use crate::data::Source;
use crate::kernels::scalar::{row_stride, Scalar};
use std::ops::Range;

/// Predictions of all rows of a table, column by column (rows x outputs).
///
/// # Errors
/// A panic of a worker, an interrupt, or what a stream fails by.
pub fn outputs<T: Scalar>(
    pass: &Pass<'_>,
    parameters: &SharedBuffer<T>,
    source: &mut Source<'_, T>,
    workspace: &mut Workspace<T>,
    team: &Team,
    dropout: Option<DropoutKey>,
    out: &mut [f64],
) -> Result<()> {
    let (rows, units) = (source.rows().count(), pass.network.outputs());
    let out = SharedSlice::new(out);
    workspace.hold(None);
    for chunk in tiles(0..rows, workspace.capacity) {
        let selection = Selection::Range(chunk.clone());
        let table = fill(source, workspace, &selection)?;
        let dropout = dropout.map(|key| DropoutKey {
            first_position: key.first_position + chunk.start as u64,
            ..key
        });
        let workspace: &Workspace<T> = workspace;
        workspace.each_tile(team, chunk.len(), |_, tile| {
            if let Some(data) = &table {
                gather(data, units, workspace, &selection, tile.clone());
            }
            // SAFETY: members have disjoint rows of the workspace and of the predictions; parameters are only read.
            unsafe {
                pass.forward(workspace, tile.clone(), parameters, dropout);
                write_outputs(workspace, tile, units, &out, rows, chunk.start);
            }
        })?;
    }
    Ok(())
}

/// Writes the outputs of a tile of a workspace, whose first row is row `first` of all `rows`, column by column.
///
/// # Safety
/// Nobody may write these rows of the workspace, and nobody else may use them in `out`.
pub(crate) unsafe fn write_outputs<T: Scalar>(
    workspace: &Workspace<T>,
    tile: Range<usize>,
    units: usize,
    out: &SharedSlice<'_, f64>,
    rows: usize,
    first: usize,
) {
    let stride = row_stride::<T>(units);
    let values = &workspace.layers[workspace.layers.len() - 1].values;
    // SAFETY: the caller's promise.
    let copies = workspace.copies;
    let values = unsafe { values.read(tile.start * copies * stride..tile.end * copies * stride) };
    for unit in 0..units {
        let start = unit * rows + first;
        // SAFETY: as above.
        let column = unsafe { out.part(start + tile.start..start + tile.end) };
        if copies == 1 {
            for (number, row) in column.iter_mut().zip(values.chunks_exact(stride)) {
                *number = row[unit].to_double();
            }
            continue;
        }
        // A prediction is the mean of the members'.
        for (number, row) in column.iter_mut().zip(values.chunks_exact(copies * stride)) {
            let sum: f64 = row
                .iter()
                .skip(unit)
                .step_by(stride)
                .map(|value| value.to_double())
                .sum();
            *number = sum / copies as f64;
        }
    }
}
