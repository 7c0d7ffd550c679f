//! Claims about schedules: the factor at given epochs, ranges to the last number, plateaus.

use backprop_engine::optim::schedule::{Kind, Plateau, Schedule};
use std::f64::consts::PI;

fn factor(kind: Kind, epoch: f64) -> f64 {
    Schedule { kind, warmup: 0.0 }.factor(epoch, &Plateau::START)
}

fn is_accepted(kind: Kind) -> bool {
    Schedule { kind, warmup: 0.0 }.check().is_ok()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-14
}

#[test]
fn a_step_schedule_falls_after_whole_periods() {
    let kind = Kind::Step {
        factor: 0.5,
        every: 2.5,
    };
    // Fractions of an epoch do not count: a rate holds for the whole epoch.
    for (epoch, periods) in [
        (0.0, 0),
        (2.0, 0),
        (2.9, 0),
        (3.0, 1),
        (5.0, 2),
        (7.0, 2),
        (8.0, 3),
    ] {
        assert_eq!(factor(kind.clone(), epoch), 0.5f64.powi(periods), "epoch {epoch}");
    }
}

#[test]
fn an_exponential_schedule_falls_with_each_epoch() {
    for epoch in 0..40 {
        let at = factor(Kind::Exponential { rate: 0.93 }, f64::from(epoch) + 0.75);
        assert!(close(at, 0.93f64.powi(epoch)), "epoch {epoch}");
    }
}

#[test]
fn a_cosine_falls_from_one_to_its_floor() {
    let kind = Kind::Cosine {
        period: 8.0,
        floor: 0.1,
        restarts: false,
        growth: 1.0,
    };
    for epoch in [0.0, 1.0, 2.5, 4.0, 7.75, 8.0, 12.0] {
        let position = f64::min(epoch / 8.0, 1.0);
        let wanted = 0.1 + 0.9 * (1.0 + (PI * position).cos()) / 2.0;
        assert!(close(factor(kind.clone(), epoch), wanted), "epoch {epoch}");
    }
}

#[test]
fn each_period_of_a_cosine_is_longer_by_the_growth() {
    let kind = Kind::Cosine {
        period: 4.0,
        floor: 0.0,
        restarts: true,
        growth: 1.5,
    };
    // Periods of 4, 6 and 9 epochs begin at 0, 4 and 10.
    for (first, length) in [(0.0, 4.0), (4.0, 6.0), (10.0, 9.0)] {
        for part in [0.0, 0.25, 0.5, 0.9] {
            let wanted = (1.0 + (PI * part).cos()) / 2.0;
            let at = factor(kind.clone(), first + part * length);
            assert!((at - wanted).abs() < 1e-12, "{part} of the period from {first}");
        }
    }
}

#[test]
fn one_cycle_rises_and_falls_along_half_cosines() {
    let kind = Kind::OneCycle {
        total: 50.0,
        rise: 0.4,
        start: 0.2,
        floor: 0.05,
    };
    for (epoch, wanted) in [
        (0.0, 0.2),
        (5.0, 0.2 + 0.8 * (1.0 - (PI / 4.0).cos()) / 2.0),
        (10.0, 0.6),
        (20.0, 1.0),
        (27.5, 0.05 + 0.95 * (1.0 + (PI / 4.0).cos()) / 2.0),
        (35.0, 0.525),
        (50.0, 0.05),
        (80.0, 0.05),
    ] {
        let at = factor(kind.clone(), epoch);
        assert!(close(at, wanted), "epoch {epoch}: {at} for {wanted}");
    }
}

#[test]
fn a_warm_up_is_a_factor_on_the_curve() {
    let schedule = Schedule {
        kind: Kind::Exponential { rate: 0.5 },
        warmup: 3.0,
    };
    for (epoch, wanted) in [
        (0.0, 0.25),
        (1.0, 0.5 * 0.5),
        (1.5, 0.5 * 0.625),
        (2.0, 0.25 * 0.75),
        (3.0, 0.125),
    ] {
        let at = schedule.factor(epoch, &Plateau::START);
        assert!(close(at, wanted), "epoch {epoch}: {at} for {wanted}");
    }
}

#[test]
fn a_plateau_counts_falls_beyond_its_tolerance_only() {
    let schedule = Schedule {
        kind: Kind::Plateau {
            factor: 0.1,
            patience: 2,
            tolerance: 0.1,
            floor: 0.0,
        },
        warmup: 0.0,
    };
    let mut plateau = Plateau::START;
    // Relative to the best: a fall from 10 counts below 9, one from -10 below -11.
    for (loss, best, waited, factor) in [
        (10.0, 10.0, 0, 1.0),
        (9.0, 10.0, 1, 1.0),
        (8.99, 8.99, 0, 1.0),
        (8.5, 8.99, 1, 1.0),
        (20.0, 8.99, 0, 0.1),
        (8.1, 8.99, 1, 0.1),
        (f64::NAN, 8.99, 0, 0.01),
        (-10.0, -10.0, 0, 0.01),
        (-10.9, -10.0, 1, 0.01),
        (-11.1, -11.1, 0, 0.01),
    ] {
        schedule.observe(loss, &mut plateau);
        assert_eq!((plateau.best, plateau.waited), (best, waited), "loss {loss}");
        assert!(close(plateau.factor, factor), "loss {loss}: {}", plateau.factor);
        assert_eq!(schedule.factor(1.0, &plateau), plateau.factor);
    }
}

#[test]
fn other_schedules_remember_no_losses() {
    let mut plateau = Plateau::START;
    Schedule::CONSTANT.observe(1.0, &mut plateau);
    assert_eq!(plateau, Plateau::START);
    assert_eq!(Schedule::CONSTANT.factor(1e9, &plateau), 1.0);
}

#[test]
fn ranges_end_where_they_are_said_to_end() {
    let tiny = f64::MIN_POSITIVE;
    let step = |factor, every| Kind::Step { factor, every };
    let cosine = |period, floor, growth| Kind::Cosine {
        period,
        floor,
        restarts: true,
        growth,
    };
    let cycle = |total, rise, start, floor| Kind::OneCycle {
        total,
        rise,
        start,
        floor,
    };
    let plateau = |factor, tolerance, floor| Kind::Plateau {
        factor,
        patience: 1,
        tolerance,
        floor,
    };
    for fine in [
        Kind::Constant,
        step(1.0, tiny),
        step(tiny, 1e300),
        Kind::Exponential { rate: 1.0 },
        Kind::Exponential { rate: tiny },
        cosine(tiny, 0.0, 1.0),
        cosine(1.0, 1.0, 2.0),
        cycle(tiny, 0.5, 0.0, 0.0),
        cycle(1.0, 1.0 - f64::EPSILON, 1.0, 1.0),
        cycle(1.0, tiny, 1.0, 1.0),
        plateau(tiny, 0.0, 0.0),
        plateau(1.0 - f64::EPSILON, 1.0, 1.0),
    ] {
        assert!(is_accepted(fine.clone()), "{fine:?}");
    }
    let (below, above) = (-tiny, 1.0 + f64::EPSILON);
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for wrong in [
        step(0.0, 1.0),
        step(below, 1.0),
        step(above, 1.0),
        step(nan, 1.0),
        step(0.5, 0.0),
        step(0.5, below),
        step(0.5, inf),
        step(0.5, nan),
        Kind::Exponential { rate: 0.0 },
        Kind::Exponential { rate: above },
        Kind::Exponential { rate: nan },
        cosine(0.0, 0.0, 1.0),
        cosine(inf, 0.0, 1.0),
        cosine(nan, 0.0, 1.0),
        cosine(1.0, below, 1.0),
        cosine(1.0, above, 1.0),
        cosine(1.0, nan, 1.0),
        cosine(1.0, 0.0, 1.0 - f64::EPSILON),
        cosine(1.0, 0.0, nan),
        cycle(0.0, 0.5, 0.0, 0.0),
        cycle(inf, 0.5, 0.0, 0.0),
        cycle(1.0, 0.0, 0.0, 0.0),
        cycle(1.0, 1.0, 0.0, 0.0),
        cycle(1.0, nan, 0.0, 0.0),
        cycle(1.0, 0.5, below, 0.0),
        cycle(1.0, 0.5, above, 0.0),
        cycle(1.0, 0.5, 0.0, below),
        cycle(1.0, 0.5, 0.0, above),
        plateau(0.0, 0.0, 0.0),
        plateau(1.0, 0.0, 0.0),
        plateau(nan, 0.0, 0.0),
        plateau(0.5, below, 0.0),
        plateau(0.5, nan, 0.0),
        plateau(0.5, 0.0, below),
        plateau(0.5, 0.0, above),
    ] {
        assert!(!is_accepted(wrong.clone()), "{wrong:?}");
    }
    let warmed = |warmup| Schedule {
        kind: Kind::Constant,
        warmup,
    };
    assert!(warmed(0.0).check().is_ok() && warmed(1e6).check().is_ok());
    assert!([below, inf, nan]
        .iter()
        .all(|&warmup| warmed(warmup).check().is_err()));
}

#[test]
fn many_short_periods_take_no_time() {
    let at = |period, growth, epoch| {
        let kind = Kind::Cosine {
            period,
            floor: 0.25,
            restarts: true,
            growth,
        };
        assert!(is_accepted(kind.clone()));
        factor(kind, epoch)
    };
    // Of a whole period nothing is left, of half a period the middle.
    assert_eq!(at(0.5, 1.0, 1e9), 1.0);
    assert!((at(0.5, 1.0, 1e9 + 0.25) - 0.625).abs() < 1e-12);
    // Past 10,000 periods they are counted at once, to the same place: 11,000 periods last 4.2e6 epochs.
    let growth = 1.001f64;
    let mut first = 0.0;
    let mut length = 70.0;
    for _ in 0..11_000 {
        first += length;
        length *= growth;
    }
    let slow = (70.0 * (growth.powi(11_000) - 1.0) / (growth - 1.0) - first).abs() / first;
    assert!(slow < 1e-10, "{slow}");
    for part in [0.25, 0.5, 0.75] {
        let wanted = 0.25 + 0.75 * (1.0 + (PI * part).cos()) / 2.0;
        let found = at(70.0, growth, first + part * length);
        assert!((found - wanted).abs() < 1e-6, "{part}: {found} for {wanted}");
    }
    for period in [f64::MIN_POSITIVE, 1.0, f64::MAX] {
        for growth in [1.0 + f64::EPSILON, 2.0, f64::MAX] {
            for epoch in [0.0, 1.0, 1e18] {
                let found = at(period, growth, epoch);
                assert!(
                    (0.25..=1.0).contains(&found),
                    "{period} {growth} {epoch}: {found}"
                );
            }
        }
    }
}
