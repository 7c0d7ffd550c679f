//! The instruction sets that kernels are compiled for, how each multiplies and adds, and the macro that
//! compiles a body for all of them.

use num_traits::Float;
use std::sync::OnceLock;

/// An instruction set that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// What every processor of the target has (on x86-64: SSE2), without fused multiply-add.
    Plain,
    /// AVX2 with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 (foundation, DQ, VL) with fused multiply-add.
    #[cfg(all(target_arch = "x86_64", backprop_avx512))]
    Avx512,
}

impl InstructionSet {
    /// The widest set that this processor has, or the one that the environment variable
    /// `BACKPROP_INSTRUCTION_SET` names (plain, avx2, avx512), if it has that. Decided once.
    pub fn detect() -> InstructionSet {
        static DECIDED: OnceLock<InstructionSet> = OnceLock::new();
        *DECIDED.get_or_init(|| {
            let wanted = std::env::var("BACKPROP_INSTRUCTION_SET").unwrap_or_default();
            Self::chosen(&Self::available(), &wanted)
        })
    }

    /// Of sets, narrowest first, the one of that name, or else the widest.
    fn chosen(available: &[InstructionSet], wanted: &str) -> InstructionSet {
        let named = available.iter().find(|set| set.name() == wanted);
        *named.or(available.last()).unwrap_or(&InstructionSet::Plain)
    }

    /// All sets that this processor can run, narrowest first.
    pub fn available() -> Vec<InstructionSet> {
        #[cfg(target_arch = "x86_64")]
        return Self::possible(Features {
            avx2: is_x86_feature_detected!("avx2"),
            fma: is_x86_feature_detected!("fma"),
            avx512: [
                is_x86_feature_detected!("avx512f"),
                is_x86_feature_detected!("avx512dq"),
                is_x86_feature_detected!("avx512vl"),
            ],
        });
        #[cfg(not(target_arch = "x86_64"))]
        vec![InstructionSet::Plain]
    }

    /// All sets that a processor with such features can run, narrowest first.
    #[cfg(target_arch = "x86_64")]
    fn possible(has: Features) -> Vec<InstructionSet> {
        let mut sets = vec![InstructionSet::Plain];
        if has.avx2 && has.fma {
            sets.push(InstructionSet::Avx2);
            #[cfg(backprop_avx512)]
            if has.avx512.iter().all(|&part| part) {
                sets.push(InstructionSet::Avx512);
            }
        }
        sets
    }

    /// Name for reports.
    pub fn name(self) -> &'static str {
        match self {
            InstructionSet::Plain => "plain",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => "avx2",
            #[cfg(all(target_arch = "x86_64", backprop_avx512))]
            InstructionSet::Avx512 => "avx512",
        }
    }
}

/// What a processor has.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Features {
    avx2: bool,
    fma: bool,
    /// Foundation, DQ and VL.
    #[cfg_attr(not(backprop_avx512), allow(dead_code))]
    avx512: [bool; 3],
}

/// How a body computes `a * b + c` under an instruction set.
pub trait Instructions: Copy {
    /// `a * b + c`: fused where the set has it, else rounded twice (a fused operation in
    /// software would be a hundred times slower).
    fn multiply_add<T: Float>(a: T, b: T, c: T) -> T;
}

/// Sets without fused multiply-add.
#[derive(Clone, Copy)]
pub struct Separate;
/// Sets with fused multiply-add.
#[derive(Clone, Copy)]
pub struct Fused;

impl Instructions for Separate {
    #[inline(always)]
    fn multiply_add<T: Float>(a: T, b: T, c: T) -> T {
        a * b + c
    }
}

impl Instructions for Fused {
    #[inline(always)]
    fn multiply_add<T: Float>(a: T, b: T, c: T) -> T {
        a.mul_add(b, c)
    }
}

/// Defines `pub fn $name(set, args…)`, which runs `$body` compiled for `set`.
///
/// `$body` is generic over the scalar and over how it computes: `= body` gets [`Instructions`],
/// `= body [2 6 12]` the [`Pack`](crate::kernels::pack::Pack) of the set and the number of rows (mr) held in registers at
/// once under the plain, AVX2 and AVX-512 sets.
macro_rules! kernel {
    ($(#[$doc:meta])* pub unsafe fn $($rest:tt)*) => {
        $crate::kernels::instruction_set::kernel!(@define [$(#[$doc])*] [unsafe] $($rest)*);
    };
    ($(#[$doc:meta])* pub fn $($rest:tt)*) => {
        $crate::kernels::instruction_set::kernel!(@define [$(#[$doc])*] [] $($rest)*);
    };
    (@define [$(#[$doc:meta])*] [$($unsafe:tt)?]
     $name:ident<$T:ident: Scalar $(, $G:ident: $bound:path)*>($($arg:ident: $ty:ty),* $(,)?)
     = $body:ident $([$plain:tt $avx2:tt $avx512:tt])?) => {
        $(#[$doc])*
        #[inline]
        #[allow(clippy::too_many_arguments)]
        pub $($unsafe)? fn $name<$T: Scalar $(, $G: $bound)*>(set: $crate::kernels::instruction_set::InstructionSet, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            unsafe fn avx2<$T: Scalar $(, $G: $bound)*>($($arg: $ty),*) {
                $crate::kernels::instruction_set::kernel!(@call [$($unsafe)?] $body, Fused, Avx2Pack, ($($avx2)?), $T, [$($G)*], $($arg),*)
            }
            #[cfg(all(target_arch = "x86_64", backprop_avx512))]
            #[allow(clippy::incompatible_msrv)] // compiled only where the compiler has it
            #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            unsafe fn avx512<$T: Scalar $(, $G: $bound)*>($($arg: $ty),*) {
                $crate::kernels::instruction_set::kernel!(@call [$($unsafe)?] $body, Fused, Avx512Pack, ($($avx512)?), $T, [$($G)*], $($arg),*)
            }
            match set {
                $crate::kernels::instruction_set::InstructionSet::Plain => {
                    $crate::kernels::instruction_set::kernel!(@call [$($unsafe)?] $body, Separate, PlainPack, ($($plain)?), $T, [$($G)*], $($arg),*)
                }
                // SAFETY: a set other than Plain is only made by `detect` and `available`,
                // which asked the processor for its features; extents are the caller's promise.
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::instruction_set::InstructionSet::Avx2 => unsafe { avx2::<$T $(, $G)*>($($arg),*) },
                // SAFETY: as above.
                #[cfg(all(target_arch = "x86_64", backprop_avx512))]
                $crate::kernels::instruction_set::InstructionSet::Avx512 => unsafe { avx512::<$T $(, $G)*>($($arg),*) },
            }
        }
    };
    (@call [] $body:ident, $I:ident, $P:ident, (), $T:ident, [$($G:ident)*], $($arg:expr),*) => {
        $body::<$T, $crate::kernels::instruction_set::$I $(, $G)*>($($arg),*)
    };
    // SAFETY: the caller of the kernel promised what its body needs.
    (@call [unsafe] $body:ident, $I:ident, $P:ident, (), $T:ident, [$($G:ident)*], $($arg:expr),*) => {
        unsafe { $body::<$T, $crate::kernels::instruction_set::$I $(, $G)*>($($arg),*) }
    };
    // SAFETY: only the instruction set is asked for, and the caller of this arm has it.
    (@call [] $body:ident, $I:ident, $P:ident, ($rows:literal), $T:ident, [$($G:ident)*], $($arg:expr),*) => {
        unsafe { $body::<$T, $T::$P $(, $G)*, $rows>($($arg),*) }
    };
    (@call [unsafe] $body:ident, $I:ident, $P:ident, ($rows:literal), $T:ident, [$($G:ident)*], $($arg:expr),*) => {
        unsafe { $body::<$T, $T::$P $(, $G)*, $rows>($($arg),*) }
    };
}
pub(crate) use kernel;

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    const ALL: Features = Features {
        avx2: true,
        fma: true,
        avx512: [true; 3],
    };

    fn names(sets: &[InstructionSet]) -> Vec<&'static str> {
        sets.iter().map(|set| set.name()).collect()
    }

    #[test]
    fn a_set_needs_every_feature_that_its_kernels_use() {
        let without_fma = Features { fma: false, ..ALL };
        let without_avx2 = Features { avx2: false, ..ALL };
        assert_eq!(names(&InstructionSet::possible(without_fma)), ["plain"]);
        assert_eq!(names(&InstructionSet::possible(without_avx2)), ["plain"]);
        for missing in 0..3 {
            let mut has = ALL;
            has.avx512[missing] = false;
            assert_eq!(names(&InstructionSet::possible(has)), ["plain", "avx2"]);
        }
        let widest = if cfg!(backprop_avx512) { 3 } else { 2 };
        assert_eq!(
            names(&InstructionSet::possible(ALL)),
            ["plain", "avx2", "avx512"][..widest]
        );
    }

    #[test]
    fn the_widest_set_is_chosen_or_the_one_that_is_named() {
        let sets = InstructionSet::possible(ALL);
        for set in &sets {
            assert_eq!(InstructionSet::chosen(&sets, set.name()), *set);
        }
        for unknown in ["", "sse9"] {
            assert_eq!(InstructionSet::chosen(&sets, unknown), sets[sets.len() - 1]);
        }
        // A set that the processor does not have is not to be had by its name.
        assert_eq!(InstructionSet::chosen(&sets[..2], "avx512"), InstructionSet::Avx2);
        assert_eq!(InstructionSet::chosen(&[], "avx2"), InstructionSet::Plain);
    }
}
