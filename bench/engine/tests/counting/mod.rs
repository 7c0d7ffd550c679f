//! An allocator that knows how much memory is taken at most while something runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes that were asked for and not given back.
struct Counting;
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Bytes that count. Before a training begins, the engine asks the system for all that it needs, in
/// plain bytes, and gives them back at once, only to learn whether it could have them. Numbers are aligned.
fn counted(layout: Layout) -> usize {
    match layout.align() {
        1 => 0,
        _ => layout.size(),
    }
}

fn taken(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

fn given_back(bytes: usize) {
    LIVE.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(counted(layout));
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        taken(counted(layout));
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        given_back(counted(layout));
        taken(if layout.align() == 1 { 0 } else { size });
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        given_back(counted(layout));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most bytes that are there at a time while `work` runs, beside those that were there before.
pub fn peak_of<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    ((PEAK.load(Ordering::Relaxed) - before) as f64, result)
}

/// Bytes that the test harness may take meanwhile: its own thread is counted as all are, and starts
/// when it likes.
const HARNESS: f64 = 4096.0;

/// Whether what was taken is what was said: never more, and no less than 1/`most` of it.
pub fn is_what_was_said(estimate: f64, measured: f64, most: f64) -> bool {
    measured - HARNESS <= estimate && estimate <= most * measured
}
