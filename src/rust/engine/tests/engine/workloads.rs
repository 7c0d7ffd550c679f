//! Networks of any shape with tables of random rows, and fits of them in either precision.

use backprop_engine::base::memory::Budget;
use backprop_engine::base::random::{stream, Purpose};
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{ColumnMajor, RowSource};
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::schedule::Schedule;
use backprop_engine::optim::{GradientDescent, Optimizer};
use backprop_engine::train::observer::Observer;
use backprop_engine::{train, Method, Network, Scalar, Settings, Shuffle, Start, Trained};
use ndarray::array;
use rand::RngExt;

/// Settings of which nothing is asked but these: a test changes what it is about.
pub fn settings(objective: Objective, epochs: usize, batch_size: usize) -> Settings {
    Settings {
        objective,
        method: Method::Rule(Optimizer::GradientDescent(GradientDescent)),
        lr: 0.1,
        schedule: Schedule::CONSTANT,
        epochs,
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
        decay_schedule: Schedule::CONSTANT,
        dropout_schedule: Schedule::CONSTANT,
        budget: Budget::default(),
    }
}

pub struct Table {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub rows: usize,
    pub inputs: usize,
    pub outputs: usize,
}

/// Rows drawn at random, with targets in (0, 1) that depend on the inputs.
pub fn table(rows: usize, inputs: usize, outputs: usize) -> Table {
    let mut rng = stream(3, Purpose::Split, 0, 0);
    let x: Vec<f64> = (0..rows * inputs)
        .map(|_| rng.random::<f64>() * 2.0 - 1.0)
        .collect();
    let y = (0..rows * outputs)
        .map(|i| {
            let (row, output) = (i % rows, i / rows);
            1.0 / (1.0 + (-x[row] * (output as f64 + 1.0) - x[rows * (inputs - 1) + row]).exp())
        })
        .collect();
    Table {
        x,
        y,
        rows,
        inputs,
        outputs,
    }
}

impl Table {
    pub fn source(&self) -> ColumnMajor<'_> {
        ColumnMajor::new(&self.x, self.rows, self.inputs)
    }

    pub fn data<'a, T: Scalar>(&'a self, source: &'a dyn RowSource<T>) -> Data<'a, T> {
        Data {
            inputs: source,
            targets: ColumnMajor::new(&self.y, self.rows, self.outputs),
            case_weights: None,
            offsets: None,
        }
    }
}

pub fn fit<T: Scalar>(
    network: &Network,
    settings: Settings,
    table: &Table,
    start: &Start,
    threads: usize,
    observer: &mut dyn Observer<T>,
) -> Trained {
    let source = table.source();
    let checked = settings.check(network).unwrap();
    with_team(threads, |team| {
        train(
            network,
            &checked,
            table.data(&source),
            None,
            start,
            team,
            observer,
        )
        .unwrap()
    })
}

pub fn coefficients(network: &Network) -> Coefficients {
    let init = vec![Init::GlorotUniform; network.layers().len()];
    with_team(1, |team| initial(network, &init, BiasInit::Uniform, 5, team)).unwrap()
}

pub fn start(network: &Network) -> Start {
    Start::new(coefficients(network))
}

pub fn article() -> (Network, Table, Start) {
    let network = Network::new(&[4, 3, 1], &[Activation::Sigmoid], Output::Sigmoid).unwrap();
    let table = Table {
        x: vec![1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0],
        y: vec![1.0, 1.0, 0.0],
        rows: 3,
        inputs: 4,
        outputs: 1,
    };
    let start = Start::new(Coefficients {
        weights: vec![
            array![
                [0.42, 0.88, 0.55],
                [0.10, 0.73, 0.68],
                [0.60, 0.18, 0.47],
                [0.92, 0.11, 0.52]
            ],
            array![[0.30], [0.25], [0.23]],
        ],
        biases: vec![array![0.46, 0.72, 0.08], array![0.69]],
        ancillary: Default::default(),
    });
    (network, table, start)
}

pub fn objectives() -> Vec<(Objective, usize)> {
    [
        (Output::Linear, Loss::Sse, 2),
        (Output::Sigmoid, Loss::Sse, 2),
        (Output::Linear, Loss::Mse, 3),
        (Output::Sigmoid, Loss::BinaryCrossEntropy, 1),
        (Output::Softmax, Loss::CrossEntropy, 3),
        (Output::Exponential, Loss::Poisson, 1),
        (Output::Linear, Loss::Huber(0.2), 1),
    ]
    .into_iter()
    .map(|(output, loss, outputs)| (Objective::new(output, loss).unwrap(), outputs))
    .collect()
}
