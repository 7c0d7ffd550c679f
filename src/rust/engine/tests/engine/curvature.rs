//! Claims about the Hessian: every element is the difference of gradients, for every loss.

use backprop_engine::activation::Activation;
use backprop_engine::curvature::hessian;
use backprop_engine::data::Data;
use backprop_engine::loss::{Loss, Objective, Output};
use backprop_engine::network::Coefficients;
use backprop_engine::penalty::Penalty;
use backprop_engine::rows::ColumnMajor;
use backprop_engine::threads::with_team;
use backprop_engine::{gradient, Network};

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
        let per_row = objective.outcomes_per_row(k);
        let (x, shifts) = (numbers(ROWS * 2, 37), numbers(ROWS * k, 17));
        let y: Vec<f64> = numbers(ROWS * per_row, 29).iter().map(|y| y.abs()).collect();
        let weights: Vec<f64> = (0..ROWS).map(|row| 0.5 + (row % 3) as f64).collect();
        let source = ColumnMajor::new(&x, ROWS, 2);
        let data = Data {
            inputs: &source,
            outcomes: ColumnMajor::new(&y, ROWS, per_row),
            case_weights: Some(&weights),
            offsets: Some(ColumnMajor::new(&shifts, ROWS, k)),
        };
        let penalty = Penalty {
            strength: 0.2,
            mixture: 0.4,
        };
        let mut at = Coefficients::zeros(&network);
        for (place, number) in in_order(&mut at).into_iter().enumerate() {
            *number = (place as f64 * 1.7 + 0.4).sin();
        }
        with_team(2, |team| {
            let matrix = hessian(&network, &objective, penalty, data, &at, team).unwrap();
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
        let mut at = Coefficients::zeros(&network);
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
            outcomes: ColumnMajor::new(y, rows, 1),
            case_weights: Some(&weights),
            offsets: None,
        };
        with_team(1, |team| {
            hessian(&network, &objective, Penalty::NONE, data, &at, team).unwrap()
        })
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
