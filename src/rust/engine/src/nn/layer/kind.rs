//! What a kind of layer has to say, and what it is told.

use crate::base::error::{EngineError, Result};
use crate::base::threads::Team;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::{Dual, Real};
use crate::kernels::scalar::Scalar;
use crate::nn::activation::Activation;
use crate::nn::distribution::{BiasInit, Init};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The extents of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Numbers that come in.
    pub inputs: usize,
    /// Numbers that go out.
    pub units: usize,
    /// Copies of a row that go out: 1, or one for each member.
    pub copies: usize,
}

/// How many numbers go in and out of a layer, before there is one: what kinds are checked against.
#[derive(Clone, Copy, Debug)]
pub struct Extent<'a> {
    /// Numbers that come in.
    pub inputs: usize,
    /// Copies of a row that come in.
    pub copies: usize,
    /// Units and copies of what may be skipped from: the inputs, then each layer before.
    pub before: &'a [(usize, usize)],
}

/// What a kind needs to draw a start.
pub struct Draws<'a> {
    /// How weights of dense layers are drawn.
    pub init: Init,
    /// How their biases are.
    pub biases: BiasInit,
    /// The random stream.
    pub rng: &'a mut Xoshiro256PlusPlus,
    /// Who is asked whether to go on.
    pub team: &'a Team,
}

impl Draws<'_> {
    /// Draws biases of weighted sums, which are 0.
    pub(super) fn draw_biases(&mut self, biases: &mut Array1<f64>) {
        if self.biases == BiasInit::Uniform {
            biases.mapv_inplace(|_| self.rng.random::<f64>());
        }
    }
}

/// A row at a layer: its parameters, what comes in, and where that comes from.
#[derive(Clone, Copy)]
pub struct RowAt<'a, N> {
    /// The layer's extents.
    pub shape: Shape,
    /// Weights, row by row.
    pub weights: &'a [N],
    /// Biases.
    pub biases: &'a [N],
    /// What comes in.
    pub inputs: &'a [N],
    /// What a skip connection brings; else empty.
    pub skipped: &'a [N],
    /// Which of the row's copies it is.
    pub member: usize,
    /// The instruction set of the kernels.
    pub set: InstructionSet,
}

/// Numbers that layers compute with.
pub trait Number: Real + Default {
    /// Values and slopes of an activation at some points.
    fn curve(
        activation: Activation,
        set: InstructionSet,
        points: &[Self],
        values: &mut [Self],
        slopes: &mut [Self],
    );
}

impl<T: Scalar> Number for T {
    fn curve(activation: Activation, set: InstructionSet, points: &[T], values: &mut [T], slopes: &mut [T]) {
        values.copy_from_slice(points);
        activation.activate_with_slope(set, values, slopes);
    }
}

impl<const K: usize> Number for Dual<K> {
    fn curve(
        activation: Activation,
        _set: InstructionSet,
        points: &[Dual<K>],
        values: &mut [Dual<K>],
        slopes: &mut [Dual<K>],
    ) {
        for ((&point, value), slope) in points.iter().zip(values).zip(slopes) {
            let (v, s) = activation.value_and_slope(point.value);
            *value = point.through(v, s);
            *slope = point.through(s, activation.second_derivative(point.value));
        }
    }
}

/// A kind of layer.
pub trait RowKind {
    /// Numbers that go out, where `units` are asked for (0: not said).
    ///
    /// # Errors
    /// [`EngineError::Config`] of what does not fit.
    fn units(&self, extent: Extent<'_>, units: usize) -> Result<usize>;
    /// Copies of a row that go out.
    fn copies(&self, copies: usize) -> usize {
        copies
    }
    /// Extent of the weights.
    fn weights(&self, shape: Shape) -> (usize, usize);
    /// Number of biases; most kinds have none.
    fn biases(&self, _shape: Shape) -> usize {
        0
    }
    /// What the layer takes from an earlier one: 0 for the inputs, else that layer's number from 1.
    fn from(&self) -> Option<usize> {
        None
    }
    /// Multiply-adds of a row going forward, about.
    fn work(&self, shape: Shape) -> f64 {
        let (rows, columns) = self.weights(shape);
        rows as f64 * columns as f64 + self.biases(shape) as f64 + shape.units as f64
    }
    /// Draws a start of the parameters, which are 0.
    ///
    /// # Errors
    /// Memory refused, or an interrupt.
    fn draw(
        &self,
        shape: Shape,
        weights: &mut Array2<f64>,
        biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()>;
    /// Writes what goes out, before the activation.
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]);
    /// Adds to `incoming` the derivatives of the loss by what comes in, given those by what goes out.
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]);
    /// Adds to `incoming` the derivatives of the loss by what was skipped from.
    fn backward_skipped<N: Number>(&self, _row: RowAt<'_, N>, _deltas: &[N], _incoming: &mut [N]) {}
    /// Adds to the gradient of weights and biases what the row says.
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], biases: &mut [N]);
}

/// Refuses units that are asked for where there are others.
pub(super) fn same_units(what: &str, units: usize, there: usize) -> Result<usize> {
    match units == 0 || units == there {
        true => Ok(there),
        false => Err(EngineError::config(format!(
            "{what} of {units} units where {there} come in"
        ))),
    }
}

/// sum + a b, in the order in which it is written.
#[inline(always)]
pub(super) fn add_product<N: Real>(sum: &mut N, a: N, b: N) {
    *sum = *sum + a * b;
}
