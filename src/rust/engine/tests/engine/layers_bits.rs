//! Claims about bits of networks with layers of every kind: they do not depend on threads, on who looks on, or on a stop
//! between.

use crate::layers::{cases, drawn, fit_from, Case, Table};
use crate::workloads;
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{Adagrad, Adam, GradientDescent, Momentum, Optimizer, RmsProp, Rprop};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::train::trace::Recorder;
use backprop_engine::{Ending, Method, Origin, Scalar, Settings, Start, Trained};

const ADAMW: Optimizer = Optimizer::Adam(Adam {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    decay: 0.01,
});

fn methods() -> Vec<Method> {
    let rules = [
        Optimizer::GradientDescent(GradientDescent),
        Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: true,
        }),
        Optimizer::Adagrad(Adagrad { epsilon: 1e-8 }),
        Optimizer::RmsProp(RmsProp {
            rho: 0.9,
            epsilon: 1e-6,
        }),
        ADAMW,
        Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        }),
    ];
    let lbfgs = Method::Lbfgs(Lbfgs {
        memory: 4,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    });
    rules.into_iter().map(Method::Rule).chain([lbfgs]).collect()
}

fn settings(case: &Case, epochs: usize, batch: usize) -> Settings {
    Settings {
        lr: 0.01,
        ..workloads::settings(case.objective.clone(), epochs, batch)
    }
}

fn fit<T: Scalar>(case: &Case, settings: &Settings, table: &Table, threads: usize) -> Trained {
    let start = Start::new(drawn(&case.network, 1));
    fit_from::<T>(
        &case.network,
        settings.clone(),
        table,
        &start,
        threads,
        &mut NoObserver,
    )
}

fn same(one: &Trained, other: &Trained, what: &str) {
    assert_eq!(one.coefficients, other.coefficients, "{what}");
    assert_eq!(one.losses(), other.losses(), "{what}");
    assert_eq!(one.state, other.state, "{what}");
}

fn on_any_number_of_threads<T: Scalar>(case: &Case, settings: &Settings, table: &Table) {
    let one = fit::<T>(case, settings, table, 1);
    assert_eq!(one.ending, Ending::Completed, "{}", case.name);
    for threads in [2, 3, 8] {
        let what = format!("{}, {threads} threads, {:?}", case.name, settings.method);
        same(&one, &fit::<T>(case, settings, table, threads), &what);
    }
}

fn every_rule_has_the_same_bits<T: Scalar>() {
    for case in cases() {
        let table = Table::for_case(&case, 50, 2);
        for method in methods() {
            let mut settings = settings(&case, 2, 20);
            settings.method = method;
            settings.penalty.strength = 0.01;
            settings.penalty.mixture = 0.5;
            on_any_number_of_threads::<T>(&case, &settings, &table);
        }
    }
}

#[test]
fn every_rule_has_the_same_bits_on_any_number_of_threads_in_double() {
    every_rule_has_the_same_bits::<f64>();
}

#[test]
fn every_rule_has_the_same_bits_on_any_number_of_threads_in_single() {
    every_rule_has_the_same_bits::<f32>();
}

fn every_cut_has_the_same_bits<T: Scalar>() {
    for case in cases() {
        let hidden = case.network.layers().len() - 1;
        // All rows, shuffled batches with a short last one, both of many rows; dropped units; shortened gradients.
        for (batch, dropout, clip) in [
            (1203, vec![], None),
            (500, vec![], None),
            (90, vec![0.2; hidden], None),
            (700, vec![0.1; hidden], Some(0.01)),
        ] {
            let table = Table::for_case(&case, 1203, 3);
            let mut settings = settings(&case, 2, batch);
            settings.method = Method::Rule(ADAMW);
            settings.dropout = dropout;
            settings.clip_norm = clip;
            settings.penalty.strength = 1e-3;
            settings.counts_hits = true;
            on_any_number_of_threads::<T>(&case, &settings, &table);
        }
    }
}

#[test]
fn every_cut_has_the_same_bits_on_any_number_of_threads_in_double() {
    every_cut_has_the_same_bits::<f64>();
}

#[test]
fn every_cut_has_the_same_bits_on_any_number_of_threads_in_single() {
    every_cut_has_the_same_bits::<f32>();
}

#[test]
fn traced_and_untraced_fits_have_the_same_bits() {
    for case in cases() {
        let hidden = case.network.layers().len() - 1;
        for (rows, batch) in [(50, 20), (1203, 1203), (1203, 500)] {
            let table = Table::for_case(&case, rows, 4);
            let mut settings = settings(&case, 2, batch);
            settings.dropout = vec![0.2; hidden];
            settings.penalty.strength = 0.01;
            let start = Start::new(drawn(&case.network, 1));
            let mut nobody = NoObserver;
            let mut recorder = Recorder::new(100, settings.method, &mut nobody);
            let traced = fit_from::<f64>(&case.network, settings.clone(), &table, &start, 2, &mut recorder);
            same(&traced, &fit::<f64>(&case, &settings, &table, 1), case.name);
            assert_eq!(recorder.steps.len(), 2 * usize::div_ceil(rows, batch));
        }
    }
}

#[test]
fn a_fit_that_goes_on_has_the_bits_of_one_that_did_not_stop() {
    for case in cases() {
        let table = Table::for_case(&case, 50, 5);
        for method in methods() {
            let part = |epochs: usize, start: &Start| {
                let mut settings = settings(&case, epochs, 20);
                settings.method = method;
                fit_from::<f64>(&case.network, settings, &table, start, 1, &mut NoObserver)
            };
            let start = Start::new(drawn(&case.network, 1));
            let (whole, first) = (part(4, &start), part(2, &start));
            let second = part(
                2,
                &Start {
                    coefficients: Origin::Given(first.coefficients.clone()),
                    state: Some(first.state.clone()),
                    epochs_done: first.epochs_done,
                    best: None,
                },
            );
            let what = format!("{}, {method:?}", case.name);
            assert_eq!(second.coefficients, whole.coefficients, "{what}");
            assert_eq!(second.state, whole.state, "{what}");
            assert_eq!(
                [first.losses(), second.losses()].concat(),
                whole.losses(),
                "{what}"
            );
        }
    }
}
