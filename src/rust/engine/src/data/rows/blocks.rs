//! Streams that come in blocks: whoever gives the next rows gives as many as it likes, and training asks for as many as it likes.

use super::source::{RowSource, Selection};
use super::stream::{Chunk, RowStream, TableShape};
use crate::base::error::{EngineError, Result};
use crate::base::room::resize;
use crate::kernels::scalar::Scalar;

/// Some rows of a stream, all that each of them has, row by row in the precision of the network.
#[derive(Debug, Default)]
pub struct Block<T> {
    rows: usize,
    inputs: Vec<T>,
    targets: Vec<T>,
    offsets: Vec<T>,
    case_weights: Vec<f64>,
}

impl<T: Scalar> Block<T> {
    /// Bytes of so many rows.
    pub fn bytes(shape: &TableShape, rows: usize) -> f64 {
        let numbers = (shape.inputs + shape.targets + shape.offsets) * size_of::<T>();
        let weight = if shape.case_weights { size_of::<f64>() } else { 0 };
        rows as f64 * (numbers + weight) as f64
    }

    /// Rows that it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs, targets and offsets, row by row each, and case weights.
    pub fn parts(&self) -> (&[T], &[T], &[T], &[f64]) {
        (&self.inputs, &self.targets, &self.offsets, &self.case_weights)
    }

    /// Takes rows in place of those that it has.
    ///
    /// # Errors
    /// [`EngineError::Stream`] where the parts are not of the shape or have not as many rows; memory refused.
    pub fn fill(
        &mut self,
        shape: &TableShape,
        inputs: &dyn RowSource<T>,
        targets: &dyn RowSource<T>,
        offsets: Option<&dyn RowSource<T>>,
        case_weights: Option<&[f64]>,
    ) -> Result<()> {
        let rows = inputs.rows();
        let is = |what: &str, found: (usize, usize), columns: usize| match found == (rows, columns) {
            true => Ok(()),
            false => Err(EngineError::Stream(format!(
                "{what} of {} rows and {} columns where {rows} and {columns} were announced",
                found.0, found.1
            ))),
        };
        let extent = |source: &dyn RowSource<T>| (source.rows(), source.columns());
        is("inputs", extent(inputs), shape.inputs)?;
        is("targets", extent(targets), shape.targets)?;
        is("offsets", offsets.map_or((rows, 0), extent), shape.offsets)?;
        let weights = case_weights.map_or((rows, 0), |weights| (weights.len(), 1));
        is("case weights", weights, usize::from(shape.case_weights))?;
        resize(&mut self.inputs, rows * shape.inputs)?;
        resize(&mut self.targets, rows * shape.targets)?;
        resize(&mut self.offsets, rows * shape.offsets)?;
        resize(&mut self.case_weights, weights.1 * rows)?;
        self.rows = rows;
        if rows == 0 {
            return Ok(());
        }
        inputs.gather(Selection::Range(0..rows), &mut self.inputs);
        targets.gather(Selection::Range(0..rows), &mut self.targets);
        if let Some(offsets) = offsets {
            offsets.gather(Selection::Range(0..rows), &mut self.offsets);
        }
        if let Some(weights) = case_weights {
            self.case_weights.copy_from_slice(weights);
        }
        Ok(())
    }
}

/// Who gives blocks of rows.
pub trait BlockSource<T> {
    /// What the rows have, and how many there are.
    fn shape(&self) -> TableShape;

    /// Goes back to the first row.
    ///
    /// # Errors
    /// As for [`RowStream::rewind`].
    fn rewind(&mut self) -> Result<()>;

    /// Puts the next rows into a block, at least one; tells whether there were any more.
    ///
    /// # Errors
    /// As for [`RowStream::next`].
    fn next_block(&mut self, block: &mut Block<T>) -> Result<bool>;
}

/// The stream of the rows of all blocks.
pub struct Blocks<T, S> {
    source: S,
    shape: TableShape,
    block: Block<T>,
    /// The row of the block that comes next.
    next: usize,
    /// Rows given since the first.
    given: usize,
}

impl<T: Scalar, S: BlockSource<T>> Blocks<T, S> {
    /// A stream at its beginning.
    pub fn new(source: S) -> Blocks<T, S> {
        Blocks {
            shape: source.shape(),
            source,
            block: Block::default(),
            next: 0,
            given: 0,
        }
    }
}

/// Copies rows `rows` of `from`, of which each has so many numbers, to the place of the rows from `at` on.
fn put<V: Copy>(from: &[V], rows: std::ops::Range<usize>, columns: usize, to: &mut [V], at: usize) {
    let from = &from[rows.start * columns..rows.end * columns];
    to[at * columns..][..from.len()].copy_from_slice(from);
}

impl<T: Scalar, S: BlockSource<T>> RowStream<T> for Blocks<T, S> {
    fn shape(&self) -> TableShape {
        self.shape
    }

    fn rewind(&mut self) -> Result<()> {
        (self.next, self.given, self.block.rows) = (0, 0, 0);
        self.source.rewind()
    }

    fn next(&mut self, chunk: &mut Chunk<'_, T>) -> Result<usize> {
        let mut count = 0;
        while count < chunk.rows {
            if self.next == self.block.rows {
                self.next = 0;
                self.block.rows = 0;
                if !self.source.next_block(&mut self.block)? {
                    break;
                }
            }
            let (shape, block) = (&self.shape, &self.block);
            let rows = self.next..block.rows.min(self.next + chunk.rows - count);
            put(&block.inputs, rows.clone(), shape.inputs, chunk.inputs, count);
            put(&block.targets, rows.clone(), shape.targets, chunk.targets, count);
            put(&block.offsets, rows.clone(), shape.offsets, chunk.offsets, count);
            let weights = usize::from(shape.case_weights);
            put(
                &block.case_weights,
                rows.clone(),
                weights,
                chunk.case_weights,
                count,
            );
            count += rows.len();
            self.next = rows.end;
        }
        self.given += count;
        let left = self.block.rows - self.next;
        if self.given == self.shape.rows && left > 0 {
            return Err(EngineError::Stream(format!(
                "{} rows or more where {} were announced",
                self.given + left,
                self.shape.rows
            )));
        }
        Ok(count)
    }
}
