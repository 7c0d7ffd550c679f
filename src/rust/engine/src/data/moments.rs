//! Means and standard deviations of columns, of which the rows may come one after the other: the same bits, however many
//! come at a time.
//!
//! Rows are taken in blocks of [`BLOCK_ROWS`], by their number. Of a block the mean is found first and then the squares about it, so that
//! a large mean loses nothing; blocks are merged in order by the formula of Chan, Golub and LeVeque (1983), which adds to the squares those
//! of the distance between both means.

use crate::base::error::{EngineError, Result};
use crate::base::room::{copied, filled, room};

/// Rows of a block.
pub const BLOCK_ROWS: usize = 1024;

/// What is known of a column of which whole blocks have been seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColumnMoments {
    /// Sum of the case weights.
    pub weight: f64,
    /// Weighted mean.
    pub mean: f64,
    /// Weighted sum of the squares about it.
    pub squares: f64,
    /// The first number, if there is any.
    pub first: Option<f64>,
    /// Whether all numbers are the first one.
    pub constant: bool,
    /// Whether all numbers that are known are 0 or 1.
    pub zeros_and_ones: bool,
}

impl Default for ColumnMoments {
    fn default() -> ColumnMoments {
        ColumnMoments {
            weight: 0.0,
            mean: 0.0,
            squares: 0.0,
            first: None,
            constant: true,
            zeros_and_ones: true,
        }
    }
}

impl ColumnMoments {
    /// Of all numbers of a column; weights are 1 where they are absent.
    pub fn of(numbers: &[f64], weights: Option<&[f64]>) -> ColumnMoments {
        let mut moments = ColumnMoments::default();
        moments.add(numbers, weights);
        moments
    }

    /// Adds numbers that follow those before. All calls but the last bring whole blocks.
    pub fn add(&mut self, numbers: &[f64], weights: Option<&[f64]>) {
        for (number, block) in numbers.chunks(BLOCK_ROWS).enumerate() {
            let first = number * BLOCK_ROWS;
            let weights = weights.map(|weights| &weights[first..first + block.len()]);
            self.merge(block, weights);
        }
    }

    fn merge(&mut self, block: &[f64], weights: Option<&[f64]>) {
        let first = *self.first.get_or_insert(block[0]);
        self.constant = self.constant && block.iter().all(|&number| number == first);
        let is_known = |number: &f64| *number == 0.0 || *number == 1.0 || number.is_nan();
        self.zeros_and_ones = self.zeros_and_ones && block.iter().all(is_known);
        let (weight, mean, squares) = match weights {
            None => of_block(block, |_| 1.0),
            Some(weights) => of_block(block, |row| weights[row]),
        };
        if self.weight == 0.0 {
            (self.weight, self.mean, self.squares) = (weight, mean, squares);
        } else if weight != 0.0 {
            let total = self.weight + weight;
            let (share, distance) = (weight / total, mean - self.mean);
            self.mean = match distance.is_finite() {
                true => self.mean + distance * share,
                false => self.mean * (self.weight / total) + mean * share,
            };
            self.squares += squares + distance * distance * self.weight * share;
            self.weight = total;
        }
    }

    /// Mean and standard deviation (divisor: sum of weights − 1); the deviation of a constant column is 0.
    pub fn center_and_scale(&self) -> (f64, f64) {
        match self.constant {
            true => (self.first.unwrap_or(0.0), 0.0),
            false => (self.mean, (self.squares / (self.weight - 1.0)).sqrt()),
        }
    }
}

/// Sum of weights, mean and squares about it.
fn of_block(numbers: &[f64], weight: impl Fn(usize) -> f64) -> (f64, f64, f64) {
    let rows = || numbers.iter().enumerate();
    let total: f64 = (0..numbers.len()).map(&weight).sum();
    let mean = rows().map(|(row, number)| weight(row) * number).sum::<f64>() / total;
    let squares = rows().map(|(row, number)| weight(row) * ((number - mean) * (number - mean)));
    (total, mean, squares.sum())
}

/// What is known of all columns while rows come, any number of them at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Of the blocks that are full.
    pub columns: Vec<ColumnMoments>,
    /// The rows of the one that is not, column by column.
    pub rest: Vec<f64>,
    /// Their case weights; empty where rows have none.
    pub rest_weights: Vec<f64>,
}

impl Moments {
    /// Of so many columns, before the first row.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(columns: usize) -> Result<Moments> {
        Ok(Moments {
            columns: filled(columns, ColumnMoments::default())?,
            ..Moments::default()
        })
    }

    /// Adds so many rows; `read` appends the numbers of a column. Either all rows have weights or none.
    ///
    /// # Errors
    /// [`EngineError::Config`] for parts of other sizes; those of `read`; memory refused.
    pub fn add(
        &mut self,
        rows: usize,
        weights: Option<&[f64]>,
        mut read: impl FnMut(usize, &mut Vec<f64>) -> Result<()>,
    ) -> Result<()> {
        let count = self.columns.len();
        let before = self.rest.len() / count.max(1);
        let weights_before = if weights.is_some() { before } else { 0 };
        if self.rest_weights.len() != weights_before || weights.is_some_and(|weights| weights.len() != rows) {
            return Err(EngineError::config("case weights of other rows"));
        }
        let whole = (before + rows) / BLOCK_ROWS * BLOCK_ROWS;
        let mut all_weights = room(weights_before + if weights.is_some() { rows } else { 0 })?;
        all_weights.extend_from_slice(&self.rest_weights);
        all_weights.extend_from_slice(weights.unwrap_or(&[]));
        let of_blocks = weights.map(|_| &all_weights[..whole]);
        let mut rest = room((before + rows - whole) * count)?;
        let mut numbers = room(before + rows)?;
        for (column, moments) in self.columns.iter_mut().enumerate() {
            numbers.clear();
            numbers.extend_from_slice(&self.rest[column * before..(column + 1) * before]);
            read(column, &mut numbers)?;
            if numbers.len() != before + rows {
                return Err(EngineError::config("columns of other rows"));
            }
            moments.add(&numbers[..whole], of_blocks);
            rest.extend_from_slice(&numbers[whole..]);
        }
        self.rest = rest;
        self.rest_weights = copied(if weights.is_some() {
            &all_weights[whole..]
        } else {
            &[]
        })?;
        Ok(())
    }

    /// What is known when there are no more rows.
    ///
    /// # Errors
    /// Memory refused.
    pub fn end(&self) -> Result<Vec<ColumnMoments>> {
        let mut columns = copied(&self.columns)?;
        let rows = self.rest.len() / columns.len().max(1);
        let weights = (!self.rest_weights.is_empty()).then_some(&self.rest_weights[..]);
        for (moments, numbers) in columns.iter_mut().zip(self.rest.chunks(rows.max(1))) {
            moments.add(numbers, weights);
        }
        Ok(columns)
    }
}
