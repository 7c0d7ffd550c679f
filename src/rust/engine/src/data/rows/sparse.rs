//! Rows of a sparse matrix, made dense as they are gathered.

use super::source::{RowSource, Selection};
use crate::base::error::{EngineError, Result};
use crate::base::room::{collected, filled};
use crate::base::threads::Team;
use crate::kernels::scalar::Scalar;

/// A sparse matrix, row by row: only numbers that are not zero are stored. Rows become dense
/// when they are gathered, never the whole.
pub struct SparseRows<'a> {
    starts: Vec<usize>,
    columns_of: Vec<u32>,
    numbers: Vec<f64>,
    columns: usize,
    standardise: Option<(&'a [f64], &'a [f64])>,
}

impl<'a> SparseRows<'a> {
    /// Bytes that `stored` numbers in `rows` rows take: each with its column, each row with its start.
    pub fn bytes_of(rows: usize, stored: usize) -> f64 {
        let of_number = size_of::<f64>() + size_of::<u32>();
        stored as f64 * of_number as f64 + (rows as f64 + 1.0) * size_of::<usize>() as f64
    }

    /// Checks that the parts of a matrix stored column by column fit together.
    ///
    /// # Errors
    /// [`EngineError::Config`] when they do not.
    pub fn check_columns(
        starts: &[i32],
        rows_of: &[i32],
        numbers: &[f64],
        rows: usize,
        columns: usize,
    ) -> Result<()> {
        let fits = starts.len().checked_sub(1) == Some(columns)
            && columns <= u32::MAX as usize
            && starts.windows(2).all(|pair| pair[0] <= pair[1])
            && starts.first() == Some(&0)
            && starts.last().is_some_and(|&last| last as usize == numbers.len())
            && rows_of.len() == numbers.len()
            && rows_of
                .iter()
                .all(|&row| (0..rows as i64).contains(&i64::from(row)));
        match fits {
            true => Ok(()),
            false => Err(EngineError::config(
                "the parts of a sparse matrix do not fit together",
            )),
        }
    }

    /// From a matrix stored column by column (R's `dgCMatrix`): `starts[c]..starts[c + 1]` are
    /// the positions of column c in `rows_of` (0-based rows) and `numbers`.
    ///
    /// # Errors
    /// [`EngineError::Config`] when the parts do not fit together, or memory refused.
    pub fn from_columns(
        starts: &[i32],
        rows_of: &[i32],
        numbers: &[f64],
        rows: usize,
        columns: usize,
    ) -> Result<SparseRows<'a>> {
        Self::check_columns(starts, rows_of, numbers, rows, columns)?;
        let mut row_starts = filled(rows + 1, 0usize)?;
        for &row in rows_of {
            row_starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            row_starts[row + 1] += row_starts[row];
        }
        let mut columns_of = filled(numbers.len(), 0u32)?;
        let mut by_row = filled(numbers.len(), 0.0)?;
        for column in 0..columns {
            for position in starts[column] as usize..starts[column + 1] as usize {
                let target = &mut row_starts[rows_of[position] as usize];
                columns_of[*target] = column as u32;
                by_row[*target] = numbers[position];
                *target += 1;
            }
        }
        // Filling a row has moved its start to its end, which is where the next row starts.
        row_starts.copy_within(..rows, 1);
        row_starts[0] = 0;
        Ok(SparseRows {
            starts: row_starts,
            columns_of,
            numbers: by_row,
            columns,
            standardise: None,
        })
    }

    /// The same matrix with each column centred and divided.
    pub fn standardised(self, center: &'a [f64], scale: &'a [f64]) -> SparseRows<'a> {
        SparseRows {
            standardise: Some((center, scale)),
            ..self
        }
    }
}

impl<T: Scalar> RowSource<T> for SparseRows<'_> {
    fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn bytes(&self) -> f64 {
        Self::bytes_of(self.starts.len() - 1, self.numbers.len())
    }

    fn non_finite_columns(&self, _team: &Team) -> Result<Vec<usize>> {
        let mut finite = filled(self.columns, true)?;
        for (number, &column) in self.numbers.iter().zip(&self.columns_of) {
            finite[column as usize] &= number.is_finite();
        }
        collected((0..self.columns).filter(|&column| !finite[column]))
    }

    fn gather(&self, selection: Selection<'_>, out: &mut [T]) {
        for (position, out) in out.chunks_exact_mut(self.columns).enumerate() {
            let row = selection.row(position);
            let stored = self.starts[row]..self.starts[row + 1];
            match self.standardise {
                None => out.fill(T::zero()),
                Some((center, scale)) => {
                    for (column, number) in out.iter_mut().enumerate() {
                        *number = T::of((0.0 - center[column]) / scale[column]);
                    }
                }
            }
            for (&column, &number) in self.columns_of[stored.clone()].iter().zip(&self.numbers[stored]) {
                let column = column as usize;
                out[column] = T::of(match self.standardise {
                    None => number,
                    Some((center, scale)) => (number - center[column]) / scale[column],
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rows::column_major::ColumnMajor;

    #[test]
    fn a_sparse_matrix_gives_the_rows_of_the_dense_one() {
        // 4 x 3: column 0 has rows 0 and 3, column 1 none, column 2 rows 1, 2, 3.
        let (starts, rows_of) = ([0, 2, 2, 5], [0, 3, 1, 2, 3]);
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0];
        let dense = [1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 4.0, 5.0];
        let (center, scale) = ([0.5, 0.0, 3.0], [2.0, 1.0, 4.0]);
        let full = ColumnMajor::new(&dense, 4, 3).standardised(&center, &scale);
        let sparse = SparseRows::from_columns(&starts, &rows_of, &numbers, 4, 3)
            .unwrap()
            .standardised(&center, &scale);
        for selection in [Selection::Range(0..4), Selection::Listed(&[3, 0])] {
            let mut a = vec![0.0f64; selection.len() * 3];
            let mut b = a.clone();
            full.gather(selection.clone(), &mut a);
            sparse.gather(selection, &mut b);
            assert_eq!(a, b);
        }
        assert!(SparseRows::from_columns(&starts, &[0, 3, 1, 2, 9], &numbers, 4, 3).is_err());
    }
}
