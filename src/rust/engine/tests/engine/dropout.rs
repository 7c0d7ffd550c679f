//! Claims about dropout: which units are dropped, what takes their place, and what comes back.

use super::traces::problem;
use backprop_engine::base::random::{stream, Purpose};
use backprop_engine::objective::{Loss, Output};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::Settings;
use rand::RngExt;

const RATES: [f64; 2] = [0.25, 0.5];

#[test]
fn units_are_dropped_by_their_stream_and_the_others_make_up_for_them() {
    let mut problem = problem(Output::Linear, Loss::Mse, 2);
    problem.settings.dropout = RATES.to_vec();
    let (steps, _) = problem.recorded::<f64>(100, &mut NoObserver);
    let hidden = &problem.network.layers()[..2];
    let (mut dropped, mut all) = ([0.0; 2], [0.0; 2]);
    for step in &steps {
        // Rows are numbered by their position in the epoch; each layer of each row has a stream.
        let first = (step.step as usize - 1) % 3 * 8;
        for (number, (layer, trace)) in hidden.iter().zip(&step.layers).enumerate() {
            for position in 0..step.rows.len() {
                let counter = (first + position) * 2 + number;
                let mut rng = stream(4, Purpose::Dropout, step.epoch as u64 - 1, counter as u64);
                for unit in 0..layer.units {
                    let factor = match rng.random::<f64>() < RATES[number] {
                        true => 0.0,
                        false => 1.0 / (1.0 - RATES[number]),
                    };
                    let (value, slope) = layer
                        .activation
                        .value_and_slope(trace.weighted_inputs[(position, unit)]);
                    let (a, s) = (
                        trace.activations[(position, unit)],
                        trace.slopes[(position, unit)],
                    );
                    assert!((a - value * factor).abs() < 1e-14, "activation {a} of {value}");
                    assert!((s - slope * factor).abs() < 1e-14, "slope {s} of {slope}");
                    dropped[number] += f64::from(u8::from(factor == 0.0));
                    all[number] += 1.0;
                }
            }
            let back = trace.incoming_gradients.as_ref().unwrap() * &trace.slopes;
            assert_eq!(back, trace.deltas, "what was dropped takes no part in the error");
        }
        let outputs = &step.layers[2];
        assert_eq!(
            outputs.slopes.mapv(|slope| slope - 1.0).sum(),
            0.0,
            "outputs are not dropped"
        );
    }
    for layer in 0..2 {
        // Some hundred draws each: within four deviations.
        let share = dropped[layer] / all[layer];
        let deviation = (RATES[layer] * (1.0 - RATES[layer]) / all[layer]).sqrt();
        assert!(
            (share - RATES[layer]).abs() < 4.0 * deviation,
            "layer {layer}: {share}"
        );
    }
}

#[test]
fn the_gradient_under_dropout_is_that_of_the_units_that_are_left() {
    let mut problem = problem(Output::Linear, Loss::Sse, 2);
    problem.settings.dropout = RATES.to_vec();
    let (steps, _) = problem.recorded::<f64>(1, &mut NoObserver);
    let step = &steps[0];
    for number in 0..3 {
        let before = match number {
            0 => &step.inputs,
            _ => &step.layers[number - 1].activations,
        };
        let wanted = before.t().dot(&step.layers[number].deltas);
        for (found, wanted) in step.gradient.weights[number].iter().zip(&wanted) {
            assert!((found - wanted).abs() < 1e-12 * wanted.abs().max(1.0));
        }
        if number < 2 {
            let back = step.layers[number + 1]
                .deltas
                .dot(&step.before.weights[number + 1].t());
            let incoming = step.layers[number].incoming_gradients.as_ref().unwrap();
            assert!(back
                .iter()
                .zip(incoming)
                .all(|(a, b)| (a - b).abs() < 1e-12 * b.abs().max(1.0)));
        }
    }
}

#[test]
fn a_rate_of_zero_drops_nothing() {
    let plain = problem(Output::Linear, Loss::Mse, 2);
    let mut none = problem(Output::Linear, Loss::Mse, 2);
    none.settings = Settings {
        dropout: vec![0.0; 2],
        ..none.settings
    };
    let fit = |problem: &super::traces::Problem| problem.recorded::<f64>(100, &mut NoObserver).1;
    assert_eq!(fit(&plain).coefficients, fit(&none).coefficients);
}
