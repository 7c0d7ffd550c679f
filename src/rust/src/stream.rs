//! Rows that R gives chunk by chunk, through functions: for training on more of them than memory holds.

use crate::arguments::{of_system, wrong, Fields};
use crate::inputs::{matrix, Encodings, Inputs, Precision};
use crate::interrupts::{answer_of, ask};
use backprop_engine::data::rows::{Block, BlockSource, Blocks, ColumnMajor, RowSource, TableShape};
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

/// Rows of which R has functions that give them.
///
/// It is `list(rows =, inputs =, targets =, offsets =, case_weights =, open =, next_rows =)` of class `"stream"`: how many rows there
/// are, how many columns `x`, `y` and `offset` have (no `offset`: 0), whether there are case weights. `open()` goes to the first
/// row and says TRUE. `next_rows()` gives `list(x =, y =, case_weights =, offset =)` of the next rows, or TRUE when there are no more.
/// They let no condition escape: after an error they say FALSE, and whoever made them knows it; NULL stands for an interrupt.
pub struct Stream<'a> {
    spec: &'a Fields,
    /// What the network gets of the rows.
    shape: TableShape,
    /// Columns that R gives as `x`.
    columns: usize,
    encodings: Option<Rc<Encodings>>,
    open: Function,
    next_rows: Function,
    /// The first chunk, until it is asked for: it was read for its size.
    first: RefCell<Option<Robj>>,
    bytes: f64,
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
        let mut stream = Stream {
            spec,
            shape: TableShape {
                rows: fields.count("rows")?,
                inputs: encodings.as_ref().map_or(columns, |encodings| encodings.width()),
                targets: fields.count("targets")?,
                offsets: fields.count_or("offsets", 0)?,
                case_weights: fields.flag("case_weights")?,
            },
            columns,
            encodings,
            open: function("open")?,
            next_rows: function("next_rows")?,
            first: RefCell::new(None),
            bytes: 0.0,
        };
        stream.go_to_first()?;
        let first = stream.ask_for_rows()?;
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
    pub fn rows<T: Precision>(&self) -> Blocks<T, &Stream<'a>> {
        Blocks::new(self)
    }

    fn go_to_first(&self) -> Result<()> {
        match ask(&self.open, pairlist!())? {
            true => Ok(()),
            false => Err(failed("could not be opened")),
        }
    }

    fn ask_for_rows(&self) -> Result<Option<Robj>> {
        let answer = answer_of(&self.next_rows, pairlist!())?;
        match answer.as_bool() {
            Some(true) => Ok(None),
            Some(false) => Err(failed("could not be read")),
            None => Ok(Some(answer)),
        }
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
        fn as_rows<'r, T: Precision>(matrix: &'r ColumnMajor<'_>) -> &'r dyn RowSource<T> {
            T::rows_of_doubles(matrix)
        }
        block.fill(
            &self.shape,
            source.rows(),
            as_rows(&targets),
            offsets.as_ref().map(as_rows),
            fields.numbers("case_weights")?,
        )
    }
}

fn failed(what: &str) -> EngineError {
    EngineError::Stream(format!("it {what}"))
}

impl<T: Precision> BlockSource<T> for &Stream<'_> {
    fn shape(&self) -> TableShape {
        self.shape
    }

    fn rewind(&mut self) -> Result<()> {
        match self.first.borrow().is_some() {
            true => Ok(()),
            false => self.go_to_first(),
        }
    }

    fn next_block(&mut self, block: &mut Block<T>) -> Result<bool> {
        let first = self.first.take();
        let rows = match first {
            None => self.ask_for_rows()?,
            first => first,
        };
        match rows {
            None => Ok(false),
            Some(rows) => self.fill(&rows, block).map(|()| true),
        }
    }
}
