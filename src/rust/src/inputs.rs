//! The inputs that R passes: matrices of numbers, sparse ones, and what becomes of their columns.

use crate::arguments::{of_system, wrong, Fields};
use backprop_engine::base::room::{copied, push};
use backprop_engine::base::threads::Team;
use backprop_engine::data::arrow::{Plan, Recipe};
use backprop_engine::data::encoding::{Bend, ColumnEncoding, Encoded, Encoding};
use backprop_engine::data::rows::{ColumnMajor, Element, RowSource, SparseRows, TableShape};
use backprop_engine::{Compiled, EngineError, Result};
use extendr_api::prelude::*;
use std::rc::Rc;
use std::sync::Arc;

/// A numeric matrix; a plain vector counts as one column.
pub fn matrix<'a>(value: &'a Robj, what: &str) -> Result<ColumnMajor<'a>> {
    matrix_of(value, value.as_real_slice(), what)
}

fn matrix_of<'a, E: Element>(value: &Robj, data: Option<&'a [E]>, what: &str) -> Result<ColumnMajor<'a, E>> {
    let data = data.ok_or_else(|| wrong(what))?;
    let (rows, columns) = (value.nrows(), value.ncols());
    if rows * columns != data.len() {
        return Err(wrong(what));
    }
    Ok(ColumnMajor::new(data, rows, columns))
}

/// What so many columns are centred and divided by, if they are.
fn moments(spec: &Fields, columns: usize) -> Result<Option<(&[f64], &[f64])>> {
    match (spec.numbers("center")?, spec.numbers("scale")?) {
        (Some(center), Some(scale)) if center.len() == columns && scale.len() == columns => {
            Ok(Some((center, scale)))
        }
        (None, None) => Ok(None),
        _ => Err(wrong("center")),
    }
}

fn scaled<'a, E: Element>(
    matrix: ColumnMajor<'a, E>,
    moments: Option<(&'a [f64], &'a [f64])>,
) -> ColumnMajor<'a, E> {
    match moments {
        Some((center, scale)) => matrix.standardised(center, scale),
        None => matrix,
    }
}

/// The numbers of an integer or logical vector.
pub fn integers(value: &Robj) -> Option<&[i32]> {
    value.as_integer_slice().or_else(|| {
        let flags: &[Rbool] = value.as_logical_slice()?;
        // SAFETY: R stores a logical as an int, and Rbool is one (repr(transparent)).
        Some(unsafe { std::slice::from_raw_parts(flags.as_ptr().cast(), flags.len()) })
    })
}

/// The parts of R's `dgCMatrix`, as R passes them: `list(i, p, x, dim)`.
pub struct Sparse<'a> {
    pub starts: &'a [i32],
    pub rows_of: &'a [i32],
    pub numbers: &'a [f64],
    pub rows: usize,
    pub columns: usize,
}

impl<'a> Sparse<'a> {
    pub fn new(fields: &'a Fields) -> Result<Sparse<'a>> {
        let integers = |name: &str| -> Result<&'a [i32]> {
            fields
                .required(name)?
                .as_integer_slice()
                .ok_or_else(|| wrong(name))
        };
        let &[rows, columns] = integers("dim")? else {
            return Err(wrong("dim"));
        };
        Ok(Sparse {
            starts: integers("p")?,
            rows_of: integers("i")?,
            numbers: fields.numbers("x")?.ok_or_else(|| wrong("x"))?,
            rows: rows.max(0) as usize,
            columns: columns.max(0) as usize,
        })
    }

    /// Refuses parts that do not fit together.
    pub fn check(&self) -> Result<()> {
        SparseRows::check_columns(self.starts, self.rows_of, self.numbers, self.rows, self.columns)
    }
}

/// Rows of inputs that are a matrix or the parts of a sparse one, and the bytes that reading them takes:
/// row by row, what is sparse is there once more.
pub fn extent(value: &Robj) -> Result<(usize, f64)> {
    if !value.is_list() {
        return Ok((value.nrows(), 0.0));
    }
    let fields = Fields::new(value, "x")?;
    let parts = Sparse::new(&fields)?;
    Ok((parts.rows, SparseRows::bytes_of(parts.rows, parts.numbers.len())))
}

/// Inputs, dense or sparse, standardised and encoded as the specification says.
pub struct Inputs<'a> {
    matrix: Matrix<'a>,
    encodings: Option<Rc<Encodings>>,
}

enum Matrix<'a> {
    Dense(ColumnMajor<'a>),
    Integers(ColumnMajor<'a, i32>),
    Sparse(SparseRows<'a>),
}

/// The encoding of the columns in both precisions, of which a network wants one.
pub struct Encodings {
    double: Encoding<f64>,
    single: Encoding<f32>,
}

impl Encodings {
    /// The encoding of so many columns, where a specification has one.
    pub fn of(spec: &Fields, columns: usize) -> Result<Option<Rc<Encodings>>> {
        let Some(columns) = column_encodings(spec, columns)? else {
            return Ok(None);
        };
        Ok(Some(Rc::new(Encodings {
            double: Encoding::new(&columns)?,
            single: Encoding::new(&columns)?,
        })))
    }

    /// Inputs that come out.
    pub fn width(&self) -> usize {
        self.double.width()
    }
}

/// A number type that R can ask for.
pub trait Precision: Compiled {
    fn encoding(encodings: &Encodings) -> &Encoding<Self>;
    /// The number that these bytes of a raw vector are, in the order of this machine.
    fn of_bytes(bytes: &[u8]) -> Self;
    /// Puts its bytes there.
    fn put_bytes(self, bytes: &mut [u8]);
}

impl Precision for f64 {
    fn encoding(encodings: &Encodings) -> &Encoding<f64> {
        &encodings.double
    }

    fn of_bytes(bytes: &[u8]) -> f64 {
        f64::from_ne_bytes(bytes.try_into().unwrap_or_default())
    }

    fn put_bytes(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_ne_bytes());
    }
}

impl Precision for f32 {
    fn encoding(encodings: &Encodings) -> &Encoding<f32> {
        &encodings.single
    }

    fn of_bytes(bytes: &[u8]) -> f32 {
        f32::from_ne_bytes(bytes.try_into().unwrap_or_default())
    }

    fn put_bytes(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_ne_bytes());
    }
}

/// Inputs as the engine takes them.
pub enum Source<'a, T> {
    Columns(&'a dyn RowSource<T>),
    Encoded(Encoded<'a, T>),
}

impl<T: Compiled> Source<'_, T> {
    pub fn rows(&self) -> &dyn RowSource<T> {
        match self {
            Source::Columns(columns) => *columns,
            Source::Encoded(encoded) => T::rows_of_encoded(encoded),
        }
    }
}

impl<'a> Inputs<'a> {
    /// Reads a matrix or the parts of a sparse one.
    pub fn new(value: &'a Robj, spec: &'a Fields) -> Result<Inputs<'a>> {
        let matrix = Matrix::new(value, spec)?;
        let encodings = Encodings::of(spec, matrix.source::<f64>().columns())?;
        Ok(Inputs { matrix, encodings })
    }

    /// The same where the encoding has been read already.
    pub fn encoded_by(
        value: &'a Robj,
        spec: &'a Fields,
        encodings: Option<Rc<Encodings>>,
    ) -> Result<Inputs<'a>> {
        let matrix = Matrix::new(value, spec)?;
        Ok(Inputs { matrix, encodings })
    }

    /// As what the engine takes.
    pub fn source<T: Precision>(&self) -> Result<Source<'_, T>> {
        let columns = self.matrix.source();
        Ok(match &self.encodings {
            None => Source::Columns(columns),
            Some(encodings) => Source::Encoded(Encoded::new(columns, T::encoding(encodings))?),
        })
    }

    pub fn rows(&self) -> usize {
        self.matrix.source::<f64>().rows()
    }

    /// Refuses NaN and infinities.
    pub fn check_finite(&self, team: &Team) -> Result<()> {
        let columns = self.matrix.source::<f64>().non_finite_columns(team)?;
        match columns.is_empty() {
            true => Ok(()),
            false => Err(EngineError::NonFiniteInputs(columns)),
        }
    }
}

/// What a specification makes of rows that are not R's, of so many columns.
pub fn recipe<T: Precision>(
    spec: &Fields,
    plan: &Arc<Plan>,
    columns: usize,
    shape: TableShape,
) -> Result<Recipe<T>> {
    let moments = match moments(spec, columns)? {
        Some((center, scale)) => Some((copied(center)?, copied(scale)?)),
        None => None,
    };
    let encoding = column_encodings(spec, columns)?
        .map(|columns| Encoding::new(&columns))
        .transpose()?;
    Ok(Recipe {
        plan: plan.clone(),
        moments,
        encoding,
        shape,
    })
}

/// Reads a specification's `encoding`, where it has one: `list(clipped =, knots =, scores =, edges =)`, each with an element for each column, or NULL.
fn column_encodings(spec: &Fields, columns: usize) -> Result<Option<Vec<ColumnEncoding>>> {
    let Some(encoding) = spec.get("encoding") else {
        return Ok(None);
    };
    let fields = Fields::new(encoding, "encoding")?;
    let lists = |name: &str| -> Result<Option<List>> {
        let list = fields
            .get(name)
            .map(|value| value.as_list().ok_or_else(|| wrong(name)));
        match list.transpose()? {
            Some(list) if list.len() != columns => Err(wrong(name)),
            list => Ok(list),
        }
    };
    let numbers = |list: &Option<List>, column: usize| -> Result<Vec<f64>> {
        let value = list.as_ref().and_then(|list| list.elt(column).ok());
        copied(
            value
                .as_ref()
                .and_then(|value| value.as_real_slice())
                .unwrap_or(&[]),
        )
    };
    let (knots, scores, edges) = (lists("knots")?, lists("scores")?, lists("edges")?);
    let clipped = match fields.get("clipped") {
        None => None,
        Some(value) => Some(
            value
                .as_logical_slice()
                .filter(|flags| flags.len() == columns)
                .ok_or_else(|| wrong("clipped"))?,
        ),
    };
    let mut encodings = Vec::new();
    for column in 0..columns {
        let knots = numbers(&knots, column)?;
        let bend = if !knots.is_empty() {
            let values = numbers(&scores, column)?;
            Bend::Interpolated { knots, values }
        } else if clipped.is_some_and(|flags| flags[column].is_true()) {
            Bend::Clipped
        } else {
            Bend::Straight
        };
        let edges = numbers(&edges, column)?;
        push(&mut encodings, ColumnEncoding { bend, edges })?;
    }
    Ok(Some(encodings))
}

impl<'a> Matrix<'a> {
    /// Reads a matrix or the parts of a sparse one, standardised as the specification says.
    fn new(value: &'a Robj, spec: &'a Fields) -> Result<Matrix<'a>> {
        if value.is_list() {
            let fields = Fields::new(value, "x")?;
            let parts = Sparse::new(&fields)?;
            let moments = moments(spec, parts.columns)?;
            // A training has not counted it yet; what it may take in all is compared later.
            let bytes = SparseRows::bytes_of(parts.rows, parts.numbers.len());
            of_system().check(bytes, 0.0)?;
            let rows = SparseRows::from_columns(
                parts.starts,
                parts.rows_of,
                parts.numbers,
                parts.rows,
                parts.columns,
            )?;
            return Ok(Matrix::Sparse(match moments {
                Some((center, scale)) => rows.standardised(center, scale),
                None => rows,
            }));
        }
        let moments = moments(spec, value.ncols())?;
        Ok(match integers(value) {
            Some(numbers) => Matrix::Integers(scaled(matrix_of(value, Some(numbers), "x")?, moments)),
            None => Matrix::Dense(scaled(matrix(value, "x")?, moments)),
        })
    }

    /// As what the engine takes.
    fn source<T: Compiled>(&self) -> &dyn RowSource<T> {
        match self {
            Matrix::Dense(dense) => T::rows_of_doubles(dense),
            Matrix::Integers(integers) => T::rows_of_integers(integers),
            Matrix::Sparse(sparse) => T::rows_of_sparse(sparse),
        }
    }
}
