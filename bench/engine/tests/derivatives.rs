//! Derivatives agree with central differences, for random networks, activations and losses.

use backprop_bench::Workload;
use backprop_engine::base::threads::with_team;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{GradientDescent, Optimizer};
use backprop_engine::{gradient, Origin};
use proptest::prelude::*;

fn objectives() -> impl Strategy<Value = Objective> {
    let pairs = vec![
        (Output::Sigmoid, Loss::Sse),
        (Output::Linear, Loss::Sse),
        (Output::Linear, Loss::Mse),
        (Output::Exponential, Loss::Mse),
        (Output::Linear, Loss::Mae),
        (Output::Linear, Loss::Huber(0.7)),
        (Output::Sigmoid, Loss::Huber(1.0)),
        (Output::Sigmoid, Loss::BinaryCrossEntropy),
        (Output::Softmax, Loss::CrossEntropy),
        (Output::Exponential, Loss::Poisson),
    ];
    prop::sample::select(pairs)
        .prop_map(|(output, loss)| Objective::new(output, loss).expect("a pair with meaning"))
}

#[derive(Debug)]
struct Problem {
    workload: Workload,
    case_weights: Option<Vec<f64>>,
    penalty: Penalty,
}

fn problems() -> impl Strategy<Value = Problem> {
    let shape = (1..30usize, prop::collection::vec(1..9usize, 2..5), 1..4usize);
    let activation = prop::sample::select(Activation::ALL.to_vec());
    let weights = prop::option::of(prop::collection::vec(0.2..3.0, 30));
    (shape, activation, objectives(), weights, 0.0..0.5, 0.0..=0.5).prop_map(
        |((rows, mut sizes, outputs), activation, objective, weights, strength, mixture)| {
            let outputs = if objective.output() == Output::Softmax {
                outputs + 1
            } else {
                outputs
            };
            sizes.push(outputs);
            let rule = Optimizer::GradientDescent(GradientDescent);
            Problem {
                workload: Workload::new(rows, &sizes, activation, objective, rule, rows),
                case_weights: weights.map(|weights| weights[..rows].to_vec()),
                penalty: Penalty { strength, mixture },
            }
        },
    )
}

fn objective_and_gradient(problem: &Problem, at: &Coefficients) -> (f64, Coefficients) {
    let workload = &problem.workload;
    let source = workload.source();
    let data = Data {
        case_weights: problem.case_weights.as_deref(),
        ..workload.data::<f64>(&source)
    };
    with_team(1, |team| {
        gradient(
            &workload.network,
            &workload.settings.objective,
            problem.penalty,
            data,
            at,
            team,
        )
        .expect("a gradient")
    })
}

/// Every parameter of the coefficients, one after the other.
fn numbers(of: &mut Coefficients) -> Vec<&mut f64> {
    let weights = of.weights.iter_mut().flat_map(|matrix| matrix.iter_mut());
    weights
        .chain(of.biases.iter_mut().flat_map(|vector| vector.iter_mut()))
        .chain(of.ancillary.iter_mut())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gradients_agree_with_central_differences(problem in problems(), which in any::<prop::sample::Index>()) {
        let Origin::Given(mut at) = problem.workload.start.coefficients.clone() else {
            unreachable!("workloads start from given weights")
        };
        let (_, mut analytic) = objective_and_gradient(&problem, &at);
        let index = which.index(numbers(&mut at).len());
        let analytic = *numbers(&mut analytic)[index];
        let mut value_at = |step: f64| {
            *numbers(&mut at)[index] += step;
            let value = objective_and_gradient(&problem, &at).0;
            *numbers(&mut at)[index] -= step;
            value
        };
        let h = 1e-5;
        let here = value_at(0.0);
        let (up, down) = (value_at(h), value_at(-h));
        let numeric = (up - down) / (2.0 * h);
        // Where the slopes to either side differ, there is a kink in between and no derivative.
        let kink = ((up - here) - (here - down)).abs() / h;
        prop_assume!(kink < 1e-2 * (1.0 + numeric.abs()));
        let tolerance = 1e-6 * (1.0 + analytic.abs() + here.abs()) + kink * h;
        let close = (analytic - numeric).abs() <= tolerance;
        // The jump of a kink that was not caught above is at most the kink itself.
        prop_assert!(close || (analytic - numeric).abs() <= kink, "analytic {analytic}, numeric {numeric}");
    }

    #[test]
    fn fits_have_the_same_bits_on_any_number_of_threads(problem in problems(), batch in 1..40usize) {
        let mut workload = problem.workload;
        workload.settings.batch_size = batch;
        workload.settings.lr = 1e-3;
        let one = workload.fit::<f64>(3, 1);
        for threads in [2, 3] {
            let more = workload.fit::<f64>(3, threads);
            prop_assert_eq!(&one.coefficients, &more.coefficients);
            prop_assert_eq!(one.losses(), more.losses());
        }
    }
}
