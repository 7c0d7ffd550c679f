//! A loss that is a function of the caller's own: of rows of predictions and targets, many at a time. It gives its derivatives by the
//! predictions; what the output makes of these is here.

use super::rows::{Deltas, OutputRows, Row};
use super::rule::{Description, Needs, RowLoss};
use crate::base::error::{EngineError, Result};
use crate::base::functions::{self, Functions, LossFunctions, PredictedRows};
use crate::base::room::{collected, filled};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Real;
use crate::kernels::scalar::Scalar;
use crate::objective::output::Output;

/// The caller's own loss.
pub(super) struct Custom;

/// Rows without NaN, as the functions take them: column by column.
struct Asked {
    predictions: Vec<f64>,
    targets: Vec<f64>,
    /// Where they stand among all.
    places: Vec<usize>,
}

impl Asked {
    fn of<T: Scalar>(rows: &OutputRows<'_, T>) -> Result<Asked> {
        let (units, per_row) = (rows.units, rows.targets_per_row);
        let count = rows.values.len() / rows.stride;
        let prediction = |row: usize, unit: usize| rows.values[row * rows.stride + unit];
        let is_number = |row: &usize| (0..units).all(|unit| !prediction(*row, unit).is_nan());
        let places = collected((0..count).filter(is_number))?;
        let by_columns = |columns: usize| {
            let places = &places;
            (0..columns).flat_map(move |column| places.iter().map(move |&row| (row, column)))
        };
        let predictions = by_columns(units).map(|(row, unit)| prediction(row, unit).to_double());
        let targets =
            by_columns(per_row).map(|(row, column)| rows.targets[row * per_row + column].to_double());
        let (predictions, targets) = (collected(predictions)?, collected(targets)?);
        Ok(Asked {
            predictions,
            targets,
            places,
        })
    }

    fn rows(&self) -> PredictedRows<'_> {
        PredictedRows {
            predictions: &self.predictions,
            targets: &self.targets,
            rows: self.places.len(),
        }
    }
}

fn found(functions: &Functions) -> Result<&LossFunctions> {
    let loss = functions.loss.as_ref();
    loss.ok_or_else(|| EngineError::config("no loss of the caller's own is there"))
}

impl Custom {
    /// The derivatives by the predictions, row by row and without gaps; NaN where predictions are.
    pub fn by_predictions<T: Scalar>(&self, rows: &OutputRows<'_, T>) -> Result<Vec<f64>> {
        let units = rows.units;
        let mut gradients = filled(rows.values.len() / rows.stride * units, f64::NAN)?;
        functions::ask(|functions| {
            let asked = Asked::of(rows)?;
            let count = asked.places.len();
            let mut answer = filled(count * units, 0.0)?;
            if count > 0 {
                (found(functions)?.gradient)(&asked.rows(), &mut answer)?;
            }
            for (position, &row) in asked.places.iter().enumerate() {
                for unit in 0..units {
                    gradients[row * units + unit] = answer[unit * count + position];
                }
            }
            Ok(())
        });
        functions::check()?;
        Ok(gradients)
    }

    // Out of the way of losses that are inlined.
    #[cold]
    #[inline(never)]
    fn evaluate<T: Scalar>(
        functions: &Functions,
        rows: &OutputRows<'_, T>,
        out: &mut Deltas<'_, T>,
    ) -> Result<()> {
        let (loss, units) = (found(functions)?, rows.units);
        let asked = Asked::of(rows)?;
        let count = asked.places.len();
        out.losses.fill(f64::NAN);
        for deltas in out.deltas.chunks_exact_mut(rows.stride) {
            deltas[..units].fill(T::nan());
        }
        if count == 0 {
            return Ok(());
        }
        let mut answer = filled(count * units, 0.0)?;
        (loss.value)(&asked.rows(), &mut answer[..count])?;
        for (&row, &value) in asked.places.iter().zip(&answer) {
            out.losses[row] = value;
        }
        (loss.gradient)(&asked.rows(), &mut answer)?;
        for (position, &row) in asked.places.iter().enumerate() {
            let values = &rows.values[row * rows.stride..row * rows.stride + units];
            let gradient = |unit: usize| T::of(answer[unit * count + position]);
            // A probability of a softmax falls where others rise.
            let mean = match rows.output {
                Output::Softmax => {
                    let products = values.iter().enumerate().map(|(unit, &a)| a * gradient(unit));
                    products.fold(T::zero(), |sum, product| sum + product)
                }
                _ => T::zero(),
            };
            let deltas = &mut out.deltas[row * rows.stride..row * rows.stride + units];
            for (unit, (delta, &a)) in deltas.iter_mut().zip(values).enumerate() {
                *delta = match rows.output {
                    Output::Softmax => a * (gradient(unit) - mean),
                    output => gradient(unit) * output.slope(a),
                };
            }
        }
        Ok(())
    }
}

impl RowLoss for Custom {
    const DESCRIPTION: Description = Description {
        name: "custom",
        outputs: &[
            Output::Linear,
            Output::Sigmoid,
            Output::Softmax,
            Output::Exponential,
        ],
        is_sum: false,
        needs: Needs::Any,
        default: &[],
    };
    const NEEDS_INPUTS: bool = false;

    /// A single row, for who takes rows one by one; without what a dual number carries along.
    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], _: &mut [N]) -> N {
        let number = |numbers: &[N]| numbers.iter().map(|number| number.real()).collect::<Vec<f64>>();
        let (values, targets, units) = (number(row.values), number(row.targets), row.values.len());
        let rows = OutputRows {
            output: row.output,
            inputs: &values,
            values: &values,
            log_sums: &[],
            targets: &targets,
            ancillary: &[],
            stride: units,
            units,
            targets_per_row: targets.len(),
        };
        let (mut losses, mut found) = ([f64::NAN], vec![f64::NAN; units]);
        let mut out = Deltas {
            losses: &mut losses,
            deltas: &mut found,
            ancillary: &mut [],
            ancillary_stride: 0,
        };
        self.rows(InstructionSet::Plain, &rows, &mut out);
        for (delta, found) in deltas.iter_mut().zip(found) {
            *delta = N::of(found);
        }
        N::of(losses[0])
    }

    #[cold]
    #[inline(never)]
    fn rows<T: Scalar>(&self, _: InstructionSet, rows: &OutputRows<'_, T>, out: &mut Deltas<'_, T>) {
        if !functions::ask(|functions| Custom::evaluate(functions, rows, out)) {
            out.losses.fill(f64::NAN);
        }
    }
}
