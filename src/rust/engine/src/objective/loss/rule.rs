//! What a loss is: one statement of its value and first derivatives, for a row or for a unit, and the loops over rows.

use super::rows::{Deltas, OutputRows, Row};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Real;
use crate::kernels::scalar::Scalar;
use crate::objective::output::Output;

/// What of a loss does not depend on the numbers.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// The outputs that it goes with; the first is taken where none is asked for and the target's own does not fit.
    pub outputs: &'static [Output],
    /// Whether the total is a sum over rows; else it is a weighted mean.
    pub is_sum: bool,
    /// What it asks of targets.
    pub needs: Needs,
    /// The parameter that users give, where it has one and it is not given.
    pub default: &'static [f64],
}

/// What a loss asks of its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Any numbers.
    Any,
    /// Numbers between 0 and 1.
    Unit,
    /// Numbers between 0 and 1, neither of them.
    InnerUnit,
    /// Rows that are shares: 0 or more, with sum 1.
    Share,
    /// Numbers of 0 or more.
    Nonnegative,
    /// Numbers above 0.
    Positive,
    /// One column.
    Single,
    /// One factor, whose levels are in order.
    Ordered,
    /// Times, and whether each ended with the event.
    Survival,
}

impl Needs {
    /// Its name in the registry.
    pub fn name(self) -> &'static str {
        match self {
            Needs::Any => "any",
            Needs::Unit => "unit",
            Needs::InnerUnit => "inner_unit",
            Needs::Share => "share",
            Needs::Nonnegative => "nonnegative",
            Needs::Positive => "positive",
            Needs::Single => "single",
            Needs::Ordered => "ordered",
            Needs::Survival => "survival",
        }
    }
}

/// A loss that adds up over rows.
pub(super) trait RowLoss: Sized {
    /// What of it does not depend on the numbers.
    const DESCRIPTION: Description;
    /// Whether it needs the weighted inputs besides the predictions.
    const NEEDS_INPUTS: bool = true;
    /// Whether the loss of a row depends on the other rows.
    const IS_OVER_ALL_ROWS: bool = false;
    /// Whether predictions and targets are the same kind of number, so that their difference says something.
    const COMPARES: bool = true;

    /// Whether the parameter is one.
    fn is_possible(&self) -> bool {
        true
    }
    /// Whether a target says anything.
    fn knows<N: Real>(&self, _target: N) -> bool {
        true
    }
    /// Whether it can be computed of `units` units, with the parameter that it has.
    fn fits(&self, _units: usize) -> bool {
        true
    }
    /// Numbers that a row must have as targets for `units` units.
    fn targets_per_row(&self, units: usize) -> usize {
        units
    }
    /// Parameters of its own that are trained beside weights and biases.
    fn ancillary(&self, _units: usize) -> usize {
        0
    }
    /// The derivative by the prediction a of unit `unit` of `k`, of losses that are computed from predictions.
    fn by_prediction<N: Real>(&self, _k: N, _a: N, _y: N, _unit: usize) -> Option<N> {
        None
    }
    /// The loss of a row; writes its derivatives by the weighted inputs and by the ancillary parameters.
    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], ancillary: &mut [N]) -> N;

    /// Losses and deltas of some rows. The default takes them one by one.
    fn rows<T: Scalar>(&self, _set: InstructionSet, rows: &OutputRows<'_, T>, out: &mut Deltas<'_, T>) {
        each_row(self, rows, out);
    }
}

/// A loss whose units add up, each of its own weighted input, prediction and target.
pub(super) trait ElementLoss {
    const DESCRIPTION: Description;
    /// Whether the derivative is by the weighted input; else it is by the prediction, and times the output's slope.
    const PAIRED: bool = false;

    fn is_possible(&self) -> bool {
        true
    }
    fn fits(&self, _units: usize) -> bool {
        true
    }
    fn targets_per_row(&self, units: usize) -> usize {
        units
    }
    /// Loss and derivative of unit `unit` of `k`, with weighted input z, prediction a and target y.
    fn element<N: Real>(&self, k: N, z: N, a: N, y: N, unit: usize) -> (N, N);
}

impl<L: ElementLoss> RowLoss for L {
    const DESCRIPTION: Description = L::DESCRIPTION;
    const NEEDS_INPUTS: bool = L::PAIRED;

    fn is_possible(&self) -> bool {
        ElementLoss::is_possible(self)
    }

    fn fits(&self, units: usize) -> bool {
        ElementLoss::fits(self, units)
    }

    fn targets_per_row(&self, units: usize) -> usize {
        ElementLoss::targets_per_row(self, units)
    }

    fn by_prediction<N: Real>(&self, k: N, a: N, y: N, unit: usize) -> Option<N> {
        // Such a loss does not look at the weighted input.
        (!L::PAIRED).then(|| self.element(k, a, a, y, unit).1)
    }

    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], _: &mut [N]) -> N {
        let k = N::of(row.inputs.len() as f64);
        let mut sum = N::of(0.0);
        for (unit, delta) in deltas.iter_mut().enumerate() {
            let (z, a) = (row.inputs[unit], row.values[unit]);
            let (part, derivative) = self.element(k, z, a, row.target(unit), unit);
            sum = sum + part;
            *delta = match L::PAIRED {
                true => derivative,
                false => derivative * row.output.slope(a),
            };
        }
        sum
    }

    #[inline]
    fn rows<T: Scalar>(&self, _: InstructionSet, rows: &OutputRows<'_, T>, out: &mut Deltas<'_, T>) {
        let k = <T as Scalar>::of(rows.units as f64);
        let element = |z, a, y, unit| self.element(k, z, a, y, unit);
        match (L::PAIRED, rows.output) {
            (false, Output::Sigmoid) => each_element(rows, out, element, |a| a * (T::one() - a)),
            (false, Output::Exponential) => each_element(rows, out, element, |a| a),
            _ => each_element(rows, out, element, |_| T::one()),
        }
    }
}

/// Rows one by one.
fn each_row<T: Scalar, L: RowLoss>(rule: &L, rows: &OutputRows<'_, T>, out: &mut Deltas<'_, T>) {
    for (r, loss) in out.losses.iter_mut().enumerate() {
        let at = r * rows.stride..r * rows.stride + rows.units;
        let row = Row {
            output: rows.output,
            inputs: &rows.inputs[at.clone()],
            values: &rows.values[at.clone()],
            log_sum: rows.log_sums[r],
            targets: &rows.targets[r * rows.targets_per_row..(r + 1) * rows.targets_per_row],
            ancillary: rows.ancillary,
        };
        let own = r * out.ancillary_stride..r * out.ancillary_stride + rows.ancillary.len();
        *loss = rule
            .row(&row, &mut out.deltas[at], &mut out.ancillary[own])
            .to_double();
    }
}

/// A loss that adds up over units: `element(z, a, y, unit)` gives the loss and its derivative, `slope` is the
/// output's, where the element does not have it.
#[inline(always)]
fn each_element<T: Scalar>(
    rows: &OutputRows<'_, T>,
    out: &mut Deltas<'_, T>,
    element: impl Fn(T, T, T, usize) -> (T, T),
    slope: impl Fn(T) -> T,
) {
    // One unit: numbers next to each other, which need no offsets to be worked out.
    if rows.stride == 1 {
        let numbers = rows.inputs.iter().zip(rows.values).zip(rows.targets);
        for ((loss, delta), ((&z, &a), &y)) in out.losses.iter_mut().zip(&mut *out.deltas).zip(numbers) {
            let (part, derivative) = element(z, a, y, 0);
            *loss = part.to_double();
            *delta = derivative * slope(a);
        }
        return;
    }
    let shared_target = rows.targets_per_row == 1;
    for (r, loss) in out.losses.iter_mut().enumerate() {
        let at = r * rows.stride..r * rows.stride + rows.units;
        let inputs = &rows.inputs[at.clone()];
        let values = &rows.values[at.clone()];
        let deltas = &mut out.deltas[at];
        let targets = &rows.targets[r * rows.targets_per_row..(r + 1) * rows.targets_per_row];
        let mut sum = 0.0;
        for j in 0..rows.units {
            let y = targets[if shared_target { 0 } else { j }];
            let (part, derivative) = element(inputs[j], values[j], y, j);
            sum += part.to_double();
            deltas[j] = derivative * slope(values[j]);
        }
        *loss = sum;
    }
}
