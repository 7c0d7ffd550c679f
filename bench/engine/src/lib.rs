//! Workloads for tests, counts and micro-benchmarks of the engine: data from a fixed stream, and fits of them.

use backprop_engine::base::memory::Budget;
use backprop_engine::base::random::{stream, Purpose};
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{ColumnMajor, RowSource};
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::schedule::Schedule;
use backprop_engine::optim::{Adam, GradientDescent, Optimizer};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{train, Method, Network, Scalar, Settings, Shuffle, Start, Trained};
use rand::RngExt;

/// A table of data with the network and the settings to train on it.
#[derive(Debug)]
pub struct Workload {
    /// Inputs, column by column.
    pub x: Vec<f64>,
    /// Targets, column by column.
    pub y: Vec<f64>,
    /// Number of rows.
    pub rows: usize,
    /// The network.
    pub network: Network,
    /// How it is trained.
    pub settings: Settings,
    /// Where it starts.
    pub start: Start,
}

impl Workload {
    /// A network of the given sizes, trained with a batch size on rows drawn at random.
    pub fn new(
        rows: usize,
        sizes: &[usize],
        activation: Activation,
        objective: Objective,
        optimizer: Optimizer,
        batch_size: usize,
    ) -> Workload {
        let output = objective.output();
        let network = Network::new(sizes, &vec![activation; sizes.len() - 2], output).expect("a network");
        let mut rng = stream(7, Purpose::Split, 0, 0);
        let (inputs, outputs) = (sizes[0], sizes[sizes.len() - 1]);
        let x: Vec<f64> = (0..rows * inputs)
            .map(|_| rng.random::<f64>() * 2.0 - 1.0)
            .collect();
        let mut y = vec![0.0; rows * outputs];
        for row in 0..rows {
            let number = rng.random::<f64>();
            match output {
                Output::Softmax => y[(number * outputs as f64) as usize * rows + row] = 1.0,
                _ => (0..outputs)
                    .for_each(|k| y[k * rows + row] = if x[row] + 0.1 * number > 0.0 { 1.0 } else { 0.0 }),
            }
        }
        let init = vec![Init::GlorotUniform; network.layers().len()];
        let coefficients =
            with_team(1, |team| initial(&network, &init, BiasInit::Zeros, 5, team)).expect("a start");
        let settings = Settings {
            objective,
            method: Method::Rule(optimizer),
            lr: 0.01,
            schedule: Schedule::CONSTANT,
            epochs: 1,
            batch_size,
            shuffle: Shuffle::All,
            seed: 11,
            penalty: Penalty::NONE,
            dropout: Vec::new(),
            clip_norm: None,
            stopping: None,
            counts_hits: false,
            deadline: None,
            metric: None,
            decay_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
            dropout_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
            budget: Budget::default(),
        };
        let start = Start::new(coefficients);
        Workload {
            x,
            y,
            rows,
            network,
            settings,
            start,
        }
    }

    /// The textbook's job: 3 rows of 4, 3 hidden sigmoids, half the sum of squared errors.
    pub fn textbook() -> Workload {
        let objective = Objective::new(Output::Sigmoid, Loss::Sse).expect("an objective");
        Workload::new(
            3,
            &[4, 3, 1],
            Activation::Sigmoid,
            objective,
            Optimizer::GradientDescent(GradientDescent),
            3,
        )
    }

    /// Ten classes from 784 numbers through 128 rectified units, in batches of 128.
    pub fn digits(rows: usize) -> Workload {
        let objective = Objective::new(Output::Softmax, Loss::CrossEntropy).expect("an objective");
        Workload::new(
            rows,
            &[784, 128, 10],
            Activation::Relu,
            objective,
            Optimizer::GradientDescent(GradientDescent),
            128,
        )
    }

    /// A binary target from 20 numbers through two hidden layers, with Adam.
    pub fn table(rows: usize) -> Workload {
        let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).expect("an objective");
        let adam = Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.0,
        };
        Workload::new(
            rows,
            &[20, 64, 32, 1],
            Activation::Relu,
            objective,
            Optimizer::Adam(adam),
            256,
        )
    }

    /// The rows with their targets, from a source made by [`Workload::source`].
    pub fn data<'a, T: Scalar>(&'a self, source: &'a dyn RowSource<T>) -> Data<'a, T> {
        Data {
            inputs: source,
            targets: ColumnMajor::new(&self.y, self.rows, self.network.outputs()),
            case_weights: None,
            offsets: None,
        }
    }

    /// The inputs as the engine reads them.
    pub fn source(&self) -> ColumnMajor<'_> {
        ColumnMajor::new(&self.x, self.rows, self.network.inputs())
    }

    /// Trains for some epochs in precision `T`.
    pub fn fit<T: Scalar>(&self, epochs: usize, threads: usize) -> Trained {
        let settings = Settings {
            epochs,
            ..self.settings.clone()
        };
        let settings = settings.check(&self.network).expect("settings");
        let source = self.source();
        with_team(threads, |team| {
            train::<T>(
                &self.network,
                &settings,
                self.data(&source),
                None,
                &self.start,
                team,
                &mut NoObserver,
            )
            .expect("a fit")
        })
    }
}
