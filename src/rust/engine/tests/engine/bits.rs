//! Claims about bits: a fit has the same on any number of threads, in any way its steps are made, traced or not.

use backprop_engine::base::threads::with_team;
use backprop_engine::compute::workspace::{Use, Workspace};
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{Adam, GradientDescent, Momentum, Optimizer, Rprop};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::train::trace::Recorder;
use backprop_engine::{gradient, Ending, Method, Network, Scalar};

use super::workloads::*;

fn same_bits_on_any_number_of_threads<T: Scalar>() {
    let table = table(2003, 30, 3);
    let network = Network::new(
        &[30, 70, 20, 3],
        &[Activation::Relu, Activation::Gelu],
        Output::Sigmoid,
    )
    .unwrap();
    let start = start(&network);
    for (batch, dropout, clip) in [
        (2003, vec![], None),
        (256, vec![], None),
        (100, vec![0.2, 0.1], None),
        (128, vec![], Some(0.01)),
    ] {
        let mut plan = settings(
            Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap(),
            3,
            batch,
        );
        plan.method = Method::Rule(Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.01,
        }));
        plan.penalty.strength = 1e-3;
        plan.dropout = dropout;
        plan.clip_norm = clip;
        let one = fit::<T>(&network, plan.clone(), &table, &start, 1, &mut NoObserver);
        for threads in [2, 3, 8] {
            let other = fit::<T>(&network, plan.clone(), &table, &start, threads, &mut NoObserver);
            assert_eq!(
                one.coefficients, other.coefficients,
                "{threads} threads, batch {batch}"
            );
            assert_eq!(one.losses(), other.losses());
            assert_eq!(one.state, other.state);
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads_in_double() {
    same_bits_on_any_number_of_threads::<f64>();
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads_in_single() {
    same_bits_on_any_number_of_threads::<f32>();
}

/// Alone, a small network's steps are made in one go; a team makes them like any others.
fn small_steps_have_the_bits_of_any_other<T: Scalar>() {
    let rules = [
        Optimizer::GradientDescent(GradientDescent),
        Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: true,
        }),
        Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.0,
        }),
        Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        }),
    ];
    for (objective, outputs) in objectives() {
        let shapes = [(vec![3], 3), (vec![], 20), (vec![1, 8, 5], 64), (vec![7, 1], 13)];
        for (turn, (hidden, rows)) in shapes.into_iter().enumerate() {
            // Each shape with each rule, each time with another number of inputs.
            for (index, inputs) in [1, 4, 9, 47].into_iter().enumerate() {
                let sizes = [&[inputs][..], &hidden, &[outputs]].concat();
                let activations = [Activation::Sigmoid, Activation::Relu, Activation::Tanh];
                let network = Network::new(&sizes, &activations[..hidden.len()], objective.output()).unwrap();
                let (table, start) = (table(rows, inputs, outputs), start(&network));
                let rule = rules[(turn + index) % 4];
                let batch = [rows, 5, 1, rows][(turn + index) % 4];
                let mut plan = settings(objective.clone(), 3, batch);
                plan.method = Method::Rule(rule);
                plan.counts_hits = true;
                plan.lr = 0.01;
                let [one, other] = [1, 3].map(|threads| {
                    fit::<T>(&network, plan.clone(), &table, &start, threads, &mut NoObserver)
                });
                assert_eq!(
                    one.coefficients, other.coefficients,
                    "{sizes:?}, {objective:?}, {rule:?}"
                );
                assert_eq!(one.losses(), other.losses());
                assert_eq!(one.state, other.state);
            }
        }
    }
}

#[test]
fn small_steps_have_the_bits_of_any_other_in_double() {
    small_steps_have_the_bits_of_any_other::<f64>();
}

#[test]
fn small_steps_have_the_bits_of_any_other_in_single() {
    small_steps_have_the_bits_of_any_other::<f32>();
}

#[test]
fn thousands_of_layers_train_and_have_the_same_bits_for_any_number_of_threads() {
    let table = table(50, 4, 1);
    // So deep that a workspace holds fewer rows than there are.
    let sizes = [vec![4], vec![1; 5000], vec![1]].concat();
    let network = Network::new(&sizes, &[Activation::Sigmoid; 5000], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let start = start(&network);
    let fits = [1, 2].map(|threads| {
        let plan = settings(objective.clone(), 2, 50);
        fit::<f64>(&network, plan, &table, &start, threads, &mut NoObserver)
    });
    assert_eq!(fits[0].ending, Ending::Completed);
    assert_eq!(fits[0].coefficients, fits[1].coefficients);
}

#[test]
fn many_blocks_and_one_block_give_the_same_full_batch_step() {
    // So wide that a workspace holds fewer rows than there are.
    let table = table(700, 900, 1);
    let network = Network::new(&[900, 40, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let capacity = Workspace::<f64>::capacity_for(&network, Use::Training, 700);
    assert!(capacity < 700);
    let start = start(&network);
    let one = fit::<f64>(
        &network,
        settings(objective.clone(), 1, 700),
        &table,
        &start,
        2,
        &mut NoObserver,
    );
    let source = table.source();
    let (loss, slopes) = with_team(1, |team| {
        gradient(
            &network,
            &objective,
            Penalty::NONE,
            table.data::<f64>(&source),
            &coefficients(&network),
            team,
        )
        .unwrap()
    });
    assert_eq!(loss, one.losses()[0]);
    let stepped = &coefficients(&network).weights[0] - &(&slopes.weights[0] * 0.1);
    let worst = (&stepped - &one.coefficients.weights[0])
        .iter()
        .fold(0.0f64, |m, d| m.max(d.abs()));
    assert!(worst < 1e-16 * 10.0, "{worst}");
}

#[test]
fn a_traced_fit_and_an_untraced_one_have_the_same_bits() {
    let table = table(90, 5, 2);
    let network = Network::new(
        &[5, 7, 4, 2],
        &[Activation::Tanh, Activation::Gelu],
        Output::Sigmoid,
    )
    .unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let mut plan = settings(objective, 4, 32);
    plan.dropout = vec![0.2, 0.0];
    plan.penalty.strength = 0.01;
    let start = start(&network);
    let plain = fit::<f64>(&network, plan.clone(), &table, &start, 1, &mut NoObserver);
    let mut nobody = NoObserver;
    let mut recorder = Recorder::new(100, plan.method, &mut nobody);
    let traced = fit::<f64>(&network, plan, &table, &start, 2, &mut recorder);
    assert_eq!(plain.coefficients, traced.coefficients);
    assert_eq!(plain.losses(), traced.losses());
    let steps = recorder.steps;
    assert_eq!(steps.len(), 12);
    assert_eq!(steps[0].before, coefficients(&network));
    assert_eq!(steps[11].after, traced.coefficients);
    for pair in steps.windows(2) {
        assert_eq!(pair[0].after, pair[1].before);
    }
    for step in steps {
        // Each layer's delta is what came back times the slope; the update follows the gradient.
        for layer in &step.layers[..2] {
            let product = layer.incoming_gradients.as_ref().unwrap() * &layer.slopes;
            assert_eq!(product, layer.deltas);
        }
        let updated = &step.before.weights[1] - &(&step.gradient.weights[1] * step.lr);
        assert!((&updated - &step.after.weights[1])
            .iter()
            .all(|d| d.abs() < 1e-15));
    }
}

#[test]
fn steps_of_many_rows_have_the_same_bits_traced_and_untraced() {
    let table = table(1500, 12, 2);
    let network = Network::new(
        &[12, 20, 10, 2],
        &[Activation::Tanh, Activation::Relu],
        Output::Sigmoid,
    )
    .unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let start = start(&network);
    // All rows, and batches with a short last one.
    for (batch, steps) in [(1500, 2), (400, 8)] {
        let mut plan = settings(objective.clone(), 2, batch);
        plan.dropout = vec![0.2, 0.0];
        plan.penalty.strength = 0.01;
        plan.counts_hits = true;
        let mut nobody = NoObserver;
        let mut recorder = Recorder::new(100, plan.method, &mut nobody);
        let traced = fit::<f64>(&network, plan.clone(), &table, &start, 2, &mut recorder);
        assert_eq!(recorder.steps.len(), steps);
        for threads in [1, 3] {
            let plain = fit::<f64>(&network, plan.clone(), &table, &start, threads, &mut NoObserver);
            assert_eq!(plain.coefficients, traced.coefficients);
            assert_eq!(plain.losses(), traced.losses());
        }
    }
}
