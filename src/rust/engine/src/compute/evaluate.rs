//! Predictions and losses: rows through the network, forward only.

use crate::base::buffer::{SharedBuffer, SharedSlice};
use crate::base::error::{EngineError, Result};
use crate::base::ranges::tiles;
use crate::base::room::collected;
use crate::base::threads::Team;
use crate::compute::all_rows::AllRows;
use crate::compute::context::Pass;
use crate::compute::feed::{fill, total_weight};
use crate::compute::outputs::{outputs, write_outputs};
use crate::compute::step::shard_count;
use crate::compute::workspace::{gather, gather_copies, Extras, Use, Workspace};
use crate::data::remote::rows_of_shard;
use crate::data::rows::{all_finite, ColumnMajor, RowSource, RowStream, Selection};
use crate::data::table::{check_inputs, Data};
use crate::data::Source;
use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use crate::objective::checked::Objective;
use crate::objective::loss::Totals;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Predicts all rows of a source into `out`, column by column (rows x outputs).
///
/// # Errors
/// Numbers that are not finite (in precision `T`), shapes that do not fit, memory refused, a
/// panic of a worker, or an interrupt.
pub fn predict<T: Scalar>(
    network: &Network,
    coefficients: &Coefficients,
    inputs: &dyn RowSource<T>,
    offsets: Option<ColumnMajor<'_>>,
    team: &Team,
    out: &mut [f64],
) -> Result<()> {
    check_inputs(network, inputs, offsets)?;
    let (rows, units) = (inputs.rows(), network.outputs());
    if out.len() != rows * units {
        return Err(EngineError::config("no room for the predictions"));
    }
    let layout = Layout::of::<T>(network);
    let pass = Pass::new(network, &layout, None);
    let parameters = SharedBuffer::from(coefficients.pack::<T>(network, team)?);
    let capacity = Workspace::<T>::capacity_for(network, Use::Forward, rows);
    let workspace = Workspace::new(
        &pass,
        Use::Forward,
        capacity,
        Extras {
            offsets: offsets.is_some(),
            ..Extras::default()
        },
    )?;
    let out = SharedSlice::new(out);
    // Looked at while they are in the cache: a pass of its own would read all inputs twice.
    let found = AtomicBool::new(false);
    let non_finite = collected((0..inputs.columns()).map(|_| AtomicBool::new(false)))?;
    for chunk in tiles(0..rows, capacity) {
        let selection = Selection::Range(chunk.clone());
        workspace.each_tile(team, chunk.len(), |_, tile| {
            let part = selection.slice(tile.clone());
            let columns = inputs.columns();
            // SAFETY: members have disjoint rows of the workspace; parameters are only read.
            unsafe {
                let numbers = workspace.inputs.part(tile.start * columns..tile.end * columns);
                inputs.gather(part.clone(), numbers);
                if !all_finite(numbers) {
                    found.store(true, Ordering::Relaxed);
                    for (index, _) in numbers
                        .iter()
                        .enumerate()
                        .filter(|(_, number)| !number.is_finite())
                    {
                        non_finite[index % columns].store(true, Ordering::Relaxed);
                    }
                    return;
                }
                if let (Some(source), Some(offsets)) = (&offsets, &workspace.offsets) {
                    let width = workspace.copies * units;
                    let offsets = offsets.part(tile.start * width..tile.end * width);
                    gather_copies(source, part, workspace.copies, offsets);
                }
                pass.forward(&workspace, tile.clone(), &parameters, None);
                write_outputs(&workspace, tile, units, &out, rows, chunk.start);
            }
        })?;
        if found.load(Ordering::Relaxed) {
            for column in inputs.non_finite_columns(team)? {
                non_finite[column].store(true, Ordering::Relaxed);
            }
            let columns = (0..non_finite.len()).filter(|&column| non_finite[column].load(Ordering::Relaxed));
            return Err(EngineError::NonFiniteInputs(collected(columns)?));
        }
    }
    Ok(())
}

/// Numbers that a member needs to write the deltas of a tile to, its loss's own included, where only the losses are asked for.
pub(crate) fn scratch_of_member<T: Scalar>(pass: &Pass<'_>) -> usize {
    let last = pass.network.layers().len() - 1;
    let strides = pass.layout.layers[last..].iter().map(|layer| layer.stride);
    Workspace::<T>::rows_of_tile(pass.network) * pass.network.copies() * strides.sum::<usize>()
}

/// Losses and hits over all rows, without penalty; `all_rows` are those of the table, where the loss compares rows.
///
/// # Errors
/// A panic of a worker, or an interrupt.
pub fn totals<T: Scalar>(
    pass: &Pass<'_>,
    objective: &Objective,
    parameters: &SharedBuffer<T>,
    source: &mut Source<'_, T>,
    all_rows: Option<&mut AllRows>,
    workspace: &mut Workspace<T>,
    team: &Team,
) -> Result<Totals> {
    if let (Some(all_rows), Source::Table(data)) = (all_rows, &*source) {
        all_rows.evaluate(pass, parameters, data, workspace, team, None)?;
        return Ok(all_rows.totals(data.case_weights));
    }
    let mut sums = Totals::default();
    if let Source::Remote(workers) = source {
        // SAFETY: no job is running.
        let parameters = unsafe { parameters.read_all() };
        workers.totals(parameters, workspace.capacity, &mut |found| {
            sums.add(found);
            Ok(())
        })?;
        return Ok(sums);
    }
    let rows = source.rows().count();
    let shards = shard_count::<T>(pass, rows).max(1);
    for shard in (0..shards).map(|shard| rows_of_shard(shard, rows, shards)) {
        sums.add(totals_of_rows(
            pass, objective, parameters, source, shard, workspace, team,
        )?);
    }
    Ok(sums)
}

/// The same over some rows, of which a stream has those that come next; what is summed together depends on the rows that fit
/// into the workspace.
///
/// # Errors
/// As for [`totals`], and what a stream fails by.
pub(crate) fn totals_of_rows<T: Scalar>(
    pass: &Pass<'_>,
    objective: &Objective,
    parameters: &SharedBuffer<T>,
    source: &mut Source<'_, T>,
    rows: Range<usize>,
    workspace: &mut Workspace<T>,
    team: &Team,
) -> Result<Totals> {
    let scratch_size = scratch_of_member::<T>(pass);
    let scratch = SharedBuffer::<T>::zeros(scratch_size * team.size())?;
    let mut sums = Totals::default();
    workspace.hold(None);
    for chunk in tiles(rows, workspace.capacity) {
        let selection = Selection::Range(chunk.clone());
        let table = fill(source, workspace, &selection)?;
        let shared: &Workspace<T> = workspace;
        shared.each_tile(team, chunk.len(), |member, tile| {
            if let Some(data) = &table {
                gather(data, pass.network.outputs(), shared, &selection, tile.clone());
            }
            // SAFETY: members have disjoint rows and scratch; parameters are only read.
            unsafe {
                let scratch = scratch.part(member * scratch_size..(member + 1) * scratch_size);
                pass.forward(shared, tile.clone(), parameters, None);
                pass.evaluate(objective, shared, tile, parameters, None, scratch);
            }
        })?;
        // SAFETY: no job is running.
        sums.add(unsafe { workspace.totals(0..chunk.len()) });
    }
    Ok(sums)
}

/// The loss as defined: Σ w l for sums, Σ w l / Σ w for means.
///
/// # Errors
/// Shapes that do not fit, memory refused, a panic of a worker, or an interrupt.
pub fn loss<T: Scalar>(
    network: &Network,
    objective: &Objective,
    coefficients: &Coefficients,
    data: &Data<'_, T>,
    team: &Team,
) -> Result<f64> {
    loss_on(network, objective, coefficients, &mut Source::Table(*data), team)
}

/// The same on rows from anywhere.
///
/// # Errors
/// As for [`loss`], and what a stream fails by.
pub fn loss_on<T: Scalar>(
    network: &Network,
    objective: &Objective,
    coefficients: &Coefficients,
    source: &mut Source<'_, T>,
    team: &Team,
) -> Result<f64> {
    let rows = source.rows();
    rows.check(network, objective)?;
    let (layout, shape) = (Layout::of::<T>(network), rows.shape());
    let pass = Pass::new(network, &layout, Some(objective));
    let parameters = SharedBuffer::from(coefficients.pack::<T>(network, team)?);
    let capacity = Workspace::<T>::capacity_for(network, Use::Forward, shape.rows);
    let mut workspace = Workspace::new(
        &pass,
        Use::Forward,
        capacity,
        Extras {
            case_weights: shape.case_weights,
            offsets: shape.offsets > 0,
            hits: false,
        },
    )?;
    let mut all_rows = AllRows::of_rows(objective, &rows)?;
    let weight = total_weight(source, &mut workspace, team)?;
    let sums = totals(
        &pass,
        objective,
        &parameters,
        source,
        all_rows.as_mut(),
        &mut workspace,
        team,
    )?;
    Ok(objective.scaled(sums.loss, weight))
}

/// Predicts all rows of a stream, which has no targets, into `out`, column by column (rows x outputs).
///
/// # Errors
/// As for [`predict`], and what the stream fails by.
pub fn predict_stream<T: Scalar>(
    network: &Network,
    coefficients: &Coefficients,
    stream: &mut dyn RowStream<T>,
    team: &Team,
    out: &mut [f64],
) -> Result<()> {
    let mut source = Source::stream(stream);
    let shape = source.rows().shape();
    let fits = shape.inputs == network.inputs()
        && shape.targets == 0
        && (shape.offsets == 0 || shape.offsets == network.outputs());
    if !fits || out.len() != shape.rows * network.outputs() {
        return Err(EngineError::config(format!(
            "{shape:?} to be predicted from {} inputs, as {} numbers",
            network.inputs(),
            out.len()
        )));
    }
    let layout = Layout::of::<T>(network);
    let pass = Pass::new(network, &layout, None);
    let parameters = SharedBuffer::from(coefficients.pack::<T>(network, team)?);
    let capacity = Workspace::<T>::capacity_for(network, Use::Forward, shape.rows);
    let extras = Extras {
        offsets: shape.offsets > 0,
        ..Extras::default()
    };
    let mut workspace = Workspace::new(&pass, Use::Forward, capacity, extras)?;
    outputs(&pass, &parameters, &mut source, &mut workspace, team, None, out)
}
