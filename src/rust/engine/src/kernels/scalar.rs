//! The number types the engine computes in: `f64` ("double") and `f32` ("single").
//!
//! Everything else in the engine is generic over [`Scalar`]; what must differ between the two
//! types (constants of polynomials, the width of a panel) is stated here and in `kernels::math`.

use crate::kernels::math::Math;
#[cfg(target_arch = "x86_64")]
use crate::kernels::pack;
use crate::kernels::pack::Pack;
use num_traits::Float;
use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{AddAssign, MulAssign, SubAssign};

/// A number type that networks are computed in.
pub trait Scalar:
    Float + Math + AddAssign + SubAssign + MulAssign + Sum + Default + Debug + Send + Sync + 'static
{
    /// [`Scalar::LANES`] numbers that are computed with at once under the plain instruction set.
    type PlainPack: Pack<Self>;
    /// The same under AVX2.
    #[cfg(target_arch = "x86_64")]
    type Avx2Pack: Pack<Self>;
    /// The same under AVX-512.
    #[cfg(all(target_arch = "x86_64", backprop_avx512))]
    type Avx512Pack: Pack<Self>;
    /// Units in a panel, the width in which weights are stored: two AVX2 registers or one of AVX-512.
    const LANES: usize;
    /// Largest weight magnitude that is still a usable model: its square does not overflow.
    const WEIGHT_LIMIT: Self;
    /// Name of the type as users know it.
    const PRECISION: &'static str;

    /// The nearest value of this type.
    fn of(value: f64) -> Self;
    /// The same value as `f64` (exact for both types).
    fn to_double(self) -> f64;
}

impl Scalar for f64 {
    type PlainPack = [f64; 8];
    #[cfg(target_arch = "x86_64")]
    type Avx2Pack = pack::Avx2Double;
    #[cfg(all(target_arch = "x86_64", backprop_avx512))]
    type Avx512Pack = pack::Avx512Double;
    const LANES: usize = 8;
    const WEIGHT_LIMIT: f64 = 1e154;
    const PRECISION: &'static str = "double";

    #[inline(always)]
    fn of(value: f64) -> f64 {
        value
    }
    #[inline(always)]
    fn to_double(self) -> f64 {
        self
    }
}

impl Scalar for f32 {
    type PlainPack = [f32; 16];
    #[cfg(target_arch = "x86_64")]
    type Avx2Pack = pack::Avx2Single;
    #[cfg(all(target_arch = "x86_64", backprop_avx512))]
    type Avx512Pack = pack::Avx512Single;
    const LANES: usize = 16;
    const WEIGHT_LIMIT: f32 = 1e19;
    const PRECISION: &'static str = "single";

    #[inline(always)]
    fn of(value: f64) -> f32 {
        value as f32
    }
    #[inline(always)]
    fn to_double(self) -> f64 {
        f64::from(self)
    }
}

/// Units in each panel of a layer of `units` units. A single unit has its weights in one row.
pub fn panel_width<T: Scalar>(units: usize) -> usize {
    match units {
        1 => 1,
        _ => T::LANES,
    }
}

/// `units` rounded up to whole panels of `T`.
pub fn padded<T: Scalar>(units: usize) -> usize {
    units.next_multiple_of(panel_width::<T>(units))
}

/// Distance between rows of `units` activations: whole panels, each a cache line, and an odd
/// number of them where rows are long. Rows an even number of lines apart, a power of two at
/// worst, would compete for a few places of the first-level cache.
pub fn row_stride<T: Scalar>(units: usize) -> usize {
    let width = panel_width::<T>(units);
    let panels = units.div_ceil(width);
    (if panels < 8 { panels } else { panels | 1 }) * width
}
