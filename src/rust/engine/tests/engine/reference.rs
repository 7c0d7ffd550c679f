//! A dense network in plain matrix code, by definition and without any care for speed; and beside it every way
//! that the engine has of computing the same. In the shapes n is the number of rows of a step, k of outputs.

use backprop_engine::base::memory::Budget;
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::workspace::{Use, Workspace};
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::{Loss, Objective, Output, Penalty};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::schedule::Schedule;
use backprop_engine::optim::{
    Adagrad, Adam, GradientDescent, Method, Momentum, Optimizer, RmsProp, Rprop, Rule,
};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{gradient, train, Coefficients, Ending, Network, Scalar, Settings, Start, Trained};
use ndarray::{s, Array1, Array2, Axis, Zip};

/// Rows: inputs [n x inputs], targets [n x k, or n x 1], offsets [n x k], weights [n].
struct Rows {
    x: Array2<f64>,
    y: Array2<f64>,
    offsets: Array2<f64>,
    weights: Array1<f64>,
}

struct Reference<'a> {
    network: &'a Network,
    loss: &'a Loss,
    penalty: Penalty,
    clip: f64,
    /// Weights [inputs x units] and biases [units] of each layer.
    at: Coefficients,
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
            Loss::NegativeBinomial | Loss::Beta | Loss::LocationScale | Loss::Ordinal(_) | Loss::Cox => {
                unreachable!("{:?}", self.loss)
            }
        }
    }

    /// Sum of the losses, each times its row's weight, and the gradient of `scale` times that sum, plus `share`
    /// of the penalty's, clipped.
    fn backward(&self, rows: &Rows, scale: f64, share: f64) -> (f64, Coefficients) {
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
    fn penalty(&self) -> f64 {
        let Penalty { strength, mixture } = self.penalty;
        let of = |w: &f64| strength * ((1.0 - mixture) / 2.0 * w * w + mixture * w.abs());
        self.at.weights.iter().flatten().map(of).sum()
    }

    /// One step of a rule; `slots` are what it keeps, laid out like the weights and biases.
    fn update(
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
fn numbers(coefficients: &Coefficients) -> Vec<f64> {
    let layers = coefficients.weights.iter().zip(&coefficients.biases);
    layers
        .flat_map(|(w, b)| w.iter().chain(b).copied().collect::<Vec<_>>())
        .collect()
}

/// A network, and a table for it.
struct Shape {
    sizes: &'static [usize],
    hidden: &'static [Activation],
    rows: usize,
    batch: usize,
}

use Activation::{Gelu, Relu, Sigmoid, Softplus, Tanh};

/// One panel and one micropanel a layer: steps are made in one go.
const SMALL: Shape = Shape {
    sizes: &[7, 8, 6, 0],
    hidden: &[Tanh, Sigmoid],
    rows: 50,
    batch: 20,
};
/// Several panels, some of them with a number of units beyond their width, and too little work for more than that.
const PANELS: Shape = Shape {
    sizes: &[60, 19, 9, 0],
    hidden: &[Gelu, Tanh],
    rows: 70,
    batch: 25,
};
/// Many rows on few parameters: shards. The last step has too few of them.
const SHARDS: Shape = Shape {
    sizes: &[20, 64, 32, 0],
    hidden: &[Softplus, Tanh],
    rows: 300,
    batch: 140,
};
/// The same where one step has all rows, which stay where they are.
const ONE_STEP: Shape = Shape {
    sizes: &[20, 64, 32, 0],
    hidden: &[Relu, Tanh],
    rows: 200,
    batch: 200,
};
/// So wide that the rows of a step go through in several workspaces, and so many weights that there are no shards.
const WIDE: Shape = Shape {
    sizes: &[300, 1000, 0],
    hidden: &[Tanh],
    rows: 310,
    batch: 300,
};

/// What a training has besides rows and a rule.
#[derive(Clone, Copy, Default)]
struct Extras {
    case_weights: bool,
    offsets: bool,
    penalty: Option<(f64, f64)>,
    clip: Option<f64>,
    validation: bool,
}

/// A table of a shape, with as many outputs as a loss wants.
struct Problem {
    network: Network,
    objective: Objective,
    extras: Extras,
    batch: usize,
    all: Rows,
    /// Inputs, targets and offsets column by column.
    columns: [Vec<f64>; 3],
    start: Coefficients,
}

impl Problem {
    fn new(shape: &Shape, output: Output, loss: &Loss, extras: Extras) -> Problem {
        let k = match loss {
            Loss::Quantile(taus) => taus.len(),
            Loss::CrossEntropy => 3,
            Loss::Sse | Loss::BinaryCrossEntropy => 1,
            _ => 2,
        };
        let mut sizes = shape.sizes.to_vec();
        sizes[shape.sizes.len() - 1] = k;
        let network = Network::new(&sizes, shape.hidden, output).unwrap();
        let objective = Objective::new(output, loss.clone()).unwrap();
        let rows = shape.rows;
        let drawn = |columns: usize, step: f64| {
            // Neither regular nor random: the fractions of multiples of an irrational number.
            Array2::from_shape_fn((rows, columns), |(row, column)| {
                ((row * columns + column + 1) as f64 * step).fract() * 2.0 - 1.0
            })
        };
        let mut y = drawn(objective.targets_per_row(k), 3f64.sqrt());
        match output {
            Output::Linear => {}
            Output::Softmax => y.rows_mut().into_iter().for_each(|mut row| {
                let class = if row[0] > 0.3 {
                    0
                } else {
                    1 + usize::from(row[1] > 0.0)
                };
                row.fill(0.0);
                row[class] = 1.0;
            }),
            Output::Sigmoid | Output::Exponential => y.mapv_inplace(|y| f64::from(u8::from(y > 0.2))),
        }
        let offsets = if extras.offsets {
            drawn(k, 7f64.sqrt()) * 0.5
        } else {
            Array2::zeros((rows, k))
        };
        let weights = Array1::from_shape_fn(rows, |row| match extras.case_weights {
            true => 0.25 + (row % 5) as f64 / 2.0,
            false => 1.0,
        });
        let x = drawn(sizes[0], 2f64.sqrt());
        let by_columns = |matrix: &Array2<f64>| matrix.t().iter().copied().collect::<Vec<f64>>();
        let init = vec![Init::GlorotUniform; sizes.len() - 1];
        Problem {
            start: with_team(1, |team| initial(&network, &init, BiasInit::Uniform, 5, team)).unwrap(),
            columns: [by_columns(&x), by_columns(&y), by_columns(&offsets)],
            all: Rows {
                x,
                y,
                offsets,
                weights,
            },
            batch: shape.batch,
            network,
            objective,
            extras,
        }
    }

    fn penalty(&self) -> Penalty {
        let (strength, mixture) = self.extras.penalty.unwrap_or((0.0, 0.0));
        Penalty { strength, mixture }
    }

    fn reference(&self, at: &Coefficients) -> Reference<'_> {
        Reference {
            network: &self.network,
            loss: self.objective.loss(),
            penalty: self.penalty(),
            clip: self.extras.clip.unwrap_or(f64::INFINITY),
            at: at.clone(),
        }
    }

    /// Some of the rows.
    fn part(&self, first: usize, last: usize) -> Rows {
        Rows {
            x: self.all.x.slice(s![first..last, ..]).to_owned(),
            y: self.all.y.slice(s![first..last, ..]).to_owned(),
            offsets: self.all.offsets.slice(s![first..last, ..]).to_owned(),
            weights: self.all.weights.slice(s![first..last]).to_owned(),
        }
    }

    /// What the sum over `n` rows of a step is multiplied by.
    fn scale(&self, n: usize) -> f64 {
        match self.objective.is_sum() {
            true => 1.0,
            false => 1.0 / (n as f64 * self.all.weights.mean().unwrap()),
        }
    }

    fn with_data<T: Scalar, V>(&self, work: impl FnOnce(Data<'_, T>) -> V) -> V {
        let rows = self.all.x.nrows();
        let [x, y, offsets] = &self.columns;
        let matrix = |numbers| ColumnMajor::new(numbers, rows, <[f64]>::len(numbers) / rows);
        work(Data {
            inputs: &matrix(x),
            targets: matrix(y),
            case_weights: self
                .extras
                .case_weights
                .then(|| self.all.weights.as_slice().unwrap()),
            offsets: self.extras.offsets.then(|| matrix(offsets)),
        })
    }

    fn trained<T: Scalar>(&self, method: Method, lr: f64, epochs: usize, threads: usize) -> Trained {
        let settings = Settings {
            objective: self.objective.clone(),
            method,
            lr,
            schedule: Schedule::CONSTANT,
            epochs,
            batch_size: self.batch,
            shuffle: false,
            seed: 1,
            penalty: self.penalty(),
            dropout: Vec::new(),
            clip_norm: self.extras.clip,
            stopping: None,
            counts_hits: false,
            deadline: None,
            metric: None,
            decay_schedule: Schedule::CONSTANT,
            dropout_schedule: Schedule::CONSTANT,
            budget: Budget::default(),
        };
        let checked = settings.check(&self.network).unwrap();
        let start = Start::new(self.start.clone());
        self.with_data::<T, _>(|data| {
            let validation = self.extras.validation.then_some(data);
            with_team(threads, |team| {
                train(
                    &self.network,
                    &checked,
                    data,
                    validation,
                    &start,
                    team,
                    &mut NoObserver,
                )
            })
        })
        .unwrap()
    }
}

/// Compares numbers, relative to the largest of those that are wanted.
fn close(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let size = wanted.iter().fold(1e-3f64, |most, number| most.max(number.abs()));
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() <= tolerance * size,
            "{what}: {found} for {wanted}, number {index}"
        );
    }
}

/// Largest relative difference of results that are computed in another order.
fn tolerance<T: Scalar>() -> f64 {
    if T::LANES == 8 {
        1e-10
    } else {
        2e-4
    }
}

/// Trains for two epochs, and by the reference: weights, biases and losses must be the same.
fn trains_alike<T: Scalar>(problem: &Problem, rule: Optimizer, threads: usize, what: &str) {
    // Of a sum over rows the gradient grows with their number.
    let lr = if problem.objective.is_sum() { 1e-4 } else { 0.01 };
    let what = format!(
        "{what}, {} precision, {rule:?}, {:?}",
        T::PRECISION,
        problem.objective
    );
    let trained = problem.trained::<T>(Method::Rule(rule), lr, 2, threads);
    assert_eq!(trained.ending, Ending::Completed, "{what}");
    let mut plain = problem.reference(&problem.start);
    let mut slots = [0, 1].map(|slot| {
        let mut kept = problem.start.clone();
        kept.weights
            .iter_mut()
            .for_each(|w| w.fill(rule.initial(slot, lr)));
        kept.biases
            .iter_mut()
            .for_each(|b| b.fill(rule.initial(slot, lr)));
        kept
    });
    let rows = problem.all.x.nrows();
    let (mut losses, mut t) = (Vec::new(), 0);
    for _ in 0..2 {
        let (mut sum, mut penalty) = (0.0, 0.0);
        for first in (0..rows).step_by(problem.batch) {
            let last = rows.min(first + problem.batch);
            let part = (last - first) as f64 / rows as f64;
            let share = if problem.objective.is_sum() { part } else { 1.0 };
            let (total, slopes) =
                plain.backward(&problem.part(first, last), problem.scale(last - first), share);
            sum += total;
            penalty += part * plain.penalty();
            t += 1;
            plain.update(&rule, lr, t, &slopes, &mut slots);
        }
        losses.push(sum * problem.scale(rows) + penalty);
    }
    close(
        &numbers(&trained.coefficients),
        &numbers(&plain.at),
        tolerance::<T>(),
        &what,
    );
    close(&trained.losses(), &losses, tolerance::<T>(), &what);
    let (sum, _) = plain.backward(&problem.all, 1.0, 0.0);
    let after = trained.final_losses.unwrap();
    close(
        &[after.training],
        &[sum * problem.scale(rows)],
        tolerance::<T>(),
        &what,
    );
}

/// The objective and its gradient over all rows, as L-BFGS and `gradient` have them.
fn has_the_gradient<T: Scalar>(problem: &Problem, threads: usize, what: &str) {
    let what = format!("{what}, {} precision, {:?}", T::PRECISION, problem.objective);
    let whole = |at: &Coefficients| {
        let plain = problem.reference(at);
        let (sum, slopes) = plain.backward(&problem.all, problem.scale(problem.all.x.nrows()), 1.0);
        (
            sum * problem.scale(problem.all.x.nrows()) + plain.penalty(),
            numbers(&slopes),
        )
    };
    let (wanted, slopes) = whole(&problem.start);
    let (network, objective, penalty) = (&problem.network, &problem.objective, problem.penalty());
    let (found, found_slopes) = problem.with_data::<T, _>(|data| {
        with_team(threads, |team| {
            gradient(network, objective, penalty, data, &problem.start, team).unwrap()
        })
    });
    close(&[found], &[wanted], tolerance::<T>(), &what);
    close(&numbers(&found_slopes), &slopes, tolerance::<T>(), &what);

    let hyperparameters = Lbfgs {
        memory: 3,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    };
    let trained = problem.trained::<T>(Method::Lbfgs(hyperparameters), 1e-3, 1, threads);
    close(&trained.losses(), &[wanted], tolerance::<T>(), &what);
    // The pair that it remembers: how far it went, and how the gradient changed on the way.
    let (_, slopes_after) = whole(&trained.coefficients);
    let change: Vec<f64> = slopes_after
        .iter()
        .zip(&slopes)
        .map(|(after, before)| after - before)
        .collect();
    let [(_, step), (_, found_change)] = &trained.state.slots[..] else {
        panic!("{what}: {} slots", trained.state.slots.len())
    };
    let went = numbers(&trained.coefficients);
    let went: Vec<f64> = went
        .iter()
        .zip(numbers(&problem.start))
        .map(|(to, from)| to - from)
        .collect();
    let largest = slopes.iter().fold(0.0f64, |most, slope| most.max(slope.abs()));
    close(&numbers(step), &went, 10.0 * tolerance::<T>(), &what);
    let scaled = |numbers: &[f64]| numbers.iter().map(|number| number / largest).collect::<Vec<_>>();
    close(
        &scaled(&numbers(found_change)),
        &scaled(&change),
        10.0 * tolerance::<T>(),
        &what,
    );
}

fn losses() -> Vec<(Output, Loss)> {
    vec![
        (Output::Linear, Loss::Sse),
        (Output::Sigmoid, Loss::Sse),
        (Output::Exponential, Loss::Sse),
        (Output::Linear, Loss::Mse),
        (Output::Sigmoid, Loss::Mse),
        (Output::Exponential, Loss::Mse),
        (Output::Linear, Loss::Mae),
        (Output::Sigmoid, Loss::Mae),
        (Output::Exponential, Loss::Huber(0.4)),
        (Output::Linear, Loss::Huber(0.4)),
        (Output::Sigmoid, Loss::BinaryCrossEntropy),
        (Output::Softmax, Loss::CrossEntropy),
        (Output::Exponential, Loss::Poisson),
        (Output::Exponential, Loss::Gamma),
        (Output::Sigmoid, Loss::DiscreteHazard),
        (Output::Linear, Loss::Quantile(vec![0.1, 0.5, 0.8])),
    ]
}

fn rules() -> Vec<Optimizer> {
    let adam = |decay| {
        Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-3,
            decay,
        })
    };
    let momentum = |nesterov| {
        Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov,
        })
    };
    vec![
        Optimizer::GradientDescent(GradientDescent),
        momentum(false),
        momentum(true),
        Optimizer::Adagrad(Adagrad { epsilon: 1e-3 }),
        Optimizer::RmsProp(RmsProp {
            rho: 0.9,
            epsilon: 1e-3,
        }),
        adam(0.0),
        adam(0.1),
        Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        }),
    ]
}

const ALL: Extras = Extras {
    case_weights: true,
    offsets: true,
    penalty: Some((0.02, 0.3)),
    clip: None,
    validation: false,
};

fn shapes() -> [(&'static str, &'static Shape); 4] {
    [
        ("small", &SMALL),
        ("panels", &PANELS),
        ("shards", &SHARDS),
        ("one step", &ONE_STEP),
    ]
}

const NONE: Extras = Extras {
    case_weights: false,
    offsets: false,
    penalty: None,
    clip: None,
    validation: false,
};

#[test]
fn every_loss_on_every_path_is_the_references() {
    for (name, shape) in shapes() {
        for (output, loss) in &losses() {
            let plain = Problem::new(shape, *output, loss, NONE);
            let descent = Optimizer::GradientDescent(GradientDescent);
            trains_alike::<f64>(&plain, descent, 1, name);
            trains_alike::<f32>(&plain, descent, 2, name);
            let weighted = Problem::new(
                shape,
                *output,
                loss,
                Extras {
                    offsets: false,
                    penalty: None,
                    ..ALL
                },
            );
            trains_alike::<f64>(&weighted, descent, 1, name);
            let all = Problem::new(shape, *output, loss, ALL);
            trains_alike::<f64>(&all, descent, 2, name);
            has_the_gradient::<f64>(&all, 2, name);
            has_the_gradient::<f32>(&plain, 1, name);
        }
    }
}

#[test]
fn every_rule_on_every_path_is_the_references() {
    for (name, shape) in shapes() {
        for rule in rules() {
            for (output, loss) in [
                (Output::Softmax, Loss::CrossEntropy),
                (Output::Sigmoid, Loss::BinaryCrossEntropy),
            ] {
                let plain = Problem::new(shape, output, &loss, NONE);
                trains_alike::<f64>(&plain, rule, 1, name);
                trains_alike::<f32>(&plain, rule, 1, name);
                let clipped = Problem::new(
                    shape,
                    output,
                    &loss,
                    Extras {
                        clip: Some(0.05),
                        ..ALL
                    },
                );
                trains_alike::<f64>(&clipped, rule, 2, name);
            }
        }
    }
}

#[test]
fn what_validates_between_epochs_changes_nothing() {
    for (name, shape) in shapes() {
        let judged = Extras {
            validation: true,
            ..ALL
        };
        let problem = Problem::new(shape, Output::Linear, &Loss::Mse, judged);
        trains_alike::<f64>(&problem, Optimizer::GradientDescent(GradientDescent), 2, name);
        has_the_gradient::<f64>(&problem, 2, name);
    }
}

#[test]
fn steps_through_several_workspaces_are_the_references() {
    for extras in [
        NONE,
        Extras {
            clip: Some(0.05),
            ..ALL
        },
    ] {
        let problem = Problem::new(&WIDE, Output::Linear, &Loss::Mse, extras);
        let capacity = Workspace::<f64>::capacity_for(&problem.network, Use::Training, WIDE.batch);
        assert!(capacity < WIDE.batch, "{capacity} rows in a workspace");
        let [.., adam, adamw, _] = rules()[..] else {
            unreachable!()
        };
        trains_alike::<f64>(&problem, adam, 1, "wide");
        trains_alike::<f64>(&problem, adamw, 2, "wide");
    }
    let problem = Problem::new(
        &WIDE,
        Output::Sigmoid,
        &Loss::BinaryCrossEntropy,
        Extras { clip: None, ..ALL },
    );
    trains_alike::<f32>(&problem, Optimizer::GradientDescent(GradientDescent), 2, "wide");
    has_the_gradient::<f64>(&problem, 2, "wide");
}
