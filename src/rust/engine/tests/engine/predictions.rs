//! Claims about predictions and losses of given weights: against the plain sums, row by row.

use backprop_engine::base::threads::{with_team, with_team_asking};
use backprop_engine::data::rows::{ColumnMajor, RowSource, SparseRows};
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::{evaluate, EngineError, Network, Scalar};

use super::common::{asked, interrupts_at};
use super::workloads;

/// Numbers between -1 and 1, the same in every run.
fn numbers(count: usize, step: usize) -> Vec<f64> {
    (0..count)
        .map(|i| ((i * step + 3) % 101) as f64 / 50.0 - 1.0)
        .collect()
}

fn coefficients(network: &Network) -> Coefficients {
    let init = vec![Init::GlorotUniform; network.layers().len()];
    with_team(1, |team| initial(network, &init, BiasInit::Uniform, 5, team)).unwrap()
}

/// Predictions by plain sums, column by column; offsets in R's order.
fn plain(network: &Network, at: &Coefficients, x: &[f64], rows: usize, offsets: Option<&[f64]>) -> Vec<f64> {
    let k = network.outputs();
    let mut out = vec![0.0; rows * k];
    for row in 0..rows {
        let mut a: Vec<f64> = (0..network.inputs())
            .map(|column| x[column * rows + row])
            .collect();
        for (number, layer) in network.layers().iter().enumerate() {
            let last = number + 1 == network.layers().len();
            a = (0..layer.units)
                .map(|unit| {
                    let sum: f64 = a
                        .iter()
                        .zip(at.weights[number].column(unit))
                        .map(|(a, w)| a * w)
                        .sum();
                    let offset = offsets.filter(|_| last).map_or(0.0, |o| o[unit * rows + row]);
                    layer
                        .activation
                        .value_and_slope(sum + at.biases[number][unit] + offset)
                        .0
                })
                .collect();
        }
        if network.output() == Output::Softmax {
            let sum: f64 = a.iter().map(|z| z.exp()).sum();
            a.iter_mut().for_each(|z| *z = z.exp() / sum);
        }
        for (unit, number) in a.into_iter().enumerate() {
            out[unit * rows + row] = number;
        }
    }
    out
}

fn predicted<T: Scalar>(
    network: &Network,
    source: &dyn RowSource<T>,
    offsets: Option<ColumnMajor<'_>>,
    threads: usize,
) -> Vec<f64> {
    let at = coefficients(network);
    let mut out = vec![9.0; source.rows() * network.outputs()];
    with_team(threads, |team| {
        evaluate::predict(network, &at, source, offsets, team, &mut out).unwrap()
    });
    out
}

fn predictions_are_the_plain_sums<T: Scalar>(tolerance: f64) {
    for (output, k, rows) in [
        (Output::Linear, 1, 1),
        (Output::Sigmoid, 2, 37),
        (Output::Softmax, 3, 300),
        (Output::Exponential, 9, 64),
        (Output::Linear, 17, 500),
    ] {
        let network = Network::new(
            &[11, 20, 1, 9, k],
            &[Activation::Tanh, Activation::Gelu, Activation::Elu],
            output,
        )
        .unwrap();
        let (x, shifts) = (numbers(rows * 11, 37), numbers(rows * k, 17));
        let source = ColumnMajor::new(&x, rows, 11);
        for offsets in [None, Some(&shifts[..])] {
            let wanted = plain(&network, &coefficients(&network), &x, rows, offsets);
            for threads in [1, 3] {
                let shifts = offsets.map(|offsets| ColumnMajor::new(offsets, rows, k));
                let got = predicted::<T>(&network, &source, shifts, threads);
                for (got, wanted) in got.iter().zip(&wanted) {
                    assert!(
                        (got - wanted).abs() <= tolerance * wanted.abs().max(1.0),
                        "{output:?}, {rows} rows, {threads} threads: {got} for {wanted}"
                    );
                }
            }
        }
    }
}

#[test]
fn predictions_are_those_of_the_plain_sums() {
    predictions_are_the_plain_sums::<f64>(1e-12);
    predictions_are_the_plain_sums::<f32>(1e-4);
}

#[test]
fn rows_beyond_a_block_are_predicted_like_the_first() {
    // 17 inputs and 2 units: a workspace holds 16,384 rows at most.
    let (rows, columns) = (40_000, 3);
    let network = Network::new(&[columns, 2], &[], Output::Linear).unwrap();
    let x = numbers(rows * columns, 37);
    let source = ColumnMajor::new(&x, rows, columns);
    let wanted = plain(&network, &coefficients(&network), &x, rows, None);
    for threads in [1, 2] {
        let got = predicted::<f64>(&network, &source, None, threads);
        assert!(got.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-14));
    }
}

#[test]
fn users_are_asked_while_rows_are_predicted_and_may_end_the_work() {
    // 3 inputs, 200 units and 2 outputs: some 1,000 multiply-adds for each row.
    let (rows, columns) = (40_000, 3);
    let network = Network::new(&[columns, 200, 2], &[Activation::Relu], Output::Linear).unwrap();
    let x = numbers(rows * columns, 37);
    let source = ColumnMajor::new(&x, rows, columns);
    let at = coefficients(&network);
    for threads in [1, 2] {
        let interrupted_at = |question| {
            let mut out = vec![9.0; rows * 2];
            let answer = with_team_asking(threads, interrupts_at(question), |team| {
                evaluate::predict::<f64>(&network, &at, &source, None, team, &mut out)
            });
            (answer, out)
        };
        assert_eq!(interrupted_at(0).0, Ok(()));
        // How much of the work the member who asks does itself is known only when it is alone.
        let questions = if threads == 1 { asked() } else { 1 };
        assert!(threads > 1 || questions > 2, "{questions} questions");
        for question in 1..=questions {
            let (answer, out) = interrupted_at(question);
            assert_eq!(answer, Err(EngineError::Interrupted));
            assert_eq!(asked(), question, "nobody is asked again");
            assert!(question == 1 || out[0] != 9.0);
            assert!(
                threads > 1 || out[rows - 1] == 9.0,
                "the last rows were not come to"
            );
        }
    }
}

#[test]
fn inputs_that_are_not_finite_are_named_wherever_they_are() {
    let (rows, columns) = (40_000, 3);
    let network = Network::new(&[columns, 2], &[], Output::Linear).unwrap();
    let at = coefficients(&network);
    for (row, number) in [(0, f64::NAN), (39_999, f64::INFINITY)] {
        let mut x = numbers(rows * columns, 37);
        x[rows + row] = number;
        // Of another column in another workspace too.
        x[2 * rows + rows - 1 - row] = number;
        let source = ColumnMajor::new(&x, rows, columns);
        let mut out = vec![0.0; rows * 2];
        let answer = with_team(2, |team| {
            evaluate::predict::<f64>(&network, &at, &source, None, team, &mut out)
        });
        assert_eq!(answer, Err(EngineError::NonFiniteInputs(vec![1, 2])));
    }
}

#[test]
fn sparse_inputs_are_predicted_like_dense_ones() {
    let dense = [0.0, 2.0, 0.0, 0.0, 0.0, -1.5];
    let sparse = SparseRows::from_columns(&[0, 1, 2], &[1, 2], &[2.0, -1.5], 3, 2).unwrap();
    let network = Network::new(&[2, 4, 1], &[Activation::Relu], Output::Sigmoid).unwrap();
    assert_eq!(
        predicted::<f64>(&network, &ColumnMajor::new(&dense, 3, 2), None, 1),
        predicted::<f64>(&network, &sparse, None, 1)
    );
}

#[test]
fn a_loss_is_the_weighted_mean_of_its_rows_and_a_sum_of_squares_their_sum() {
    for (rows, threads) in [(1, 1), (50, 2), (20_000, 2)] {
        let network = Network::new(&[4, 3, 2], &[Activation::Tanh], Output::Linear).unwrap();
        let (x, y) = (numbers(rows * 4, 37), numbers(rows * 2, 29));
        let shifts = numbers(rows * 2, 17);
        let weights: Vec<f64> = (0..rows).map(|row| 0.5 + (row % 4) as f64).collect();
        let source = ColumnMajor::new(&x, rows, 4);
        let at = coefficients(&network);
        for (case_weights, offsets) in [
            (None, None),
            (Some(&weights), None),
            (None, Some(&shifts)),
            (Some(&weights), Some(&shifts)),
        ] {
            let a = plain(&network, &at, &x, rows, offsets.map(|offsets| &offsets[..]));
            let (mut sum, mut total) = (0.0, 0.0);
            for row in 0..rows {
                let weight = case_weights.map_or(1.0, |weights| weights[row]);
                let squares: f64 = (0..2)
                    .map(|unit| (a[unit * rows + row] - y[unit * rows + row]).powi(2))
                    .sum();
                sum += weight * squares / 2.0;
                total += weight;
            }
            let data = Data {
                inputs: &source as &dyn RowSource<f64>,
                targets: ColumnMajor::new(&y, rows, 2),
                case_weights: case_weights.map(|weights| &weights[..]),
                offsets: offsets.map(|offsets| ColumnMajor::new(offsets, rows, 2)),
            };
            assert_eq!(data.rows(), rows);
            assert!((data.total_weight() - total).abs() < 1e-9);
            // Half the sum of squares, and the mean over two outputs: the same per row.
            for (loss, wanted) in [(Loss::Sse, sum), (Loss::Mse, sum / total)] {
                let objective = Objective::new(Output::Linear, loss).unwrap();
                let got = with_team(threads, |team| {
                    evaluate::loss(&network, &objective, &at, &data, team).unwrap()
                });
                assert!(
                    (got - wanted).abs() < 1e-12 * wanted.max(1.0),
                    "{got} for {wanted}"
                );
            }
        }
    }
}

#[test]
fn a_row_is_predicted_alike_in_any_company() {
    let table = workloads::table(301, 7, 3);
    let network = Network::new(&[7, 20, 3], &[Activation::Silu], Output::Softmax).unwrap();
    let coefficients = coefficients(&network);
    let predict = |x: &[f64], rows: usize| {
        let source = ColumnMajor::new(x, rows, 7);
        let mut out = vec![0.0; rows * 3];
        with_team(2, |team| {
            evaluate::predict::<f64>(&network, &coefficients, &source, None, team, &mut out).unwrap()
        });
        out
    };
    let all = predict(&table.x, 301);
    for row in [0, 5, 300] {
        let one: Vec<f64> = (0..7).map(|column| table.x[column * 301 + row]).collect();
        let alone = predict(&one, 1);
        for output in 0..3 {
            assert_eq!(alone[output], all[output * 301 + row]);
        }
    }
}
