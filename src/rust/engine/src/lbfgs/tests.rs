//! Claims about L-BFGS: its direction, its line search, what it remembers and when it ends.

use super::*;

const KNOBS: Lbfgs = Lbfgs {
    memory: 10,
    gradient_tolerance: 1e-12,
    value_tolerance: 0.0,
};

/// A function of one variable with its derivative, and how often it was asked and where.
struct Line<F> {
    f: F,
    asked: Vec<f64>,
}

impl<F: Fn(f64) -> (f64, f64)> Line<F> {
    fn new(f: F) -> Line<F> {
        Line { f, asked: Vec::new() }
    }

    fn evaluate(&mut self, x: &[f64], g: &mut [f64]) -> Result<Option<f64>> {
        self.asked.push(x[0]);
        assert!(self.asked.len() < 1000, "an endless search");
        let (value, slope) = (self.f)(x[0]);
        g[0] = slope;
        Ok(Some(value))
    }

    /// A minimiser at `x`, and what one iteration of it came to.
    fn iterate(&mut self, knobs: Lbfgs, x: f64, rate: f64) -> (Minimiser<f64>, Progress) {
        let mut evaluate = |x: &[f64], g: &mut [f64]| self.evaluate(x, g);
        let mut minimiser = start(knobs, vec![x], &mut evaluate);
        let progress = minimiser.iterate(rate, 1.0, &mut evaluate).unwrap();
        (minimiser, progress)
    }
}

fn start(knobs: Lbfgs, point: Vec<f64>, evaluate: &mut Evaluate<'_, f64>) -> Minimiser<f64> {
    Minimiser::new(knobs, point, Vec::new(), evaluate)
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
    let mut minimiser = start(KNOBS, vec![-1.2; 10], &mut f);
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
        let mut minimiser = start(KNOBS, vec![-1.2, 1.0, -0.5, 2.0], &mut rosenbrock);
        for iteration in 0..40 {
            let (point, gradient, value) = (
                minimiser.point.clone(),
                minimiser.gradient.clone(),
                minimiser.value,
            );
            if minimiser.iterate(rate, 1.0, &mut rosenbrock).unwrap() != Progress::Moved {
                break;
            }
            let step = difference(&minimiser.point, &point);
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
                    for k in 0..3 {
                        for l in 0..3 {
                            sum += left(i, k) * h[k][l] * left(j, l);
                        }
                    }
                    next[i][j] = sum;
                }
            }
            h = next;
        }
        let minimiser = Minimiser {
            knobs: KNOBS,
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
        for (number, row) in minimiser.direction().iter().zip(&h) {
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
    let knobs = Lbfgs { memory: 3, ..KNOBS };
    let mut minimiser = start(knobs, vec![-1.2; 4], &mut rosenbrock);
    let mut wanted: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..8 {
        let (point, gradient) = (minimiser.point.clone(), minimiser.gradient.clone());
        assert_eq!(
            minimiser.iterate(1.0, 1.0, &mut rosenbrock).unwrap(),
            Progress::Moved
        );
        wanted.push((
            difference(&minimiser.point, &point),
            difference(&minimiser.gradient, &gradient),
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
    let mut minimiser = start(KNOBS, vec![8.0], &mut f);
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
        let knobs = Lbfgs {
            gradient_tolerance: 1e-3,
            ..KNOBS
        };
        let mut minimiser = start(knobs, vec![0.0, 0.0], &mut f);
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
        let knobs = Lbfgs {
            value_tolerance: tolerance,
            ..KNOBS
        };
        let mut minimiser = start(knobs, vec![1.0; 4], &mut evaluate);
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
    let knobs = Lbfgs {
        gradient_tolerance: 1e-20, // of 1e10
        value_tolerance: 1e-9,
        ..KNOBS
    };
    let mut minimiser = start(knobs, vec![1.0, 1.0, 1.0], &mut f);
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
fn a_value_that_is_not_finite_is_lost() {
    for value in [f64::NAN, f64::INFINITY] {
        let (minimiser, progress) = Line::new(|_| (value, 1.0)).iterate(KNOBS, 0.5, 1.0);
        assert_eq!((progress, &minimiser.point[..]), (Progress::Lost, &[0.5][..]));
    }
}

#[test]
fn a_straight_line_leaves_no_pair_and_ends_at_the_best_place_that_was_seen() {
    let mut line = Line::new(|x| (-x, -1.0));
    let (minimiser, progress) = line.iterate(KNOBS, 0.0, 1.0);
    assert_eq!(progress, Progress::Moved);
    assert!(minimiser.pairs.is_empty(), "there is no curvature to remember");
    // Each step is twice the one before; the last of 40 is the best, and is asked for once more.
    let wanted: Vec<f64> = (0..40).map(|k| 2f64.powi(k)).collect();
    assert_eq!(line.asked[1..41], wanted);
    assert_eq!(line.asked.len(), 42);
    assert_eq!(minimiser.point[0], wanted[39]);
    assert_eq!(minimiser.value, -wanted[39]);
}

#[test]
fn a_function_without_a_way_down_is_left_where_it_is() {
    // Slopes that contradict the values: every step leads up.
    let mut f = |x: &[f64], g: &mut [f64]| {
        g[0] = -2.0 * x[0];
        Ok(Some(x[0] * x[0]))
    };
    let mut minimiser = start(KNOBS, vec![1.0], &mut f);
    assert_eq!(minimiser.iterate(1.0, 1.0, &mut f).unwrap(), Progress::Arrived);
    assert_eq!((minimiser.point[0], minimiser.value), (1.0, 1.0));
    assert!(minimiser.pairs.is_empty());
}

#[test]
fn a_memory_that_leads_up_is_given_up() {
    let mut f = |x: &[f64], g: &mut [f64]| bowl(x, g);
    for (step, change) in [(1.0, -1.0), (0.0, 0.0), (f64::NAN, 1.0)] {
        let bad = Pair {
            step: vec![step],
            change: vec![change],
        };
        let mut minimiser = Minimiser::new(KNOBS, vec![4.0], vec![bad], &mut f)
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
fn a_search_that_finds_nothing_is_made_once_more_without_memory() {
    // The remembered pair asks for steps a million times too long into a wall.
    let mut asked = Vec::new();
    let mut f = |x: &[f64], g: &mut [f64]| {
        asked.push(x[0]);
        g[0] = -1.0 + x[0] / 4.0;
        // From 1e-3 on, the values say otherwise than the slopes.
        Ok(Some(if x[0] == 1.0 { -1.0 } else { x[0].abs() }))
    };
    let pair = Pair {
        step: vec![1e6],
        change: vec![1.0],
    };
    let mut minimiser = Minimiser::new(KNOBS, vec![0.0], vec![pair], &mut f)
        .unwrap()
        .unwrap();
    assert_eq!(minimiser.iterate(1.0, 1.0, &mut f).unwrap(), Progress::Moved);
    assert_eq!(
        minimiser.point,
        [1.0],
        "a step of the gradient's length finds the only low place"
    );
    assert!(asked.len() > 3 && asked[1] > 1e5);
}

#[test]
fn a_step_that_is_too_long_is_narrowed_and_one_that_is_too_short_is_stretched() {
    let parabola = |x: f64| (0.5 * x * x, x);
    // 100 times too long: the minimum of the cubic is kept a tenth away from both ends.
    let mut line = Line::new(parabola);
    let (minimiser, progress) = line.iterate(KNOBS, -1.0, 100.0);
    assert_eq!(progress, Progress::Moved);
    for (asked, wanted) in line.asked.iter().zip([-1.0, 99.0, 9.0, 0.0]) {
        assert!((asked - wanted).abs() < 1e-12, "{:?}", line.asked);
    }
    assert_eq!(line.asked.len(), 4);
    assert!(minimiser.point[0].abs() < 1e-12);
    // Too short by half of a tenth: doubled until the slope has fallen to nine tenths.
    let mut line = Line::new(parabola);
    line.iterate(KNOBS, -1.0, 0.03);
    assert_eq!(line.asked.len(), 4);
    for (asked, wanted) in line.asked.iter().zip([-1.0, -0.97, -0.94, -0.88]) {
        assert!((asked - wanted).abs() < 1e-12, "{:?}", line.asked);
    }
}

#[test]
fn beyond_what_is_finite_the_search_comes_nearer_by_tenths() {
    for (value, slope) in [(f64::NAN, 1.0), (1.0, f64::INFINITY), (f64::INFINITY, f64::NAN)] {
        let mut line = Line::new(move |x: f64| match x {
            _ if x < 3.0 => (-x, -1.0),
            _ => (value, slope),
        });
        line.iterate(KNOBS, 0.0, 1.0);
        for (asked, wanted) in line.asked.iter().zip([0.0, 1.0, 2.0, 4.0, 2.2, 4.4, 2.42, 4.84]) {
            assert!((asked - wanted).abs() < 1e-12, "{:?}", line.asked);
        }
    }
    // From the start: a tenth of the way, and there the parabola's minimum.
    let mut line = Line::new(|x: f64| match x {
        _ if x < 2.0 => (0.5 * (x - 1.0) * (x - 1.0), x - 1.0),
        _ => (f64::NAN, f64::NAN),
    });
    line.iterate(KNOBS, 0.0, 10.0);
    assert_eq!(line.asked, [0.0, 10.0, 1.0]);
}

#[test]
fn a_function_that_is_not_finite_further_out_is_handled() {
    let mut f = |x: &[f64], g: &mut [f64]| {
        g[0] = 1.0 - 1.0 / x[0];
        Ok(Some(x[0] - x[0].ln())) // NaN below 0, minimum at 1
    };
    let mut minimiser = start(KNOBS, vec![0.01], &mut f);
    while minimiser.iterate(1.0, 1.0, &mut f).unwrap() == Progress::Moved {}
    assert!((minimiser.point[0] - 1.0).abs() < 1e-6);
}

/// The line searches that Moré and Thuente (1994, section 5) test theirs with.
#[test]
fn hard_lines_are_searched_with_few_evaluations() {
    let first = |a: f64| {
        let b = 2.0;
        (-a / (a * a + b), (a * a - b) / (a * a + b).powi(2))
    };
    let second = |a: f64| {
        let b = 0.004;
        (
            (a + b).powi(5) - 2.0 * (a + b).powi(4),
            5.0 * (a + b).powi(4) - 8.0 * (a + b).powi(3),
        )
    };
    let third = |a: f64| {
        let (b, l) = (0.01, 39.0);
        let wave = std::f64::consts::PI * l / 2.0;
        let (base, slope) = match a {
            _ if a <= 1.0 - b => (1.0 - a, -1.0),
            _ if a >= 1.0 + b => (a - 1.0, 1.0),
            _ => ((a - 1.0).powi(2) / (2.0 * b) + b / 2.0, (a - 1.0) / b),
        };
        (
            base + 2.0 * (1.0 - b) / (l * std::f64::consts::PI) * (wave * a).sin(),
            slope + (1.0 - b) * (wave * a).cos(),
        )
    };
    let yanai = |b1: f64, b2: f64| {
        let gamma = |b: f64| (1.0 + b * b).sqrt() - b;
        move |a: f64| {
            let (u, v) = (((1.0 - a) * (1.0 - a) + b2 * b2).sqrt(), (a * a + b1 * b1).sqrt());
            (
                gamma(b1) * u + gamma(b2) * v,
                gamma(b1) * (a - 1.0) / u + gamma(b2) * a / v,
            )
        }
    };
    let lines: [(&str, &dyn Fn(f64) -> (f64, f64)); 6] = [
        ("a valley", &first),
        ("a steep one far out", &second),
        ("waves", &third),
        ("both ends alike", &yanai(0.001, 0.001)),
        ("an early bend", &yanai(0.01, 0.001)),
        ("a late bend", &yanai(0.001, 0.01)),
    ];
    for (name, f) in lines {
        for first_step in [1e-3, 1e-1, 1e1, 1e3] {
            let (value, slope) = f(0.0);
            let mut line = Line::new(f);
            let mut evaluate = |x: &[f64], g: &mut [f64]| line.evaluate(x, g);
            let mut search = Search {
                from: &[0.0],
                direction: &[1.0],
                value,
                slope,
                point: vec![0.0],
                gradient: vec![slope],
                evaluations: 0,
                evaluate: &mut evaluate,
            };
            let Found::Step(found) = search.run(first_step).unwrap() else {
                panic!("{name} from {first_step}: nothing")
            };
            let (at, evaluations) = (search.point[0], search.evaluations);
            assert_eq!((found, search.gradient[0]), f(at));
            assert!(
                found <= value + C1 * at * slope,
                "{name} from {first_step}: value"
            );
            assert!(
                f(at).1.abs() <= -C2 * slope,
                "{name} from {first_step}: slope {} of {slope}",
                f(at).1
            );
            // Of which a start that is a thousand times too short takes ten to be doubled.
            assert!(
                evaluations <= 20,
                "{name} from {first_step}: {evaluations} evaluations"
            );
            assert_eq!(evaluations, line.asked.len());
        }
    }
}

#[test]
fn between_two_places_is_the_minimum_of_their_cubic() {
    // t³ − 3 t has its minimum at 1.
    let cubic = |t: f64| Place {
        at: t,
        value: t * t * t - 3.0 * t,
        slope: 3.0 * t * t - 3.0,
    };
    for (a, b) in [(0.0, 2.0), (2.0, 0.0), (0.5, 1.75), (-0.5, 3.0), (1.5, 0.2)] {
        let at = between(&cubic(a), &cubic(b));
        assert!((at - 1.0).abs() < 1e-12, "{a} {b}: {at}");
    }
    // Kept a tenth of the way from either end.
    assert!((between(&cubic(0.98), &cubic(2.98)) - 1.18).abs() < 1e-12);
    assert!((between(&cubic(1.01), &cubic(0.01)) - 0.91).abs() < 1e-12);
    // No cubic, no minimum: the middle.
    let high = Place {
        at: 3.0,
        value: f64::INFINITY,
        slope: 1.0,
    };
    assert_eq!(between(&cubic(1.0), &high), 2.0);
    let rising = |at: f64| Place {
        at,
        value: at * at * at + at,
        slope: 3.0 * at * at + 1.0,
    };
    assert_eq!(between(&rising(-1.0), &rising(4.0)), 1.5);
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
        let mut minimiser = start(KNOBS, vec![-1.2; 4], &mut f);
        let (mut progress, mut point) = (Progress::Moved, Vec::new());
        while progress == Progress::Moved {
            point.clone_from(&minimiser.point);
            progress = minimiser.iterate(1.0, 1.0, &mut f).unwrap();
        }
        assert_eq!(progress, Progress::Interrupted);
        assert_eq!(minimiser.point, point);
    }
    let started = Minimiser::<f64>::new(KNOBS, vec![0.0], Vec::new(), &mut |_, _| Ok(None)).unwrap();
    assert!(started.is_none());
}

#[test]
fn what_is_remembered_is_counted_before_it_is_there() {
    let knobs = Lbfgs { memory: 4, ..KNOBS };
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
    .map(|(iterations, given)| knobs.slots_after(iterations, given));
    assert_eq!(slots, [0, 2, 6, 8, 6, 8, 8, 12, 8]);
    // The point, its gradient, and two vectors for each pair.
    assert_eq!(Minimiser::<f64>::bytes(100, 3), 8.0 * 800.0);
    assert_eq!(Minimiser::<f32>::bytes(100, 0), 2.0 * 400.0);
    assert_eq!(Minimiser::<f64>::bytes_of_iteration(10, 1), 6.0 * 80.0);
    assert_eq!(Minimiser::<f32>::bytes_of_iteration(10, 2), 5.0 * 40.0);
    assert_eq!(Minimiser::<f32>::bytes_of_iteration(10, 0), 5.0 * 40.0);
}
