//! Claims about L-BFGS: its direction, what it remembers and when it ends.

mod search;

use super::*;

const HYPERPARAMETERS: Lbfgs = Lbfgs {
    memory: 10,
    gradient_tolerance: 1e-12,
    value_tolerance: 0.0,
};

fn start(hyperparameters: Lbfgs, point: Vec<f64>, evaluate: &mut Evaluate<'_, f64>) -> Minimiser<f64> {
    Minimiser::new(hyperparameters, point, Vec::new(), evaluate)
        .unwrap()
        .unwrap()
}

/// Rosenbrock's function in any number of dimensions: minimum 0 at (1, …, 1).
fn rosenbrock(x: &[f64], g: &mut [f64]) -> Result<Option<f64>> {
    g.fill(0.0);
    let mut value = 0.0;
    for i in 0..x.len() - 1 {
        let (a, b) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
        value += 100.0 * a * a + b * b;
        g[i] += -400.0 * a * x[i] - 2.0 * b;
        g[i + 1] += 200.0 * a;
    }
    Ok(Some(value))
}

/// ½ Σ cᵢ xᵢ², with c from 1 to 1000.
fn bowl(x: &[f64], g: &mut [f64]) -> Result<Option<f64>> {
    let mut value = 0.0;
    for (i, (x, g)) in x.iter().zip(g).enumerate() {
        let c = 10f64.powf(i as f64);
        *g = c * x;
        value += 0.5 * c * x * x;
    }
    Ok(Some(value))
}

#[test]
fn the_minimum_of_rosenbrocks_function_is_found() {
    let mut evaluations = 0;
    let mut f = |x: &[f64], g: &mut [f64]| {
        evaluations += 1;
        rosenbrock(x, g)
    };
    let mut minimiser = start(HYPERPARAMETERS, vec![-1.2; 10], &mut f);
    let mut values = vec![minimiser.value];
    for _ in 0..300 {
        match minimiser.iterate(1.0, 1.0, &mut f).unwrap() {
            Progress::Moved => values.push(minimiser.value),
            Progress::Arrived => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(values.windows(2).all(|pair| pair[1] <= pair[0]));
    assert!(
        minimiser.value < 1e-16,
        "{} after {}",
        minimiser.value,
        values.len()
    );
    // Liu and Nocedal's own code needs about as many iterations, and hardly more evaluations.
    assert!(
        values.len() < 90 && evaluations < 120,
        "{} {evaluations}",
        values.len()
    );
}

#[test]
fn every_step_meets_the_strong_wolfe_conditions() {
    for rate in [1e-3, 0.3, 1.0, 50.0] {
        let mut minimiser = start(HYPERPARAMETERS, vec![-1.2, 1.0, -0.5, 2.0], &mut rosenbrock);
        for iteration in 0..40 {
            let (point, gradient, value) = (
                minimiser.point.clone(),
                minimiser.gradient.clone(),
                minimiser.value,
            );
            if minimiser.iterate(rate, 1.0, &mut rosenbrock).unwrap() != Progress::Moved {
                break;
            }
            let step = difference(&minimiser.point, &point).unwrap();
            let (before, after) = (dot(&step, &gradient), dot(&step, &minimiser.gradient));
            let rounding = 1e-13 * value;
            assert!(
                minimiser.value <= value + 1e-4 * before + rounding,
                "rate {rate}, iteration {iteration}: {} after {value}",
                minimiser.value
            );
            assert!(
                after.abs() <= -0.9 * before * (1.0 + 1e-9),
                "rate {rate}, iteration {iteration}: slope {after} after {before}"
            );
            // What it says of where it stands is so.
            let mut again = vec![0.0; 4];
            let there = rosenbrock(&minimiser.point, &mut again).unwrap().unwrap();
            assert_eq!((there, &again), (minimiser.value, &minimiser.gradient));
        }
    }
}

#[test]
fn the_direction_is_that_of_the_dense_update() {
    // H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ from γ I (Nocedal and Wright, 2006, 7.16 to 7.20).
    let pairs = [
        ([1.0, 0.5, -0.25], [2.0, 0.25, -1.0]),
        ([-0.5, 1.0, 2.0], [-0.75, 3.0, 1.0]),
        ([0.25, -2.0, 1.0], [1.5, -1.0, 4.0]),
    ];
    let gradient = [3.0, -1.0, 0.5];
    let inner = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for count in 0..=3 {
        let used = &pairs[..count];
        let gamma = used.last().map_or(1.0, |(s, y)| inner(s, y) / inner(y, y));
        let mut h = [[0.0; 3]; 3];
        (0..3).for_each(|i| h[i][i] = gamma);
        for (s, y) in used {
            let rho = 1.0 / inner(s, y);
            let left = |i: usize, j: usize| f64::from(u8::from(i == j)) - rho * s[i] * y[j];
            let mut next = [[0.0; 3]; 3];
            for i in 0..3 {
                for j in 0..3 {
                    let mut sum = rho * s[i] * s[j];
                    for (k, row) in h.iter().enumerate() {
                        for (l, element) in row.iter().enumerate() {
                            sum += left(i, k) * element * left(j, l);
                        }
                    }
                    next[i][j] = sum;
                }
            }
            h = next;
        }
        let minimiser = Minimiser {
            hyperparameters: HYPERPARAMETERS,
            point: vec![0.0; 3],
            value: 0.0,
            gradient: gradient.to_vec(),
            pairs: used
                .iter()
                .map(|(s, y)| Pair {
                    step: s.to_vec(),
                    change: y.to_vec(),
                })
                .collect(),
        };
        for (number, row) in minimiser.direction().unwrap().iter().zip(&h) {
            let wanted = -inner(row, &gradient);
            assert!(
                (number - wanted).abs() < 1e-12,
                "{count} pairs: {number} for {wanted}"
            );
        }
    }
}

#[test]
fn the_last_pairs_are_remembered_and_no_more() {
    let hyperparameters = Lbfgs {
        memory: 3,
        ..HYPERPARAMETERS
    };
    let mut minimiser = start(hyperparameters, vec![-1.2; 4], &mut rosenbrock);
    let mut wanted: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..8 {
        let (point, gradient) = (minimiser.point.clone(), minimiser.gradient.clone());
        assert_eq!(
            minimiser.iterate(1.0, 1.0, &mut rosenbrock).unwrap(),
            Progress::Moved
        );
        wanted.push((
            difference(&minimiser.point, &point).unwrap(),
            difference(&minimiser.gradient, &gradient).unwrap(),
        ));
        let kept: Vec<_> = minimiser
            .pairs
            .iter()
            .map(|pair| (pair.step.clone(), pair.change.clone()))
            .collect();
        assert_eq!(kept, wanted[wanted.len().saturating_sub(3)..]);
    }
}

#[test]
fn the_first_step_is_the_gradient_times_rate_and_scale_and_later_ones_of_the_rate() {
    // A parabola of curvature 1: a step of 1 along the gradient is the minimum.
    let mut asked = Vec::new();
    let mut f = |x: &[f64], g: &mut [f64]| {
        asked.push(x[0]);
        g[0] = x[0];
        Ok(Some(0.5 * x[0] * x[0] + 1.0))
    };
    let mut minimiser = start(HYPERPARAMETERS, vec![8.0], &mut f);
    assert_eq!(minimiser.iterate(0.25, 2.0, &mut f).unwrap(), Progress::Moved);
    assert_eq!(minimiser.point, [4.0]);
    // The remembered pair makes the direction Newton's; half of it is half the way.
    assert_eq!(minimiser.iterate(0.5, 2.0, &mut f).unwrap(), Progress::Moved);
    assert_eq!(asked, [8.0, 4.0, 2.0]);
}

#[test]
fn a_gradient_within_its_tolerance_ends_the_iteration_before_a_step() {
    // The tolerance is relative to the value where that is above 1; the largest element counts.
    for (value, slope, arrives) in [
        (0.0, 1e-3, true),
        (0.5, -1e-3, true),
        (0.0, 1.001e-3, false),
        (0.0, -1.001e-3, false),
        (100.0, 0.1, true),
        (-100.0, 0.1, true),
        (100.0, 0.1001, false),
    ] {
        let mut evaluations = 0;
        let mut f = |x: &[f64], g: &mut [f64]| {
            evaluations += 1;
            g.copy_from_slice(&[slope + x[0], x[1]]);
            Ok(Some(value + slope * x[0] + 0.5 * (x[0] * x[0] + x[1] * x[1])))
        };
        let hyperparameters = Lbfgs {
            gradient_tolerance: 1e-3,
            ..HYPERPARAMETERS
        };
        let mut minimiser = start(hyperparameters, vec![0.0, 0.0], &mut f);
        let progress = minimiser.iterate(1.0, 1.0, &mut f).unwrap();
        assert_eq!(progress == Progress::Arrived, arrives, "{value} {slope}");
        assert_eq!(evaluations == 1, arrives, "{value} {slope}");
    }
}

#[test]
fn a_fall_within_its_tolerance_ends_the_iteration_but_not_the_first() {
    let mut evaluate = |x: &[f64], g: &mut [f64]| {
        let value = bowl(x, g)?.map(|value| value + 1.0);
        Ok(value)
    };
    for tolerance in [0.5, 1e-2, 1e-5] {
        let hyperparameters = Lbfgs {
            value_tolerance: tolerance,
            ..HYPERPARAMETERS
        };
        let mut minimiser = start(hyperparameters, vec![1.0; 4], &mut evaluate);
        let mut falls = Vec::new();
        loop {
            let before = minimiser.value;
            let progress = minimiser.iterate(1.0, 1e-6, &mut evaluate).unwrap();
            falls.push((before - minimiser.value) / before);
            if progress == Progress::Arrived {
                break;
            }
            assert_eq!(progress, Progress::Moved);
        }
        let last = falls.len() - 1;
        assert!(last >= 1 && falls[last] <= tolerance, "{tolerance}: {falls:?}");
        // The first step goes along the plain gradient, and says nothing.
        assert!(
            falls[1..last].iter().all(|&fall| fall > tolerance),
            "{tolerance}: {falls:?}"
        );
        let mut slopes = vec![0.0; 4];
        let value = evaluate(&minimiser.point, &mut slopes).unwrap();
        assert_eq!(value, Some(minimiser.value));
    }
}

#[test]
fn where_values_differ_by_rounding_only_a_shrinking_gradient_is_progress() {
    // Beside 1e10, a parabola's values are all alike, but its gradient is not.
    let mut f = |x: &[f64], g: &mut [f64]| {
        bowl(x, g)?;
        Ok(Some(1e10))
    };
    let hyperparameters = Lbfgs {
        gradient_tolerance: 1e-20, // of 1e10
        value_tolerance: 1e-9,
        ..HYPERPARAMETERS
    };
    let mut minimiser = start(hyperparameters, vec![1.0, 1.0, 1.0], &mut f);
    let mut progress = Progress::Moved;
    let mut iterations = 0;
    while progress == Progress::Moved && iterations < 100 {
        progress = minimiser.iterate(1.0, 0.01, &mut f).unwrap();
        iterations += 1;
    }
    let largest = minimiser.gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
    assert!(largest <= 1e-10, "{largest} after {iterations}");
    assert_eq!(progress, Progress::Arrived);
}

#[test]
fn a_memory_that_leads_up_is_given_up() {
    let mut f = |x: &[f64], g: &mut [f64]| bowl(x, g);
    for (step, change) in [(1.0, -1.0), (0.0, 0.0), (f64::NAN, 1.0)] {
        let bad = Pair {
            step: vec![step],
            change: vec![change],
        };
        let mut minimiser = Minimiser::new(HYPERPARAMETERS, vec![4.0], vec![bad], &mut f)
            .unwrap()
            .unwrap();
        assert_eq!(minimiser.iterate(1.0, 1.0, &mut f).unwrap(), Progress::Moved);
        assert_eq!(minimiser.point, [0.0], "the minimum, along the plain gradient");
        assert_eq!(minimiser.pairs.len(), 1);
        assert_eq!(
            (minimiser.pairs[0].step[0], minimiser.pairs[0].change[0]),
            (-4.0, -4.0)
        );
    }
}

#[test]
fn an_interrupt_ends_the_iteration_and_leaves_the_point() {
    for last in 1..6 {
        let mut calls = 0;
        let mut f = |x: &[f64], g: &mut [f64]| {
            calls += 1;
            if calls > last {
                Ok(None)
            } else {
                rosenbrock(x, g)
            }
        };
        let mut minimiser = start(HYPERPARAMETERS, vec![-1.2; 4], &mut f);
        let (mut progress, mut point) = (Progress::Moved, Vec::new());
        while progress == Progress::Moved {
            point.clone_from(&minimiser.point);
            progress = minimiser.iterate(1.0, 1.0, &mut f).unwrap();
        }
        assert_eq!(progress, Progress::Interrupted);
        assert_eq!(minimiser.point, point);
    }
    let started =
        Minimiser::<f64>::new(HYPERPARAMETERS, vec![0.0], Vec::new(), &mut |_, _| Ok(None)).unwrap();
    assert!(started.is_none());
}

#[test]
fn what_is_remembered_is_counted_before_it_is_there() {
    let hyperparameters = Lbfgs {
        memory: 4,
        ..HYPERPARAMETERS
    };
    // A pair for each iteration until the memory is full; what was given stays.
    let slots = [
        (0, 0),
        (1, 0),
        (3, 0),
        (9, 0),
        (0, 6),
        (1, 6),
        (2, 6),
        (0, 12),
        (usize::MAX, 2),
    ]
    .map(|(iterations, given)| hyperparameters.slots_after(iterations, given));
    assert_eq!(slots, [0, 2, 6, 8, 6, 8, 8, 12, 8]);
    // The point, its gradient, and two vectors for each pair.
    assert_eq!(Minimiser::<f64>::bytes(100, 3), 8.0 * 800.0);
    assert_eq!(Minimiser::<f32>::bytes(100, 0), 2.0 * 400.0);
    assert_eq!(Minimiser::<f64>::bytes_of_iteration(10, 1), 6.0 * 80.0);
    assert_eq!(Minimiser::<f32>::bytes_of_iteration(10, 2), 5.0 * 40.0);
    assert_eq!(Minimiser::<f32>::bytes_of_iteration(10, 0), 5.0 * 40.0);
}
