//! Vectors and matrices that grow with what a caller gives: where the system has no room for one, that
//! is an error. The standard library's own `vec!`, `collect` and `clone` end the process instead.

use crate::base::error::{EngineError, Result};
use ndarray::{Array2, ShapeBuilder};

/// The error of a refused allocation of `len` values.
pub fn refused<V>(len: usize) -> EngineError {
    EngineError::Memory {
        needed: len as f64 * size_of::<V>() as f64,
        available: f64::NAN,
    }
}

/// An empty vector with room for `len` values.
///
/// # Errors
/// [`EngineError::Memory`] when the system refuses, as for all functions here.
pub fn room<V>(len: usize) -> Result<Vec<V>> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(len).map_err(|_| refused::<V>(len))?;
    Ok(vector)
}

/// `len` times the same value.
///
/// # Errors
/// Memory refused.
pub fn filled<V: Copy>(len: usize, value: V) -> Result<Vec<V>> {
    let mut vector = room(len)?;
    vector.resize(len, value);
    Ok(vector)
}

/// Has a vector hold just so many values, whatever they are, to be written over.
///
/// # Errors
/// Memory refused.
pub fn resize<V: Copy + Default>(vector: &mut Vec<V>, len: usize) -> Result<()> {
    if len > vector.capacity() {
        // Not both at a time.
        *vector = Vec::new();
        *vector = room(len)?;
    }
    vector.resize(len, V::default());
    Ok(())
}

/// A copy.
///
/// # Errors
/// Memory refused.
pub fn copied<V: Copy>(values: &[V]) -> Result<Vec<V>> {
    let mut vector = room(values.len())?;
    vector.extend_from_slice(values);
    Ok(vector)
}

/// What an iterator gives.
///
/// # Errors
/// Memory refused.
pub fn collected<V>(values: impl Iterator<Item = V>) -> Result<Vec<V>> {
    let mut vector = room(values.size_hint().0)?;
    for value in values {
        push(&mut vector, value)?;
    }
    Ok(vector)
}

/// Adds a value at the end; the room doubles when it is used up.
///
/// # Errors
/// Memory refused.
pub fn push<V>(vector: &mut Vec<V>, value: V) -> Result<()> {
    vector
        .try_reserve(1)
        .map_err(|_| refused::<V>(vector.len().saturating_mul(2)))?;
    vector.push(value);
    Ok(())
}

/// Adds copies of values.
///
/// # Errors
/// Memory refused.
pub fn append<V: Copy>(vector: &mut Vec<V>, values: &[V]) -> Result<()> {
    vector
        .try_reserve(values.len())
        .map_err(|_| refused::<V>(vector.len() + values.len()))?;
    vector.extend_from_slice(values);
    Ok(())
}

/// A matrix from its numbers, row by row.
///
/// # Errors
/// [`EngineError::Config`] when there are more or fewer of them than rows times columns.
pub fn matrix_of(numbers: Vec<f64>, rows: usize, columns: usize) -> Result<Array2<f64>> {
    Array2::from_shape_vec((rows, columns), numbers).map_err(|_| misshapen(rows, columns))
}

/// A copy of a matrix whose numbers are column by column.
///
/// # Errors
/// As for [`matrix_of`], and memory refused.
pub fn matrix_of_columns(numbers: &[f64], rows: usize, columns: usize) -> Result<Array2<f64>> {
    Array2::from_shape_vec((rows, columns).f(), copied(numbers)?).map_err(|_| misshapen(rows, columns))
}

/// A matrix of zeros.
///
/// # Errors
/// Memory refused.
pub fn zeros(rows: usize, columns: usize) -> Result<Array2<f64>> {
    let len = rows
        .checked_mul(columns)
        .ok_or_else(|| refused::<f64>(usize::MAX))?;
    matrix_of(filled(len, 0.0)?, rows, columns)
}

/// A copy in the same layout.
///
/// # Errors
/// Memory refused.
pub fn copied_matrix(matrix: &Array2<f64>) -> Result<Array2<f64>> {
    let (rows, columns) = matrix.dim();
    match (matrix.as_slice(), matrix.t().as_slice()) {
        (Some(numbers), _) => matrix_of(copied(numbers)?, rows, columns),
        (None, Some(numbers)) => matrix_of_columns(numbers, rows, columns),
        (None, None) => matrix_of(collected(matrix.iter().copied())?, rows, columns),
    }
}

fn misshapen(rows: usize, columns: usize) -> EngineError {
    EngineError::config(format!(
        "numbers for a matrix of another shape than {rows} x {columns}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than any system gives.
    const TOO_MANY: usize = isize::MAX as usize / size_of::<f64>();

    #[test]
    fn what_there_is_no_room_for_is_an_error_that_tells_its_size() {
        let bytes = |result: Result<()>| match result {
            Err(EngineError::Memory { needed, .. }) => needed,
            other => panic!("{other:?}"),
        };
        assert_eq!(bytes(room::<f64>(TOO_MANY).map(drop)), TOO_MANY as f64 * 8.0);
        assert_eq!(bytes(filled(TOO_MANY, 0.0).map(drop)), TOO_MANY as f64 * 8.0);
        assert!(bytes(zeros(1 << 40, 1 << 40).map(drop)) > 1e18);
        assert_eq!(bytes(zeros(TOO_MANY, 1).map(drop)), TOO_MANY as f64 * 8.0);
        assert_eq!(bytes(collected(0..TOO_MANY).map(drop)), TOO_MANY as f64 * 8.0);
    }

    #[test]
    fn copies_are_the_same_numbers_in_the_same_layout() {
        let by_columns = matrix_of_columns(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3).unwrap();
        assert_eq!(by_columns[(1, 0)], 2.0);
        let by_rows = matrix_of(vec![1.0, 3.0, 5.0, 2.0, 4.0, 6.0], 2, 3).unwrap();
        assert_eq!(by_columns, by_rows);
        for matrix in [&by_columns, &by_rows] {
            let copy = copied_matrix(matrix).unwrap();
            assert_eq!((&copy, copy.strides()), (matrix, matrix.strides()));
        }
        assert_eq!(collected((0..9).filter(|n| n % 2 == 0)).unwrap(), [0, 2, 4, 6, 8]);
        assert!(matrix_of(vec![0.0; 5], 2, 3).is_err());
    }
}
