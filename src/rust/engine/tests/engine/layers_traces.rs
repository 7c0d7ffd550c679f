//! Claims about traces of networks with layers of every kind: what is recorded of a layer follows from what is recorded of
//! those before and after it, row by row.

use crate::layers::{cases, close, drawn, fit_from, Case, Table};
use crate::workloads;
use backprop_engine::kernels::InstructionSet;
use backprop_engine::nn::layer::rows::{backward, forward, gradient, Back, LayerRows};
use backprop_engine::objective::Output;
use backprop_engine::train::observer::NoObserver;
use backprop_engine::train::trace::{Recorder, StepTrace};
use backprop_engine::{Settings, Start};
use ndarray::Array2;

fn steps(case: &Case) -> (Table, Vec<StepTrace>) {
    let table = Table::for_case(case, 23, 9);
    let settings = Settings {
        dropout: vec![0.25; case.network.layers().len() - 1],
        ..workloads::settings(case.objective.clone(), 2, 8)
    };
    let start = Start::new(drawn(&case.network, 9));
    let mut nobody = NoObserver;
    let mut recorder = Recorder::new(100, settings.method, &mut nobody);
    fit_from::<f64>(&case.network, settings, &table, &start, 2, &mut recorder);
    let steps = recorder.steps;
    (table, steps)
}

fn flat(matrix: &Array2<f64>) -> &[f64] {
    matrix.as_slice().unwrap()
}

/// The rows of a layer, from what was recorded.
fn rows_of<'a>(
    case: &'a Case,
    step: &'a StepTrace,
    number: usize,
    parameters: &'a [f64],
) -> LayerRows<'a, f64> {
    let given = |from: usize| {
        let matrix = match from {
            0 => &step.inputs,
            from => &step.layers[from - 1].activations,
        };
        (flat(matrix), case.network.extent_of(from).0)
    };
    let (rows, set) = (step.rows.len(), InstructionSet::detect());
    case.network.layer_rows(number, parameters, rows, set, given)
}

fn parameters(step: &StepTrace, number: usize) -> Vec<f64> {
    let weights = step.before.weights[number].iter();
    weights.chain(&step.before.biases[number]).copied().collect()
}

#[test]
fn what_each_layer_gives_follows_from_what_comes_in() {
    for case in cases() {
        let (table, steps) = steps(&case);
        assert_eq!(steps.len(), 6, "{}", case.name);
        let last = case.network.layers().len() - 1;
        for step in &steps {
            for (number, layer) in case.network.layers().iter().enumerate() {
                let trace = &step.layers[number];
                let numbers = parameters(step, number);
                let mut wanted = vec![0.0; trace.weighted_inputs.len()];
                forward(rows_of(&case, step, number, &numbers), &mut wanted, layer.units);
                if number == last {
                    for (index, z) in wanted.iter_mut().enumerate() {
                        let (row, unit) = (index / layer.units / layer.copies, index % layer.units);
                        *z += table.offsets[unit * table.rows + step.rows[row]];
                    }
                }
                let what = format!("{}, layer {}", case.name, number + 1);
                close(flat(&trace.weighted_inputs), &wanted, 1e-13, &what);
                if number == last {
                    continue;
                }
                // Kept numbers are activations, times what makes up for those that were dropped.
                for ((&a, &z), &slope) in trace
                    .activations
                    .iter()
                    .zip(&trace.weighted_inputs)
                    .zip(&trace.slopes)
                {
                    let (value, by_z) = layer.activation.value_and_slope(z);
                    let kept = if a == 0.0 && slope == 0.0 { 0.0 } else { 1.0 / 0.75 };
                    close(&[a, slope], &[kept * value, kept * by_z], 1e-12, &what);
                }
            }
        }
    }
}

#[test]
fn what_comes_back_follows_from_the_layers_behind() {
    for case in cases() {
        for step in &steps(&case).1 {
            let layers = case.network.layers();
            for number in 0..layers.len() {
                let trace = &step.layers[number];
                let what = format!("{}, layer {}", case.name, number + 1);
                if let (Some(incoming), true) = (&trace.incoming_gradients, number + 1 < layers.len()) {
                    close(
                        flat(&trace.deltas),
                        flat(&(incoming * &trace.slopes)),
                        1e-14,
                        &what,
                    );
                    let mut wanted = vec![0.0; incoming.len()];
                    let mut back = |later: usize, back: Back| {
                        let numbers = parameters(step, later);
                        let rows = rows_of(&case, step, later, &numbers);
                        let deltas = flat(&step.layers[later].deltas);
                        backward(rows, deltas, layers[later].units, back, &mut wanted);
                    };
                    back(number + 1, Back::Inputs);
                    for skip in case.network.skips_from(number + 1) {
                        back(skip, Back::Skipped);
                    }
                    close(flat(incoming), &wanted, 1e-13, &what);
                }
                let numbers = parameters(step, number);
                let mut wanted = vec![0.0; numbers.len()];
                let rows = rows_of(&case, step, number, &numbers);
                gradient(rows, flat(&trace.deltas), layers[number].units, &mut wanted);
                let found = step.gradient.weights[number].iter();
                let found: Vec<f64> = found.chain(&step.gradient.biases[number]).copied().collect();
                close(&found, &wanted, 1e-13, &what);
            }
        }
    }
}

#[test]
fn what_is_told_of_the_outputs_is_of_each_member() {
    for case in cases() {
        let (table, steps) = steps(&case);
        let copies = case.network.copies();
        for step in &steps {
            let last = &step.layers[step.layers.len() - 1];
            assert_eq!(last.activations.nrows(), step.rows.len() * copies);
            let weights: Vec<f64> = step.rows.iter().map(|&row| table.weights[row]).collect();
            close(&step.case_weights, &weights, 1e-15, case.name);
            if let (Some(errors), Output::Linear) = (&last.incoming_gradients, case.network.output()) {
                close(flat(errors), flat(&last.deltas), 1e-13, case.name);
            }
        }
    }
}
