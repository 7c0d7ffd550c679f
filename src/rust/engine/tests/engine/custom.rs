//! Claims about functions of the caller's own: closures that do what a built-in activation or loss does give its bits, on one thread, for
//! real units and numbers only; what they refuse ends the work.

use crate::common::{fit_with, network, settings, start, table};
use crate::problems::{shapes, Problem, ALL, NONE, WIDE};
use crate::traces;
use backprop_engine::base::functions::{
    bring, ActivationFunctions, Elementwise, Functions, LossFunctions, PredictedRows, Rowwise,
};
use backprop_engine::base::threads::{with_team, with_team_asking};
use backprop_engine::compute::hessian::{hessian, row_gradients};
use backprop_engine::kernels::InstructionSet;
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{Momentum, Optimizer};
use backprop_engine::train::ensemble::{train_members, Member};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{
    evaluate, gradient, Coefficients, Ending, EngineError, Method, Network, Settings, Trained,
};
use std::cell::Cell;
use std::rc::Rc;

/// A built-in activation as closures.
fn closures_of(activation: Activation) -> ActivationFunctions {
    let set = InstructionSet::detect();
    ActivationFunctions {
        value: Box::new(move |z, out| {
            assert!(!z.iter().any(|z| z.is_nan()));
            out.copy_from_slice(z);
            activation.activate(set, out);
            Ok(())
        }),
        derivative: Box::new(move |z, out| {
            let mut values = z.to_vec();
            activation.activate_with_slope(set, &mut values, out);
            Ok(())
        }),
    }
}

/// The mean of squared errors as closures.
fn mse() -> LossFunctions {
    fn errors(rows: &PredictedRows<'_>) -> Vec<f64> {
        let pairs = rows.predictions.iter().zip(rows.targets);
        pairs.map(|(a, y)| a - y).collect()
    }
    LossFunctions {
        value: Box::new(|rows, out| {
            let (errors, k) = (errors(rows), (rows.predictions.len() / rows.rows) as f64);
            for (row, loss) in out.iter_mut().enumerate() {
                let of_row = errors.iter().skip(row).step_by(rows.rows);
                *loss = of_row.fold(0.0, |sum, e| sum + e * e / k);
            }
            Ok(())
        }),
        gradient: Box::new(|rows, out| {
            let k = (rows.predictions.len() / rows.rows) as f64;
            for (slope, e) in out.iter_mut().zip(errors(rows)) {
                *slope = (e + e) / k;
            }
            Ok(())
        }),
    }
}

/// Cross-entropy of probabilities, by them.
fn cross_entropy() -> LossFunctions {
    LossFunctions {
        value: Box::new(|rows, out| {
            for (row, loss) in out.iter_mut().enumerate() {
                let cells = (row..rows.predictions.len()).step_by(rows.rows);
                *loss = cells
                    .map(|cell| -rows.targets[cell] * rows.predictions[cell].ln())
                    .sum();
            }
            Ok(())
        }),
        gradient: Box::new(|rows, out| {
            for ((slope, a), y) in out.iter_mut().zip(rows.predictions).zip(rows.targets) {
                *slope = -y / a;
            }
            Ok(())
        }),
    }
}

/// The same problem with every hidden activation, and the loss where it is the mean of squares, brought along.
fn as_custom(problem: &Problem) -> (Problem, Functions) {
    let layers = problem.network.layers();
    let hidden: Vec<Activation> = layers[..layers.len() - 1]
        .iter()
        .map(|layer| layer.activation)
        .collect();
    let sizes: Vec<usize> = std::iter::once(layers[0].inputs)
        .chain(layers.iter().map(|layer| layer.units))
        .collect();
    let own: Vec<Activation> = (0..hidden.len())
        .map(|place| Activation::Custom(place as u16))
        .collect();
    let output = problem.network.output();
    let mut custom = problem.copied();
    custom.network = Network::new(&sizes, &own, output).unwrap();
    custom.objective = Objective::new(output, Loss::Custom).unwrap();
    let functions = Functions {
        activations: hidden.into_iter().map(closures_of).collect(),
        loss: Some(mse()),
    };
    (custom, functions)
}

fn methods() -> [Method; 2] {
    let momentum = Momentum {
        momentum: 0.9,
        nesterov: false,
    };
    let lbfgs = Lbfgs {
        memory: 3,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    };
    [Method::Rule(Optimizer::Momentum(momentum)), Method::Lbfgs(lbfgs)]
}

fn numbers(coefficients: &Coefficients) -> Vec<f64> {
    let weights = coefficients.weights.iter().flat_map(|weights| weights.iter());
    let biases = coefficients.biases.iter().flat_map(|biases| biases.iter());
    weights.chain(biases).copied().collect()
}

fn nearly(a: &Trained, b: &Trained, tolerance: f64, what: &str) {
    for (a, b) in numbers(&a.coefficients).iter().zip(numbers(&b.coefficients)) {
        assert!(
            (a - b).abs() <= tolerance * b.abs().max(1.0),
            "{what}: {a} for {b}"
        );
    }
}

#[test]
fn closures_that_do_what_is_built_in_give_its_bits() {
    let wide = ("wide", &WIDE);
    for (name, shape) in shapes().into_iter().chain([wide]) {
        for output in [Output::Linear, Output::Sigmoid, Output::Exponential] {
            for extras in [NONE, ALL] {
                let problem = Problem::new(shape, output, &Loss::Mse, extras);
                for method in methods() {
                    let built_in = problem.trained::<f64>(method, 0.01, 2, 1);
                    let (custom, functions) = as_custom(&problem);
                    let _brought = bring(functions);
                    let found = custom.trained::<f64>(method, 0.01, 2, 1);
                    let what = format!("{name}, {output:?}");
                    assert_eq!(found.coefficients, built_in.coefficients, "{what}");
                    assert_eq!(found.losses(), built_in.losses(), "{what}");
                }
            }
        }
    }
}

#[test]
fn in_single_precision_they_differ_by_its_rounding() {
    for (name, shape) in shapes() {
        let problem = Problem::new(shape, Output::Linear, &Loss::Mse, ALL);
        let built_in = problem.trained::<f32>(methods()[0], 0.01, 2, 1);
        let (custom, functions) = as_custom(&problem);
        let _brought = bring(functions);
        nearly(
            &custom.trained::<f32>(methods()[0], 0.01, 2, 1),
            &built_in,
            1e-5,
            name,
        );
    }
}

#[test]
fn one_thread_does_it_however_many_are_asked_for() {
    let (_, shape) = shapes()[2];
    let problem = Problem::new(shape, Output::Linear, &Loss::Mse, ALL);
    let (custom, functions) = as_custom(&problem);
    let _brought = bring(functions);
    assert_eq!(with_team(8, |team| team.size()), 1);
    let alone = custom.trained::<f64>(methods()[0], 0.01, 2, 1);
    assert_eq!(
        custom.trained::<f64>(methods()[0], 0.01, 2, 8).coefficients,
        alone.coefficients
    );
    drop(_brought);
    assert_eq!(with_team(2, |team| team.size()), 2);
}

#[test]
fn softmax_takes_derivatives_by_probabilities_to_all_units_of_a_row() {
    let (_, shape) = shapes()[1];
    let problem = Problem::new(shape, Output::Softmax, &Loss::CrossEntropy, ALL);
    let built_in = problem.trained::<f64>(methods()[0], 0.05, 3, 1);
    let mut custom = problem.copied();
    custom.objective = Objective::new(Output::Softmax, Loss::Custom).unwrap();
    let _brought = bring(Functions {
        activations: Vec::new(),
        loss: Some(cross_entropy()),
    });
    nearly(
        &custom.trained::<f64>(methods()[0], 0.05, 3, 1),
        &built_in,
        1e-12,
        "softmax",
    );
}

#[test]
fn predictions_losses_and_derivatives_are_those_of_the_built_in() {
    let (_, shape) = shapes()[1];
    let problem = Problem::new(shape, Output::Sigmoid, &Loss::Mse, ALL);
    let (custom, functions) = as_custom(&problem);
    let asked = |problem: &Problem| {
        problem.with_data::<f64, _>(|data| {
            with_team(2, |team| {
                let (network, objective, at) = (&problem.network, &problem.objective, &problem.start);
                let mut predicted = vec![0.0; data.rows() * network.outputs()];
                evaluate::predict(network, at, data.inputs, data.offsets, team, &mut predicted).unwrap();
                let loss = evaluate::loss(network, objective, at, &data, team).unwrap();
                let slopes = gradient(network, objective, problem.penalty(), data, at, team).unwrap();
                let mut of_rows = vec![0.0; data.rows() * network.parameter_count() as usize];
                row_gradients(network, objective, data, at, team, &mut of_rows).unwrap();
                (predicted, loss, slopes, of_rows)
            })
        })
    };
    let built_in = asked(&problem);
    let _brought = bring(functions);
    let found = asked(&custom);
    assert_eq!(
        (&found.0, &found.1, &found.2),
        (&built_in.0, &built_in.1, &built_in.2)
    );
    for (a, b) in found.3.iter().zip(&built_in.3) {
        assert!((a - b).abs() < 1e-14 * b.abs().max(1.0), "{a} for {b}");
    }
}

#[test]
fn there_is_no_hessian_of_them() {
    let (_, shape) = shapes()[0];
    let problem = Problem::new(shape, Output::Linear, &Loss::Mse, NONE);
    let (custom, functions) = as_custom(&problem);
    let _brought = bring(functions);
    let count = custom.network.parameter_count() as usize;
    let mut out = vec![0.0; count * count];
    for (network, objective) in [
        (&custom.network, &problem.objective),
        (&problem.network, &custom.objective),
    ] {
        let refused = custom.with_data::<f64, _>(|data| {
            with_team(1, |team| {
                hessian(
                    network,
                    objective,
                    custom.penalty(),
                    data,
                    &custom.start,
                    team,
                    &mut out,
                )
            })
        });
        assert!(
            matches!(refused, Err(EngineError::Config(message)) if message.contains("second derivative"))
        );
    }
}

#[test]
fn a_trace_has_what_they_gave() {
    let built_in = traces::problem(Output::Sigmoid, Loss::Mse, 2);
    let mut custom = traces::problem(Output::Sigmoid, Loss::Mse, 2);
    custom.network = Network::new(
        &[3, 4, 5, 2],
        &[Activation::Custom(0), Activation::Gelu],
        Output::Sigmoid,
    )
    .unwrap();
    custom.settings.objective = Objective::new(Output::Sigmoid, Loss::Custom).unwrap();
    let (steps, _) = built_in.recorded::<f64>(4, &mut NoObserver);
    let _brought = bring(Functions {
        activations: vec![closures_of(Activation::Tanh)],
        loss: Some(mse()),
    });
    let (found, _) = custom.recorded::<f64>(4, &mut NoObserver);
    assert_eq!(found.len(), 4);
    for (a, b) in found.iter().zip(&steps) {
        assert_eq!(a.gradient, b.gradient);
        for (a, b) in a.layers.iter().zip(&b.layers) {
            assert_eq!(a.activations, b.activations);
            assert_eq!(a.slopes, b.slopes);
            assert_eq!(a.incoming_gradients, b.incoming_gradients);
            assert_eq!(a.deltas, b.deltas);
        }
    }
}

/// A hyperbolic tangent that answers the `last`th question with an error.
fn failing(last: usize, error: EngineError) -> (Functions, Rc<Cell<usize>>) {
    let asked = Rc::new(Cell::new(0));
    let counted = asked.clone();
    let tanh = closures_of(Activation::Tanh);
    let value: Elementwise = Box::new(move |z, out| {
        counted.set(counted.get() + 1);
        match counted.get() >= last {
            true => Err(error.clone()),
            false => (tanh.value)(z, out),
        }
    });
    let functions = Functions {
        activations: vec![ActivationFunctions {
            value,
            derivative: closures_of(Activation::Tanh).derivative,
        }],
        loss: None,
    };
    (functions, asked)
}

#[test]
fn a_function_that_fails_ends_training_and_is_not_asked_again() {
    let table = table(60, 17);
    let network = Network::new(&[3, 6, 1], &[Activation::Custom(0)], Output::Sigmoid).unwrap();
    let source = table.source();
    for at in [1, 2, 9, 20] {
        let (functions, asked) = failing(at, EngineError::Function);
        let _brought = bring(functions);
        let checked = settings(10).check(&network).unwrap();
        let result = with_team(1, |team| {
            let data = table.data(&source);
            backprop_engine::train(&network, &checked, data, None, &start(), team, &mut NoObserver)
        });
        assert_eq!(result.err(), Some(EngineError::Function));
        assert_eq!(asked.get(), at);
    }
}

#[test]
fn an_interrupt_in_a_function_leaves_the_last_finished_epoch() {
    let table = table(60, 17);
    let own = Network::new(&[3, 6, 1], &[Activation::Custom(0)], Output::Sigmoid).unwrap();
    let source = table.source();
    // Six steps an epoch.
    let (functions, _) = failing(6 * 3 + 2, EngineError::Interrupted);
    let _brought = bring(functions);
    let checked = settings(10).check(&own).unwrap();
    let trained = with_team(1, |team| {
        let data = table.data(&source);
        backprop_engine::train(&own, &checked, data, None, &start(), team, &mut NoObserver)
    });
    let trained = trained.unwrap();
    assert_eq!((trained.ending, trained.epochs_done), (Ending::Interrupted, 3));
    let plain = fit_with(settings(3), &start(), &table, None, &mut NoObserver).unwrap();
    nearly(&trained, &plain, 1e-14, "three epochs");
}

#[test]
fn what_is_no_number_and_lanes_beyond_the_last_unit_do_not_reach_a_function() {
    let _brought = bring(Functions {
        activations: vec![closures_of(Activation::Tanh)],
        loss: Some(mse()),
    });
    let custom = Activation::Custom(0);
    let mut values = [0.5, f64::NAN, 9.0, f64::INFINITY, -0.5, 9.0];
    custom.activate_rows(InstructionSet::Plain, &mut values, None, 2, 3);
    assert!(values[1].is_nan());
    assert_eq!(values[3], 1.0);
    assert_eq!([values[2], values[5]], [9.0, 9.0]);
    assert_eq!(
        [values[0], values[4]],
        [0.5f64, -0.5].map(|z| Activation::Tanh.value_and_slope(z).0)
    );
}

#[test]
fn a_training_that_diverges_is_noticed_as_such() {
    let (_, shape) = shapes()[0];
    let problem = Problem::new(shape, Output::Linear, &Loss::Mse, NONE);
    let (custom, functions) = as_custom(&problem);
    let _brought = bring(functions);
    let trained = custom.trained::<f64>(methods()[0], 1e200, 20, 1);
    assert!(
        matches!(trained.ending, Ending::Diverged(_)),
        "{:?}",
        trained.ending
    );
}

#[test]
fn members_with_functions_are_not_trained_side_by_side() {
    let own = Network::new(&[3, 6, 1], &[Activation::Custom(0)], Output::Sigmoid).unwrap();
    let with_loss = Settings {
        objective: Objective::new(Output::Sigmoid, Loss::Custom).unwrap(),
        ..settings(2)
    };
    let (table, rows) = (table(60, 17), (0..60).collect::<Vec<u32>>());
    let source = table.source();
    for (network, settings) in [(&own, settings(2)), (&network(), with_loss)] {
        let members = [Member {
            settings: settings.check(network).unwrap(),
            start: start(),
            rows: &rows,
            held: &[],
        }];
        let mut listener = |_: usize, _: &_| Ok(true);
        let data = table.data(&source);
        let refused = train_members(network, &members, data, None, 2, || false, &mut listener);
        assert!(matches!(refused, Err(EngineError::Config(_))));
    }
}

#[test]
fn a_network_whose_functions_are_not_there_is_a_fault() {
    let own = Network::new(&[3, 6, 1], &[Activation::Custom(0)], Output::Sigmoid).unwrap();
    let table = table(60, 17);
    let source = table.source();
    let checked = settings(2).check(&own).unwrap();
    let result = with_team_asking(
        2,
        || false,
        |team| {
            let data = table.data(&source);
            backprop_engine::train(&own, &checked, data, None, &start(), team, &mut NoObserver)
        },
    );
    assert!(matches!(result, Err(EngineError::Panic(_))));
}

#[test]
fn a_function_may_call_the_engine_itself() {
    let (_, shape) = shapes()[0];
    let problem = Problem::new(shape, Output::Linear, &Loss::Mse, NONE);
    let plain = Problem::new(shape, Output::Linear, &Loss::Mse, NONE);
    let (custom, mut functions) = as_custom(&problem);
    let without = {
        let (custom, functions) = as_custom(&problem);
        let _brought = bring(functions);
        custom.trained::<f64>(methods()[0], 0.01, 2, 1)
    };
    let inner = mse();
    let value: Rowwise = Box::new(move |rows, out| {
        plain.trained::<f64>(methods()[0], 0.01, 1, 1);
        let (custom, functions) = as_custom(&plain);
        let _brought = bring(functions);
        custom.trained::<f64>(methods()[0], 0.01, 1, 1);
        (inner.value)(rows, out)
    });
    functions.loss = Some(LossFunctions {
        value,
        gradient: mse().gradient,
    });
    let _brought = bring(functions);
    let found = custom.trained::<f64>(methods()[0], 0.01, 2, 1);
    assert_eq!(found.coefficients, without.coefficients);
}
