//! The hot loop allocates nothing: a fit of many epochs asks for memory as often as one of few.

use backprop_bench::Workload;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;
static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(workload: &Workload, epochs: usize, threads: usize) -> usize {
    let before = COUNT.load(Ordering::Relaxed);
    workload.fit::<f64>(epochs, threads);
    COUNT.load(Ordering::Relaxed) - before
}

/// One test, so that no other runs beside it and is counted too.
#[test]
fn a_fit_of_a_thousand_epochs_allocates_as_often_as_one_of_ten() {
    let mut mini_batch = Workload::table(300);
    mini_batch.settings.batch_size = 64;
    let mut full_batch = Workload::table(300);
    full_batch.settings.batch_size = 300;
    for (what, workload) in [
        ("textbook", &Workload::textbook()),
        ("mini-batch", &mini_batch),
        ("full batch", &full_batch),
    ] {
        for threads in [1, 2] {
            workload.fit::<f64>(1, threads); // whatever is only done once per process
            let (few, many) = (
                allocations(workload, 10, threads),
                allocations(workload, 1000, threads),
            );
            assert_eq!(few, many, "{what} on {threads} threads");
        }
    }
}
