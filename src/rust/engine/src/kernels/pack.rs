//! A pack: `LANES` numbers in the registers of each instruction set. The one place where
//! vector instructions are named. The compiler's own vectorisation of the product loops was
//! tried and reaches a tenth to a half of this speed in some shapes.

use crate::kernels::scalar::Scalar;

/// Asks the processor to bring numbers into its caches. Only a hint.
#[inline(always)]
pub fn prefetch<T>(numbers: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for number in numbers.iter().step_by(64 / size_of::<T>()).chain(numbers.last()) {
        use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
        // SAFETY: every x86-64 has the instruction, and it has no effect that can be observed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>((number as *const T).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = numbers;
}

/// `LANES` numbers that are computed with at once.
pub trait Pack<T>: Copy {
    /// Panels beside each other that products hold sums of: as many as leave a register for each.
    const PANELS: usize;
    /// All lanes zero.
    ///
    /// # Safety
    /// The processor must have the pack's instruction set. This holds for every function here.
    unsafe fn zero() -> Self;
    /// Reads `LANES` numbers.
    ///
    /// # Safety
    /// `from` must be valid for reading them.
    unsafe fn load(from: *const T) -> Self;
    /// Writes `LANES` numbers.
    ///
    /// # Safety
    /// `to` must be valid for writing them.
    unsafe fn store(self, to: *mut T);
    /// Adds `factor * other`, lane by lane.
    ///
    /// # Safety
    /// As for [`Pack::zero`].
    unsafe fn add_scaled(&mut self, factor: T, other: &Self);
    /// Adds `one * other`, lane by lane.
    ///
    /// # Safety
    /// As for [`Pack::zero`].
    unsafe fn add_product(&mut self, one: &Self, other: &Self);
    /// The sum of all lanes: halves added until one number is left.
    ///
    /// # Safety
    /// As for [`Pack::zero`].
    unsafe fn total(self) -> T;
    /// Writes a block of [`BLOCK`] columns of as many numbers, one after the other at `from`, as rows
    /// that start `stride` apart at `to`.
    ///
    /// # Safety
    /// The pointers must be valid for these extents, and not overlap.
    unsafe fn transpose(from: *const T, to: *mut T, stride: usize);
}

/// Rows and columns of a block that [`Pack::transpose`] takes: the numbers of a cache line of `f64`.
pub const BLOCK: usize = 8;

impl<T: Scalar, const N: usize> Pack<T> for [T; N] {
    const PANELS: usize = 1;
    #[inline(always)]
    unsafe fn zero() -> Self {
        [T::zero(); N]
    }
    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller guarantees N readable values; arrays of T have T's alignment.
        unsafe { *(from as *const [T; N]) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller guarantees N writable values; arrays of T have T's alignment.
        unsafe { *(to as *mut [T; N]) = self }
    }
    #[inline(always)]
    unsafe fn add_scaled(&mut self, factor: T, other: &Self) {
        for lane in 0..N {
            self[lane] = factor * other[lane] + self[lane];
        }
    }
    #[inline(always)]
    unsafe fn add_product(&mut self, one: &Self, other: &Self) {
        for lane in 0..N {
            self[lane] = one[lane] * other[lane] + self[lane];
        }
    }
    #[inline(always)]
    unsafe fn total(mut self) -> T {
        let mut half = N / 2;
        while half > 0 {
            for lane in 0..half {
                self[lane] += self[lane + half];
            }
            half /= 2;
        }
        self[0]
    }
    #[inline(always)]
    unsafe fn transpose(from: *const T, to: *mut T, stride: usize) {
        for row in 0..BLOCK {
            for column in 0..BLOCK {
                // SAFETY: the caller's promise.
                unsafe { *to.add(row * stride + column) = *from.add(column * BLOCK + row) };
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
// AVX-512 is compiled only where build.rs finds a compiler that has it.
#[allow(clippy::incompatible_msrv)]
mod x86 {
    use super::{Pack, BLOCK};
    use std::arch::x86_64::*;

    /// Quarters of rows: four columns of four rows become four rows of four columns, those of rows
    /// 4 to 7 in the upper halves.
    #[inline(always)]
    unsafe fn quarters(from: *const f32) -> [__m256; 4] {
        // SAFETY: the caller's promise: four columns of a block, and a processor with AVX.
        unsafe {
            let (a, b) = (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(BLOCK)));
            let (c, d) = (
                _mm256_loadu_ps(from.add(2 * BLOCK)),
                _mm256_loadu_ps(from.add(3 * BLOCK)),
            );
            let (low, low2) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
            let (high, high2) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
            [
                _mm256_shuffle_ps::<0x44>(low, low2),
                _mm256_shuffle_ps::<0xEE>(low, low2),
                _mm256_shuffle_ps::<0x44>(high, high2),
                _mm256_shuffle_ps::<0xEE>(high, high2),
            ]
        }
    }

    /// [`Pack::transpose`] of single-precision numbers, with AVX.
    #[inline(always)]
    unsafe fn transpose_single(from: *const f32, to: *mut f32, stride: usize) {
        // SAFETY: the caller's promise: pointers valid for a block, and a processor with AVX.
        unsafe {
            let (left, right) = (quarters(from), quarters(from.add(4 * BLOCK)));
            for row in 0..4 {
                let upper = _mm256_permute2f128_ps::<0x20>(left[row], right[row]);
                let lower = _mm256_permute2f128_ps::<0x31>(left[row], right[row]);
                _mm256_storeu_ps(to.add(row * stride), upper);
                _mm256_storeu_ps(to.add((row + 4) * stride), lower);
            }
        }
    }

    /// [`Pack::transpose`] of double-precision numbers, with AVX: four quarters of 4 x 4.
    #[inline(always)]
    unsafe fn transpose_double(from: *const f64, to: *mut f64, stride: usize) {
        // SAFETY: the caller's promise: pointers valid for a block, and a processor with AVX.
        unsafe {
            for (row, column) in [(0, 0), (0, 4), (4, 0), (4, 4)] {
                let (from, to) = (from.add(column * BLOCK + row), to.add(row * stride + column));
                let (a, b) = (_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(BLOCK)));
                let (c, d) = (
                    _mm256_loadu_pd(from.add(2 * BLOCK)),
                    _mm256_loadu_pd(from.add(3 * BLOCK)),
                );
                let (low, low2) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
                let (high, high2) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
                _mm256_storeu_pd(to, _mm256_permute2f128_pd::<0x20>(low, low2));
                _mm256_storeu_pd(to.add(stride), _mm256_permute2f128_pd::<0x20>(high, high2));
                _mm256_storeu_pd(to.add(2 * stride), _mm256_permute2f128_pd::<0x31>(low, low2));
                _mm256_storeu_pd(to.add(3 * stride), _mm256_permute2f128_pd::<0x31>(high, high2));
            }
        }
    }

    /// Defines a pack of `$count` registers of one kind.
    macro_rules! registers {
        ($(#[$doc:meta])* $name:ident, $scalar:ty, $register:ty, $count:literal, $width:literal,
         $zero:ident, $load:ident, $store:ident, $splat:ident, $multiply_add:ident, $transpose:ident) => {
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub struct $name([$register; $count]);

            // SAFETY (all): the trait's callers guarantee the instruction set and the pointers;
            // loads and stores are the unaligned ones.
            impl Pack<$scalar> for $name {
                // 16 registers under AVX2, two to a pack; 32 under AVX-512, one to a pack.
                const PANELS: usize = 3 - $count;
                #[inline(always)]
                unsafe fn zero() -> Self {
                    unsafe { $name([$zero(); $count]) }
                }
                #[inline(always)]
                unsafe fn load(from: *const $scalar) -> Self {
                    unsafe {
                        let mut row = Self::zero();
                        for (i, register) in row.0.iter_mut().enumerate() {
                            *register = $load(from.add(i * $width));
                        }
                        row
                    }
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut $scalar) {
                    unsafe {
                        for (i, register) in self.0.into_iter().enumerate() {
                            $store(to.add(i * $width), register);
                        }
                    }
                }
                #[inline(always)]
                unsafe fn add_scaled(&mut self, factor: $scalar, other: &Self) {
                    unsafe {
                        let factor = $splat(factor);
                        for i in 0..$count {
                            self.0[i] = $multiply_add(factor, other.0[i], self.0[i]);
                        }
                    }
                }
                #[inline(always)]
                unsafe fn add_product(&mut self, one: &Self, other: &Self) {
                    unsafe {
                        for i in 0..$count {
                            self.0[i] = $multiply_add(one.0[i], other.0[i], self.0[i]);
                        }
                    }
                }
                #[inline(always)]
                unsafe fn total(self) -> $scalar {
                    unsafe {
                        let mut numbers = [0.0; $count * $width];
                        self.store(numbers.as_mut_ptr());
                        numbers.total()
                    }
                }
                #[inline(always)]
                unsafe fn transpose(from: *const $scalar, to: *mut $scalar, stride: usize) {
                    unsafe { $transpose(from, to, stride) }
                }
            }
        };
    }

    registers! {
        /// 16 single-precision numbers in two AVX registers.
        Avx2Single, f32, __m256, 2, 8,
        _mm256_setzero_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps, _mm256_fmadd_ps, transpose_single
    }
    registers! {
        /// 8 double-precision numbers in two AVX registers.
        Avx2Double, f64, __m256d, 2, 4,
        _mm256_setzero_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_set1_pd, _mm256_fmadd_pd, transpose_double
    }
    #[cfg(backprop_avx512)]
    registers! {
        /// 16 single-precision numbers in one AVX-512 register.
        Avx512Single, f32, __m512, 1, 16,
        _mm512_setzero_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps, _mm512_fmadd_ps, transpose_single
    }
    #[cfg(backprop_avx512)]
    registers! {
        /// 8 double-precision numbers in one AVX-512 register.
        Avx512Double, f64, __m512d, 1, 8,
        _mm512_setzero_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_set1_pd, _mm512_fmadd_pd, transpose_double
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::*;
