//! Who reads a stream: pass by pass, in order or through a buffer that shuffles, and with a look at every number.

use super::shuffle::{rows_of_buffer, OrderKey, Shuffle};
use super::source::all_finite;
use super::stream::{ended_early, Chunk, RowStream, TableShape};
use crate::base::error::{EngineError, Result};
use crate::base::room::collected;
use crate::kernels::scalar::Scalar;
use std::ops::Range;

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
