//! What must hold of every loss: deltas are derivatives, the fast path is the plain one, dual numbers give second derivatives.

use super::*;
use crate::kernels::real::Dual;
use crate::objective::checked::Objective;
use crate::objective::output::Output;

/// An objective, with weighted inputs, targets and ancillary parameters of a row.
type Case = (Objective, Vec<f64>, Vec<f64>, Vec<f64>);

/// Every loss on each of its outputs.
fn cases() -> Vec<Case> {
    let inputs = vec![0.3, -1.2, 0.8];
    let mut cases = Vec::new();
    for loss in [Loss::Sse, Loss::Mse, Loss::Mae, Loss::Huber(0.3)] {
        for output in [Output::Linear, Output::Sigmoid, Output::Exponential] {
            let objective = Objective::new(output, loss.clone()).unwrap();
            cases.push((objective, inputs.clone(), vec![1.0, 0.5, -0.2], vec![]));
        }
    }
    let mut add = |output, loss, inputs: &[f64], targets: &[f64], own: &[f64]| {
        let objective = Objective::new(output, loss).unwrap();
        cases.push((objective, inputs.to_vec(), targets.to_vec(), own.to_vec()));
    };
    let z = &inputs[..];
    add(
        Output::Sigmoid,
        Loss::BinaryCrossEntropy,
        z,
        &[1.0, 0.0, 0.3],
        &[],
    );
    add(Output::Softmax, Loss::CrossEntropy, z, &[0.2, 0.5, 0.3], &[]);
    add(Output::Softmax, Loss::CrossEntropy, z, &[2.0, 0.0, 1.0], &[]);
    add(Output::Exponential, Loss::Poisson, z, &[2.0, 0.0, 5.0], &[]);
    add(
        Output::Linear,
        Loss::Quantile(vec![0.1, 0.5, 0.9]),
        z,
        &[0.1],
        &[],
    );
    add(Output::Exponential, Loss::Gamma, z, &[2.0, 0.1, 5.0], &[]);
    add(
        Output::Exponential,
        Loss::NegativeBinomial,
        z,
        &[2.0, 0.0, 7.0],
        &[0.4, -0.7, 2.0],
    );
    add(
        Output::Sigmoid,
        Loss::Beta,
        z,
        &[0.2, 0.01, 0.97],
        &[0.4, 1.7, 2.0],
    );
    add(
        Output::Linear,
        Loss::LocationScale,
        &[0.3, -1.2, 0.8, -0.5],
        &[1.0, -2.0],
        &[],
    );
    add(Output::Sigmoid, Loss::DiscreteHazard, z, &[0.0, 1.0, -1.0], &[]);
    for class in 0..4 {
        add(
            Output::Linear,
            Loss::Ordinal(4),
            &[0.6],
            &[f64::from(class)],
            &[0.2, -0.9],
        );
    }
    for class in 0..2 {
        add(Output::Linear, Loss::Ordinal(2), &[0.6], &[f64::from(class)], &[]);
    }
    cases
}

/// Loss and derivatives of a row, in plain form.
fn plain(objective: &Objective, z: &[f64], y: &[f64], own: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    let (mut deltas, mut ancillary) = (vec![0.0; z.len()], vec![0.0; own.len()]);
    let loss = objective.of_row(z, y, own, &mut z.to_vec(), &mut deltas, &mut ancillary);
    (loss, deltas, ancillary)
}

#[test]
fn every_loss_has_a_case() {
    let cases = cases();
    for loss in Loss::all() {
        let name = loss.description().name;
        let has = |case: &Case| case.0.loss().description().name == name;
        assert!(cases.iter().any(has) || loss.is_over_all_rows(), "{name}");
    }
}

#[test]
fn deltas_are_the_derivatives_of_the_losses() {
    for (objective, z, y, own) in cases() {
        let (_, deltas, ancillary) = plain(&objective, &z, &y, &own);
        assert!(objective.loss().fits(z.len()), "{objective:?}");
        assert_eq!(
            objective.loss().targets_per_row(z.len()),
            y.len(),
            "{objective:?}"
        );
        assert_eq!(objective.loss().ancillary(z.len()), own.len(), "{objective:?}");
        let all: Vec<f64> = z.iter().chain(&own).copied().collect();
        for (number, found) in deltas.iter().chain(&ancillary).enumerate() {
            let at = |step: f64| {
                let mut moved = all.clone();
                moved[number] += step;
                plain(&objective, &moved[..z.len()], &y, &moved[z.len()..]).0
            };
            let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
            assert!(
                (found - difference).abs() < 1e-8,
                "{objective:?} {number}: {found} {difference}"
            );
        }
    }
}

#[test]
fn dual_numbers_give_the_derivatives_of_the_deltas() {
    for (objective, z, y, own) in cases() {
        let all: Vec<f64> = z.iter().chain(&own).copied().collect();
        for number in 0..all.len() {
            let dual = |place: usize| Dual {
                value: all[place],
                change: [f64::from(u8::from(place == number))],
            };
            let moved: Vec<Dual> = (0..all.len()).map(dual).collect();
            let targets: Vec<Dual> = y.iter().map(|&y| Dual::of(y)).collect();
            let (mut deltas, mut ancillary) = (vec![Dual::of(0.0); z.len()], vec![Dual::of(0.0); own.len()]);
            let (by, owned) = moved.split_at(z.len());
            let loss = objective.of_row(by, &targets, owned, &mut by.to_vec(), &mut deltas, &mut ancillary);
            let (value, slopes, of_own) = plain(&objective, &z, &y, &own);
            let slopes: Vec<f64> = slopes.into_iter().chain(of_own).collect();
            assert!((loss.value - value).abs() < 1e-14 && (loss.change[0] - slopes[number]).abs() < 1e-13);
            let at = |step: f64| {
                let mut moved = all.clone();
                moved[number] += step;
                let (_, deltas, own) = plain(&objective, &moved[..z.len()], &y, &moved[z.len()..]);
                deltas.into_iter().chain(own).collect::<Vec<_>>()
            };
            let (up, down) = (at(1e-6), at(-1e-6));
            for (place, found) in deltas.iter().chain(&ancillary).enumerate() {
                let difference = (up[place] - down[place]) / 2e-6;
                assert!(
                    (found.change[0] - difference).abs() < 1e-7,
                    "{objective:?} {place} by {number}: {} {difference}",
                    found.change[0]
                );
            }
        }
    }
}

fn fast_path_is_the_plain_one<T: Scalar>(tolerance: f64) {
    for (objective, z, y, own) in cases() {
        let (loss, deltas, ancillary) = plain(&objective, &z, &y, &own);
        let of = |numbers: &[f64]| numbers.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
        // Three rows, the same each, with lanes that belong to no unit between them.
        let stride = if z.len() == 1 { 1 } else { 5 };
        let mut inputs = vec![T::of(9.0); 3 * stride];
        for row in inputs.chunks_exact_mut(stride) {
            row[..z.len()].copy_from_slice(&of(&z));
        }
        let (mut values, mut log_sums) = (inputs.clone(), vec![T::zero(); 3]);
        let set = InstructionSet::detect();
        objective
            .output()
            .apply(set, &mut values, stride, z.len(), &mut log_sums);
        let rows = OutputRows {
            output: objective.output(),
            inputs: &inputs,
            values: &values,
            log_sums: &log_sums,
            targets: &of(&y).repeat(3),
            ancillary: &of(&own),
            stride,
            units: z.len(),
            targets_per_row: y.len(),
        };
        let (mut losses, mut found) = ([0.0; 3], vec![T::zero(); 3 * stride]);
        let mut own_found = vec![T::zero(); 3 * own.len()];
        objective.evaluate(
            set,
            &rows,
            &mut Deltas {
                losses: &mut losses,
                deltas: &mut found,
                ancillary: &mut own_found,
                ancillary_stride: own.len(),
            },
        );
        let close = |a: f64, b: f64| (a - b).abs() <= tolerance * (1.0 + b.abs());
        for r in 0..3 {
            assert!(close(losses[r], loss), "{objective:?}: {} {loss}", losses[r]);
            for (found, delta) in found[r * stride..].iter().zip(&deltas) {
                assert!(
                    close(found.to_double(), *delta),
                    "{objective:?}: {found:?} {delta}"
                );
            }
            for (found, delta) in own_found[r * own.len()..].iter().zip(&ancillary) {
                assert!(
                    close(found.to_double(), *delta),
                    "{objective:?}: {found:?} {delta}"
                );
            }
        }
    }
}

#[test]
fn many_rows_have_the_losses_of_each() {
    fast_path_is_the_plain_one::<f64>(1e-14);
    fast_path_is_the_plain_one::<f32>(1e-5);
}

#[test]
fn cross_entropies_of_large_logits_are_finite() {
    let bce = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    assert_eq!(plain(&bce, &[-800.0], &[1.0], &[]).0, 800.0);
    assert_eq!(plain(&bce, &[800.0], &[1.0], &[]).0, 0.0);
    let ce = Objective::new(Output::Softmax, Loss::CrossEntropy).unwrap();
    assert_eq!(plain(&ce, &[1000.0, 0.0], &[0.0, 1.0], &[]).0, 1000.0);
}

#[test]
fn ordinal_probabilities_add_up_to_one() {
    let objective = Objective::new(Output::Linear, Loss::Ordinal(5)).unwrap();
    for z in [-40.0, -1.0, 0.0, 2.5, 40.0] {
        let of = |class: usize| (-plain(&objective, &[z], &[class as f64], &[0.1, -3.0, 1.2]).0).exp();
        let sum: f64 = (0..5).map(of).sum();
        assert!((sum - 1.0).abs() < 1e-13, "{z}: {sum}");
    }
}

/// Six rows, of which two have an event at the same time, with weights.
const TIMES: [f64; 6] = [5.0, 2.0, 2.0, 9.0, 1.0, 4.0];
const EVENTS: [f64; 6] = [1.0, 1.0, 1.0, 0.0, 0.0, 1.0];
const WEIGHTS: [f64; 6] = [1.0, 2.0, 0.5, 1.0, 1.0, 3.0];
const HAZARDS: [f64; 6] = [0.3, -1.0, 0.2, 0.9, -0.4, 0.0];

fn cox<N: Real + Default>(hazards: &[N]) -> (Vec<N>, Vec<N>) {
    let sets = RiskSets::new(&TIMES).unwrap();
    let (mut losses, mut deltas) = (vec![N::of(0.0); 6], vec![N::of(0.0); 6]);
    Cox::evaluate(&sets, hazards, &EVENTS, Some(&WEIGHTS), &mut losses, &mut deltas).unwrap();
    (losses, deltas)
}

#[test]
fn the_partial_likelihood_is_that_of_its_definition() {
    let (losses, _) = cox(&HAZARDS);
    for i in 0..6 {
        let at_risk = (0..6).filter(|&j| TIMES[j] >= TIMES[i]);
        let sum: f64 = at_risk.map(|j| WEIGHTS[j] * HAZARDS[j].exp()).sum();
        let defined = EVENTS[i] * (sum.ln() - HAZARDS[i]);
        assert!(
            (losses[i] - defined).abs() < 1e-14,
            "{i}: {} {defined}",
            losses[i]
        );
    }
}

#[test]
fn deltas_of_the_partial_likelihood_are_its_derivatives() {
    let total = |hazards: &[f64]| -> f64 {
        let (losses, _) = cox(hazards);
        losses
            .iter()
            .zip(&WEIGHTS)
            .map(|(loss, weight)| loss * weight)
            .sum()
    };
    let (_, deltas) = cox(&HAZARDS);
    for i in 0..6 {
        let at = |step: f64| {
            let mut moved = HAZARDS;
            moved[i] += step;
            moved
        };
        let difference = (total(&at(1e-6)) - total(&at(-1e-6))) / 2e-6;
        assert!((WEIGHTS[i] * deltas[i] - difference).abs() < 1e-8, "{i}");
        let moved = |j: usize| Dual {
            value: HAZARDS[j],
            change: [f64::from(u8::from(i == j))],
        };
        let (_, changes) = cox(&(0..6).map(moved).collect::<Vec<_>>());
        let (up, down) = (cox(&at(1e-6)).1, cox(&at(-1e-6)).1);
        for (j, found) in changes.iter().enumerate() {
            let difference = (up[j] - down[j]) / 2e-6;
            assert!((found.change[0] - difference).abs() < 1e-8, "{j} by {i}");
        }
    }
}

#[test]
fn large_relative_hazards_do_not_overflow() {
    let (losses, deltas) = cox(&[900.0f64, -1000.0, 0.0, 800.0, 3.0, 1.0]);
    assert!(losses.iter().chain(&deltas).all(|x| x.is_finite()));
}

#[test]
fn pairs_without_meaning_are_refused() {
    assert!(Objective::new(Output::Linear, Loss::CrossEntropy).is_err());
    assert!(Objective::new(Output::Softmax, Loss::Mse).is_err());
    assert!(Objective::new(Output::Linear, Loss::BinaryCrossEntropy).is_err());
    assert!(Objective::new(Output::Sigmoid, Loss::Poisson).is_err());
    assert!(Objective::new(Output::Linear, Loss::Ordinal(1)).is_err());
    assert!(!Loss::LocationScale.fits(3) && !Loss::Ordinal(3).fits(2));
}

#[test]
fn a_loss_is_found_by_its_name_and_parameter() {
    for loss in Loss::all() {
        let description = loss.description();
        let parameter: &[f64] = match &loss {
            Loss::Ordinal(_) => &[2.0],
            _ => description.default,
        };
        assert_eq!(Loss::named(description.name, parameter), Some(loss));
    }
    assert_eq!(Loss::named("hinge", &[]), None);
    assert_eq!(Loss::named("huber", &[]), None);
}
