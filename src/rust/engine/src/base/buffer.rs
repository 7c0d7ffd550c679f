//! Numbers in memory that starts at a cache line, allocated without aborting when refused.

use crate::base::error::{EngineError, Result};
use crate::kernels::scalar::Scalar;
use std::alloc::{alloc_zeroed, dealloc, Layout};
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};

/// A cache line: buffers start at one.
const LINE: usize = 64;
/// A large page of x86-64 and ARM: buffers of several start at one.
const LARGE_PAGE: usize = 2 << 20;

/// A slice of numbers, zero at first.
pub struct Buffer<T> {
    memory: Memory,
    len: usize,
    kind: PhantomData<T>,
}

impl<T: Scalar> Buffer<T> {
    /// Bytes that a buffer of `len` numbers takes.
    pub fn bytes(len: f64) -> f64 {
        let bytes = len * size_of::<T>() as f64;
        bytes + alignment(bytes as usize) as f64
    }

    /// `len` zeros, or [`EngineError::Memory`] when the system refuses.
    pub fn zeros(len: usize) -> Result<Buffer<T>> {
        let refused = EngineError::Memory {
            needed: len as f64 * size_of::<T>() as f64,
            available: f64::NAN,
        };
        let bytes = len.checked_mul(size_of::<T>()).ok_or(refused.clone())?;
        Ok(Buffer {
            memory: Memory::zeroed(bytes).ok_or(refused)?,
            len,
            kind: PhantomData,
        })
    }
}

/// Bytes from the allocator, owned, zero at first.
struct Memory {
    /// As it was allocated.
    base: *mut u8,
    layout: Layout,
    /// The first byte that is used.
    start: *mut u8,
}

// SAFETY: the memory belongs to nobody else; who reads and writes it is its owner's business.
unsafe impl Send for Memory {}
unsafe impl Sync for Memory {}

/// Where a buffer of so many bytes starts, and what it takes besides for that.
fn alignment(bytes: usize) -> usize {
    if bytes >= 2 * LARGE_PAGE {
        LARGE_PAGE
    } else {
        LINE
    }
}

impl Memory {
    /// The allocator is asked for more than is needed, and the start is aligned here: asked for
    /// an alignment of its own, it would write the zeros, and one thread would touch what many are
    /// going to fill. Fresh pages are zero already.
    fn zeroed(bytes: usize) -> Option<Memory> {
        let align = alignment(bytes);
        let layout = Layout::from_size_align(bytes.checked_add(align)?, 16).ok()?;
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() {
            return None;
        }
        // SAFETY: the offset is smaller than `align`, so the start and `bytes` more lie within.
        let start = unsafe { base.add(base.align_offset(align)) };
        if align == LARGE_PAGE {
            advise_large_pages(start, bytes);
        }
        Some(Memory { base, layout, start })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with this very layout.
        unsafe { dealloc(self.base, self.layout) }
    }
}

/// Asks for large pages: rows and panels then cost few address translations, and the memory few
/// page faults. The system may decline, which changes nothing but the speed.
#[cfg(target_os = "linux")]
fn advise_large_pages(start: *mut u8, bytes: usize) {
    extern "C" {
        fn madvise(start: *mut u8, bytes: usize, advice: std::ffi::c_int) -> std::ffi::c_int;
    }
    const MADV_HUGEPAGE: std::ffi::c_int = 14;
    // SAFETY: the range is memory of ours that starts at a page; the advice changes no content.
    unsafe { madvise(start, bytes, MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_large_pages(_start: *mut u8, _bytes: usize) {}

impl<T: Scalar> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the memory holds `len` values of T, every bit pattern of which is valid for
        // f32 and f64 (the only Scalars), at 64-byte alignment.
        unsafe { std::slice::from_raw_parts(self.memory.start.cast(), self.len) }
    }
}

impl<T: Scalar> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(self.memory.start.cast(), self.len) }
    }
}

/// A buffer that the members of a team write at once, each its own part.
pub struct SharedBuffer<T>(UnsafeCell<Buffer<T>>);

// SAFETY: access from several threads goes through `part` and `read`, whose callers promise
// that what one writes no other touches.
unsafe impl<T: Scalar> Sync for SharedBuffer<T> {}

impl<T: Scalar> SharedBuffer<T> {
    /// `len` zeros, or [`EngineError::Memory`] when the system refuses.
    pub fn zeros(len: usize) -> Result<SharedBuffer<T>> {
        Ok(Buffer::zeros(len)?.into())
    }

    /// The buffer itself.
    pub fn into_inner(self) -> Buffer<T> {
        self.0.into_inner()
    }

    /// All of it, when nobody else has it.
    pub fn get_mut(&mut self) -> &mut [T] {
        self.0.get_mut()
    }

    /// The first number, for writing numbers that lie between those of other members.
    pub fn pointer(&self) -> *mut T {
        // SAFETY: only the start is read, which never changes.
        unsafe { (*self.0.get()).memory.start.cast() }
    }

    /// The part `range` for writing.
    ///
    /// # Safety
    /// While the result lives, nothing that overlaps `range` may be read or written otherwise.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, range: Range<usize>) -> &mut [T] {
        // SAFETY: the reference to the whole buffer is only used to find its start and length,
        // neither of which ever changes; exclusive use of the part is the caller's promise.
        unsafe {
            let (start, len) = (self.pointer(), (*self.0.get()).len);
            assert!(range.start <= range.end && range.end <= len);
            std::slice::from_raw_parts_mut(start.add(range.start), range.end - range.start)
        }
    }

    /// The part `range` for reading.
    ///
    /// # Safety
    /// While the result lives, nothing that overlaps `range` may be written.
    pub unsafe fn read(&self, range: Range<usize>) -> &[T] {
        // SAFETY: as for `part`, shared instead of exclusive.
        unsafe { self.part(range) }
    }

    /// All of it for reading.
    ///
    /// # Safety
    /// While the result lives, nothing of it may be written.
    pub unsafe fn read_all(&self) -> &[T] {
        // SAFETY: the length never changes; the rest is the caller's promise.
        unsafe { self.read(0..(*self.0.get()).len) }
    }
}

/// Somebody else's numbers that the members of a team write at once, each its own part.
pub struct SharedSlice<'a, T>(*mut T, usize, PhantomData<&'a mut [T]>);

// SAFETY: access from several threads goes through `part`, whose callers promise that what one
// writes no other touches.
unsafe impl<T: Scalar> Sync for SharedSlice<'_, T> {}

impl<'a, T: Scalar> SharedSlice<'a, T> {
    /// Shares a slice.
    pub fn new(numbers: &'a mut [T]) -> SharedSlice<'a, T> {
        SharedSlice(numbers.as_mut_ptr(), numbers.len(), PhantomData)
    }

    /// The part `range` for writing.
    ///
    /// # Safety
    /// While the result lives, nothing that overlaps `range` may be read or written otherwise.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.1);
        // SAFETY: within the slice; exclusive use of the part is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(range.start), range.end - range.start) }
    }
}

impl<T: Scalar> From<Buffer<T>> for SharedBuffer<T> {
    fn from(buffer: Buffer<T>) -> Self {
        SharedBuffer(UnsafeCell::new(buffer))
    }
}
