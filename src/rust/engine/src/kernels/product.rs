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
        let mut panel = 0;
        // SAFETY: the caller's extents cover `panels` panels, all rows, and `to <= inputs`.
        unsafe {
            while panel < panels {
                let panel_start = weights.add(panel * panel_rows * T::LANES);
                let bias = panel_start.add(inputs * T::LANES);
                let tiles = Tiles {
                    weights: panel_start.add(from * T::LANES),
                    panel_stride: panel_rows * T::LANES,
                    depth: to - from,
                    start: match (from, has_bias) {
                        (0, true) => Start::Bias(bias),
                        (0, false) => Start::Zero,
                        _ => Start::Out,
                    },
                    a: Rows {
                        start: a.start.add(from),
                        ..a
                    },
                    out: out.add(panel * T::LANES),
                    out_stride,
                };
                if R::PANELS == 2 && panel + 2 <= panels {
                    forward_tiles::<T, R, ROWS, 2>(&tiles);
                    panel += 2;
                } else {
                    forward_tiles::<T, R, ROWS, 1>(&tiles);
                    panel += 1;
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
pub enum Start<T> {
    /// Zero.
    Zero,
    /// The biases there.
    Bias(*const T),
    /// What stands where they go.
    Out,
}

/// Products of all rows with some inputs of neighbouring panels.
pub struct Tiles<T> {
    /// First row of the first panel.
    pub weights: *const T,
    /// Distance between panels.
    pub panel_stride: usize,
    /// Number of inputs.
    pub depth: usize,
    /// What sums start from.
    pub start: Start<T>,
    /// The rows.
    pub a: Rows<T>,
    /// Where the first panel's sums of the first row go.
    pub out: *mut T,
    /// Distance between rows of sums.
    pub out_stride: usize,
}

/// Products with one panel, row by row: for so few rows that a choice of tiles would not pay.
///
/// # Safety
/// The panel must lie within the caller's extents.
#[inline(always)]
pub unsafe fn forward_rows<T: Scalar, R: Row<T>>(tiles: &Tiles<T>) {
    for row in 0..tiles.a.count {
        // SAFETY: the caller's promise.
        unsafe { forward_tile::<T, R, 1, 1>(tiles, row) };
    }
}

/// # Safety
/// `PANELS` panels must lie within the caller's extents.
#[inline(always)]
unsafe fn forward_tiles<T: Scalar, R: Row<T>, const ROWS: usize, const PANELS: usize>(tiles: &Tiles<T>) {
    let (mut row, count) = (0, tiles.a.count);
    // SAFETY: rows stay below `count`; the panels are the caller's promise.
    unsafe {
        while row + ROWS <= count {
            forward_tile::<T, R, ROWS, PANELS>(tiles, row);
            row += ROWS;
        }
        // The rest in fewer, smaller tiles: 6, 4, then what is left.
        if ROWS > 6 && row + 6 <= count {
            forward_tile::<T, R, 6, PANELS>(tiles, row);
            row += 6;
        }
        if ROWS > 4 && row + 4 <= count {
            forward_tile::<T, R, 4, PANELS>(tiles, row);
            row += 4;
        }
        match count - row {
            0 => {}
            1 => forward_tile::<T, R, 1, PANELS>(tiles, row),
            2 => forward_tile::<T, R, 2, PANELS>(tiles, row),
            _ => forward_tile::<T, R, 3, PANELS>(tiles, row),
        }
    }
}

/// # Safety
/// Rows `row..row + ROWS` and `PANELS` panels must lie within the caller's extents.
#[inline(always)]
unsafe fn forward_tile<T: Scalar, R: Row<T>, const ROWS: usize, const PANELS: usize>(
    tiles: &Tiles<T>,
    row: usize,
) {
    // SAFETY: all reads and writes are at the caller's rows and panels and the tiles' depth.
    unsafe {
        let mut sums = [[R::zero(); PANELS]; ROWS];
        let out = tiles.out.add(row * tiles.out_stride);
        match tiles.start {
            Start::Zero => {}
            Start::Bias(bias) => {
                let mut biases = [R::zero(); PANELS];
                for (p, bias_of_panel) in biases.iter_mut().enumerate() {
                    *bias_of_panel = R::load(bias.add(p * tiles.panel_stride));
                }
                sums = [biases; ROWS];
            }
            Start::Out => {
                for (r, sums) in sums.iter_mut().enumerate() {
                    for (p, sum) in sums.iter_mut().enumerate() {
                        *sum = R::load(out.add(r * tiles.out_stride + p * T::LANES));
                    }
                }
            }
        }
        let a = tiles.a.start.add(row * tiles.a.stride);
        // Several inputs a turn: what addresses cost is then spread over them.
        let mut i = 0;
        while i + TURN <= tiles.depth {
            for k in i..i + TURN {
                forward_input(tiles, a, k, &mut sums);
            }
            i += TURN;
        }
        for k in i..tiles.depth {
            forward_input(tiles, a, k, &mut sums);
        }
        for (r, sums) in sums.into_iter().enumerate() {
            for (p, sum) in sums.into_iter().enumerate() {
                sum.store(out.add(r * tiles.out_stride + p * T::LANES));
            }
        }
    }
}

/// Adds what one input brings to the sums of a tile whose rows start at `a`.
///
/// # Safety
/// As for [`forward_tile`]; `input` must be below the tile's depth.
#[inline(always)]
unsafe fn forward_input<T: Scalar, R: Row<T>, const ROWS: usize, const PANELS: usize>(
    tiles: &Tiles<T>,
    a: *const T,
    input: usize,
    sums: &mut [[R; PANELS]; ROWS],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut weights = [R::zero(); PANELS];
        for (p, row) in weights.iter_mut().enumerate() {
            *row = R::load(tiles.weights.add(p * tiles.panel_stride + input * T::LANES));
        }
        for (r, sums) in sums.iter_mut().enumerate() {
            let number = *a.add(r * tiles.a.stride + input);
            for (sum, weights) in sums.iter_mut().zip(&weights) {
                sum.add_scaled(number, weights);
            }
        }
    }
}

kernel! {
    /// `out[i] = Σ_r a[r][i] * deltas[r]` for `inputs` inputs and the units of neighbouring panels;
    /// added to what `out` holds where `accumulate`.
    ///
    /// `deltas` are rows of `panels` panels (`LANES` wide each), as many as `a` has; `out` is a strip
    /// of `inputs` rows of `LANES` for each panel, `out_stride` apart, and where `with_bias` with one
    /// row more, for the biases: Σ_r deltas[r].
    ///
    /// # Safety
    /// The pointers must be valid for these extents; `out` must not overlap the others.
    pub unsafe fn gradient<T: Scalar>(
        a: Rows<T>,
        inputs: usize,
        deltas: *const T,
        delta_stride: usize,
        panels: usize,
        out: *mut T,
        out_stride: usize,
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
    panels: usize,
    out: *mut T,
    out_stride: usize,
    with_bias: bool,
    accumulate: bool,
) {
    let mut from = 0;
    loop {
        let to = a.count.min(from + HEIGHT);
        let mut panel = 0;
        // SAFETY: the caller's extents cover `inputs` inputs of all rows, and `panels` panels.
        unsafe {
            while panel < panels {
                let strips = Strips {
                    a: Rows {
                        start: a.start.add(from * a.stride),
                        stride: a.stride,
                        count: to - from,
                    },
                    inputs,
                    deltas: deltas.add(from * delta_stride + panel * T::LANES),
                    delta_stride,
                    out: out.add(panel * out_stride),
                    out_stride,
                    with_bias,
                    accumulate: accumulate || from > 0,
                };
                if R::PANELS == 2 && panel + 2 <= panels {
                    gradient_tiles::<T, R, INPUTS, 2>(&strips);
                    panel += 2;
                } else {
                    gradient_tiles::<T, R, INPUTS, 1>(&strips);
                    panel += 1;
                }
            }
        }
        from = to;
        if from >= a.count {
            break;
        }
    }
}

/// Gradients of neighbouring strips over some rows.
pub struct Strips<T> {
    /// The rows.
    pub a: Rows<T>,
    /// Number of inputs.
    pub inputs: usize,
    /// Errors of the first row and panel.
    pub deltas: *const T,
    /// Distance between rows of errors.
    pub delta_stride: usize,
    /// First number of the first strip.
    pub out: *mut T,
    /// Distance between strips.
    pub out_stride: usize,
    /// Whether biases follow the weights.
    pub with_bias: bool,
    /// Whether the gradients are added to what is there.
    pub accumulate: bool,
}

/// # Safety
/// `PANELS` strips must lie within the caller's extents.
#[inline(always)]
pub unsafe fn gradient_tiles<T: Scalar, R: Row<T>, const INPUTS: usize, const PANELS: usize>(
    strips: &Strips<T>,
) {
    let (mut i, inputs) = (0, strips.inputs);
    // SAFETY: inputs stay below `inputs`; the biases follow them where there are any.
    unsafe {
        while i + INPUTS <= inputs {
            gradient_tile::<T, R, INPUTS, PANELS>(strips, i);
            i += INPUTS;
        }
        if INPUTS > 6 && i + 6 <= inputs {
            gradient_tile::<T, R, 6, PANELS>(strips, i);
            i += 6;
        }
        if INPUTS > 4 && i + 4 <= inputs {
            gradient_tile::<T, R, 4, PANELS>(strips, i);
            i += 4;
        }
        match inputs - i {
            0 => {}
            1 => gradient_tile::<T, R, 1, PANELS>(strips, i),
            2 => gradient_tile::<T, R, 2, PANELS>(strips, i),
            _ => gradient_tile::<T, R, 3, PANELS>(strips, i),
        }
        if strips.with_bias {
            for panel in 0..PANELS {
                let out = strips.out.add(panel * strips.out_stride + inputs * T::LANES);
                let mut sum = if strips.accumulate {
                    R::load(out)
                } else {
                    R::zero()
                };
                for r in 0..strips.a.count {
                    // A factor of 1 is exact.
                    let delta = R::load(strips.deltas.add(r * strips.delta_stride + panel * T::LANES));
                    sum.add_scaled(T::one(), &delta);
                }
                sum.store(out);
            }
        }
    }
}

/// # Safety
/// Inputs `first..first + INPUTS` and `PANELS` strips must lie within the caller's extents.
#[inline(always)]
unsafe fn gradient_tile<T: Scalar, R: Row<T>, const INPUTS: usize, const PANELS: usize>(
    strips: &Strips<T>,
    first: usize,
) {
    // SAFETY: all reads and writes are within the rows, inputs and strips the caller vouches for.
    unsafe {
        let mut sums = [[R::zero(); PANELS]; INPUTS];
        let out = |input: usize, panel: usize| {
            strips
                .out
                .add((first + input) * T::LANES + panel * strips.out_stride)
        };
        if strips.accumulate {
            for (i, sums) in sums.iter_mut().enumerate() {
                for (p, sum) in sums.iter_mut().enumerate() {
                    *sum = R::load(out(i, p));
                }
            }
        }
        let a = strips.a.start.add(first);
        for r in 0..strips.a.count {
            let mut deltas = [R::zero(); PANELS];
            for (p, delta) in deltas.iter_mut().enumerate() {
                *delta = R::load(strips.deltas.add(r * strips.delta_stride + p * T::LANES));
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let number = *a.add(r * strips.a.stride + i);
                for (sum, delta) in sums.iter_mut().zip(&deltas) {
                    sum.add_scaled(number, delta);
                }
            }
        }
        for (i, sums) in sums.into_iter().enumerate() {
            for (p, sum) in sums.into_iter().enumerate() {
                sum.store(out(i, p));
            }
        }
    }
}
