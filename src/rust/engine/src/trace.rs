//! Records steps of a fit: every matrix that the engine itself computed, nothing computed anew.

use crate::model::{Model, OptimizerState};
use crate::network::{Coefficients, Network};
use crate::observer::{EpochView, Observer, StepEnd, Wish};
use crate::scalar::{row_stride, Scalar};
use ndarray::Array2;

/// What one layer computed in a step; rows are the rows of the step, columns the layer's units.
#[derive(Clone, Debug)]
pub struct LayerTrace {
    /// Weighted inputs z (offset included).
    pub weighted_inputs: Array2<f64>,
    /// Activations a.
    pub activations: Array2<f64>,
    /// Slopes da/dz, times the dropout factors where units were dropped. For softmax, whose
    /// slope is a matrix per row, its diagonal a (1 − a), for information.
    pub slopes: Array2<f64>,
    /// Derivatives of the loss by a, as they came back from the next layer; none for the last.
    pub incoming_errors: Option<Array2<f64>>,
    /// Derivatives of the loss by z.
    pub errors: Array2<f64>,
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
    /// Rows of the step, from 0, in order.
    pub rows: Vec<usize>,
    /// Sum of case weight times loss over the rows, before the update.
    pub loss_sum: f64,
    /// Inputs as the network saw them.
    pub inputs: Array2<f64>,
    /// Outcomes.
    pub outcomes: Array2<f64>,
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
    slot_names: Vec<String>,
    inner: &'a mut dyn Observer<T>,
}

impl<'a, T: Scalar> Recorder<'a, T> {
    /// Records up to `wanted` steps; `slot_names` are the method's ([`crate::Method::slot_names`]).
    pub fn new(wanted: usize, slot_names: Vec<String>, inner: &'a mut dyn Observer<T>) -> Recorder<'a, T> {
        Recorder {
            steps: Vec::new(),
            wanted,
            slot_names,
            before: Coefficients {
                weights: Vec::new(),
                biases: Vec::new(),
            },
            inner,
        }
    }
}

impl<T: Scalar> Observer<T> for Recorder<'_, T> {
    fn training_begins(&mut self, model: &Model<T>, network: &Network) {
        // As the network has them: rounded to its precision.
        self.before = model.coefficients(network);
        self.inner.training_begins(model, network);
    }

    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Wish {
        match self.inner.epoch_end(epoch) {
            Wish::GoOn if self.steps.len() >= self.wanted => Wish::Stop,
            wish => wish,
        }
    }

    fn watches_steps(&self) -> bool {
        true
    }

    fn step_end(&mut self, end: &StepEnd<'_, T>) {
        if self.steps.len() == self.wanted {
            return;
        }
        let rows = end.rows.len();
        let block = end.block;
        // SAFETY: observers are called between jobs, when nobody writes.
        let read = |buffer: &crate::SharedBuffer<T>, stride: usize, columns: usize| unsafe {
            matrix(&buffer.read_all()[..rows * stride], stride, columns)
        };
        let last = end.network.layers().len() - 1;
        let layers = end
            .network
            .layers()
            .iter()
            .zip(&block.layers)
            .enumerate()
            .map(|(number, (layer, buffers))| {
                let (stride, units) = (row_stride::<T>(layer.units), layer.units);
                let activations = read(&buffers.values, stride, units);
                let weighted_inputs = match &buffers.weighted_inputs {
                    Some(kept) => read(kept, stride, units),
                    None => activations.clone(),
                };
                let slopes = match &buffers.slopes {
                    Some(slopes) => read(slopes, stride, units),
                    None if number == last && end.network.output() == crate::loss::Output::Softmax => {
                        activations.mapv(|a| a * (1.0 - a))
                    }
                    None => {
                        let mut ones = vec![T::one(); rows * stride];
                        // SAFETY: as above.
                        let values = unsafe { &buffers.values.read_all()[..rows * stride] };
                        layer.activation.times_slope(end.set, &mut ones, values);
                        matrix(&ones, stride, units)
                    }
                };
                LayerTrace {
                    weighted_inputs,
                    activations,
                    slopes,
                    incoming_errors: buffers
                        .incoming_errors
                        .as_ref()
                        .map(|kept| read(kept, stride, units)),
                    errors: read(&buffers.errors, stride, units),
                }
            })
            .collect();
        let after = end.model.coefficients(end.network);
        let (inputs, outcomes) = (end.network.inputs(), end.outcomes_per_row);
        self.steps.push(StepTrace {
            epoch: end.epoch,
            step: end.step,
            lr: end.lr,
            rows: (0..rows).map(|place| end.rows.row(place)).collect(),
            loss_sum: end.loss_sum,
            inputs: read(&block.inputs, inputs, inputs),
            outcomes: read(&block.outcomes, outcomes, outcomes),
            // SAFETY: as above.
            case_weights: unsafe { block.row_weights.read(0..rows) }.to_vec(),
            layers,
            gradient: Coefficients::unpack(end.network, end.gradient),
            before: std::mem::replace(&mut self.before, after.clone()),
            after,
            state: end.model.state(end.network, &self.slot_names),
        });
    }
}

fn matrix<T: Scalar>(numbers: &[T], stride: usize, columns: usize) -> Array2<f64> {
    let rows = numbers.len() / stride;
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        numbers[row * stride + column].to_double()
    })
}
