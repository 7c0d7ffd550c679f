//! Claims about rates of a layer's own: what `lr_factor` and `decay_factor` are multiplied with, and what a layer that does not
//! learn leaves as it is.

use crate::layers::{cases, close, dense, drawn, fit, in_order, layer, network, numbers, scale, Table};
use crate::workloads;
use backprop_engine::base::threads::with_team;
use backprop_engine::nn::activation::Activation::{Gelu, Linear, Tanh};
use backprop_engine::nn::layer::Plan;
use backprop_engine::objective::{Loss, Objective, Output, Penalty};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{Adam, GradientDescent, Momentum, Optimizer, Rprop};
use backprop_engine::{gradient, Coefficients, Method, Network, Settings, Shuffle, Trained};

const RPROP: Method = Method::Rule(Optimizer::Rprop(Rprop {
    shrink: 0.5,
    grow: 1.2,
    smallest: 1e-6,
    largest: 50.0,
}));

const LBFGS: Method = Method::Lbfgs(Lbfgs {
    memory: 4,
    gradient_tolerance: 0.0,
    value_tolerance: 0.0,
});

fn adam(decay: f64) -> Method {
    Method::Rule(Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay,
    }))
}

/// Two layers of units between inputs and two outputs, of which the plans may be changed.
fn changed(change: impl Fn(&mut [Plan])) -> Network {
    let mut plans = vec![dense(7, Tanh), dense(5, Gelu), dense(2, Linear)];
    change(&mut plans);
    network(plans)
}

fn settings(epochs: usize, batch: usize) -> Settings {
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    Settings {
        shuffle: Shuffle::No,
        ..workloads::settings(objective, epochs, batch)
    }
}

fn with_factors(network: &Network, lr: impl Fn(usize) -> f64) -> Network {
    let plans = network.layers().iter().enumerate().map(|(number, layer)| Plan {
        lr_factor: lr(number),
        ..Plan::new(layer.units, layer.activation, layer.kind.clone())
    });
    Network::of(network.inputs(), plans, network.output()).unwrap()
}

#[test]
fn a_layer_of_rate_0_keeps_its_parameters_and_the_others_learn() {
    for case in cases() {
        // All rows in one step, many rows by many members, and batches.
        for (rows, batch) in [(40, 40), (1203, 1203), (40, 15)] {
            let table = Table::for_case(&case, rows, 1);
            for method in [adam(0.01), RPROP, LBFGS] {
                for frozen in 0..case.network.layers().len() {
                    let network = with_factors(&case.network, |number| f64::from(u8::from(number != frozen)));
                    let at = drawn(&network, 2);
                    let settings = Settings {
                        objective: case.objective.clone(),
                        method,
                        lr: 0.01,
                        penalty: Penalty {
                            strength: 0.05,
                            mixture: 0.2,
                        },
                        ..settings(1, batch)
                    };
                    let trained = fit(&network, settings, &table, &at).coefficients;
                    for number in 0..network.layers().len() {
                        let what = format!("{}, layer {number}, {frozen} frozen, {method:?}", case.name);
                        let before = (&at.weights[number], &at.biases[number]);
                        let after = (&trained.weights[number], &trained.biases[number]);
                        let count = network.layers()[number].parameter_count();
                        assert_eq!(before == after, number == frozen || count == 0.0, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_others_learn_in_a_step_does_not_depend_on_who_learns() {
    for case in cases() {
        let table = Table::for_case(&case, 40, 1);
        let at = drawn(&case.network, 2);
        let step = |network: &Network| {
            let settings = Settings {
                objective: case.objective.clone(),
                ..settings(1, 40)
            };
            fit(network, settings, &table, &at).coefficients
        };
        let all = step(&case.network);
        for frozen in 0..case.network.layers().len() {
            let network = with_factors(&case.network, |number| f64::from(u8::from(number != frozen)));
            let mut some = step(&network);
            some.weights[frozen].assign(&all.weights[frozen]);
            some.biases[frozen].assign(&all.biases[frozen]);
            assert_eq!(some, all, "{}, {frozen}", case.name);
        }
    }
}

#[test]
fn a_scale_of_ones_that_does_not_learn_changes_no_bit_of_the_others() {
    let frozen = |activation| Plan {
        lr_factor: 0.0,
        ..layer(activation, scale(false))
    };
    let plain = changed(|_| {});
    let first = network([frozen(Linear), dense(7, Tanh), dense(5, Gelu), dense(2, Linear)]);
    let middle = network([dense(7, Linear), frozen(Tanh), dense(5, Gelu), dense(2, Linear)]);
    let last = network([dense(7, Tanh), dense(5, Gelu), dense(2, Linear), frozen(Linear)]);
    let at = drawn(&plain, 3);
    let with_ones = |network: &Network, place: usize| {
        let mut with = at.clone();
        with.weights
            .insert(place, ndarray::Array2::ones((1, network.layers()[place].units)));
        with.biases.insert(place, Default::default());
        with
    };
    for method in [adam(0.01), RPROP, LBFGS] {
        for (rows, batch) in [(50, 50), (50, 16), (200, 70)] {
            let table = Table::new(rows, 2, 1);
            let settings = Settings {
                method,
                lr: 0.01,
                ..settings(3, batch)
            };
            let wanted = fit(&plain, settings.clone(), &table, &at);
            for (network, place) in [(&first, 0), (&middle, 1), (&last, 3)] {
                let mut found = fit(network, settings.clone(), &table, &with_ones(network, place));
                let ones = found.coefficients.weights.remove(place);
                assert!(ones.iter().all(|&one| one == 1.0));
                found.coefficients.biases.remove(place);
                assert_eq!(found.coefficients, wanted.coefficients, "{place}, {method:?}");
                assert_eq!(found.losses(), wanted.losses());
            }
        }
    }
}

/// How far each parameter of a layer goes in a fit.
fn went(at: &Coefficients, trained: &Trained, layer: usize) -> Vec<f64> {
    let to = &trained.coefficients;
    let of = |from: &[f64], to: &[f64]| -> Vec<f64> { from.iter().zip(to).map(|(a, b)| b - a).collect() };
    [
        of(
            at.weights[layer].as_slice().unwrap(),
            to.weights[layer].as_slice().unwrap(),
        ),
        of(
            at.biases[layer].as_slice().unwrap(),
            to.biases[layer].as_slice().unwrap(),
        ),
    ]
    .concat()
}

#[test]
fn half_the_rate_is_half_the_first_step_of_every_rule() {
    let momentum = Method::Rule(Optimizer::Momentum(Momentum {
        momentum: 0.9,
        nesterov: false,
    }));
    let descent = Method::Rule(Optimizer::GradientDescent(GradientDescent));
    for case in cases() {
        let table = Table::for_case(&case, 40, 1);
        let at = drawn(&case.network, 2);
        for method in [descent, momentum, adam(0.0), adam(0.1), RPROP] {
            let step = |network: &Network| {
                let settings = Settings {
                    objective: case.objective.clone(),
                    method,
                    lr: 0.01,
                    ..settings(1, 40)
                };
                fit(network, settings, &table, &at)
            };
            let whole = step(&case.network);
            let half = step(&with_factors(&case.network, |number| {
                if number % 2 == 0 {
                    0.5
                } else {
                    1.0
                }
            }));
            for number in 0..case.network.layers().len() {
                let factor = if number % 2 == 0 { 0.5 } else { 1.0 };
                let wanted: Vec<f64> = went(&at, &whole, number).iter().map(|by| factor * by).collect();
                let what = format!("{}, layer {number}, {method:?}", case.name);
                close(&went(&at, &half, number), &wanted, 1e-11, &what);
            }
        }
    }
}

#[test]
fn a_decay_factor_of_0_leaves_a_layer_out_of_the_penalty() {
    let penalty = Penalty {
        strength: 0.3,
        mixture: 0.4,
    };
    let (plain, spared) = (changed(|_| {}), changed(|plans| plans[1].decay_factor = 0.0));
    let at = drawn(&plain, 5);
    let table = Table::new(40, 2, 1);
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let at_penalty = |network: &Network, penalty| {
        table.with_data::<f64, _>(|data| {
            with_team(1, |team| {
                gradient(network, &objective, penalty, data, &at, team).unwrap()
            })
        })
    };
    let (none, some) = (at_penalty(&plain, Penalty::NONE), at_penalty(&spared, penalty));
    let all = at_penalty(&plain, penalty);
    // Of the layer itself, the gradient without a penalty; of the others, that with it.
    assert_eq!(some.1.weights[1], none.1.weights[1]);
    for layer in [0, 2] {
        assert_eq!(some.1.weights[layer], all.1.weights[layer]);
    }
    let of = |w: &f64| penalty.strength * ((1.0 - penalty.mixture) / 2.0 * w * w + penalty.mixture * w.abs());
    let spares: f64 = at.weights[1].iter().map(of).sum();
    close(&[all.0 - some.0], &[spares], 1e-12, "penalty");

    // Weight decay of an update too.
    let decayed = fit(
        &spared,
        Settings {
            method: adam(0.1),
            ..settings(1, 40)
        },
        &table,
        &at,
    );
    let undecayed = fit(
        &plain,
        Settings {
            method: adam(0.0),
            ..settings(1, 40)
        },
        &table,
        &at,
    );
    assert_eq!(decayed.coefficients.weights[1], undecayed.coefficients.weights[1]);
    assert_ne!(decayed.coefficients.weights[0], undecayed.coefficients.weights[0]);
}

#[test]
fn what_does_not_learn_has_no_part_in_the_norm_of_a_gradient() {
    let frozen = changed(|plans| plans[1].lr_factor = 0.0);
    let at = drawn(&frozen, 6);
    // Steps of few rows, and of so many that each member sums some of them.
    for rows in [40, 3000] {
        let table = Table::new(rows, 2, 1);
        let settings = Settings {
            lr: 0.5,
            clip_norm: Some(0.01),
            penalty: Penalty {
                strength: 1.0,
                mixture: 0.0,
            },
            ..settings(1, rows)
        };
        let mut trained = fit(&frozen, settings, &table, &at).coefficients;
        let steps = in_order(&mut trained)
            .into_iter()
            .zip(numbers(&at))
            .map(|(to, from)| (*to - from).powi(2));
        close(
            &[steps.sum::<f64>().sqrt()],
            &[0.5 * 0.01],
            1e-9,
            "length of a step",
        );
    }
}
