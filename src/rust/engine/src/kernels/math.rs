//! Exponential, hyperbolic tangent and logarithm as branch-free polynomials that the compiler vectorises.
//!
//! Range reduction and polynomial forms follow the Cephes library (Moshier, 1989). Maximum
//! errors against the standard library, measured by the tests below: `exp` 2 ulp, `tanh` 4 ulp,
//! `log(1 + x)` on [0, 1] 2 ulp, in both precisions. NaN stays NaN, so that a diverging network is noticed.

use crate::kernels::instruction_set::Instructions;
use num_traits::Float;

/// Elementary functions of a scalar, each written so that a loop over it vectorises.
pub trait Math: Sized {
    /// e to the power `self`. Flushes to 0 below the normal range, is infinite above the finite one.
    fn fast_exp<I: Instructions>(self) -> Self;
    /// Hyperbolic tangent.
    fn fast_tanh<I: Instructions>(self) -> Self;
    /// log(1 + x) for x from 0 to 1: what log(1 + e^z) needs.
    fn fast_log_one_plus<I: Instructions>(self) -> Self;
}

/// log(1 + x) for x from 0 to 1, where `tail(w, w²)` is log(1 + w) - w + w²/2 around 0; the constants are
/// sqrt(2) - 1, 1/2 and log(2).
#[inline(always)]
fn log_one_plus<T: Float, I: Instructions>(
    x: T,
    [root, half, log_two]: [T; 3],
    tail: impl Fn(T, T) -> T,
) -> T {
    // 1 + x is halved where it is beyond the square root of 2; 1 + w is then near 1.
    let beyond = x > root;
    let w = if beyond { (x - T::one()) * half } else { x };
    let offset = if beyond { log_two } else { T::zero() };
    let square = w * w;
    offset + (w + I::multiply_add(-half, square, tail(w, square)))
}

/// A polynomial, highest power first: even and odd powers apart, each by Horner's scheme, which takes
/// half as long as one chain where there is nothing else to do meanwhile.
#[inline(always)]
fn polynomial<T: Float, I: Instructions, const N: usize>(x: T, coefficients: [T; N]) -> T {
    let square = x * x;
    let (mut first, mut second) = (coefficients[0], coefficients[1]);
    let mut index = 2;
    while index + 1 < N {
        first = I::multiply_add(first, square, coefficients[index]);
        second = I::multiply_add(second, square, coefficients[index + 1]);
        index += 2;
    }
    if index < N {
        first = I::multiply_add(first, square, coefficients[index]);
        return I::multiply_add(second, x, first);
    }
    I::multiply_add(first, x, second)
}

impl Math for f64 {
    #[inline(always)]
    fn fast_exp<I: Instructions>(self) -> f64 {
        // Adding 1.5 * 2^52 leaves the nearest whole number in the low bits of the sum.
        const SHIFT: f64 = 6755399441055744.0;
        const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
        const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
        // Comparisons written so that NaN falls through. At the bounds the scale below is 0 and infinite.
        let x = if self < -709.0 { -709.0 } else { self };
        let x = if x > 709.5 { 709.5 } else { x };
        let shifted = I::multiply_add(x, std::f64::consts::LOG2_E, SHIFT);
        let whole = shifted - SHIFT;
        let r = I::multiply_add(-whole, LN2_HIGH, x);
        let r = I::multiply_add(-whole, LN2_LOW, r);
        // Taylor's series to the 13th power: its remainder on |r| <= ln(2)/2 is below 5e-18.
        let tail = polynomial::<f64, I, 12>(
            r,
            [
                1.0 / 6_227_020_800.0,
                1.0 / 479_001_600.0,
                1.0 / 39_916_800.0,
                1.0 / 3_628_800.0,
                1.0 / 362_880.0,
                1.0 / 40_320.0,
                1.0 / 5_040.0,
                1.0 / 720.0,
                1.0 / 120.0,
                1.0 / 24.0,
                1.0 / 6.0,
                0.5,
            ],
        );
        let value = I::multiply_add(r * r, tail, r) + 1.0;
        let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0f64.to_bits()));
        value * scale
    }

    #[inline(always)]
    fn fast_tanh<I: Instructions>(self) -> f64 {
        let magnitude = self.abs();
        let e = (magnitude + magnitude).fast_exp::<I>();
        let large = 1.0 - 2.0 / (e + 1.0);
        let large = large.copysign(self);
        let z = self * self;
        let p = polynomial::<f64, I, 3>(
            z,
            [
                -9.643_991_794_250_523e-1,
                -9.928_772_310_019_185e1,
                -1.614_687_684_417_084_5e3,
            ],
        );
        let q = polynomial::<f64, I, 4>(
            z,
            [
                1.0,
                1.128_116_784_916_329_3e2,
                2.235_488_390_601_004_6e3,
                4.844_063_053_251_255e3,
            ],
        );
        let small = I::multiply_add(self * z, p / q, self);
        if magnitude < 0.625 {
            small
        } else {
            large
        }
    }

    #[inline(always)]
    fn fast_log_one_plus<I: Instructions>(self) -> f64 {
        log_one_plus::<f64, I>(
            self,
            [std::f64::consts::SQRT_2 - 1.0, 0.5, std::f64::consts::LN_2],
            |w, square| {
                let p = polynomial::<f64, I, 6>(
                    w,
                    [
                        1.018_756_638_045_809_3e-4,
                        4.974_949_949_767_47e-1,
                        4.705_791_198_788_817,
                        1.449_892_253_416_109_3e1,
                        1.793_686_785_078_198_2e1,
                        7.708_387_337_558_854,
                    ],
                );
                let q = polynomial::<f64, I, 6>(
                    w,
                    [
                        1.0,
                        1.128_735_871_891_674_5e1,
                        4.522_791_458_375_322e1,
                        8.298_752_669_127_767e1,
                        7.115_447_506_185_639e1,
                        2.312_516_201_267_653_4e1,
                    ],
                );
                w * square * (p / q)
            },
        )
    }
}

impl Math for f32 {
    #[inline(always)]
    fn fast_exp<I: Instructions>(self) -> f32 {
        // Adding 1.5 * 2^23 leaves the nearest whole number in the low bits of the sum.
        const SHIFT: f32 = 12_582_912.0;
        const LN2_HIGH: f32 = 0.693_359_4;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        let x = if self < -88.0 { -88.0 } else { self };
        let x = if x > 88.5 { 88.5 } else { x };
        let shifted = I::multiply_add(x, std::f32::consts::LOG2_E, SHIFT);
        let whole = shifted - SHIFT;
        let r = I::multiply_add(-whole, LN2_HIGH, x);
        let r = I::multiply_add(-whole, LN2_LOW, r);
        // Taylor's series to the 7th power: its remainder on |r| <= ln(2)/2 is below 6e-9.
        let tail = polynomial::<f32, I, 6>(
            r,
            [
                1.0 / 5_040.0,
                1.0 / 720.0,
                1.0 / 120.0,
                1.0 / 24.0,
                1.0 / 6.0,
                0.5,
            ],
        );
        let value = I::multiply_add(r * r, tail, r) + 1.0;
        let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
        value * scale
    }

    #[inline(always)]
    fn fast_tanh<I: Instructions>(self) -> f32 {
        let magnitude = self.abs();
        let e = (magnitude + magnitude).fast_exp::<I>();
        let large = 1.0 - 2.0 / (e + 1.0);
        let large = large.copysign(self);
        let z = self * self;
        let p = polynomial::<f32, I, 5>(
            z,
            [
                -5.704_988_6e-3,
                2.063_908_8e-2,
                -5.373_971_5e-2,
                1.333_144_2e-1,
                -3.333_328_3e-1,
            ],
        );
        let small = I::multiply_add(self * z, p, self);
        if magnitude < 0.625 {
            small
        } else {
            large
        }
    }

    #[inline(always)]
    fn fast_log_one_plus<I: Instructions>(self) -> f32 {
        log_one_plus::<f32, I>(
            self,
            [
                (std::f64::consts::SQRT_2 - 1.0) as f32,
                0.5,
                std::f64::consts::LN_2 as f32,
            ],
            |w, square| {
                let p = polynomial::<f32, I, 9>(
                    w,
                    [
                        7.037_683_6e-2,
                        -1.151_461e-1,
                        1.167_699_9e-1,
                        -1.242_014_1e-1,
                        1.424_932_3e-1,
                        -1.666_805_8e-1,
                        2.000_071_4e-1,
                        -2.499_999_4e-1,
                        3.333_333e-1,
                    ],
                );
                w * square * p
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::instruction_set::{Fused, Separate};

    fn ulps(value: f64, truth: f64, epsilon: f64) -> f64 {
        if value == truth {
            0.0
        } else {
            (value - truth).abs() / (truth.abs() * epsilon)
        }
    }

    /// Steps through the whole range where the result is a normal number.
    fn worst(range: std::ops::Range<f64>, steps: usize, error: impl Fn(f64) -> f64) -> f64 {
        (0..=steps)
            .map(|i| range.start + (range.end - range.start) * i as f64 / steps as f64)
            .map(error)
            .fold(0.0, f64::max)
    }

    #[test]
    fn exp_is_within_two_ulp_of_the_standard_library() {
        let e = worst(-707.9..708.9, 2_000_000, |x| {
            ulps(x.fast_exp::<Fused>(), x.exp(), f64::EPSILON).max(ulps(
                x.fast_exp::<Separate>(),
                x.exp(),
                f64::EPSILON,
            ))
        });
        assert!(e <= 2.0, "double: {e}");
        let e = worst(-86.9..87.9, 2_000_000, |x| {
            let x = x as f32;
            let truth = f64::from(x).exp();
            ulps(f64::from(x.fast_exp::<Fused>()), truth, f64::from(f32::EPSILON)).max(ulps(
                f64::from(x.fast_exp::<Separate>()),
                truth,
                f64::from(f32::EPSILON),
            ))
        });
        assert!(e <= 2.0, "single: {e}");
    }

    #[test]
    fn tanh_is_within_four_ulp_of_the_standard_library() {
        for range in [-20.0..20.0, -0.7..0.7, -1e-3..1e-3] {
            let e = worst(range.clone(), 1_000_000, |x| {
                ulps(x.fast_tanh::<Fused>(), x.tanh(), f64::EPSILON).max(ulps(
                    x.fast_tanh::<Separate>(),
                    x.tanh(),
                    f64::EPSILON,
                ))
            });
            assert!(e <= 4.0, "double: {e} on {range:?}");
            let e = worst(range.clone(), 1_000_000, |x| {
                let x = x as f32;
                let truth = f64::from(x).tanh();
                ulps(f64::from(x.fast_tanh::<Fused>()), truth, f64::from(f32::EPSILON))
            });
            assert!(e <= 4.0, "single: {e} on {range:?}");
        }
    }

    #[test]
    fn log_one_plus_is_within_two_ulp_of_the_standard_library() {
        for range in [0.0..1.0, 0.0..1e-3, 0.4142..0.4143, 0.0..1e-30] {
            let e = worst(range.clone(), 1_000_000, |x| {
                ulps(x.fast_log_one_plus::<Fused>(), x.ln_1p(), f64::EPSILON).max(ulps(
                    x.fast_log_one_plus::<Separate>(),
                    x.ln_1p(),
                    f64::EPSILON,
                ))
            });
            assert!(e <= 2.0, "double: {e} on {range:?}");
            let e = worst(range.clone(), 1_000_000, |x| {
                let x = x as f32;
                let truth = f64::from(x).ln_1p();
                ulps(
                    f64::from(x.fast_log_one_plus::<Fused>()),
                    truth,
                    f64::from(f32::EPSILON),
                )
                .max(ulps(
                    f64::from(x.fast_log_one_plus::<Separate>()),
                    truth,
                    f64::from(f32::EPSILON),
                ))
            });
            assert!(e <= 2.0, "single: {e} on {range:?}");
        }
    }

    #[test]
    fn extremes_and_nan_are_kept() {
        assert_eq!(800.0.fast_exp::<Fused>(), f64::INFINITY);
        assert_eq!((-800.0).fast_exp::<Fused>(), 0.0);
        assert!(f64::NAN.fast_exp::<Fused>().is_nan());
        assert!(f32::NAN.fast_exp::<Fused>().is_nan());
        assert_eq!(1e300.fast_tanh::<Fused>(), 1.0);
        assert_eq!((-1e30f32).fast_tanh::<Fused>(), -1.0);
        assert!(f64::NAN.fast_tanh::<Fused>().is_nan());
        assert!(f64::NAN.fast_log_one_plus::<Fused>().is_nan());
        assert!(f32::NAN.fast_log_one_plus::<Fused>().is_nan());
        assert_eq!(0.0.fast_exp::<Fused>(), 1.0);
        assert_eq!(0.0.fast_tanh::<Fused>(), 0.0);
    }
}
