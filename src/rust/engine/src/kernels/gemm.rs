//! The two matrix products of a network, on panels of `LANES` units.
//!
//! * [`forward`]: rows times weight panels plus bias (also used backwards, with transposed panels);
//! * [`gradient`]: inputs times deltas summed over rows, for a micropanel of one weight panel.
//!
//! The letters are those of the literature (Goto and van de Geijn, 2008), for a product of m rows with
//! n units over k inputs; both products use them for the same extents. Sums of a microtile stay in
//! registers: in [`forward`] of `MR` rows, in [`gradient`] of `KR` inputs, and in both of nr units,
//! which is `PANELS` panels of `LANES`. Loops around them keep what is read again in a cache:
//! `FORWARD_KC` inputs of a panel, `GRADIENT_MC` rows of a micropanel's inputs. How a layer's
//! weights are cut into micropanels of kc inputs, and how many rows (mc) are summed before the next
//! of them is taken, is the step's business ([`crate::compute::model::KC`], `step::micropanels`).
//!
//! Every element of a result is one chain of multiply-adds in a fixed order (inputs, or rows,
//! ascending), so that neither the position of a row in a microtile nor the number of threads
//! changes a bit.

use crate::kernels::instruction_set::{kernel, InstructionSet};
use crate::kernels::pack::Pack;
use crate::kernels::scalar::Scalar;

/// kc of [`forward`]: inputs taken at a time, so that their part of a weight panel stays in the first-level cache.
const FORWARD_KC: usize = 256;
/// Inputs taken per turn of the innermost loop.
const UNROLL: usize = 4;
/// mc of [`gradient`]: rows summed at a time, so that the next inputs of a micropanel find them in the first-level cache.
const GRADIENT_MC: usize = 64;

/// Panels beside each other that products take at a time ([`Pack::PANELS`]).
pub fn panels_at_once(set: InstructionSet) -> usize {
    match set {
        #[cfg(all(target_arch = "x86_64", backprop_avx512))]
        InstructionSet::Avx512 => <f64 as Scalar>::Avx512Pack::PANELS,
        _ => 1,
    }
}

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
unsafe fn forward_body<T: Scalar, P: Pack<T>, const MR: usize>(
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
        let to = inputs.min(from + FORWARD_KC);
        let mut panel = 0;
        // SAFETY: the caller's extents cover `panels` panels, all rows, and `to <= inputs`.
        unsafe {
            while panel < panels {
                let panel_start = weights.add(panel * panel_rows * T::LANES);
                let bias = panel_start.add(inputs * T::LANES);
                let microtiles = Microtiles {
                    weights: panel_start.add(from * T::LANES),
                    panel_stride: panel_rows * T::LANES,
                    depth: to - from,
                    initial: match (from, has_bias) {
                        (0, true) => Initial::Bias(bias),
                        (0, false) => Initial::Zero,
                        _ => Initial::Out,
                    },
                    a: Rows {
                        start: a.start.add(from),
                        ..a
                    },
                    out: out.add(panel * T::LANES),
                    out_stride,
                };
                if P::PANELS == 2 && panel + 2 <= panels {
                    forward_microtiles::<T, P, MR, 2>(&microtiles);
                    panel += 2;
                } else {
                    forward_microtiles::<T, P, MR, 1>(&microtiles);
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

/// What the sums of a microtile start from.
#[derive(Clone, Copy)]
pub enum Initial<T> {
    /// Zero.
    Zero,
    /// The biases there.
    Bias(*const T),
    /// What stands where they go.
    Out,
}

/// Products of all rows with some inputs of neighbouring panels, microtile by microtile.
pub struct Microtiles<T> {
    /// First row of the first panel.
    pub weights: *const T,
    /// Distance between panels.
    pub panel_stride: usize,
    /// Number of inputs (kc).
    pub depth: usize,
    /// What sums start from.
    pub initial: Initial<T>,
    /// The rows.
    pub a: Rows<T>,
    /// Where the first panel's sums of the first row go.
    pub out: *mut T,
    /// Distance between rows of sums.
    pub out_stride: usize,
}

/// Products with one panel, row by row: for so few rows that a choice of microtiles would not pay.
///
/// # Safety
/// The panel must lie within the caller's extents.
#[inline(always)]
pub unsafe fn forward_rows<T: Scalar, P: Pack<T>>(microtiles: &Microtiles<T>) {
    for row in 0..microtiles.a.count {
        // SAFETY: the caller's promise.
        unsafe { forward_microtile::<T, P, 1, 1>(microtiles, row) };
    }
}

/// # Safety
/// `PANELS` panels must lie within the caller's extents.
#[inline(always)]
unsafe fn forward_microtiles<T: Scalar, P: Pack<T>, const MR: usize, const PANELS: usize>(
    microtiles: &Microtiles<T>,
) {
    let (mut row, count) = (0, microtiles.a.count);
    // SAFETY: rows stay below `count`; the panels are the caller's promise.
    unsafe {
        while row + MR <= count {
            forward_microtile::<T, P, MR, PANELS>(microtiles, row);
            row += MR;
        }
        // The rest in fewer, smaller microtiles: 6, 4, then what is left.
        if MR > 6 && row + 6 <= count {
            forward_microtile::<T, P, 6, PANELS>(microtiles, row);
            row += 6;
        }
        if MR > 4 && row + 4 <= count {
            forward_microtile::<T, P, 4, PANELS>(microtiles, row);
            row += 4;
        }
        match count - row {
            0 => {}
            1 => forward_microtile::<T, P, 1, PANELS>(microtiles, row),
            2 => forward_microtile::<T, P, 2, PANELS>(microtiles, row),
            _ => forward_microtile::<T, P, 3, PANELS>(microtiles, row),
        }
    }
}

/// # Safety
/// Rows `row..row + MR` and `PANELS` panels must lie within the caller's extents.
#[inline(always)]
unsafe fn forward_microtile<T: Scalar, P: Pack<T>, const MR: usize, const PANELS: usize>(
    microtiles: &Microtiles<T>,
    row: usize,
) {
    // SAFETY: all reads and writes are at the caller's rows and panels and the microtiles' depth.
    unsafe {
        let mut sums = [[P::zero(); PANELS]; MR];
        let out = microtiles.out.add(row * microtiles.out_stride);
        match microtiles.initial {
            Initial::Zero => {}
            Initial::Bias(bias) => {
                let mut biases = [P::zero(); PANELS];
                for (p, bias_of_panel) in biases.iter_mut().enumerate() {
                    *bias_of_panel = P::load(bias.add(p * microtiles.panel_stride));
                }
                sums = [biases; MR];
            }
            Initial::Out => {
                for (r, sums) in sums.iter_mut().enumerate() {
                    for (p, sum) in sums.iter_mut().enumerate() {
                        *sum = P::load(out.add(r * microtiles.out_stride + p * T::LANES));
                    }
                }
            }
        }
        let a = microtiles.a.start.add(row * microtiles.a.stride);
        // Several inputs a turn: what addresses cost is then spread over them.
        let mut i = 0;
        while i + UNROLL <= microtiles.depth {
            for k in i..i + UNROLL {
                forward_input(microtiles, a, k, &mut sums);
            }
            i += UNROLL;
        }
        for k in i..microtiles.depth {
            forward_input(microtiles, a, k, &mut sums);
        }
        for (r, sums) in sums.into_iter().enumerate() {
            for (p, sum) in sums.into_iter().enumerate() {
                sum.store(out.add(r * microtiles.out_stride + p * T::LANES));
            }
        }
    }
}

/// Adds what one input brings to the sums of a microtile whose rows start at `a`.
///
/// # Safety
/// As for [`forward_microtile`]; `input` must be below the microtile's depth.
#[inline(always)]
unsafe fn forward_input<T: Scalar, P: Pack<T>, const MR: usize, const PANELS: usize>(
    microtiles: &Microtiles<T>,
    a: *const T,
    input: usize,
    sums: &mut [[P; PANELS]; MR],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut weights = [P::zero(); PANELS];
        for (p, row) in weights.iter_mut().enumerate() {
            *row = P::load(
                microtiles
                    .weights
                    .add(p * microtiles.panel_stride + input * T::LANES),
            );
        }
        for (r, sums) in sums.iter_mut().enumerate() {
            let number = *a.add(r * microtiles.a.stride + input);
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
    /// `deltas` are rows of `panels` panels (`LANES` wide each), as many as `a` has; `out` is a micropanel
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
unsafe fn gradient_body<T: Scalar, P: Pack<T>, const KR: usize>(
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
        let to = a.count.min(from + GRADIENT_MC);
        let mut panel = 0;
        // SAFETY: the caller's extents cover `inputs` inputs of all rows, and `panels` panels.
        unsafe {
            while panel < panels {
                let micropanels = Micropanels {
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
                if P::PANELS == 2 && panel + 2 <= panels {
                    gradient_microtiles::<T, P, KR, 2>(&micropanels);
                    panel += 2;
                } else {
                    gradient_microtiles::<T, P, KR, 1>(&micropanels);
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

/// Gradients of neighbouring micropanels over some rows.
pub struct Micropanels<T> {
    /// The rows.
    pub a: Rows<T>,
    /// Number of inputs.
    pub inputs: usize,
    /// Deltas of the first row and panel.
    pub deltas: *const T,
    /// Distance between rows of deltas.
    pub delta_stride: usize,
    /// First number of the first micropanel.
    pub out: *mut T,
    /// Distance between micropanels.
    pub out_stride: usize,
    /// Whether biases follow the weights.
    pub with_bias: bool,
    /// Whether the gradients are added to what is there.
    pub accumulate: bool,
}

/// # Safety
/// `PANELS` micropanels must lie within the caller's extents.
#[inline(always)]
pub unsafe fn gradient_microtiles<T: Scalar, P: Pack<T>, const KR: usize, const PANELS: usize>(
    micropanels: &Micropanels<T>,
) {
    let (mut i, inputs) = (0, micropanels.inputs);
    // SAFETY: inputs stay below `inputs`; the biases follow them where there are any.
    unsafe {
        while i + KR <= inputs {
            gradient_microtile::<T, P, KR, PANELS>(micropanels, i);
            i += KR;
        }
        if KR > 6 && i + 6 <= inputs {
            gradient_microtile::<T, P, 6, PANELS>(micropanels, i);
            i += 6;
        }
        if KR > 4 && i + 4 <= inputs {
            gradient_microtile::<T, P, 4, PANELS>(micropanels, i);
            i += 4;
        }
        match inputs - i {
            0 => {}
            1 => gradient_microtile::<T, P, 1, PANELS>(micropanels, i),
            2 => gradient_microtile::<T, P, 2, PANELS>(micropanels, i),
            _ => gradient_microtile::<T, P, 3, PANELS>(micropanels, i),
        }
        if micropanels.with_bias {
            for panel in 0..PANELS {
                let out = micropanels
                    .out
                    .add(panel * micropanels.out_stride + inputs * T::LANES);
                let mut sum = if micropanels.accumulate {
                    P::load(out)
                } else {
                    P::zero()
                };
                for r in 0..micropanels.a.count {
                    // A factor of 1 is exact.
                    let delta = P::load(
                        micropanels
                            .deltas
                            .add(r * micropanels.delta_stride + panel * T::LANES),
                    );
                    sum.add_scaled(T::one(), &delta);
                }
                sum.store(out);
            }
        }
    }
}

/// # Safety
/// Inputs `first..first + KR` and `PANELS` micropanels must lie within the caller's extents.
#[inline(always)]
unsafe fn gradient_microtile<T: Scalar, P: Pack<T>, const KR: usize, const PANELS: usize>(
    micropanels: &Micropanels<T>,
    first: usize,
) {
    // SAFETY: all reads and writes are within the rows, inputs and micropanels the caller vouches for.
    unsafe {
        let mut sums = [[P::zero(); PANELS]; KR];
        let out = |input: usize, panel: usize| {
            micropanels
                .out
                .add((first + input) * T::LANES + panel * micropanels.out_stride)
        };
        if micropanels.accumulate {
            for (i, sums) in sums.iter_mut().enumerate() {
                for (p, sum) in sums.iter_mut().enumerate() {
                    *sum = P::load(out(i, p));
                }
            }
        }
        let a = micropanels.a.start.add(first);
        for r in 0..micropanels.a.count {
            let mut deltas = [P::zero(); PANELS];
            for (p, delta) in deltas.iter_mut().enumerate() {
                *delta = P::load(
                    micropanels
                        .deltas
                        .add(r * micropanels.delta_stride + p * T::LANES),
                );
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                let number = *a.add(r * micropanels.a.stride + i);
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
