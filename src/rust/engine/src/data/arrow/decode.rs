//! Columns of a batch as plain vectors.

use super::array::{ArrowArray, View};
use super::fault::{faulty, of_column};
use super::kind::{Kind, Text, Whole};
use super::levels::Levels;
use super::schema::Field;
use crate::base::error::Result;
use crate::base::room::{filled, room};
use std::ops::Range;

/// A missing whole number or flag; R's.
pub const MISSING_INTEGER: i32 = i32::MIN;
/// The number of a text that is missing.
pub const MISSING_CODE: i32 = -1;
/// Whole numbers up to this are doubles of the same value.
const LARGEST_EXACT: u64 = 1 << 53;
/// Bytes of a view of a text: length, then the text itself or its first bytes, buffer and place.
const VIEW_BYTES: usize = 16;
/// Texts up to this length lie in their view.
const LONGEST_INSIDE: usize = 12;

/// A missing number: R's NaN, which its low word tells from those that computations give.
pub fn missing_number() -> f64 {
    f64::from_bits(0x7ff0_0000_0000_07a2)
}

/// Whether a number is a missing one, and no other NaN.
pub fn is_missing(number: f64) -> bool {
    number.is_nan() && number.to_bits() as u32 == 1954
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; missing ones as [`missing_number`].
    Doubles(Vec<f64>),
    /// Whole numbers; missing ones as [`MISSING_INTEGER`].
    Integers(Vec<i32>),
    /// 0 and 1; missing ones as [`MISSING_INTEGER`].
    Flags(Vec<i32>),
    /// Texts by number; missing ones as [`MISSING_CODE`].
    Levels {
        /// Numbers of texts, of all that the stream has had.
        codes: Vec<i32>,
        /// Those that this batch was the first to have; they follow those before. A reader takes them to the others.
        new: Vec<String>,
    },
}

/// Rows, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Rows.
    pub rows: usize,
    /// Columns, as many values in each.
    pub columns: Vec<Column>,
}

/// Decodes the columns of batches that are wanted, and remembers their texts.
pub(super) struct Decoder {
    fields: Vec<Field>,
    /// Places of the fields among the columns of a batch.
    places: Vec<usize>,
    /// Columns of a batch.
    columns: usize,
    levels: Vec<Levels>,
}

impl Decoder {
    /// One for the given fields, which are at these of so many columns.
    pub fn new(fields: Vec<Field>, places: Vec<usize>, columns: usize) -> Decoder {
        let levels = fields.iter().map(|_| Levels::default()).collect();
        Decoder {
            fields,
            places,
            columns,
            levels,
        }
    }

    /// Whether a part of a batch costs as much as the whole: a dictionary is there whole.
    pub fn has_dictionaries(&self) -> bool {
        let mut kinds = self.fields.iter().map(|field| &field.kind);
        kinds.any(|kind| matches!(kind, Kind::Dictionary(..)))
    }

    /// How many rows a batch has.
    ///
    /// # Errors
    /// [`EngineError::Stream`](crate::base::error::EngineError::Stream) for what is not well made.
    pub fn rows(&self, array: &ArrowArray) -> Result<usize> {
        Ok(self.extent(array)?.0)
    }

    fn extent(&self, array: &ArrowArray) -> Result<(usize, usize)> {
        let whole = |error| match error {
            crate::base::error::EngineError::Stream(words) => faulty(format!("a batch {words}")),
            other => other,
        };
        let extent = array.extent().map_err(whole)?;
        if array.n_children != self.columns as i64 {
            let (found, wanted) = (array.n_children, self.columns);
            return Err(faulty(format!(
                "a batch has {found} columns where the schema has {wanted}"
            )));
        }
        if array.null_count > 0 {
            return Err(faulty("a batch has rows that are missing as a whole"));
        }
        Ok(extent)
    }

    /// The columns of some of the rows of a batch, of which it has so many, in the room of a batch that is used up, where they can be.
    ///
    /// # Errors
    /// [`EngineError::Stream`](crate::base::error::EngineError::Stream), with the column's name, for what is not well made or cannot be told
    /// as plain values; memory refused.
    pub fn part(&mut self, array: &ArrowArray, part: Range<usize>, spare: Batch) -> Result<Batch> {
        let (rows, skip) = (part.len(), self.extent(array)?.1 + part.start);
        let mut columns = room(self.fields.len())?;
        let mut spare = spare.columns.into_iter();
        for ((field, &place), levels) in self.fields.iter().zip(&self.places).zip(&mut self.levels) {
            let child = array.child(place);
            let spare = match spare.next() {
                Some(Column::Doubles(numbers)) => numbers,
                _ => Vec::new(),
            };
            let column = child.and_then(|child| column(child, &field.kind, skip, rows, levels, spare));
            columns.push(column.map_err(|error| of_column(&field.name, error))?);
        }
        Ok(Batch { rows, columns })
    }
}

fn column(
    array: &ArrowArray,
    kind: &Kind,
    skip: usize,
    rows: usize,
    levels: &mut Levels,
    spare: Vec<f64>,
) -> Result<Column> {
    if let Kind::Refused(words) = kind {
        return Err(faulty(format!("is {words}, which is not read")));
    }
    let view = View::new(array, kind, skip, rows)?;
    match kind {
        Kind::Null => Ok(Column::Flags(filled(rows, MISSING_INTEGER)?)),
        Kind::Flag => {
            let mut flags = all(view.bits(1)?.map(i32::from))?;
            view.mark(&mut flags, MISSING_INTEGER);
            Ok(Column::Flags(flags))
        }
        Kind::Whole(whole) => whole_numbers(&view, *whole),
        Kind::Half => doubles(&view, all(view.each(1, 0)?.map(of_half))?),
        Kind::Single => doubles(&view, all_in(spare, view.each::<f32>(1, 0)?.map(f64::from))?),
        Kind::Double => doubles(&view, all_in(spare, view.each(1, 0)?)?),
        Kind::Text(text) => {
            let codes = texts(&view, *text, levels)?;
            let new = levels.take_new();
            Ok(Column::Levels { codes, new })
        }
        Kind::Dictionary(codes, text) => {
            let values = texts(&view.dictionary(&Kind::Text(*text))?, *text, levels)?;
            let codes = translated(&view, *codes, &values)?;
            let new = levels.take_new();
            Ok(Column::Levels { codes, new })
        }
        Kind::Refused(_) => unreachable!("refused above"),
    }
}

/// What an iterator gives, in room that is taken at once.
fn all<V>(values: impl ExactSizeIterator<Item = V>) -> Result<Vec<V>> {
    let mut all = room(values.len())?;
    all.extend(values);
    Ok(all)
}

/// The same in the room of other numbers.
fn all_in(spare: Vec<f64>, values: impl ExactSizeIterator<Item = f64>) -> Result<Vec<f64>> {
    if spare.capacity() < values.len() {
        return all(values);
    }
    let mut all = spare;
    all.clear();
    all.extend(values);
    Ok(all)
}

fn doubles(view: &View<'_>, mut numbers: Vec<f64>) -> Result<Column> {
    view.mark(&mut numbers, missing_number());
    Ok(Column::Doubles(numbers))
}

/// Whole numbers that fit, as such; others as doubles of the same value.
fn whole_numbers(view: &View<'_>, whole: Whole) -> Result<Column> {
    let integers = |mut numbers: Vec<i32>| {
        view.mark(&mut numbers, MISSING_INTEGER);
        Ok(Column::Integers(numbers))
    };
    match whole {
        Whole::I8 => integers(all(view.each::<i8>(1, 0)?.map(i32::from))?),
        Whole::U8 => integers(all(view.each::<u8>(1, 0)?.map(i32::from))?),
        Whole::I16 => integers(all(view.each::<i16>(1, 0)?.map(i32::from))?),
        Whole::U16 => integers(all(view.each::<u16>(1, 0)?.map(i32::from))?),
        Whole::I32 => {
            let numbers: Vec<i32> = all(view.each(1, 0)?)?;
            let smallest = |(row, &number): (usize, &i32)| number == MISSING_INTEGER && view.is_valid(row);
            match numbers.iter().enumerate().any(smallest) {
                true => Err(faulty(
                    "has -2147483648, which stands for a missing whole number: cast it to double",
                )),
                false => integers(numbers),
            }
        }
        Whole::U32 => doubles(view, all(view.each::<u32>(1, 0)?.map(f64::from))?),
        Whole::I64 => {
            exact(view, view.each::<i64>(1, 0)?.map(i64::unsigned_abs))?;
            doubles(view, all(view.each::<i64>(1, 0)?.map(|number| number as f64))?)
        }
        Whole::U64 => {
            exact(view, view.each::<u64>(1, 0)?)?;
            doubles(view, all(view.each::<u64>(1, 0)?.map(|number| number as f64))?)
        }
    }
}

/// Refuses numbers that no double is.
fn exact(view: &View<'_>, mut sizes: impl Iterator<Item = u64>) -> Result<()> {
    // Mostly none is large; where one is, it may be in the place of a missing value.
    let mut row = 0;
    let large = sizes.any(|size| {
        row += 1;
        size > LARGEST_EXACT && view.is_valid(row - 1)
    });
    match large {
        true => Err(faulty(
            "has whole numbers beyond 2^53, which no double holds: cast it to double, or to string",
        )),
        false => Ok(()),
    }
}

/// A number of 16 bits (IEEE 754).
fn of_half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 {
        -size
    } else {
        size
    }
}

/// The numbers of texts.
fn texts(view: &View<'_>, text: Text, levels: &mut Levels) -> Result<Vec<i32>> {
    match text {
        Text::Short => ended(view, view.each::<i32>(1, 1)?.map(i64::from), levels),
        Text::Long => ended(view, view.each::<i64>(1, 1)?, levels),
        Text::View => viewed(view, levels),
    }
}

/// Texts that follow each other in a buffer, by where they end.
fn ended(
    view: &View<'_>,
    mut ends: impl ExactSizeIterator<Item = i64>,
    levels: &mut Levels,
) -> Result<Vec<i32>> {
    let mut codes = room(view.rows)?;
    let mut from = ends.next().unwrap_or(0);
    for (row, end) in ends.enumerate() {
        if from < 0 || end < from {
            return Err(faulty("has texts that end before they begin"));
        }
        if end > from && view.buffer(2).is_null() {
            return Err(faulty("has rows and no values"));
        }
        codes.push(match view.is_valid(row) {
            // SAFETY: not null; the producer says by these numbers that the bytes are there.
            true => levels.code(unsafe { view.bytes(2, from as usize, (end - from) as usize) })?,
            false => MISSING_CODE,
        });
        from = end;
    }
    Ok(codes)
}

/// Texts that lie in their views, or in one of several buffers, of which the last buffer has the sizes.
fn viewed(view: &View<'_>, levels: &mut Levels) -> Result<Vec<i32>> {
    let count = view.buffers() - 3;
    let sizes: *const i64 = view.buffer(view.buffers() - 1).cast();
    if count > 0 && sizes.is_null() {
        return Err(faulty("does not say how large its buffers are"));
    }
    let mut codes = room(view.rows)?;
    for (row, bytes) in view.each::<[u8; VIEW_BYTES]>(1, 0)?.enumerate() {
        if !view.is_valid(row) {
            codes.push(MISSING_CODE);
            continue;
        }
        let word = |from: usize| {
            i32::from_ne_bytes([bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]])
        };
        let whole = |number: i32| {
            usize::try_from(number).map_err(|_| faulty("has texts of negative length or place"))
        };
        let length = whole(word(0))?;
        if length <= LONGEST_INSIDE {
            codes.push(levels.code(&bytes[4..4 + length])?);
            continue;
        }
        let (buffer, from) = (whole(word(8))?, whole(word(12))?);
        // SAFETY: the buffer of sizes has one for each of the others.
        let is_there =
            buffer < count && (from + length) as i64 <= unsafe { sizes.add(buffer).read_unaligned() };
        if !is_there || view.buffer(2 + buffer).is_null() {
            return Err(faulty("has texts beyond its buffers"));
        }
        // SAFETY: within the size that the producer tells, and not null.
        codes.push(levels.code(unsafe { view.bytes(2 + buffer, from, length) })?);
    }
    Ok(codes)
}

/// The numbers of a dictionary's texts as those that the texts have in the stream.
fn translated(view: &View<'_>, codes: Whole, values: &[i32]) -> Result<Vec<i32>> {
    match codes {
        Whole::I8 => looked_up(view, view.each::<i8>(1, 0)?.map(i64::from), values),
        Whole::U8 => looked_up(view, view.each::<u8>(1, 0)?.map(i64::from), values),
        Whole::I16 => looked_up(view, view.each::<i16>(1, 0)?.map(i64::from), values),
        Whole::U16 => looked_up(view, view.each::<u16>(1, 0)?.map(i64::from), values),
        Whole::I32 => looked_up(view, view.each::<i32>(1, 0)?.map(i64::from), values),
        Whole::U32 => looked_up(view, view.each::<u32>(1, 0)?.map(i64::from), values),
        Whole::I64 => looked_up(view, view.each::<i64>(1, 0)?, values),
        Whole::U64 => looked_up(view, view.each::<u64>(1, 0)?.map(|code| code as i64), values),
    }
}

fn looked_up(view: &View<'_>, codes: impl Iterator<Item = i64>, values: &[i32]) -> Result<Vec<i32>> {
    let mut found = room(view.rows)?;
    for (row, code) in codes.enumerate() {
        let value = usize::try_from(code).ok().and_then(|code| values.get(code));
        found.push(match (view.is_valid(row), value) {
            (false, _) => MISSING_CODE,
            (true, Some(&value)) => value,
            (true, None) => return Err(faulty("has numbers beyond its dictionary")),
        });
    }
    Ok(found)
}
