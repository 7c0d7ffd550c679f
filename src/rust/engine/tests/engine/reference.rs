//! A dense network in plain matrix code, by definition and without any care for speed: `paths.rs` compares every way
//! that the engine has of computing the same with it. In the shapes n is the number of rows of a step, k of outputs.

use backprop_engine::objective::{Loss, Output, Penalty};
use backprop_engine::optim::Optimizer;
use backprop_engine::{Coefficients, Network};
use ndarray::{Array1, Array2, Axis, Zip};

/// Rows: inputs [n x inputs], targets [n x k, or n x 1], offsets [n x k], weights [n].
pub struct Rows {
    pub x: Array2<f64>,
    pub y: Array2<f64>,
    pub offsets: Array2<f64>,
    pub weights: Array1<f64>,
}

/// The network at some weights and biases, with what it is trained on.
pub struct Reference<'a> {
    pub network: &'a Network,
    pub loss: &'a Loss,
    pub penalty: Penalty,
    /// The largest norm of a gradient.
    pub clip: f64,
    /// Weights [inputs x units] and biases [units] of each layer.
    pub at: Coefficients,
}

impl Reference<'_> {
    /// What comes into each layer [n x inputs], its weighted inputs [n x units], and the predictions [n x k].
    fn forward(&self, rows: &Rows) -> (Vec<Array2<f64>>, Vec<Array2<f64>>, Array2<f64>) {
        let (mut inputs, mut weighted) = (vec![rows.x.clone()], Vec::new());
        for (l, layer) in self.network.layers().iter().enumerate() {
            // [n x inputs] times [inputs x units], plus [units] in every row
            weighted.push(inputs[l].dot(&self.at.weights[l]) + &self.at.biases[l]);
            inputs.push(weighted[l].mapv(|z| layer.activation.value_and_slope(z).0));
        }
        let last = weighted.len() - 1;
        weighted[last] += &rows.offsets;
        let mut predictions = weighted[last].mapv(|z| match self.network.output() {
            Output::Linear => z,
            Output::Sigmoid => 1.0 / (1.0 + (-z).exp()),
            Output::Exponential | Output::Softmax => z.exp(),
        });
        if self.network.output() == Output::Softmax {
            let sums = predictions.sum_axis(Axis(1)).insert_axis(Axis(1)); // [n x 1]
            predictions /= &sums;
        }
        (inputs, weighted, predictions)
    }

    /// The loss of one output, and its derivative by the prediction.
    fn loss_of(&self, p: f64, y: f64, output: usize) -> (f64, f64) {
        let (k, e) = (self.network.outputs() as f64, p - y);
        match self.loss {
            Loss::Sse => (e * e / 2.0, e),
            Loss::Mse => (e * e / k, 2.0 * e / k),
            Loss::Mae => (e.abs() / k, e.signum() / k),
            Loss::Huber(d) if e.abs() <= *d => (e * e / 2.0 / k, e / k),
            Loss::Huber(d) => (d * (e.abs() - d / 2.0) / k, d * e.signum() / k),
            Loss::BinaryCrossEntropy => (
                -(y * p.ln() + (1.0 - y) * (1.0 - p).ln()) / k,
                (p - y) / (p * (1.0 - p)) / k,
            ),
            Loss::CrossEntropy => (-y * p.ln(), -y / p),
            Loss::Poisson => ((p - y * p.ln()) / k, (1.0 - y / p) / k),
            Loss::Quantile(taus) if e < 0.0 => (-taus[output] * e / k, -taus[output] / k),
            Loss::Quantile(taus) => ((1.0 - taus[output]) * e / k, (1.0 - taus[output]) / k),
            Loss::Gamma => ((y / p + p.ln()) / k, (1.0 / p - y / (p * p)) / k),
            Loss::DiscreteHazard => (
                -(y * p.ln() + (1.0 - y) * (1.0 - p).ln()),
                (p - y) / (p * (1.0 - p)),
            ),
            // They are of a row as a whole, or of all rows, or have parameters of their own: their own tests compare
            // them with their definitions.
            Loss::NegativeBinomial
            | Loss::Beta
            | Loss::LocationScale
            | Loss::Ordinal(_)
            | Loss::Cox
            | Loss::Custom => {
                unreachable!("{:?}", self.loss)
            }
        }
    }

    /// Sum of the losses, each times its row's weight, and the gradient of `scale` times that sum, plus `share`
    /// of the penalty's, clipped.
    pub fn backward(&self, rows: &Rows, scale: f64, share: f64) -> (f64, Coefficients) {
        let (inputs, weighted, p) = self.forward(rows);
        let last = weighted.len() - 1;
        let mut total = 0.0;
        let mut by_prediction = Array2::zeros(p.dim()); // [n x k]
        for ((row, output), slope) in by_prediction.indexed_iter_mut() {
            let y = rows.y[(row, output.min(rows.y.ncols() - 1))];
            let (loss, derivative) = self.loss_of(p[(row, output)], y, output);
            total += rows.weights[row] * loss;
            *slope = scale * rows.weights[row] * derivative;
        }
        // Derivatives by the weighted inputs of the last layer [n x k].
        let mut deltas = match self.network.output() {
            Output::Linear => by_prediction,
            Output::Sigmoid => &by_prediction * &p * p.mapv(|p| 1.0 - p),
            Output::Exponential => &by_prediction * &p,
            Output::Softmax => {
                let means = (&by_prediction * &p).sum_axis(Axis(1)).insert_axis(Axis(1)); // [n x 1]
                (&by_prediction - &means) * &p
            }
        };
        let mut slopes = Coefficients::zeros(self.network).unwrap();
        for l in (0..=last).rev() {
            let w = &self.at.weights[l];
            slopes.weights[l] = inputs[l].t().dot(&deltas); // [inputs x n] times [n x units]
            slopes.biases[l] = deltas.sum_axis(Axis(0));
            let Penalty { strength, mixture } = self.penalty;
            slopes.weights[l] += &w.mapv(|w| share * strength * ((1.0 - mixture) * w + mixture * w.signum()));
            if l > 0 {
                let activation = self.network.layers()[l - 1].activation;
                // [n x units] times [units x inputs], and the slopes of the layer before
                deltas = deltas.dot(&w.t()) * weighted[l - 1].mapv(|z| activation.value_and_slope(z).1);
            }
        }
        let norm = numbers(&slopes).iter().map(|g| g * g).sum::<f64>().sqrt();
        let factor = (self.clip / norm).min(1.0);
        slopes.weights.iter_mut().for_each(|g| *g *= factor);
        slopes.biases.iter_mut().for_each(|g| *g *= factor);
        (total, slopes)
    }

    /// The penalty.
    pub fn penalty(&self) -> f64 {
        let Penalty { strength, mixture } = self.penalty;
        let of = |w: &f64| strength * ((1.0 - mixture) / 2.0 * w * w + mixture * w.abs());
        self.at.weights.iter().flatten().map(of).sum()
    }

    /// One step of a rule; `slots` are what it keeps, laid out like the weights and biases.
    pub fn update(
        &mut self,
        rule: &Optimizer,
        lr: f64,
        t: i32,
        slopes: &Coefficients,
        slots: &mut [Coefficients; 2],
    ) {
        let [first, second] = slots;
        for l in 0..slopes.weights.len() {
            Zip::from(&mut self.at.weights[l])
                .and(&slopes.weights[l])
                .and(&mut first.weights[l])
                .and(&mut second.weights[l])
                .for_each(|w, &g, a, b| step_of(rule, lr, t, false, (w, g, a, b)));
            Zip::from(&mut self.at.biases[l])
                .and(&slopes.biases[l])
                .and(&mut first.biases[l])
                .and(&mut second.biases[l])
                .for_each(|w, &g, a, b| step_of(rule, lr, t, true, (w, g, a, b)));
        }
    }
}

/// One step of one weight with gradient `g`, and what is kept for it.
fn step_of(rule: &Optimizer, lr: f64, t: i32, is_bias: bool, of: (&mut f64, f64, &mut f64, &mut f64)) {
    let (w, g, a, b) = of;
    match *rule {
        Optimizer::GradientDescent(_) => *w -= lr * g,
        Optimizer::Momentum(m) => {
            *a = m.momentum * *a + g;
            *w -= lr * if m.nesterov { g + m.momentum * *a } else { *a };
        }
        Optimizer::Adagrad(m) => {
            *a += g * g;
            *w -= lr * g / (a.sqrt() + m.epsilon);
        }
        Optimizer::RmsProp(m) => {
            *a = m.rho * *a + (1.0 - m.rho) * g * g;
            *w -= lr * g / (a.sqrt() + m.epsilon);
        }
        Optimizer::Adam(m) => {
            *a = m.beta1 * *a + (1.0 - m.beta1) * g;
            *b = m.beta2 * *b + (1.0 - m.beta2) * g * g;
            *w -= if is_bias { 0.0 } else { lr * m.decay * *w };
            let (mean, square) = (*a / (1.0 - m.beta1.powi(t)), *b / (1.0 - m.beta2.powi(t)));
            *w -= lr * mean / (square.sqrt() + m.epsilon);
        }
        Optimizer::Rprop(m) => {
            let turn = g * *a;
            let factor = if turn > 0.0 { m.grow } else { m.shrink };
            *b = (*b * if turn == 0.0 { 1.0 } else { factor }).clamp(m.smallest, m.largest);
            *a = if turn < 0.0 { 0.0 } else { g };
            *w -= if *a == 0.0 { 0.0 } else { *b * a.signum() };
        }
    }
}

/// All weights and biases, layer by layer.
pub fn numbers(coefficients: &Coefficients) -> Vec<f64> {
    let layers = coefficients.weights.iter().zip(&coefficients.biases);
    layers
        .flat_map(|(w, b)| w.iter().chain(b).copied().collect::<Vec<_>>())
        .collect()
}
