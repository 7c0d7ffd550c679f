//! Members: from here on each row goes through the network as many times as there are members, which share all weights but
//! those that are said to be of each member. With adapters each member sees the inputs times factors of its own (BatchEnsemble,
//! Wen et al., 2020; TabM, Gorishniy et al., 2025). The loss is the mean of the members' losses, a prediction the mean of theirs.

use super::kind::{add_product, same_units, Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::{EngineError, Result};
use ndarray::{Array1, Array2};
use rand::RngExt;
use std::ops::Range;

/// Each row becomes one copy for each member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Members {
    /// Number of members.
    pub count: usize,
    /// Whether each has factors of its own for the inputs.
    pub adapters: bool,
}

impl Members {
    /// Members, at most: a row's copies are counted in the rows of a workspace.
    pub const MOST: usize = 256;

    #[inline(always)]
    fn places(row: RowAt<'_, impl Number>) -> Range<usize> {
        row.member * row.shape.inputs..(row.member + 1) * row.shape.inputs
    }
}

impl RowKind for Members {
    fn units(&self, extent: Extent<'_>, units: usize) -> Result<usize> {
        if extent.copies != 1 || !(1..=Members::MOST).contains(&self.count) {
            return Err(EngineError::config("members of members, none, or too many"));
        }
        same_units("members", units, extent.inputs)
    }

    fn copies(&self, copies: usize) -> usize {
        copies * self.count
    }

    fn weights(&self, shape: Shape) -> (usize, usize) {
        match self.adapters {
            true => (self.count, shape.inputs),
            false => (0, 0),
        }
    }

    fn work(&self, shape: Shape) -> f64 {
        shape.units as f64
    }

    fn draw(
        &self,
        _shape: Shape,
        weights: &mut Array2<f64>,
        _biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()> {
        // Signs: members that begin alike would stay alike.
        weights.mapv_inplace(|_| if draws.rng.random::<bool>() { 1.0 } else { -1.0 });
        Ok(())
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        out.copy_from_slice(row.inputs);
        if self.adapters {
            for (z, &factor) in out.iter_mut().zip(&row.weights[Members::places(row)]) {
                *z = *z * factor;
            }
        }
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        match self.adapters {
            true => {
                let factors = &row.weights[Members::places(row)];
                for ((sum, &delta), &factor) in incoming.iter_mut().zip(deltas).zip(factors) {
                    add_product(sum, delta, factor);
                }
            }
            false => {
                for (sum, &delta) in incoming.iter_mut().zip(deltas) {
                    *sum = *sum + delta;
                }
            }
        }
    }

    #[inline(always)]
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], _biases: &mut [N]) {
        if self.adapters {
            let sums = &mut weights[Members::places(row)];
            for ((sum, &delta), &x) in sums.iter_mut().zip(deltas).zip(row.inputs) {
                add_product(sum, delta, x);
            }
        }
    }
}
