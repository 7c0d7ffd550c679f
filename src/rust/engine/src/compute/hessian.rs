//! The exact Hessian of the objective, some columns at a time, by forward differentiation of the backward pass (Pearlmutter,
//! 1994): rows go forward and back on dual numbers, whose parameters change in the columns' directions. In double precision and
//! plain code: it serves standard errors of small networks, not training.

use super::plain::{each_parameter, Plain};
use crate::base::buffer::SharedSlice;
use crate::base::error::{EngineError, Result};
use crate::base::functions;
use crate::base::ranges::tiles;
use crate::base::threads::Team;
use crate::data::rows::{RowSource, Selection};
use crate::data::table::Data;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Dual;
use crate::nn::coefficients::Coefficients;
use crate::nn::network::Network;
use crate::objective::checked::Objective;
use crate::objective::loss::rows::{Deltas, OutputRows};
use crate::objective::loss::{Cox, RiskSets};
use crate::objective::penalty::Penalty;
use std::ops::Range;
use std::sync::Mutex;

/// Columns computed at once: what does not depend on the direction is computed once for all of them.
const DIRECTIONS: usize = 8;

type Duals = Dual<DIRECTIONS>;

/// Rows taken between two questions whether to go on.
const TILE: usize = 64;

/// Multiply-adds of a parameter in a row and a column.
const WORK_OF_COLUMN: f64 = 6.0;

/// Bytes that [`hessian`] takes beside its result: a tile of rows, the parameters and a gradient on dual numbers for each member;
/// where the loss compares rows with each other, of all of them what is compared.
pub fn bytes(network: &Network, objective: &Objective, rows: usize, members: usize) -> f64 {
    let duals = Plain::<Duals>::numbers(network) + network.parameter_count();
    let data = TILE * (network.inputs() + 2 * network.outputs() + 2);
    let compared = match objective.loss().is_over_all_rows() {
        // Hazards, losses, deltas, and sums over those at risk.
        true => 8.0 * rows as f64 * size_of::<Duals>() as f64 + RiskSets::bytes(rows),
        false => 0.0,
    };
    let of_member = duals * size_of::<Duals>() as f64 + (data * size_of::<f64>()) as f64 + compared;
    let places = 2 * size_of::<usize>();
    members as f64 * of_member + network.parameter_count() * places as f64
}

/// The Hessian by all weights and biases, in the order: layer by layer, weights unit by unit
/// (each unit's inputs in order), then biases; at last the loss's own. It is written into `out`, which is zero at first.
///
/// # Errors
/// Shapes that do not fit, memory refused, a panic of a worker, or an interrupt. What it takes besides is
/// allocated unchecked: the caller counts [`bytes`] before.
pub fn hessian(
    network: &Network,
    objective: &Objective,
    penalty: Penalty,
    data: Data<'_, f64>,
    coefficients: &Coefficients,
    team: &Team,
    out: &mut [f64],
) -> Result<()> {
    coefficients.check(network)?;
    data.check(network, objective)?;
    if network.is_custom() || objective.loss().is_custom() {
        return Err(EngineError::config(
            "functions of the caller's own have no second derivatives",
        ));
    }
    let count = network.parameter_count() as usize;
    if Some(out.len()) != count.checked_mul(count) {
        return Err(EngineError::config("a Hessian has the square of the parameters"));
    }
    let columns = SharedSlice::new(out);
    let mut places = Vec::with_capacity(count);
    each_parameter(network, |_, layer, place| places.push((layer, place)));
    let compared = Compared::of(objective, &data)?;
    let work = WORK_OF_COLUMN * DIRECTIONS as f64 * network.work_of_row() * TILE as f64;
    // Of memory that was refused to a member.
    let failure = Mutex::new(None);
    team.run_queue(count.div_ceil(DIRECTIONS), work, |member, block| {
        let first = block * DIRECTIONS;
        let block = first..count.min(first + DIRECTIONS);
        let mut plain = Plain::<Duals>::new(network, objective, coefficients);
        for (direction, &(layer, place)) in places[block.clone()].iter().enumerate() {
            let parameter = match plain.parameters.get_mut(layer) {
                Some(parameters) => &mut parameters[place],
                None => &mut plain.own[place],
            };
            parameter.change[direction] = 1.0;
        }
        let mut sums = plain.zeros();
        let goes_on = || team.goes_on(member, work);
        match rows_through(&mut plain, &data, compared.as_ref(), goes_on, &mut sums) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                *failure.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
                return;
            }
        }
        for (direction, column) in block.enumerate() {
            // SAFETY: each column belongs to one member.
            let out = unsafe { columns.part(column * count..(column + 1) * count) };
            for (number, &(layer, place)) in out.iter_mut().zip(&places) {
                let sum = sums.0.get(layer).unwrap_or(&sums.1)[place];
                *number = sum.change[direction];
            }
        }
    })?;
    if let Some(error) = failure.into_inner().unwrap_or_else(|e| e.into_inner()) {
        return Err(error);
    }
    each_parameter(network, |index, layer, place| {
        if let Some(layer) = network.layers().get(layer) {
            let (rows, columns) = layer.weights();
            if place < rows * columns {
                out[index * count + index] += layer.decay_factor * penalty.ridge();
            }
        }
    });
    // Symmetric but for rounding; made exactly so.
    for column in 0..count {
        for row in 0..column {
            let mean = (out[column * count + row] + out[row * count + column]) / 2.0;
            out[column * count + row] = mean;
            out[row * count + column] = mean;
        }
    }
    Ok(())
}

/// Where the loss compares rows with each other, who is at risk when, and whose time ended with the event.
struct Compared {
    sets: RiskSets,
    events: Vec<f64>,
}

impl Compared {
    fn of(objective: &Objective, data: &Data<'_, f64>) -> Result<Option<Compared>> {
        if !objective.loss().is_over_all_rows() {
            return Ok(None);
        }
        let mut targets = data.targets.all()?;
        let events = targets.split_off(data.rows());
        Ok(Some(Compared {
            sets: RiskSets::new(&targets)?,
            events,
        }))
    }
}

/// Some rows of a table, in plain memory.
struct Tile {
    inputs: Vec<f64>,
    targets: Vec<f64>,
    offsets: Option<Vec<f64>>,
}

impl Tile {
    fn of(data: &Data<'_, f64>, rows: Range<usize>) -> Tile {
        let gather = |source: &dyn RowSource<f64>| {
            let mut numbers = vec![0.0; rows.len() * source.columns()];
            source.gather(Selection::Range(rows.clone()), &mut numbers);
            numbers
        };
        Tile {
            inputs: gather(data.inputs),
            targets: gather(&data.targets),
            offsets: data.offsets.as_ref().map(|offsets| gather(offsets)),
        }
    }

    /// What each row has, of so many of them.
    fn row(numbers: &[f64], row: usize, rows: usize) -> &[f64] {
        let width = numbers.len() / rows;
        &numbers[row * width..(row + 1) * width]
    }

    fn offsets(&self, row: usize, rows: usize) -> Option<&[f64]> {
        self.offsets.as_ref().map(|offsets| Tile::row(offsets, row, rows))
    }
}

/// Takes all rows forward and back and adds up their gradients; false where the user wants an end.
fn rows_through(
    plain: &mut Plain<'_, Duals>,
    data: &Data<'_, f64>,
    compared: Option<&Compared>,
    goes_on: impl Fn() -> bool,
    sums: &mut (Vec<Vec<Duals>>, Vec<Duals>),
) -> Result<bool> {
    let objective = plain.objective();
    let scale = objective.scaled(1.0, data.total_weight());
    let row_scale = |row: usize| scale * data.case_weights.map_or(1.0, |weights| weights[row]);
    let mut found = Vec::new();
    if let Some(Compared { sets, events }) = compared {
        let mut hazards = Vec::with_capacity(data.rows());
        for rows in tiles(0..data.rows(), TILE) {
            if !goes_on() {
                return Ok(false);
            }
            let tile = Tile::of(data, rows.clone());
            for row in 0..rows.len() {
                let offsets = tile.offsets(row, rows.len());
                plain.forward(Tile::row(&tile.inputs, row, rows.len()), offsets);
                hazards.push(plain.weighted()[0]);
            }
        }
        let mut losses = vec![Duals::default(); data.rows()];
        found = losses.clone();
        Cox::evaluate(sets, &hazards, events, data.case_weights, &mut losses, &mut found)?;
    }
    for rows in tiles(0..data.rows(), TILE) {
        if !goes_on() {
            return Ok(false);
        }
        let tile = Tile::of(data, rows.clone());
        for (position, row) in rows.clone().enumerate() {
            let of_row = |numbers| Tile::row(numbers, position, rows.len());
            plain.forward(of_row(&tile.inputs), tile.offsets(position, rows.len()));
            match found.get(row) {
                Some(&delta) => plain.backward_from(&[delta.times(row_scale(row))]),
                None => plain.backward(of_row(&tile.targets), row_scale(row)),
            }
            plain.add_gradient(sums);
        }
    }
    Ok(true)
}

/// Derivatives by the weighted inputs of the last layer, of all copies of the rows of a tile, of a loss that is asked of many rows
/// at once.
fn custom_deltas(plain: &mut Plain<'_, f64>, tile: &Tile, rows: usize) -> Result<Vec<f64>> {
    let (objective, set) = (plain.objective(), InstructionSet::detect());
    let mut inputs = Vec::new();
    for row in 0..rows {
        plain.forward(Tile::row(&tile.inputs, row, rows), tile.offsets(row, rows));
        inputs.extend_from_slice(plain.weighted());
    }
    let (units, targets_per_row) = (plain.outputs(), tile.targets.len() / rows);
    let all = inputs.len() / units;
    let copies = all / rows;
    let targets: Vec<f64> = (0..all)
        .flat_map(|copy| Tile::row(&tile.targets, copy / copies, rows))
        .copied()
        .collect();
    let (mut values, mut log_sums) = (inputs.clone(), vec![0.0; all]);
    objective
        .output()
        .apply(set, &mut values, units, units, &mut log_sums);
    let (mut losses, mut deltas) = (vec![0.0; all], vec![0.0; all * units]);
    let of_rows = OutputRows {
        output: objective.output(),
        inputs: &inputs,
        values: &values,
        log_sums: &log_sums,
        targets: &targets,
        ancillary: &[],
        stride: units,
        units,
        targets_per_row,
    };
    let mut out = Deltas {
        losses: &mut losses,
        deltas: &mut deltas,
        ancillary: &mut [],
        ancillary_stride: 0,
    };
    objective.evaluate(set, &of_rows, &mut out);
    functions::check()?;
    deltas.iter_mut().for_each(|delta| *delta /= copies as f64);
    Ok(deltas)
}

/// The derivatives of each row's own loss, before case weights, by all parameters in the order of [`hessian`]: column by
/// column (rows x parameters), into `out`.
///
/// # Errors
/// A loss whose rows depend on each other, shapes that do not fit, memory refused, or an interrupt.
pub fn row_gradients(
    network: &Network,
    objective: &Objective,
    data: Data<'_, f64>,
    coefficients: &Coefficients,
    team: &Team,
    out: &mut [f64],
) -> Result<()> {
    coefficients.check(network)?;
    data.check(network, objective)?;
    let (rows, count) = (data.rows(), network.parameter_count() as usize);
    if objective.loss().is_over_all_rows() || Some(out.len()) != rows.checked_mul(count) {
        return Err(EngineError::config(
            "rows that have no gradients of their own, or no room for them",
        ));
    }
    let mut plain = Plain::<f64>::new(network, objective, coefficients);
    for tile in tiles(0..rows, TILE) {
        team.did((count * tile.len()) as f64)?;
        let numbers = Tile::of(&data, tile.clone());
        let custom = match objective.loss().is_custom() {
            true => custom_deltas(&mut plain, &numbers, tile.len())?,
            false => Vec::new(),
        };
        for (position, row) in tile.clone().enumerate() {
            let of_row = |numbers| Tile::row(numbers, position, tile.len());
            plain.forward(of_row(&numbers.inputs), numbers.offsets(position, tile.len()));
            match custom.is_empty() {
                true => plain.backward(of_row(&numbers.targets), 1.0),
                false => plain.backward_from(of_row(&custom)),
            }
            functions::check()?;
            let mut sums = plain.zeros();
            plain.add_gradient(&mut sums);
            each_parameter(network, |index, layer, place| {
                out[index * rows + row] = sums.0.get(layer).unwrap_or(&sums.1)[place];
            });
        }
    }
    Ok(())
}
