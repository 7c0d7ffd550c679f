//! Heads: a dense layer of each member's own, z = Σ_i x_i w_mi + b_m for member m; the last layer of TabM (Gorishniy et al., 2025).

use super::dense::{sums, sums_back, sums_gradient};
use super::kind::{Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::{EngineError, Result};
use ndarray::{s, Array1, Array2};
use std::ops::Range;

/// Weighted sums with weights of each member's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heads {
    /// Whether each unit of each member has a bias.
    pub bias: bool,
}

impl Heads {
    #[inline(always)]
    fn weights_of(shape: Shape, member: usize) -> Range<usize> {
        let size = shape.inputs * shape.units;
        member * size..(member + 1) * size
    }

    #[inline(always)]
    fn biases_of(&self, shape: Shape, member: usize) -> Range<usize> {
        let size = if self.bias { shape.units } else { 0 };
        member * size..(member + 1) * size
    }
}

impl RowKind for Heads {
    fn units(&self, _extent: Extent<'_>, units: usize) -> Result<usize> {
        match units {
            0 => Err(EngineError::config("heads without units")),
            units => Ok(units),
        }
    }

    fn weights(&self, shape: Shape) -> (usize, usize) {
        (shape.copies.saturating_mul(shape.inputs), shape.units)
    }

    fn biases(&self, shape: Shape) -> usize {
        if self.bias {
            shape.copies.saturating_mul(shape.units)
        } else {
            0
        }
    }

    fn work(&self, shape: Shape) -> f64 {
        (shape.inputs as f64 + 1.0) * shape.units as f64
    }

    fn draw(
        &self,
        shape: Shape,
        weights: &mut Array2<f64>,
        biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()> {
        for member in 0..shape.copies {
            let rows = member * shape.inputs..(member + 1) * shape.inputs;
            draws
                .init
                .fill(weights.slice_mut(s![rows, ..]), draws.rng, draws.team)?;
        }
        draws.draw_biases(biases);
        Ok(())
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        let weights = &row.weights[Heads::weights_of(row.shape, row.member)];
        sums(
            row.inputs,
            weights,
            &row.biases[self.biases_of(row.shape, row.member)],
            out,
        );
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        sums_back(
            &row.weights[Heads::weights_of(row.shape, row.member)],
            deltas,
            incoming,
        );
    }

    #[inline(always)]
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], biases: &mut [N]) {
        sums_gradient(
            row.inputs,
            deltas,
            &mut weights[Heads::weights_of(row.shape, row.member)],
            &mut biases[self.biases_of(row.shape, row.member)],
        );
    }
}
