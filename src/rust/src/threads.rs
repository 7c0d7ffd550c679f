//! How many threads work, under every cap that there is.

use extendr_api::prelude::*;
use std::sync::OnceLock;

/// Most threads while `R CMD check` looks.
const MOST_IN_CHECK: usize = 2;

/// Processors that this process may use: one in a browser, where there are no threads. Asking the system takes longer than a
/// small fit, so it is asked once.
pub fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    if cfg!(target_family = "wasm") {
        return 1;
    }
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, |n| n.get()))
}

/// As many as are wanted, at least one, if there are so many processors and the user's environment allows it.
pub fn allowed(wanted: usize) -> usize {
    let limit = limit_of(
        std::env::var("OMP_THREAD_LIMIT").ok().as_deref(),
        std::env::var("_R_CHECK_LIMIT_CORES_").ok().as_deref(),
    );
    wanted.min(cores()).min(limit).max(1)
}

/// Whether the system gives another thread: a container may have had all of its own.
pub fn can_be_had() -> bool {
    std::thread::Builder::new()
        .spawn(|| ())
        .is_ok_and(|thread| thread.join().is_ok())
}

/// What the two variables say: a number, and anything but "false" to ask for few.
fn limit_of(limit: Option<&str>, check: Option<&str>) -> usize {
    let limit = limit
        .and_then(|text| text.trim().parse::<f64>().ok())
        .filter(|number| number.is_finite())
        .map_or(usize::MAX, |number| number as usize);
    match check {
        Some(text) if !text.is_empty() && !text.eq_ignore_ascii_case("false") => limit.min(MOST_IN_CHECK),
        _ => limit,
    }
}

/// Threads that will be used where so many are wanted; half the processors where nothing is said (NULL).
/// @noRd
#[extendr]
fn engine_threads(wanted: Nullable<i32>) -> i32 {
    let wanted = match wanted {
        Nullable::NotNull(wanted) => wanted.max(1) as usize,
        Nullable::Null => cores() / 2,
    };
    allowed(wanted) as i32
}

extendr_module! {
    mod threads;
    fn engine_threads;
}
