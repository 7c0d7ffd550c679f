//! Rows of an Arrow stream as the network takes them, made ahead: another thread decodes batches, follows the plan, and recodes inputs.

use super::array::ArrowArray;
use super::decode::Decoder;
use super::feed::Feed;
use super::pipeline::Work;
use super::plan::Plan;
use super::reader::Columns;
use super::rows::{names_of, Passed, PlainRows, RowMaker, ROWS};
use super::stream::ArrowStream;
use crate::base::error::Result;
use crate::base::ranges::tiles;
use crate::base::room::push;
use crate::data::encoding::{Encoded, Encoding};
use crate::data::rows::{Block, ColumnMajor, RowSource, TableShape};
use crate::kernels::scalar::Scalar;
use std::sync::Arc;

/// What becomes of all rows of a reader.
#[derive(Debug)]
pub struct Recipe<T> {
    /// What is made of columns.
    pub plan: Arc<Plan>,
    /// Centers and scales of the inputs.
    pub moments: Option<(Vec<f64>, Vec<f64>)>,
    /// What becomes of them then.
    pub encoding: Option<Encoding<T>>,
    /// What comes out; how many rows does not matter.
    pub shape: TableShape,
}

impl<T: Scalar> Recipe<T> {
    fn fill(&self, rows: &PlainRows, block: &mut Block<T>) -> Result<()> {
        let matrix = |numbers, columns| ColumnMajor::new(numbers, rows.rows, columns);
        let plain = matrix(&rows.x, self.plan.width());
        let x = match &self.moments {
            Some((center, scale)) => plain.standardised(center, scale),
            None => plain,
        };
        let y = matrix(&rows.y, self.shape.targets);
        let offset = rows
            .offset
            .as_ref()
            .map(|offset| matrix(offset, self.shape.offsets));
        let offset = offset.as_ref().map(|offset| offset as &dyn RowSource<T>);
        let weights = rows.case_weights.as_deref();
        match &self.encoding {
            None => block.fill(&self.shape, &x, &y, offset, weights),
            Some(encoding) => block.fill(&self.shape, &Encoded::new(&x, encoding)?, &y, offset, weights),
        }
    }
}

/// What is made of a batch: blocks, of which the first `count` hold its rows.
#[derive(Default)]
struct Made<T> {
    blocks: Vec<Block<T>>,
    count: usize,
    passed: Passed,
}

struct Making<T> {
    decoder: Decoder,
    maker: RowMaker,
    rows: PlainRows,
    recipe: Arc<Recipe<T>>,
}

impl<T: Scalar> Work for Making<T> {
    type Made = Made<T>;

    fn work(&mut self, array: &ArrowArray, spare: Made<T>) -> Result<Made<T>> {
        let mut made = spare;
        made.count = 0;
        let rows = self.decoder.rows(array)?;
        let at_once = match self.decoder.has_dictionaries() {
            true => rows,
            false => ROWS,
        };
        for part in tiles(0..rows, at_once) {
            let used_up = self.maker.give_back();
            self.maker.take(self.decoder.part(array, part, used_up)?)?;
            while self.maker.next(&mut self.rows)? {
                if made.count == made.blocks.len() {
                    push(&mut made.blocks, Block::default())?;
                }
                self.recipe.fill(&self.rows, &mut made.blocks[made.count])?;
                made.count += 1;
            }
        }
        made.passed = self.maker.passed();
        Ok(made)
    }
}

/// Rows of one pass over a stream.
pub struct ArrowRows<T: Scalar> {
    feed: Feed<Making<T>>,
    made: Made<T>,
    /// The block that comes next.
    next: usize,
    passed: Passed,
}

impl<T: Scalar> ArrowRows<T> {
    /// The rows that a recipe makes of a stream, which follow so many of others.
    ///
    /// # Errors
    /// Those of the stream; [`EngineError::Stream`](crate::base::error::EngineError::Stream) for columns that it has not, or of other types than the plan has them.
    pub fn new(mut stream: ArrowStream, recipe: &Arc<Recipe<T>>, passed: Passed) -> Result<ArrowRows<T>> {
        let columns = Columns::of(&mut stream, Some(&names_of(&recipe.plan)?))?;
        let maker = RowMaker::new(&columns.fields, &recipe.plan, passed)?;
        let making = || Making {
            decoder: columns.decoder(),
            maker: maker.clone(),
            rows: PlainRows::default(),
            recipe: recipe.clone(),
        };
        Ok(ArrowRows {
            feed: Feed::new(stream, making),
            made: Made::default(),
            next: 0,
            passed,
        })
    }

    /// Releases the stream; rows of another one follow those that were given.
    pub fn end(self) -> Passed {
        self.passed
    }

    /// Puts the next rows into a block, in place of those that it has; tells whether there were any more.
    ///
    /// # Errors
    /// Those of the producer, after all batches before; [`EngineError::Stream`](crate::base::error::EngineError::Stream), with column and row, for gaps that
    /// are refused, levels that are not the plan's, case weights and offsets that are none, in place of the whole batch.
    pub fn next_block(&mut self, block: &mut Block<T>) -> Result<bool> {
        while self.next == self.made.count {
            let spare = std::mem::take(&mut self.made);
            self.next = 0;
            match self.feed.next(spare)? {
                None => return Ok(false),
                Some(made) => self.made = made,
            }
            self.passed = self.made.passed;
        }
        // What the block had is made anew.
        std::mem::swap(block, &mut self.made.blocks[self.next]);
        self.next += 1;
        Ok(true)
    }
}
