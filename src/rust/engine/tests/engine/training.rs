//! Claims about whole fits: the article's rule, weights of rows, divergence, stopping, going on.

use backprop_engine::base::threads::with_team;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{BiasInit, Draw, Init};
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::schedule::{Kind, Schedule};
use backprop_engine::optim::{Adam, GradientDescent, Momentum, Optimizer, Rprop};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{
    evaluate, gradient, train, Ending, EngineError, Method, Network, Origin, Start, Stopping,
};
use ndarray::{array, Array1, Array2};

use super::workloads::*;

/// Weights after 5,000 epochs: NumPy in double precision, by the rule of the article's text.
#[test]
fn the_article_is_reproduced_to_1e_12() {
    let (network, table, start) = article();
    let objective = Objective::new(Output::Sigmoid, Loss::Sse).unwrap();
    let trained = fit::<f64>(
        &network,
        settings(objective, 5000, 3),
        &table,
        &start,
        1,
        &mut NoObserver,
    );
    let wh: Array2<f64> = array![
        [2.0217863344007427, 1.1948477341422632, -0.4269906285790498],
        [-2.397209600412767, 0.06864638007351663, 1.4212661547958343],
        [2.2017863344007544, 0.49484773414225863, -0.5069906285790502],
        [-0.6426257513985882, -0.3731894219637566, 0.6710764397223415]
    ];
    let bh: Array1<f64> = array![-0.4354232660120196, 0.3734941142157747, -0.15572447378321852];
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} against {b}");
    trained.coefficients.weights[0]
        .iter()
        .zip(&wh)
        .for_each(|(&a, &b)| close(a, b));
    trained.coefficients.biases[0]
        .iter()
        .zip(&bh)
        .for_each(|(&a, &b)| close(a, b));
    close(trained.coefficients.biases[1][0], -1.5981669280334272);
    assert_eq!(trained.ending, Ending::Completed);
    assert_eq!(trained.losses().len(), 5000);
    assert!(trained.losses().windows(2).all(|pair| pair[1] < pair[0]));
}

#[test]
fn fifty_and_fifty_epochs_equal_a_hundred() {
    let table = table(150, 6, 1);
    let network = Network::new(&[6, 12, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    for method in [
        Method::Rule(Optimizer::GradientDescent(GradientDescent)),
        Method::Rule(Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: true,
        })),
        Method::Rule(Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.0,
        })),
        Method::Rule(Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        })),
        Method::Lbfgs(Lbfgs {
            memory: 5,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        }),
    ] {
        let mut plan = settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 100, 32);
        plan.method = method;
        plan.lr = 0.01;
        plan.schedule = Schedule {
            kind: Kind::Plateau {
                factor: 0.5,
                patience: 3,
                tolerance: 0.01,
                floor: 0.01,
            },
            warmup: 3.0,
        };
        if !matches!(method, Method::Lbfgs(_)) {
            plan.dropout = vec![0.3];
        }
        let whole = fit::<f64>(
            &network,
            plan.clone(),
            &table,
            &start(&network),
            1,
            &mut NoObserver,
        );
        plan.epochs = 50;
        let half = fit::<f64>(
            &network,
            plan.clone(),
            &table,
            &start(&network),
            1,
            &mut NoObserver,
        );
        let going_on = Start {
            coefficients: Origin::Given(half.coefficients),
            state: Some(half.state),
            epochs_done: half.epochs_done,
            best: None,
        };
        let rest = fit::<f64>(&network, plan, &table, &going_on, 2, &mut NoObserver);
        assert_eq!(whole.coefficients, rest.coefficients, "{method:?}");
        assert_eq!(whole.state, rest.state);
        assert_eq!(&whole.losses()[50..], &rest.losses()[..]);
    }
}

#[test]
fn a_start_that_is_drawn_is_the_one_that_is_given() {
    let table = table(50, 4, 1);
    let network = Network::new(&[4, 5, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::Sse).unwrap();
    let plan = settings(objective, 3, 10);
    let drawn = Start::new(Draw {
        weights: vec![Init::GlorotUniform; 2],
        biases: BiasInit::Uniform,
        seed: 5,
        ancillary: Vec::new(),
    });
    let trained = fit::<f64>(&network, plan.clone(), &table, &drawn, 1, &mut NoObserver);
    let given = fit::<f64>(&network, plan, &table, &start(&network), 1, &mut NoObserver);
    assert_eq!(trained.coefficients, given.coefficients);
}

#[test]
fn a_weight_of_two_equals_the_row_twice() {
    let once = table(40, 3, 1);
    let mut twice = table(40, 3, 1);
    for columns in [&mut twice.x, &mut twice.y] {
        let old: Vec<f64> = columns.clone();
        columns.clear();
        for column in old.chunks_exact(40) {
            columns.extend_from_slice(column);
            columns.extend_from_slice(&column[..10]);
        }
    }
    twice.rows = 50;
    let weights: Vec<f64> = (0..40).map(|row| if row < 10 { 2.0 } else { 1.0 }).collect();
    let network = Network::new(&[3, 5, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let start = start(&network);
    let checked = settings(objective.clone(), 50, 40).check(&network).unwrap();
    let source = once.source();
    let data = Data {
        case_weights: Some(&weights),
        ..once.data::<f64>(&source)
    };
    let weighted = with_team(1, |team| {
        train(&network, &checked, data, None, &start, team, &mut NoObserver).unwrap()
    });
    let repeated = fit::<f64>(
        &network,
        settings(objective, 50, 50),
        &twice,
        &start,
        1,
        &mut NoObserver,
    );
    for (a, b) in weighted.coefficients.weights[0]
        .iter()
        .zip(&repeated.coefficients.weights[0])
    {
        assert!((a - b).abs() < 1e-12);
    }
    assert!((weighted.losses()[49] - repeated.losses()[49]).abs() < 1e-12);
}

#[test]
fn schedules_set_the_rate_of_each_epoch() {
    let (network, table, start) = article();
    let mut plan = settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 6, 3);
    plan.schedule = Schedule {
        kind: Kind::Step {
            factor: 0.5,
            every: 2.0,
        },
        warmup: 0.0,
    };
    let trained = fit::<f64>(&network, plan, &table, &start, 1, &mut NoObserver);
    let rates: Vec<f64> = trained.history.iter().map(|end| end.lr).collect();
    assert_eq!(rates, [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
}

#[test]
fn divergence_ends_the_fit_with_the_last_usable_model() {
    let table = table(50, 4, 1);
    let network = Network::new(&[4, 8, 1], &[Activation::Relu], Output::Linear).unwrap();
    let mut plan = settings(Objective::new(Output::Linear, Loss::Sse).unwrap(), 500, 50);
    plan.lr = 10.0;
    let trained = fit::<f64>(&network, plan, &table, &start(&network), 1, &mut NoObserver);
    let Ending::Diverged(epoch) = trained.ending else {
        panic!("{:?}", trained.ending)
    };
    assert!(epoch > 1 && epoch < 500);
    assert_eq!(trained.losses().len(), epoch - 1);
    assert!(trained.losses().iter().all(|loss| loss.is_finite()));
    assert!(trained
        .coefficients
        .weights
        .iter()
        .all(|w| w.iter().all(|v| v.is_finite())));
}

#[test]
fn weights_that_are_infinite_end_the_fit_though_the_loss_is_finite() {
    // Units that saturate hide how large their weights are; the decay of AdamW multiplies them by the rate.
    let (network, table, start) = article();
    let mut plan = settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 50, 3);
    plan.method = Method::Rule(Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.01,
    }));
    plan.lr = 1e100;
    let trained = fit::<f64>(&network, plan.clone(), &table, &start, 1, &mut NoObserver);
    assert!(matches!(trained.ending, Ending::Diverged(epoch) if epoch > 1));
    let weights = trained.coefficients.weights.iter().flatten();
    assert!(weights.clone().all(|w| w.abs() <= 1e154));
    assert!(weights.clone().any(|w| w.abs() > 1e50));
    let slots = trained
        .state
        .slots
        .iter()
        .flat_map(|(_, slot)| slot.weights.iter().flatten());
    assert!(slots.clone().all(|number| number.is_finite()));
    // From there training cannot go on in single precision.
    let start = Start::new(trained.coefficients.clone());
    plan.lr = 0.1;
    let checked = plan.check(&network).unwrap();
    let source = table.source();
    let refused = with_team(1, |team| {
        train::<f32>(
            &network,
            &checked,
            table.data(&source),
            None,
            &start,
            team,
            &mut NoObserver,
        )
    });
    assert_eq!(refused.err(), Some(EngineError::StartTooLarge));
}

#[test]
fn stopping_early_restores_the_best_weights() {
    let fitting = table(60, 4, 1);
    let mut held_out = table(40, 4, 1);
    // Targets that contradict what is learned, so that the validation loss must rise.
    held_out.y.iter_mut().for_each(|y| *y = 1.0 - *y);
    let network = Network::new(&[4, 6, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let mut plan = settings(objective.clone(), 300, 60);
    plan.stopping = Some(Stopping {
        patience: 5,
        tolerance: 0.0,
    });
    let checked = plan.check(&network).unwrap();
    let (source, other) = (fitting.source(), held_out.source());
    let trained = with_team(1, |team| {
        train(
            &network,
            &checked,
            fitting.data::<f64>(&source),
            Some(held_out.data(&other)),
            &start(&network),
            team,
            &mut NoObserver,
        )
        .unwrap()
    });
    let Ending::Converged(best) = trained.ending else {
        panic!("{:?}", trained.ending)
    };
    assert_eq!(trained.epochs_done, best + 5);
    let loss = with_team(1, |team| {
        evaluate::loss(
            &network,
            &objective,
            &trained.coefficients,
            &held_out.data::<f64>(&other),
            team,
        )
        .unwrap()
    });
    assert_eq!(loss, trained.history[best - 1].validation_loss.unwrap());
    assert!(trained.last.is_some());
}

#[test]
fn lbfgs_finds_the_minimum_of_a_linear_model() {
    let table = table(80, 4, 1);
    let network = Network::new(&[4, 1], &[], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let mut plan = settings(objective.clone(), 200, 80);
    plan.lr = 1.0;
    plan.counts_hits = true;
    plan.method = Method::Lbfgs(Lbfgs {
        memory: 10,
        gradient_tolerance: 1e-10,
        value_tolerance: 0.0,
    });
    for threads in [1, 2] {
        let trained = fit::<f64>(
            &network,
            plan.clone(),
            &table,
            &start(&network),
            threads,
            &mut NoObserver,
        );
        assert!(
            matches!(trained.ending, Ending::Converged(epoch) if epoch < 100),
            "{:?}",
            trained.ending
        );
        let falls = |pair: &[f64]| pair[1] <= pair[0] * (1.0 + 1e-13);
        assert!(trained.losses().windows(2).all(falls));
        assert!(trained.history.last().unwrap().accuracy.unwrap() > 0.9);
        let source = table.source();
        let data = table.data::<f64>(&source);
        let (_, slopes) = with_team(1, |team| {
            gradient(
                &network,
                &objective,
                Penalty::NONE,
                data,
                &trained.coefficients,
                team,
            )
            .unwrap()
        });
        assert!(slopes.weights[0].iter().all(|slope| slope.abs() < 1e-9));
    }
}
