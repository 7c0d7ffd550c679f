//! The rows that losses are computed of, and where results go.

use crate::kernels::real::Real;
use crate::objective::output::Output;

/// The rows of one evaluation, `stride` apart.
pub struct OutputRows<'a, T> {
    /// What the weighted inputs become.
    pub output: Output,
    /// Weighted inputs of the last layer (offset included).
    pub inputs: &'a [T],
    /// Predictions.
    pub values: &'a [T],
    /// log Σ e^z of each row; only read for cross-entropy.
    pub log_sums: &'a [T],
    /// Targets, `targets_per_row` per row.
    pub targets: &'a [T],
    /// The loss's own parameters.
    pub ancillary: &'a [T],
    /// Distance between rows of `inputs`, `values` and deltas.
    pub stride: usize,
    /// Units of the last layer.
    pub units: usize,
    /// Numbers per row of `targets`.
    pub targets_per_row: usize,
}

/// Where losses and derivatives of rows go.
pub struct Deltas<'a, T> {
    /// The loss of each row.
    pub losses: &'a mut [f64],
    /// Derivatives by the weighted inputs, as far apart as these; lanes beyond the last unit are left alone.
    pub deltas: &'a mut [T],
    /// Derivatives by the ancillary parameters.
    pub ancillary: &'a mut [T],
    /// Distance between rows of `ancillary`.
    pub ancillary_stride: usize,
}

/// One row.
pub struct Row<'a, N> {
    /// What the weighted inputs become.
    pub output: Output,
    /// Weighted inputs.
    pub inputs: &'a [N],
    /// Predictions.
    pub values: &'a [N],
    /// log Σ e^z.
    pub log_sum: N,
    /// Targets.
    pub targets: &'a [N],
    /// The loss's own parameters.
    pub ancillary: &'a [N],
}

impl<N: Real> Row<'_, N> {
    /// The target of a unit; several units may share one.
    pub fn target(&self, unit: usize) -> N {
        self.targets[if self.targets.len() == 1 { 0 } else { unit }]
    }
}
