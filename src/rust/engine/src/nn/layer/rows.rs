//! Layers taken row by row: loops over the rows of a tile, compiled for each instruction set. What they compute is stated by
//! each kind, [`RowKind`].

use super::kind::{Number, RowAt, RowKind};
use super::Layer;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;

/// Rows of numbers that lie `stride` apart, of which the first `width` count.
#[derive(Clone, Copy)]
pub struct Numbers<'a, N> {
    /// The first row's first number, and all that follow.
    pub numbers: &'a [N],
    /// Distance between rows.
    pub stride: usize,
    /// Numbers of a row that count.
    pub width: usize,
    /// Rows of the layer at hand for each of these: copies that were made of it.
    pub times: usize,
}

impl<'a, N> Numbers<'a, N> {
    /// None at all.
    pub const NONE: Numbers<'a, N> = Numbers {
        numbers: &[],
        stride: 0,
        width: 0,
        times: 1,
    };

    #[inline(always)]
    fn start(&self, row: usize) -> usize {
        row / self.times * self.stride
    }

    #[inline(always)]
    fn row(&self, row: usize) -> &[N] {
        let start = self.start(row);
        &self.numbers[start..start + self.width]
    }
}

/// What some rows of a layer are computed from. The first of them is the first copy of a row.
#[derive(Clone, Copy)]
pub struct LayerRows<'a, N> {
    /// The layer.
    pub layer: &'a Layer,
    /// Its weights, row by row, and then its biases.
    pub parameters: &'a [N],
    /// What comes in.
    pub inputs: Numbers<'a, N>,
    /// What a skip connection brings.
    pub skipped: Numbers<'a, N>,
    /// Rows that go out.
    pub count: usize,
    /// The instruction set of the kernels that are called.
    pub set: InstructionSet,
}

impl<'a, N: Number> LayerRows<'a, N> {
    #[inline(always)]
    fn at(&self, weights: &'a [N], biases: &'a [N], row: usize) -> RowAt<'_, N> {
        RowAt {
            shape: self.layer.shape(),
            weights,
            biases,
            inputs: self.inputs.row(row),
            skipped: self.skipped.row(row),
            member: row % self.layer.copies,
            set: self.set,
        }
    }

    #[inline(always)]
    fn split(&self) -> (&'a [N], &'a [N]) {
        let (rows, columns) = self.layer.weights();
        let (weights, rest) = self.parameters.split_at(rows * columns);
        (weights, &rest[..self.layer.biases()])
    }
}

/// Writes what goes out.
#[inline(always)]
pub fn forward<N: Number>(rows: LayerRows<'_, N>, out: &mut [N], stride: usize) {
    let (weights, biases) = rows.split();
    let units = rows.layer.units;
    for row in 0..rows.count {
        let out = &mut out[row * stride..row * stride + units];
        rows.layer.kind.forward(rows.at(weights, biases, row), out);
    }
}

/// Which derivatives are asked for: those by what comes in, or those by what was skipped from.
#[derive(Clone, Copy, PartialEq)]
pub enum Back {
    /// By what comes in.
    Inputs,
    /// By what was skipped from.
    Skipped,
}

/// Adds derivatives by what comes in, or by what was skipped from, to `incoming`, which lies as that does.
#[inline(always)]
pub fn backward<N: Number>(
    rows: LayerRows<'_, N>,
    deltas: &[N],
    stride: usize,
    back: Back,
    incoming: &mut [N],
) {
    let (weights, biases) = rows.split();
    let units = rows.layer.units;
    for row in 0..rows.count {
        let deltas = &deltas[row * stride..row * stride + units];
        let at = rows.at(weights, biases, row);
        match back {
            Back::Inputs => {
                let start = rows.inputs.start(row);
                let incoming = &mut incoming[start..start + rows.inputs.width];
                rows.layer.kind.backward(at, deltas, incoming);
            }
            Back::Skipped => {
                let start = rows.skipped.start(row);
                let incoming = &mut incoming[start..start + rows.skipped.width];
                rows.layer.kind.backward_skipped(at, deltas, incoming);
            }
        }
    }
}

/// Adds the gradient of the layer's parameters.
#[inline(always)]
pub fn gradient<N: Number>(rows: LayerRows<'_, N>, deltas: &[N], stride: usize, sums: &mut [N]) {
    let (weights, biases) = rows.split();
    let (to_weights, to_biases) = sums.split_at_mut(weights.len());
    let units = rows.layer.units;
    for row in 0..rows.count {
        let deltas = &deltas[row * stride..row * stride + units];
        let at = rows.at(weights, biases, row);
        rows.layer.kind.gradient(at, deltas, to_weights, to_biases);
    }
}

/// Defines `pub fn $name(set, rows, …)`, which runs `$body` compiled for the set, with AVX2 also where there is more: rows are short,
/// AVX-512 takes no less time on them, and as much room again.
macro_rules! compiled_for_sets {
    ($(#[$doc:meta])* $name:ident = $body:ident($($arg:ident: $kind:ty),*)) => {
        $(#[$doc])*
        pub fn $name<T: Scalar>(set: InstructionSet, rows: LayerRows<'_, T>, $($arg: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2<T: Scalar>(rows: LayerRows<'_, T>, $($arg: $kind),*) {
                $body(rows, $($arg),*);
            }
            assert!(!rows.layer.is_dense(), "dense layers go in panels");
            match set {
                InstructionSet::Plain => $body(rows, $($arg),*),
                // SAFETY: other sets are only made where the processor has AVX2 and fused multiply-add.
                #[cfg(target_arch = "x86_64")]
                _ => unsafe { avx2(rows, $($arg),*) },
            }
        }
    };
}

compiled_for_sets! {
    /// [`forward`], compiled for an instruction set.
    forward_rows = forward(out: &mut [T], stride: usize)
}

compiled_for_sets! {
    /// [`backward`], compiled for an instruction set.
    backward_rows = backward(deltas: &[T], stride: usize, back: Back, incoming: &mut [T])
}

compiled_for_sets! {
    /// [`gradient`], compiled for an instruction set.
    gradient_rows = gradient(deltas: &[T], stride: usize, sums: &mut [T])
}
