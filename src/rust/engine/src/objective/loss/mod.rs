//! Losses: how far predictions are from their targets, and the deltas that backpropagation starts from.
//!
//! Losses that belong to an output (cross-entropies, Poisson) are computed from the weighted
//! inputs (logits), and their delta is `prediction - target`, without a slope. The others are
//! computed from the prediction, and their delta is multiplied by the output's slope.

use crate::base::error::{EngineError, Result};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;
use crate::nn::activation::Activation;
use crate::objective::output::{apply_output, Output};

/// A loss. Per row of k outputs; totals are Σ for `Sse`, weighted means over rows otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Loss {
    /// ½ Σ (y - ŷ)².
    Sse,
    /// Σ (y - ŷ)² / k.
    Mse,
    /// Σ |y - ŷ| / k.
    Mae,
    /// Σ huber(y - ŷ) / k: half the square up to delta, delta (|e| - delta / 2) beyond.
    Huber(f64),
    /// Σ (log(1 + e^z) - y z) / k.
    BinaryCrossEntropy,
    /// Σ y (log Σ e^z - z).
    CrossEntropy,
    /// Σ (e^z - y z) / k.
    Poisson,
    /// Σ over the quantiles τ of τ (y - ŷ) above and (1 - τ)(ŷ - y) below, / k; one target.
    Quantile(Vec<f64>),
}

/// A checked pair of output and loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    output: Output,
    loss: Loss,
}

/// The rows of one evaluation, `stride` apart: what [`Objective::evaluate`] reads and writes.
pub struct OutputRows<'a, T> {
    /// Weighted inputs of the last layer (offset included).
    pub inputs: &'a [T],
    /// Predictions.
    pub values: &'a [T],
    /// log Σ e^z of each row; only read for cross-entropy.
    pub log_sums: &'a [T],
    /// Targets, `targets_per_row` per row.
    pub targets: &'a [T],
    /// Distance between rows of `inputs`, `values` and deltas.
    pub stride: usize,
    /// Units of the last layer.
    pub units: usize,
    /// Numbers per row of `targets`.
    pub targets_per_row: usize,
}

impl Objective {
    /// Pairs an output with a loss.
    ///
    /// # Errors
    /// Pairs without meaning, such as cross-entropy of a linear output; a delta that is not positive,
    /// quantiles that are not shares, or none.
    pub fn new(output: Output, loss: Loss) -> Result<Objective> {
        let fits = match &loss {
            Loss::Sse | Loss::Mse | Loss::Mae => output != Output::Softmax,
            Loss::Huber(delta) => output != Output::Softmax && delta.is_finite() && *delta > 0.0,
            Loss::BinaryCrossEntropy => output == Output::Sigmoid,
            Loss::CrossEntropy => output == Output::Softmax,
            Loss::Poisson => output == Output::Exponential,
            Loss::Quantile(taus) => {
                let is_share = |tau: &f64| (0.0..=1.0).contains(tau);
                output == Output::Linear && !taus.is_empty() && taus.iter().all(is_share)
            }
        };
        if fits {
            Ok(Objective { output, loss })
        } else {
            Err(EngineError::config(format!(
                "{loss:?} does not go with a {output:?} output"
            )))
        }
    }

    /// The output that the loss is paired with.
    pub fn output(&self) -> Output {
        self.output
    }

    /// The loss.
    pub fn loss(&self) -> &Loss {
        &self.loss
    }

    /// Whether the total is a sum over rows (else a weighted mean).
    pub fn is_sum(&self) -> bool {
        self.loss == Loss::Sse
    }

    /// Whether the delta is computed from the weighted inputs, without the output's slope.
    pub fn is_paired(&self) -> bool {
        matches!(
            self.loss,
            Loss::BinaryCrossEntropy | Loss::CrossEntropy | Loss::Poisson
        )
    }

    /// Whether it can be computed of `units` outputs: quantiles have an output each.
    pub fn is_for(&self, units: usize) -> bool {
        match &self.loss {
            Loss::Quantile(taus) => taus.len() == units,
            _ => true,
        }
    }

    /// Targets a row must have for `units` outputs.
    pub fn targets_per_row(&self, units: usize) -> usize {
        match self.loss {
            Loss::Quantile(_) => 1,
            _ => units,
        }
    }

    /// Turns weighted inputs into predictions, in place.
    pub fn predict<T: Scalar>(
        &self,
        set: InstructionSet,
        values: &mut [T],
        stride: usize,
        units: usize,
        log_sums: &mut [T],
    ) {
        apply_output(self.output, set, values, stride, units, log_sums);
    }

    /// Losses and deltas (derivatives by the weighted inputs) of some rows, before case weights.
    /// Lanes of `deltas` beyond the last unit are left alone.
    pub fn evaluate<T: Scalar>(
        &self,
        set: InstructionSet,
        rows: &OutputRows<'_, T>,
        losses: &mut [f64],
        deltas: &mut [T],
    ) {
        let k = T::of(rows.units as f64);
        match &self.loss {
            Loss::Sse => self.each(rows, losses, deltas, |_, a, y, _| {
                let e = a - y;
                (T::of(0.5) * e * e, e)
            }),
            Loss::Mse => self.each(rows, losses, deltas, |_, a, y, _| {
                let e = a - y;
                (e * e / k, (e + e) / k)
            }),
            Loss::Mae => self.each(rows, losses, deltas, |_, a, y, _| {
                let e = a - y;
                // f64::signum(0) is 1; the derivative at 0 is taken as 0. NaN must pass.
                let sign = if e == T::zero() { e } else { e.signum() };
                (e.abs() / k, sign / k)
            }),
            Loss::Huber(delta) => {
                let delta = T::of(*delta);
                self.each(rows, losses, deltas, |_, a, y, _| {
                    let e = a - y;
                    if e.abs() <= delta {
                        (T::of(0.5) * e * e / k, e / k)
                    } else {
                        (delta * (e.abs() - T::of(0.5) * delta) / k, delta * e.signum() / k)
                    }
                })
            }
            Loss::BinaryCrossEntropy => binary_cross_entropy(set, rows, losses, deltas),
            Loss::Poisson => self.each(rows, losses, deltas, |z, a, y, _| ((a - y * z) / k, (a - y) / k)),
            Loss::Quantile(taus) => self.each(rows, losses, deltas, |_, a, y, j| {
                let tau = T::of(taus[j]);
                let e = y - a;
                if e > T::zero() {
                    (tau * e / k, -tau / k)
                } else if e < T::zero() {
                    ((tau - T::one()) * e / k, (T::one() - tau) / k)
                } else {
                    (e, e) // zero, or NaN to be noticed
                }
            }),
            Loss::CrossEntropy => cross_entropy(rows, losses, deltas),
        }
    }

    /// Whether each row was classified rightly: the largest probability at the largest target
    /// for a softmax; for other outputs the share of outputs on the target's side of one half.
    pub fn hits<T: Scalar>(&self, rows: &OutputRows<'_, T>, hits: &mut [f64]) {
        let half = T::of(0.5);
        for (r, hit) in hits.iter_mut().enumerate() {
            let values = &rows.values[r * rows.stride..r * rows.stride + rows.units];
            let targets = &rows.targets[r * rows.targets_per_row..(r + 1) * rows.targets_per_row];
            *hit = if self.output == Output::Softmax {
                f64::from(u8::from(largest(values) == largest(targets)))
            } else {
                let right = values
                    .iter()
                    .zip(targets)
                    .filter(|(a, y)| (**a > half) == (**y > half));
                right.count() as f64 / rows.units as f64
            };
        }
    }

    /// Evaluates a loss that adds up over outputs: `element(z, a, y, output)` gives the loss and
    /// its derivative by z where output and loss are paired, else by the prediction a.
    #[inline(always)]
    fn each<T: Scalar>(
        &self,
        rows: &OutputRows<'_, T>,
        losses: &mut [f64],
        deltas: &mut [T],
        element: impl Fn(T, T, T, usize) -> (T, T),
    ) {
        match (self.is_paired(), self.output) {
            (false, Output::Sigmoid) => evaluate_each(rows, losses, deltas, element, |a| a * (T::one() - a)),
            (false, Output::Exponential) => evaluate_each(rows, losses, deltas, element, |a| a),
            _ => evaluate_each(rows, losses, deltas, element, |_| T::one()),
        }
    }
}

/// The loop of [`Objective::each`]; `slope` is the output's, where the element does not have it.
#[inline(always)]
fn evaluate_each<T: Scalar>(
    rows: &OutputRows<'_, T>,
    losses: &mut [f64],
    deltas: &mut [T],
    element: impl Fn(T, T, T, usize) -> (T, T),
    slope: impl Fn(T) -> T,
) {
    // One unit: numbers next to each other, which need no indices to be worked out.
    if rows.stride == 1 {
        let numbers = rows.inputs.iter().zip(rows.values).zip(rows.targets);
        for ((loss, delta), ((&z, &a), &y)) in losses.iter_mut().zip(deltas).zip(numbers) {
            let (part, derivative) = element(z, a, y, 0);
            *loss = part.to_double();
            *delta = derivative * slope(a);
        }
        return;
    }
    let shared_target = rows.targets_per_row == 1;
    for (r, loss) in losses.iter_mut().enumerate() {
        let at = r * rows.stride..r * rows.stride + rows.units;
        let inputs = &rows.inputs[at.clone()];
        let values = &rows.values[at.clone()];
        let deltas = &mut deltas[at];
        let targets = &rows.targets[r * rows.targets_per_row..(r + 1) * rows.targets_per_row];
        let mut sum = 0.0;
        for j in 0..rows.units {
            let y = targets[if shared_target { 0 } else { j }];
            let (part, delta) = element(inputs[j], values[j], y, j);
            sum += part.to_double();
            deltas[j] = delta * slope(values[j]);
        }
        *loss = sum;
    }
}

/// Index of the largest number; the first of equals.
fn largest<T: Scalar>(numbers: &[T]) -> usize {
    let mut index = 0;
    for (other, number) in numbers.iter().enumerate() {
        if *number > numbers[index] {
            index = other;
        }
    }
    index
}

fn binary_cross_entropy<T: Scalar>(
    set: InstructionSet,
    rows: &OutputRows<'_, T>,
    losses: &mut [f64],
    deltas: &mut [T],
) {
    // First log(1 + e^z), which belongs in a kernel, where the deltas will stand.
    if rows.stride == rows.units {
        deltas.copy_from_slice(rows.inputs);
        Activation::Softplus.activate(set, deltas);
    } else {
        for (deltas, inputs) in deltas
            .chunks_exact_mut(rows.stride)
            .zip(rows.inputs.chunks_exact(rows.stride))
        {
            deltas[..rows.units].copy_from_slice(&inputs[..rows.units]);
            Activation::Softplus.activate(set, &mut deltas[..rows.units]);
        }
    }
    let k = T::of(rows.units as f64);
    for (r, loss) in losses.iter_mut().enumerate() {
        let at = r * rows.stride..r * rows.stride + rows.units;
        let inputs = rows.inputs[at.clone()].iter().zip(&rows.values[at.clone()]);
        let targets = &rows.targets[r * rows.units..(r + 1) * rows.units];
        let mut sum = 0.0;
        for ((delta, (&z, &a)), &y) in deltas[at].iter_mut().zip(inputs).zip(targets) {
            sum += ((*delta - y * z) / k).to_double();
            *delta = (a - y) / k;
        }
        *loss = sum;
    }
}

fn cross_entropy<T: Scalar>(rows: &OutputRows<'_, T>, losses: &mut [f64], deltas: &mut [T]) {
    for (r, loss) in losses.iter_mut().enumerate() {
        let at = r * rows.stride..r * rows.stride + rows.units;
        let targets = &rows.targets[r * rows.units..(r + 1) * rows.units];
        let mut total = T::zero();
        let mut sum = T::zero();
        for (&z, &y) in rows.inputs[at.clone()].iter().zip(targets) {
            sum += y * (rows.log_sums[r] - z);
            total += y;
        }
        *loss = sum.to_double();
        for ((delta, &p), &y) in deltas[at.clone()].iter_mut().zip(&rows.values[at]).zip(targets) {
            *delta = p * total - y;
        }
    }
}

/// Sums over rows, each times its case weight.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Losses.
    pub loss: f64,
    /// Rows classified rightly.
    pub hits: f64,
}

impl Totals {
    /// Adds the totals of other rows.
    pub fn add(&mut self, other: Totals) {
        self.loss += other.loss;
        self.hits += other.hits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loss and deltas of one row of `units` outputs at weighted inputs `z`.
    fn at(objective: &Objective, z: &[f64], y: &[f64]) -> (f64, Vec<f64>) {
        let mut values = z.to_vec();
        let mut log_sums = [0.0];
        objective.predict(
            InstructionSet::detect(),
            &mut values,
            z.len(),
            z.len(),
            &mut log_sums,
        );
        let (mut losses, mut deltas) = ([0.0], vec![0.0; z.len()]);
        let rows = OutputRows {
            inputs: z,
            values: &values,
            log_sums: &log_sums,
            targets: y,
            stride: z.len(),
            units: z.len(),
            targets_per_row: y.len(),
        };
        objective.evaluate(InstructionSet::detect(), &rows, &mut losses, &mut deltas);
        (losses[0], deltas)
    }

    #[test]
    fn deltas_are_the_derivatives_of_the_losses() {
        let z = [0.3, -1.2, 0.8];
        for (output, loss, y) in [
            (Output::Linear, Loss::Sse, vec![1.0, 0.5, -0.2]),
            (Output::Sigmoid, Loss::Sse, vec![1.0, 0.0, 1.0]),
            (Output::Exponential, Loss::Mse, vec![1.0, 0.0, 1.0]),
            (Output::Linear, Loss::Mse, vec![1.0, 0.5, -0.2]),
            (Output::Linear, Loss::Mae, vec![1.0, 0.5, -0.2]),
            (Output::Sigmoid, Loss::Huber(0.3), vec![1.0, 0.0, 1.0]),
            (Output::Sigmoid, Loss::BinaryCrossEntropy, vec![1.0, 0.0, 0.3]),
            (Output::Softmax, Loss::CrossEntropy, vec![0.2, 0.5, 0.3]),
            (Output::Exponential, Loss::Poisson, vec![2.0, 0.0, 5.0]),
            (Output::Linear, Loss::Quantile(vec![0.1, 0.5, 0.9]), vec![0.1]),
        ] {
            let objective = Objective::new(output, loss.clone()).unwrap();
            let (_, deltas) = at(&objective, &z, &y);
            for j in 0..z.len() {
                let h = 1e-6;
                let (mut up, mut down) = (z, z);
                up[j] += h;
                down[j] -= h;
                let difference = (at(&objective, &up, &y).0 - at(&objective, &down, &y).0) / (2.0 * h);
                assert!(
                    (deltas[j] - difference).abs() < 1e-8,
                    "{output:?} {loss:?}: {} {difference}",
                    deltas[j]
                );
            }
        }
    }

    #[test]
    fn cross_entropies_of_large_logits_are_finite() {
        let bce = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
        assert_eq!(at(&bce, &[-800.0], &[1.0]).0, 800.0);
        assert_eq!(at(&bce, &[800.0], &[1.0]).0, 0.0);
        let ce = Objective::new(Output::Softmax, Loss::CrossEntropy).unwrap();
        assert_eq!(at(&ce, &[1000.0, 0.0], &[0.0, 1.0]).0, 1000.0);
    }

    #[test]
    fn pairs_without_meaning_are_refused() {
        assert!(Objective::new(Output::Linear, Loss::CrossEntropy).is_err());
        assert!(Objective::new(Output::Softmax, Loss::Mse).is_err());
        assert!(Objective::new(Output::Linear, Loss::BinaryCrossEntropy).is_err());
        assert!(Objective::new(Output::Sigmoid, Loss::Poisson).is_err());
    }
}
