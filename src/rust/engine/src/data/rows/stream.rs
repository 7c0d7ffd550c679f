//! Rows that can only be read forward: of a file, a query, a function that gives the next of them.
//!
//! A stream gives all that belongs to a row together: inputs, target, case weight and offset. So they lie in the files
//! and queries that streams are made of, and what is larger than memory has more targets than fit there too: kept
//! apart, these would have to be read in a pass of their own, and held.

use super::shuffle::{rows_of_buffer, OrderKey, Shuffle};
use super::source::all_finite;
use crate::base::error::{EngineError, Result};
use crate::base::room::collected;
use crate::kernels::scalar::Scalar;
use std::ops::Range;

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

/// Reads a stream pass by pass, and lets nothing through that is not what it should be.
pub struct Reader<'a, T> {
    stream: Box<dyn RowStream<T> + 'a>,
    shape: TableShape,
    /// The row that comes next.
    next: usize,
    /// Rows that there may be in a buffer, to be shuffled.
    buffer_rows: usize,
    buffer: Option<Box<Shuffle<T>>>,
    /// By what the next pass is to be shuffled, and whether this one is.
    next_order: Option<OrderKey>,
    is_shuffled: bool,
}

impl<'a, T: Scalar> Reader<'a, T> {
    /// A reader at the beginning of a stream.
    pub fn new(stream: impl RowStream<T> + 'a) -> Reader<'a, T> {
        let shape = stream.shape();
        Reader {
            stream: Box::new(stream),
            shape,
            next: 0,
            buffer_rows: 0,
            buffer: None,
            next_order: None,
            is_shuffled: false,
        }
    }

    /// The same with a buffer of so many bytes, through which rows can be shuffled.
    pub fn with_buffer(mut self, bytes: f64) -> Reader<'a, T> {
        self.buffer_rows = rows_of_buffer::<T>(&self.shape, bytes);
        self
    }

    /// Rows that the buffer holds.
    pub fn buffer_rows(&self) -> usize {
        self.buffer_rows
    }

    /// Has the next pass come in an order of its own: that of an epoch. There must be a buffer; all other passes are in order.
    ///
    /// # Errors
    /// Memory refused.
    pub fn shuffle_next(&mut self, seed: u64, epoch: u64) -> Result<()> {
        if self.buffer.is_none() {
            self.buffer = Some(Box::new(Shuffle::new(self.shape, self.buffer_rows)?));
        }
        self.next_order = Some((seed, epoch));
        Ok(())
    }

    /// What the stream gives.
    pub fn shape(&self) -> TableShape {
        self.shape
    }

    /// Reads rows into a chunk with room for just them: the first rows, or those that follow the last ones read.
    ///
    /// # Errors
    /// Those of the stream; [`EngineError::Stream`] where it ends early; numbers that are not finite, of this chunk; case
    /// weights that are none; [`EngineError::Config`] for rows out of order.
    pub fn read(&mut self, rows: Range<usize>, mut chunk: Chunk<'_, T>) -> Result<()> {
        if rows.start == 0 {
            self.stream.rewind()?;
            self.next = 0;
            let order = self.next_order.take();
            self.is_shuffled = order.is_some();
            if let (Some(buffer), Some(order)) = (&mut self.buffer, order) {
                buffer.begin(order, &mut *self.stream)?;
            }
        }
        if rows.start != self.next {
            return Err(EngineError::config("rows of a stream out of their order"));
        }
        let found = match &mut self.buffer {
            Some(buffer) if self.is_shuffled => buffer.next(&mut chunk, &mut *self.stream)?,
            _ => self.stream.next(&mut chunk)?,
        };
        if found != rows.len() {
            return Err(ended_early(rows.start + found, self.shape.rows));
        }
        self.next = rows.end;
        check(chunk.targets, self.shape.targets, EngineError::NonFiniteTargets)?;
        check(chunk.inputs, self.shape.inputs, EngineError::NonFiniteInputs)?;
        let is_weight = |weight: &f64| (0.0..=f64::MAX).contains(weight);
        match chunk.case_weights.iter().all(is_weight) {
            true => Ok(()),
            false => Err(EngineError::config(
                "case weights that are negative or not finite",
            )),
        }
    }
}

/// That a stream had fewer rows than it announced.
pub(super) fn ended_early(found: usize, announced: usize) -> EngineError {
    EngineError::Stream(format!("{found} rows where {announced} were announced"))
}

/// Refuses rows with numbers that are not finite, naming the columns.
fn check<T: Scalar>(numbers: &[T], columns: usize, error: fn(Vec<usize>) -> EngineError) -> Result<()> {
    if all_finite(numbers) {
        return Ok(());
    }
    let is_wrong = |column: &usize| {
        let mut of_column = numbers.iter().skip(*column).step_by(columns);
        of_column.any(|number| !number.is_finite())
    };
    Err(error(collected((0..columns).filter(is_wrong))?))
}
