//! Arrow streams that R code opens: where they are, and their batches as columns of R's.

use crate::arguments::{of_system, wrong, Fields};
use crate::results::{self, answer};
use backprop_engine::data::arrow::{
    ArrowArrayStream, ArrowReader, ArrowStream, Batch, Column, Kind, MISSING_CODE,
};
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;

/// Bytes of a text in R beside its own, about.
const BYTES_OF_TEXT: f64 = 100.0;

/// The stream at an address: an external pointer's, or a number, as such or as text; or `list(address =)`.
pub fn stream_at(source: &Robj) -> Result<ArrowStream> {
    if source.is_list() {
        return stream_at(Fields::new(source, "stream")?.required("address")?);
    }
    let address = if source.is_external_pointer() {
        // SAFETY: an external pointer; what it points to, the caller has looked at.
        unsafe { source.external_ptr_addr::<ArrowArrayStream>() }
    } else {
        let number = match source.as_str() {
            Some(text) => text.parse().ok(),
            None => source
                .as_real()
                .filter(|number| *number >= 0.0)
                .map(|number| number as usize),
        };
        number.ok_or_else(|| wrong("stream"))? as *mut ArrowArrayStream
    };
    // SAFETY: R code says that there is a stream, as it would to any program that takes one over.
    unsafe { ArrowStream::take(address) }
}

/// What R holds of a stream that is being read.
struct Reading {
    /// None once it is closed.
    reader: Option<ArrowReader>,
    batch: Batch,
    /// The row of the batch that comes next.
    next: usize,
    /// The texts of each column so far as R has them.
    levels: Vec<Robj>,
}

/// Room for a stream that another program exports: it writes to `address`, and `engine_arrow_open()` takes it from there. `holder` keeps the
/// room, and what was exported and never taken is released with it.
/// @noRd
#[extendr]
fn engine_arrow_allocate() -> List {
    answer(|| {
        let room = Box::new(ArrowArrayStream::empty());
        let address = (&raw const *room) as usize;
        Ok(list!(
            error = (),
            holder = ExternalPtr::new(room),
            address = address.to_string()
        ))
    })
}

/// Takes over the Arrow stream at `source`, an external pointer or an address; `columns` are those to be read, NULL for all whose types are.
/// @noRd
#[extendr]
fn engine_arrow_open(source: Robj, columns: Robj) -> List {
    answer(|| {
        let wanted: Option<Vec<String>> = match columns.is_null() {
            true => None,
            false => Some(columns.as_string_vector().ok_or_else(|| wrong("columns"))?),
        };
        let reader = ArrowReader::new(stream_at(&source)?, wanted.as_deref())?;
        let kinds = reader.fields().iter().map(|field| match field.kind {
            Kind::Null | Kind::Flag => "flag",
            Kind::Text(_) => "text",
            Kind::Dictionary(..) => "levels",
            _ => "number",
        });
        let reason = |kind: &Kind| match kind {
            Kind::Refused(words) => words.replace('\0', " "),
            _ => String::new(),
        };
        let names: Vec<&str> = reader.fields().iter().map(|field| field.name.as_str()).collect();
        let refused: Vec<&str> = reader.refused().iter().map(|field| field.name.as_str()).collect();
        let reasons: Vec<String> = reader.refused().iter().map(|field| reason(&field.kind)).collect();
        let answer = list!(
            error = (),
            names = names,
            kinds = kinds.collect::<Vec<_>>(),
            refused = refused,
            reasons = reasons
        );
        let levels = reader.fields().iter().map(|_| Robj::from(())).collect();
        let reading = Reading {
            reader: Some(reader),
            batch: Batch::default(),
            next: 0,
            levels,
        };
        let mut pairs: Vec<(&str, Robj)> = answer.iter().collect();
        pairs.push(("reader", ExternalPtr::new(reading).into()));
        Ok(List::from_pairs(pairs))
    })
}

fn reading(reader: Robj) -> Result<ExternalPtr<Reading>> {
    reader.try_into().map_err(|_| wrong("reader"))
}

/// The next rows, at most so many: their columns, numbers of texts where these are texts, and the texts that there were so far. `rows` is NULL at
/// the end.
/// @noRd
#[extendr]
fn engine_arrow_next(reader: Robj, rows: f64) -> List {
    answer(|| {
        let mut held = reading(reader)?;
        let Reading {
            reader,
            batch,
            next,
            levels,
        } = held.try_addr_mut().map_err(|_| wrong("reader"))?;
        let reader = reader
            .as_mut()
            .ok_or_else(|| EngineError::Stream("the Arrow stream is closed".to_string()))?;
        while *next == batch.rows {
            *next = 0;
            // The former batch goes before the next one comes.
            *batch = Batch::default();
            match reader.next_batch()? {
                Some(more) => *batch = more,
                None => return Ok(list!(error = (), rows = ())),
            }
        }
        let part = *next..batch.rows.min(next.saturating_add(rows.max(1.0) as usize));
        let mut columns = Vec::new();
        for (column, values) in batch.columns.iter().enumerate() {
            columns.push(match values {
                Column::Doubles(numbers) => results::doubles(numbers[part.clone()].iter().copied())?,
                Column::Integers(numbers) => results::integers(numbers[part.clone()].iter().copied())?,
                Column::Flags(flags) => results::flags(flags[part.clone()].iter().copied())?,
                Column::Levels { codes, .. } => {
                    let texts = reader.levels(column);
                    if levels[column].len() != texts.len() {
                        let bytes: usize = texts.iter().map(String::len).sum();
                        of_system().check(bytes as f64 + BYTES_OF_TEXT * texts.len() as f64, 0.0)?;
                        levels[column] = texts.iter().map(String::as_str).collect_robj();
                    }
                    let code = |&code: &i32| match code {
                        MISSING_CODE => i32::MIN,
                        code => code + 1,
                    };
                    results::integers(codes[part.clone()].iter().map(code))?
                }
            });
        }
        *next = part.end;
        Ok(list!(
            error = (),
            rows = part.len() as f64,
            columns = List::from_values(columns),
            levels = List::from_values(levels.iter().cloned())
        ))
    })
}

/// Releases a stream before its end, or after.
/// @noRd
#[extendr]
fn engine_arrow_close(reader: Robj) -> List {
    answer(|| {
        let mut held = reading(reader)?;
        let reading = held.try_addr_mut().map_err(|_| wrong("reader"))?;
        reading.reader = None;
        (reading.batch, reading.next) = (Batch::default(), 0);
        Ok(list!(error = ()))
    })
}

extendr_module! {
    mod arrow;
    fn engine_arrow_allocate;
    fn engine_arrow_open;
    fn engine_arrow_next;
    fn engine_arrow_close;
}
