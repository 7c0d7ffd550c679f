//! Reads an Arrow stream batch by batch: the columns that are wanted, as plain vectors, decoded ahead.

use super::decode::{Batch, Column, Decoder};
use super::fault::faulty;
use super::kind::Kind;
use super::pipeline::{Pipeline, AHEAD};
use super::schema::Field;
use super::stream::ArrowStream;
use crate::base::error::{EngineError, Result};
use crate::base::room::push;

/// Batches of a stream, in order.
pub struct ArrowReader {
    // Dropped first, with the arrays that it holds.
    pipeline: Pipeline,
    stream: ArrowStream,
    fields: Vec<Field>,
    refused: Vec<Field>,
    levels: Vec<Vec<String>>,
    /// What went wrong behind the batches that are on their way.
    failed: Option<EngineError>,
    ended: bool,
    /// Whether a batch could not be decoded: those behind it are not given either.
    broken: bool,
}

impl ArrowReader {
    /// A reader of the wanted columns, in this order; by default of all whose types are read, in the stream's.
    ///
    /// # Errors
    /// Those of the stream; [`EngineError::Stream`] for wanted columns that it has not, or of types that are not read.
    pub fn new(mut stream: ArrowStream, wanted: Option<&[String]>) -> Result<ArrowReader> {
        let all = stream.fields()?;
        let columns = all.len();
        let is_read = |field: &Field| !matches!(field.kind, Kind::Refused(_));
        let (mut fields, mut places, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        match wanted {
            None => {
                for (place, field) in all.into_iter().enumerate() {
                    if is_read(&field) {
                        push(&mut fields, field)?;
                        push(&mut places, place)?;
                    } else {
                        push(&mut refused, field)?;
                    }
                }
            }
            Some(names) => {
                for name in names {
                    let Some(place) = all.iter().position(|field| &field.name == name) else {
                        return Err(faulty(format!("the stream has no column `{name}`")));
                    };
                    if let Kind::Refused(words) = &all[place].kind {
                        return Err(faulty(format!("column `{name}` is {words}, which is not read")));
                    }
                    push(&mut fields, all[place].clone())?;
                    push(&mut places, place)?;
                }
            }
        }
        let decoder = || Decoder::new(fields.clone(), places.clone(), columns);
        Ok(ArrowReader {
            pipeline: Pipeline::new(decoder),
            levels: fields.iter().map(|_| Vec::new()).collect(),
            stream,
            fields,
            refused,
            failed: None,
            ended: false,
            broken: false,
        })
    }

    /// The columns that are read.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The columns that are not, of which [`Kind::Refused`] says why.
    pub fn refused(&self) -> &[Field] {
        &self.refused
    }

    /// The texts that a column has had in the batches so far: those that its codes are numbers of.
    pub fn levels(&self, column: usize) -> &[String] {
        &self.levels[column]
    }

    /// The next batch, of which there may be some without rows; none at the end.
    ///
    /// # Errors
    /// Those of the producer, in its words, after all batches before; batches that are not as their schema says; memory refused.
    pub fn next_batch(&mut self) -> Result<Option<Batch>> {
        self.fetch()?;
        if self.pipeline.waiting() == 0 || self.broken {
            return self.failed.clone().map_or(Ok(None), Err);
        }
        let mut batch = match self.pipeline.take() {
            Ok(batch) => batch,
            Err(error) => {
                (self.ended, self.broken) = (true, true);
                self.failed = Some(error.clone());
                return Err(error);
            }
        };
        for (column, levels) in batch.columns.iter_mut().zip(&mut self.levels) {
            if let Column::Levels { new, .. } = column {
                for text in std::mem::take(new) {
                    push(levels, text)?;
                }
            }
        }
        // The next ones are decoded while this one is used.
        self.fetch()?;
        Ok(Some(batch))
    }

    fn fetch(&mut self) -> Result<()> {
        while !self.ended && self.pipeline.waiting() < AHEAD {
            match self.stream.next_array() {
                Ok(Some(array)) => self.pipeline.give(array)?,
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.failed = Some(error);
                    self.ended = true;
                }
            }
        }
        Ok(())
    }
}
