//! Claims about losses: values worked out by hand, rows apart, hits, and which go with which output.

use backprop_engine::kernels::InstructionSet;
use backprop_engine::objective::loss::rows::{Deltas, OutputRows};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::Scalar;

/// Losses, deltas and hits of rows of weighted inputs `z`, `units` each, that lie `stride` apart.
fn evaluate<T: Scalar>(
    objective: &Objective,
    z: &[f64],
    y: &[f64],
    units: usize,
    stride: usize,
) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let count = z.len() / units;
    let mut inputs = vec![T::of(0.25); count * stride];
    for (i, &z) in z.iter().enumerate() {
        inputs[i / units * stride + i % units] = T::of(z);
    }
    let targets: Vec<T> = y.iter().map(|&y| T::of(y)).collect();
    let set = InstructionSet::detect();
    let (mut values, mut log_sums) = (inputs.clone(), vec![T::zero(); count]);
    objective
        .output()
        .apply(set, &mut values, stride, units, &mut log_sums);
    let mut losses = vec![0.0; count];
    let mut deltas = vec![T::of(7.0); count * stride];
    let mut hits = vec![9.0; count];
    let rows = OutputRows {
        output: objective.output(),
        ancillary: &[],
        inputs: &inputs,
        values: &values,
        log_sums: &log_sums,
        targets: &targets,
        stride,
        units,
        targets_per_row: objective.targets_per_row(units),
    };
    let mut out = Deltas {
        losses: &mut losses,
        deltas: &mut deltas,
        ancillary: &mut [],
        ancillary_stride: 0,
    };
    objective.evaluate(set, &rows, &mut out);
    objective.hits(&rows, &mut hits);
    let deltas = (0..z.len())
        .map(|i| deltas[i / units * stride + i % units].to_double())
        .collect();
    (losses, deltas, hits)
}

/// Compares with losses and deltas as they should be, for rows that lie close and apart.
fn gives(output: Output, loss: Loss, units: usize, z: &[f64], y: &[f64], losses: &[f64], deltas: &[f64]) {
    let objective = Objective::new(output, loss.clone()).unwrap();
    for stride in [units, units + 3] {
        for (tolerance, (got_losses, got_deltas, _)) in [
            (1e-13, evaluate::<f64>(&objective, z, y, units, stride)),
            (1e-6, evaluate::<f32>(&objective, z, y, units, stride)),
        ] {
            for (got, wanted) in got_losses.iter().zip(losses).chain(got_deltas.iter().zip(deltas)) {
                assert!(
                    (got - wanted).abs() <= tolerance * wanted.abs().max(1.0),
                    "{output:?} {loss:?}, stride {stride}: {got_losses:?} {got_deltas:?}"
                );
            }
        }
    }
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

#[test]
fn squares_and_sizes_are_those_of_the_differences() {
    let (z, y) = ([1.5, -2.0, 0.25, 3.0], [1.0, 1.0, 0.25, -1.0]);
    // Differences 0.5 and -3; 0 and 4.
    gives(
        Output::Linear,
        Loss::Sse,
        2,
        &z,
        &y,
        &[4.625, 8.0],
        &[0.5, -3.0, 0.0, 4.0],
    );
    gives(
        Output::Linear,
        Loss::Mse,
        2,
        &z,
        &y,
        &[4.625, 8.0],
        &[0.5, -3.0, 0.0, 4.0],
    );
    gives(
        Output::Linear,
        Loss::Mae,
        2,
        &z,
        &y,
        &[1.75, 2.0],
        &[0.5, -0.5, 0.0, 0.5],
    );
    // Up to 1 half the square, beyond 1 less a half; all over 2.
    let huber = Loss::Huber(1.0);
    gives(
        Output::Linear,
        huber,
        2,
        &z,
        &y,
        &[(0.125 + 2.5) / 2.0, 3.5 / 2.0],
        &[0.25, -0.5, 0.0, 0.5],
    );
    gives(
        Output::Linear,
        Loss::Huber(0.25),
        1,
        &[0.25, 0.5, -0.75],
        &[0.0; 3],
        &[0.03125, 0.25 * 0.375, 0.25 * 0.625],
        &[0.25, 0.25, -0.25],
    );
    // One unit, three units: the mean is over the outputs.
    gives(
        Output::Linear,
        Loss::Mse,
        1,
        &[3.0, 0.0],
        &[1.0, 1.0],
        &[4.0, 1.0],
        &[4.0, -2.0],
    );
    gives(
        Output::Linear,
        Loss::Mse,
        3,
        &[3.0, 0.0, 1.0],
        &[0.0, 0.0, 0.0],
        &[10.0 / 3.0],
        &[2.0, 0.0, 2.0 / 3.0],
    );
}

#[test]
fn errors_of_other_outputs_are_multiplied_by_their_slopes() {
    let (z, y) = ([0.4, -1.2], [1.0, 0.0]);
    let [a, b] = z.map(logistic);
    gives(
        Output::Sigmoid,
        Loss::Sse,
        2,
        &z,
        &y,
        &[0.5 * (a - 1.0) * (a - 1.0) + 0.5 * b * b],
        &[(a - 1.0) * a * (1.0 - a), b * b * (1.0 - b)],
    );
    let [a, b] = z.map(f64::exp);
    gives(
        Output::Exponential,
        Loss::Mae,
        2,
        &z,
        &y,
        &[((a - 1.0).abs() + b) / 2.0],
        &[a / 2.0, b / 2.0],
    );
    gives(
        Output::Exponential,
        Loss::Sse,
        1,
        &[0.4],
        &[1.0],
        &[0.5 * (a - 1.0) * (a - 1.0)],
        &[(a - 1.0) * a],
    );
}

#[test]
fn likelihoods_are_those_of_their_distributions() {
    let (z, y) = ([0.4, -1.2, 2.0, 0.0], [1.0, 0.0, 0.25, 1.0]);
    let p = z.map(logistic);
    let binary = |i: usize| -(y[i] * p[i].ln() + (1.0 - y[i]) * (1.0 - p[i]).ln());
    for units in [1, 2, 4] {
        let k = units as f64;
        let sums = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..4 / units)
                .map(|row| (0..units).map(|unit| value(row * units + unit)).sum::<f64>() / k)
                .collect()
        };
        let deltas = |value: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..4).map(|i| value(i) / k).collect() };
        gives(
            Output::Sigmoid,
            Loss::BinaryCrossEntropy,
            units,
            &z,
            &y,
            &sums(&binary),
            &deltas(&|i| p[i] - y[i]),
        );
        // Without log y!, which no parameter changes.
        gives(
            Output::Exponential,
            Loss::Poisson,
            units,
            &z,
            &y,
            &sums(&|i| z[i].exp() - y[i] * z[i]),
            &deltas(&|i| z[i].exp() - y[i]),
        );
    }
    // Targets of a cross-entropy may add up to anything.
    let z: [f64; 6] = [0.5, -1.0, 2.0, 1.0, 1.0, 1.0];
    let y: [f64; 6] = [0.0, 1.0, 0.0, 0.5, 1.0, 0.75];
    let mut losses = Vec::new();
    let mut deltas = Vec::new();
    for row in 0..2 {
        let (z, y) = (&z[row * 3..row * 3 + 3], &y[row * 3..row * 3 + 3]);
        let sum: f64 = z.iter().map(|z| z.exp()).sum();
        let total: f64 = y.iter().sum();
        losses.push(
            z.iter()
                .zip(y)
                .map(|(z, y)| -y * (z.exp() / sum).ln())
                .sum::<f64>(),
        );
        deltas.extend(z.iter().zip(y).map(|(z, y)| z.exp() / sum * total - y));
    }
    gives(Output::Softmax, Loss::CrossEntropy, 3, &z, &y, &losses, &deltas);
}

#[test]
fn a_quantile_weighs_what_lies_above_and_below() {
    // Predictions of the 10 %, 50 % and 90 % quantiles of one trained.
    let taus = vec![0.1, 0.5, 0.9];
    gives(
        Output::Linear,
        Loss::Quantile(taus.clone()),
        3,
        &[0.0, 2.0, 5.0, 1.0, 1.0, 1.0],
        &[2.0, 1.0],
        &[(0.1 * 2.0 + 0.0 + 0.1 * 3.0) / 3.0, 0.0],
        &[-0.1 / 3.0, 0.0, 0.1 / 3.0, 0.0, 0.0, 0.0],
    );
    gives(
        Output::Linear,
        Loss::Quantile(vec![0.25]),
        1,
        &[0.0, 3.0],
        &[2.0, 1.0],
        &[0.5, 1.5],
        &[-0.25, 0.75],
    );
    let objective = Objective::new(Output::Linear, Loss::Quantile(taus)).unwrap();
    assert_eq!(objective.targets_per_row(3), 1);
    assert_eq!(
        Objective::new(Output::Linear, Loss::Mse)
            .unwrap()
            .targets_per_row(3),
        3
    );
}

#[test]
fn what_is_not_a_number_is_noticed_by_every_loss() {
    for (output, loss) in pairs() {
        if loss == Loss::CrossEntropy {
            continue;
        }
        let objective = Objective::new(output, loss.clone()).unwrap();
        for (units, stride) in [(1, 1), (2, 2), (2, 5)] {
            let mut y = vec![0.5; objective.targets_per_row(units)];
            let mut z = vec![0.5; units];
            z[0] = f64::NAN;
            let (losses, deltas, _) = evaluate::<f64>(&objective, &z, &y, units, stride);
            assert!(losses[0].is_nan() && deltas[0].is_nan(), "{output:?} {loss:?}");
            z[0] = 0.5;
            y[0] = f64::NAN;
            let (losses, deltas, _) = evaluate::<f64>(&objective, &z, &y, units, stride);
            assert!(losses[0].is_nan() && deltas[0].is_nan(), "{output:?} {loss:?}");
        }
    }
}

#[test]
fn a_softmax_is_right_at_the_largest_target_and_others_by_their_half() {
    let classes = Objective::new(Output::Softmax, Loss::CrossEntropy).unwrap();
    // The first of equals counts as the largest.
    for (z, y, hit) in [
        ([0.0, 2.0, 1.0], [0.0, 1.0, 0.0], 1.0),
        ([0.0, 2.0, 1.0], [0.0, 0.0, 1.0], 0.0),
        ([3.0, 2.0, 1.0], [1.0, 0.0, 0.0], 1.0),
        ([1.0, 2.0, 3.0], [0.2, 0.3, 0.5], 1.0),
        ([2.0, 2.0, 1.0], [1.0, 0.0, 0.0], 1.0),
        ([2.0, 2.0, 1.0], [0.0, 1.0, 0.0], 0.0),
    ] {
        for stride in [3, 8] {
            assert_eq!(
                evaluate::<f64>(&classes, &z, &y, 3, stride).2,
                [hit],
                "{z:?} {y:?}"
            );
        }
    }
    let units = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let (z, y) = ([1.0, -1.0, 1.0, -1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0, 0.5, 1.0]);
    // A half itself is on the lower side.
    assert_eq!(evaluate::<f64>(&units, &z, &y, 2, 2).2, [1.0, 0.0, 0.5]);
    assert_eq!(evaluate::<f64>(&units, &z, &y, 2, 8).2, [1.0, 0.0, 0.5]);
    assert_eq!(
        evaluate::<f64>(&units, &z, &y, 1, 1).2,
        [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    );
}

fn pairs() -> Vec<(Output, Loss)> {
    let any = [Output::Linear, Output::Sigmoid, Output::Exponential];
    let of_any = [Loss::Sse, Loss::Mse, Loss::Mae, Loss::Huber(1.0)];
    let mut pairs: Vec<_> = any
        .iter()
        .flat_map(|&output| of_any.iter().map(move |loss| (output, loss.clone())))
        .collect();
    pairs.extend([
        (Output::Sigmoid, Loss::BinaryCrossEntropy),
        (Output::Softmax, Loss::CrossEntropy),
        (Output::Exponential, Loss::Poisson),
        (Output::Linear, Loss::Quantile(vec![0.5, 0.5])),
    ]);
    pairs
}

#[test]
fn only_pairs_with_meaning_are_accepted() {
    let outputs = [
        Output::Linear,
        Output::Sigmoid,
        Output::Exponential,
        Output::Softmax,
    ];
    let losses = [
        Loss::Sse,
        Loss::Mse,
        Loss::Mae,
        Loss::Huber(1.0),
        Loss::BinaryCrossEntropy,
        Loss::CrossEntropy,
        Loss::Poisson,
        Loss::Quantile(vec![0.5, 0.5]),
    ];
    for output in outputs {
        for loss in &losses {
            let accepted = Objective::new(output, loss.clone());
            assert_eq!(
                accepted.is_ok(),
                pairs().contains(&(output, loss.clone())),
                "{output:?} {loss:?}"
            );
            if let Ok(objective) = accepted {
                assert_eq!((objective.output(), objective.loss()), (output, loss));
                assert_eq!(objective.is_sum(), *loss == Loss::Sse);
                let by_logits = [Loss::BinaryCrossEntropy, Loss::CrossEntropy, Loss::Poisson];
                assert_eq!(loss.needs_inputs(), by_logits.contains(loss));
            }
        }
    }
}

#[test]
fn hyperparameters_of_losses_have_their_ranges() {
    let accepted = |loss| Objective::new(Output::Linear, loss).is_ok();
    let tiny = f64::MIN_POSITIVE;
    assert!(accepted(Loss::Huber(tiny)) && accepted(Loss::Huber(f64::MAX)));
    for delta in [0.0, -tiny, f64::NAN, f64::INFINITY] {
        assert!(!accepted(Loss::Huber(delta)), "{delta}");
    }
    assert!(accepted(Loss::Quantile(vec![0.0, 0.5, 1.0])));
    for tau in [-tiny, 1.0 + f64::EPSILON, f64::NAN] {
        assert!(!accepted(Loss::Quantile(vec![0.5, tau])), "{tau}");
    }
    assert!(!accepted(Loss::Quantile(Vec::new())));
    // Each quantile has an output of its own.
    let quantiles = Objective::new(Output::Linear, Loss::Quantile(vec![0.1, 0.9])).unwrap();
    assert_eq!(
        [1, 2, 3].map(|units| quantiles.is_for(units)),
        [false, true, false]
    );
    assert!(Objective::new(Output::Linear, Loss::Mse).unwrap().is_for(7));
}

#[test]
fn outputs_have_their_names() {
    for (name, output) in [
        ("sigmoid", Output::Sigmoid),
        ("softmax", Output::Softmax),
        ("linear", Output::Linear),
        ("exp", Output::Exponential),
    ] {
        assert_eq!(name.parse(), Ok(output));
    }
    assert!("".parse::<Output>().is_err() && "Linear".parse::<Output>().is_err());
}
