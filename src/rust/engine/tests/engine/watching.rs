//! Claims about those who watch and those who are asked: what they are told, interrupts at any question.

use backprop_engine::base::threads::with_team_asking;
use backprop_engine::compute::hessian::hessian;
use backprop_engine::data::rows::{ColumnMajor, RowMajor, RowSource};
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::train::observer::{EpochView, NoObserver, Observer};
use backprop_engine::{
    gradient, train, Ending, EngineError, Method, Network, Result, Scalar, Settings, Start, Stopping,
};

use super::common::*;
use super::workloads;

#[test]
fn an_interrupt_at_any_question_leaves_the_last_finished_epoch() {
    let (fitting, held_out) = (table(20_000, 37), table(20_000, 41));
    let lbfgs = Method::Lbfgs(Lbfgs {
        memory: 3,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    });
    for (method, batch_size) in [
        (settings(1).method, 20_000),
        (settings(1).method, 4_000),
        (lbfgs, 20_000),
    ] {
        let plan = |epochs| Settings {
            method,
            batch_size,
            ..settings(epochs)
        };
        let interrupted_at = |question| {
            let held_out = Some(&held_out);
            fit_asking(
                plan(2),
                &start(),
                &fitting,
                held_out,
                interrupts_at(question),
                &mut NoObserver,
            )
        };
        assert_eq!(interrupted_at(0).unwrap().ending, Ending::Completed);
        let questions = asked();
        assert!(questions >= 3, "{questions} questions");
        let after = |epochs| fit(plan(epochs), &start(), &fitting, Some(&held_out)).coefficients;
        let finished = [after(0), after(1), after(2)];
        let mut ended_at = Vec::new();
        for at in 1..=questions {
            let trained = interrupted_at(at).unwrap();
            assert_eq!(
                trained.ending,
                Ending::Interrupted,
                "question {at} of {questions}"
            );
            assert!(trained.final_losses.is_none() && trained.history.len() == trained.epochs_done);
            assert_eq!(
                trained.coefficients, finished[trained.epochs_done],
                "question {at}"
            );
            ended_at.push(trained.epochs_done);
        }
        assert!(ended_at.windows(2).all(|pair| pair[0] <= pair[1]), "{ended_at:?}");
        assert_eq!((ended_at[0], ended_at[ended_at.len() - 1]), (0, 2));
    }
}

/// Keeps what each epoch ended with, as it was told.
#[derive(Default)]
struct Told(Vec<(usize, usize, usize, Option<usize>)>);

impl Observer<f64> for Told {
    fn epoch_end(&mut self, view: &EpochView<'_, f64>) -> Result<bool> {
        let best = view.best.map(|best| best.epoch);
        self.0
            .push((view.end.epoch, view.end.last_epoch, view.history.len(), best));
        assert_eq!(view.network, &network());
        Ok(true)
    }
}

#[test]
fn an_observer_is_told_of_each_epoch() {
    let fitting = table(30, 37);
    let mut told = Told::default();
    let going_on = Start {
        epochs_done: 4,
        ..start()
    };
    fit_with(settings(3), &going_on, &fitting, None, &mut told).unwrap();
    assert_eq!(told.0, [(5, 7, 1, None), (6, 7, 2, None), (7, 7, 3, None)]);
}

struct EndAt(usize, Result<bool>);

impl<T: Scalar> Observer<T> for EndAt {
    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        match epoch.end.epoch < self.0 {
            true => Ok(true),
            false => self.1.clone(),
        }
    }
}

#[test]
fn an_observer_can_end_the_fit_after_an_epoch() {
    let (network, table, start) = workloads::article();
    let plan = workloads::settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 100, 3);
    let interrupt = Err(EngineError::Interrupted);
    for (answer, ending) in [(Ok(false), Ending::Stopped), (interrupt, Ending::Interrupted)] {
        let mut observer = EndAt(7, answer.clone());
        let trained = workloads::fit::<f64>(&network, plan.clone(), &table, &start, 1, &mut observer);
        assert_eq!(
            (trained.ending, trained.epochs_done, trained.losses().len()),
            (ending, 7, 7)
        );
        assert_eq!(trained.final_losses.is_some(), answer.is_ok());
    }
}

#[test]
fn an_interrupt_leaves_the_model_of_the_last_finished_epoch() {
    let table = workloads::table(500, 50, 1);
    let network = Network::new(&[50, 100, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let start = workloads::start(&network);
    let source = table.source();
    let mini_batch = workloads::settings(objective.clone(), 1000, 64);
    let mut clipped = workloads::settings(objective.clone(), 1000, 500);
    clipped.clip_norm = Some(1.0);
    let lbfgs = Settings {
        method: Method::Lbfgs(Lbfgs {
            memory: 5,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        }),
        ..workloads::settings(objective.clone(), 1000, 500)
    };
    for (plan, threads) in [(mini_batch, 2), (clipped, 1), (lbfgs, 2)] {
        // Steps of one epoch and of the next, in their middle.
        for question in [60, 63] {
            let checked = plan.clone().check(&network).unwrap();
            let trained = with_team_asking(threads, interrupts_at(question), |team| {
                train::<f64>(
                    &network,
                    &checked,
                    table.data(&source),
                    None,
                    &start,
                    team,
                    &mut NoObserver,
                )
            });
            let trained = trained.unwrap();
            assert_eq!(trained.ending, Ending::Interrupted);
            let done = trained.epochs_done;
            assert!(done > 0 && done < 1000, "{done}");
            let mut shorter = plan.clone();
            shorter.epochs = done;
            let same = workloads::fit::<f64>(&network, shorter, &table, &start, 1, &mut NoObserver);
            assert_eq!(trained.coefficients, same.coefficients);
            assert_eq!(trained.state, same.state);
        }
    }
}

#[test]
fn all_that_takes_long_can_be_interrupted() {
    let table = workloads::table(400, 50, 1);
    let network = Network::new(&[50, 60, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let weights = workloads::coefficients(&network);
    let source = table.source();
    let wide = Network::new(&[400, 400, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let many = vec![1.0; 8_000_000];
    let mut curved = vec![0.0; (network.parameter_count() * network.parameter_count()) as usize];
    for threads in [1, 2] {
        with_team_asking(
            threads,
            || true,
            |team| {
                let data = || table.data::<f64>(&source);
                let interrupted = Some(EngineError::Interrupted);
                let found = hessian(
                    &network,
                    &objective,
                    Penalty::NONE,
                    data(),
                    &weights,
                    team,
                    &mut curved,
                );
                assert_eq!(found.err(), interrupted);
                let found = gradient(&network, &objective, Penalty::NONE, data(), &weights, team);
                assert_eq!(found.err(), interrupted);
                for init in [Init::Orthogonal, Init::Normal] {
                    let found = initial(&wide, &[init; 2], BiasInit::Zeros, 1, team);
                    assert_eq!(found.err(), interrupted);
                }
                let found =
                    RowSource::<f64>::non_finite_columns(&ColumnMajor::new(&many, 4_000_000, 2), team);
                assert_eq!(found.err(), interrupted);
                let found = RowMajor::<f32>::copy(&ColumnMajor::new(&many, 4_000_000, 2), team);
                assert_eq!(found.err(), interrupted);
                for _ in 0..3 {
                    // What was left undone is forgotten.
                    assert_eq!(team.run(&|_| {}), Ok(()));
                }
            },
        );
    }
}

#[test]
fn an_interrupt_gives_back_the_last_weights_and_not_the_best() {
    let (fitting, mut held_out) = (table(20_000, 37), table(100, 41));
    held_out.y.iter_mut().for_each(|y| *y = 1.0 - *y);
    let plan = |epochs| Settings {
        batch_size: 4_000,
        stopping: Some(Stopping {
            patience: 100,
            tolerance: 0.0,
        }),
        ..settings(epochs)
    };
    let interrupted_at = |question| {
        let held_out = Some(&held_out);
        let user = interrupts_at(question);
        fit_asking(plan(12), &start(), &fitting, held_out, user, &mut NoObserver).unwrap()
    };
    interrupted_at(0);
    let questions = asked();
    let mut seen = 0;
    for at in (1..=questions).step_by(questions.div_ceil(9)) {
        let trained = interrupted_at(at);
        let (done, best) = (trained.epochs_done, trained.best.as_ref());
        if !(1..12).contains(&done) || best.is_none_or(|best| best.epoch == done) {
            continue;
        }
        seen += 1;
        assert_eq!(trained.ending, Ending::Interrupted);
        assert!(trained.last.is_none());
        let without = Settings {
            stopping: None,
            ..plan(done)
        };
        let same = fit(without, &start(), &fitting, Some(&held_out));
        assert_eq!(trained.coefficients, same.coefficients);
    }
    assert!(seen > 0, "the best epoch was always the last");
}
