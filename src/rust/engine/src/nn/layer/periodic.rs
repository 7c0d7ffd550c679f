//! Periodic embeddings of numbers: each column x becomes waves of learnt frequencies f, and these a few numbers by weights of the
//! column's own. PLR (Gorishniy et al., 2022): relu(Σ_k sin(2π f_k x) u_k + cos(2π f_k x) v_k + b). PBLD (Holzmüller et al., 2024):
//! x itself, and Σ_k cos(2π f_k x + p_k) v_k + b. All other columns pass, and come first.

use super::kind::{add_product, Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::{EngineError, Result};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::{PI, TAU};

/// Frequencies of a column, and numbers that it becomes, at most: they are computed beside each other.
const MOST: usize = 64;

/// Columns that become waves.
#[derive(Clone, Debug, PartialEq)]
pub struct Periodic {
    /// The columns, ascending.
    pub columns: Vec<usize>,
    /// Frequencies of each column.
    pub frequencies: usize,
    /// Numbers that each column becomes, itself included where it is kept.
    pub size: usize,
    /// Whether the column itself is one of them and waves have phases (PBLD); else waves are sines and cosines, and what they
    /// become is rectified (PLR).
    pub keeps: bool,
    /// Standard deviation of the frequencies at first.
    pub sigma: f64,
}

/// A column's numbers on their way.
struct Waves<N> {
    /// The waves: cosines, or sines and then cosines.
    values: [N; 2 * MOST],
    /// Their derivatives by the angle in turns.
    slopes: [N; 2 * MOST],
    /// What they become.
    out: [N; MOST],
}

impl Periodic {
    /// Waves of a column.
    fn waves(&self) -> usize {
        if self.keeps {
            self.frequencies
        } else {
            2 * self.frequencies
        }
    }

    /// Numbers that the waves of a column become.
    fn outputs(&self) -> usize {
        self.size - usize::from(self.keeps)
    }

    /// Where the weights of the waves begin among those of a column.
    fn first(&self) -> usize {
        if self.keeps {
            2 * self.frequencies
        } else {
            self.frequencies
        }
    }

    /// Weights of a column: frequencies, phases where there are any, and those of the waves [waves x outputs], row by row.
    fn per_column(&self) -> usize {
        self.first() + self.waves() * self.outputs()
    }

    /// Waves at `x` and what they become.
    #[inline(always)]
    fn at<N: Number>(&self, x: N, weights: &[N], biases: &[N], wants_slopes: bool) -> Waves<N> {
        let zero = N::of(0.0);
        let mut waves = Waves {
            values: [zero; 2 * MOST],
            slopes: [zero; 2 * MOST],
            out: [zero; MOST],
        };
        let (count, outputs) = (self.frequencies, self.outputs());
        let (per_turn, tau) = (N::of(1.0 / TAU), N::of(TAU));
        for k in 0..count {
            match self.keeps {
                true => {
                    let turns = weights[k] * x + weights[count + k] * per_turn;
                    waves.values[k] = turns.cosine_of_turns();
                    if wants_slopes {
                        waves.slopes[k] = -turns.sine_of_turns() * tau;
                    }
                }
                false => {
                    let turns = weights[k] * x;
                    let (sine, cosine) = (turns.sine_of_turns(), turns.cosine_of_turns());
                    waves.values[k] = sine;
                    waves.values[count + k] = cosine;
                    waves.slopes[k] = cosine * tau;
                    waves.slopes[count + k] = -sine * tau;
                }
            }
        }
        waves.out[..outputs].copy_from_slice(biases);
        let rows = weights[self.first()..].chunks_exact(outputs);
        for (&wave, weights) in waves.values[..self.waves()].iter().zip(rows) {
            for (sum, &weight) in waves.out.iter_mut().zip(weights) {
                add_product(sum, wave, weight);
            }
        }
        waves
    }

    /// Calls for each column: its number, its place in what goes out, and which of the embedded ones it is.
    #[inline(always)]
    fn each_column(&self, inputs: usize, mut job: impl FnMut(usize, usize, usize)) {
        let first = inputs - self.columns.len();
        for (number, &column) in self.columns.iter().enumerate() {
            job(column, first + number * self.size, number);
        }
    }

    /// Calls for each column that passes: its number and its place.
    #[inline(always)]
    fn each_passing(&self, inputs: usize, mut job: impl FnMut(usize, usize)) {
        let (mut next, mut place) = (0, 0);
        for column in 0..inputs {
            if self.columns.get(next) == Some(&column) {
                next += 1;
            } else {
                job(column, place);
                place += 1;
            }
        }
    }

    /// The part of a column in numbers that all columns have.
    #[inline(always)]
    fn part<N>(numbers: &[N], column: usize, size: usize) -> &[N] {
        &numbers[column * size..(column + 1) * size]
    }

    /// What comes back to the outputs of the waves, through what rectifies them.
    #[inline(always)]
    fn back<N: Number>(&self, waves: &Waves<N>, deltas: &[N]) -> [N; MOST] {
        let mut back = [N::of(0.0); MOST];
        for (j, back) in back[..self.outputs()].iter_mut().enumerate() {
            if self.keeps || waves.out[j].real() > 0.0 {
                *back = deltas[usize::from(self.keeps) + j];
            }
        }
        back
    }

    /// What comes back to each wave's angle, in turns.
    #[inline(always)]
    fn back_to_turns<N: Number>(&self, waves: &Waves<N>, weights: &[N], back: &[N]) -> [N; 2 * MOST] {
        let mut turns = [N::of(0.0); 2 * MOST];
        let rows = weights[self.first()..].chunks_exact(back.len());
        for ((turn, weights), &slope) in turns[..self.waves()].iter_mut().zip(rows).zip(&waves.slopes) {
            let mut sum = N::of(0.0);
            for (&weight, &delta) in weights.iter().zip(back) {
                add_product(&mut sum, delta, weight);
            }
            *turn = sum * slope;
        }
        turns
    }
}

impl RowKind for Periodic {
    fn units(&self, extent: Extent<'_>, _units: usize) -> Result<usize> {
        let ascend = self.columns.windows(2).all(|pair| pair[0] < pair[1]);
        let fit = self.columns.last().is_some_and(|&column| column < extent.inputs);
        let sizes = (1..=MOST).contains(&self.frequencies)
            && (1 + usize::from(self.keeps)..=MOST).contains(&self.size)
            && self.sigma > 0.0
            && self.sigma.is_finite();
        match ascend && fit && sizes {
            true => Ok(extent.inputs - self.columns.len() + self.columns.len() * self.size),
            false => Err(EngineError::config(format!(
                "{self:?} of {} columns",
                extent.inputs
            ))),
        }
    }

    fn weights(&self, _shape: Shape) -> (usize, usize) {
        (self.columns.len(), self.per_column())
    }

    fn biases(&self, _shape: Shape) -> usize {
        self.columns.len() * self.outputs()
    }

    fn work(&self, shape: Shape) -> f64 {
        // A wave takes about as long as so many multiply-adds.
        let waves = 16.0 * self.waves() as f64;
        shape.units as f64 + self.columns.len() as f64 * (waves + self.per_column() as f64)
    }

    fn draw(
        &self,
        _shape: Shape,
        weights: &mut Array2<f64>,
        biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()> {
        let limit = 1.0 / (self.waves() as f64).sqrt();
        let rng = &mut *draws.rng;
        for mut column in weights.rows_mut() {
            for (number, weight) in column.iter_mut().enumerate() {
                *weight = if number < self.frequencies {
                    let normal: f64 = StandardNormal.sample(rng);
                    self.sigma * normal
                } else if number < self.first() {
                    PI * (2.0 * rng.random::<f64>() - 1.0)
                } else {
                    limit * (2.0 * rng.random::<f64>() - 1.0)
                };
            }
        }
        biases.mapv_inplace(|_| limit * (2.0 * rng.random::<f64>() - 1.0));
        Ok(())
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        self.each_passing(row.shape.inputs, |column, place| out[place] = row.inputs[column]);
        let outputs = self.outputs();
        self.each_column(row.shape.inputs, |column, place, number| {
            let x = row.inputs[column];
            let weights = Periodic::part(row.weights, number, self.per_column());
            let waves = self.at(x, weights, Periodic::part(row.biases, number, outputs), false);
            if self.keeps {
                out[place] = x;
            }
            let made = &mut out[place + usize::from(self.keeps)..place + self.size];
            for (z, &wave) in made.iter_mut().zip(&waves.out) {
                *z = match self.keeps || wave.real() > 0.0 {
                    true => wave,
                    false => N::of(0.0),
                };
            }
        });
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        self.each_passing(row.shape.inputs, |column, place| {
            incoming[column] = incoming[column] + deltas[place];
        });
        let outputs = self.outputs();
        self.each_column(row.shape.inputs, |column, place, number| {
            let weights = Periodic::part(row.weights, number, self.per_column());
            let biases = Periodic::part(row.biases, number, outputs);
            let deltas = &deltas[place..place + self.size];
            let waves = self.at(row.inputs[column], weights, biases, true);
            let back = self.back(&waves, deltas);
            let turns = self.back_to_turns(&waves, weights, &back[..outputs]);
            let mut sum = incoming[column];
            if self.keeps {
                sum = sum + deltas[0];
            }
            for (wave, &turn) in turns[..self.waves()].iter().enumerate() {
                add_product(&mut sum, turn, weights[wave % self.frequencies]);
            }
            incoming[column] = sum;
        });
    }

    #[inline(always)]
    fn gradient<N: Number>(
        &self,
        row: RowAt<'_, N>,
        deltas: &[N],
        to_weights: &mut [N],
        to_biases: &mut [N],
    ) {
        let (outputs, per_turn) = (self.outputs(), N::of(1.0 / TAU));
        self.each_column(row.shape.inputs, |column, place, number| {
            let x = row.inputs[column];
            let weights = Periodic::part(row.weights, number, self.per_column());
            let biases = Periodic::part(row.biases, number, outputs);
            let waves = self.at(x, weights, biases, true);
            let back = self.back(&waves, &deltas[place..place + self.size]);
            let back = &back[..outputs];
            let turns = self.back_to_turns(&waves, weights, back);
            let size = self.per_column();
            let sums = &mut to_weights[number * size..(number + 1) * size];
            let (first, count) = (self.first(), self.frequencies);
            for (wave, &turn) in turns[..self.waves()].iter().enumerate() {
                add_product(&mut sums[wave % count], turn, x);
                if self.keeps {
                    add_product(&mut sums[count + wave], turn, per_turn);
                }
            }
            for (&wave, sums) in waves.values[..self.waves()]
                .iter()
                .zip(sums[first..].chunks_exact_mut(outputs))
            {
                for (sum, &delta) in sums.iter_mut().zip(back) {
                    add_product(sum, delta, wave);
                }
            }
            for (sum, &delta) in to_biases[number * outputs..].iter_mut().zip(back) {
                *sum = *sum + delta;
            }
        });
    }
}
