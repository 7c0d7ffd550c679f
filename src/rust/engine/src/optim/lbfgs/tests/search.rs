//! Claims about the line search: the steps that it finds, and what it asks for on the way.

use super::super::*;
use super::{start, HYPERPARAMETERS};

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
    fn iterate(&mut self, hyperparameters: Lbfgs, x: f64, rate: f64) -> (Minimiser<f64>, Progress) {
        let mut evaluate = |x: &[f64], g: &mut [f64]| self.evaluate(x, g);
        let mut minimiser = start(hyperparameters, vec![x], &mut evaluate);
        let progress = minimiser.iterate(rate, 1.0, &mut evaluate).unwrap();
        (minimiser, progress)
    }
}

#[test]
fn a_value_that_is_not_finite_is_lost() {
    for value in [f64::NAN, f64::INFINITY] {
        let (minimiser, progress) = Line::new(|_| (value, 1.0)).iterate(HYPERPARAMETERS, 0.5, 1.0);
        assert_eq!((progress, &minimiser.point[..]), (Progress::Lost, &[0.5][..]));
    }
}

#[test]
fn a_straight_line_leaves_no_pair_and_ends_at_the_best_place_that_was_seen() {
    let mut line = Line::new(|x| (-x, -1.0));
    let (minimiser, progress) = line.iterate(HYPERPARAMETERS, 0.0, 1.0);
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
    let mut minimiser = start(HYPERPARAMETERS, vec![1.0], &mut f);
    assert_eq!(minimiser.iterate(1.0, 1.0, &mut f).unwrap(), Progress::Arrived);
    assert_eq!((minimiser.point[0], minimiser.value), (1.0, 1.0));
    assert!(minimiser.pairs.is_empty());
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
    let mut minimiser = Minimiser::new(HYPERPARAMETERS, vec![0.0], vec![pair], &mut f)
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
    let (minimiser, progress) = line.iterate(HYPERPARAMETERS, -1.0, 100.0);
    assert_eq!(progress, Progress::Moved);
    for (asked, wanted) in line.asked.iter().zip([-1.0, 99.0, 9.0, 0.0]) {
        assert!((asked - wanted).abs() < 1e-12, "{:?}", line.asked);
    }
    assert_eq!(line.asked.len(), 4);
    assert!(minimiser.point[0].abs() < 1e-12);
    // Too short by half of a tenth: doubled until the slope has fallen to nine tenths.
    let mut line = Line::new(parabola);
    line.iterate(HYPERPARAMETERS, -1.0, 0.03);
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
        line.iterate(HYPERPARAMETERS, 0.0, 1.0);
        for (asked, wanted) in line.asked.iter().zip([0.0, 1.0, 2.0, 4.0, 2.2, 4.4, 2.42, 4.84]) {
            assert!((asked - wanted).abs() < 1e-12, "{:?}", line.asked);
        }
    }
    // From the start: a tenth of the way, and there the parabola's minimum.
    let mut line = Line::new(|x: f64| match x {
        _ if x < 2.0 => (0.5 * (x - 1.0) * (x - 1.0), x - 1.0),
        _ => (f64::NAN, f64::NAN),
    });
    line.iterate(HYPERPARAMETERS, 0.0, 10.0);
    assert_eq!(line.asked, [0.0, 10.0, 1.0]);
}

#[test]
fn a_function_that_is_not_finite_further_out_is_handled() {
    let mut f = |x: &[f64], g: &mut [f64]| {
        g[0] = 1.0 - 1.0 / x[0];
        Ok(Some(x[0] - x[0].ln())) // NaN below 0, minimum at 1
    };
    let mut minimiser = start(HYPERPARAMETERS, vec![0.01], &mut f);
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
    type Function<'a> = &'a dyn Fn(f64) -> (f64, f64);
    let lines: [(&str, Function<'_>); 6] = [
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
    let cubic = |t: f64| Trial {
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
    let high = Trial {
        at: 3.0,
        value: f64::INFINITY,
        slope: 1.0,
    };
    assert_eq!(between(&cubic(1.0), &high), 2.0);
    let rising = |at: f64| Trial {
        at,
        value: at * at * at + at,
        slope: 3.0 * at * at + 1.0,
    };
    assert_eq!(between(&rising(-1.0), &rising(4.0)), 1.5);
}
