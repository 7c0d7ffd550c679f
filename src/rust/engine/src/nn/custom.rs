//! Activations that are functions of the caller's own: whole slices at a time, without the lanes beyond the last unit.

use crate::base::error::Result;
use crate::base::functions::{self, ActivationFunctions, Functions};
use crate::base::room::{collected, filled};
use crate::kernels::scalar::Scalar;

/// The activation at a place.
fn found(functions: &Functions, place: usize) -> &ActivationFunctions {
    &functions.activations[place]
}

/// Replaces the weighted inputs of rows of `units` numbers, `stride` apart, by activations, and writes the slopes where there is room
/// for them. NaN is not asked for, and stays NaN: a training that diverges is to be noticed as such.
// Out of the way of kernels that are inlined.
#[cold]
#[inline(never)]
pub(super) fn activate<T: Scalar>(
    place: usize,
    values: &mut [T],
    slopes: Option<&mut [T]>,
    units: usize,
    stride: usize,
) {
    let work = |functions: &Functions| -> Result<()> {
        let rows = values.chunks_exact(stride).flat_map(|row| &row[..units]);
        let numbers = collected(rows.filter(|z| !z.is_nan()).map(|z| z.to_double()))?;
        let activation = found(functions, place);
        let mut answer = filled(numbers.len(), 0.0)?;
        if let Some(slopes) = slopes {
            if !numbers.is_empty() {
                (activation.derivative)(&numbers, &mut answer)?;
            }
            let mut answers = answer.iter();
            for (slopes, row) in slopes.chunks_exact_mut(stride).zip(values.chunks_exact(stride)) {
                for (slope, z) in slopes[..units].iter_mut().zip(row) {
                    *slope = next::<T>(*z, &mut answers);
                }
            }
        }
        if !numbers.is_empty() {
            (activation.value)(&numbers, &mut answer)?;
        }
        let mut answers = answer.iter();
        for row in values.chunks_exact_mut(stride) {
            for value in &mut row[..units] {
                *value = next::<T>(*value, &mut answers);
            }
        }
        Ok(())
    };
    if !functions::ask(work) {
        values.fill(T::nan());
    }
}

fn next<T: Scalar>(z: T, answers: &mut std::slice::Iter<'_, f64>) -> T {
    match z.is_nan() {
        true => T::nan(),
        false => answers.next().map_or(T::nan(), |&answer| T::of(answer)),
    }
}
