//! Claims about derivatives of every kind of layer: a gradient is the difference of losses and the sum of the rows', a Hessian
//! the difference of gradients.

use crate::layers::{cases, close, drawn, in_order, numbers, Case, Table};
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::hessian::{hessian, row_gradients};
use backprop_engine::objective::Penalty;
use backprop_engine::{evaluate, gradient, Coefficients, Network};
use ndarray::Array2;

const ROWS: usize = 17;

const PENALTY: Penalty = Penalty {
    strength: 0.1,
    mixture: 0.0,
};

/// The networks, of which each second layer is penalised by its own measure.
fn penalised() -> Vec<Case> {
    let mut cases = cases();
    for case in &mut cases {
        case.network = with_decay(&case.network, |number| [0.5, 1.0, 0.0][number % 3]);
    }
    cases
}

fn with_decay(network: &Network, factor: impl Fn(usize) -> f64) -> Network {
    let plans = network.layers().iter().enumerate().map(|(number, layer)| {
        let mut plan =
            backprop_engine::nn::layer::Plan::new(layer.units, layer.activation, layer.kind.clone());
        plan.decay_factor = factor(number);
        plan
    });
    Network::of(network.inputs(), plans, network.output()).unwrap()
}

/// By each number, the half difference of what is found on both sides of it, per unit of the distance.
fn differences<V>(
    at: &Coefficients,
    h: f64,
    find: impl Fn(&Coefficients) -> V,
    minus: impl Fn(V, V) -> V,
) -> Vec<V> {
    let count = numbers(at).len();
    let moved = |index: usize, by: f64| {
        let mut at = at.clone();
        *in_order(&mut at)[index] += by;
        find(&at)
    };
    (0..count)
        .map(|index| minus(moved(index, h), moved(index, -h)))
        .collect()
}

#[test]
fn gradients_are_the_differences_of_losses() {
    for case in penalised() {
        for seed in 0..6 {
            let table = Table::for_case(&case, ROWS, seed);
            let at = drawn(&case.network, seed);
            let (network, objective) = (&case.network, &case.objective);
            table.with_data::<f64, _>(|data| {
                with_team(1, |team| {
                    let (value, slopes) = gradient(network, objective, PENALTY, data, &at, team).unwrap();
                    // The penalty, by its definition.
                    let penalty = |at: &Coefficients| -> f64 {
                        let layers = network.layers().iter().zip(&at.weights);
                        let squares = layers.map(|(layer, w)| layer.decay_factor * w.mapv(|w| w * w).sum());
                        PENALTY.strength / 2.0 * squares.sum::<f64>()
                    };
                    let loss = |at: &Coefficients| {
                        evaluate::loss(network, objective, at, &data, team).unwrap() + penalty(at)
                    };
                    close(&[value], &[loss(&at)], 1e-12, case.name);
                    let h = 1e-5;
                    let wanted = differences(&at, h, loss, |above, below| (above - below) / (2.0 * h));
                    close(
                        &numbers(&slopes),
                        &wanted,
                        1e-6,
                        &format!("{}, draw {seed}", case.name),
                    );
                });
            });
        }
    }
}

#[test]
fn the_rows_gradients_sum_to_the_gradient() {
    for case in cases() {
        let table = Table::for_case(&case, ROWS, 20);
        let at = drawn(&case.network, 20);
        table.with_data::<f64, _>(|data| {
            with_team(1, |team| {
                let (network, objective) = (&case.network, &case.objective);
                let (_, slopes) = gradient(network, objective, Penalty::NONE, data, &at, team).unwrap();
                let slopes = numbers(&slopes);
                let mut rows = vec![0.0; ROWS * slopes.len()];
                row_gradients(network, objective, data, &at, team, &mut rows).unwrap();
                let total: f64 = table.weights.iter().sum();
                let weighted = |column: &[f64]| -> f64 {
                    let products = column
                        .iter()
                        .zip(&table.weights)
                        .map(|(slope, weight)| slope * weight);
                    products.sum::<f64>() / total
                };
                let sums: Vec<f64> = rows.chunks_exact(ROWS).map(weighted).collect();
                close(&sums, &slopes, 1e-12, case.name);
            });
        });
    }
}

#[test]
fn hessians_are_symmetric_and_the_differences_of_gradients() {
    for case in penalised() {
        let table = Table::for_case(&case, ROWS, 30);
        let at = drawn(&case.network, 30);
        let (network, objective) = (&case.network, &case.objective);
        table.with_data::<f64, _>(|data| {
            with_team(2, |team| {
                let count = network.parameter_count() as usize;
                let mut found = Array2::zeros((count, count));
                let out = found.as_slice_mut().unwrap();
                hessian(network, objective, PENALTY, data, &at, team, out).unwrap();
                assert_eq!(found, found.t(), "{}", case.name);
                let slopes = |at: &Coefficients| {
                    let (_, slopes) = gradient(network, objective, PENALTY, data, at, team).unwrap();
                    numbers(&slopes)
                };
                let h = 1e-5;
                let half = |above: Vec<f64>, below: Vec<f64>| {
                    let pairs = above.iter().zip(&below);
                    pairs.map(|(above, below)| (above - below) / (2.0 * h)).collect()
                };
                let wanted = differences(&at, h, slopes, half).concat();
                close(out_of(&found), &wanted, 1e-5, case.name);
            });
        });
    }
}

fn out_of(matrix: &Array2<f64>) -> &[f64] {
    matrix.as_slice().unwrap()
}
