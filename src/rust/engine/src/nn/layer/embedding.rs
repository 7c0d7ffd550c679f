//! Embeddings: each group of columns (the levels of a factor, the bins of a number) is brought to a few numbers by weights of
//! its own, z = Σ_i x_i w_i + b; all other columns pass, and come first. Of columns that are 0 or 1 it is a table to look up.
//! With bins of a number it is the piecewise linear embedding of Gorishniy et al. (2022).

use super::dense::{sums, sums_back, sums_gradient};
use super::kind::{Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::{EngineError, Result};
use ndarray::{Array1, Array2};
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;

/// Groups of columns, each brought to a few numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// The columns of each group, which follow each other.
    pub groups: Vec<Range<usize>>,
    /// Numbers that each group becomes.
    pub size: usize,
    /// Whether each of these numbers has a bias.
    pub bias: bool,
}

impl Embedding {
    /// Columns in groups.
    fn embedded(&self) -> usize {
        self.groups.iter().map(ExactSizeIterator::len).sum()
    }

    /// Calls for each stretch of columns that pass: its first column, its first place in what goes out, its length.
    #[inline(always)]
    fn each_passing(&self, inputs: usize, mut job: impl FnMut(usize, usize, usize)) {
        let (mut column, mut place) = (0, 0);
        for end in self.groups.iter().cloned().chain(std::iter::once(inputs..inputs)) {
            job(column, place, end.start - column);
            place += end.start - column;
            column = end.end;
        }
    }

    /// Of each group its columns, its places in what goes out, its weights and its biases.
    #[inline(always)]
    fn each_group(&self, shape: Shape) -> impl Iterator<Item = [Range<usize>; 4]> + '_ {
        let first = shape.units - self.groups.len() * self.size;
        let biases = if self.bias { self.size } else { 0 };
        let mut weight = 0;
        self.groups.iter().enumerate().map(move |(number, group)| {
            let weights = weight..weight + group.len() * self.size;
            weight = weights.end;
            let place = first + number * self.size;
            let places = place..place + self.size;
            [
                group.clone(),
                places,
                weights,
                number * biases..(number + 1) * biases,
            ]
        })
    }
}

impl RowKind for Embedding {
    fn units(&self, extent: Extent<'_>, _units: usize) -> Result<usize> {
        let mut free = 0;
        for group in &self.groups {
            if group.start < free || group.end <= group.start || group.end > extent.inputs {
                return Err(EngineError::config(format!(
                    "an embedding of columns {group:?} of {}",
                    extent.inputs
                )));
            }
            free = group.end;
        }
        if self.size == 0 || self.groups.is_empty() {
            return Err(EngineError::config("an embedding into nothing, or of nothing"));
        }
        let made = self.groups.len().saturating_mul(self.size);
        Ok((extent.inputs - self.embedded()).saturating_add(made))
    }

    fn weights(&self, _shape: Shape) -> (usize, usize) {
        (self.embedded(), self.size)
    }

    fn biases(&self, _shape: Shape) -> usize {
        if self.bias {
            self.groups.len() * self.size
        } else {
            0
        }
    }

    fn draw(
        &self,
        _shape: Shape,
        weights: &mut Array2<f64>,
        _biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()> {
        // As large together as one standardised number is.
        let sd = 1.0 / (self.size as f64).sqrt();
        weights.mapv_inplace(|_| {
            let normal: f64 = StandardNormal.sample(draws.rng);
            sd * normal
        });
        Ok(())
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        self.each_passing(row.shape.inputs, |column, place, count| {
            out[place..place + count].copy_from_slice(&row.inputs[column..column + count]);
        });
        // Loops, not closures: what is not inlined is compiled for any processor.
        for [columns, places, weights, biases] in self.each_group(row.shape) {
            sums(
                &row.inputs[columns],
                &row.weights[weights],
                &row.biases[biases],
                &mut out[places],
            );
        }
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        self.each_passing(row.shape.inputs, |column, place, count| {
            for (sum, &delta) in incoming[column..column + count].iter_mut().zip(&deltas[place..]) {
                *sum = *sum + delta;
            }
        });
        for [columns, places, weights, _] in self.each_group(row.shape) {
            sums_back(&row.weights[weights], &deltas[places], &mut incoming[columns]);
        }
    }

    #[inline(always)]
    fn gradient<N: Number>(
        &self,
        row: RowAt<'_, N>,
        deltas: &[N],
        to_weights: &mut [N],
        to_biases: &mut [N],
    ) {
        for [columns, places, weights, biases] in self.each_group(row.shape) {
            sums_gradient(
                &row.inputs[columns],
                &deltas[places],
                &mut to_weights[weights],
                &mut to_biases[biases],
            );
        }
    }
}
