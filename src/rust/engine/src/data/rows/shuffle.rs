//! Rows of a stream in a random order: through a buffer of as many as there is room for.
//!
//! The buffer takes the first B rows of the stream. Then, for each row that is wanted, a place of the buffer is drawn, every place as
//! likely as any other; the row there is given out, and the next row of the stream takes its place. When the stream has no more rows, the last
//! of the buffer moves there, and the buffer shrinks. With B rows or fewer in all this is a shuffle of all of them, every order as likely
//! as any other. Else the row at place i of the stream (from 0) comes out at place i − B + 1 at the earliest and, if there are enough rows after it,
//! around place i: the steps that it waits in the buffer are geometric, B on average, more than kB with a chance of e^−k. So rows that lie a few B
//! apart hardly ever meet in a mini-batch: of a file that is sorted, by class for example, the order remains beyond that distance.
//!
//! Places are drawn by (seed, [`Purpose::Shuffle`], epoch), one for each row given out: the order does not depend on how many rows
//! are read or asked for at a time, and an epoch has the same order in whichever training it is made. It does depend on B.

use super::stream::{ended_early, Chunk, RowStream, TableShape};
use crate::base::error::Result;
use crate::base::random::{stream, Purpose};
use crate::base::ranges::copy_short;
use crate::base::room::filled;
use crate::kernels::pack::prefetch;
use crate::kernels::scalar::Scalar;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Rows that are read, and drawn, at a time.
const ROWS_AT_ONCE: usize = 512;
/// Rows given out between asking for one and taking it.
const AHEAD: usize = 8;

/// The seed and the epoch by which a pass is shuffled.
pub(crate) type OrderKey = (u64, u64);

/// How many rows a buffer of so many bytes holds: not more than there are.
pub(super) fn rows_of_buffer<T: Scalar>(shape: &TableShape, bytes: f64) -> usize {
    let rows = bytes / bytes_of_row::<T>(shape).max(1) as f64;
    // Places are drawn as numbers of 32 bits.
    rows.min(shape.rows as f64).min(f64::from(u32::MAX)) as usize
}

fn numbers_of_row(shape: &TableShape) -> usize {
    shape.inputs + shape.targets + shape.offsets
}

fn bytes_of_row<T>(shape: &TableShape) -> usize {
    numbers_of_row(shape) * size_of::<T>() + usize::from(shape.case_weights) * size_of::<f64>()
}

/// A buffer of rows.
pub(crate) struct Shuffle<T> {
    shape: TableShape,
    capacity: usize,
    /// All numbers of a row together: inputs, targets, offsets.
    rows: Vec<T>,
    case_weights: Vec<f64>,
    /// Rows in it.
    len: usize,
    /// Rows of the stream read in this pass.
    read: usize,
    generator: Xoshiro256PlusPlus,
    /// Rows that were just read.
    inputs: Vec<T>,
    targets: Vec<T>,
    offsets: Vec<T>,
    weights: Vec<f64>,
    /// Places drawn.
    places: Vec<u32>,
}

impl<T: Scalar> Shuffle<T> {
    /// Bytes of a buffer of so many rows.
    pub fn bytes(shape: &TableShape, capacity: usize) -> f64 {
        let rows = (capacity + ROWS_AT_ONCE) as f64;
        rows * bytes_of_row::<T>(shape) as f64 + (ROWS_AT_ONCE * size_of::<u32>()) as f64
    }

    /// An empty buffer for so many rows.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(shape: TableShape, capacity: usize) -> Result<Shuffle<T>> {
        let weights = |rows: usize| filled(if shape.case_weights { rows } else { 0 }, 0.0);
        let numbers = |count: usize| filled(count, T::zero());
        Ok(Shuffle {
            rows: numbers(capacity * numbers_of_row(&shape))?,
            case_weights: weights(capacity)?,
            len: 0,
            read: 0,
            generator: stream(0, Purpose::Shuffle, 0, 0),
            inputs: numbers(ROWS_AT_ONCE * shape.inputs)?,
            targets: numbers(ROWS_AT_ONCE * shape.targets)?,
            offsets: numbers(ROWS_AT_ONCE * shape.offsets)?,
            weights: weights(ROWS_AT_ONCE)?,
            places: filled(ROWS_AT_ONCE, 0)?,
            shape,
            capacity,
        })
    }

    /// Begins a pass over a stream that is at its first row.
    ///
    /// # Errors
    /// As for [`RowStream::next`].
    pub fn begin(&mut self, key: OrderKey, source: &mut dyn RowStream<T>) -> Result<()> {
        self.generator = stream(key.0, Purpose::Shuffle, key.1, 0);
        (self.len, self.read) = (0, 0);
        while self.len < self.capacity {
            let count = ROWS_AT_ONCE.min(self.capacity - self.len);
            self.fetch(count, source)?;
            for row in 0..count {
                self.put(row, self.len + row);
            }
            self.len += count;
        }
        Ok(())
    }

    /// Reads so many rows of the stream.
    fn fetch(&mut self, count: usize, source: &mut dyn RowStream<T>) -> Result<()> {
        let shape = &self.shape;
        let mut chunk = Chunk {
            rows: count,
            inputs: &mut self.inputs[..count * shape.inputs],
            targets: &mut self.targets[..count * shape.targets],
            offsets: &mut self.offsets[..count * shape.offsets],
            case_weights: &mut self.weights[..if shape.case_weights { count } else { 0 }],
        };
        let found = source.next(&mut chunk)?;
        self.read += found;
        match found == count {
            true => Ok(()),
            false => Err(ended_early(self.read, shape.rows)),
        }
    }

    /// Puts a row that was read at a place of the buffer.
    fn put(&mut self, row: usize, place: usize) {
        let shape = &self.shape;
        let width = numbers_of_row(shape);
        let record = &mut self.rows[place * width..][..width];
        let (inputs, rest) = record.split_at_mut(shape.inputs);
        let (targets, offsets) = rest.split_at_mut(shape.targets);
        copy_row(&self.inputs[row * shape.inputs..][..shape.inputs], inputs);
        copy_row(&self.targets[row * shape.targets..][..shape.targets], targets);
        copy_row(&self.offsets[row * shape.offsets..][..shape.offsets], offsets);
        if shape.case_weights {
            self.case_weights[place] = self.weights[row];
        }
    }

    /// Copies the row at a place of the buffer to a row of a chunk.
    fn give(&self, place: usize, chunk: &mut Chunk<'_, T>, row: usize) {
        let shape = &self.shape;
        let width = numbers_of_row(shape);
        let record = &self.rows[place * width..][..width];
        let (inputs, rest) = record.split_at(shape.inputs);
        let (targets, offsets) = rest.split_at(shape.targets);
        copy_row(inputs, &mut chunk.inputs[row * shape.inputs..][..shape.inputs]);
        copy_row(
            targets,
            &mut chunk.targets[row * shape.targets..][..shape.targets],
        );
        copy_row(
            offsets,
            &mut chunk.offsets[row * shape.offsets..][..shape.offsets],
        );
        if shape.case_weights {
            chunk.case_weights[row] = self.case_weights[place];
        }
    }

    /// Fills a chunk with the rows that come next in the order of the pass, of which there are enough.
    ///
    /// # Errors
    /// As for [`RowStream::next`].
    pub fn next(&mut self, chunk: &mut Chunk<'_, T>, source: &mut dyn RowStream<T>) -> Result<usize> {
        let wanted = chunk.rows.min(self.len + self.shape.rows - self.read);
        let mut first = 0;
        while first < wanted {
            let count = ROWS_AT_ONCE.min(wanted - first);
            let fresh = count.min(self.shape.rows - self.read);
            if fresh > 0 {
                self.fetch(fresh, source)?;
            }
            for row in 0..count {
                let len = self.len - row.saturating_sub(fresh);
                self.places[row] = self.generator.random_range(0..len as u32);
            }
            let width = numbers_of_row(&self.shape);
            for row in 0..count {
                if let Some(&coming) = self.places[..count].get(row + AHEAD) {
                    prefetch(&self.rows[coming as usize * width..][..width]);
                }
                let place = self.places[row] as usize;
                self.give(place, chunk, first + row);
                match row < fresh {
                    true => self.put(row, place),
                    false => self.shrink(place),
                }
            }
            first += count;
        }
        Ok(wanted)
    }

    /// The last row takes this place.
    fn shrink(&mut self, place: usize) {
        self.len -= 1;
        let width = numbers_of_row(&self.shape);
        let last = self.len * width;
        self.rows.copy_within(last..last + width, place * width);
        if self.shape.case_weights {
            self.case_weights[place] = self.case_weights[self.len];
        }
    }
}

fn copy_row<T: Copy>(from: &[T], to: &mut [T]) {
    match from.len() {
        0..=64 => copy_short(from, to),
        _ => to.copy_from_slice(from),
    }
}
