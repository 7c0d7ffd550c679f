//! Claims about instruction sets: those that the processor has are found, and each computes the same.

use backprop_engine::kernels::elementwise::{add, multiply, softmax};
use backprop_engine::kernels::gemm::{self, Rows};
use backprop_engine::kernels::{pack, Fused, InstructionSet, Instructions, Separate};
use backprop_engine::Scalar;

#[test]
fn every_set_that_the_processor_has_is_found_and_the_widest_is_used() {
    let available = InstructionSet::available();
    let names: Vec<&str> = available.iter().map(|set| set.name()).collect();
    assert_eq!(names[0], "plain");
    // What the system says of the processor, asked another way than the engine does.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let line = text.lines().find(|line| line.starts_with("flags")).unwrap();
        let has = |wanted: &[&str]| {
            wanted
                .iter()
                .all(|flag| line.split_whitespace().any(|f| f == *flag))
        };
        let avx2 = has(&["avx2", "fma"]);
        assert_eq!(names.contains(&"avx2"), avx2);
        let avx512 = cfg!(backprop_avx512) && avx2 && has(&["avx512f", "avx512dq", "avx512vl"]);
        assert_eq!(names.contains(&"avx512"), avx512);
    }
    let wanted = std::env::var("BACKPROP_INSTRUCTION_SET").unwrap_or_default();
    let used = InstructionSet::detect().name();
    match names.contains(&wanted.as_str()) {
        true => assert_eq!(used, wanted),
        false => assert_eq!(Some(&used), names.last()),
    }
}

#[test]
fn products_take_as_many_panels_at_once_as_rows_leave_registers_for() {
    for set in InstructionSet::available() {
        let panels = if set.name() == "avx512" { 2 } else { 1 };
        assert_eq!(gemm::panels_at_once(set), panels, "{set:?}");
    }
}

#[test]
fn a_fused_operation_is_rounded_once_and_a_separate_one_twice() {
    let a = 1.0 + f64::EPSILON;
    assert_eq!(Separate::multiply_add(a, a, -(a * a)), 0.0);
    assert_eq!(Fused::multiply_add(a, a, -(a * a)), f64::EPSILON * f64::EPSILON);
    assert_eq!(Separate::multiply_add(2.0f32, 3.0, 4.0), 10.0);
    assert_eq!(Fused::multiply_add(2.0f32, 3.0, 4.0), 10.0);
}

/// Numbers with few digits: their sums are exact in both precisions, in any order.
fn numbers<T: Scalar>(count: usize, step: usize) -> Vec<T> {
    (0..count)
        .map(|i| T::of((i * step % 31) as f64 / 4.0 - 3.0))
        .collect()
}

fn products_are_the_plain_sums<T: Scalar>() {
    let lanes = T::LANES;
    for (inputs, panels, count) in [(1, 1, 1), (4, 1, 3), (7, 2, 5), (13, 3, 14), (50, 5, 27)] {
        let (stride, out_stride) = (inputs + 3, panels * lanes);
        let a = numbers::<T>(count * stride, 7);
        let panel_rows = inputs + 1;
        let weights = numbers::<T>(panels * panel_rows * lanes, 5);
        let deltas = numbers::<T>(count * out_stride, 3);
        let weight = |i: usize, unit: usize| weights[(unit / lanes * panel_rows + i) * lanes + unit % lanes];
        let rows = Rows {
            start: a.as_ptr(),
            stride,
            count,
        };
        for set in InstructionSet::available() {
            for flag in [false, true] {
                let mut out = vec![T::zero(); count * out_stride];
                let mut slopes = vec![T::of(0.5); panels * panel_rows * lanes];
                // SAFETY: the vectors have the extents that the kernels are told.
                unsafe {
                    gemm::forward(
                        set,
                        rows,
                        inputs,
                        weights.as_ptr(),
                        panels,
                        panel_rows,
                        flag,
                        out.as_mut_ptr(),
                        out_stride,
                    );
                    gemm::gradient(
                        set,
                        rows,
                        inputs,
                        deltas.as_ptr(),
                        out_stride,
                        panels,
                        slopes.as_mut_ptr(),
                        panel_rows * lanes,
                        true,
                        flag,
                    );
                }
                let case = format!("{inputs} inputs, {panels} panels, {count} rows, {set:?}, {flag}");
                for row in 0..count {
                    for unit in 0..out_stride {
                        let mut sum: T = (0..inputs).map(|i| a[row * stride + i] * weight(i, unit)).sum();
                        if flag {
                            sum += weight(inputs, unit);
                        }
                        assert_eq!(
                            out[row * out_stride + unit],
                            sum,
                            "{case}: row {row}, unit {unit}"
                        );
                    }
                }
                let before = if flag { T::of(0.5) } else { T::zero() };
                for unit in 0..out_stride {
                    let delta = |row: usize| deltas[row * out_stride + unit];
                    let slope = |i: usize| slopes[(unit / lanes * panel_rows + i) * lanes + unit % lanes];
                    for i in 0..inputs {
                        let sum: T = (0..count).map(|row| a[row * stride + i] * delta(row)).sum();
                        assert_eq!(slope(i), sum + before, "{case}: input {i}, unit {unit}");
                    }
                    let sum: T = (0..count).map(delta).sum();
                    assert_eq!(slope(inputs), sum + before, "{case}: bias of unit {unit}");
                }
            }
        }
    }
}

#[test]
fn products_of_panels_are_the_plain_sums_in_every_set() {
    products_are_the_plain_sums::<f64>();
    products_are_the_plain_sums::<f32>();
}

#[test]
fn numbers_are_added_and_multiplied_one_by_one_in_every_set() {
    for set in InstructionSet::available() {
        let (mut sums, mut products) = (numbers::<f64>(37, 7), numbers::<f64>(37, 7));
        let others = numbers::<f64>(37, 11);
        add(set, &mut sums, &others);
        multiply(set, &mut products, &others);
        for (i, &number) in numbers::<f64>(37, 7).iter().enumerate() {
            assert_eq!((sums[i], products[i]), (number + others[i], number * others[i]));
        }
    }
}

#[test]
fn a_softmax_is_the_share_of_each_exponential() {
    for set in InstructionSet::available() {
        // Rows of three units, four apart; the second far from 0, where e^z overflows.
        let z = [
            0.5, -1.0, 2.0, 9.0, 1000.0, 1001.0, 999.0, 9.0, -1e4, 0.0, 0.0, 9.0,
        ];
        let (mut values, mut log_sums) = (z, [0.0; 3]);
        softmax(set, &mut values, 4, 3, &mut log_sums);
        for row in 0..3 {
            let z = &z[row * 4..row * 4 + 3];
            let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = z.iter().map(|z| (z - largest).exp()).sum();
            for (unit, z) in z.iter().enumerate() {
                let wanted = (z - largest).exp() / sum;
                assert!((values[row * 4 + unit] - wanted).abs() < 1e-15, "{set:?}");
            }
            assert_eq!(values[row * 4 + 3], 0.0, "what is beyond the units is 0");
            assert!((log_sums[row] - largest - sum.ln()).abs() < 1e-12, "{set:?}");
        }
    }
}

#[test]
fn a_softmax_of_nan_is_nan_wherever_it_stands() {
    for set in InstructionSet::available() {
        for index in 0..3 {
            let (mut values, mut log_sums) = ([1.0, 3.0, 2.0], [0.0]);
            values[index] = f64::NAN;
            softmax(set, &mut values, 3, 3, &mut log_sums);
            assert!(
                values.iter().all(|p| p.is_nan()) && log_sums[0].is_nan(),
                "{index}"
            );
        }
    }
}

#[test]
fn asking_ahead_for_numbers_changes_none() {
    let a = numbers::<f64>(100, 3);
    pack::prefetch(&a);
    pack::prefetch(&a[..0]);
    assert_eq!(a, numbers::<f64>(100, 3));
}
