//! The exact Hessian of the objective, column by column, by forward differentiation of the
//! backward pass (Pearlmutter, 1994). In double precision and plain matrix code: it serves
//! standard errors of small networks, not training.

use crate::base::buffer::SharedSlice;
use crate::base::error::{EngineError, Result};
use crate::base::functions;
use crate::base::ranges::tiles;
use crate::base::room::{collected, copied, filled, matrix_of};
use crate::base::threads::Team;
use crate::data::rows::{RowSource, Selection};
use crate::data::table::Data;
use crate::kernels::instruction_set::InstructionSet;
use crate::nn::activation::Activation;
use crate::nn::network::{Coefficients, Network};
use crate::objective::checked::Objective;
use crate::objective::loss::rows::{Deltas, OutputRows};
use crate::objective::loss::{Cox, RiskSets};
use crate::objective::penalty::Penalty;
use crate::objective::real::{Dual, Real};
use ndarray::{Array1, Array2, Axis};
use std::sync::Mutex;

/// Rows taken at a time, at most.
const CHUNK: usize = 512;
/// Bytes that what is computed of these rows may take: wide networks take fewer rows at a time.
const CHUNK_BYTES: usize = 32 << 20;
/// Matrix products of a row's size and of the parameters' that a column takes.
const PRODUCTS_OF_COLUMN: f64 = 6.0;

/// Bytes that products of matrices pack of their factors, for each member; measured on small networks.
const PACKED_BYTES: f64 = 262144.0;

/// Numbers of a row while it is differentiated: what comes in, and of each layer what goes in and out,
/// its slopes, second derivatives, deltas, and how each of them changes.
fn numbers_of_row(network: &Network) -> usize {
    let units: usize = network.layers().iter().map(|layer| layer.units).sum();
    // Of what is differentiated dual numbers, twice over; of a loss that compares rows their order, too.
    network.inputs() + 8 * units + 8 * network.outputs() + 4 * network.ancillary() + 4
}

/// Rows that are taken at a time, of so many; all of them where the loss compares them with each other.
fn rows_of_chunk(network: &Network, objective: &Objective, rows: usize) -> usize {
    match objective.loss().is_over_all_rows() {
        true => rows.max(1),
        false => (CHUNK_BYTES / size_of::<f64>() / numbers_of_row(network)).clamp(1, CHUNK),
    }
}

/// Bytes that [`hessian`] takes beside its result: the rows at hand, once for all and once more for each
/// member, which also has some numbers per parameter of the column that it computes.
pub fn bytes(network: &Network, objective: &Objective, rows: usize, members: usize) -> f64 {
    let rows = rows.min(rows_of_chunk(network, objective, rows)) as f64 * numbers_of_row(network) as f64;
    let of_member = rows + 5.0 * network.parameter_count();
    (rows + members as f64 * of_member) * size_of::<f64>() as f64 + members as f64 * PACKED_BYTES
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
    let directions = (0..team.size()).map(|_| Ok(Mutex::new(Coefficients::zeros(network)?)));
    let directions = directions.collect::<Result<Vec<_>>>()?;
    let scale = objective.scaled(1.0, data.total_weight());
    // Of memory that was refused to a member.
    let failure = Mutex::new(None);
    for rows in tiles(0..data.rows(), rows_of_chunk(network, objective, data.rows())) {
        let work = PRODUCTS_OF_COLUMN * (count * rows.len()) as f64;
        let chunk = Chunk::new(network, objective, &data, rows, coefficients, scale)?;
        team.run_ranges(count, 1, |member, range| {
            let mut direction = directions[member].lock().unwrap_or_else(|e| e.into_inner());
            for column in range.take_while(|_| team.goes_on(member, work)) {
                // SAFETY: each column belongs to one member.
                let out = unsafe { columns.part(column * count..(column + 1) * count) };
                *element(&mut direction, column) = 1.0;
                if let Err(error) = chunk.add_product(&direction, out) {
                    *failure.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
                    return;
                }
                *element(&mut direction, column) = 0.0;
            }
        })?;
        if let Some(error) = failure.lock().unwrap_or_else(|e| e.into_inner()).take() {
            return Err(error);
        }
    }
    let mut index = 0;
    for layer in network.layers() {
        for _ in 0..layer.inputs * layer.units {
            out[index * count + index] += penalty.ridge();
            index += 1;
        }
        index += layer.units;
    }
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

/// One parameter, by its index in the order of all.
fn element(coefficients: &mut Coefficients, mut index: usize) -> &mut f64 {
    let mut layer = 0;
    loop {
        if layer == coefficients.weights.len() {
            return &mut coefficients.ancillary[index];
        }
        let (inputs, units) = coefficients.weights[layer].dim();
        if index < inputs * units {
            return &mut coefficients.weights[layer][(index % inputs, index / inputs)];
        }
        index -= inputs * units;
        if index < units {
            return &mut coefficients.biases[layer][index];
        }
        index -= units;
        layer += 1;
    }
}

/// Values and slopes of an activation of the caller's own, asked of all weighted inputs at once.
fn curve(activation: Activation, weighted: &Array2<f64>) -> Result<(Array2<f64>, Array2<f64>)> {
    let (rows, units) = weighted.dim();
    let mut values = collected(weighted.iter().copied())?;
    let mut slopes = filled(values.len(), 0.0)?;
    activation.activate_with_slope(InstructionSet::detect(), &mut values, &mut slopes);
    functions::check()?;
    Ok((matrix_of(values, rows, units)?, matrix_of(slopes, rows, units)?))
}

/// Some rows with everything that does not depend on the direction.
struct Chunk<'a> {
    network: &'a Network,
    objective: &'a Objective,
    coefficients: &'a Coefficients,
    /// Inputs of each layer.
    inputs: Vec<Array2<f64>>,
    /// Weighted inputs of each layer.
    weighted: Vec<Array2<f64>>,
    /// First and second derivatives of the activations of each layer but the last.
    slopes: Vec<[Array2<f64>; 2]>,
    /// Deltas of each layer (derivatives by weighted inputs).
    deltas: Vec<Array2<f64>>,
    /// Derivatives of the loss by the activations of each layer but the last.
    incoming: Vec<Array2<f64>>,
    targets: Array2<f64>,
    /// Derivatives of the loss by its own parameters.
    ancillary_deltas: Array2<f64>,
    /// Where the loss compares rows with each other, who is at risk when, and whose time ended with the event: of all rows.
    at_risk: Option<(RiskSets, Vec<f64>)>,
    case_weights: Option<&'a [f64]>,
    /// Case weight times scale, per row.
    row_scales: Array1<f64>,
}

impl<'a> Chunk<'a> {
    fn new(
        network: &'a Network,
        objective: &'a Objective,
        data: &Data<'a, f64>,
        rows: std::ops::Range<usize>,
        coefficients: &'a Coefficients,
        scale: f64,
    ) -> Result<Chunk<'a>> {
        let n = rows.len();
        let gather = |source: &dyn RowSource<f64>| {
            let mut matrix = Array2::zeros((n, source.columns()));
            if let Some(numbers) = matrix.as_slice_mut() {
                source.gather(Selection::Range(rows.clone()), numbers);
            }
            matrix
        };
        let last = network.layers().len() - 1;
        let (mut inputs, mut weighted, mut slopes) = (vec![gather(data.inputs)], Vec::new(), Vec::new());
        for (number, layer) in network.layers().iter().enumerate() {
            let mut z = inputs[number].dot(&coefficients.weights[number]) + &coefficients.biases[number];
            if number == last {
                if let Some(offsets) = &data.offsets {
                    z += &gather(offsets);
                }
            } else {
                let activation = layer.activation;
                if activation.is_custom() {
                    let (values, of_values) = curve(activation, &z)?;
                    inputs.push(values);
                    slopes.push([of_values, z.mapv(|_| f64::NAN)]);
                } else {
                    inputs.push(z.mapv(|z| activation.value_and_slope(z).0));
                    slopes.push([
                        z.mapv(|z| activation.value_and_slope(z).1),
                        z.mapv(|z| activation.second_derivative(z)),
                    ]);
                }
            }
            weighted.push(z);
        }
        let targets = gather(&data.targets);
        let at_risk = match objective.loss().is_over_all_rows() {
            true => {
                let [times, events] = [0, 1].map(|column| targets.column(column).to_vec());
                Some((RiskSets::new(&times)?, events))
            }
            false => None,
        };
        let row_scales = rows
            .map(|row| scale * data.case_weights.map_or(1.0, |weights| weights[row]))
            .collect();
        let mut chunk = Chunk {
            network,
            objective,
            coefficients,
            inputs,
            weighted,
            slopes,
            deltas: Vec::new(),
            incoming: Vec::new(),
            targets,
            ancillary_deltas: Array2::zeros((0, 0)),
            at_risk,
            case_weights: data.case_weights,
            row_scales,
        };
        let own = coefficients.ancillary.to_vec();
        let (deltas, ancillary) = chunk.output_deltas(|row, unit| chunk.weighted[last][(row, unit)], &own)?;
        chunk.deltas = vec![deltas];
        chunk.ancillary_deltas = ancillary;
        for number in (0..last).rev() {
            let incoming = chunk.deltas[0].dot(&coefficients.weights[number + 1].t());
            chunk.deltas.insert(0, &incoming * &chunk.slopes[number][0]);
            chunk.incoming.insert(0, incoming);
        }
        Ok(chunk)
    }

    /// Derivatives of the loss by the weighted inputs of the last layer, and by its own parameters: on dual numbers with how these change
    /// where weighted inputs and own parameters do.
    fn output_deltas<N: Real + Default>(
        &self,
        weighted: impl Fn(usize, usize) -> N,
        own: &[N],
    ) -> Result<(Array2<N>, Array2<N>)> {
        let (rows, units) = self.weighted[self.weighted.len() - 1].dim();
        let zero = N::of(0.0);
        let mut deltas = Array2::from_elem((rows, units), zero);
        let mut ancillary = Array2::from_elem((rows, own.len()), zero);
        let scale = |row: usize| N::of(self.row_scales[row]);
        if let Some((sets, events)) = &self.at_risk {
            let hazards: Vec<N> = (0..rows).map(|row| weighted(row, 0)).collect();
            let (mut losses, mut found) = (vec![zero; rows], vec![zero; rows]);
            Cox::evaluate(sets, &hazards, events, self.case_weights, &mut losses, &mut found)?;
            for (row, delta) in found.into_iter().enumerate() {
                deltas[(row, 0)] = delta * scale(row);
            }
            return Ok((deltas, ancillary));
        }
        if self.objective.loss().is_custom() {
            for (index, delta) in self.custom_deltas()?.into_iter().enumerate() {
                let (row, unit) = (index / units, index % units);
                deltas[(row, unit)] = N::of(delta) * scale(row);
            }
            return Ok((deltas, ancillary));
        }
        let (mut inputs, mut values, mut by_inputs) =
            (vec![zero; units], vec![zero; units], vec![zero; units]);
        let (mut targets, mut by_own) = (vec![zero; self.targets.ncols()], vec![zero; own.len()]);
        for row in 0..rows {
            for (unit, input) in inputs.iter_mut().enumerate() {
                *input = weighted(row, unit);
            }
            for (target, &y) in targets.iter_mut().zip(self.targets.row(row)) {
                *target = N::of(y);
            }
            self.objective
                .of_row(&inputs, &targets, own, &mut values, &mut by_inputs, &mut by_own);
            for (unit, &delta) in by_inputs.iter().enumerate() {
                deltas[(row, unit)] = delta * scale(row);
            }
            for (number, &delta) in by_own.iter().enumerate() {
                ancillary[(row, number)] = delta * scale(row);
            }
        }
        Ok((deltas, ancillary))
    }

    /// Derivatives by the weighted inputs of the last layer, row by row, of a loss that is asked of all rows at once.
    fn custom_deltas(&self) -> Result<Vec<f64>> {
        let weighted = &self.weighted[self.weighted.len() - 1];
        let (rows, units) = weighted.dim();
        let (output, set) = (self.objective.output(), InstructionSet::detect());
        let inputs = collected(weighted.iter().copied())?;
        let (mut values, mut log_sums) = (copied(&inputs)?, filled(rows, 0.0)?);
        output.apply(set, &mut values, units, units, &mut log_sums);
        let targets = collected(self.targets.iter().copied())?;
        let (mut losses, mut deltas) = (filled(rows, 0.0)?, filled(rows * units, 0.0)?);
        let rows = OutputRows {
            output,
            inputs: &inputs,
            values: &values,
            log_sums: &log_sums,
            targets: &targets,
            ancillary: &[],
            stride: units,
            units,
            targets_per_row: self.targets.ncols(),
        };
        let mut out = Deltas {
            losses: &mut losses,
            deltas: &mut deltas,
            ancillary: &mut [],
            ancillary_stride: 0,
        };
        self.objective.evaluate(set, &rows, &mut out);
        functions::check()?;
        Ok(deltas)
    }

    /// Adds the product of the Hessian with a direction.
    fn add_product(&self, direction: &Coefficients, out: &mut [f64]) -> Result<()> {
        let layers = self.network.layers();
        let last = layers.len() - 1;
        let mut input_changes = vec![Array2::zeros(self.inputs[0].dim())];
        let mut weighted_changes = Vec::new();
        for number in 0..=last {
            let dz = input_changes[number].dot(&self.coefficients.weights[number])
                + self.inputs[number].dot(&direction.weights[number])
                + &direction.biases[number];
            if number < last {
                input_changes.push(&dz * &self.slopes[number][0]);
            }
            weighted_changes.push(dz);
        }
        let dual = |value: f64, change: f64| Dual { value, change };
        let own = self.coefficients.ancillary.iter().zip(&direction.ancillary);
        let own: Vec<Dual> = own.map(|(&value, &change)| dual(value, change)).collect();
        let (deltas, of_own) = self.output_deltas(
            |row, unit| {
                dual(
                    self.weighted[last][(row, unit)],
                    weighted_changes[last][(row, unit)],
                )
            },
            &own,
        )?;
        let mut change = deltas.mapv(|delta| delta.change);
        let mut offsets: Vec<usize> = Vec::new();
        let mut total = 0;
        for layer in layers {
            offsets.push(total);
            total += (layer.inputs + 1) * layer.units;
        }
        for (sum, deltas) in out[total..].iter_mut().zip(of_own.columns()) {
            *sum += deltas.iter().map(|delta| delta.change).sum::<f64>();
        }
        for number in (0..=last).rev() {
            let product =
                input_changes[number].t().dot(&self.deltas[number]) + self.inputs[number].t().dot(&change);
            // Transposed, a row-major matrix is in order unit by unit.
            let numbers = product.t().iter().copied().collect::<Vec<_>>();
            let biases = change.sum_axis(Axis(0));
            for (sum, number) in out[offsets[number]..]
                .iter_mut()
                .zip(numbers.into_iter().chain(biases))
            {
                *sum += number;
            }
            if number > 0 {
                let [slopes, second_slopes] = &self.slopes[number - 1];
                let incoming = change.dot(&self.coefficients.weights[number].t())
                    + self.deltas[number].dot(&direction.weights[number].t());
                change = incoming * slopes
                    + &self.incoming[number - 1] * second_slopes * &weighted_changes[number - 1];
            }
        }
        Ok(())
    }
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
    let data = Data {
        case_weights: None,
        ..data
    };
    for chunk in tiles(0..rows, rows_of_chunk(network, objective, rows)) {
        team.did((count * chunk.len()) as f64)?;
        let of_rows = Chunk::new(network, objective, &data, chunk.clone(), coefficients, 1.0)?;
        let mut column = 0;
        let mut put = |derivative: &dyn Fn(usize) -> f64| {
            let place = column * rows + chunk.start;
            for (row, number) in out[place..place + chunk.len()].iter_mut().enumerate() {
                *number = derivative(row);
            }
            column += 1;
        };
        for (inputs, deltas) in of_rows.inputs.iter().zip(&of_rows.deltas) {
            for unit in 0..deltas.ncols() {
                for input in 0..inputs.ncols() {
                    put(&|row| inputs[(row, input)] * deltas[(row, unit)]);
                }
            }
            for unit in 0..deltas.ncols() {
                put(&|row| deltas[(row, unit)]);
            }
        }
        for own in 0..of_rows.ancillary_deltas.ncols() {
            put(&|row| of_rows.ancillary_deltas[(row, own)]);
        }
    }
    Ok(())
}
