//! Micro-benchmarks of the kernels and of whole fits: `cargo bench --manifest-path bench/engine/Cargo.toml`.

use backprop_bench::Workload;
use backprop_engine::kernels::gemm::{forward, gradient, Rows};
use backprop_engine::kernels::transpose::{rows_of_columns, Columns};
use backprop_engine::kernels::{gemv, InstructionSet};
use backprop_engine::nn::activation::Activation;
use backprop_engine::{padded, Scalar};
use divan::counter::ItemsCount;
use divan::{black_box, Bencher};

fn main() {
    divan::main();
}

const ROWS: usize = 128;

/// Items are multiply-adds: rows x inputs x units.
#[divan::bench(types = [f32, f64], args = [(20, 64), (64, 32), (784, 128), (512, 512)])]
fn gemm_forward<T: Scalar>(bencher: Bencher, (inputs, units): (usize, usize)) {
    let set = InstructionSet::detect();
    let stride = padded::<T>(units);
    let a = vec![T::of(0.5); ROWS * inputs];
    let weights = vec![T::of(0.25); (inputs + 1) * stride];
    let mut out = vec![T::of(0.0); ROWS * stride];
    bencher
        .counter(ItemsCount::new(ROWS * inputs * units))
        .bench_local(|| {
            let rows = Rows {
                start: a.as_ptr(),
                stride: inputs,
                count: ROWS,
            };
            // SAFETY: the vectors have the extents that the kernel asks for.
            unsafe {
                forward(
                    set,
                    rows,
                    inputs,
                    weights.as_ptr(),
                    stride / T::LANES,
                    inputs + 1,
                    true,
                    out.as_mut_ptr(),
                    stride,
                )
            };
            black_box(&mut out);
        });
}

/// Items are multiply-adds: rows x inputs, for one unit.
#[divan::bench(types = [f32, f64], args = [32, 100])]
fn gemv_forward<T: Scalar>(bencher: Bencher, inputs: usize) {
    let set = InstructionSet::detect();
    let a = vec![T::of(0.5); ROWS * inputs];
    let weights = vec![T::of(0.25); inputs + 1];
    let mut out = vec![T::of(0.0); ROWS];
    bencher.counter(ItemsCount::new(ROWS * inputs)).bench_local(|| {
        let rows = Rows {
            start: a.as_ptr(),
            stride: inputs,
            count: ROWS,
        };
        // SAFETY: the vectors have the extents that the kernel asks for.
        unsafe { gemv::forward(set, rows, inputs, weights.as_ptr(), true, out.as_mut_ptr()) };
        black_box(&mut out);
    });
}

/// Items are multiply-adds: rows x inputs x units of two panels.
#[divan::bench(types = [f32, f64], args = [20, 48])]
fn gemm_gradient<T: Scalar>(bencher: Bencher, inputs: usize) {
    const PANELS: usize = 2;
    let set = InstructionSet::detect();
    let a = vec![T::of(0.5); ROWS * inputs];
    let deltas = vec![T::of(0.25); ROWS * PANELS * T::LANES];
    let mut out = vec![T::of(0.0); PANELS * inputs * T::LANES];
    bencher
        .counter(ItemsCount::new(ROWS * inputs * PANELS * T::LANES))
        .bench_local(|| {
            let rows = Rows {
                start: a.as_ptr(),
                stride: inputs,
                count: ROWS,
            };
            // SAFETY: the vectors have the extents that the kernel asks for.
            unsafe {
                gradient(
                    set,
                    rows,
                    inputs,
                    deltas.as_ptr(),
                    PANELS * T::LANES,
                    PANELS,
                    out.as_mut_ptr(),
                    inputs * T::LANES,
                    false,
                    false,
                )
            };
            black_box(&mut out);
        });
}

/// Items are numbers: some rows of a tall matrix, from columns to rows.
#[divan::bench(types = [f32, f64], args = [20, 784])]
fn transpose<T: Scalar>(bencher: Bencher, count: usize) {
    let set = InstructionSet::detect();
    let data = vec![0.5; 10 * ROWS * count];
    let mut out = vec![T::of(0.0); ROWS * count];
    bencher.counter(ItemsCount::new(ROWS * count)).bench_local(|| {
        let columns = Columns {
            data: &data,
            height: 10 * ROWS,
            count,
            standardise: None,
        };
        rows_of_columns(set, columns, 2 * ROWS..3 * ROWS, &mut out);
        black_box(&mut out);
    });
}

/// Items are numbers.
#[divan::bench(types = [f32, f64], args = Activation::ALL)]
fn activate<T: Scalar>(bencher: Bencher, activation: &Activation) {
    let set = InstructionSet::detect();
    let from: Vec<T> = (0..4096).map(|i| T::of(f64::from(i) / 512.0 - 4.0)).collect();
    let mut values = from.clone();
    bencher.counter(ItemsCount::new(values.len())).bench_local(|| {
        values.copy_from_slice(&from);
        activation.activate(set, &mut values);
        black_box(&mut values);
    });
}

/// The textbook's 5,000 epochs.
#[divan::bench]
fn fit_textbook() -> f64 {
    Workload::textbook().fit::<f64>(5000, 1).losses()[4999]
}

/// Items are rows: 784-128-10 in batches of 128, one thread.
#[divan::bench(types = [f32, f64], sample_count = 10)]
fn fit_digits<T: Scalar>(bencher: Bencher) {
    let workload = Workload::digits(2048);
    bencher
        .counter(ItemsCount::new(workload.rows))
        .bench_local(|| workload.fit::<T>(1, 1).losses()[0]);
}
