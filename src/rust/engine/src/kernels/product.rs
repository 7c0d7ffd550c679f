//! The two matrix products of a network, on panels of `LANES` units.
//!
//! * [`forward`]: rows times weight panels plus bias (also used backwards, with transposed panels);
//! * [`gradient`]: inputs times deltas summed over rows, for a strip of one weight panel.
//!
//! Every element of a result is one chain of multiply-adds in a fixed order (inputs, or rows,
//! ascending), so that neither the position of a row in a tile nor the number of threads
//! changes a bit.

use super::kernel;
use super::row::Row;
use crate::scalar::Scalar;

/// Inputs taken at a time, so that a piece of a weight panel stays in the first-level cache.
const DEPTH: usize = 256;
/// Inputs taken per turn of the innermost loop.
const TURN: usize = 4;
/// Rows summed at a time, so that the next inputs of a strip find them in the first-level cache.
const HEIGHT: usize = 64;

/// Rows of numbers in memory, `stride` apart.
#[derive(Clone, Copy)]
pub struct Rows<T> {
    /// First number of the first row.
    pub start: *const T,
    /// Distance between rows, in numbers.
    pub stride: usize,
    /// Number of rows.
    pub count: usize,
}

kernel! {
    /// `out[r][panel] = bias[panel] + Σ_i a[r][i] * weights[panel][i]` for all rows and panels.
    ///
    /// `weights` holds `panels` panels of `panel_rows` rows of `LANES`; the first `inputs` rows
    /// are multiplied; row `inputs` is the bias where `has_bias`.
    /// Rows of `out` are `out_stride` apart.
    ///
    /// # Safety
    /// The pointers must be valid for the extents described; `out` must not overlap the others.
    pub unsafe fn forward<T: Scalar>(
        a: Rows<T>,
        inputs: usize,
        weights: *const T,
        panels: usize,
        panel_rows: usize,
        has_bias: bool,
        out: *mut T,
        out_stride: usize,
    ) = forward_body [2 6 12]
}

/// # Safety
/// As for [`forward`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn forward_body<T: Scalar, R: Row<T>, const ROWS: usize>(
    a: Rows<T>,
    inputs: usize,
    weights: *const T,
    panels: usize,
    panel_rows: usize,
    has_bias: bool,
    out: *mut T,
    out_stride: usize,
) {
    let mut from = 0;
    loop {
        let to = inputs.min(from + DEPTH);
        for panel in 0..panels {
            // SAFETY: the caller's extents cover `panels` panels, all rows, and `to <= inputs`.
            unsafe {
                let panel_start = weights.add(panel * panel_rows * T::LANES);
                let bias = panel_start.add(inputs * T::LANES);
                let out = out.add(panel * T::LANES);
                let tile = Tile {
                    weights: panel_start.add(from * T::LANES),
                    depth: to - from,
                    start: match (from, has_bias) {
                        (0, true) => Start::Bias(bias),
                        (0, false) => Start::Zero,
                        _ => Start::Out,
                    },
                    a: a.start.add(from),
                    a_stride: a.stride,
                    out,
                    out_stride,
                };
                let mut row = 0;
                while row + ROWS <= a.count {
                    forward_tile::<T, R, ROWS>(&tile, row);
                    row += ROWS;
                }
                // The rest in fewer, smaller tiles: 6, 4, then what is left.
                if ROWS > 6 && row + 6 <= a.count {
                    forward_tile::<T, R, 6>(&tile, row);
                    row += 6;
                }
                if ROWS > 4 && row + 4 <= a.count {
                    forward_tile::<T, R, 4>(&tile, row);
                    row += 4;
                }
                match a.count - row {
                    0 => {}
                    1 => forward_tile::<T, R, 1>(&tile, row),
                    2 => forward_tile::<T, R, 2>(&tile, row),
                    _ => forward_tile::<T, R, 3>(&tile, row),
                }
            }
        }
        from = to;
        if from >= inputs {
            break;
        }
    }
}

/// What the sums of a tile start from.
#[derive(Clone, Copy)]
enum Start<T> {
    Zero,
    Bias(*const T),
    Out,
}

struct Tile<T> {
    weights: *const T,
    depth: usize,
    start: Start<T>,
    a: *const T,
    a_stride: usize,
    out: *mut T,
    out_stride: usize,
}

/// # Safety
/// Rows `row..row + ROWS` of the tile must lie within the caller's extents.
#[inline(always)]
unsafe fn forward_tile<T: Scalar, R: Row<T>, const ROWS: usize>(tile: &Tile<T>, row: usize) {
    // SAFETY: all reads and writes are at the caller's rows and the tile's depth.
    unsafe {
        let mut sums = [R::zero(); ROWS];
        let out = tile.out.add(row * tile.out_stride);
        match tile.start {
            Start::Zero => {}
            Start::Bias(bias) => sums = [R::load(bias); ROWS],
            Start::Out => {
                for (r, sum) in sums.iter_mut().enumerate() {
                    *sum = R::load(out.add(r * tile.out_stride));
                }
            }
        }
        let a = tile.a.add(row * tile.a_stride);
        // Several inputs a turn: what addresses cost is then spread over them.
        let mut i = 0;
        while i + TURN <= tile.depth {
            for k in i..i + TURN {
                forward_input(tile, a, k, &mut sums);
            }
            i += TURN;
        }
        for k in i..tile.depth {
            forward_input(tile, a, k, &mut sums);
        }
        for (r, sum) in sums.into_iter().enumerate() {
            sum.store(out.add(r * tile.out_stride));
        }
    }
}

/// Adds what one input brings to the sums of a tile whose rows start at `a`.
///
/// # Safety
/// As for [`forward_tile`]; `input` must be below the tile's depth.
#[inline(always)]
unsafe fn forward_input<T: Scalar, R: Row<T>, const ROWS: usize>(
    tile: &Tile<T>,
    a: *const T,
    input: usize,
    sums: &mut [R; ROWS],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let weights = R::load(tile.weights.add(input * T::LANES));
        for (r, sum) in sums.iter_mut().enumerate() {
            sum.add_scaled(*a.add(r * tile.a_stride + input), &weights);
        }
    }
}

kernel! {
    /// `out[i] = Σ_r a[r][i] * deltas[r]` for `inputs` inputs and the units of one panel; added to
    /// what `out` holds where `accumulate`.
    ///
    /// `deltas` are the rows of one panel (`LANES` wide), as many as `a` has; `out` is the strip
    /// of `inputs` rows of `LANES`, and where `with_bias` one more, for the biases: Σ_r deltas[r].
    ///
    /// # Safety
    /// The pointers must be valid for these extents; `out` must not overlap the others.
    pub unsafe fn gradient<T: Scalar>(
        a: Rows<T>,
        inputs: usize,
        deltas: *const T,
        delta_stride: usize,
        out: *mut T,
        with_bias: bool,
        accumulate: bool,
    ) = gradient_body [2 6 12]
}

/// # Safety
/// As for [`gradient`].
#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn gradient_body<T: Scalar, R: Row<T>, const INPUTS: usize>(
    a: Rows<T>,
    inputs: usize,
    deltas: *const T,
    delta_stride: usize,
    out: *mut T,
    with_bias: bool,
    accumulate: bool,
) {
    // SAFETY: the strip has room for `inputs` rows, and one more where there are biases.
    let at = |i: usize| unsafe { out.add(i * T::LANES) };
    let mut from = 0;
    loop {
        let to = a.count.min(from + HEIGHT);
        // SAFETY: the caller's extents cover `inputs` inputs of all rows.
        unsafe {
            let strip = Strip {
                a: Rows {
                    start: a.start.add(from * a.stride),
                    stride: a.stride,
                    count: to - from,
                },
                deltas: deltas.add(from * delta_stride),
                delta_stride,
                accumulate: accumulate || from > 0,
            };
            let mut i = 0;
            while i + INPUTS <= inputs {
                gradient_tile::<T, R, INPUTS>(&strip, i, at(i));
                i += INPUTS;
            }
            if INPUTS > 6 && i + 6 <= inputs {
                gradient_tile::<T, R, 6>(&strip, i, at(i));
                i += 6;
            }
            if INPUTS > 4 && i + 4 <= inputs {
                gradient_tile::<T, R, 4>(&strip, i, at(i));
                i += 4;
            }
            match inputs - i {
                0 => {}
                1 => gradient_tile::<T, R, 1>(&strip, i, at(i)),
                2 => gradient_tile::<T, R, 2>(&strip, i, at(i)),
                _ => gradient_tile::<T, R, 3>(&strip, i, at(i)),
            }
            if with_bias {
                let out = at(inputs);
                let mut sum = if strip.accumulate { R::load(out) } else { R::zero() };
                for r in 0..strip.a.count {
                    // A factor of 1 is exact.
                    sum.add_scaled(T::one(), &R::load(strip.deltas.add(r * delta_stride)));
                }
                sum.store(out);
            }
        }
        from = to;
        if from >= a.count {
            break;
        }
    }
}

struct Strip<T> {
    a: Rows<T>,
    deltas: *const T,
    delta_stride: usize,
    accumulate: bool,
}

/// # Safety
/// Inputs `first..first + INPUTS` must lie within the rows of `a`; `out` must hold as many rows.
#[inline(always)]
unsafe fn gradient_tile<T: Scalar, R: Row<T>, const INPUTS: usize>(
    strip: &Strip<T>,
    first: usize,
    out: *mut T,
) {
    // SAFETY: all reads are within the rows and inputs the caller vouches for.
    unsafe {
        let mut sums = [R::zero(); INPUTS];
        if strip.accumulate {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = R::load(out.add(i * T::LANES));
            }
        }
        let a = strip.a.start.add(first);
        for r in 0..strip.a.count {
            let delta = R::load(strip.deltas.add(r * strip.delta_stride));
            for (i, sum) in sums.iter_mut().enumerate() {
                sum.add_scaled(*a.add(r * strip.a.stride + i), &delta);
            }
        }
        for (i, sum) in sums.into_iter().enumerate() {
            sum.store(out.add(i * T::LANES));
        }
    }
}
