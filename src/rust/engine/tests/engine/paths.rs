//! Every way that the engine has of making steps and gradients, compared with the plain network of `reference.rs`.

use crate::problems::{shapes, Extras, Problem, ALL, NONE, WIDE};
use crate::reference::numbers;
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::workspace::{Use, Workspace};
use backprop_engine::objective::{Loss, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{
    Adagrad, Adam, GradientDescent, Method, Momentum, Optimizer, RmsProp, Rprop, Rule,
};
use backprop_engine::{gradient, Coefficients, Ending, Scalar};

/// Compares numbers, relative to the largest of those that are wanted.
fn close(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let size = wanted.iter().fold(1e-3f64, |most, number| most.max(number.abs()));
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() <= tolerance * size,
            "{what}: {found} for {wanted}, number {index}"
        );
    }
}

/// Largest relative difference of results that are computed in another order.
fn tolerance<T: Scalar>() -> f64 {
    if T::LANES == 8 {
        1e-10
    } else {
        2e-4
    }
}

/// Trains for two epochs, and by the reference: weights, biases and losses must be the same.
fn trains_alike<T: Scalar>(problem: &Problem, rule: Optimizer, threads: usize, what: &str) {
    // Of a sum over rows the gradient grows with their number.
    let lr = if problem.objective.is_sum() { 1e-4 } else { 0.01 };
    let what = format!(
        "{what}, {} precision, {rule:?}, {:?}",
        T::PRECISION,
        problem.objective
    );
    let trained = problem.trained::<T>(Method::Rule(rule), lr, 2, threads);
    assert_eq!(trained.ending, Ending::Completed, "{what}");
    let mut plain = problem.reference(&problem.start);
    let mut slots = [0, 1].map(|slot| {
        let mut kept = problem.start.clone();
        kept.weights
            .iter_mut()
            .for_each(|w| w.fill(rule.initial(slot, lr)));
        kept.biases
            .iter_mut()
            .for_each(|b| b.fill(rule.initial(slot, lr)));
        kept
    });
    let rows = problem.all.x.nrows();
    let (mut losses, mut t) = (Vec::new(), 0);
    for _ in 0..2 {
        let (mut sum, mut penalty) = (0.0, 0.0);
        for first in (0..rows).step_by(problem.batch) {
            let last = rows.min(first + problem.batch);
            let part = (last - first) as f64 / rows as f64;
            let share = if problem.objective.is_sum() { part } else { 1.0 };
            let (total, slopes) =
                plain.backward(&problem.part(first, last), problem.scale(last - first), share);
            sum += total;
            penalty += part * plain.penalty();
            t += 1;
            plain.update(&rule, lr, t, &slopes, &mut slots);
        }
        losses.push(sum * problem.scale(rows) + penalty);
    }
    close(
        &numbers(&trained.coefficients),
        &numbers(&plain.at),
        tolerance::<T>(),
        &what,
    );
    close(&trained.losses(), &losses, tolerance::<T>(), &what);
    let (sum, _) = plain.backward(&problem.all, 1.0, 0.0);
    let after = trained.final_losses.unwrap();
    close(
        &[after.training],
        &[sum * problem.scale(rows)],
        tolerance::<T>(),
        &what,
    );
}

/// The objective and its gradient over all rows, as L-BFGS and `gradient` have them.
fn has_the_gradient<T: Scalar>(problem: &Problem, threads: usize, what: &str) {
    let what = format!("{what}, {} precision, {:?}", T::PRECISION, problem.objective);
    let whole = |at: &Coefficients| {
        let plain = problem.reference(at);
        let (sum, slopes) = plain.backward(&problem.all, problem.scale(problem.all.x.nrows()), 1.0);
        (
            sum * problem.scale(problem.all.x.nrows()) + plain.penalty(),
            numbers(&slopes),
        )
    };
    let (wanted, slopes) = whole(&problem.start);
    let (network, objective, penalty) = (&problem.network, &problem.objective, problem.penalty());
    let (found, found_slopes) = problem.with_data::<T, _>(|data| {
        with_team(threads, |team| {
            gradient(network, objective, penalty, data, &problem.start, team).unwrap()
        })
    });
    close(&[found], &[wanted], tolerance::<T>(), &what);
    close(&numbers(&found_slopes), &slopes, tolerance::<T>(), &what);

    let hyperparameters = Lbfgs {
        memory: 3,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    };
    let trained = problem.trained::<T>(Method::Lbfgs(hyperparameters), 1e-3, 1, threads);
    close(&trained.losses(), &[wanted], tolerance::<T>(), &what);
    // The pair that it remembers: how far it went, and how the gradient changed on the way.
    let (_, slopes_after) = whole(&trained.coefficients);
    let change: Vec<f64> = slopes_after
        .iter()
        .zip(&slopes)
        .map(|(after, before)| after - before)
        .collect();
    let [(_, step), (_, found_change)] = &trained.state.slots[..] else {
        panic!("{what}: {} slots", trained.state.slots.len())
    };
    let went = numbers(&trained.coefficients);
    let went: Vec<f64> = went
        .iter()
        .zip(numbers(&problem.start))
        .map(|(to, from)| to - from)
        .collect();
    let largest = slopes.iter().fold(0.0f64, |most, slope| most.max(slope.abs()));
    close(&numbers(step), &went, 10.0 * tolerance::<T>(), &what);
    let scaled = |numbers: &[f64]| numbers.iter().map(|number| number / largest).collect::<Vec<_>>();
    close(
        &scaled(&numbers(found_change)),
        &scaled(&change),
        10.0 * tolerance::<T>(),
        &what,
    );
}

fn losses() -> Vec<(Output, Loss)> {
    vec![
        (Output::Linear, Loss::Sse),
        (Output::Sigmoid, Loss::Sse),
        (Output::Exponential, Loss::Sse),
        (Output::Linear, Loss::Mse),
        (Output::Sigmoid, Loss::Mse),
        (Output::Exponential, Loss::Mse),
        (Output::Linear, Loss::Mae),
        (Output::Sigmoid, Loss::Mae),
        (Output::Exponential, Loss::Huber(0.4)),
        (Output::Linear, Loss::Huber(0.4)),
        (Output::Sigmoid, Loss::BinaryCrossEntropy),
        (Output::Softmax, Loss::CrossEntropy),
        (Output::Exponential, Loss::Poisson),
        (Output::Exponential, Loss::Gamma),
        (Output::Sigmoid, Loss::DiscreteHazard),
        (Output::Linear, Loss::Quantile(vec![0.1, 0.5, 0.8])),
    ]
}

fn rules() -> Vec<Optimizer> {
    let adam = |decay| {
        Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-3,
            decay,
        })
    };
    let momentum = |nesterov| {
        Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov,
        })
    };
    vec![
        Optimizer::GradientDescent(GradientDescent),
        momentum(false),
        momentum(true),
        Optimizer::Adagrad(Adagrad { epsilon: 1e-3 }),
        Optimizer::RmsProp(RmsProp {
            rho: 0.9,
            epsilon: 1e-3,
        }),
        adam(0.0),
        adam(0.1),
        Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        }),
    ]
}

#[test]
fn every_loss_on_every_path_is_the_references() {
    for (name, shape) in shapes() {
        for (output, loss) in &losses() {
            let plain = Problem::new(shape, *output, loss, NONE);
            let descent = Optimizer::GradientDescent(GradientDescent);
            trains_alike::<f64>(&plain, descent, 1, name);
            trains_alike::<f32>(&plain, descent, 2, name);
            let weighted = Problem::new(
                shape,
                *output,
                loss,
                Extras {
                    offsets: false,
                    penalty: None,
                    ..ALL
                },
            );
            trains_alike::<f64>(&weighted, descent, 1, name);
            let all = Problem::new(shape, *output, loss, ALL);
            trains_alike::<f64>(&all, descent, 2, name);
            has_the_gradient::<f64>(&all, 2, name);
            has_the_gradient::<f32>(&plain, 1, name);
        }
    }
}

#[test]
fn every_rule_on_every_path_is_the_references() {
    for (name, shape) in shapes() {
        for rule in rules() {
            for (output, loss) in [
                (Output::Softmax, Loss::CrossEntropy),
                (Output::Sigmoid, Loss::BinaryCrossEntropy),
            ] {
                let plain = Problem::new(shape, output, &loss, NONE);
                trains_alike::<f64>(&plain, rule, 1, name);
                trains_alike::<f32>(&plain, rule, 1, name);
                let clipped = Problem::new(
                    shape,
                    output,
                    &loss,
                    Extras {
                        clip: Some(0.05),
                        ..ALL
                    },
                );
                trains_alike::<f64>(&clipped, rule, 2, name);
            }
        }
    }
}

#[test]
fn what_validates_between_epochs_changes_nothing() {
    for (name, shape) in shapes() {
        let judged = Extras {
            validation: true,
            ..ALL
        };
        let problem = Problem::new(shape, Output::Linear, &Loss::Mse, judged);
        trains_alike::<f64>(&problem, Optimizer::GradientDescent(GradientDescent), 2, name);
        has_the_gradient::<f64>(&problem, 2, name);
    }
}

#[test]
fn steps_through_several_workspaces_are_the_references() {
    for extras in [
        NONE,
        Extras {
            clip: Some(0.05),
            ..ALL
        },
    ] {
        let problem = Problem::new(&WIDE, Output::Linear, &Loss::Mse, extras);
        let capacity = Workspace::<f64>::capacity_for(&problem.network, Use::Training, WIDE.batch);
        assert!(capacity < WIDE.batch, "{capacity} rows in a workspace");
        let [.., adam, adamw, _] = rules()[..] else {
            unreachable!()
        };
        trains_alike::<f64>(&problem, adam, 1, "wide");
        trains_alike::<f64>(&problem, adamw, 2, "wide");
    }
    let problem = Problem::new(
        &WIDE,
        Output::Sigmoid,
        &Loss::BinaryCrossEntropy,
        Extras { clip: None, ..ALL },
    );
    trains_alike::<f32>(&problem, Optimizer::GradientDescent(GradientDescent), 2, "wide");
    has_the_gradient::<f64>(&problem, 2, "wide");
}
