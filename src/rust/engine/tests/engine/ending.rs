//! Claims about how training goes on and ends: early stopping, plateaus, last losses, divergence.

use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::schedule::{Kind, Schedule};
use backprop_engine::optim::{Adam, Optimizer};
use backprop_engine::{Ending, Method, Origin, Settings, Start, Stopping};

use super::common::*;

/// Where early stopping should end: by the losses of all epochs, the best as it was before, if any.
fn expected_end(
    losses: &[f64],
    before: Option<(usize, f64)>,
    first: usize,
    rule: Stopping,
) -> (usize, usize) {
    let mut best = before;
    for (number, &loss) in losses.iter().enumerate() {
        let epoch = first + number + 1;
        if best.is_none_or(|(_, lowest)| loss < lowest - rule.tolerance * lowest.abs()) {
            best = Some((epoch, loss));
        }
        let (of_best, _) = best.unwrap();
        if epoch - of_best >= rule.patience {
            return (of_best, epoch);
        }
    }
    (best.unwrap().0, first + losses.len())
}

#[test]
fn early_stopping_follows_its_rule_on_validation_rows_and_without_them() {
    let (fitting, mut held_out) = (table(60, 37), table(30, 41));
    // A fifth of the targets is wrong, so that the loss rises again.
    held_out.y.iter_mut().step_by(5).for_each(|y| *y = 1.0 - *y);
    for (patience, tolerance) in [(1, 0.0), (3, 0.0), (5, 0.02), (2, 0.5), (4, 0.1)] {
        for validation in [Some(&held_out), None] {
            let rule = Stopping { patience, tolerance };
            let losses: Vec<f64> = fit(settings(60), &start(), &fitting, validation)
                .history
                .iter()
                .map(|end| end.validation_loss.unwrap_or(end.loss))
                .collect();
            let (best, last) = expected_end(&losses, None, 0, rule);
            let plan = Settings {
                stopping: Some(rule),
                ..settings(60)
            };
            let trained = fit(plan, &start(), &fitting, validation);
            assert_eq!(trained.epochs_done, last, "{rule:?}");
            let kept = trained.best.clone().unwrap();
            assert_eq!((kept.epoch, kept.loss), (best, losses[best - 1]));
            assert_eq!(
                kept.coefficients, trained.coefficients,
                "the best weights are restored"
            );
            assert_eq!(trained.last.is_some(), best != last);
            match last < 60 || trained.ending != Ending::Completed {
                true => assert_eq!(trained.ending, Ending::Converged(best)),
                false => assert_eq!(last, 60),
            }
            let best_fit = fit(settings(best), &start(), &fitting, validation);
            assert_eq!(best_fit.coefficients, trained.coefficients);
            let last_fit = fit(settings(last), &start(), &fitting, validation);
            if let Some(weights) = &trained.last {
                assert_eq!(weights, &last_fit.coefficients);
            }
            assert_eq!(trained.state, last_fit.state);
        }
    }
}

#[test]
fn a_fit_that_goes_on_remembers_its_best_epoch() {
    let (fitting, mut held_out) = (table(60, 37), table(30, 41));
    held_out.y.iter_mut().step_by(5).for_each(|y| *y = 1.0 - *y);
    let rule = Stopping {
        patience: 6,
        tolerance: 0.0,
    };
    let plan = |epochs| Settings {
        stopping: Some(rule),
        ..settings(epochs)
    };
    let whole = fit(plan(60), &start(), &fitting, Some(&held_out));
    let Ending::Converged(best) = whole.ending else {
        panic!("{:?}", whole.ending)
    };
    let half = fit(plan(best + 2), &start(), &fitting, Some(&held_out));
    assert_eq!(half.ending, Ending::Completed);
    assert_eq!(half.coefficients, whole.coefficients, "restored at the end too");
    let going_on = Start {
        coefficients: Origin::Given(half.last.unwrap()),
        state: Some(half.state),
        epochs_done: half.epochs_done,
        best: half.best,
    };
    let rest = fit(plan(60), &going_on, &fitting, Some(&held_out));
    assert_eq!((rest.ending, rest.epochs_done), (whole.ending, whole.epochs_done));
    assert_eq!(rest.coefficients, whole.coefficients);
}

#[test]
fn a_plateau_looks_at_the_validation_loss() {
    let (fitting, mut held_out) = (table(60, 37), table(30, 41));
    held_out.y.iter_mut().for_each(|y| *y = 1.0 - *y);
    for validation in [None, Some(&held_out)] {
        let plan = Settings {
            schedule: Schedule {
                kind: Kind::Plateau {
                    factor: 0.5,
                    patience: 2,
                    tolerance: 0.0,
                    floor: 0.1,
                },
                warmup: 0.0,
            },
            ..settings(20)
        };
        let trained = fit(plan, &start(), &fitting, validation);
        let (mut factor, mut lowest, mut waited) = (1.0, f64::INFINITY, 0);
        for end in &trained.history {
            assert_eq!(end.lr, 0.3 * factor, "epoch {}", end.epoch);
            let loss = end.validation_loss.unwrap_or(end.loss);
            (lowest, waited) = if loss < lowest {
                (loss, 0)
            } else {
                (lowest, waited + 1)
            };
            if waited == 2 {
                (factor, waited) = (f64::max(factor * 0.5, 0.1), 0);
            }
        }
        let plateau = trained.state.plateau;
        assert_eq!(
            (plateau.factor, plateau.best, plateau.waited),
            (factor, lowest, waited)
        );
        assert!(factor < 1.0 || validation.is_none());
    }
}

#[test]
fn the_last_losses_are_those_of_the_weights_that_are_given_back() {
    let (fitting, held_out) = (table(60, 37), table(30, 41));
    let trained = fit(settings(7), &start(), &fitting, Some(&held_out));
    let (loss, accuracy) = judged(&trained, &held_out);
    let end = trained.history[6];
    let close = |a: f64, b: f64| (a - b).abs() < 1e-13;
    assert!(close(end.validation_loss.unwrap(), loss));
    assert!((end.validation_accuracy.unwrap() - accuracy).abs() < 1e-14);
    let last = trained.final_losses.unwrap();
    assert!(close(last.training, judged(&trained, &fitting).0));
    assert!(close(last.validation.unwrap(), loss));
    assert_eq!((end.epoch, end.last_epoch, trained.epochs_done), (7, 7, 7));
    // The curve is of the weights before each update: the first is that of the start, in full batches.
    let plan = Settings {
        batch_size: 60,
        ..settings(2)
    };
    let trained = fit(plan, &start(), &fitting, None);
    let untrained = fit(settings(0), &start(), &fitting, None);
    let (loss, accuracy) = judged(&untrained, &fitting);
    assert!((trained.history[0].loss - loss).abs() < 1e-14);
    assert!((trained.history[0].accuracy.unwrap() - accuracy).abs() < 1e-14);
    assert!(close(untrained.final_losses.unwrap().training, loss));
    assert!(untrained.history.is_empty() && untrained.epochs_done == 0);
}

#[test]
fn hits_are_counted_only_where_they_are_asked_for() {
    let fitting = table(30, 37);
    let plan = Settings {
        counts_hits: false,
        ..settings(2)
    };
    let trained = fit(plan, &start(), &fitting, Some(&fitting));
    assert!(trained
        .history
        .iter()
        .all(|end| end.accuracy.is_none() && end.validation_accuracy.is_none()));
}

#[test]
fn divergence_is_found_in_the_epoch_where_it_happens() {
    let fitting = table(40, 37);
    let adam = Method::Rule(Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.0,
    }));
    for (method, lr) in [(settings(1).method, 1e200), (adam, 1e300)] {
        for epochs in [1, 2, 5] {
            let plan = Settings {
                method,
                lr,
                ..settings(epochs)
            };
            let trained = fit(plan, &start(), &fitting, None);
            let Ending::Diverged(epoch) = trained.ending else {
                panic!("{:?}", trained.ending)
            };
            assert_eq!(
                (trained.epochs_done, trained.history.len()),
                (epoch - 1, epoch - 1)
            );
            let weights = || trained.coefficients.weights.iter().flatten();
            assert!(weights().all(|w| w.is_finite()), "lr {lr}, {epochs} epochs");
        }
    }
}

#[test]
fn lbfgs_counts_its_iterations_and_follows_the_schedule() {
    let fitting = table(40, 37);
    let plan = Settings {
        method: Method::Lbfgs(Lbfgs {
            memory: 4,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        }),
        lr: 1.0,
        schedule: Schedule {
            kind: Kind::Exponential { rate: 0.5 },
            warmup: 0.0,
        },
        ..settings(4)
    };
    let trained = fit(plan, &start(), &fitting, None);
    let rates: Vec<f64> = trained.history.iter().map(|end| end.lr).collect();
    assert_eq!(rates, [1.0, 0.5, 0.25, 0.125]);
    assert_eq!((trained.state.steps, trained.state.slots.len()), (4, 8));
}
