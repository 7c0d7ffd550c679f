//! The two matrix products for layers of one unit, whose weights lie in one row: in panels, all
//! lanes but one would be computed for nothing.
//!
//! Sums follow an order that depends on the number of inputs alone, so that neither the position
//! of a row nor the number of threads changes a bit.

use crate::kernels::gemm::Rows;
use crate::kernels::instruction_set::kernel;
use crate::kernels::pack::Pack;
use crate::kernels::scalar::Scalar;

kernel! {
    /// `out[r] = Σ_i a[r][i] * weights[i]` for all rows, plus `weights[inputs]` where `has_bias`.
    ///
    /// # Safety
    /// The pointers must be valid for the extents described; `out` must not overlap the others.
    pub unsafe fn forward<T: Scalar>(
        a: Rows<T>,
        inputs: usize,
        weights: *const T,
        has_bias: bool,
        out: *mut T,
    ) = forward_body [2 4 8]
}

/// # Safety
/// As for [`forward`].
#[inline(always)]
pub unsafe fn forward_body<T: Scalar, P: Pack<T>, const MR: usize>(
    a: Rows<T>,
    inputs: usize,
    weights: *const T,
    has_bias: bool,
    out: *mut T,
) {
    let mut row = 0;
    // SAFETY: rows stay below `a.count`.
    unsafe {
        while row + MR <= a.count {
            dot_products::<T, P, MR>(&a, row, inputs, weights, has_bias, out);
            row += MR;
        }
        while row < a.count {
            dot_products::<T, P, 1>(&a, row, inputs, weights, has_bias, out);
            row += 1;
        }
    }
}

/// # Safety
/// As for [`forward`]; rows `row..row + MR` must be among those of `a`.
#[inline(always)]
unsafe fn dot_products<T: Scalar, P: Pack<T>, const MR: usize>(
    a: &Rows<T>,
    row: usize,
    inputs: usize,
    weights: *const T,
    has_bias: bool,
    out: *mut T,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let a_row = |r: usize| a.start.add((row + r) * a.stride);
        let mut totals = [T::zero(); MR];
        let mut first = 0;
        if inputs >= T::LANES {
            let mut sums = [P::zero(); MR];
            while first + T::LANES <= inputs {
                let weights = P::load(weights.add(first));
                for (r, sum) in sums.iter_mut().enumerate() {
                    sum.add_product(&P::load(a_row(r).add(first)), &weights);
                }
                first += T::LANES;
            }
            totals = sums.map(|sum| sum.total());
        }
        for i in first..inputs {
            let weight = *weights.add(i);
            for (r, total) in totals.iter_mut().enumerate() {
                *total += *a_row(r).add(i) * weight;
            }
        }
        for (r, total) in totals.into_iter().enumerate() {
            *out.add(row + r) = if has_bias {
                total + *weights.add(inputs)
            } else {
                total
            };
        }
    }
}

kernel! {
    /// `out[i] = Σ_r a[r][i] * deltas[r]` for `inputs` inputs; added to what `out` holds where
    /// `accumulate`. Where `with_bias`, `out` has one number more, for the bias: Σ_r deltas[r].
    ///
    /// # Safety
    /// The pointers must be valid for these extents; `out` must not overlap the others.
    pub unsafe fn gradient<T: Scalar>(
        a: Rows<T>,
        inputs: usize,
        deltas: *const T,
        out: *mut T,
        with_bias: bool,
        accumulate: bool,
    ) = gradient_body [2 4 8]
}

/// # Safety
/// As for [`gradient`].
#[inline(always)]
pub unsafe fn gradient_body<T: Scalar, P: Pack<T>, const WIDE: usize>(
    a: Rows<T>,
    inputs: usize,
    deltas: *const T,
    out: *mut T,
    with_bias: bool,
    accumulate: bool,
) {
    let mut first = 0;
    // SAFETY: inputs stay below `inputs`; the bias follows them where there is one.
    unsafe {
        // Takes packs of the inputs that are left, `$count` at a time, as long as so many fit.
        macro_rules! packs {
            ($pack:ty, $count:expr, $width:expr) => {
                while first + $count * $width <= inputs {
                    let out = out.add(first);
                    scaled_rows::<T, $pack, { $count }>(&a, first, $width, deltas, out, accumulate);
                    first += $count * $width;
                }
            };
        }
        packs!(P, WIDE, T::LANES);
        packs!(P, 1, T::LANES);
        packs!([T; 4], 1, 4);
        packs!([T; 1], 1, 1);
        if with_bias {
            let mut sum = if accumulate { *out.add(inputs) } else { T::zero() };
            for r in 0..a.count {
                sum += *deltas.add(r);
            }
            *out.add(inputs) = sum;
        }
    }
}

/// # Safety
/// As for [`gradient`]; `COUNT` rows of `width` numbers from `first` on must lie within the inputs.
#[inline(always)]
unsafe fn scaled_rows<T: Scalar, P: Pack<T>, const COUNT: usize>(
    a: &Rows<T>,
    first: usize,
    width: usize,
    deltas: *const T,
    out: *mut T,
    accumulate: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [P::zero(); COUNT];
        if accumulate {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = P::load(out.add(k * width));
            }
        }
        for r in 0..a.count {
            let (row, delta) = (a.start.add(r * a.stride + first), *deltas.add(r));
            for (k, sum) in sums.iter_mut().enumerate() {
                sum.add_scaled(delta, &P::load(row.add(k * width)));
            }
        }
        for (k, sum) in sums.into_iter().enumerate() {
            sum.store(out.add(k * width));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::instruction_set::InstructionSet;

    /// Numbers with few digits: their sums are exact in both precisions, in any order.
    fn numbers<T: Scalar>(count: usize, step: usize) -> Vec<T> {
        (0..count)
            .map(|i| T::of((i * step % 31) as f64 / 4.0 - 3.0))
            .collect()
    }

    fn agree_with_plain_sums<T: Scalar>() {
        let shapes = [1, 3, 4, 7, 8, 15, 16, 31, 100].into_iter();
        for (inputs, rows) in shapes.flat_map(|inputs| [1, 3, 4, 13].map(|rows| (inputs, rows))) {
            let stride = inputs + 2;
            let a = numbers::<T>(rows * stride, 7);
            let weights = numbers::<T>(inputs + 1, 5);
            let deltas = numbers::<T>(rows, 3);
            let at = |r: usize, i: usize| a[r * stride + i];
            let from = Rows {
                start: a.as_ptr(),
                stride,
                count: rows,
            };
            for set in InstructionSet::available() {
                let mut out = vec![T::zero(); rows];
                let mut slopes = vec![T::of(0.5); inputs + 1];
                // SAFETY: the vectors have the extents that the kernels are told.
                unsafe {
                    forward(set, from, inputs, weights.as_ptr(), true, out.as_mut_ptr());
                    gradient(
                        set,
                        from,
                        inputs,
                        deltas.as_ptr(),
                        slopes.as_mut_ptr(),
                        true,
                        true,
                    );
                }
                for (r, &sum) in out.iter().enumerate() {
                    let plain: T = (0..inputs).map(|i| at(r, i) * weights[i]).sum();
                    assert_eq!(sum, plain + weights[inputs], "{inputs} inputs, row {r}, {set:?}");
                }
                for (i, &sum) in slopes[..inputs].iter().enumerate() {
                    let plain: T = (0..rows).map(|r| at(r, i) * deltas[r]).sum();
                    assert_eq!(sum, plain + T::of(0.5), "input {i} of {inputs}, {set:?}");
                }
                assert_eq!(slopes[inputs], deltas.iter().copied().sum::<T>() + T::of(0.5));
            }
        }
    }

    #[test]
    fn products_of_one_unit_are_the_plain_sums() {
        agree_with_plain_sums::<f64>();
        agree_with_plain_sums::<f32>();
    }
}
