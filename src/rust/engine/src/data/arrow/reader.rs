//! Reads an Arrow stream batch by batch: the columns that are wanted, as plain vectors, decoded ahead.

use super::array::ArrowArray;
use super::decode::{Batch, Column, Decoder};
use super::fault::faulty;
use super::feed::Feed;
use super::kind::Kind;
use super::pipeline::Work;
use super::schema::Field;
use super::stream::ArrowStream;
use crate::base::error::Result;
use crate::base::room::push;

/// Columns of a stream.
pub(super) struct Columns {
    /// Those that are read.
    pub fields: Vec<Field>,
    /// Those that are not, of which [`Kind::Refused`] says why.
    pub refused: Vec<Field>,
    /// Places of those that are read, among `all` columns.
    places: Vec<usize>,
    all: usize,
}

impl Columns {
    /// The wanted columns, in this order; by default all whose types are read, in the stream's.
    ///
    /// # Errors
    /// Those of the stream; [`EngineError::Stream`](crate::base::error::EngineError::Stream) for wanted columns that it has not, or of types that are not read.
    pub fn of(stream: &mut ArrowStream, wanted: Option<&[String]>) -> Result<Columns> {
        let all = stream.fields()?;
        let is_read = |field: &Field| !matches!(field.kind, Kind::Refused(_));
        let mut columns = Columns {
            fields: Vec::new(),
            refused: Vec::new(),
            places: Vec::new(),
            all: all.len(),
        };
        match wanted {
            None => {
                for (place, field) in all.into_iter().enumerate() {
                    if is_read(&field) {
                        push(&mut columns.fields, field)?;
                        push(&mut columns.places, place)?;
                    } else {
                        push(&mut columns.refused, field)?;
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
                    push(&mut columns.fields, all[place].clone())?;
                    push(&mut columns.places, place)?;
                }
            }
        }
        Ok(columns)
    }

    /// Who decodes them.
    pub fn decoder(&self) -> Decoder {
        Decoder::new(self.fields.clone(), self.places.clone(), self.all)
    }
}

impl Work for Decoder {
    type Made = Batch;

    fn work(&mut self, array: &ArrowArray, spare: Batch) -> Result<Batch> {
        let rows = self.rows(array)?;
        self.part(array, 0..rows, spare)
    }
}

/// Takes texts that a batch was the first to have to those of the batches before, column by column.
pub(super) fn add_levels(levels: &mut [Vec<String>], batch: &mut Batch) -> Result<()> {
    for (column, levels) in batch.columns.iter_mut().zip(levels) {
        if let Column::Levels { new, .. } = column {
            for text in std::mem::take(new) {
                push(levels, text)?;
            }
        }
    }
    Ok(())
}

/// Batches of a stream, in order.
pub struct ArrowReader {
    feed: Feed<Decoder>,
    columns: Columns,
    levels: Vec<Vec<String>>,
}

impl ArrowReader {
    /// A reader of the wanted columns, in this order; by default of all whose types are read, in the stream's.
    ///
    /// # Errors
    /// Those of the stream; [`EngineError::Stream`](crate::base::error::EngineError::Stream) for wanted columns that it has not, or of types that are not read.
    pub fn new(mut stream: ArrowStream, wanted: Option<&[String]>) -> Result<ArrowReader> {
        let columns = Columns::of(&mut stream, wanted)?;
        Ok(ArrowReader {
            feed: Feed::new(stream, || columns.decoder()),
            levels: columns.fields.iter().map(|_| Vec::new()).collect(),
            columns,
        })
    }

    /// The columns that are read.
    pub fn fields(&self) -> &[Field] {
        &self.columns.fields
    }

    /// The columns that are not, of which [`Kind::Refused`] says why.
    pub fn refused(&self) -> &[Field] {
        &self.columns.refused
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
        let mut batch = self.feed.next(Batch::default())?;
        if let Some(batch) = &mut batch {
            add_levels(&mut self.levels, batch)?;
        }
        Ok(batch)
    }
}
