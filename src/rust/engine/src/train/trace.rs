//! Records steps of a fit: every matrix that the engine itself computed, nothing computed anew.

use crate::base::buffer::SharedBuffer;
use crate::base::error::Result;
use crate::base::room::{collected, copied_matrix, filled, matrix_of, push, room};
use crate::compute::model::Model;
use crate::data::rows::RowSource;
use crate::kernels::scalar::{row_stride, Scalar};
use crate::nn::coefficients::Coefficients;
use crate::nn::network::Network;
use crate::objective::loss::rows::OutputRows;
use crate::objective::output::Output;
use crate::optim::state::OptimizerState;
use crate::optim::Method;
use crate::train::observer::{EpochView, Observer, StepEnd};
use ndarray::{Array1, Array2};

/// What one layer computed in a step; rows are the rows of the step (from the layer that makes members on, each as many times
/// as there are members), columns the layer's units.
#[derive(Clone, Debug)]
pub struct LayerTrace {
    /// Weighted inputs z (offset included).
    pub weighted_inputs: Array2<f64>,
    /// Activations a.
    pub activations: Array2<f64>,
    /// Slopes da/dz, times the dropout factors where units were dropped. For softmax, whose
    /// slope is a matrix per row, its diagonal a (1 − a), for information.
    pub slopes: Array2<f64>,
    /// Derivatives of the loss by a, as they came back from the next layer; of the last layer [`Objective::error`], where
    /// the loss has any.
    pub incoming_gradients: Option<Array2<f64>>,
    /// Derivatives of the loss by z.
    pub deltas: Array2<f64>,
}

/// One recorded step.
#[derive(Clone, Debug)]
pub struct StepTrace {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Step, from 1.
    pub step: u64,
    /// Learning rate used.
    pub lr: f64,
    /// What penalty and weight decay were multiplied by.
    pub decay: f64,
    /// Rows of the step, from 0, in order.
    pub rows: Vec<usize>,
    /// Sum of case weight times loss over the rows, before the update.
    pub loss_sum: f64,
    /// Inputs as the network saw them.
    pub inputs: Array2<f64>,
    /// Targets.
    pub targets: Array2<f64>,
    /// Case weights.
    pub case_weights: Vec<f64>,
    /// One entry per layer.
    pub layers: Vec<LayerTrace>,
    /// Weights and biases before the step.
    pub before: Coefficients,
    /// The gradient that the update used: penalty included, clipped.
    pub gradient: Coefficients,
    /// Weights and biases after the step.
    pub after: Coefficients,
    /// What the optimizer keeps, after the step.
    pub state: OptimizerState,
}

/// An observer that records the first steps of a fit and watches for the user through another.
pub struct Recorder<'a, T> {
    /// What was recorded.
    pub steps: Vec<StepTrace>,
    wanted: usize,
    before: Coefficients,
    method: Method,
    inner: &'a mut dyn Observer<T>,
}

impl<'a, T: Scalar> Recorder<'a, T> {
    /// Records up to `wanted` steps of a method.
    pub fn new(wanted: usize, method: Method, inner: &'a mut dyn Observer<T>) -> Recorder<'a, T> {
        Recorder {
            steps: Vec::new(),
            wanted,
            method,
            before: Coefficients {
                weights: Vec::new(),
                biases: Vec::new(),
                ancillary: Array1::default(0),
            },
            inner,
        }
    }

    /// Bytes that recording takes: the steps, the weights that the next of them begins with, and what a layer's
    /// slopes are computed in.
    pub fn bytes(network: &Network, steps: usize, rows: usize, targets: usize, slots: usize) -> f64 {
        let layers = network.layers().iter();
        let widest = layers
            .map(|layer| layer.copies * row_stride::<T>(layer.units))
            .max()
            .unwrap_or(0);
        let beside = Coefficients::bytes(network) + rows as f64 * (widest * size_of::<T>()) as f64;
        steps as f64 * StepTrace::bytes(network, rows, targets, slots) + beside
    }
}

impl<T: Scalar> Observer<T> for Recorder<'_, T> {
    fn training_begins(&mut self, model: &Model<T>, network: &Network) -> Result<()> {
        // As the network has them: rounded to its precision.
        self.before = model.coefficients(network)?;
        self.inner.training_begins(model, network)
    }

    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        Ok(self.inner.epoch_end(epoch)? && self.steps.len() < self.wanted)
    }

    fn watches_steps(&self) -> bool {
        true
    }

    fn step_end(&mut self, end: &StepEnd<'_, T>) -> Result<()> {
        if self.steps.len() == self.wanted {
            return Ok(());
        }
        let step = StepTrace::of(end, &mut self.before, &self.method)?;
        push(&mut self.steps, step)
    }
}

impl StepTrace {
    /// A step just made, from weights and biases `before`, which become those after it.
    fn of<T: Scalar>(end: &StepEnd<'_, T>, before: &mut Coefficients, method: &Method) -> Result<StepTrace> {
        let rows = end.rows.len();
        let workspace = end.workspace;
        // SAFETY: observers are called between jobs, when nobody writes.
        let read = |buffer: &SharedBuffer<T>, rows: usize, stride: usize, columns: usize| unsafe {
            matrix(&buffer.read_all()[..rows * stride], stride, columns)
        };
        let members = end.network.copies();
        let last = end.network.layers().len() - 1;
        // From the table: a loss that compares rows has put something else into the workspace.
        let columns = end.objective.targets_per_row(end.network.outputs());
        let mut targets = filled(rows * columns, T::zero())?;
        match &end.targets {
            Some(table) => table.gather(end.rows.clone(), &mut targets),
            // SAFETY: as above.
            None => targets.copy_from_slice(unsafe { workspace.targets.read(0..rows * columns) }),
        }
        // SAFETY: as above.
        let of_copies = unsafe { workspace.row_weights.read(0..rows * members) };
        let of_rows = of_copies.iter().step_by(members);
        let case_weights = collected(of_rows.map(|weight| weight * members as f64))?;
        let mut layers = Vec::new();
        for (number, (layer, buffers)) in end.network.layers().iter().zip(&workspace.layers).enumerate() {
            let (stride, units) = (row_stride::<T>(layer.units), layer.units);
            let rows = rows * layer.copies;
            let activations = read(&buffers.values, rows, stride, units)?;
            let weighted_inputs = match &buffers.weighted_inputs {
                Some(kept) => read(kept, rows, stride, units)?,
                None => copied_matrix(&activations)?,
            };
            let slopes = match &buffers.slopes {
                Some(slopes) => read(slopes, rows, stride, units)?,
                None if number == last && end.network.output() == Output::Softmax => {
                    let mut slopes = copied_matrix(&activations)?;
                    slopes.mapv_inplace(|a| a * (1.0 - a));
                    slopes
                }
                None => {
                    let mut ones = filled(rows * stride, T::one())?;
                    // SAFETY: as above.
                    let values = unsafe { &buffers.values.read_all()[..rows * stride] };
                    layer.activation.times_slope(end.set, &mut ones, values);
                    matrix(&ones, stride, units)?
                }
            };
            let incoming_gradients = match &buffers.incoming_gradients {
                Some(kept) => Some(read(kept, rows, stride, units)?),
                None if number == last && end.objective.has_errors(units) => {
                    let mut errors = filled(rows * units, T::zero())?;
                    // SAFETY: as above.
                    let values = unsafe { buffers.values.read_all() };
                    let of_each = (0..rows).flat_map(|row| &targets[row / members * columns..][..columns]);
                    let targets_of_each = collected(of_each.copied())?;
                    let of_rows = end.objective.errors_of_rows(&OutputRows {
                        output: end.network.output(),
                        inputs: &values[..rows * stride],
                        values: &values[..rows * stride],
                        log_sums: &[],
                        targets: &targets_of_each,
                        ancillary: &[],
                        stride,
                        units,
                        targets_per_row: columns,
                    })?;
                    for (index, error) in errors.iter_mut().enumerate() {
                        let (row, unit) = (index / units, index % units);
                        let y = targets[row / members * columns + unit.min(columns - 1)];
                        let scale = T::of(end.delta_scale * of_copies[row]);
                        *error = match &of_rows {
                            Some(errors) => T::of(errors[index]) * scale,
                            None => end
                                .objective
                                .error(units, values[row * stride + unit], y, unit, scale),
                        };
                    }
                    Some(matrix(&errors, units, units)?)
                }
                None => None,
            };
            let layer = LayerTrace {
                weighted_inputs,
                activations,
                slopes,
                incoming_gradients,
                deltas: read(&buffers.deltas, rows, stride, units)?,
            };
            push(&mut layers, layer)?;
        }
        let after = end.model.coefficients(end.network)?;
        let inputs = end.network.inputs();
        Ok(StepTrace {
            epoch: end.epoch,
            step: end.step,
            lr: end.lr,
            decay: end.decay,
            rows: collected((0..rows).map(|position| end.rows.row(position)))?,
            loss_sum: end.loss_sum,
            inputs: read(&workspace.inputs, rows, inputs, inputs)?,
            targets: matrix(&targets, columns, columns)?,
            case_weights,
            layers,
            gradient: Coefficients::unpack(end.network, end.gradient)?,
            state: end.model.state(end.network, method)?,
            before: std::mem::replace(before, after.copied()?),
            after,
        })
    }

    /// Bytes of a recorded step of so many rows and numbers kept per weight.
    pub fn bytes(network: &Network, rows: usize, targets: usize, slots: usize) -> f64 {
        let layers = network.layers().iter();
        let units: usize = layers.map(|layer| layer.copies * layer.units).sum();
        // Of each layer five matrices; of each row its number and weight besides.
        let of_row = network.inputs() + targets + 2 + 5 * units;
        let numbers = rows as f64 * of_row as f64 * size_of::<f64>() as f64;
        let layers = network.layers().len() as f64;
        numbers
            + (3.0 + slots as f64) * (Coefficients::bytes(network) + layers * BYTES_OF_LAYER)
            + BYTES_OF_LAYER
    }
}

/// Bytes that a layer's matrices take besides their numbers: where they are, and their extents.
const BYTES_OF_LAYER: f64 = 1024.0;

fn matrix<T: Scalar>(numbers: &[T], stride: usize, columns: usize) -> Result<Array2<f64>> {
    let rows = numbers.chunks_exact(stride);
    let count = rows.len();
    let numbers = rows.flat_map(|row| row[..columns].iter().map(|number| number.to_double()));
    let mut all = room(count * columns)?;
    all.extend(numbers);
    matrix_of(all, count, columns)
}
