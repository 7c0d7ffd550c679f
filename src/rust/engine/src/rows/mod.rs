//! Where rows come from. Training and prediction ask a source for a few rows at a time and get
//! them row by row in the precision of the network; how they are stored is the source's business.

mod chosen;
mod sparse;

pub use chosen::Chosen;
pub use sparse::SparseRows;

use crate::buffer::{Buffer, SharedBuffer};
use crate::error::{EngineError, Result};
use crate::kernels::pack::prefetch;
use crate::kernels::transpose::{rows_of_columns, Columns};
use crate::kernels::InstructionSet;
use crate::room::{collected, room};
use crate::threads::Team;
use crate::Scalar;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Some rows of a source, in order.
#[derive(Clone, Debug)]
pub enum Selection<'a> {
    /// Consecutive rows.
    Range(Range<usize>),
    /// Rows by number.
    Listed(&'a [u32]),
}

impl<'a> Selection<'a> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Selection::Range(range) => range.len(),
            Selection::Listed(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A part of the selection.
    pub fn slice(&self, part: Range<usize>) -> Selection<'a> {
        match self {
            Selection::Range(range) => Selection::Range(range.start + part.start..range.start + part.end),
            Selection::Listed(rows) => Selection::Listed(&rows[part]),
        }
    }

    /// Number of the row at a position of the selection.
    pub fn row(&self, position: usize) -> usize {
        match self {
            Selection::Range(range) => range.start + position,
            Selection::Listed(rows) => rows[position] as usize,
        }
    }
}

/// Consecutive tiles of a range, `size` long but for the last.
pub(crate) fn tiles(range: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    let mut next = range.start;
    // Not `step_by`, which divides to know its length.
    std::iter::from_fn(move || {
        let first = next;
        next = range.end.min(first + size.max(1));
        (first < range.end).then_some(first..next)
    })
}

/// Copies some dozen numbers, eight at a time, which the compiler turns into a few moves: calls of the
/// general copy would take longer than what they copy.
#[inline(always)]
pub(crate) fn copy_short<T: Scalar>(from: &[T], to: &mut [T]) {
    let (mut sources, mut copies) = (from.chunks_exact(8), to.chunks_exact_mut(8));
    for (source, copy) in sources.by_ref().zip(copies.by_ref()) {
        copy[..8].copy_from_slice(&source[..8]);
    }
    for (&number, copy) in sources.remainder().iter().zip(copies.into_remainder()) {
        *copy = number;
    }
}

/// A source of rows.
pub trait RowSource<T>: Sync {
    /// Number of rows.
    fn rows(&self) -> usize;
    /// Numbers per row.
    fn columns(&self) -> usize;
    /// Whether the numbers of a row lie apart, so that reading rows out of order is slow.
    fn is_scattered(&self) -> bool {
        false
    }
    /// Bytes that the source has taken beside the data as given.
    fn bytes(&self) -> f64 {
        0.0
    }
    /// The same rows with the numbers of each together, in a copy of what the source reads.
    ///
    /// # Errors
    /// As for [`RowMajor::copy`].
    fn row_major<'s>(&'s self, team: &Team) -> Result<Box<dyn RowSource<T> + 's>>
    where
        T: Scalar,
    {
        Ok(Box::new(RowMajor::copy(self, team)?))
    }
    /// Bytes that [`RowSource::row_major`] takes.
    fn row_major_bytes(&self) -> f64
    where
        T: Scalar,
    {
        RowMajor::bytes_of(self)
    }
    /// Columns (0-based) that hold NaN or an infinity.
    ///
    /// # Errors
    /// A panic of a worker.
    fn non_finite_columns(&self, team: &Team) -> Result<Vec<usize>>;
    /// Writes the selected rows into `out`, one after the other without gaps.
    fn gather(&self, selection: Selection<'_>, out: &mut [T]);
}

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

/// Whether all numbers are finite. x · 0 is 0 exactly then, and sums of zeros vectorise.
pub(crate) fn all_finite<T: Scalar>(numbers: &[T]) -> bool {
    let mut sums = [T::zero(); 32];
    let chunks = numbers.chunks_exact(32);
    let mut total: T = chunks.remainder().iter().map(|&x| x * T::zero()).sum();
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += x * T::zero();
        }
    }
    total += sums.into_iter().sum();
    total == T::zero()
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

/// Mean and standard deviation of a column, weighted if asked (divisor Σw − 1); the deviation
/// of a constant column is 0. Two passes, so that large means lose nothing.
pub fn moments(numbers: &[f64], weights: Option<&[f64]>) -> (f64, f64) {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let sum = |value: &dyn Fn(f64) -> f64| -> f64 {
        numbers
            .iter()
            .enumerate()
            .map(|(row, &number)| weight(row) * value(number))
            .sum()
    };
    let total = sum(&|_| 1.0);
    let mean = sum(&|number| number) / total;
    let squares = sum(&|number| (number - mean) * (number - mean));
    let constant = numbers.iter().all(|&number| number == numbers[0]);
    match constant {
        true => (numbers.first().copied().unwrap_or(0.0), 0.0),
        false => (mean, (squares / (total - 1.0)).sqrt()),
    }
}

/// A copy in the precision of the network, row by row: what shuffled mini-batches want, since
/// the numbers of a row then lie together.
pub struct RowMajor<T> {
    data: Buffer<T>,
    rows: usize,
    columns: usize,
}

impl<T: Scalar> RowMajor<T> {
    /// Bytes that a copy of a source takes.
    pub fn bytes_of(source: &(impl RowSource<T> + ?Sized)) -> f64 {
        Buffer::<T>::bytes(source.rows() as f64 * source.columns() as f64)
    }

    /// Copies a source, and looks at the numbers while they are at hand.
    ///
    /// # Errors
    /// Numbers that are not finite (in precision `T`), memory refused, or a panic of a worker.
    pub fn copy(source: &(impl RowSource<T> + ?Sized), team: &Team) -> Result<RowMajor<T>> {
        let (rows, columns) = (source.rows(), source.columns());
        let shared = SharedBuffer::<T>::zeros(rows * columns)?;
        let finite = AtomicBool::new(true);
        // Enough rows to use up the page of each column that is opened.
        const TILE: usize = 256;
        team.run_queue(rows.div_ceil(TILE), (TILE * columns) as f64, |_, tile| {
            let range = tile * TILE..rows.min((tile + 1) * TILE);
            // SAFETY: tiles are disjoint.
            let out = unsafe { shared.part(range.start * columns..range.end * columns) };
            source.gather(Selection::Range(range), out);
            if !all_finite(out) {
                finite.store(false, Ordering::Relaxed);
            }
        })?;
        let copy = RowMajor {
            data: shared.into_inner(),
            rows,
            columns,
        };
        match finite.into_inner() {
            true => Ok(copy),
            false => Err(EngineError::NonFiniteInputs(copy.non_finite_columns(team)?)),
        }
    }
}

impl<T: Scalar> RowSource<T> for RowMajor<T> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn bytes(&self) -> f64 {
        Buffer::<T>::bytes(self.data.len() as f64)
    }

    fn non_finite_columns(&self, _team: &Team) -> Result<Vec<usize>> {
        let is_finite = |column: usize| {
            self.data
                .iter()
                .skip(column)
                .step_by(self.columns)
                .all(|x| x.is_finite())
        };
        collected((0..self.columns).filter(|&column| !is_finite(column)))
    }

    fn gather(&self, selection: Selection<'_>, out: &mut [T]) {
        match selection {
            Selection::Range(range) => {
                out.copy_from_slice(&self.data[range.start * self.columns..range.end * self.columns]);
            }
            Selection::Listed(rows) => {
                let row = |row: u32| &self.data[row as usize * self.columns..][..self.columns];
                // Rows out of order: what will be needed is asked for some rows ahead.
                let ahead = (4096 / (self.columns * size_of::<T>())).clamp(1, 16);
                for (position, out) in out.chunks_exact_mut(self.columns).enumerate() {
                    if let Some(&coming) = rows.get(position + ahead) {
                        prefetch(row(coming));
                    }
                    let row = row(rows[position]);
                    match self.columns {
                        0..=64 => copy_short(row, out),
                        _ => out.copy_from_slice(row),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::with_team;

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
