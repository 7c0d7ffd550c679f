//! The exact Hessian of the objective, column by column, by forward differentiation of the
//! backward pass (Pearlmutter, 1994). In double precision and plain matrix code: it serves
//! standard errors of small networks, not training.

use crate::base::buffer::SharedSlice;
use crate::base::error::{EngineError, Result};
use crate::base::ranges::tiles;
use crate::base::threads::Team;
use crate::data::rows::{RowSource, Selection};
use crate::data::table::Data;
use crate::nn::network::{Coefficients, Network};
use crate::objective::loss::{Loss, Objective};
use crate::objective::output::Output;
use crate::objective::penalty::Penalty;
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
    network.inputs() + 8 * units
}

fn rows_of_chunk(network: &Network) -> usize {
    (CHUNK_BYTES / size_of::<f64>() / numbers_of_row(network)).clamp(1, CHUNK)
}

/// Bytes that [`hessian`] takes beside its result: the rows at hand, once for all and once more for each
/// member, which also has some numbers per parameter of the column that it computes.
pub fn bytes(network: &Network, rows: usize, members: usize) -> f64 {
    let rows = rows.min(rows_of_chunk(network)) as f64 * numbers_of_row(network) as f64;
    let of_member = rows + 5.0 * network.parameter_count();
    (rows + members as f64 * of_member) * size_of::<f64>() as f64 + members as f64 * PACKED_BYTES
}

/// The Hessian by all weights and biases, in the order: layer by layer, weights unit by unit
/// (each unit's inputs in order), then biases. It is written into `out`, which is zero at first.
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
    let count = network.parameter_count() as usize;
    if Some(out.len()) != count.checked_mul(count) {
        return Err(EngineError::config("a Hessian has the square of the parameters"));
    }
    let columns = SharedSlice::new(out);
    let directions = (0..team.size()).map(|_| Ok(Mutex::new(Coefficients::zeros(network)?)));
    let directions = directions.collect::<Result<Vec<_>>>()?;
    let scale = if objective.is_sum() {
        1.0
    } else {
        1.0 / data.total_weight()
    };
    for rows in tiles(0..data.rows(), rows_of_chunk(network)) {
        let work = PRODUCTS_OF_COLUMN * (count * rows.len()) as f64;
        let chunk = Chunk::new(network, objective, &data, rows, coefficients, scale);
        team.run_ranges(count, 1, |member, range| {
            let mut direction = directions[member].lock().unwrap_or_else(|e| e.into_inner());
            for column in range.take_while(|_| team.goes_on(member, work)) {
                // SAFETY: each column belongs to one member.
                let out = unsafe { columns.part(column * count..(column + 1) * count) };
                *element(&mut direction, column) = 1.0;
                chunk.add_product(&direction, out);
                *element(&mut direction, column) = 0.0;
            }
        })?;
    }
    let mut index = 0;
    for layer in network.layers() {
        for _ in 0..layer.inputs * layer.units {
            out[index * count + index] += penalty.strength * (1.0 - penalty.mixture);
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

/// Some rows with everything that does not depend on the direction.
struct Chunk<'a> {
    network: &'a Network,
    objective: &'a Objective,
    coefficients: &'a Coefficients,
    /// Inputs of each layer.
    inputs: Vec<Array2<f64>>,
    /// Weighted inputs of each layer.
    weighted: Vec<Array2<f64>>,
    /// Deltas of each layer (derivatives by weighted inputs).
    deltas: Vec<Array2<f64>>,
    /// Derivatives of the loss by the activations of each layer but the last.
    incoming: Vec<Array2<f64>>,
    /// Predictions and targets.
    predictions: Array2<f64>,
    targets: Array2<f64>,
    /// Case weight times scale, per row.
    row_scales: Array1<f64>,
}

impl<'a> Chunk<'a> {
    fn new(
        network: &'a Network,
        objective: &'a Objective,
        data: &Data<'_, f64>,
        rows: std::ops::Range<usize>,
        coefficients: &'a Coefficients,
        scale: f64,
    ) -> Chunk<'a> {
        let n = rows.len();
        let gather = |source: &dyn RowSource<f64>| {
            let mut matrix = Array2::zeros((n, source.columns()));
            if let Some(numbers) = matrix.as_slice_mut() {
                source.gather(Selection::Range(rows.clone()), numbers);
            }
            matrix
        };
        let last = network.layers().len() - 1;
        let (mut inputs, mut weighted) = (vec![gather(data.inputs)], Vec::new());
        for (number, layer) in network.layers().iter().enumerate() {
            let mut z = inputs[number].dot(&coefficients.weights[number]) + &coefficients.biases[number];
            if number == last {
                if let Some(offsets) = &data.offsets {
                    z += &gather(offsets);
                }
            } else {
                inputs.push(z.mapv(|z| layer.activation.value_and_slope(z).0));
            }
            weighted.push(z);
        }
        let predictions = predict(network.output(), &weighted[last]);
        let targets = gather(&data.targets);
        let row_scales = rows
            .map(|row| scale * data.case_weights.map_or(1.0, |weights| weights[row]))
            .collect();
        let mut chunk = Chunk {
            network,
            objective,
            coefficients,
            inputs,
            weighted,
            deltas: Vec::new(),
            incoming: Vec::new(),
            predictions,
            targets,
            row_scales,
        };
        chunk.deltas = vec![chunk.output_deltas()];
        for number in (0..last).rev() {
            let incoming = chunk.deltas[0].dot(&coefficients.weights[number + 1].t());
            let slopes = chunk.slopes(number);
            chunk.deltas.insert(0, &incoming * &slopes);
            chunk.incoming.insert(0, incoming);
        }
        chunk
    }

    fn slopes(&self, number: usize) -> Array2<f64> {
        let activation = self.network.layers()[number].activation;
        self.weighted[number].mapv(|z| activation.value_and_slope(z).1)
    }

    /// First and second derivatives of an unpaired loss by the prediction.
    fn by_prediction(&self, a: f64, y: f64, output: usize) -> (f64, f64) {
        let k = self.network.outputs() as f64;
        let e = a - y;
        match self.objective.loss() {
            Loss::Sse => (e, 1.0),
            Loss::Mse => (2.0 * e / k, 2.0 / k),
            Loss::Huber(delta) if e.abs() <= *delta => (e / k, 1.0 / k),
            Loss::Huber(delta) => (delta * e.signum() / k, 0.0),
            Loss::Mae => (if e == 0.0 { 0.0 } else { e.signum() / k }, 0.0),
            Loss::Quantile(taus) if e < 0.0 => (-taus[output] / k, 0.0),
            Loss::Quantile(taus) if e > 0.0 => ((1.0 - taus[output]) / k, 0.0),
            _ => (0.0, 0.0),
        }
    }

    fn target(&self, row: usize, output: usize) -> f64 {
        self.targets[(row, output.min(self.targets.ncols() - 1))]
    }

    /// Derivatives of the loss by the weighted inputs of the last layer.
    fn output_deltas(&self) -> Array2<f64> {
        let last = self.network.layers().len() - 1;
        let slopes = self.slopes(last);
        let k = self.network.outputs() as f64;
        Array2::from_shape_fn(self.predictions.dim(), |(row, output)| {
            let (a, y) = (self.predictions[(row, output)], self.target(row, output));
            let delta = match self.objective.loss() {
                Loss::CrossEntropy => a * self.targets.row(row).sum() - y,
                Loss::BinaryCrossEntropy | Loss::Poisson => (a - y) / k,
                _ => self.by_prediction(a, y, output).0 * slopes[(row, output)],
            };
            delta * self.row_scales[row]
        })
    }

    /// How the deltas of the last layer change when its weighted inputs change by `dz`.
    fn output_delta_changes(&self, dz: &Array2<f64>) -> Array2<f64> {
        let last = self.network.layers().len() - 1;
        let activation = self.network.layers()[last].activation;
        let slopes = self.slopes(last);
        let k = self.network.outputs() as f64;
        Array2::from_shape_fn(dz.dim(), |(row, output)| {
            let (a, y) = (self.predictions[(row, output)], self.target(row, output));
            let d = dz[(row, output)];
            let change = match self.objective.loss() {
                Loss::CrossEntropy => {
                    let mean = self.predictions.row(row).dot(&dz.row(row));
                    self.targets.row(row).sum() * a * (d - mean)
                }
                Loss::BinaryCrossEntropy | Loss::Poisson => slopes[(row, output)] * d / k,
                _ => {
                    let (first, second) = self.by_prediction(a, y, output);
                    let slope = slopes[(row, output)];
                    let second_slope = activation.second_derivative(self.weighted[last][(row, output)]);
                    (second * slope * slope + first * second_slope) * d
                }
            };
            change * self.row_scales[row]
        })
    }

    /// Adds the product of the Hessian with a direction.
    fn add_product(&self, direction: &Coefficients, out: &mut [f64]) {
        let layers = self.network.layers();
        let last = layers.len() - 1;
        let mut input_changes = vec![Array2::zeros(self.inputs[0].dim())];
        let mut weighted_changes = Vec::new();
        for number in 0..=last {
            let dz = input_changes[number].dot(&self.coefficients.weights[number])
                + self.inputs[number].dot(&direction.weights[number])
                + &direction.biases[number];
            if number < last {
                input_changes.push(&dz * &self.slopes(number));
            }
            weighted_changes.push(dz);
        }
        let mut change = self.output_delta_changes(&weighted_changes[last]);
        let mut offsets: Vec<usize> = Vec::new();
        let mut total = 0;
        for layer in layers {
            offsets.push(total);
            total += (layer.inputs + 1) * layer.units;
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
                let activation = layers[number - 1].activation;
                let second_slopes = self.weighted[number - 1].mapv(|z| activation.second_derivative(z));
                let incoming = change.dot(&self.coefficients.weights[number].t())
                    + self.deltas[number].dot(&direction.weights[number].t());
                change = incoming * self.slopes(number - 1)
                    + &self.incoming[number - 1] * &second_slopes * &weighted_changes[number - 1];
            }
        }
    }
}

fn predict(output: Output, weighted: &Array2<f64>) -> Array2<f64> {
    if output != Output::Softmax {
        let activation = output.activation();
        return weighted.mapv(|z| activation.value_and_slope(z).0);
    }
    let mut predictions = weighted.clone();
    for mut row in predictions.rows_mut() {
        let largest = row.fold(f64::NEG_INFINITY, |m, &z| m.max(z));
        row.mapv_inplace(|z| (z - largest).exp());
        let sum = row.sum();
        row.mapv_inplace(|e| e / sum);
    }
    predictions
}
