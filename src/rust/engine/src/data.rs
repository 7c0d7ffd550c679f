//! A table to learn from or to judge by: rows with their outcomes, weights and offsets.

use crate::block::Block;
use crate::rows::{ColumnMajor, RowSource, Selection};
use crate::Scalar;
use std::ops::Range;

/// Rows with their outcomes.
#[derive(Clone, Copy)]
pub struct Data<'a, T> {
    /// Inputs.
    pub inputs: &'a dyn RowSource<T>,
    /// Outcomes [rows x outcomes].
    pub outcomes: ColumnMajor<'a>,
    /// Case weights; 1 where absent.
    pub case_weights: Option<&'a [f64]>,
    /// Added to the weighted inputs of the last layer [rows x outputs].
    pub offsets: Option<ColumnMajor<'a>>,
}

impl<T: Scalar> Data<'_, T> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.inputs.rows()
    }

    /// Sum of the case weights.
    pub fn total_weight(&self) -> f64 {
        self.case_weights
            .map_or(self.rows() as f64, |weights| weights.iter().sum())
    }
}

/// Gathers rows of a selection, with outcomes, case weights and offsets, into a block.
pub(crate) fn gather<T: Scalar>(
    data: &Data<'_, T>,
    outputs: usize,
    block: &Block<T>,
    selection: &Selection<'_>,
    rows: Range<usize>,
) {
    let part = selection.slice(rows.clone());
    let inputs = data.inputs.columns();
    let outcomes = RowSource::<T>::columns(&data.outcomes);
    // SAFETY: the callers' members have disjoint rows of the block.
    unsafe {
        data.inputs.gather(
            part.clone(),
            block.inputs.part(rows.start * inputs..rows.end * inputs),
        );
        data.outcomes.gather(
            part.clone(),
            block.outcomes.part(rows.start * outcomes..rows.end * outcomes),
        );
        if let (Some(source), Some(offsets)) = (&data.offsets, &block.offsets) {
            source.gather(
                part.clone(),
                offsets.part(rows.start * outputs..rows.end * outputs),
            );
        }
        let weights = block.row_weights.part(rows);
        for (place, weight) in weights.iter_mut().enumerate() {
            *weight = data.case_weights.map_or(1.0, |weights| weights[part.row(place)]);
        }
    }
}
