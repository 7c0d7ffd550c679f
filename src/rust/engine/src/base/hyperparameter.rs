//! Hyperparameters: what they are called, what they may be, and their values by name.

use crate::base::error::{EngineError, Result};

/// What a hyperparameter may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// A finite number between two ends.
    Number {
        /// The lower end.
        from: f64,
        /// Whether it is above `from`, not `from` itself.
        above: bool,
        /// The upper end.
        to: f64,
        /// Whether it is below `to`, not `to` itself.
        below: bool,
    },
    /// A whole number, 1 or more.
    Count,
    /// Yes or no.
    Flag,
}

impl Range {
    /// Above 0.
    pub const POSITIVE: Range = Range::number(0.0, true, f64::INFINITY, true);
    /// 0 or more.
    pub const FROM_0: Range = Range::number(0.0, false, f64::INFINITY, true);
    /// 1 or more.
    pub const FROM_1: Range = Range::number(1.0, false, f64::INFINITY, true);
    /// From 0 to 1.
    pub const FROM_0_TO_1: Range = Range::number(0.0, false, 1.0, false);
    /// From 0 on, below 1.
    pub const FROM_0_BELOW_1: Range = Range::number(0.0, false, 1.0, true);
    /// Above 0, up to 1.
    pub const ABOVE_0_TO_1: Range = Range::number(0.0, true, 1.0, false);
    /// Above 0, below 1.
    pub const ABOVE_0_BELOW_1: Range = Range::number(0.0, true, 1.0, true);

    const fn number(from: f64, above: bool, to: f64, below: bool) -> Range {
        Range::Number {
            from,
            above,
            to,
            below,
        }
    }

    /// Whether a value lies in it; a flag is 0 or 1.
    pub fn has(&self, value: f64) -> bool {
        match *self {
            Range::Number {
                from,
                above,
                to,
                below,
            } => {
                value.is_finite()
                    && (value > from || (!above && value == from))
                    && (value < to || (!below && value == to))
            }
            // As far as whole numbers are exact.
            Range::Count => (1.0..=2f64.powi(53)).contains(&value) && value.fract() == 0.0,
            Range::Flag => value == 0.0 || value == 1.0,
        }
    }
}

/// One hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyperparameter {
    /// The name that users type.
    pub name: &'static str,
    /// What it is where nothing is said (a flag: 0 or 1); NaN for what is settled when the training is known.
    pub default: f64,
    /// What it may be.
    pub range: Range,
    /// The name of another one that it may not exceed.
    pub at_most: Option<&'static str>,
}

impl Hyperparameter {
    /// One with a default.
    pub const fn new(name: &'static str, default: f64, range: Range) -> Hyperparameter {
        Hyperparameter {
            name,
            default,
            range,
            at_most: None,
        }
    }

    /// One that is settled when the training is known.
    pub const fn open(name: &'static str, range: Range) -> Hyperparameter {
        Hyperparameter::new(name, f64::NAN, range)
    }

    /// The same with another default.
    pub const fn with_default(self, default: f64) -> Hyperparameter {
        Hyperparameter { default, ..self }
    }

    /// The same, of at most what another one is.
    pub const fn at_most(self, other: &'static str) -> Hyperparameter {
        Hyperparameter {
            at_most: Some(other),
            ..self
        }
    }
}

/// Looks a value up by its name; `None` where nothing is said.
pub type Lookup<'a> = dyn Fn(&str) -> Result<Option<f64>> + 'a;

/// Values of hyperparameters by their names.
pub struct Values<'a>(pub &'a Lookup<'a>);

impl Values<'_> {
    /// The value, or the default where nothing is said.
    ///
    /// # Errors
    /// [`EngineError::Config`] of a value that is out of its range, or that is missing and has no default.
    pub fn number(&self, of: &Hyperparameter) -> Result<f64> {
        let value = (self.0)(of.name)?.unwrap_or(of.default);
        let highest = match of.at_most {
            None => f64::INFINITY,
            Some(other) => (self.0)(other)?.unwrap_or(f64::INFINITY),
        };
        if of.range.has(value) && value <= highest {
            Ok(value)
        } else {
            Err(EngineError::config(format!("{} {value}", of.name)))
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// As for [`Values::number`].
    pub fn count(&self, of: &Hyperparameter) -> Result<usize> {
        self.number(of).map(|value| value as usize)
    }

    /// Yes or no.
    ///
    /// # Errors
    /// As for [`Values::number`].
    pub fn flag(&self, of: &Hyperparameter) -> Result<bool> {
        self.number(of).map(|value| value != 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_its_closed_ends_and_not_its_open_ones() {
        for (range, inside, outside) in [
            (
                Range::POSITIVE,
                vec![1e-300, 1e300],
                vec![0.0, -1.0, f64::INFINITY, f64::NAN],
            ),
            (Range::FROM_0, vec![0.0, 5.0], vec![-1e-300, f64::INFINITY]),
            (Range::FROM_1, vec![1.0, 1.5], vec![0.999]),
            (Range::FROM_0_TO_1, vec![0.0, 1.0], vec![-0.1, 1.1]),
            (Range::FROM_0_BELOW_1, vec![0.0, 0.999], vec![1.0]),
            (Range::ABOVE_0_TO_1, vec![1e-9, 1.0], vec![0.0]),
            (Range::ABOVE_0_BELOW_1, vec![0.5], vec![0.0, 1.0]),
            (Range::Count, vec![1.0, 7.0], vec![0.0, 1.5, -1.0, 1e300]),
            (Range::Flag, vec![0.0, 1.0], vec![0.5, f64::NAN]),
        ] {
            assert!(inside.iter().all(|&value| range.has(value)), "{range:?}");
            assert!(!outside.iter().any(|&value| range.has(value)), "{range:?}");
        }
    }

    #[test]
    fn values_are_as_given_or_as_by_default_and_checked() {
        const SMALL: Hyperparameter = Hyperparameter::new("small", 0.5, Range::POSITIVE).at_most("large");
        let given = |name: &str| Ok((name == "large").then_some(2.0));
        assert_eq!(Values(&given).number(&SMALL), Ok(0.5));
        assert!(Values(&given).number(&SMALL.with_default(3.0)).is_err());
        assert!(Values(&given)
            .number(&Hyperparameter::open("open", Range::Count))
            .is_err());
        let large = Hyperparameter::open("large", Range::Count);
        assert_eq!(Values(&given).count(&large), Ok(2));
        let flag = Hyperparameter::new("flag", 1.0, Range::Flag);
        assert_eq!(Values(&given).flag(&flag), Ok(true));
    }
}
