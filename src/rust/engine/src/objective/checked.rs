//! A checked pair of output and loss: what the engine minimises.

use super::loss::rows::{Deltas, OutputRows, Row};
use super::loss::Loss;
use super::output::Output;
use crate::base::error::{EngineError, Result};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Real;
use crate::kernels::scalar::Scalar;

/// A checked pair of output and loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    output: Output,
    loss: Loss,
    is_sum: bool,
}

impl Objective {
    /// Pairs an output with a loss.
    ///
    /// # Errors
    /// Pairs without meaning, such as cross-entropy of a linear output; a parameter that is none of the loss.
    pub fn new(output: Output, loss: Loss) -> Result<Objective> {
        let description = loss.description();
        if !description.outputs.contains(&output) || !loss.is_possible() {
            return Err(EngineError::config(format!(
                "{loss:?} does not go with a {output:?} output"
            )));
        }
        let is_sum = description.is_sum;
        Ok(Objective { output, loss, is_sum })
    }

    /// The output that the loss is paired with.
    pub fn output(&self) -> Output {
        self.output
    }

    /// The loss.
    pub fn loss(&self) -> &Loss {
        &self.loss
    }

    /// Whether the total is a sum over rows (else a weighted mean).
    pub fn is_sum(&self) -> bool {
        self.is_sum
    }

    /// Whether it can be computed of `units` outputs: quantiles have an output each.
    pub fn is_for(&self, units: usize) -> bool {
        self.loss.fits(units)
    }

    /// Numbers that a row must have as targets for `units` outputs.
    pub fn targets_per_row(&self, units: usize) -> usize {
        self.loss.targets_per_row(units)
    }

    /// Parameters of the loss's own, for `units` outputs.
    pub fn ancillary(&self, units: usize) -> usize {
        self.loss.ancillary(units)
    }

    /// A loss of all rows from its sum over them.
    pub fn scaled(&self, sum: f64, total_weight: f64) -> f64 {
        if self.is_sum {
            sum
        } else {
            sum / total_weight
        }
    }

    /// Losses and deltas (derivatives by the weighted inputs) of some rows, before case weights.
    pub fn evaluate<T: Scalar>(
        &self,
        set: InstructionSet,
        rows: &OutputRows<'_, T>,
        out: &mut Deltas<'_, T>,
    ) {
        self.loss.rows(set, rows, out);
    }

    /// The error at the output, as a trace shows it, of a unit with prediction a and target y: where the loss is computed
    /// from predictions its derivative by this one, times `scale`; else how far the prediction is from its target.
    pub fn error<N: Real>(&self, k: usize, a: N, y: N, unit: usize, scale: N) -> N {
        match self.loss.by_prediction(N::of(k as f64), a, y, unit) {
            Some(derivative) => derivative * scale,
            // Such a row is neither right nor wrong.
            None if !self.loss.knows(y) => N::of(0.0),
            None => a - y,
        }
    }

    /// [`Objective::error`] of all units of some rows before their scale, row by row, of a loss that has the derivatives of a row as a whole only.
    ///
    /// # Errors
    /// Of a function of the caller's own, or memory refused.
    pub fn errors_of_rows<T: Scalar>(&self, rows: &OutputRows<'_, T>) -> Result<Option<Vec<f64>>> {
        self.loss.by_predictions(rows)
    }

    /// Whether [`Objective::error`] means something: predictions and targets are the same kind of number, one each.
    pub fn has_errors(&self, units: usize) -> bool {
        self.loss.compares() && [1, units].contains(&self.targets_per_row(units))
    }

    /// The loss of one row, in plain form: with its derivatives by the weighted inputs and by the ancillary parameters.
    /// `values` are room for the predictions.
    pub fn of_row<N: Real>(
        &self,
        inputs: &[N],
        targets: &[N],
        own: &[N],
        values: &mut [N],
        deltas: &mut [N],
        ancillary: &mut [N],
    ) -> N {
        let log_sum = self.output.of_row(inputs, values);
        let row = Row {
            output: self.output,
            inputs,
            values,
            log_sum,
            targets,
            ancillary: own,
        };
        self.loss.row(&row, deltas, ancillary)
    }

    /// Whether each row was classified rightly: the largest probability at the largest target
    /// for a softmax; for other outputs the share of outputs on the target's side of one half.
    pub fn hits<T: Scalar>(&self, rows: &OutputRows<'_, T>, hits: &mut [f64]) {
        let half = T::of(0.5);
        for (r, hit) in hits.iter_mut().enumerate() {
            let values = &rows.values[r * rows.stride..r * rows.stride + rows.units];
            let targets = &rows.targets[r * rows.targets_per_row..(r + 1) * rows.targets_per_row];
            *hit = if self.output == Output::Softmax {
                f64::from(u8::from(largest(values) == largest(targets)))
            } else {
                let right = values
                    .iter()
                    .zip(targets)
                    .filter(|(a, y)| (**a > half) == (**y > half));
                right.count() as f64 / rows.units as f64
            };
        }
    }
}

/// Index of the largest number; the first of equals.
fn largest<T: Scalar>(numbers: &[T]) -> usize {
    let mut best = 0;
    for (other, number) in numbers.iter().enumerate() {
        if *number > numbers[best] {
            best = other;
        }
    }
    best
}
