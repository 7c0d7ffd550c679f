//! Shape normalisation (Ba et al., 2016): z_j = g_j (x_j − m) / √(v + ε) + b_j with the mean m and the variance v of the row's own
//! numbers, so that no row depends on another.

use super::kind::{add_product, same_units, Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::Result;
use ndarray::{Array1, Array2};

/// ε: keeps the division finite where all numbers of a row are equal.
const EPSILON: f64 = 1e-5;

/// Each row brought to mean 0 and variance 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norm;

impl Norm {
    /// The row's mean, and what its distances from it are multiplied by.
    #[inline(always)]
    fn moments<N: Number>(x: &[N]) -> (N, N) {
        let share = N::of(1.0 / x.len() as f64);
        let mean = x.iter().fold(N::of(0.0), |sum, &x| sum + x) * share;
        let square = |x: N| (x - mean) * (x - mean);
        let variance = x.iter().fold(N::of(0.0), |sum, &x| sum + square(x)) * share;
        (mean, N::of(1.0) / (variance + N::of(EPSILON)).sqrt())
    }
}

impl RowKind for Norm {
    fn units(&self, extent: Extent<'_>, units: usize) -> Result<usize> {
        same_units("a normalisation", units, extent.inputs)
    }

    fn weights(&self, shape: Shape) -> (usize, usize) {
        (1, shape.units)
    }

    fn biases(&self, shape: Shape) -> usize {
        shape.units
    }

    fn work(&self, shape: Shape) -> f64 {
        4.0 * shape.units as f64
    }

    fn draw(
        &self,
        _shape: Shape,
        weights: &mut Array2<f64>,
        _biases: &mut Array1<f64>,
        _draws: &mut Draws<'_>,
    ) -> Result<()> {
        weights.fill(1.0);
        Ok(())
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        let (mean, factor) = Norm::moments(row.inputs);
        for (j, z) in out.iter_mut().enumerate() {
            *z = (row.inputs[j] - mean) * factor * row.weights[j] + row.biases[j];
        }
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        let (mean, factor) = Norm::moments(row.inputs);
        let share = N::of(1.0 / deltas.len() as f64);
        // By the normalised numbers: their mean, and the mean of their products with these.
        let (mut plain, mut along) = (N::of(0.0), N::of(0.0));
        for (j, &delta) in deltas.iter().enumerate() {
            let d = delta * row.weights[j];
            plain = plain + d;
            add_product(&mut along, d, (row.inputs[j] - mean) * factor);
        }
        let (plain, along) = (plain * share, along * share);
        for (j, sum) in incoming.iter_mut().enumerate() {
            let normalised = (row.inputs[j] - mean) * factor;
            *sum = *sum + (deltas[j] * row.weights[j] - plain - normalised * along) * factor;
        }
    }

    #[inline(always)]
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], biases: &mut [N]) {
        let (mean, factor) = Norm::moments(row.inputs);
        for (j, &delta) in deltas.iter().enumerate() {
            add_product(&mut weights[j], delta, (row.inputs[j] - mean) * factor);
            biases[j] = biases[j] + delta;
        }
    }
}
