//! Loops over single numbers: activations, slopes, softmax, and small vector arithmetic.

use crate::kernels::instruction_set::{kernel, Instructions};
use crate::kernels::scalar::Scalar;

/// An activation function as the kernels see it.
pub trait Curve: Copy {
    /// Whether the slope cannot be computed from the value alone.
    const NEEDS_INPUT: bool = false;
    /// The function's value at weighted input `z`.
    fn value<T: Scalar, I: Instructions>(z: T) -> T;
    /// The derivative at `z`, where the value is `a`. Ignores `z` unless [`Curve::NEEDS_INPUT`].
    fn slope<T: Scalar, I: Instructions>(z: T, a: T) -> T;
    /// Both at `z`, for curves that have much in common with their slope.
    #[inline(always)]
    fn both<T: Scalar, I: Instructions>(z: T) -> (T, T) {
        let a = Self::value::<T, I>(z);
        (a, Self::slope::<T, I>(z, a))
    }
}

kernel! {
    /// Replaces every weighted input by the activation's value.
    pub fn activate<T: Scalar, C: Curve>(values: &mut [T]) = activate_body
}

#[inline(always)]
fn activate_body<T: Scalar, I: Instructions, C: Curve>(values: &mut [T]) {
    for value in values {
        *value = C::value::<T, I>(*value);
    }
}

kernel! {
    /// Replaces every weighted input by the activation's value and writes its slope beside it.
    pub fn activate_with_slope<T: Scalar, C: Curve>(values: &mut [T], slopes: &mut [T]) = activate_with_slope_body
}

#[inline(always)]
fn activate_with_slope_body<T: Scalar, I: Instructions, C: Curve>(values: &mut [T], slopes: &mut [T]) {
    for (value, slope) in values.iter_mut().zip(slopes) {
        (*value, *slope) = C::both::<T, I>(*value);
    }
}

kernel! {
    /// Multiplies deltas by the slope that belongs to the activation's value.
    pub fn times_slope_of_value<T: Scalar, C: Curve>(deltas: &mut [T], values: &[T]) = times_slope_of_value_body
}

#[inline(always)]
fn times_slope_of_value_body<T: Scalar, I: Instructions, C: Curve>(deltas: &mut [T], values: &[T]) {
    for (delta, &value) in deltas.iter_mut().zip(values) {
        // Curves that come here do not look at their input (`Curve::NEEDS_INPUT`).
        *delta *= C::slope::<T, I>(value, value);
    }
}

kernel! {
    /// Multiplies `values` by `factors`, one by one.
    pub fn multiply<T: Scalar>(values: &mut [T], factors: &[T]) = multiply_body
}

#[inline(always)]
fn multiply_body<T: Scalar, I: Instructions>(values: &mut [T], factors: &[T]) {
    for (value, &factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}

kernel! {
    /// Adds `numbers` to `sums`, one by one.
    pub fn add<T: Scalar>(sums: &mut [T], numbers: &[T]) = add_body
}

#[inline(always)]
fn add_body<T: Scalar, I: Instructions>(sums: &mut [T], numbers: &[T]) {
    for (sum, &number) in sums.iter_mut().zip(numbers) {
        *sum += number;
    }
}

kernel! {
    /// Softmax of each row's first `units` numbers; the rest of the row becomes 0.
    /// `log_sums` gets log Σ exp(z) of each row, computed around the row's largest number.
    pub fn softmax<T: Scalar>(values: &mut [T], stride: usize, units: usize, log_sums: &mut [T]) = softmax_body
}

#[inline(always)]
fn softmax_body<T: Scalar, I: Instructions>(
    values: &mut [T],
    stride: usize,
    units: usize,
    log_sums: &mut [T],
) {
    for (row, log_sum) in values.chunks_exact_mut(stride).zip(log_sums) {
        let (row, rest) = row.split_at_mut(units);
        rest.fill(T::zero());
        let mut largest = row[0];
        for &z in row.iter() {
            if z > largest || z.is_nan() {
                largest = z;
            }
        }
        for z in row.iter_mut() {
            *z = (*z - largest).fast_exp::<I>();
        }
        let mut sum = T::zero();
        for &e in row.iter() {
            sum += e;
        }
        let scale = T::one() / sum;
        for e in row.iter_mut() {
            *e *= scale;
        }
        *log_sum = largest + sum.ln();
    }
}
