//! Claims about layers beside another implementation: what PyTorch computes of the same networks, by the formulas of the
//! papers (`layers_reference_numbers.rs`).

use crate::layers::{close, dense, embedding, heads, layer, members, network, periodic, scale, skip, INPUTS};
use crate::layers_reference_numbers::{self as numbers, Found};
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation::{self, Gelu, Linear, Relu, Silu, Tanh};
use backprop_engine::nn::layer::{Dense, Norm, Parametric, Plan};
use backprop_engine::objective::{Loss, Objective, Output, Penalty};
use backprop_engine::{evaluate, gradient, Coefficients, Network};

const ROWS: usize = 7;

/// Between −1 and 1, neither regular nor random; as in the script.
fn fraction(number: usize, step: usize) -> f64 {
    ((number * step + 3) % 101) as f64 / 50.0 - 1.0
}

fn number(row: usize, column: usize) -> f64 {
    fraction(row * INPUTS + column, 37)
}

/// A number, a factor of three levels and one of two.
fn level(row: usize, column: usize) -> f64 {
    match column {
        0 => fraction(row, 37),
        1..4 => f64::from(u8::from(row % 3 == column - 1)),
        _ => f64::from(u8::from(row % 2 == column - 4)),
    }
}

fn parameters(network: &Network) -> Coefficients {
    let mut next = 0;
    let mut at = Coefficients::zeros(network).unwrap();
    for (weights, biases) in at.weights.iter_mut().zip(&mut at.biases) {
        for parameter in weights.iter_mut().chain(biases) {
            *parameter = 0.8 * fraction(next, 53);
            next += 1;
        }
    }
    at
}

fn is_the_references(name: &str, network: &Network, input: fn(usize, usize) -> f64, wanted: &Found) {
    let outputs = network.outputs();
    let loss = match network.output() {
        Output::Softmax => Loss::CrossEntropy,
        _ => Loss::Mse,
    };
    let objective = Objective::new(network.output(), loss).unwrap();
    let x: Vec<f64> = (0..INPUTS)
        .flat_map(|column| (0..ROWS).map(move |row| input(row, column)))
        .collect();
    let y: Vec<f64> = (0..outputs)
        .flat_map(|k| (0..ROWS).map(move |row| fraction(row * outputs + k, 29).abs()))
        .collect();
    let source = ColumnMajor::new(&x, ROWS, INPUTS);
    let data = Data::<f64> {
        inputs: &source,
        targets: ColumnMajor::new(&y, ROWS, outputs),
        case_weights: None,
        offsets: None,
    };
    let at = parameters(network);
    with_team(1, |team| {
        let mut found = vec![0.0; ROWS * outputs];
        evaluate::predict::<f64>(network, &at, &source, None, team, &mut found).unwrap();
        let by_rows: Vec<f64> = (0..ROWS * outputs)
            .map(|index| found[index % outputs * ROWS + index / outputs])
            .collect();
        close(
            &by_rows,
            wanted.predictions,
            1e-9,
            &format!("predictions: {name}"),
        );
        let (value, slopes) = gradient(network, &objective, Penalty::NONE, data, &at, team).unwrap();
        close(&[value], &[wanted.loss], 1e-9, &format!("loss: {name}"));
        let layers = slopes.weights.iter().zip(&slopes.biases);
        let slopes: Vec<f64> = layers
            .flat_map(|(weights, biases)| weights.iter().chain(biases).copied().collect::<Vec<_>>())
            .collect();
        close(&slopes, wanted.gradient, 1e-9, &format!("gradient: {name}"));
    });
}

fn bare(units: usize, activation: Activation) -> Plan {
    Plan::new(units, activation, Dense { bias: false })
}

#[test]
fn dense_layers_without_biases_and_scales_are_the_references() {
    let plain = network([bare(4, Tanh), bare(2, Linear)]);
    is_the_references("no biases", &plain, number, &numbers::DENSE_WITHOUT_BIASES);
    let scales = network([
        layer(Linear, scale(false)),
        dense(4, Linear),
        layer(Tanh, scale(false)),
        dense(2, Linear),
        layer(Linear, scale(false)),
    ]);
    is_the_references("scales", &scales, number, &numbers::SCALES);
}

#[test]
fn embeddings_are_the_references() {
    let with = |groups: &[(usize, usize)], size, bias, units| {
        network([
            layer(Linear, embedding(groups, size, bias)),
            dense(units, Tanh),
            dense(2, Linear),
        ])
    };
    let factors = with(&[(1, 4), (4, 6)], 2, true, 4);
    is_the_references("factors", &factors, level, &numbers::LOOKUP);
    let bins = with(&[(0, 2), (3, 5)], 3, false, 3);
    is_the_references("bins", &bins, number, &numbers::PIECEWISE);
}

#[test]
fn periodic_embeddings_are_the_references() {
    let with = |waves| network([layer(Linear, waves), dense(4, Tanh), dense(2, Linear)]);
    let rectified = with(periodic(&[1, 4], 3, 4, false));
    is_the_references("PLR", &rectified, number, &numbers::PLR);
    let beside = with(periodic(&[0, 2, 5], 4, 3, true));
    is_the_references("PBLD", &beside, number, &numbers::PBLD);
}

#[test]
fn parametric_activations_and_norms_are_the_references() {
    let slopes = network([
        dense(5, Linear),
        layer(Linear, Parametric::Slope),
        dense(2, Linear),
    ]);
    is_the_references("PReLU", &slopes, number, &numbers::PRELU);
    let shares = network([
        dense(5, Linear),
        layer(Linear, Parametric::Share(Gelu)),
        dense(4, Linear),
        layer(Linear, Parametric::Share(Silu)),
        dense(2, Linear),
    ]);
    is_the_references("shares", &shares, number, &numbers::SHARES);
    let norm = network([dense(5, Linear), layer(Tanh, Norm), dense(2, Linear)]);
    is_the_references("norm", &norm, number, &numbers::NORM);
}

#[test]
fn skips_are_the_references() {
    let residual = network([
        dense(5, Tanh),
        dense(5, Gelu),
        layer(Tanh, skip(1, 5, false)),
        dense(2, Linear),
    ]);
    is_the_references("residual", &residual, number, &numbers::RESIDUAL);
    let beside = network([
        dense(4, Tanh),
        dense(2, Linear),
        layer(Linear, skip(0, INPUTS, true)),
    ]);
    is_the_references("skip layer", &beside, number, &numbers::SKIP_LAYER);
}

#[test]
fn members_are_the_references() {
    let shared = network([
        layer(Linear, members(3, true)),
        dense(5, Linear),
        layer(Tanh, scale(true)),
        dense(2, Linear),
    ]);
    is_the_references("BatchEnsemble", &shared, number, &numbers::BATCH_ENSEMBLE);
    let apart = network([
        layer(Linear, members(4, true)),
        dense(5, Relu),
        dense(4, Tanh),
        heads(2, true, Linear),
    ]);
    is_the_references("TabM", &apart, number, &numbers::TABM);
}

#[test]
fn kinds_together_are_the_references() {
    let plans = [
        layer(Linear, periodic(&[3], 2, 3, true)),
        layer(Linear, scale(false)),
        dense(5, Linear),
        layer(Linear, Parametric::Share(Gelu)),
        layer(Linear, Norm),
        layer(Linear, members(2, true)),
        dense(5, Tanh),
        layer(Linear, skip(5, 5, false)),
        heads(3, true, Linear),
    ];
    let all = Network::of(INPUTS, plans, Output::Softmax).unwrap();
    is_the_references("together", &all, number, &numbers::TOGETHER);
}
