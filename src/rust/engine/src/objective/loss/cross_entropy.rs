//! Cross-entropies of one class against another, or of several.

use super::rows::{Deltas, OutputRows, Row};
use super::rule::{Description, Needs, RowLoss};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Real;
use crate::kernels::scalar::Scalar;
use crate::nn::activation::Activation;
use crate::objective::output::Output;

/// Minus the log-likelihood of the binomial distribution, of units by themselves.
pub(super) struct BinaryCrossEntropy;

impl RowLoss for BinaryCrossEntropy {
    const DESCRIPTION: Description = Description {
        name: "binary_cross_entropy",
        outputs: &[Output::Sigmoid],
        is_sum: false,
        needs: Needs::Unit,
        default: &[],
    };

    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], _: &mut [N]) -> N {
        let k = N::of(row.inputs.len() as f64);
        let mut sum = N::of(0.0);
        for (unit, delta) in deltas.iter_mut().enumerate() {
            let (z, y) = (row.inputs[unit], row.targets[unit]);
            sum = sum + (z.softplus() - y * z) / k;
            *delta = (row.values[unit] - y) / k;
        }
        sum
    }

    /// The fast path: log(1 + e^z) belongs in a kernel.
    fn rows<T: Scalar>(&self, set: InstructionSet, rows: &OutputRows<'_, T>, out: &mut Deltas<'_, T>) {
        // Where the deltas will stand.
        if rows.stride == rows.units {
            out.deltas.copy_from_slice(rows.inputs);
            Activation::Softplus.activate(set, out.deltas);
        } else {
            let both = out.deltas.chunks_exact_mut(rows.stride);
            for (deltas, inputs) in both.zip(rows.inputs.chunks_exact(rows.stride)) {
                deltas[..rows.units].copy_from_slice(&inputs[..rows.units]);
                Activation::Softplus.activate(set, &mut deltas[..rows.units]);
            }
        }
        let k = <T as Scalar>::of(rows.units as f64);
        for (r, loss) in out.losses.iter_mut().enumerate() {
            let at = r * rows.stride..r * rows.stride + rows.units;
            let inputs = rows.inputs[at.clone()].iter().zip(&rows.values[at.clone()]);
            let targets = &rows.targets[r * rows.units..(r + 1) * rows.units];
            let mut sum = 0.0;
            for ((delta, (&z, &a)), &y) in out.deltas[at].iter_mut().zip(inputs).zip(targets) {
                sum += ((*delta - y * z) / k).to_double();
                *delta = (a - y) / k;
            }
            *loss = sum;
        }
    }
}

/// Minus the log-likelihood of the multinomial distribution, of all units together.
pub(super) struct CrossEntropy;

impl RowLoss for CrossEntropy {
    const DESCRIPTION: Description = Description {
        name: "cross_entropy",
        outputs: &[Output::Softmax],
        is_sum: false,
        needs: Needs::Share,
        default: &[],
    };

    #[inline]
    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], _: &mut [N]) -> N {
        let (mut total, mut sum) = (N::of(0.0), N::of(0.0));
        for (&z, &y) in row.inputs.iter().zip(row.targets) {
            sum = sum + y * (row.log_sum - z);
            total = total + y;
        }
        for ((delta, &p), &y) in deltas.iter_mut().zip(row.values).zip(row.targets) {
            *delta = p * total - y;
        }
        sum
    }
}
