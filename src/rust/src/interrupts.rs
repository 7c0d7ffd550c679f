//! Ctrl-C between R and Rust: R must not jump out of Rust's frames, and what Rust finds it says in words.

use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;
use std::cell::Cell;
use std::ffi::c_void;

// entrypoint.c
extern "C" {
    fn backprop_suspend_interrupts(suspended: i32) -> i32;
    fn backprop_interrupted() -> i32;
    fn backprop_ask(function: *mut c_void, arguments: *mut c_void) -> i32;
    fn backprop_answer(function: *mut c_void, arguments: *mut c_void) -> *mut c_void;
}

thread_local! {
    /// Whether R itself has interrupts suspended around the present call.
    static WANTED_BY_R: Cell<bool> = const { Cell::new(false) };
}

/// Puts back what was set before.
struct Guard {
    suspended: i32,
    wanted_by_r: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        WANTED_BY_R.set(self.wanted_by_r);
        // SAFETY: on R's thread.
        unsafe { backprop_suspend_interrupts(self.suspended) };
    }
}

/// Runs a call from R with interrupts suspended: they wait until [`interrupted`] asks, or the call is over.
pub fn suspended<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: on R's thread, as every call from R.
    let suspended = unsafe { backprop_suspend_interrupts(1) };
    let _guard = Guard {
        suspended,
        wanted_by_r: WANTED_BY_R.replace(suspended != 0),
    };
    work()
}

/// Whether the user pressed Ctrl-C. R forgets it: the caller must raise it again.
pub fn interrupted() -> bool {
    // SAFETY: on R's thread, with interrupts suspended.
    !WANTED_BY_R.get() && unsafe { backprop_interrupted() } != 0
}

/// Asks an R function that lets no condition escape whether to go on. An interrupt has no answer, inside
/// the function or on the way in or out, where nothing in R can catch it.
pub fn ask(function: &Function, arguments: Pairlist) -> Result<bool> {
    // SAFETY: on R's thread; both are protected by their owners.
    match unsafe { backprop_ask(function.get().cast(), arguments.get().cast()) } {
        1 => Ok(true),
        0 => Ok(false),
        _ => Err(EngineError::Interrupted),
    }
}

/// What an R function says, that lets no condition escape either. NULL is no answer, as for [`ask`].
pub fn answer_of(function: &Function, arguments: Pairlist) -> Result<Robj> {
    // SAFETY: on R's thread; both are protected by their owners.
    let answer = unsafe { backprop_answer(function.get().cast(), arguments.get().cast()) };
    if answer.is_null() {
        return Err(EngineError::Interrupted);
    }
    // SAFETY: what R has just answered; nothing was allocated since.
    let answer = unsafe { Robj::from_sexp(answer.cast()) };
    match answer.is_null() {
        true => Err(EngineError::Interrupted),
        false => Ok(answer),
    }
}
