//! Rows of a stream on their way into a workspace: the calling thread reads them, in order, before the team computes.
//! Rows of a table are gathered by whoever takes them through the network.

use crate::base::error::{EngineError, Result};
use crate::base::ranges::tiles;
use crate::base::room::{collected, filled};
use crate::base::threads::Team;
use crate::compute::workspace::Workspace;
use crate::data::rows::{Chunk, Reader, Selection, TableShape};
use crate::data::table::Data;
use crate::data::{Rows, Source};
use crate::kernels::scalar::Scalar;

/// Reads rows of a stream into the first of a workspace; those of a table are still to be gathered.
///
/// # Errors
/// As for [`Reader::read`].
#[inline]
pub(crate) fn read<T: Scalar>(
    source: &mut Source<'_, T>,
    workspace: &mut Workspace<T>,
    selection: &Selection<'_>,
) -> Result<()> {
    if let Some(shape) = read_once(source, workspace, selection)? {
        workspace.spread(selection.len(), shape.targets, shape.offsets);
        workspace.hold(Some(selection));
    }
    Ok(())
}

/// The same for who wants each row once, whatever copies of it the network makes; of a stream, what its rows have.
fn read_once<T: Scalar>(
    source: &mut Source<'_, T>,
    workspace: &mut Workspace<T>,
    selection: &Selection<'_>,
) -> Result<Option<TableShape>> {
    match source {
        Source::Table(_) => Ok(None),
        Source::Stream(reader) => {
            read_stream(reader, workspace, selection)?;
            Ok(Some(reader.shape()))
        }
        Source::Remote(_) => Err(EngineError::config("rows that others have, to be read here")),
    }
}

/// The same, and the table where there are rows to be gathered.
///
/// # Errors
/// As for [`read`].
pub(crate) fn fill<'a, T: Scalar>(
    source: &mut Source<'a, T>,
    workspace: &mut Workspace<T>,
    selection: &Selection<'_>,
) -> Result<Option<Data<'a, T>>> {
    read(source, workspace, selection)?;
    Ok(match source {
        Source::Table(data) => Some(*data),
        Source::Stream(_) | Source::Remote(_) => None,
    })
}

fn read_stream<T: Scalar>(
    reader: &mut Reader<'_, T>,
    workspace: &mut Workspace<T>,
    selection: &Selection<'_>,
) -> Result<()> {
    let Selection::Range(rows) = selection else {
        return Err(EngineError::config("rows of a stream out of their order"));
    };
    let (shape, count) = (reader.shape(), rows.len());
    workspace.hold(None);
    let offsets = match &mut workspace.offsets {
        None if shape.offsets > 0 => {
            return Err(EngineError::config(
                "offsets of a stream that judges, and none in training",
            ));
        }
        None => &mut [],
        Some(offsets) => offsets.get_mut(),
    };
    if shape.offsets == 0 {
        offsets.fill(T::zero());
    }
    let weights = workspace.row_weights.get_mut();
    if !shape.case_weights {
        weights[..count].fill(1.0);
    }
    let chunk = Chunk {
        rows: count,
        inputs: &mut workspace.inputs.get_mut()[..count * shape.inputs],
        targets: &mut workspace.targets.get_mut()[..count * shape.targets],
        offsets: &mut offsets[..count * shape.offsets],
        case_weights: &mut weights[..if shape.case_weights { count } else { 0 }],
    };
    reader.read(rows.clone(), chunk)
}

/// Sum of the case weights of all rows. A stream is read once for this, and refused where it holds what is not finite: as a
/// table it is looked at before anything is trained.
///
/// # Errors
/// As for [`read`], naming all columns that are not finite.
pub(crate) fn total_weight<T: Scalar>(
    source: &mut Source<'_, T>,
    workspace: &mut Workspace<T>,
    team: &Team,
) -> Result<f64> {
    let shape = match source.rows() {
        Rows::Table(data) => return Ok(data.total_weight()),
        Rows::Stream(shape, _) | Rows::Remote(shape) => shape,
    };
    if let Source::Remote(workers) = source {
        let total = workers.total_weight();
        return match total > 0.0 && total.is_finite() {
            true => Ok(total),
            false => Err(EngineError::config(format!("case weights of {total} in all"))),
        };
    }
    let (mut inputs, mut targets) = (filled(shape.inputs, false)?, filled(shape.targets, false)?);
    let mark = |flags: &mut [bool], columns: Vec<usize>| columns.into_iter().for_each(|c| flags[c] = true);
    let mut total = 0.0;
    for rows in tiles(0..shape.rows, workspace.capacity) {
        let count = rows.len();
        match read_once(source, workspace, &Selection::Range(rows)) {
            Err(EngineError::NonFiniteInputs(columns)) => mark(&mut inputs, columns),
            Err(EngineError::NonFiniteTargets(columns)) => mark(&mut targets, columns),
            result => {
                result?;
            }
        }
        for weight in &workspace.row_weights.get_mut()[..count] {
            total += weight;
        }
        team.did((count * shape.inputs) as f64)?;
    }
    let marked = |flags: &[bool]| collected((0..flags.len()).filter(|&column| flags[column]));
    match (marked(&targets)?, marked(&inputs)?) {
        (columns, _) if !columns.is_empty() => Err(EngineError::NonFiniteTargets(columns)),
        (_, columns) if !columns.is_empty() => Err(EngineError::NonFiniteInputs(columns)),
        _ if total > 0.0 => Ok(total),
        _ => Err(EngineError::config("case weights that are all zero")),
    }
}

/// Targets, column by column, and case weights of a stream, read once for them; in the precision of the network.
///
/// # Errors
/// As for [`read`], and memory refused.
pub(crate) fn known<T: Scalar>(
    source: &mut Source<'_, T>,
    workspace: &mut Workspace<T>,
    team: &Team,
) -> Result<(Vec<f64>, Option<Vec<f64>>)> {
    let TableShape {
        rows: count,
        inputs,
        targets: columns,
        case_weights,
        ..
    } = source.rows().shape();
    let mut targets = filled(count * columns, 0.0)?;
    let mut weights = filled(if case_weights { count } else { 0 }, 0.0)?;
    for rows in tiles(0..count, workspace.capacity) {
        read_once(source, workspace, &Selection::Range(rows.clone()))?;
        let read = workspace.targets.get_mut().chunks_exact(columns.max(1));
        for (row, numbers) in rows.clone().zip(read) {
            for (column, number) in numbers.iter().enumerate() {
                targets[column * count + row] = number.to_double();
            }
        }
        if case_weights {
            let read = &workspace.row_weights.get_mut()[..rows.len()];
            weights[rows.clone()].copy_from_slice(read);
        }
        team.did((rows.len() * inputs) as f64)?;
    }
    Ok((targets, case_weights.then_some(weights)))
}
