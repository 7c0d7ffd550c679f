//! Some rows of another source: what one network of an ensemble is trained on, or judged by.

use super::source::{RowSource, Selection};
use crate::base::error::{EngineError, Result};
use crate::base::threads::Team;
use crate::kernels::scalar::Scalar;

/// Some rows of a source whose numbers are known to be finite, in an order of their own.
pub struct Chosen<'a, T> {
    source: &'a dyn RowSource<T>,
    rows: &'a [u32],
}

impl<'a, T: Scalar> Chosen<'a, T> {
    /// The given rows of `source`, whose numbers were looked at before.
    ///
    /// # Errors
    /// [`EngineError::Config`] for rows that it has not.
    pub fn new(source: &'a dyn RowSource<T>, rows: &'a [u32]) -> Result<Chosen<'a, T>> {
        let count = source.rows();
        match rows.iter().all(|&row| (row as usize) < count) {
            true => Ok(Chosen { source, rows }),
            false => Err(EngineError::config(format!("rows beyond the {count} there are"))),
        }
    }
}

impl<T: Scalar> RowSource<T> for Chosen<'_, T> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn columns(&self) -> usize {
        self.source.columns()
    }

    fn is_scattered(&self) -> bool {
        self.source.is_scattered()
    }

    fn non_finite_columns(&self, _team: &Team) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }

    fn gather(&self, selection: Selection<'_>, out: &mut [T]) {
        match selection {
            Selection::Range(range) => self.source.gather(Selection::Listed(&self.rows[range]), out),
            Selection::Listed(positions) => {
                let columns = self.source.columns();
                let mut rows = [0; 128];
                for (positions, out) in positions
                    .chunks(rows.len())
                    .zip(out.chunks_mut(rows.len() * columns))
                {
                    for (row, &position) in rows.iter_mut().zip(positions) {
                        *row = self.rows[position as usize];
                    }
                    self.source
                        .gather(Selection::Listed(&rows[..positions.len()]), out);
                }
            }
        }
    }
}
