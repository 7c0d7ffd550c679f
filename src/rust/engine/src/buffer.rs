//! Numbers in memory that starts at a cache line, allocated without aborting when refused.

use crate::error::{EngineError, Result};
use crate::Scalar;
use std::alloc::{alloc_zeroed, Layout};
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};

#[derive(Clone, Copy)]
#[repr(align(64))]
struct CacheLine(#[allow(dead_code)] [u8; 64]);

/// A slice of numbers, zero at first.
pub struct Buffer<T> {
    lines: Vec<CacheLine>,
    len: usize,
    kind: PhantomData<T>,
}

impl<T: Scalar> Buffer<T> {
    /// `len` zeros, or [`EngineError::Memory`] when the system refuses.
    pub fn zeros(len: usize) -> Result<Buffer<T>> {
        let refused = EngineError::Memory {
            needed: len as f64 * size_of::<T>() as f64,
            available: f64::NAN,
        };
        let bytes = len.checked_mul(size_of::<T>()).ok_or(refused.clone())?;
        Ok(Buffer {
            lines: zeroed_lines(bytes.div_ceil(64)).ok_or(refused)?,
            len,
            kind: PhantomData,
        })
    }
}

/// Lines of zeros straight from the allocator: fresh pages are zero already, and writing them
/// here would only make one thread touch what many are going to fill.
fn zeroed_lines(count: usize) -> Option<Vec<CacheLine>> {
    let layout = Layout::array::<CacheLine>(count).ok()?;
    if count == 0 {
        return Some(Vec::new());
    }
    // SAFETY: the layout is not empty.
    let start = unsafe { alloc_zeroed(layout) } as *mut CacheLine;
    // SAFETY: memory of this very layout from the global allocator, all of it initialised (zero
    // is a valid byte), and owned by nobody else.
    (!start.is_null()).then(|| unsafe { Vec::from_raw_parts(start, count, count) })
}

impl<T: Scalar> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Buffer {
            lines: self.lines.clone(),
            len: self.len,
            kind: PhantomData,
        }
    }
}

impl<T: Scalar> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: the lines hold at least `len` values of T, every bit pattern of which is
        // valid for f32 and f64 (the only Scalars), at 64-byte alignment.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<T: Scalar> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
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

    /// The first number, for writing places that lie between those of other members.
    pub fn pointer(&self) -> *mut T {
        // SAFETY: only the start is read, which never changes.
        unsafe { (*self.0.get()).lines.as_ptr() as *mut T }
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

impl<T: Scalar> From<Buffer<T>> for SharedBuffer<T> {
    fn from(buffer: Buffer<T>) -> Self {
        SharedBuffer(UnsafeCell::new(buffer))
    }
}
