//! A matrix stored column by column, as R has it, becomes rows in the precision of the network.

use crate::base::ranges::tiles;
use crate::kernels::instruction_set::kernel;
use crate::kernels::pack::{prefetch, Pack, BLOCK};
use crate::kernels::scalar::Scalar;
use std::ops::Range;

/// Columns side by side, at most: [`Scalar::LANES`] of the narrowest type.
const WIDEST: usize = 16;
/// Rows between what is asked for and what is read. The numbers of a few rows lie apart by the height
/// of the matrix, which the processor does not foresee.
const AHEAD: usize = 8 * BLOCK;

/// A matrix in memory, column by column, and how its columns are standardised.
#[derive(Clone, Copy)]
pub struct Columns<'a> {
    /// The numbers.
    pub data: &'a [f64],
    /// Numbers per column.
    pub height: usize,
    /// Number of columns.
    pub count: usize,
    /// Centers and scales of the columns.
    pub standardise: Option<(&'a [f64], &'a [f64])>,
}

impl Columns<'_> {
    #[inline(always)]
    fn numbers(&self, column: usize, rows: Range<usize>) -> &[f64] {
        &self.data[column * self.height..][rows]
    }

    /// Numbers of a column, standardised and in another precision.
    #[inline(always)]
    fn convert<T: Scalar>(&self, column: usize, rows: Range<usize>, to: &mut [T; BLOCK]) {
        match self.standardise {
            None => convert(self.numbers(column, rows), to, |x| x),
            Some((center, scale)) => {
                let (center, scale) = (center[column], scale[column]);
                convert(self.numbers(column, rows), to, |x| (x - center) / scale);
            }
        }
    }

    /// Asks the processor for what will be read when the work has come to `row`: of these columns,
    /// or beyond the last row, at the top of the columns after them.
    #[inline(always)]
    fn ask_for(&self, row: usize, columns: Range<usize>, rows: &Range<usize>) {
        let (columns, row) = match row < rows.end {
            true => (columns, row),
            false => (
                columns.end..self.count.min(columns.end + columns.len()),
                row - rows.end + rows.start,
            ),
        };
        if row < rows.end {
            for column in columns {
                prefetch(self.numbers(column, row..row + 1));
            }
        }
    }
}

#[inline(always)]
fn convert<T: Scalar>(from: &[f64], to: &mut [T; BLOCK], standardise: impl Fn(f64) -> f64) {
    // Of a known length, this is a few vector instructions.
    match <&[f64; BLOCK]>::try_from(from) {
        Ok(from) => *to = from.map(|x| T::of(standardise(x))),
        Err(_) => {
            for (to, &x) in to.iter_mut().zip(from) {
                *to = T::of(standardise(x));
            }
        }
    }
}

kernel! {
    /// Writes rows into `out`, one after the other without gaps.
    pub fn rows_of_columns<T: Scalar>(columns: Columns<'_>, rows: Range<usize>, out: &mut [T])
        = rows_of_columns_body [8 8 8]
}

/// # Safety
/// The processor must have the instruction set of `P`.
#[inline(always)]
unsafe fn rows_of_columns_body<T: Scalar, P: Pack<T>, const ROWS: usize>(
    columns: Columns<'_>,
    rows: Range<usize>,
    out: &mut [T],
) {
    const { assert!(ROWS == BLOCK && T::LANES <= WIDEST) };
    assert_eq!(out.len(), rows.len() * columns.count, "room for the rows");
    let mut converted = [[T::zero(); BLOCK]; WIDEST];
    // As many columns side by side as fill a cache line of the rows.
    for side_by_side in tiles(0..columns.count, T::LANES) {
        for block in tiles(rows.clone(), BLOCK) {
            columns.ask_for(block.start + AHEAD, side_by_side.clone(), &rows);
            for (column, numbers) in side_by_side.clone().zip(&mut converted) {
                columns.convert(column, block.clone(), numbers);
            }
            let out = &mut out[(block.start - rows.start) * columns.count..];
            for (columns_here, numbers) in
                tiles(side_by_side.clone(), BLOCK).zip(converted.chunks_exact(BLOCK))
            {
                if block.len() == BLOCK && columns_here.len() == BLOCK {
                    let corner = &mut out[columns_here.start..(BLOCK - 1) * columns.count + columns_here.end];
                    // SAFETY: the set is the caller's promise; `numbers` holds a block, and `corner` goes
                    // from its first place to its last.
                    unsafe { P::transpose(numbers.as_ptr().cast(), corner.as_mut_ptr(), columns.count) };
                    continue;
                }
                for row in 0..block.len() {
                    let out = &mut out[row * columns.count..][columns_here.clone()];
                    for (number, column) in out.iter_mut().zip(numbers) {
                        *number = column[row];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::instruction_set::InstructionSet;

    fn is_transposed<T: Scalar>() {
        for (height, count) in [(1, 1), (3, 2), (8, 8), (9, 16), (40, 17), (200, 33), (131, 100)] {
            let data: Vec<f64> = (0..height * count).map(|i| i as f64 * 0.5).collect();
            let center: Vec<f64> = (0..count).map(|c| c as f64).collect();
            let scale: Vec<f64> = (0..count).map(|c| 1.0 + c as f64).collect();
            for standardise in [None, Some((&center[..], &scale[..]))] {
                let columns = Columns {
                    data: &data,
                    height,
                    count,
                    standardise,
                };
                for rows in [0..height, height / 3..height, height / 3..height / 2] {
                    for set in InstructionSet::available() {
                        let mut out = vec![T::zero(); rows.len() * count];
                        rows_of_columns(set, columns, rows.clone(), &mut out);
                        for (index, &number) in out.iter().enumerate() {
                            let (row, column) = (rows.start + index / count, index % count);
                            let x = data[column * height + row];
                            let wanted = match standardise {
                                None => x,
                                Some(_) => (x - center[column]) / scale[column],
                            };
                            assert_eq!(number, T::of(wanted), "{height} x {count}, {rows:?}, {set:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn rows_are_those_of_the_columns() {
        is_transposed::<f64>();
        is_transposed::<f32>();
    }
}
