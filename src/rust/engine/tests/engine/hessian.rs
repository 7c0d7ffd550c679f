//! Claims about derivatives: a gradient is the difference of losses, a Hessian that of gradients, for every loss.

use backprop_engine::base::threads::with_team;
use backprop_engine::compute::hessian::hessian;
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::{gradient, Network};
use ndarray::Array2;

use super::workloads;

const ROWS: usize = 23;

fn numbers(count: usize, step: usize) -> Vec<f64> {
    (0..count)
        .map(|i| ((i * step + 3) % 101) as f64 / 50.0 - 1.0)
        .collect()
}

/// Every parameter in the Hessian's order: layer by layer, weights unit by unit, then biases.
fn in_order(of: &mut Coefficients) -> Vec<&mut f64> {
    let mut all = Vec::new();
    for (weights, biases) in of.weights.iter_mut().zip(&mut of.biases) {
        for unit in weights.columns_mut() {
            all.extend(unit);
        }
        all.extend(biases.iter_mut());
    }
    all
}

#[test]
fn every_element_is_the_difference_of_gradients() {
    let quantiles = Loss::Quantile(vec![0.1, 0.5, 0.8]);
    for (output, loss, k) in [
        (Output::Linear, Loss::Sse, 2),
        (Output::Exponential, Loss::Mse, 3),
        (Output::Linear, Loss::Mae, 2),
        (Output::Sigmoid, Loss::Mae, 1),
        (Output::Sigmoid, Loss::Huber(0.3), 2),
        (Output::Linear, Loss::Huber(0.3), 3),
        (Output::Linear, quantiles, 3),
        (Output::Sigmoid, Loss::BinaryCrossEntropy, 2),
        (Output::Softmax, Loss::CrossEntropy, 3),
        (Output::Exponential, Loss::Poisson, 2),
    ] {
        let network = Network::new(&[2, 3, k], &[Activation::Tanh], output).unwrap();
        let objective = Objective::new(output, loss.clone()).unwrap();
        let per_row = objective.targets_per_row(k);
        let (x, shifts) = (numbers(ROWS * 2, 37), numbers(ROWS * k, 17));
        let y: Vec<f64> = numbers(ROWS * per_row, 29).iter().map(|y| y.abs()).collect();
        let weights: Vec<f64> = (0..ROWS).map(|row| 0.5 + (row % 3) as f64).collect();
        let source = ColumnMajor::new(&x, ROWS, 2);
        let data = Data {
            inputs: &source,
            targets: ColumnMajor::new(&y, ROWS, per_row),
            case_weights: Some(&weights),
            offsets: Some(ColumnMajor::new(&shifts, ROWS, k)),
        };
        let penalty = Penalty {
            strength: 0.2,
            mixture: 0.4,
        };
        let mut at = Coefficients::zeros(&network).unwrap();
        for (index, number) in in_order(&mut at).into_iter().enumerate() {
            *number = (index as f64 * 1.7 + 0.4).sin();
        }
        with_team(2, |team| {
            let count = network.parameter_count() as usize;
            let mut matrix = Array2::zeros((count, count));
            let out = matrix.as_slice_mut().unwrap();
            hessian(&network, &objective, penalty, data, &at, team, out).unwrap();
            let slopes = |at: &Coefficients| {
                let (_, mut slopes) = gradient(&network, &objective, penalty, data, at, team).unwrap();
                in_order(&mut slopes)
                    .into_iter()
                    .map(|slope| *slope)
                    .collect::<Vec<f64>>()
            };
            let h = 1e-6;
            for column in 0..matrix.ncols() {
                let (mut up, mut down) = (at.clone(), at.clone());
                *in_order(&mut up)[column] += h;
                *in_order(&mut down)[column] -= h;
                for (row, (above, below)) in slopes(&up).into_iter().zip(slopes(&down)).enumerate() {
                    let (found, wanted) = (matrix[(row, column)], (above - below) / (2.0 * h));
                    assert!(
                        (found - wanted).abs() < 1e-7 * wanted.abs().max(1.0),
                        "{output:?} {loss:?} ({row}, {column}): {found} for {wanted}"
                    );
                    assert_eq!(found, matrix[(column, row)]);
                }
            }
        });
    }
}

#[test]
fn rows_beyond_what_is_taken_at_a_time_are_summed_too() {
    // 512 rows are taken at a time: twice as many rows, of half the weight, are the same table.
    let network = Network::new(&[2, 2, 1], &[Activation::Gelu], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Sse).unwrap();
    let at = {
        let mut at = Coefficients::zeros(&network).unwrap();
        in_order(&mut at)
            .into_iter()
            .enumerate()
            .for_each(|(i, w)| *w = (i as f64).cos());
        at
    };
    let once = (numbers(600 * 2, 37), numbers(600, 29));
    let twice = |numbers: &[f64]| -> Vec<f64> {
        numbers
            .chunks_exact(600)
            .flat_map(|column| [column, column].concat())
            .collect()
    };
    let of = |x: &[f64], y: &[f64], weight: f64| {
        let (rows, source) = (y.len(), ColumnMajor::new(x, y.len(), 2));
        let weights = vec![weight; rows];
        let data = Data {
            inputs: &source,
            targets: ColumnMajor::new(y, rows, 1),
            case_weights: Some(&weights),
            offsets: None,
        };
        let mut matrix = vec![0.0; network.parameter_count().powi(2) as usize];
        with_team(1, |team| {
            hessian(&network, &objective, Penalty::NONE, data, &at, team, &mut matrix).unwrap()
        });
        matrix
    };
    let (one, other) = (
        of(&once.0, &once.1, 1.0),
        of(&twice(&once.0), &twice(&once.1), 0.5),
    );
    assert!(one
        .iter()
        .zip(&other)
        .all(|(a, b)| (a - b).abs() < 1e-9 * a.abs().max(1.0)));
}

#[test]
fn gradients_agree_with_central_differences_for_every_activation_and_loss() {
    let smooth = [
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Elu,
        Activation::Selu,
        Activation::Gelu,
        Activation::Softplus,
        Activation::Silu,
        Activation::Softsign,
    ];
    for (number, (objective, outputs)) in workloads::objectives().into_iter().enumerate() {
        let table = workloads::table(30, 5, outputs);
        let source = table.source();
        let hidden = [smooth[number % smooth.len()], smooth[(number + 3) % smooth.len()]];
        let network = Network::new(&[5, 9, 4, outputs], &hidden, objective.output()).unwrap();
        let weights: Vec<f64> = (0..30).map(|row| 0.5 + f64::from(row % 4)).collect();
        let data = Data {
            case_weights: Some(&weights),
            ..table.data::<f64>(&source)
        };
        let penalty = Penalty {
            strength: 0.01,
            mixture: 0.3,
        };
        let coefficients = workloads::coefficients(&network);
        with_team(2, |team| {
            let at = |coefficients: &Coefficients| {
                gradient(&network, &objective, penalty, data, coefficients, team).unwrap()
            };
            let (_, exact) = at(&coefficients);
            for layer in 0..3 {
                for ((i, j), &slope) in exact.weights[layer].indexed_iter() {
                    let h = 1e-6;
                    let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                    up.weights[layer][(i, j)] += h;
                    down.weights[layer][(i, j)] -= h;
                    let difference = (at(&up).0 - at(&down).0) / (2.0 * h);
                    assert!(
                        (slope - difference).abs() < 1e-7 * difference.abs().max(1.0),
                        "{objective:?} layer {layer} ({i}, {j}): {slope} against {difference}"
                    );
                }
                for (j, &slope) in exact.biases[layer].iter().enumerate() {
                    let h = 1e-6;
                    let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                    up.biases[layer][j] += h;
                    down.biases[layer][j] -= h;
                    let difference = (at(&up).0 - at(&down).0) / (2.0 * h);
                    assert!((slope - difference).abs() < 1e-7 * difference.abs().max(1.0));
                }
            }
        });
    }
}

#[test]
fn the_hessian_agrees_with_central_differences_of_the_gradient() {
    let smooth = [
        Activation::Tanh,
        Activation::Gelu,
        Activation::Silu,
        Activation::Softsign,
    ];
    for (number, (objective, outputs)) in workloads::objectives().into_iter().enumerate() {
        let table = workloads::table(40, 3, outputs);
        let source = table.source();
        let weights: Vec<f64> = (0..40).map(|row| 0.5 + f64::from(row % 3)).collect();
        let data = Data {
            case_weights: Some(&weights),
            ..table.data::<f64>(&source)
        };
        let network = Network::new(
            &[3, 4, 3, outputs],
            &[smooth[number % 4], smooth[(number + 1) % 4]],
            objective.output(),
        )
        .unwrap();
        let penalty = Penalty {
            strength: 0.1,
            mixture: 0.0,
        };
        let coefficients = workloads::coefficients(&network);
        with_team(2, |team| {
            let count = network.parameter_count() as usize;
            let mut exact = Array2::zeros((count, count));
            let out = exact.as_slice_mut().unwrap();
            hessian(&network, &objective, penalty, data, &coefficients, team, out).unwrap();
            let slopes = |coefficients: &Coefficients| {
                let (_, g) = gradient(&network, &objective, penalty, data, coefficients, team).unwrap();
                let layers = g.weights.iter().zip(&g.biases);
                layers
                    .flat_map(|(w, b)| w.t().iter().copied().chain(b.iter().copied()).collect::<Vec<_>>())
                    .collect::<Vec<f64>>()
            };
            let h = 1e-5;
            // The weight from input 2 to unit 1 of each layer, and its first bias.
            let mut index = 0;
            for (layer, shape) in network.layers().iter().enumerate() {
                let (input, unit) = (1, shape.units - 1);
                let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                up.weights[layer][(input, unit)] += h;
                down.weights[layer][(input, unit)] -= h;
                let column = exact.column(index + unit * shape.inputs + input);
                for ((above, below), value) in slopes(&up).iter().zip(slopes(&down)).zip(column) {
                    let difference = (above - below) / (2.0 * h);
                    assert!(
                        (value - difference).abs() < 1e-6 * difference.abs().max(1.0),
                        "{objective:?}"
                    );
                }
                let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                up.biases[layer][0] += h;
                down.biases[layer][0] -= h;
                let column = exact.column(index + shape.units * shape.inputs);
                for ((above, below), value) in slopes(&up).iter().zip(slopes(&down)).zip(column) {
                    let difference = (above - below) / (2.0 * h);
                    assert!(
                        (value - difference).abs() < 1e-6 * difference.abs().max(1.0),
                        "{objective:?}"
                    );
                }
                index += (shape.inputs + 1) * shape.units;
            }
        });
    }
}
