//! Claims about streams: rows that come once, in their order, train and judge like the same rows in memory.

use super::streamed::{alike, lbfgs, methods, Fault, Problem, Streamed};
use super::workloads::coefficients;
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::workspace::{Use, Workspace};
use backprop_engine::data::Source;
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::metric::Metric;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::train::trace::Recorder;
use backprop_engine::{evaluate, Method, Scalar, Stopping};

/// Small steps, panels, shards that fit a workspace, shards that do not, and rows that do not without shards.
fn problems() -> Vec<(Problem, Vec<usize>)> {
    let (tanh, gelu) = (Activation::Tanh, Activation::Gelu);
    vec![
        (
            Problem::new(&[5, 7, 2], &[tanh], 50, true, false),
            vec![1, 20, 50],
        ),
        (
            Problem::new(&[60, 19, 9, 2], &[gelu, tanh], 70, false, true),
            vec![25, 70],
        ),
        (
            Problem::new(&[20, 64, 32, 2], &[tanh, tanh], 600, true, true),
            vec![140, 600],
        ),
        (
            Problem::new(&[200, 96, 32, 2], &[tanh, tanh], 1200, true, false),
            vec![1200],
        ),
        (
            Problem::new(&[300, 900, 2], &[tanh], 270, false, false),
            vec![260],
        ),
    ]
}

fn trains_the_same_bits<T: Scalar>(threads: &[usize]) {
    for (problem, batches) in problems() {
        for (number, method) in methods().into_iter().enumerate() {
            if problem.fitting.inputs >= 200 && number % 2 == 1 {
                // What is large is tried with some of the methods.
                continue;
            }
            for &batch in &batches {
                let mut plan = problem.settings(method, batch);
                if number % 2 == 1 {
                    plan.penalty.strength = 0.01;
                    plan.penalty.mixture = 0.4;
                    plan.clip_norm = (method != lbfgs()).then_some(0.5);
                }
                if number == 2 {
                    plan.dropout = vec![0.2; problem.network.layers().len() - 1];
                    plan.stopping = Some(Stopping {
                        patience: 2,
                        tolerance: 0.0,
                    });
                }
                let wanted = problem.train_in_memory::<T>(&plan, 1, &mut NoObserver);
                assert_ne!(wanted.coefficients, coefficients(&problem.network));
                for &threads in threads {
                    let faults = [Fault::Nothing; 2];
                    let (found, passes) =
                        problem.train_by_streams::<T>(&plan, threads, faults, &mut NoObserver);
                    let sizes = problem.network.layers().len();
                    let what = format!("{sizes} layers, {method:?}, batches of {batch}, {threads} threads");
                    alike(&found.unwrap(), &wanted, &what);
                    // To begin with, each epoch or evaluation, and at the end.
                    assert_eq!(passes[1], 1 + wanted.history.len() + 1);
                    match method {
                        Method::Rule(_) => assert_eq!(passes[0], passes[1]),
                        Method::Lbfgs(_) => assert!(passes[0] > passes[1]),
                    }
                }
            }
        }
    }
}

#[test]
fn a_stream_trains_the_same_bits_as_its_rows_in_memory_in_double() {
    trains_the_same_bits::<f64>(&[1, 2, 3, 8]);
}

#[test]
fn a_stream_trains_the_same_bits_as_its_rows_in_memory_in_single() {
    trains_the_same_bits::<f32>(&[1, 3]);
}

#[test]
fn the_problems_have_rows_that_fit_a_workspace_and_rows_that_do_not() {
    let fit: Vec<bool> = problems()
        .iter()
        .map(|(problem, _)| {
            let rows = problem.fitting.rows;
            Workspace::<f64>::capacity_for(&problem.network, Use::Training, rows) == rows
        })
        .collect();
    assert_eq!(fit, [true, true, true, false, false]);
}

#[test]
fn a_measure_of_a_stream_is_that_of_its_rows() {
    let problem = Problem::new(&[5, 7, 1], &[Activation::Tanh], 60, true, false);
    let mut plan = problem.settings(lbfgs(), 60);
    for metric in [Metric::Brier, Metric::Accuracy] {
        plan.metric = Some(metric);
        let wanted = problem.train_in_memory::<f64>(&plan, 1, &mut NoObserver);
        assert!(wanted.history.iter().all(|end| end.metric.is_some()));
        let (found, _) = problem.train_by_streams::<f64>(&plan, 2, [Fault::Nothing; 2], &mut NoObserver);
        alike(&found.unwrap(), &wanted, "measured");
    }
}

#[test]
fn steps_of_a_stream_are_traced_like_those_of_its_rows() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Gelu], 50, true, true);
    for method in [methods()[2], lbfgs()] {
        let plan = problem.settings(method, 20);
        let traced = |streamed: bool| {
            let mut nobody = NoObserver;
            let mut recorder = Recorder::<f64>::new(10, method, &mut nobody);
            match streamed {
                false => drop(problem.train_in_memory(&plan, 2, &mut recorder)),
                true => {
                    let faults = [Fault::Nothing; 2];
                    let (trained, _) = problem.train_by_streams(&plan, 2, faults, &mut recorder);
                    trained.unwrap();
                }
            }
            format!("{:?}", recorder.steps)
        };
        assert_eq!(traced(true), traced(false));
    }
}

#[test]
fn a_stream_is_predicted_and_judged_like_its_rows() {
    for weights in [true, false] {
        let problem = Problem::new(&[30, 20, 2], &[Activation::Tanh], 20_000, weights, true);
        let (network, at) = (&problem.network, coefficients(&problem.network));
        let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
        let inputs = problem.fitting.source();
        let data = problem.extras.data::<f64>(&problem.fitting, &inputs);
        for threads in [1, 3] {
            with_team(threads, |team| {
                let (mut wanted, mut found) = (vec![0.0; 40_000], vec![0.0; 40_000]);
                evaluate::predict::<f64>(network, &at, &inputs, data.offsets, team, &mut wanted).unwrap();
                let mut stream = Streamed::new(&problem.fitting, &problem.extras);
                (stream.labelled, stream.weights) = (false, None);
                evaluate::predict_stream::<f64>(network, &at, &mut stream, team, &mut found).unwrap();
                assert_eq!(found, wanted);
                assert_eq!(stream.passes, 1);
                let wanted = evaluate::loss(network, &objective, &at, &data, team).unwrap();
                let mut stream = Streamed::new(&problem.fitting, &problem.extras);
                let mut source = Source::<f64>::stream(&mut stream);
                let found = evaluate::loss_on(network, &objective, &at, &mut source, team).unwrap();
                assert_eq!(found, wanted);
            });
        }
    }
}
