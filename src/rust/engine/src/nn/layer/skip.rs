//! Skip connections: z = x + y, with what an earlier layer gave as y (residual connections, He et al., 2016), or z = x + Σ_i y_i w_i
//! with weights of the connection's own: nnet's skip-layer weights, where y are the inputs and x leads to the outputs.

use super::dense::{sums_back, sums_gradient};
use super::kind::{add_product, same_units, Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::{EngineError, Result};
use ndarray::{Array1, Array2};

/// What comes in, plus what an earlier layer gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skip {
    /// Where it is taken from: 0 for the inputs, else the number of a layer before, from 1.
    pub from: usize,
    /// How many numbers that are.
    pub width: usize,
    /// Whether the connection has weights.
    pub weights: bool,
}

impl RowKind for Skip {
    fn units(&self, extent: Extent<'_>, units: usize) -> Result<usize> {
        // What comes in is the last of what is there already.
        let there = extent.before.len() - 1;
        let (width, copies) = match extent.before.get(self.from) {
            Some(&found) if self.from < there => found,
            _ => {
                return Err(EngineError::config(format!(
                    "a skip from layer {} of {there}",
                    self.from
                )))
            }
        };
        if width != self.width || (!self.weights && width != extent.inputs) || copies > extent.copies {
            return Err(EngineError::config(format!(
                "a skip of {} numbers from a layer of {width} to one of {}",
                self.width, extent.inputs
            )));
        }
        same_units("a skip", units, extent.inputs)
    }

    fn weights(&self, shape: Shape) -> (usize, usize) {
        match self.weights {
            true => (self.width, shape.units),
            false => (0, 0),
        }
    }

    fn from(&self) -> Option<usize> {
        Some(self.from)
    }

    fn draw(
        &self,
        _shape: Shape,
        weights: &mut Array2<f64>,
        _biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()> {
        match self.weights {
            true => draws.init.fill(weights.view_mut(), draws.rng, draws.team),
            false => Ok(()),
        }
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        out.copy_from_slice(row.inputs);
        match self.weights {
            true => {
                for (&y, weights) in row.skipped.iter().zip(row.weights.chunks_exact(out.len())) {
                    for (sum, &weight) in out.iter_mut().zip(weights) {
                        add_product(sum, y, weight);
                    }
                }
            }
            false => {
                for (sum, &y) in out.iter_mut().zip(row.skipped) {
                    *sum = *sum + y;
                }
            }
        }
    }

    #[inline(always)]
    fn backward<N: Number>(&self, _row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        for (sum, &delta) in incoming.iter_mut().zip(deltas) {
            *sum = *sum + delta;
        }
    }

    #[inline(always)]
    fn backward_skipped<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        match self.weights {
            true => sums_back(row.weights, deltas, incoming),
            false => self.backward(row, deltas, incoming),
        }
    }

    #[inline(always)]
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], _biases: &mut [N]) {
        if self.weights {
            sums_gradient(row.skipped, deltas, weights, &mut []);
        }
    }
}
