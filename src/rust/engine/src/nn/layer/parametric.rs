//! Activations with a parameter for each unit. PReLU (He et al., 2015): x above 0, s_j x below. And any activation f as a share,
//! x + s_j (f(x) − x), which leaves a unit as it is at 0 (Holzmüller et al., 2024).

use super::kind::{add_product, same_units, Draws, Extent, Number, RowAt, RowKind, Shape};
use crate::base::error::Result;
use crate::nn::activation::Activation;
use ndarray::{Array1, Array2};

/// Slope of PReLU below 0 at first.
const SLOPE: f64 = 0.25;

/// Units whose curves are computed at once.
const AT_ONCE: usize = 64;

/// An activation with a parameter for each unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Parametric {
    /// The slope below 0.
    Slope,
    /// The share of an activation.
    Share(Activation),
}

impl Parametric {
    /// Calls for each unit: its number, the value that goes out per unit of the parameter, and what it becomes per unit of the
    /// input (value by parameter, value by input).
    #[inline(always)]
    fn each<N: Number>(&self, row: RowAt<'_, N>, mut job: impl FnMut(usize, N, N)) {
        match *self {
            Parametric::Slope => {
                for (j, (&x, &slope)) in row.inputs.iter().zip(row.weights).enumerate() {
                    // Chosen, not branched on: signs come in no order.
                    let (by_parameter, by_input) = match x.real() > 0.0 {
                        true => (N::of(0.0), N::of(1.0)),
                        false => (x, slope),
                    };
                    job(j, by_parameter, by_input);
                }
            }
            Parametric::Share(activation) => {
                let (mut values, mut slopes) = ([N::default(); AT_ONCE], [N::default(); AT_ONCE]);
                for (chunk, points) in row.inputs.chunks(AT_ONCE).enumerate() {
                    let (values, slopes) = (&mut values[..points.len()], &mut slopes[..points.len()]);
                    N::curve(activation, row.set, points, values, slopes);
                    for (i, &x) in points.iter().enumerate() {
                        let j = chunk * AT_ONCE + i;
                        let slope = N::of(1.0) + row.weights[j] * (slopes[i] - N::of(1.0));
                        job(j, values[i] - x, slope);
                    }
                }
            }
        }
    }
}

impl RowKind for Parametric {
    fn units(&self, extent: Extent<'_>, units: usize) -> Result<usize> {
        same_units("an activation", units, extent.inputs)
    }

    fn weights(&self, shape: Shape) -> (usize, usize) {
        (1, shape.units)
    }

    fn work(&self, shape: Shape) -> f64 {
        shape.units as f64
            * match self {
                Parametric::Slope => 2.0,
                // A curve takes about as long as so many multiply-adds, and is computed anew on each way.
                Parametric::Share(_) => 18.0,
            }
    }

    fn draw(
        &self,
        _shape: Shape,
        weights: &mut Array2<f64>,
        _biases: &mut Array1<f64>,
        _draws: &mut Draws<'_>,
    ) -> Result<()> {
        weights.fill(match self {
            Parametric::Slope => SLOPE,
            Parametric::Share(_) => 1.0,
        });
        Ok(())
    }

    #[inline(always)]
    fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
        let above = match self {
            // Its value by the parameter is 0 above 0, where the value itself is not.
            Parametric::Slope => |x: N| if x.real() > 0.0 { x } else { N::of(0.0) },
            Parametric::Share(_) => |x: N| x,
        };
        self.each(row, |j, by_parameter, _| {
            out[j] = above(row.inputs[j]) + row.weights[j] * by_parameter;
        });
    }

    #[inline(always)]
    fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
        self.each(row, |j, _, by_input| {
            add_product(&mut incoming[j], deltas[j], by_input)
        });
    }

    #[inline(always)]
    fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], _biases: &mut [N]) {
        self.each(row, |j, by_parameter, _| {
            add_product(&mut weights[j], deltas[j], by_parameter)
        });
    }
}
