//! Scale layers: z_j = x_j s_j, a factor for each input; it begins at 1. In a network of members each may have factors of its
//! own: the adapters of BatchEnsemble (Wen et al., 2020).

use super::kind::{add_product, same_units, Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::Result;
use ndarray::{Array1, Array2};

/// A factor for each input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Whether each member has factors of its own.
    pub of_members: bool,
}

impl Scale {
    #[inline(always)]
    fn places(&self, shape: Shape, member: usize) -> std::ops::Range<usize> {
        let first = if self.of_members { member * shape.units } else { 0 };
        first..first + shape.units
    }
}

impl RowKind for Scale {
    fn units(&self, extent: Extent<'_>, units: usize) -> Result<usize> {
        same_units("a scale", units, extent.inputs)
    }

    fn weights(&self, shape: Shape) -> (usize, usize) {
        (if self.of_members { shape.copies } else { 1 }, shape.units)
    }

    fn work(&self, shape: Shape) -> f64 {
        shape.units as f64
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
        let factors = &row.weights[self.places(row.shape, row.member)];
        for ((z, &x), &factor) in out.iter_mut().zip(row.inputs).zip(factors) {
            *z = x * factor;
        }
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        let factors = &row.weights[self.places(row.shape, row.member)];
        for ((sum, &delta), &factor) in incoming.iter_mut().zip(deltas).zip(factors) {
            add_product(sum, delta, factor);
        }
    }

    #[inline(always)]
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], _biases: &mut [N]) {
        let sums = &mut weights[self.places(row.shape, row.member)];
        for ((sum, &delta), &x) in sums.iter_mut().zip(deltas).zip(row.inputs) {
            add_product(sum, delta, x);
        }
    }
}
