//! Networks that together have every kind of layer in first, middle and last place, tables for them, and draws of their
//! parameters: what the files `layers_*` make their claims about.

use crate::workloads;
use backprop_engine::base::random::{stream, Purpose};
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation::{self, Gelu, Linear, Relu, Silu, Tanh};
use backprop_engine::nn::layer::{
    Dense, Embedding, Heads, Kind, Members, Norm, Parametric, Periodic, Plan, Scale, Skip,
};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::train::observer::{NoObserver, Observer};
use backprop_engine::{train, Coefficients, Network, Scalar, Settings, Start, Trained};
use rand::RngExt;

/// Numbers per row of every table.
pub const INPUTS: usize = 6;

/// A network, what it is trained on, and what it is called.
pub struct Case {
    pub name: &'static str,
    pub network: Network,
    pub objective: Objective,
}

pub fn dense(units: usize, activation: Activation) -> Plan {
    Plan::new(units, activation, Dense { bias: true })
}

/// A layer that says itself how many numbers go out.
pub fn layer(activation: Activation, kind: impl Into<Kind>) -> Plan {
    Plan::new(0, activation, kind)
}

pub fn heads(units: usize, bias: bool, activation: Activation) -> Plan {
    Plan::new(units, activation, Heads { bias })
}

pub fn scale(of_members: bool) -> Scale {
    Scale { of_members }
}

/// Groups by their first column and that behind their last.
pub fn embedding(groups: &[(usize, usize)], size: usize, bias: bool) -> Embedding {
    Embedding {
        groups: groups.iter().map(|&(first, end)| first..end).collect(),
        size,
        bias,
    }
}

pub fn periodic(columns: &[usize], frequencies: usize, size: usize, keeps: bool) -> Periodic {
    Periodic {
        columns: columns.to_vec(),
        frequencies,
        size,
        keeps,
        sigma: 0.4,
    }
}

pub fn skip(from: usize, width: usize, weights: bool) -> Skip {
    Skip { from, width, weights }
}

pub fn members(count: usize, adapters: bool) -> Members {
    Members { count, adapters }
}

/// A network of [`INPUTS`] inputs and of a linear output.
pub fn network(plans: impl IntoIterator<Item = Plan>) -> Network {
    Network::of(INPUTS, plans, Output::Linear).unwrap()
}

/// Every kind in every place, beside dense layers and each other.
pub fn cases() -> Vec<Case> {
    let bare = |units, activation| Plan::new(units, activation, Dense { bias: false });
    let (slope, share) = (Parametric::Slope, Parametric::Share);
    let squares = (Output::Linear, Loss::Mse);
    let binary = (Output::Sigmoid, Loss::BinaryCrossEntropy);
    let classes = (Output::Softmax, Loss::CrossEntropy);
    let counts = (Output::Exponential, Loss::Poisson);
    let all: Vec<(&'static str, (Output, Loss), Vec<Plan>)> = vec![
        (
            "dense without biases",
            squares.clone(),
            vec![bare(5, Tanh), bare(1, Gelu), bare(11, Tanh), bare(2, Linear)],
        ),
        (
            "scales",
            binary.clone(),
            vec![
                layer(Linear, scale(false)),
                dense(5, Tanh),
                layer(Gelu, scale(false)),
                dense(2, Linear),
                layer(Linear, scale(false)),
            ],
        ),
        (
            "embeddings with biases",
            squares.clone(),
            vec![
                layer(Linear, embedding(&[(0, 2), (3, 5)], 2, true)),
                dense(5, Gelu),
                layer(Tanh, embedding(&[(1, 3)], 3, true)),
                dense(4, Tanh),
                layer(Linear, embedding(&[(0, 2), (2, 4)], 1, true)),
            ],
        ),
        (
            "embeddings without biases",
            classes.clone(),
            vec![
                layer(Tanh, embedding(&[(1, 2), (4, 6)], 3, false)),
                layer(Linear, embedding(&[(0, 3), (5, 9)], 2, false)),
                dense(3, Linear),
                layer(Linear, embedding(&[(1, 2)], 2, false)),
            ],
        ),
        (
            "waves beside their column",
            squares.clone(),
            vec![
                layer(Linear, periodic(&[0, 2, 5], 3, 4, true)),
                dense(4, Tanh),
                layer(Gelu, periodic(&[1], 2, 3, true)),
                dense(1, Linear),
                layer(Linear, periodic(&[0], 2, 2, true)),
            ],
        ),
        (
            "rectified waves",
            counts.clone(),
            vec![
                layer(Linear, periodic(&[1, 2], 2, 3, false)),
                dense(4, Tanh),
                layer(Linear, periodic(&[0, 3], 3, 2, false)),
                dense(2, Linear),
                layer(Linear, periodic(&[1], 2, 2, false)),
            ],
        ),
        (
            "slopes",
            squares.clone(),
            vec![
                layer(Linear, slope),
                dense(5, Linear),
                layer(Linear, slope),
                dense(2, Linear),
                layer(Linear, slope),
            ],
        ),
        (
            "shares of activations",
            binary.clone(),
            vec![
                layer(Linear, share(Gelu)),
                dense(70, Linear),
                layer(Tanh, share(Tanh)),
                dense(2, Linear),
                layer(Linear, share(Silu)),
            ],
        ),
        (
            "norms",
            classes.clone(),
            vec![
                layer(Linear, Norm),
                dense(5, Tanh),
                layer(Gelu, Norm),
                dense(3, Linear),
                layer(Linear, Norm),
            ],
        ),
        (
            "skips of what there is",
            squares.clone(),
            vec![
                dense(6, Tanh),
                layer(Gelu, skip(0, 6, false)),
                dense(5, Tanh),
                dense(5, Gelu),
                layer(Linear, skip(3, 5, false)),
                dense(2, Tanh),
                dense(2, Linear),
                layer(Linear, skip(6, 2, false)),
            ],
        ),
        (
            "skips with weights",
            binary.clone(),
            vec![
                dense(4, Gelu),
                dense(5, Tanh),
                layer(Tanh, skip(1, 4, true)),
                layer(Linear, skip(1, 4, true)),
                dense(2, Linear),
                layer(Linear, skip(0, 6, true)),
            ],
        ),
        (
            "members with adapters and heads",
            squares.clone(),
            vec![
                layer(Linear, members(3, true)),
                dense(5, Tanh),
                layer(Gelu, scale(true)),
                dense(4, Gelu),
                heads(2, true, Linear),
            ],
        ),
        (
            "members of one output",
            classes.clone(),
            vec![
                dense(5, Tanh),
                layer(Tanh, members(4, false)),
                layer(Linear, scale(true)),
                heads(4, false, Gelu),
                dense(3, Linear),
            ],
        ),
        (
            "members at last",
            binary.clone(),
            vec![dense(4, Tanh), dense(2, Linear), layer(Linear, members(2, true))],
        ),
        (
            "members' scales at last",
            counts.clone(),
            vec![
                dense(4, Tanh),
                layer(Linear, members(2, true)),
                dense(2, Linear),
                layer(Linear, scale(true)),
            ],
        ),
        (
            "scale and heads of one member",
            squares.clone(),
            vec![
                layer(Linear, scale(true)),
                heads(5, true, Tanh),
                heads(2, false, Linear),
            ],
        ),
        (
            "skips to members",
            squares.clone(),
            vec![
                dense(5, Tanh),
                layer(Linear, members(3, true)),
                dense(5, Gelu),
                layer(Linear, skip(1, 5, false)),
                layer(Tanh, skip(0, 6, true)),
                layer(Linear, skip(3, 5, true)),
                heads(2, true, Linear),
                layer(Linear, skip(0, 6, true)),
            ],
        ),
        (
            "all kinds",
            classes,
            vec![
                layer(Linear, embedding(&[(4, 6)], 2, false)),
                layer(Linear, periodic(&[0, 1], 2, 3, true)),
                layer(Linear, scale(false)),
                dense(5, Linear),
                layer(Linear, share(Gelu)),
                layer(Linear, Norm),
                layer(Linear, members(2, true)),
                dense(5, Silu),
                layer(Linear, slope),
                layer(Linear, skip(6, 5, false)),
                layer(Linear, scale(true)),
                heads(3, true, Linear),
            ],
        ),
        (
            "rectified units between",
            squares,
            vec![
                layer(Relu, scale(false)),
                dense(9, Relu),
                layer(Relu, skip(0, 6, true)),
                dense(2, Linear),
            ],
        ),
    ];
    let case = |(name, (output, loss), plans)| Case {
        name,
        network: Network::of(INPUTS, plans, output).unwrap(),
        objective: Objective::new(output, loss).unwrap(),
    };
    all.into_iter().map(case).collect()
}

/// Rows with zeros among their numbers, case weights and offsets.
pub struct Table {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub weights: Vec<f64>,
    pub offsets: Vec<f64>,
    pub rows: usize,
}

impl Table {
    pub fn new(rows: usize, outputs: usize, seed: u64) -> Table {
        let mut rng = stream(seed, Purpose::Split, 0, 0);
        let mut drawn = |count: usize| -> Vec<f64> { (0..count).map(|_| rng.random::<f64>()).collect() };
        let number = |u: &f64| if *u < 0.2 { 0.0 } else { 2.5 * (u - 0.6) };
        Table {
            x: drawn(rows * INPUTS).iter().map(number).collect(),
            y: drawn(rows * outputs),
            weights: drawn(rows).iter().map(|u| 0.25 + u).collect(),
            offsets: drawn(rows * outputs).iter().map(|u| u - 0.5).collect(),
            rows,
        }
    }

    pub fn for_case(case: &Case, rows: usize, seed: u64) -> Table {
        Table::new(rows, case.network.outputs(), seed)
    }

    /// All that rows can have.
    pub fn with_data<T: Scalar, V>(&self, work: impl FnOnce(Data<'_, T>) -> V) -> V {
        let matrix = |numbers| ColumnMajor::new(numbers, self.rows, <[f64]>::len(numbers) / self.rows);
        work(Data {
            inputs: &matrix(&self.x),
            targets: matrix(&self.y),
            case_weights: Some(&self.weights),
            offsets: Some(matrix(&self.offsets)),
        })
    }
}

/// A start with something added to every number of it, so that none is special.
pub fn drawn(network: &Network, seed: u64) -> Coefficients {
    let mut rng = stream(seed, Purpose::Init, 1, 0);
    let mut at = workloads::coefficients(network);
    for number in in_order(&mut at) {
        *number += 0.6 * rng.random::<f64>() - 0.3;
    }
    at
}

/// Every parameter in the Hessian's order: layer by layer, weights unit by unit, then biases.
pub fn in_order(of: &mut Coefficients) -> Vec<&mut f64> {
    let mut all = Vec::new();
    for (weights, biases) in of.weights.iter_mut().zip(&mut of.biases) {
        for unit in weights.columns_mut() {
            all.extend(unit);
        }
        all.extend(biases.iter_mut());
    }
    all
}

/// The same as numbers.
pub fn numbers(of: &Coefficients) -> Vec<f64> {
    in_order(&mut of.clone())
        .into_iter()
        .map(|number| *number)
        .collect()
}

/// Compares numbers, relative to the largest of those that are wanted.
pub fn close(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let size = wanted.iter().fold(1e-3f64, |most, number| most.max(number.abs()));
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() <= tolerance * size,
            "{what}: {found} for {wanted}, number {index}"
        );
    }
}

/// A fit by settings, of which the tests say the rest.
pub fn fit_from<T: Scalar>(
    network: &Network,
    settings: Settings,
    table: &Table,
    start: &Start,
    threads: usize,
    observer: &mut dyn Observer<T>,
) -> Trained {
    let checked = settings.check(network).unwrap();
    table.with_data(|data| {
        with_team(threads, |team| {
            train(network, &checked, data, None, start, team, observer).unwrap()
        })
    })
}

/// A fit on one thread, in double precision, from given parameters.
pub fn fit(network: &Network, settings: Settings, table: &Table, at: &Coefficients) -> Trained {
    let start = Start::new(at.clone());
    fit_from::<f64>(network, settings, table, &start, 1, &mut NoObserver)
}
