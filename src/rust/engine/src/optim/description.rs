//! What there is to say of a method that updates weights, beside its rule: names, defaults, what it goes with.

use crate::base::error::Result;
use crate::base::hyperparameter::{Hyperparameter, Values};

/// Rows of a step of what takes batches, where nothing is said.
pub const DEFAULT_BATCH_SIZE: usize = 32;

/// What a method is called and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Description {
    /// The name that users type.
    pub name: &'static str,
    /// The learning rate where nothing is said.
    pub lr: f64,
    /// Whether a step may be made on a batch of the rows; else each is made on all of them.
    pub takes_batches: bool,
    /// Whether it finds the length of its steps by itself, so that there is no rate to be scheduled.
    pub finds_own_steps: bool,
    /// What it cannot train with.
    pub excludes: &'static [Setting],
    /// Its hyperparameters.
    pub hyperparameters: &'static [Hyperparameter],
}

/// What some methods exclude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Units dropped at random.
    Dropout,
    /// A gradient of which no more than a norm is taken.
    ClipNorm,
}

impl Setting {
    /// The name that users type.
    pub fn name(self) -> &'static str {
        match self {
            Setting::Dropout => "dropout",
            Setting::ClipNorm => "clip_norm",
        }
    }
}

impl Description {
    /// Of what takes batches and any setting.
    pub(super) const fn of_batches(
        name: &'static str,
        lr: f64,
        hyperparameters: &'static [Hyperparameter],
    ) -> Description {
        Description {
            name,
            lr,
            takes_batches: true,
            finds_own_steps: false,
            excludes: &[],
            hyperparameters,
        }
    }

    /// Rows of a step where `wanted` are asked for, or nothing is said; `None` where these are too few for a method
    /// that needs all rows.
    pub fn batch_size(&self, wanted: Option<usize>, rows: usize) -> Option<usize> {
        let wanted = wanted.unwrap_or(match self.takes_batches {
            true => DEFAULT_BATCH_SIZE,
            false => rows,
        });
        (self.takes_batches || wanted >= rows).then_some(rows_of_step(wanted, rows))
    }
}

/// Rows of a step that is to have `batch_size`: all that there are, at most.
pub fn rows_of_step(batch_size: usize, rows: usize) -> usize {
    batch_size.min(rows).max(1)
}

/// A rule under one of its names.
pub struct Variant<R> {
    /// What belongs to the name.
    pub description: Description,
    /// The rule with these hyperparameters.
    pub make: fn(&Values) -> Result<R>,
}

/// What users can ask for by name.
pub trait Described: Sized + 'static {
    /// The names, in the order in which they are listed.
    const VARIANTS: &'static [Variant<Self>];

    /// What belongs to the names.
    fn descriptions() -> impl Iterator<Item = &'static Description> {
        Self::VARIANTS.iter().map(|variant| &variant.description)
    }

    /// The rule of that name, if it is one of its own.
    ///
    /// # Errors
    /// Hyperparameters out of their ranges.
    fn named(name: &str, values: &Values) -> Result<Option<Self>> {
        let mut variants = Self::VARIANTS.iter();
        variants
            .find(|variant| variant.description.name == name)
            .map(|variant| (variant.make)(values))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_as_many_rows_as_there_are_at_most() {
        let batches = Description::of_batches("", 1.0, &[]);
        assert_eq!(batches.batch_size(None, 100), Some(DEFAULT_BATCH_SIZE));
        assert_eq!(batches.batch_size(None, 3), Some(3));
        assert_eq!(batches.batch_size(Some(5), 3), Some(3));
        assert_eq!(batches.batch_size(Some(2), 3), Some(2));
        let whole = Description {
            takes_batches: false,
            ..batches
        };
        assert_eq!(whole.batch_size(None, 100), Some(100));
        assert_eq!(whole.batch_size(Some(100), 3), Some(3));
        assert_eq!(whole.batch_size(Some(2), 3), None);
    }
}
