//! Matrices as R stores them, column by column.

use super::source::{all_finite, RowSource, Selection};
use crate::base::buffer::SharedBuffer;
use crate::base::error::Result;
use crate::base::ranges::tiles;
use crate::base::room::{collected, room};
use crate::base::threads::Team;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;
use crate::kernels::transpose::{rows_of_columns, Columns};

/// What a matrix of R's holds: doubles, or integers and logicals, which are never copied as doubles.
pub trait Element: Copy + Sync {
    /// The number; NaN where it is missing.
    fn number(self) -> f64;
    /// Whether none is missing or infinite.
    fn all_known(elements: &[Self]) -> bool;
    /// As doubles, where they are.
    fn doubles(elements: &[Self]) -> Option<&[f64]>;
}

impl Element for f64 {
    #[inline(always)]
    fn number(self) -> f64 {
        self
    }
    fn all_known(elements: &[f64]) -> bool {
        all_finite(elements)
    }
    fn doubles(elements: &[f64]) -> Option<&[f64]> {
        Some(elements)
    }
}

/// R's missing integer or logical.
const MISSING: i32 = i32::MIN;

impl Element for i32 {
    #[inline(always)]
    fn number(self) -> f64 {
        match self {
            MISSING => f64::NAN,
            number => f64::from(number),
        }
    }
    fn all_known(elements: &[i32]) -> bool {
        elements
            .iter()
            .fold(true, |all, &number| all & (number != MISSING))
    }
    fn doubles(_: &[i32]) -> Option<&[f64]> {
        None
    }
}

/// A matrix as R stores it, column by column, standardised on the way if asked.
#[derive(Clone, Copy)]
pub struct ColumnMajor<'a, E = f64> {
    data: &'a [E],
    rows: usize,
    columns: usize,
    standardise: Option<(&'a [f64], &'a [f64])>,
}

impl<'a, E: Element> ColumnMajor<'a, E> {
    /// The matrix in `data`, `rows` numbers per column.
    pub fn new(data: &'a [E], rows: usize, columns: usize) -> ColumnMajor<'a, E> {
        assert_eq!(data.len(), rows * columns, "a matrix has rows x columns numbers");
        ColumnMajor {
            data,
            rows,
            columns,
            standardise: None,
        }
    }

    /// The same matrix with each column centred and divided.
    pub fn standardised(self, center: &'a [f64], scale: &'a [f64]) -> ColumnMajor<'a, E> {
        assert!(center.len() == self.columns && scale.len() == self.columns);
        ColumnMajor {
            standardise: Some((center, scale)),
            ..self
        }
    }

    /// All numbers, column by column.
    ///
    /// # Errors
    /// Memory refused.
    pub(crate) fn all(&self) -> Result<Vec<f64>> {
        collected(self.data.iter().map(|number| number.number()))
    }

    /// The numbers of some rows, column by column.
    ///
    /// # Errors
    /// Memory refused.
    pub(crate) fn chosen(&self, rows: &[u32]) -> Result<Vec<E>> {
        let columns = self.data.chunks_exact(self.rows.max(1));
        let mut numbers = room(rows.len() * self.columns)?;
        for column in columns {
            numbers.extend(rows.iter().map(|&row| column[row as usize]));
        }
        Ok(numbers)
    }

    fn each<T: Scalar>(&self, selection: &Selection<'_>, out: &mut [T], convert: impl Fn(usize, f64) -> T) {
        let mut first = 0;
        while first < self.columns {
            // As many columns side by side as fill a cache line of the copy.
            let last = self.columns.min(first + 64 / size_of::<T>());
            for position in 0..selection.len() {
                let row = selection.row(position);
                let out = &mut out[position * self.columns + first..position * self.columns + last];
                for (column, number) in (first..last).zip(out) {
                    *number = convert(column, self.data[column * self.rows + row].number());
                }
            }
            first = last;
        }
    }
}

impl<T: Scalar, E: Element> RowSource<T> for ColumnMajor<'_, E> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn is_scattered(&self) -> bool {
        true
    }

    fn non_finite_columns(&self, team: &Team) -> Result<Vec<usize>> {
        let mut flags = SharedBuffer::<f64>::zeros(self.columns)?;
        team.run_ranges(self.columns, 1, |member, columns| {
            for column in columns {
                for tile in tiles(column * self.rows..(column + 1) * self.rows, 1 << 20) {
                    if !team.goes_on(member, tile.len() as f64) {
                        return;
                    }
                    if !E::all_known(&self.data[tile]) {
                        // SAFETY: each column is written by one member.
                        unsafe { flags.part(column..column + 1)[0] = 1.0 };
                    }
                }
            }
        })?;
        let flags = flags.get_mut();
        collected((0..self.columns).filter(|&column| flags[column] != 0.0))
    }

    fn gather(&self, selection: Selection<'_>, out: &mut [T]) {
        let doubles = E::doubles(self.data).filter(|_| self.columns > 1);
        if let (Selection::Range(rows), Some(data)) = (&selection, doubles) {
            let columns = Columns {
                data,
                height: self.rows,
                count: self.columns,
                standardise: self.standardise,
            };
            return rows_of_columns(InstructionSet::detect(), columns, rows.clone(), out);
        }
        match self.standardise {
            None => self.each(&selection, out, |_, x| T::of(x)),
            Some((center, scale)) => self.each(&selection, out, |column, x| {
                T::of((x - center[column]) / scale[column])
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::EngineError;
    use crate::base::threads::with_team;
    use crate::data::rows::source::RowMajor;

    #[test]
    fn both_sources_give_the_same_rows() {
        let (rows, columns) = (201, 11);
        let data: Vec<f64> = (0..rows * columns).map(|i| i as f64 * 0.5).collect();
        let center: Vec<f64> = (0..columns).map(|c| c as f64).collect();
        let scale: Vec<f64> = (0..columns).map(|c| 1.0 + c as f64).collect();
        let source = ColumnMajor::new(&data, rows, columns).standardised(&center, &scale);
        with_team(2, |team| {
            let copy = RowMajor::<f64>::copy(&source, team).unwrap();
            let listed: Vec<u32> = vec![200, 3, 77, 0];
            for selection in [Selection::Range(5..60), Selection::Listed(&listed)] {
                let mut a = vec![0.0; selection.len() * columns];
                let mut b = a.clone();
                source.gather(selection.clone(), &mut a);
                copy.gather(selection.clone(), &mut b);
                assert_eq!(a, b);
                let row = selection.row(1);
                assert_eq!(a[columns + 2], (data[2 * rows + row] - 2.0) / 3.0);
            }
        });
    }

    #[test]
    fn integers_give_the_rows_of_the_same_doubles() {
        let (rows, columns) = (201, 11);
        let integers: Vec<i32> = (0..rows * columns).map(|i| (i * 7 % 23) as i32 - 11).collect();
        let doubles: Vec<f64> = integers.iter().map(|&i| f64::from(i)).collect();
        let center: Vec<f64> = (0..columns).map(|c| c as f64 / 3.0).collect();
        let scale: Vec<f64> = (0..columns).map(|c| 1.0 + c as f64 / 7.0).collect();
        let a = ColumnMajor::new(&integers, rows, columns).standardised(&center, &scale);
        let b = ColumnMajor::new(&doubles, rows, columns).standardised(&center, &scale);
        for selection in [Selection::Range(5..60), Selection::Listed(&[200, 3, 77, 0])] {
            let mut found = vec![0.0f32; selection.len() * columns];
            let mut wanted = found.clone();
            a.gather(selection.clone(), &mut found);
            b.gather(selection, &mut wanted);
            assert_eq!(found, wanted);
        }
        let mut gaps = integers.clone();
        gaps[rows * 4] = MISSING;
        let gaps = ColumnMajor::new(&gaps, rows, columns);
        let found = with_team(2, |team| RowSource::<f64>::non_finite_columns(&gaps, team));
        assert_eq!(found.unwrap(), vec![4]);
        let mut row = [0.0f64; 11];
        gaps.gather(Selection::Range(0..1), &mut row);
        assert!(row[4].is_nan());
    }

    #[test]
    fn non_finite_columns_are_found() {
        let mut data = vec![1.0; 40];
        data[13] = f64::NAN;
        data[39] = f64::NEG_INFINITY;
        let matrix = ColumnMajor::new(&data, 10, 4);
        let found = with_team(2, |team| RowSource::<f64>::non_finite_columns(&matrix, team));
        assert_eq!(found.unwrap(), vec![1, 3]);
        let copied = with_team(2, |team| RowMajor::<f32>::copy(&matrix, team).err());
        assert_eq!(copied, Some(EngineError::NonFiniteInputs(vec![1, 3])));
    }
}
