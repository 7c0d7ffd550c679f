//! Rows that R gives chunk by chunk, through functions, or says where to find: for training on more of them than memory holds.

use crate::arguments::{of_system, wrong, Fields};
use crate::inputs::{matrix, recipe, Encodings, Inputs, Precision};
use crate::interrupts::{answer_of, ask};
use crate::native::Native;
use backprop_engine::data::rows::{Block, BlockSource, Blocks, ColumnMajor, RowSource, TableShape};
use backprop_engine::data::Source;
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

/// Rows of a batch of an Arrow stream, as most makers have them by default.
const ROWS_OF_BATCH: usize = 1 << 16;
/// Batches in memory, as rows of the network: two ahead, the one that is used, and one to be made anew.
const BATCHES: f64 = 4.0;

/// Rows of which R has functions that give them.
///
/// It is `list(rows =, inputs =, targets =, offsets =, case_weights =, shuffle_bytes =, open =, next_rows =)` of class `"stream"`: how many
/// rows there are, how many columns `x`, `y` and `offset` have (no `offset`: 0), whether there are case weights, how many bytes of rows may wait to be
/// shuffled. `open()` goes to the first
/// row and says TRUE. `next_rows()` gives `list(x =, y =, case_weights =, offset =)` of the next rows, or TRUE when there are no more.
/// They let no condition escape: after an error they say FALSE, and whoever made them knows it; NULL stands for an interrupt.
/// Instead of the two functions there may be `native`, as [`Native`] reads it.
pub struct Stream<'a> {
    spec: &'a Fields,
    /// What the network gets of the rows.
    shape: TableShape,
    /// Columns that R gives as `x`.
    columns: usize,
    encodings: Option<Rc<Encodings>>,
    giver: Giver,
    /// Bytes of rows that wait to be given out in a random order.
    shuffle_bytes: f64,
    /// The first chunk, until it is asked for: it was read for its size.
    first: RefCell<Option<Robj>>,
    bytes: f64,
}

/// Who gives the rows.
enum Giver {
    Functions { open: Function, next_rows: Function },
    Native(Box<Native>),
}

impl<'a> Stream<'a> {
    /// Whether inputs are a stream.
    pub fn is(value: &Robj) -> bool {
        value.is_list() && value.inherits("stream")
    }

    /// Reads what R says of it, and its first rows.
    pub fn new(value: &Robj, spec: &'a Fields) -> Result<Stream<'a>> {
        let fields = Fields::new(value, "x")?;
        let function = |name: &str| -> Result<Function> {
            let value = fields.required(name)?;
            value.as_function().ok_or_else(|| wrong(name))
        };
        let columns = fields.count("inputs")?;
        let encodings = Encodings::of(spec, columns)?;
        let shape = TableShape {
            rows: fields.count("rows")?,
            inputs: encodings.as_ref().map_or(columns, |encodings| encodings.width()),
            targets: fields.count("targets")?,
            offsets: fields.count_or("offsets", 0)?,
            case_weights: fields.flag("case_weights")?,
        };
        let giver = match fields.get("native") {
            Some(native) => Giver::Native(Box::new(Native::new(native, &shape, columns)?)),
            None => Giver::Functions {
                open: function("open")?,
                next_rows: function("next_rows")?,
            },
        };
        let mut stream = Stream {
            spec,
            shape,
            columns,
            encodings,
            giver,
            shuffle_bytes: fields.number_or("shuffle_bytes", 0.0)?,
            first: RefCell::new(None),
            bytes: 0.0,
        };
        let Giver::Functions { open, next_rows } = &stream.giver else {
            stream.bytes = BATCHES * Block::<f64>::bytes(&stream.shape, ROWS_OF_BATCH);
            return Ok(stream);
        };
        go_to_first(open)?;
        let first = ask_for_rows(next_rows)?;
        if let Some(first) = &first {
            let rows = Fields::new(first, "rows of a stream")?.required("x")?.nrows();
            // As R has them, and as they wait to be asked for.
            stream.bytes = 2.0 * Block::<f64>::bytes(&stream.shape, rows);
        }
        stream.first.replace(first);
        Ok(stream)
    }

    pub fn shape(&self) -> TableShape {
        self.shape
    }

    /// Bytes that chunks as large as the first take at a time.
    pub fn bytes(&self) -> f64 {
        self.bytes
    }

    /// As what the engine takes.
    pub fn source<T: Precision>(&self) -> Result<Source<'_, T>> {
        Ok(match &self.giver {
            Giver::Native(native) => {
                let recipe = recipe::<T>(self.spec, native.plan(), self.columns, self.shape)?;
                Source::shuffled_stream(Blocks::new(native.rows(recipe)), self.shuffle_bytes)
            }
            Giver::Functions { open, next_rows } => {
                let rows = ByFunctions {
                    stream: self,
                    open,
                    next_rows,
                };
                Source::shuffled_stream(Blocks::new(rows), self.shuffle_bytes)
            }
        })
    }

    /// Puts rows as R gives them into a block.
    fn fill<T: Precision>(&self, rows: &Robj, block: &mut Block<T>) -> Result<()> {
        let fields = Fields::new(rows, "rows of a stream")?;
        let x = fields.required("x")?;
        if x.ncols() != self.columns {
            return Err(EngineError::Stream(format!(
                "{} columns where {} were announced",
                x.ncols(),
                self.columns
            )));
        }
        of_system().check(Block::<T>::bytes(&self.shape, x.nrows()), 0.0)?;
        let inputs = Inputs::encoded_by(x, self.spec, self.encodings.clone())?;
        let source = inputs.source::<T>()?;
        let targets = matrix(fields.required("y")?, "y")?;
        let offsets = fields.get("offset").map(|value| matrix(value, "offset"));
        let offsets = offsets.transpose()?;
        block.fill(
            &self.shape,
            source.rows(),
            as_rows(&targets),
            offsets.as_ref().map(as_rows),
            fields.numbers("case_weights")?,
        )
    }
}

fn as_rows<'r, T: Precision>(matrix: &'r ColumnMajor<'_>) -> &'r dyn RowSource<T> {
    T::rows_of_doubles(matrix)
}

fn go_to_first(open: &Function) -> Result<()> {
    match ask(open, pairlist!())? {
        true => Ok(()),
        false => Err(failed("could not be opened")),
    }
}

fn ask_for_rows(next_rows: &Function) -> Result<Option<Robj>> {
    let answer = answer_of(next_rows, pairlist!())?;
    match answer.as_bool() {
        Some(true) => Ok(None),
        Some(false) => Err(failed("could not be read")),
        None => Ok(Some(answer)),
    }
}

fn failed(what: &str) -> EngineError {
    EngineError::Stream(format!("it {what}"))
}

/// Rows that functions of R's give.
struct ByFunctions<'a> {
    stream: &'a Stream<'a>,
    open: &'a Function,
    next_rows: &'a Function,
}

impl<T: Precision> BlockSource<T> for ByFunctions<'_> {
    fn shape(&self) -> TableShape {
        self.stream.shape
    }

    fn rewind(&mut self) -> Result<()> {
        match self.stream.first.borrow().is_some() {
            true => Ok(()),
            false => go_to_first(self.open),
        }
    }

    fn next_block(&mut self, block: &mut Block<T>) -> Result<bool> {
        let first = self.stream.first.take();
        let rows = match first {
            None => ask_for_rows(self.next_rows)?,
            first => first,
        };
        match rows {
            None => Ok(false),
            Some(rows) => self.stream.fill(&rows, block).map(|()| true),
        }
    }
}
