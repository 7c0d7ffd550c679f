//! What becomes of a table's columns on their way into the network: a number may be bent (clipped
//! smoothly, or put in the place that it has among those of the training), and it may be joined by
//! pieces, which say how far it has come through each of the intervals between some edges.
//!
//! It happens as rows are gathered: the table itself is never stored in this wider form.

use crate::base::error::{EngineError, Result};
use crate::base::room::{collected, push, room};
use crate::base::threads::Team;
use crate::data::rows::{RowSource, Selection};
use crate::kernels::scalar::Scalar;
use std::ops::Range;

/// How a standardised number z is bent.
#[derive(Clone, Debug, PartialEq)]
pub enum Bend {
    /// Not at all.
    Straight,
    /// z / sqrt(1 + (z / 3)²): hardly any different near 0, and never beyond ±3 (Holzmüller et al., 2024).
    Clipped,
    /// Along the straight lines between the points (knot, value); beyond the last ones as flat as there.
    Interpolated {
        /// Where the lines meet, ascending.
        knots: Vec<f64>,
        /// What comes out there.
        values: Vec<f64>,
    },
}

/// Where [`Bend::Clipped`] ends.
const LARGEST: f64 = 3.0;

/// What becomes of one column. Bends and edges are of standardised numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnEncoding {
    /// How the number itself is bent.
    pub bend: Bend,
    /// Ascending edges of intervals, each of which makes an input: 0 before it, 1 behind it, and in between the
    /// share of the way through it (piecewise-linear encoding: Gorishniy, Rubachev and Babenko, 2022). None or one make nothing.
    pub edges: Vec<f64>,
}

/// The encoding of all columns, in the precision of the network. The inputs are first the columns in their order, then the
/// pieces of the first column that has any, and so on.
#[derive(Debug)]
pub struct Encoding<T> {
    bends: Vec<(usize, BendIn<T>)>,
    pieces: Vec<(usize, Range<usize>)>,
    starts: Vec<T>,
    slopes: Vec<T>,
    columns: usize,
}

#[derive(Debug)]
enum BendIn<T> {
    Clipped,
    Interpolated { knots: Vec<T>, values: Vec<T> },
}

impl<T: Scalar> Encoding<T> {
    /// Of the given columns.
    ///
    /// # Errors
    /// [`EngineError::Config`] for edges or knots that do not ascend; memory refused.
    pub fn new(columns: &[ColumnEncoding]) -> Result<Encoding<T>> {
        let ascend = |numbers: &[f64]| {
            numbers.iter().all(|number| number.is_finite())
                && numbers.windows(2).all(|pair| pair[0] < pair[1])
        };
        let count = columns
            .iter()
            .map(|column| column.edges.len().saturating_sub(1))
            .sum();
        let mut encoding = Encoding {
            bends: Vec::new(),
            pieces: Vec::new(),
            starts: room(count)?,
            slopes: room(count)?,
            columns: columns.len(),
        };
        for (number, column) in columns.iter().enumerate() {
            if !ascend(&column.edges) {
                return Err(EngineError::config(format!(
                    "edges of column {number} that do not ascend"
                )));
            }
            match &column.bend {
                Bend::Straight => {}
                Bend::Clipped => push(&mut encoding.bends, (number, BendIn::Clipped))?,
                Bend::Interpolated { knots, values } => {
                    if knots.is_empty() || knots.len() != values.len() || !ascend(knots) {
                        return Err(EngineError::config(format!(
                            "knots of column {number} that do not ascend"
                        )));
                    }
                    let of = |numbers: &[f64]| collected(numbers.iter().map(|&number| T::of(number)));
                    let (knots, values) = (of(knots)?, of(values)?);
                    push(
                        &mut encoding.bends,
                        (number, BendIn::Interpolated { knots, values }),
                    )?;
                }
            }
            let first = encoding.starts.len();
            for edges in column.edges.windows(2) {
                push(&mut encoding.starts, T::of(edges[0]))?;
                push(&mut encoding.slopes, T::of(1.0 / (edges[1] - edges[0])))?;
            }
            if encoding.starts.len() > first {
                push(&mut encoding.pieces, (number, first..encoding.starts.len()))?;
            }
        }
        Ok(encoding)
    }

    /// Inputs that come out.
    pub fn width(&self) -> usize {
        self.columns + self.starts.len()
    }

    /// Encodes a row whose columns stand at its beginning.
    fn encode(&self, row: &mut [T]) {
        let (columns, pieces) = row.split_at_mut(self.columns);
        for (column, range) in &self.pieces {
            let number = columns[*column];
            let (starts, slopes) = (&self.starts[range.clone()], &self.slopes[range.clone()]);
            for ((piece, &start), &slope) in pieces[range.clone()].iter_mut().zip(starts).zip(slopes) {
                // Of what is no number it makes 0; that the row has none is seen in the column itself.
                *piece = ((number - start) * slope).max(T::zero()).min(T::one());
            }
        }
        for (column, bend) in &self.bends {
            columns[*column] = bend.of(columns[*column]);
        }
    }
}

impl<T: Scalar> BendIn<T> {
    fn of(&self, number: T) -> T {
        match self {
            BendIn::Clipped => {
                let share = number / T::of(LARGEST);
                number / (T::one() + share * share).sqrt()
            }
            BendIn::Interpolated { knots, values } => {
                if !number.is_finite() {
                    return T::nan();
                }
                let last = knots.len() - 1;
                match knots.partition_point(|&knot| knot <= number) {
                    0 => values[0],
                    next if next > last => values[last],
                    next => {
                        let (low, high) = (knots[next - 1], knots[next]);
                        let share = (number - low) / (high - low);
                        values[next - 1] + share * (values[next] - values[next - 1])
                    }
                }
            }
        }
    }
}

/// The columns of a source, encoded as they are gathered.
pub struct Encoded<'a, T> {
    columns: Columns<'a, T>,
    encoding: &'a Encoding<T>,
}

enum Columns<'a, T> {
    Given(&'a dyn RowSource<T>),
    Copied(Box<dyn RowSource<T> + 'a>),
}

impl<'a, T: Scalar> Encoded<'a, T> {
    /// The columns of `source`, of which the encoding must have as many.
    ///
    /// # Errors
    /// [`EngineError::Config`] where it has not.
    pub fn new(source: &'a dyn RowSource<T>, encoding: &'a Encoding<T>) -> Result<Encoded<'a, T>> {
        let columns = Columns::Given(source);
        match source.columns() == encoding.columns {
            true => Ok(Encoded { columns, encoding }),
            false => Err(EngineError::config(format!(
                "an encoding of {} columns for {}",
                encoding.columns,
                source.columns()
            ))),
        }
    }

    fn source(&self) -> &dyn RowSource<T> {
        match &self.columns {
            Columns::Given(source) => *source,
            Columns::Copied(source) => source.as_ref(),
        }
    }
}

impl<T: Scalar> RowSource<T> for Encoded<'_, T> {
    fn rows(&self) -> usize {
        self.source().rows()
    }

    fn columns(&self) -> usize {
        self.encoding.width()
    }

    fn is_scattered(&self) -> bool {
        self.source().is_scattered()
    }

    fn bytes(&self) -> f64 {
        self.source().bytes()
    }

    fn row_major<'s>(&'s self, team: &Team) -> Result<Box<dyn RowSource<T> + 's>> {
        Ok(Box::new(Encoded {
            columns: Columns::Copied(self.source().row_major(team)?),
            encoding: self.encoding,
        }))
    }

    fn row_major_bytes(&self) -> f64 {
        self.source().row_major_bytes()
    }

    fn non_finite_columns(&self, team: &Team) -> Result<Vec<usize>> {
        self.source().non_finite_columns(team)
    }

    fn gather(&self, selection: Selection<'_>, out: &mut [T]) {
        let (rows, narrow, wide) = (selection.len(), self.encoding.columns, self.encoding.width());
        let out = &mut out[..rows * wide];
        // The columns are put at the end of the room, from where each row moves to its place: what is written
        // never comes before what is still to be read.
        let behind = rows * (wide - narrow);
        self.source().gather(selection, &mut out[behind..]);
        for row in 0..rows {
            let from = behind + row * narrow;
            out.copy_within(from..from + narrow, row * wide);
            self.encoding.encode(&mut out[row * wide..(row + 1) * wide]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::threads::with_team;
    use crate::data::rows::{Chosen, ColumnMajor};

    fn columns() -> Vec<ColumnEncoding> {
        let plain = |edges: &[f64]| ColumnEncoding {
            bend: Bend::Straight,
            edges: edges.to_vec(),
        };
        vec![
            plain(&[0.0, 1.0, 4.0]),
            ColumnEncoding {
                bend: Bend::Clipped,
                edges: vec![],
            },
            ColumnEncoding {
                bend: Bend::Interpolated {
                    knots: vec![0.0, 2.0],
                    values: vec![-1.0, 1.0],
                },
                edges: vec![-1.0, 1.0],
            },
        ]
    }

    #[test]
    fn a_row_is_encoded_as_the_definition_says() {
        let data = [0.5, 2.5, 9.0, 3.0, -3.0, 0.0, 0.5, 7.0, -5.0];
        let source = ColumnMajor::new(&data, 3, 3);
        let encoding = Encoding::<f64>::new(&columns()).unwrap();
        let encoded = Encoded::new(&source, &encoding).unwrap();
        assert_eq!((encoded.rows(), encoded.columns()), (3, 6));
        let mut out = [9.0; 18];
        encoded.gather(Selection::Range(0..3), &mut out);
        let half = 3.0 / 2f64.sqrt();
        assert_eq!(out[..6], [0.5, half, -0.5, 0.5, 0.0, 0.75]);
        assert_eq!(out[6..12], [2.5, -half, 1.0, 1.0, 0.5, 1.0]);
        assert_eq!(out[12..], [9.0, 0.0, -1.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn copies_and_choices_give_the_same_rows() {
        let (rows, count) = (301, 3);
        let data: Vec<f64> = (0..rows * count)
            .map(|i| ((i * 37) % 101) as f64 / 25.0 - 2.0)
            .collect();
        let encoding = Encoding::<f32>::new(&columns()).unwrap();
        let source = ColumnMajor::new(&data, rows, count);
        let encoded = Encoded::new(&source, &encoding).unwrap();
        let listed: Vec<u32> = (0..300).map(|i| (i * 7 % 301) as u32).collect();
        let width = encoded.columns();
        let mut wanted = vec![0.0f32; listed.len() * width];
        encoded.gather(Selection::Listed(&listed), &mut wanted);
        with_team(2, |team| {
            let copy = encoded.row_major(team).unwrap();
            assert!(encoded.is_scattered() && !copy.is_scattered());
            // The copy is of the columns alone.
            assert_eq!(copy.bytes(), encoded.row_major_bytes());
            assert!(copy.bytes() < (rows * (count + 1) * size_of::<f32>()) as f64);
            let chosen = Chosen::new(copy.as_ref(), &listed).unwrap();
            let mut found = vec![0.0f32; wanted.len()];
            chosen.gather(Selection::Range(0..300), &mut found);
            assert_eq!(found, wanted);
            let backwards: Vec<u32> = (0..300).rev().collect();
            chosen.gather(Selection::Listed(&backwards), &mut found);
            let rows: Vec<&[f32]> = wanted.chunks(width).rev().collect();
            assert_eq!(found, rows.concat());
            assert!(Chosen::new(copy.as_ref(), &[301]).is_err());
        });
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let data = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for column in columns() {
            let encoding = Encoding::<f64>::new(&[column]).unwrap();
            let source = ColumnMajor::new(&data, 3, 1);
            let encoded = Encoded::new(&source, &encoding).unwrap();
            let mut out = vec![0.0; 3 * encoded.columns()];
            encoded.gather(Selection::Range(0..3), &mut out);
            assert!(out.chunks(encoded.columns()).all(|row| !row[0].is_finite()));
        }
    }

    #[test]
    fn edges_and_knots_must_ascend() {
        let with = |bend: Bend, edges: &[f64]| {
            let edges = edges.to_vec();
            Encoding::<f64>::new(&[ColumnEncoding { bend, edges }])
        };
        assert!(with(Bend::Straight, &[0.0, 1.0, 1.0]).is_err());
        assert!(with(Bend::Straight, &[0.0, f64::NAN]).is_err());
        let bend = Bend::Interpolated {
            knots: vec![1.0, 0.0],
            values: vec![0.0, 1.0],
        };
        assert!(with(bend, &[]).is_err());
    }
}
