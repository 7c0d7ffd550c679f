//! How the learning rate changes over a fit: a factor on it, as a function of progress.

use crate::base::error::{EngineError, Result};
use crate::base::hyperparameter::{Hyperparameter, Range, Values};
use std::f64::consts::PI;

/// A schedule. Epochs count from 0 and include those of earlier fits; schedules that need a
/// total carry it, so that a fit that goes on continues the same curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The curve.
    pub kind: Kind,
    /// Epochs over which the factor first rises linearly to the curve; 0 for none.
    pub warmup: f64,
}

/// The curves.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// 1 throughout.
    Constant,
    /// `factor` to the number of whole periods of `every` epochs.
    Step {
        /// Factor per period, in (0, 1].
        factor: f64,
        /// Epochs per period.
        every: f64,
    },
    /// `rate` to the number of epochs.
    Exponential {
        /// Factor per epoch, in (0, 1].
        rate: f64,
    },
    /// From 1 to `floor` along half a cosine in `period` epochs; then from 1 again, each period
    /// `growth` times as long as the one before (Loshchilov and Hutter, 2017).
    Cosine {
        /// Epochs of the first period.
        period: f64,
        /// Lowest factor.
        floor: f64,
        /// Whether it starts again after a period; else the floor stays.
        restarts: bool,
        /// Factor on the length of each further period, at least 1.
        growth: f64,
    },
    /// From `start` up to 1 in the first `rise` of `total` epochs, then down to `floor`, both
    /// along half a cosine (Smith and Topin, 2019).
    OneCycle {
        /// Epochs of the cycle.
        total: f64,
        /// Share of the cycle that rises, in (0, 1).
        rise: f64,
        /// Factor at the start.
        start: f64,
        /// Factor at the end.
        floor: f64,
    },
    /// Multiplied by `factor` when the loss has not fallen for `patience` epochs.
    Plateau {
        /// Factor each time, in (0, 1).
        factor: f64,
        /// Epochs to wait.
        patience: usize,
        /// Relative fall that counts.
        tolerance: f64,
        /// Lowest factor.
        floor: f64,
    },
}

/// What a plateau schedule remembers; part of the optimizer's state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    /// The factor now.
    pub factor: f64,
    /// The lowest loss so far.
    pub best: f64,
    /// Epochs since then.
    pub waited: usize,
}

impl Plateau {
    /// Before the first epoch.
    pub const START: Plateau = Plateau {
        factor: 1.0,
        best: f64::INFINITY,
        waited: 0,
    };
}

/// A schedule under its name.
pub struct Description {
    /// The name that users type.
    pub name: &'static str,
    /// The hyperparameters of its curve; [`WARMUP`] belongs to all of them.
    pub hyperparameters: &'static [Hyperparameter],
    /// Whether it waits for the loss, so that it is only for what the loss is to decide.
    pub waits_for_loss: bool,
    make: fn(&Values) -> Result<Kind>,
}

/// Epochs over which the factor first rises, of every schedule.
pub const WARMUP: Hyperparameter = Hyperparameter::new("warmup", 0.0, Range::FROM_0);

const FACTOR: Hyperparameter = Hyperparameter::new("factor", 0.5, Range::ABOVE_0_TO_1);
const EVERY: Hyperparameter = Hyperparameter::open("every", Range::FROM_1);
const RATE: Hyperparameter = Hyperparameter::new("rate", 0.99, Range::ABOVE_0_TO_1);
const PERIOD: Hyperparameter = Hyperparameter::open("period", Range::FROM_1);
const FLOOR: Hyperparameter = Hyperparameter::new("floor", 0.0, Range::FROM_0_TO_1);
const RESTARTS: Hyperparameter = Hyperparameter::new("restarts", 1.0, Range::Flag);
const GROWTH: Hyperparameter = Hyperparameter::new("growth", 1.0, Range::FROM_1);
const TOTAL: Hyperparameter = Hyperparameter::open("total", Range::FROM_1);
const RISE: Hyperparameter = Hyperparameter::new("rise", 0.3, Range::ABOVE_0_BELOW_1);
const START: Hyperparameter = Hyperparameter::new("start", 0.04, Range::FROM_0_TO_1);
const FLOOR_OF_CYCLE: Hyperparameter = FLOOR.with_default(4e-6);
const FACTOR_OF_PLATEAU: Hyperparameter = Hyperparameter::new("factor", 0.5, Range::ABOVE_0_BELOW_1);
const PATIENCE: Hyperparameter = Hyperparameter::new("patience", 10.0, Range::Count);
const TOLERANCE: Hyperparameter = Hyperparameter::new("tolerance", 1e-4, Range::FROM_0);

impl Schedule {
    /// The schedules that there are, in the order in which they are listed.
    pub const DESCRIPTIONS: &'static [Description] = &[
        Description {
            name: "constant",
            hyperparameters: &[],
            waits_for_loss: false,
            make: |_| Ok(Kind::Constant),
        },
        Description {
            name: "step",
            hyperparameters: &[FACTOR, EVERY],
            waits_for_loss: false,
            make: |values| {
                Ok(Kind::Step {
                    factor: values.number(&FACTOR)?,
                    every: values.number(&EVERY)?,
                })
            },
        },
        Description {
            name: "exponential",
            hyperparameters: &[RATE],
            waits_for_loss: false,
            make: |values| {
                Ok(Kind::Exponential {
                    rate: values.number(&RATE)?,
                })
            },
        },
        Description {
            name: "cosine",
            hyperparameters: &[PERIOD, FLOOR, RESTARTS, GROWTH],
            waits_for_loss: false,
            make: |values| {
                Ok(Kind::Cosine {
                    period: values.number(&PERIOD)?,
                    floor: values.number(&FLOOR)?,
                    restarts: values.flag(&RESTARTS)?,
                    growth: values.number(&GROWTH)?,
                })
            },
        },
        Description {
            name: "one_cycle",
            hyperparameters: &[TOTAL, RISE, START, FLOOR_OF_CYCLE],
            waits_for_loss: false,
            make: |values| {
                Ok(Kind::OneCycle {
                    total: values.number(&TOTAL)?,
                    rise: values.number(&RISE)?,
                    start: values.number(&START)?,
                    floor: values.number(&FLOOR_OF_CYCLE)?,
                })
            },
        },
        Description {
            name: "plateau",
            hyperparameters: &[FACTOR_OF_PLATEAU, PATIENCE, TOLERANCE, FLOOR],
            waits_for_loss: true,
            make: |values| {
                Ok(Kind::Plateau {
                    factor: values.number(&FACTOR_OF_PLATEAU)?,
                    patience: values.count(&PATIENCE)?,
                    tolerance: values.number(&TOLERANCE)?,
                    floor: values.number(&FLOOR)?,
                })
            },
        },
    ];

    /// The schedule of that name.
    ///
    /// # Errors
    /// [`EngineError::Config`] of a name that no schedule has, or of hyperparameters out of their ranges.
    pub fn named(name: &str, values: &Values) -> Result<Schedule> {
        let description = Schedule::DESCRIPTIONS
            .iter()
            .find(|description| description.name == name)
            .ok_or_else(|| EngineError::config(format!("unknown schedule {name:?}")))?;
        Ok(Schedule {
            kind: (description.make)(values)?,
            warmup: values.number(&WARMUP)?,
        })
    }

    /// The learning rate as given.
    pub const CONSTANT: Schedule = Schedule {
        kind: Kind::Constant,
        warmup: 0.0,
    };

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`EngineError::Config`] with the schedule.
    pub fn check(&self) -> Result<()> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let fine = match self.kind {
            Kind::Constant => true,
            Kind::Step { factor, every } => share(factor) && factor > 0.0 && positive(every),
            Kind::Exponential { rate } => share(rate) && rate > 0.0,
            Kind::Cosine {
                period,
                floor,
                growth,
                ..
            } => positive(period) && share(floor) && (1.0..=f64::MAX).contains(&growth),
            Kind::OneCycle {
                total,
                rise,
                start,
                floor,
            } => positive(total) && rise > 0.0 && rise < 1.0 && share(start) && share(floor),
            Kind::Plateau {
                factor,
                tolerance,
                floor,
                ..
            } => factor > 0.0 && factor < 1.0 && tolerance >= 0.0 && share(floor),
        };
        if fine && self.warmup >= 0.0 && self.warmup.is_finite() {
            Ok(())
        } else {
            Err(EngineError::config(format!("{self:?}")))
        }
    }

    /// The factor at `epoch`, of which fractions count how far the epoch has come.
    #[inline(always)]
    pub fn factor(&self, epoch: f64, plateau: &Plateau) -> f64 {
        // What most schedules are, and every step asks.
        match matches!(self.kind, Kind::Constant) && self.warmup == 0.0 {
            true => 1.0,
            false => self.factor_of_curve(epoch, plateau),
        }
    }

    #[inline(never)]
    fn factor_of_curve(&self, epoch: f64, plateau: &Plateau) -> f64 {
        let curve = match self.kind {
            Kind::Constant => 1.0,
            Kind::Step { factor, every } => factor.powf((epoch.floor() / every).floor()),
            Kind::Exponential { rate } => rate.powf(epoch.floor()),
            Kind::Cosine {
                period,
                floor,
                restarts,
                growth,
            } => {
                let (position, length) = match restarts {
                    true => place_in_period(epoch, period, growth),
                    false => (epoch, period),
                };
                half_cosine(1.0, floor, (position / length).min(1.0))
            }
            Kind::OneCycle {
                total,
                rise,
                start,
                floor,
            } => {
                let position = (epoch / total).min(1.0);
                if position < rise {
                    half_cosine(start, 1.0, position / rise)
                } else {
                    half_cosine(1.0, floor, (position - rise) / (1.0 - rise))
                }
            }
            Kind::Plateau { .. } => plateau.factor,
        };
        if epoch < self.warmup {
            // Never 0: the first step of a warm-up of w epochs goes at a small rate.
            curve * ((epoch + 1.0) / (self.warmup + 1.0))
        } else {
            curve
        }
    }

    /// Tells a plateau schedule the loss of an epoch.
    pub fn observe(&self, loss: f64, plateau: &mut Plateau) {
        let Kind::Plateau {
            factor,
            patience,
            tolerance,
            floor,
        } = self.kind
        else {
            return;
        };
        if loss < plateau.best - tolerance * plateau.best.abs().min(f64::MAX) {
            plateau.best = loss;
            plateau.waited = 0;
        } else {
            plateau.waited += 1;
            if plateau.waited >= patience {
                plateau.factor = (plateau.factor * factor).max(floor);
                plateau.waited = 0;
            }
        }
    }
}

/// Periods that are counted off one by one: beyond them it would take longer than the epoch.
const PERIODS_COUNTED: f64 = 1e4;

/// How far the epoch has come in its period, and how long that is, when each period is `growth` times
/// as long as the one before.
fn place_in_period(epoch: f64, period: f64, growth: f64) -> (f64, f64) {
    if growth == 1.0 {
        return (epoch % period, period);
    }
    let periods = epoch / period;
    if periods > PERIODS_COUNTED {
        // n periods last period · (growthⁿ − 1) / (growth − 1) epochs.
        let passed = ((periods * (growth - 1.0)).ln_1p() / growth.ln()).floor();
        let grown = growth.powf(passed);
        let length = period * grown;
        let position = epoch - period * (grown - 1.0) / (growth - 1.0);
        return (position.max(0.0).min(length), length);
    }
    let (mut length, mut position) = (period, epoch);
    while position >= length {
        position -= length;
        length *= growth;
    }
    (position, length)
}

/// From `from` (at 0) to `to` (at 1).
fn half_cosine(from: f64, to: f64, position: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * position).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(kind: Kind, epochs: &[f64]) -> Vec<f64> {
        let schedule = Schedule { kind, warmup: 0.0 };
        schedule.check().unwrap();
        epochs
            .iter()
            .map(|&e| schedule.factor(e, &Plateau::START))
            .collect()
    }

    fn close(a: &[f64], b: &[f64]) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
    }

    #[test]
    fn curves_follow_their_closed_forms() {
        close(
            &factors(
                Kind::Step {
                    factor: 0.5,
                    every: 10.0,
                },
                &[0.0, 9.9, 10.0, 25.0],
            ),
            &[1.0, 1.0, 0.5, 0.25],
        );
        close(
            &factors(Kind::Exponential { rate: 0.9 }, &[0.0, 1.5, 2.0]),
            &[1.0, 0.9, 0.81],
        );
        let cosine = Kind::Cosine {
            period: 10.0,
            floor: 0.2,
            restarts: true,
            growth: 2.0,
        };
        close(
            &factors(cosine, &[0.0, 5.0, 10.0, 20.0, 30.0]),
            &[1.0, 0.6, 1.0, 0.6, 1.0],
        );
        let once = Kind::Cosine {
            period: 10.0,
            floor: 0.0,
            restarts: false,
            growth: 1.0,
        };
        close(&factors(once, &[10.0, 15.0]), &[0.0, 0.0]);
        let cycle = Kind::OneCycle {
            total: 100.0,
            rise: 0.3,
            start: 0.04,
            floor: 0.0,
        };
        close(&factors(cycle, &[0.0, 30.0, 65.0, 100.0]), &[0.04, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn a_warm_up_rises_linearly_to_the_curve() {
        let schedule = Schedule {
            kind: Kind::Constant,
            warmup: 4.0,
        };
        let at = |epoch| schedule.factor(epoch, &Plateau::START);
        close(&[at(0.0), at(1.0), at(3.0), at(4.0)], &[0.2, 0.4, 0.8, 1.0]);
    }

    #[test]
    fn a_plateau_lowers_the_rate_after_its_patience() {
        let schedule = Schedule {
            kind: Kind::Plateau {
                factor: 0.5,
                patience: 2,
                tolerance: 0.0,
                floor: 0.2,
            },
            warmup: 0.0,
        };
        let mut plateau = Plateau::START;
        let mut seen = Vec::new();
        for loss in [3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0] {
            schedule.observe(loss, &mut plateau);
            seen.push(schedule.factor(0.0, &plateau));
        }
        close(&seen, &[1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2]);
    }

    #[test]
    fn ranges_are_checked() {
        for kind in [
            Kind::Step {
                factor: 0.0,
                every: 1.0,
            },
            Kind::Exponential { rate: 1.5 },
            Kind::OneCycle {
                total: 10.0,
                rise: 1.0,
                start: 0.1,
                floor: 0.0,
            },
        ] {
            assert!(Schedule { kind, warmup: 0.0 }.check().is_err());
        }
    }
}
