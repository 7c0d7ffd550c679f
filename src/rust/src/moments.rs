//! What standardising learns of columns: their means and standard deviations.

use crate::arguments::{self, Fields};
use crate::inputs::{self, Sparse};
use crate::interrupts::interrupted;
use crate::results::{self, answer};
use backprop_engine::base::room::{filled, push};
use backprop_engine::data::rows::{moments, Element};
use backprop_engine::EngineError;
use extendr_api::prelude::*;

/// Weighted means and standard deviations of columns (divisor: sum of weights − 1).
/// @noRd
#[extendr]
fn engine_moments(x: Robj, case_weights: Robj) -> List {
    answer(|| {
        let weights = arguments::numbers_or_null(&case_weights, "case_weights")?;
        let rows_fit = |rows: usize| match weights {
            Some(weights) if weights.len() != rows => {
                Err(EngineError::Config("case weights of other rows".to_string()))
            }
            _ => Ok(()),
        };
        let mut found: Vec<(f64, f64)> = Vec::new();
        // Between columns the user may interrupt.
        let mut add = |numbers: &[f64]| match interrupted() {
            true => Err(EngineError::Interrupted),
            false => push(&mut found, moments(numbers, weights)),
        };
        if x.is_list() {
            let fields = Fields::new(&x, "x")?;
            let sparse = Sparse::new(&fields)?;
            sparse.check()?;
            rows_fit(sparse.rows)?;
            // One column at a time is made dense.
            let mut dense = filled(sparse.rows, 0.0)?;
            for pair in sparse.starts.windows(2) {
                let positions = pair[0] as usize..pair[1] as usize;
                dense.fill(0.0);
                for (&row, &number) in sparse.rows_of[positions.clone()]
                    .iter()
                    .zip(&sparse.numbers[positions])
                {
                    dense[row as usize] = number;
                }
                add(&dense)?;
            }
        } else if let Some(integers) = inputs::integers(&x) {
            rows_fit(x.nrows())?;
            let mut doubles = filled(x.nrows(), 0.0)?;
            for column in integers.chunks_exact(x.nrows().max(1)) {
                for (double, &integer) in doubles.iter_mut().zip(column) {
                    *double = integer.number();
                }
                add(&doubles)?;
            }
        } else {
            let data = x
                .as_real_slice()
                .ok_or_else(|| EngineError::Config("x must be of numbers".to_string()))?;
            rows_fit(x.nrows())?;
            data.chunks_exact(x.nrows().max(1)).try_for_each(add)?;
        }
        Ok(list!(
            error = (),
            center = results::doubles(found.iter().map(|m| m.0))?,
            scale = results::doubles(found.iter().map(|m| m.1))?
        ))
    })
}

extendr_module! {
    mod moments;
    fn engine_moments;
}
