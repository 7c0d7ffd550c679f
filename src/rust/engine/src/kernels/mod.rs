//! The loops in which nearly all time is spent, each written once and compiled for several
//! instruction sets; which one runs is decided when a fit starts.
//!
//! Bodies are plain array code marked `#[inline(always)]`. For each set a thin
//! `#[target_feature]` function calls the body, so that the compiler vectorises it for that set.

pub mod elementwise;
pub mod gemm;
pub mod gemv;
pub mod instruction_set;
pub mod math;
pub mod pack;
pub mod real;
pub mod scalar;
mod special;
pub mod transpose;

pub use instruction_set::{Fused, InstructionSet, Instructions, Separate};
