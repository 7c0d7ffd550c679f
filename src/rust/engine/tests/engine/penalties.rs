//! Claims about penalties and clipped gradients.

use backprop_engine::base::threads::with_team;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::optim::{GradientDescent, Optimizer};
use backprop_engine::{gradient, Method, Origin, Settings, Start};

use super::common::*;

/// λ · [(1 − α)/2 Σ w² + α Σ |w|] of a start's weights, biases left out.
fn penalty_of(penalty: Penalty, start: &Start) -> f64 {
    let Origin::Given(at) = &start.coefficients else {
        unreachable!("tests start from given weights")
    };
    let all = || at.weights.iter().flatten();
    let (squares, sizes): (f64, f64) = (all().map(|w| w * w).sum(), all().map(|w| w.abs()).sum());
    penalty.strength * ((1.0 - penalty.mixture) / 2.0 * squares + penalty.mixture * sizes)
}

#[test]
fn a_penalty_is_part_of_the_objective_and_of_its_gradient() {
    let fitting = table(40, 37);
    let (network, source) = (network(), fitting.source());
    let Origin::Given(at) = start().coefficients else {
        unreachable!("tests start from given weights")
    };
    let of = |penalty| {
        with_team(1, |team| {
            gradient(&network, &objective(), penalty, fitting.data(&source), &at, team).unwrap()
        })
    };
    let (loss, slopes) = of(Penalty::NONE);
    for (strength, mixture) in [(0.5, 0.0), (0.5, 1.0), (0.25, 0.3)] {
        let penalty = Penalty { strength, mixture };
        let (more, steeper) = of(penalty);
        assert!((more - loss - penalty_of(penalty, &start())).abs() < 1e-13);
        for layer in 0..2 {
            assert_eq!(
                steeper.biases[layer], slopes.biases[layer],
                "biases are not penalised"
            );
            let all = steeper.weights[layer].iter().zip(&slopes.weights[layer]);
            for ((a, b), w) in all.zip(&at.weights[layer]) {
                let wanted = strength * ((1.0 - mixture) * w + mixture * w.signum());
                assert!((a - b - wanted).abs() < 1e-14);
            }
        }
        // The curve has it too, and losses at the end have not.
        let plan = Settings {
            penalty,
            batch_size: 40,
            ..settings(1)
        };
        let trained = fit(plan, &start(), &fitting, None);
        assert!((trained.history[0].loss - more).abs() < 1e-13);
        let plain = judged(&trained, &fitting).0;
        assert!((trained.final_losses.unwrap().training - plain).abs() < 1e-13);
    }
}

#[test]
fn a_penalty_leaves_a_weight_of_zero_where_it_is() {
    let fitting = table(20, 37);
    let (network, source) = (network(), fitting.source());
    let at = backprop_engine::nn::coefficients::Coefficients::zeros(&network).unwrap();
    let of = |strength| {
        let penalty = Penalty {
            strength,
            mixture: 1.0,
        };
        with_team(1, |team| {
            gradient(&network, &objective(), penalty, fitting.data(&source), &at, team).unwrap()
        })
    };
    assert_eq!(of(3.0), of(0.0));
}

#[test]
fn a_norm_that_is_too_large_is_cut_to_the_limit_and_a_smaller_one_left() {
    let fitting = table(40, 37);
    let plan = |clip_norm| Settings {
        method: Method::Rule(Optimizer::GradientDescent(GradientDescent)),
        batch_size: 40,
        clip_norm,
        ..settings(1)
    };
    let Origin::Given(before) = start().coefficients else {
        unreachable!("tests start from given weights")
    };
    let step = |clip_norm| {
        let after = fit(plan(clip_norm), &start(), &fitting, None).coefficients;
        let weights = after
            .weights
            .iter()
            .flatten()
            .zip(before.weights.iter().flatten());
        let biases = after.biases.iter().flatten().zip(before.biases.iter().flatten());
        weights.chain(biases).map(|(a, b)| a - b).collect::<Vec<f64>>()
    };
    let norm = |step: &[f64]| step.iter().map(|d| d * d).sum::<f64>().sqrt() / 0.3;
    let plain = step(None);
    let whole = norm(&plain);
    for limit in [whole / 10.0, whole * 0.99, whole * 1.01] {
        let clipped = step(Some(limit));
        assert!(
            (norm(&clipped) - limit.min(whole)).abs() < 1e-12,
            "{limit} of {whole}"
        );
        let factor = (limit / whole).min(1.0);
        let scaled = clipped
            .iter()
            .zip(&plain)
            .all(|(a, b)| (a - factor * b).abs() < 1e-13);
        assert!(scaled, "the direction is the same");
    }
}
