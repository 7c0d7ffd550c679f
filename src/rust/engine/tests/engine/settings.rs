//! Claims about settings: ranges to the last number, and what must fit the network.

use crate::workloads;
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::schedule::{Kind, Schedule};
use backprop_engine::{EngineError, Method, Network, Settings};

fn network() -> Network {
    Network::new(&[2, 3, 4, 1], &[Activation::Tanh; 2], Output::Linear).unwrap()
}

fn settings() -> Settings {
    workloads::settings(Objective::new(Output::Linear, Loss::Mse).unwrap(), 1, 1)
}

/// What is said of changed settings; none where they are accepted.
fn problem(change: impl FnOnce(&mut Settings)) -> Option<String> {
    let mut settings = settings();
    change(&mut settings);
    match settings.check(&network()) {
        Ok(_) => None,
        Err(EngineError::Config(message)) => Some(message),
        Err(other) => panic!("{other:?}"),
    }
}

const TINY: f64 = f64::MIN_POSITIVE;
const NO_NUMBERS: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

#[test]
fn a_learning_rate_is_positive_and_finite() {
    for fine in [TINY, 1.0, f64::MAX] {
        assert_eq!(problem(|s| s.lr = fine), None, "{fine}");
    }
    for wrong in [0.0, -0.0, -TINY, NO_NUMBERS[0], NO_NUMBERS[1], NO_NUMBERS[2]] {
        assert_eq!(problem(|s| s.lr = wrong), Some(format!("lr {wrong}")));
    }
}

#[test]
fn a_batch_has_a_row() {
    assert_eq!(problem(|s| s.batch_size = usize::MAX), None);
    assert_eq!(problem(|s| s.batch_size = 0).as_deref(), Some("batch_size 0"));
}

#[test]
fn a_penalty_is_finite_and_its_mixture_a_share() {
    for (strength, mixture, fine) in [
        (0.0, 0.0, true),
        (f64::MAX, 1.0, true),
        (1.0, 0.5, true),
        (-TINY, 0.0, false),
        (1.0, -TINY, false),
        (1.0, 1.0 + f64::EPSILON, false),
        (f64::NAN, 0.0, false),
        (f64::INFINITY, 0.0, false),
        (0.0, f64::NAN, false),
    ] {
        let penalty = Penalty { strength, mixture };
        assert_eq!(problem(|s| s.penalty = penalty).is_none(), fine, "{penalty:?}");
    }
}

#[test]
fn dropout_has_a_share_below_one_for_each_hidden_layer_or_is_empty() {
    for fine in [vec![], vec![0.0, 0.0], vec![0.5, 1.0 - f64::EPSILON]] {
        assert_eq!(problem(|s| s.dropout = fine.clone()), None, "{fine:?}");
    }
    for wrong in [
        vec![0.5],
        vec![0.5; 3],
        vec![1.0, 0.0],
        vec![0.0, 1.0],
        vec![-TINY, 0.0],
        vec![0.0, f64::NAN],
    ] {
        let said = problem(|s| s.dropout = wrong.clone()).unwrap();
        assert_eq!(said, format!("dropout {wrong:?} for 2 hidden layers"));
    }
}

#[test]
fn a_norm_to_clip_at_is_positive_and_finite() {
    assert_eq!(problem(|s| s.clip_norm = Some(TINY)), None);
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(problem(|s| s.clip_norm = Some(wrong)).is_some_and(|said| said.starts_with("clip_norm")));
    }
}

#[test]
fn lbfgs_neither_drops_units_nor_clips() {
    let lbfgs = Method::Lbfgs(Lbfgs {
        memory: 5,
        gradient_tolerance: 1e-5,
        value_tolerance: 1e-9,
    });
    assert_eq!(problem(|s| s.method = lbfgs), None);
    for change in [
        (|s: &mut Settings| s.dropout = vec![0.1, 0.1]) as fn(&mut Settings),
        |s| s.clip_norm = Some(1.0),
    ] {
        let said = problem(|s| {
            s.method = lbfgs;
            change(s);
        });
        assert_eq!(said.as_deref(), Some("dropout or clip_norm with this optimizer"));
    }
}

#[test]
fn the_loss_and_the_network_have_the_same_output() {
    let other = Objective::new(Output::Sigmoid, Loss::Mse).unwrap();
    let said = problem(|s| s.objective = other);
    assert_eq!(said.as_deref(), Some("a loss of Sigmoid on a Linear output"));
}

#[test]
fn the_schedule_is_checked_too() {
    let schedule = Schedule {
        kind: Kind::Exponential { rate: 2.0 },
        warmup: 0.0,
    };
    assert!(problem(|s| s.schedule = schedule).is_some());
}

#[test]
fn lbfgs_remembers_something_and_has_tolerances() {
    let hyperparameters = |memory, gradient_tolerance, value_tolerance| {
        problem(|s| {
            s.method = Method::Lbfgs(Lbfgs {
                memory,
                gradient_tolerance,
                value_tolerance,
            })
        })
    };
    assert_eq!(hyperparameters(1, 0.0, 0.0), None);
    assert_eq!(hyperparameters(usize::MAX, f64::MAX, f64::MAX), None);
    assert!(hyperparameters(0, 0.0, 0.0).is_some());
    for wrong in [-TINY, f64::NAN, f64::INFINITY] {
        assert!(
            hyperparameters(5, wrong, 0.0).is_some() && hyperparameters(5, 0.0, wrong).is_some(),
            "{wrong}"
        );
    }
}
