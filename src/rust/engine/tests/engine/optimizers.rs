//! Claims about update rules: three steps by the formulas as published, under every instruction set.

use backprop_engine::kernels::InstructionSet;
use backprop_engine::optim::{
    Adagrad, Adam, GradientDescent, Momentum, Optimizer, ParameterSlice, RmsProp, Rprop, Rule, Step,
};
use backprop_engine::{Method, Scalar};

const LR: f64 = 0.25;
/// Gradients of three steps for each of four weights: one that keeps its sign, one that turns, one
/// that is zero in between, one that is tiny.
const GRADIENTS: [[f64; 4]; 3] = [
    [0.5, -2.0, 1.0, 1e-3],
    [1.5, 1.0, 0.0, -1e-3],
    [0.25, -0.5, -3.0, 2e-3],
];
const START: [f64; 4] = [1.0, -1.0, 0.5, 2.0];

/// Weights and slots after each of the three steps.
fn steps<T: Scalar>(rule: Optimizer, set: InstructionSet, is_bias: bool) -> Vec<([f64; 4], [[f64; 4]; 2])> {
    let mut weights = START.map(T::of);
    let mut slots = [0, 1].map(|slot| [T::of(rule.initial(slot, LR)); 4]);
    let mut seen = Vec::new();
    for (before, gradient) in GRADIENTS.iter().enumerate() {
        let gradient = gradient.map(T::of);
        let [first, second] = &mut slots;
        rule.update(
            set,
            Step {
                lr: LR,
                number: before as u64 + 1,
                decay: 1.0,
            },
            ParameterSlice {
                weights: &mut weights,
                gradient: &gradient,
                slots: [first, second],
                is_bias,
            },
        );
        seen.push((
            weights.map(T::to_double),
            slots.map(|slot| slot.map(T::to_double)),
        ));
    }
    seen
}

/// Compares with `formula(step, gradient, weight, slots)`, for one weight at a time.
fn follows(
    rule: Optimizer,
    is_bias: bool,
    slots_used: usize,
    formula: impl Fn(i32, f64, f64, [f64; 2]) -> (f64, [f64; 2]),
) {
    for set in InstructionSet::available() {
        let (double, single) = (steps::<f64>(rule, set, is_bias), steps::<f32>(rule, set, is_bias));
        for index in 0..4 {
            let mut weight = START[index];
            let mut slots = [rule.initial(0, LR), rule.initial(1, LR)];
            for (step, gradient) in GRADIENTS.iter().enumerate() {
                (weight, slots) = formula(step as i32 + 1, gradient[index], weight, slots);
                for (seen, tolerance) in [(&double[step], 1e-13), (&single[step], 1e-5)] {
                    let close = |a: f64, b: f64| (a - b).abs() <= tolerance * b.abs().max(1e-3);
                    assert!(
                        close(seen.0[index], weight),
                        "{rule:?} {set:?}, weight {index} after step {step}: {} for {weight}",
                        seen.0[index]
                    );
                    for (slot, wanted) in slots.iter().enumerate().take(slots_used) {
                        assert!(
                            close(seen.1[slot][index], *wanted),
                            "{rule:?} {set:?}, slot {slot} of {index} after step {step}: {} for {wanted}",
                            seen.1[slot][index]
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn gradient_descent_follows_its_formula() {
    let rule = Optimizer::GradientDescent(GradientDescent);
    follows(rule, false, 0, |_, g, w, s| (w - LR * g, s));
}

#[test]
fn momentum_follows_its_formulas() {
    for nesterov in [false, true] {
        let rule = Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov,
        });
        follows(rule, false, 1, |_, g, w, [v, other]| {
            let v = 0.9 * v + g;
            let direction = if nesterov { g + 0.9 * v } else { v };
            (w - LR * direction, [v, other])
        });
    }
}

#[test]
fn adagrad_follows_its_formula() {
    let rule = Optimizer::Adagrad(Adagrad { epsilon: 0.01 });
    follows(rule, false, 1, |_, g, w, [sum, other]| {
        let sum = sum + g * g;
        (w - LR * g / (sum.sqrt() + 0.01), [sum, other])
    });
}

#[test]
fn rmsprop_follows_its_formula() {
    let rule = Optimizer::RmsProp(RmsProp {
        rho: 0.8,
        epsilon: 0.01,
    });
    follows(rule, false, 1, |_, g, w, [square, other]| {
        let square = 0.8 * square + 0.2 * g * g;
        (w - LR * g / (square.sqrt() + 0.01), [square, other])
    });
}

#[test]
fn adam_follows_its_formula_and_its_decay_spares_biases() {
    for (decay, is_bias) in [(0.0, false), (0.1, false), (0.1, true)] {
        let rule = Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.98,
            epsilon: 0.01,
            decay,
        });
        assert_eq!(rule.treats_biases_apart(), decay > 0.0);
        follows(rule, is_bias, 2, |step, g, w, [m, v]| {
            let (m, v) = (0.9 * m + 0.1 * g, 0.98 * v + 0.02 * g * g);
            let (corrected_m, corrected_v) = (m / (1.0 - 0.9f64.powi(step)), v / (1.0 - 0.98f64.powi(step)));
            let kept = if is_bias { w } else { w * (1.0 - LR * decay) };
            (kept - LR * corrected_m / (corrected_v.sqrt() + 0.01), [m, v])
        });
    }
}

#[test]
fn rprop_follows_its_rules() {
    // From 0.25: grown to 0.3, capped at 0.28; halved to 0.125, kept above 0.1.
    for (smallest, largest) in [(1e-6, 50.0), (0.2, 0.28)] {
        let rule = Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest,
            largest,
        });
        follows(rule, false, 2, |_, g, w, [before, size]| {
            let turn = g * before;
            let factor = match turn {
                _ if turn > 0.0 => 1.2,
                _ if turn < 0.0 => 0.5,
                _ => 1.0,
            };
            let size = f64::min(f64::max(size * factor, smallest), largest);
            let g = if turn < 0.0 { 0.0 } else { g }; // after a turn the weight rests
            let sign = if g == 0.0 { 0.0 } else { g.signum() };
            (w - sign * size, [g, size])
        });
    }
}

#[test]
fn a_gradient_that_is_nan_is_noticed_by_every_rule() {
    let rules = [
        Optimizer::GradientDescent(GradientDescent),
        Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        }),
        Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.0,
        }),
    ];
    for rule in rules {
        let (mut weights, mut first, mut second) = ([1.0], [0.0], [rule.initial(1, LR)]);
        rule.update(
            InstructionSet::detect(),
            Step {
                lr: LR,
                number: 1,
                decay: 1.0,
            },
            ParameterSlice {
                weights: &mut weights,
                gradient: &[f64::NAN],
                slots: [&mut first, &mut second],
                is_bias: false,
            },
        );
        assert!(weights[0].is_nan(), "{rule:?}");
    }
}

#[test]
fn what_is_kept_has_names_and_a_start() {
    let names = |rule: Optimizer| {
        let method = Method::Rule(rule);
        let of_slot = |slot| method.slot_name(slot);
        (0..method.slots_after(1, 0)).map(of_slot).collect::<Vec<_>>()
    };
    let momentum = Optimizer::Momentum(Momentum {
        momentum: 0.9,
        nesterov: false,
    });
    let rprop = Optimizer::Rprop(Rprop {
        shrink: 0.5,
        grow: 1.2,
        smallest: 1e-6,
        largest: 50.0,
    });
    let adam = Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.0,
    });
    let rmsprop = Optimizer::RmsProp(RmsProp {
        rho: 0.9,
        epsilon: 1e-8,
    });
    let adagrad = Optimizer::Adagrad(Adagrad { epsilon: 1e-8 });
    assert!(names(Optimizer::GradientDescent(GradientDescent)).is_empty());
    assert_eq!(names(momentum), ["velocity"]);
    assert_eq!(names(adagrad), ["sum_of_squares"]);
    assert_eq!(names(rmsprop), ["mean_square"]);
    assert_eq!(names(adam), ["mean", "mean_square"]);
    assert_eq!(names(rprop), ["previous_gradient", "step_size"]);
    // The learning rate is Rprop's first step size; all else starts at 0.
    assert_eq!((rprop.initial(0, LR), rprop.initial(1, LR)), (0.0, LR));
    assert_eq!((adam.initial(0, LR), adam.initial(1, LR)), (0.0, 0.0));
    let lbfgs = Method::Lbfgs(backprop_engine::optim::lbfgs::Lbfgs {
        memory: 2,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    });
    let names = [0, 1, 2, 3].map(|slot| lbfgs.slot_name(slot));
    assert_eq!(names, ["step_1", "change_1", "step_2", "change_2"]);
}
