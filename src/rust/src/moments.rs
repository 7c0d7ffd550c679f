//! What standardising learns of columns: their means and standard deviations.

use crate::arguments::{self, wrong, Fields};
use crate::inputs::{self, Sparse};
use crate::interrupts::interrupted;
use crate::results::{self, answer};
use backprop_engine::base::room::{copied, push, room};
use backprop_engine::data::moments::{ColumnMoments, Moments};
use backprop_engine::data::rows::Element;
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;

/// A matrix that R gives, of which columns are read one at a time.
enum Columns<'a> {
    Doubles(&'a [f64], usize),
    Integers(&'a [i32], usize),
    Sparse(Sparse<'a>),
}

impl<'a> Columns<'a> {
    fn new(x: &'a Robj, fields: Option<&'a Fields>) -> Result<Columns<'a>> {
        if let Some(fields) = fields {
            let sparse = Sparse::new(fields)?;
            sparse.check()?;
            return Ok(Columns::Sparse(sparse));
        }
        if let Some(integers) = inputs::integers(x) {
            return Ok(Columns::Integers(integers, x.nrows()));
        }
        let doubles = x
            .as_real_slice()
            .ok_or_else(|| EngineError::Config("x must be of numbers".to_string()))?;
        Ok(Columns::Doubles(doubles, x.nrows()))
    }

    fn rows(&self) -> usize {
        match self {
            Columns::Doubles(_, rows) | Columns::Integers(_, rows) => *rows,
            Columns::Sparse(sparse) => sparse.rows,
        }
    }

    /// Appends the numbers of a column. Between columns the user may interrupt.
    fn read(&self, column: usize, out: &mut Vec<f64>) -> Result<()> {
        if interrupted() {
            return Err(EngineError::Interrupted);
        }
        let (rows, before) = (self.rows(), out.len());
        let own = column * rows..(column + 1) * rows;
        match self {
            Columns::Doubles(numbers, _) => out.extend_from_slice(&numbers[own]),
            Columns::Integers(numbers, _) => out.extend(numbers[own].iter().map(|number| number.number())),
            Columns::Sparse(sparse) => {
                out.resize(before + rows, 0.0);
                let positions = sparse.starts[column] as usize..sparse.starts[column + 1] as usize;
                let rows_of = &sparse.rows_of[positions.clone()];
                for (&row, &number) in rows_of.iter().zip(&sparse.numbers[positions]) {
                    out[before + row as usize] = number;
                }
            }
        }
        Ok(())
    }

    /// How many columns there are of `value`, which these are.
    fn count(&self, value: &Robj) -> usize {
        match self {
            Columns::Sparse(sparse) => sparse.columns,
            _ => value.ncols(),
        }
    }
}

/// Has a matrix or the parts of a sparse one read.
fn with_columns<R>(x: &Robj, work: impl FnOnce(&Columns<'_>) -> Result<R>) -> Result<R> {
    let fields = match x.is_list() {
        true => Some(Fields::new(x, "x")?),
        false => None,
    };
    let columns = Columns::new(x, fields.as_ref())?;
    work(&columns)
}

/// What R gets of columns: `weight` is what all rows weigh, `zeros_and_ones` says which columns hold nothing else.
fn described(found: &[ColumnMoments]) -> Result<List> {
    Ok(list!(
        error = (),
        center = results::doubles(found.iter().map(|column| column.center_and_scale().0))?,
        scale = results::doubles(found.iter().map(|column| column.center_and_scale().1))?,
        zeros_and_ones = flags(found, |column| column.zeros_and_ones),
        weight = found.first().map_or(0.0, |column| column.weight)
    ))
}

fn flags(found: &[ColumnMoments], flag: fn(&ColumnMoments) -> bool) -> Robj {
    found.iter().map(flag).collect_robj()
}

/// Weighted means and standard deviations of columns (divisor: sum of weights − 1).
/// @noRd
#[extendr]
fn engine_moments(x: Robj, case_weights: Robj) -> List {
    answer(|| {
        let weights = arguments::numbers_or_null(&case_weights, "case_weights")?;
        let found = with_columns(&x, |columns| {
            let rows = columns.rows();
            if weights.is_some_and(|weights| weights.len() != rows) {
                return Err(EngineError::Config("case weights of other rows".to_string()));
            }
            let (mut found, mut numbers) = (Vec::new(), room(rows)?);
            for column in 0..columns.count(&x) {
                numbers.clear();
                columns.read(column, &mut numbers)?;
                push(&mut found, ColumnMoments::of(&numbers, weights))?;
            }
            Ok(found)
        })?;
        described(&found)
    })
}

/// The same of rows that come chunk by chunk: what is known before (NULL: nothing) and after the rows of `x`, as plain numbers.
/// @noRd
#[extendr]
fn engine_moments_add(state: Robj, x: Robj, case_weights: Robj) -> List {
    answer(|| {
        let weights = arguments::numbers_or_null(&case_weights, "case_weights")?;
        let moments = with_columns(&x, |columns| {
            let count = columns.count(&x);
            let mut moments = match state.is_null() {
                true => Moments::new(count)?,
                false => moments_of(&Fields::new(&state, "state")?)?,
            };
            if moments.columns.len() != count {
                return Err(wrong("x"));
            }
            moments.add(columns.rows(), weights, |column, out| columns.read(column, out))?;
            Ok(moments)
        })?;
        let found = &moments.columns;
        let numbers = |of: fn(&ColumnMoments) -> f64| results::doubles(found.iter().map(of));
        Ok(list!(
            error = (),
            weight = numbers(|column| column.weight)?,
            mean = numbers(|column| column.mean)?,
            squares = numbers(|column| column.squares)?,
            started = flags(found, |column| column.first.is_some()),
            first = numbers(|column| column.first.unwrap_or(0.0))?,
            constant = flags(found, |column| column.constant),
            zeros_and_ones = flags(found, |column| column.zeros_and_ones),
            rest = results::doubles(moments.rest.iter().copied())?,
            rest_weights = results::doubles(moments.rest_weights.iter().copied())?
        ))
    })
}

/// What [`engine_moments`] gives, when there are no more rows.
/// @noRd
#[extendr]
fn engine_moments_end(state: Robj) -> List {
    answer(|| described(&moments_of(&Fields::new(&state, "state")?)?.end()?))
}

/// Reads what `engine_moments_add()` gave.
fn moments_of(state: &Fields) -> Result<Moments> {
    let numbers = |name: &str| state.numbers(name)?.ok_or_else(|| wrong(name));
    let flags = |name: &str| -> Result<&[Rbool]> {
        state
            .required(name)?
            .as_logical_slice()
            .ok_or_else(|| wrong(name))
    };
    let (weight, mean, squares, first) = (
        numbers("weight")?,
        numbers("mean")?,
        numbers("squares")?,
        numbers("first")?,
    );
    let (started, constant, binary) = (flags("started")?, flags("constant")?, flags("zeros_and_ones")?);
    let count = weight.len();
    if [
        mean.len(),
        squares.len(),
        first.len(),
        started.len(),
        constant.len(),
        binary.len(),
    ] != [count; 6]
    {
        return Err(wrong("state"));
    }
    let mut columns = room(count)?;
    columns.extend((0..count).map(|column| ColumnMoments {
        weight: weight[column],
        mean: mean[column],
        squares: squares[column],
        first: started[column].is_true().then_some(first[column]),
        constant: constant[column].is_true(),
        zeros_and_ones: binary[column].is_true(),
    }));
    Ok(Moments {
        columns,
        rest: copied(numbers("rest")?)?,
        rest_weights: copied(numbers("rest_weights")?)?,
    })
}

extendr_module! {
    mod moments;
    fn engine_moments;
    fn engine_moments_add;
    fn engine_moments_end;
}
