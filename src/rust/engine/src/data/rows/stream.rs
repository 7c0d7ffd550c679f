//! Rows that can only be read forward: of a file, a query, a function that gives the next of them.
//!
//! A stream gives all that belongs to a row together: inputs, target, case weight and offset. So they lie in the files
//! and queries that streams are made of, and what is larger than memory has more targets than fit there too: kept
//! apart, these would have to be read in a pass of their own, and held.

use crate::base::error::{EngineError, Result};

/// How many rows a table has, and what each of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// Rows.
    pub rows: usize,
    /// Inputs per row.
    pub inputs: usize,
    /// Targets per row; none where rows are only predicted.
    pub targets: usize,
    /// Offsets per row: none, or one for each output.
    pub offsets: usize,
    /// Whether rows have case weights.
    pub case_weights: bool,
}

/// Room for the next rows of a stream, each slice row by row.
pub struct Chunk<'c, T> {
    /// Rows that there is room for.
    pub rows: usize,
    /// Inputs.
    pub inputs: &'c mut [T],
    /// Targets, in the precision of the network like all that goes through it.
    pub targets: &'c mut [T],
    /// Offsets; empty where the shape has none.
    pub offsets: &'c mut [T],
    /// Case weights; empty where the shape has none.
    pub case_weights: &'c mut [f64],
}

/// Rows in an order of their own, which come once in each pass. They are read on the thread that asks for a training or
/// a prediction, and on no other.
pub trait RowStream<T> {
    /// What the stream gives, which stays the same.
    fn shape(&self) -> TableShape;

    /// Goes back to the first row: each pass begins with this.
    ///
    /// # Errors
    /// Any; it is the result of the training or prediction.
    fn rewind(&mut self) -> Result<()>;

    /// Writes the next rows into a chunk, as many as it has room for, and tells how many those are: fewer only where
    /// there are no more.
    ///
    /// # Errors
    /// As for [`RowStream::rewind`]; [`EngineError::Stream`] says in words what failed.
    fn next(&mut self, chunk: &mut Chunk<'_, T>) -> Result<usize>;
}

impl<T, S: RowStream<T> + ?Sized> RowStream<T> for &mut S {
    fn shape(&self) -> TableShape {
        (**self).shape()
    }

    fn rewind(&mut self) -> Result<()> {
        (**self).rewind()
    }

    fn next(&mut self, chunk: &mut Chunk<'_, T>) -> Result<usize> {
        (**self).next(chunk)
    }
}

/// That a stream had fewer rows than it announced.
pub(super) fn ended_early(found: usize, announced: usize) -> EngineError {
    EngineError::Stream(format!("{found} rows where {announced} were announced"))
}
