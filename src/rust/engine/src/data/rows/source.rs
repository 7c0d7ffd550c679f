//! Where rows come from. Training and prediction ask a source for a few rows at a time and get
//! them row by row in the precision of the network; how they are stored is the source's business.

use crate::base::buffer::{Buffer, SharedBuffer};
use crate::base::error::{EngineError, Result};
use crate::base::ranges::copy_short;
use crate::base::room::collected;
use crate::base::threads::Team;
use crate::kernels::pack::prefetch;
use crate::kernels::scalar::Scalar;
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
