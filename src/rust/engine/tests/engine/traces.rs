//! Claims about traces: every matrix of a recorded step follows from those before it.

use crate::workloads;
use backprop_engine::base::random::{shuffled, stream, Purpose};
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::model::Model;
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::schedule::{Kind, Schedule};
use backprop_engine::optim::{Momentum, Optimizer};
use backprop_engine::train::observer::{EpochView, NoObserver, Observer};
use backprop_engine::train::trace::{Recorder, StepTrace};
use backprop_engine::{
    train, Ending, EngineError, Method, Network, Result, Scalar, Settings, Shuffle, Start, Trained,
};
use ndarray::{Array2, Axis};

const ROWS: usize = 23;
const LR: f64 = 0.125;

pub(crate) struct Problem {
    pub(crate) network: Network,
    pub(crate) settings: Settings,
    x: Vec<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
    offsets: Vec<f64>,
}

pub(crate) fn problem(output: Output, loss: Loss, k: usize) -> Problem {
    let hidden = [Activation::Tanh, Activation::Gelu];
    let network = Network::new(&[3, 4, 5, k], &hidden, output).unwrap();
    let objective = Objective::new(output, loss).unwrap();
    let numbers = |count: usize, step: usize| -> Vec<f64> {
        (0..count)
            .map(|i| ((i * step + 3) % 101) as f64 / 50.0 - 1.0)
            .collect()
    };
    let per_row = objective.targets_per_row(k);
    Problem {
        settings: Settings {
            method: Method::Rule(Optimizer::Momentum(Momentum {
                momentum: 0.5,
                nesterov: false,
            })),
            lr: LR,
            schedule: Schedule {
                kind: Kind::Exponential { rate: 0.5 },
                warmup: 0.0,
            },
            seed: 4,
            ..workloads::settings(objective, 3, 8)
        },
        network,
        x: numbers(ROWS * 3, 37),
        y: numbers(ROWS * per_row, 29).iter().map(|y| y.abs()).collect(),
        weights: (0..ROWS).map(|row| 0.5 + (row % 3) as f64).collect(),
        offsets: numbers(ROWS * k, 17),
    }
}

impl Problem {
    /// Records up to so many steps of the fit.
    pub(crate) fn recorded<T: Scalar>(
        &self,
        wanted: usize,
        inner: &mut dyn Observer<T>,
    ) -> (Vec<StepTrace>, Trained) {
        let Problem {
            network, settings, ..
        } = self;
        let checked = settings.clone().check(network).unwrap();
        let init = vec![Init::GlorotUniform; 3];
        let start = with_team(1, |team| initial(network, &init, BiasInit::Uniform, 5, team));
        let start = Start::new(start.unwrap());
        let source = ColumnMajor::new(&self.x, ROWS, 3);
        let k = network.outputs();
        let data = Data {
            inputs: &source,
            targets: ColumnMajor::new(&self.y, ROWS, settings.objective.targets_per_row(k)),
            case_weights: Some(&self.weights),
            offsets: Some(ColumnMajor::new(&self.offsets, ROWS, k)),
        };
        let mut recorder = Recorder::new(wanted, settings.method, inner);
        let trained = with_team(2, |team| {
            train::<T>(network, &checked, data, None, &start, team, &mut recorder).unwrap()
        });
        (recorder.steps, trained)
    }
}

fn close(a: &Array2<f64>, b: &Array2<f64>, what: &str) {
    assert_eq!(a.dim(), b.dim(), "{what}");
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{what}: {a} for {b}");
    }
}

/// Every number of a step from its inputs and the weights before it.
fn follows(problem: &Problem, step: &StepTrace) {
    let objective = &problem.settings.objective;
    let layers = problem.network.layers();
    let count = step.rows.len();
    for (position, &row) in step.rows.iter().enumerate() {
        assert_eq!(step.case_weights[position], problem.weights[row]);
        for column in 0..3 {
            assert_eq!(step.inputs[(position, column)], problem.x[column * ROWS + row]);
        }
        for column in 0..step.targets.ncols() {
            assert_eq!(step.targets[(position, column)], problem.y[column * ROWS + row]);
        }
    }
    let mut a = step.inputs.clone();
    let last = layers.len() - 1;
    for (number, (layer, trace)) in layers.iter().zip(&step.layers).enumerate() {
        let mut z = a.dot(&step.before.weights[number]) + &step.before.biases[number];
        if number == last {
            for ((position, unit), z) in z.indexed_iter_mut() {
                *z += problem.offsets[unit * ROWS + step.rows[position]];
            }
        }
        close(&trace.weighted_inputs, &z, "weighted inputs");
        a = match problem.network.output() {
            Output::Softmax if number == last => {
                let e = z.mapv(f64::exp);
                &e / &e.sum_axis(Axis(1)).insert_axis(Axis(1))
            }
            _ => z.mapv(|z| layer.activation.value_and_slope(z).0),
        };
        close(&trace.activations, &a, "activations");
        let slopes = match problem.network.output() {
            Output::Softmax if number == last => a.mapv(|a| a * (1.0 - a)),
            _ => z.mapv(|z| layer.activation.value_and_slope(z).1),
        };
        close(&trace.slopes, &slopes, "slopes");
        assert!(trace.incoming_gradients.is_some());
    }
    // The mean weight of all rows, so that batches of equal size count alike.
    let mean_weight = problem.weights.iter().sum::<f64>() / ROWS as f64;
    let scale = match objective.is_sum() {
        true => 1.0,
        false => 1.0 / (count as f64 * mean_weight),
    };
    for number in (0..=last).rev() {
        let trace = &step.layers[number];
        let incoming = trace.incoming_gradients.as_ref().unwrap();
        if number == last && objective.loss().needs_inputs() {
            // For information: the delta arises without it.
            close(incoming, &(&trace.activations - &step.targets), "errors");
        } else if number == last {
            close(&trace.deltas, &(incoming * &trace.slopes), "deltas");
        } else {
            let wanted = step.layers[number + 1]
                .deltas
                .dot(&step.before.weights[number + 1].t());
            close(incoming, &wanted, "incoming gradients");
            close(&trace.deltas, &(incoming * &trace.slopes), "deltas");
        }
        let before = match number {
            0 => &step.inputs,
            _ => &step.layers[number - 1].activations,
        };
        close(
            &step.gradient.weights[number],
            &before.t().dot(&trace.deltas),
            "gradient",
        );
        let biases = trace.deltas.sum_axis(Axis(0)).insert_axis(Axis(0));
        close(
            &step.gradient.biases[number].clone().insert_axis(Axis(0)),
            &biases,
            "gradient of biases",
        );
    }
    // Deltas of paired losses are differences; loss by its definition.
    let k = layers[last].units as f64;
    let share = if objective.loss() == &Loss::BinaryCrossEntropy {
        k
    } else {
        1.0
    };
    let mut loss = 0.0;
    for position in 0..count {
        let weight = step.case_weights[position];
        let (y, p) = (
            step.targets.row(position),
            step.layers[last].activations.row(position),
        );
        for unit in 0..layers[last].units {
            let total = if objective.loss() == &Loss::CrossEntropy {
                y.sum()
            } else {
                1.0
            };
            let wanted = (p[unit] * total - y[unit]) * weight * scale / share;
            let found = step.layers[last].deltas[(position, unit)];
            assert!((found - wanted).abs() < 1e-12 * wanted.abs().max(1.0));
            loss += weight
                * match objective.loss() {
                    Loss::CrossEntropy => -y[unit] * p[unit].ln(),
                    Loss::BinaryCrossEntropy => {
                        -(y[unit] * p[unit].ln() + (1.0 - y[unit]) * (1.0 - p[unit]).ln()) / k
                    }
                    _ => (p[unit] - y[unit]).powi(2) / 2.0,
                };
        }
    }
    assert!(
        (step.loss_sum - loss).abs() < 1e-12 * loss.abs().max(1.0),
        "{} for {loss}",
        step.loss_sum
    );
    // Momentum of a half.
    let velocity = &step.state.slots[0].1;
    assert_eq!(step.state.slots[0].0, "velocity");
    assert_eq!(step.state.steps, step.step);
    for number in 0..=last {
        let after = &step.before.weights[number] - &(&velocity.weights[number] * step.lr);
        close(&step.after.weights[number], &after, "weights after the step");
    }
}

#[test]
fn every_matrix_of_a_step_follows_from_those_before_it() {
    for (output, loss, k) in [
        (Output::Softmax, Loss::CrossEntropy, 3),
        (Output::Sigmoid, Loss::BinaryCrossEntropy, 2),
        (Output::Linear, Loss::Sse, 1),
        (Output::Linear, Loss::Sse, 2),
    ] {
        let problem = problem(output, loss, k);
        let (steps, trained) = problem.recorded::<f64>(100, &mut NoObserver);
        // Three epochs of 8, 8 and 7 rows.
        let positions: Vec<_> = steps.iter().map(|s| (s.epoch, s.step, s.rows.len())).collect();
        let wanted: Vec<_> = (0..9)
            .map(|step| (step / 3 + 1, step as u64 + 1, if step % 3 == 2 { 7 } else { 8 }))
            .collect();
        assert_eq!(positions, wanted);
        for (number, step) in steps.iter().enumerate() {
            follows(&problem, step);
            assert_eq!(step.lr, LR * 0.5f64.powi(step.epoch as i32 - 1));
            if number > 0 {
                assert_eq!(steps[number - 1].after, step.before);
            }
        }
        for epoch in steps.chunks(3) {
            let mut rows: Vec<usize> = epoch.iter().flat_map(|step| step.rows.clone()).collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..ROWS).collect::<Vec<_>>(), "each row once in an epoch");
            let sum: f64 = epoch.iter().map(|step| step.loss_sum).sum();
            let total = match problem.settings.objective.is_sum() {
                true => 1.0,
                false => problem.weights.iter().sum(),
            };
            let told = trained.losses()[epoch[0].epoch - 1];
            assert!((told - sum / total).abs() < 1e-12 * told.max(1.0));
        }
        assert_eq!(trained.ending, Ending::Completed);
        assert_eq!(trained.coefficients, steps[8].after);
    }
}

#[test]
fn a_recorder_ends_the_fit_when_it_has_what_was_wanted() {
    let problem = problem(Output::Linear, Loss::Mse, 2);
    let all = problem.recorded::<f64>(100, &mut NoObserver).0;
    for (wanted, epochs) in [(1, 1), (3, 1), (4, 2), (9, 3)] {
        let (steps, trained) = problem.recorded::<f64>(wanted, &mut NoObserver);
        assert_eq!(steps.len(), wanted);
        assert_eq!((trained.ending, trained.epochs_done), (Ending::Stopped, epochs));
        assert_eq!(steps[wanted - 1].after, all[wanted - 1].after);
    }
}

#[test]
fn steps_in_single_precision_are_recorded_as_the_network_has_them() {
    let problem = problem(Output::Sigmoid, Loss::Mse, 2);
    let (steps, trained) = problem.recorded::<f32>(100, &mut NoObserver);
    assert_eq!(steps.len(), 9);
    let is_single = |x: &f64| f64::from(*x as f32) == *x;
    for step in &steps {
        assert!(step.before.weights.iter().flatten().all(is_single));
        assert!(step
            .layers
            .iter()
            .flat_map(|layer| &layer.activations)
            .all(is_single));
    }
    assert_eq!(trained.coefficients, steps[8].after);
}

#[test]
fn what_lbfgs_remembers_is_recorded_as_it_is_after_the_step() {
    let mut problem = problem(Output::Linear, Loss::Mse, 2);
    problem.settings.method = Method::Lbfgs(Lbfgs {
        memory: 8,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    });
    (problem.settings.batch_size, problem.settings.shuffle) = (ROWS, Shuffle::No);
    let (steps, trained) = problem.recorded::<f64>(100, &mut NoObserver);
    let remembered: Vec<usize> = steps.iter().map(|step| step.state.slots.len()).collect();
    // A step and a change of gradient for each iteration.
    assert_eq!(remembered, [2, 4, 6]);
    assert_eq!(steps[2].state, trained.state);
    assert_eq!(steps[2].after, trained.coefficients);
}

/// Stops or interrupts after an epoch, and counts what it is told.
#[derive(Default)]
struct Watcher {
    began: usize,
    epochs: usize,
    last_wanted: usize,
    interrupts: bool,
}

impl<T: Scalar> Observer<T> for Watcher {
    fn training_begins(&mut self, _: &Model<T>, _: &Network) -> Result<()> {
        self.began += 1;
        Ok(())
    }
    fn epoch_end(&mut self, _: &EpochView<'_, T>) -> Result<bool> {
        self.epochs += 1;
        match self.epochs == self.last_wanted && self.interrupts {
            true => Err(EngineError::Interrupted),
            false => Ok(self.epochs < self.last_wanted),
        }
    }
}

#[test]
fn whoever_watches_through_a_recorder_is_told_and_heard() {
    let problem = problem(Output::Linear, Loss::Mse, 2);
    for (interrupts, ending) in [(false, Ending::Stopped), (true, Ending::Interrupted)] {
        let mut watcher = Watcher {
            last_wanted: 2,
            interrupts,
            ..Watcher::default()
        };
        let (steps, trained) = problem.recorded::<f64>(100, &mut watcher);
        assert_eq!((watcher.began, watcher.epochs, steps.len()), (1, 2, 6));
        assert_eq!((trained.ending, trained.epochs_done), (ending, 2));
    }
    let mut nobody = NoObserver;
    assert!(!Observer::<f64>::watches_steps(&nobody));
    let recorder = Recorder::<f64>::new(1, problem.settings.method, &mut nobody);
    assert!(recorder.watches_steps());
}

#[test]
fn rows_come_in_the_order_of_the_epochs_stream_or_as_they_are() {
    let mut problem = problem(Output::Linear, Loss::Mse, 2);
    for shuffle in [true, false] {
        problem.settings.shuffle = if shuffle { Shuffle::All } else { Shuffle::No };
        let (steps, _) = problem.recorded::<f64>(100, &mut NoObserver);
        for (epoch, steps) in steps.chunks(3).enumerate() {
            let rows: Vec<u32> = steps
                .iter()
                .flat_map(|step| &step.rows)
                .map(|&row| row as u32)
                .collect();
            let mut order: Vec<u32> = (0..ROWS as u32).collect();
            if shuffle {
                shuffled(&mut order, &mut stream(4, Purpose::Shuffle, epoch as u64, 0));
            }
            assert_eq!(rows, order, "epoch {epoch}, shuffled: {shuffle}");
        }
    }
}
