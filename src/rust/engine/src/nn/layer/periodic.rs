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

/// A column's numbers on their way; room for those of one column after the other.
struct Waves<N> {
    /// The angles, in turns.
    turns: [N; MOST],
    /// The waves: cosines, or sines and then cosines.
    values: [N; 2 * MOST],
    /// Their derivatives by the angle in turns.
    slopes: [N; 2 * MOST],
    /// What they become.
    out: [N; MOST],
    /// What comes back to that, through what rectifies it.
    back: [N; MOST],
    /// What comes back to each wave's angle, in turns.
    back_to_turns: [N; 2 * MOST],
}

impl<N: Number> Waves<N> {
    #[inline(always)]
    fn room() -> Waves<N> {
        let zero = N::of(0.0);
        Waves {
            turns: [zero; MOST],
            values: [zero; 2 * MOST],
            slopes: [zero; 2 * MOST],
            out: [zero; MOST],
            back: [zero; MOST],
            back_to_turns: [zero; 2 * MOST],
        }
    }
}

#[inline(always)]
fn cosines<N: Number>(turns: &[N], out: &mut [N]) {
    for (out, &turns) in out.iter_mut().zip(turns) {
        *out = turns.cosine_of_turns();
    }
}

#[inline(always)]
fn sines<N: Number>(turns: &[N], out: &mut [N]) {
    for (out, &turns) in out.iter_mut().zip(turns) {
        *out = turns.sine_of_turns();
    }
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
    fn at<N: Number>(&self, x: N, weights: &[N], biases: &[N], wants_slopes: bool, waves: &mut Waves<N>) {
        let (count, outputs) = (self.frequencies, self.outputs());
        // Each loop is of one operation on many numbers, as compilers want them.
        let turns = &mut waves.turns[..count];
        for (turns, &frequency) in turns.iter_mut().zip(weights) {
            *turns = frequency * x;
        }
        let (first, second) = waves.values.split_at_mut(count);
        let (first_slopes, second_slopes) = waves.slopes.split_at_mut(count);
        let tau = N::of(TAU);
        if self.keeps {
            let per_turn = N::of(1.0 / TAU);
            for (turns, &phase) in turns.iter_mut().zip(&weights[count..]) {
                *turns = *turns + phase * per_turn;
            }
            cosines(turns, first);
            if wants_slopes {
                sines(turns, first_slopes);
                first_slopes.iter_mut().for_each(|slope| *slope = -*slope * tau);
            }
        } else {
            sines(turns, first);
            cosines(turns, &mut second[..count]);
            for (slope, &cosine) in first_slopes.iter_mut().zip(&second[..count]) {
                *slope = cosine * tau;
            }
            for (slope, &sine) in second_slopes.iter_mut().zip(first.iter()) {
                *slope = -sine * tau;
            }
        }
        waves.out[..outputs].copy_from_slice(biases);
        let rows = weights[self.first()..].chunks_exact(outputs);
        for (&wave, weights) in waves.values[..self.waves()].iter().zip(rows) {
            for (sum, &weight) in waves.out.iter_mut().zip(weights) {
                add_product(sum, wave, weight);
            }
        }
    }

    /// Of each column its number, its place in what goes out, and which of the embedded ones it is.
    #[inline(always)]
    fn each_column(&self, inputs: usize) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let first = inputs - self.columns.len();
        let places = (first..).step_by(self.size);
        let columns = self.columns.iter().zip(places).enumerate();
        columns.map(|(number, (&column, place))| (column, place, number))
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

    /// What comes back from `deltas` to what the waves become, and to their angles.
    #[inline(always)]
    fn back<N: Number>(&self, weights: &[N], deltas: &[N], waves: &mut Waves<N>) {
        let outputs = self.outputs();
        let deltas = &deltas[usize::from(self.keeps)..];
        for ((back, &delta), out) in waves.back[..outputs].iter_mut().zip(deltas).zip(&waves.out) {
            *back = match self.keeps || out.real() > 0.0 {
                true => delta,
                false => N::of(0.0),
            };
        }
        let turns = waves.back_to_turns[..self.waves()].iter_mut().zip(&waves.slopes);
        let rows = weights[self.first()..].chunks_exact(outputs);
        for ((turn, &slope), weights) in turns.zip(rows) {
            let mut sum = N::of(0.0);
            for (&weight, &delta) in weights.iter().zip(&waves.back) {
                add_product(&mut sum, delta, weight);
            }
            *turn = sum * slope;
        }
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
        let (outputs, mut waves) = (self.outputs(), Waves::room());
        // Loops, not closures: what is not inlined is compiled for any processor.
        for (column, place, number) in self.each_column(row.shape.inputs) {
            let x = row.inputs[column];
            let weights = Periodic::part(row.weights, number, self.per_column());
            let biases = Periodic::part(row.biases, number, outputs);
            self.at(x, weights, biases, false, &mut waves);
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
        }
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        self.each_passing(row.shape.inputs, |column, place| {
            incoming[column] = incoming[column] + deltas[place];
        });
        let (outputs, mut waves) = (self.outputs(), Waves::room());
        for (column, place, number) in self.each_column(row.shape.inputs) {
            let weights = Periodic::part(row.weights, number, self.per_column());
            let biases = Periodic::part(row.biases, number, outputs);
            let deltas = &deltas[place..place + self.size];
            self.at(row.inputs[column], weights, biases, true, &mut waves);
            self.back(weights, deltas, &mut waves);
            let mut sum = incoming[column];
            if self.keeps {
                sum = sum + deltas[0];
            }
            for turns in waves.back_to_turns[..self.waves()].chunks_exact(self.frequencies) {
                for (&turn, &frequency) in turns.iter().zip(weights) {
                    add_product(&mut sum, turn, frequency);
                }
            }
            incoming[column] = sum;
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
        let (outputs, mut waves) = (self.outputs(), Waves::room());
        let (first, count, size) = (self.first(), self.frequencies, self.per_column());
        for (column, place, number) in self.each_column(row.shape.inputs) {
            let x = row.inputs[column];
            let weights = Periodic::part(row.weights, number, size);
            let biases = Periodic::part(row.biases, number, outputs);
            self.at(x, weights, biases, true, &mut waves);
            self.back(weights, &deltas[place..place + self.size], &mut waves);
            let sums = &mut to_weights[number * size..(number + 1) * size];
            for turns in waves.back_to_turns[..self.waves()].chunks_exact(count) {
                for (sum, &turn) in sums.iter_mut().zip(turns) {
                    add_product(sum, turn, x);
                }
            }
            if self.keeps {
                let per_turn = N::of(1.0 / TAU);
                for (sum, &turn) in sums[count..].iter_mut().zip(&waves.back_to_turns[..count]) {
                    add_product(sum, turn, per_turn);
                }
            }
            let back = &waves.back[..outputs];
            let rows = sums[first..].chunks_exact_mut(outputs);
            for (&wave, sums) in waves.values[..self.waves()].iter().zip(rows) {
                for (sum, &delta) in sums.iter_mut().zip(back) {
                    add_product(sum, delta, wave);
                }
            }
            for (sum, &delta) in to_biases[number * outputs..].iter_mut().zip(back) {
                *sum = *sum + delta;
            }
        }
    }
}
