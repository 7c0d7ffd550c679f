//! Dense layers: z_j = Σ_i x_i w_ij + b_j. This is the plain statement; training goes through panels (`kernels::gemm`).

use super::kind::{add_product, Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::{EngineError, Result};
use ndarray::{Array1, Array2};

/// Weighted sums of all inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dense {
    /// Whether each unit has a bias.
    pub bias: bool,
}

impl RowKind for Dense {
    fn units(&self, _extent: Extent<'_>, units: usize) -> Result<usize> {
        match units {
            0 => Err(EngineError::config("a dense layer without units")),
            units => Ok(units),
        }
    }

    fn weights(&self, shape: Shape) -> (usize, usize) {
        (shape.inputs, shape.units)
    }

    fn biases(&self, shape: Shape) -> usize {
        if self.bias {
            shape.units
        } else {
            0
        }
    }

    fn work(&self, shape: Shape) -> f64 {
        (shape.inputs as f64 + 1.0) * shape.units as f64
    }

    fn draw(
        &self,
        _shape: Shape,
        weights: &mut Array2<f64>,
        biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()> {
        draws.init.fill(weights.view_mut(), draws.rng, draws.team)?;
        draws.draw_biases(biases);
        Ok(())
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        sums(row.inputs, row.weights, row.biases, out);
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        sums_back(row.weights, deltas, incoming);
    }

    #[inline(always)]
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], biases: &mut [N]) {
        sums_gradient(row.inputs, deltas, weights, biases);
    }
}

/// Weighted sums, with biases where there are any.
#[inline(always)]
pub(super) fn sums<N: Number>(inputs: &[N], weights: &[N], biases: &[N], out: &mut [N]) {
    match biases.is_empty() {
        true => out.fill(N::of(0.0)),
        false => out.copy_from_slice(biases),
    }
    for (&x, weights) in inputs.iter().zip(weights.chunks_exact(out.len())) {
        // What is 0 adds nothing: most of the inputs of an embedding are.
        if !x.is_zero() {
            for (sum, &weight) in out.iter_mut().zip(weights) {
                add_product(sum, x, weight);
            }
        }
    }
}

/// Adds what comes back through weighted sums.
#[inline(always)]
pub(super) fn sums_back<N: Number>(weights: &[N], deltas: &[N], incoming: &mut [N]) {
    for (sum, weights) in incoming.iter_mut().zip(weights.chunks_exact(deltas.len())) {
        for (&delta, &weight) in deltas.iter().zip(weights) {
            add_product(sum, delta, weight);
        }
    }
}

/// Adds the gradient of weighted sums.
#[inline(always)]
pub(super) fn sums_gradient<N: Number>(inputs: &[N], deltas: &[N], weights: &mut [N], biases: &mut [N]) {
    for (&x, weights) in inputs.iter().zip(weights.chunks_exact_mut(deltas.len())) {
        if !x.is_zero() {
            for (sum, &delta) in weights.iter_mut().zip(deltas) {
                add_product(sum, x, delta);
            }
        }
    }
    for (sum, &delta) in biases.iter_mut().zip(deltas) {
        *sum = *sum + delta;
    }
}
