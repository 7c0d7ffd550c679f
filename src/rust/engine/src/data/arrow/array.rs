//! Columns of one batch as they lie in another program's memory: the struct of the C interface, and a look at it that is
//! checked as far as can be. The interface tells no sizes of buffers: that they are as long as they must be is the producer's word.

use super::fault::faulty;
use super::kind::Kind;
use crate::base::error::Result;
use std::ffi::c_void;
use std::ptr;

/// `struct ArrowArray` of Arrow's C data interface. Who holds one releases it.
#[repr(C)]
pub struct ArrowArray {
    /// Rows.
    pub length: i64,
    /// Missing values; −1 where they were not counted.
    pub null_count: i64,
    /// Rows before the first, in all buffers.
    pub offset: i64,
    /// How many buffers.
    pub n_buffers: i64,
    /// How many columns.
    pub n_children: i64,
    /// Validity first, then values.
    pub buffers: *mut *const c_void,
    /// Columns.
    pub children: *mut *mut ArrowArray,
    /// A dictionary's values.
    pub dictionary: *mut ArrowArray,
    /// Gives back what it holds; none once that was done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    /// The producer's.
    pub private_data: *mut c_void,
}

impl ArrowArray {
    /// One that holds nothing.
    pub fn empty() -> ArrowArray {
        ArrowArray {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }

    /// Length and offset, which must be ones of something in memory.
    pub(super) fn extent(&self) -> Result<(usize, usize)> {
        let length = usize::try_from(self.length).map_err(|_| faulty("has a negative length"))?;
        let offset = usize::try_from(self.offset).map_err(|_| faulty("has a negative offset"))?;
        // Views have 16 bytes a row: with this nothing overflows.
        match length.checked_add(offset) {
            Some(end) if end <= isize::MAX as usize / 32 => Ok((length, offset)),
            _ => Err(faulty("has more rows than memory")),
        }
    }

    /// A column.
    pub(super) fn child(&self, position: usize) -> Result<&ArrowArray> {
        if self.children.is_null() {
            return Err(faulty("is not there"));
        }
        // SAFETY: the caller has compared the number of children; what they point to lives as long as the array.
        unsafe { (*self.children.add(position)).as_ref() }.ok_or_else(|| faulty("is not there"))
    }
}

impl Drop for ArrowArray {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: a struct that was not released yet is released once, by the function that it brought along for this.
            unsafe { release(self) };
        }
    }
}

/// Rows of a column whose buffers were looked at.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    array: &'a ArrowArray,
    /// The first row's place in all buffers.
    first: usize,
    /// Rows.
    pub rows: usize,
    /// One bit for each row; none where no value is missing.
    validity: Option<*const u8>,
}

impl<'a> View<'a> {
    /// `rows` rows of a column of that type, from row `skip` on.
    pub fn new(array: &'a ArrowArray, kind: &Kind, skip: usize, rows: usize) -> Result<View<'a>> {
        let (length, offset) = array.extent()?;
        if skip.checked_add(rows).is_none_or(|end| end > length) {
            return Err(faulty(format!(
                "has {length} rows where the batch has {}",
                skip + rows
            )));
        }
        let wanted = kind.buffers();
        let varies = matches!(kind, Kind::Text(super::kind::Text::View));
        let found = array.n_buffers;
        let fits = if varies {
            found >= wanted as i64
        } else {
            found == wanted as i64
        };
        if !fits {
            return Err(faulty(format!("has {found} buffers instead of {wanted}")));
        }
        if wanted > 0 && array.buffers.is_null() {
            return Err(faulty("has no buffers"));
        }
        if matches!(kind, Kind::Dictionary(..)) == array.dictionary.is_null() {
            return Err(faulty(
                "has a dictionary in the schema or in the batch, but not in both",
            ));
        }
        let mut view = View {
            array,
            first: skip + offset,
            rows,
            validity: None,
        };
        if wanted > 0 {
            let bits: *const u8 = view.buffer(0).cast();
            if bits.is_null() && array.null_count > 0 {
                return Err(faulty("has missing values and does not say which"));
            }
            view.validity = (!bits.is_null() && array.null_count != 0).then_some(bits);
        }
        Ok(view)
    }

    /// All values of a dictionary.
    pub fn dictionary(&self, kind: &Kind) -> Result<View<'a>> {
        // SAFETY: not null, as was looked at; it lives as long as the array.
        let Some(values) = (unsafe { self.array.dictionary.as_ref() }) else {
            return Err(faulty("has no dictionary"));
        };
        View::new(values, kind, 0, values.extent()?.0)
    }

    /// How many buffers.
    pub fn buffers(&self) -> usize {
        self.array.n_buffers.max(0) as usize
    }

    /// A buffer, which may be null.
    pub fn buffer(&self, position: usize) -> *const c_void {
        // SAFETY: there are at least as many buffers as the type has, which was looked at; callers ask for no others.
        unsafe { *self.array.buffers.add(position) }
    }

    /// A buffer of values, null only where there are no rows.
    fn values(&self, position: usize) -> Result<*const u8> {
        let values: *const u8 = self.buffer(position).cast();
        match values.is_null() && self.rows > 0 {
            true => Err(faulty("has rows and no values")),
            false => Ok(values),
        }
    }

    /// The values of a buffer, one for each row and `more`, which may lie at any address.
    pub fn each<V: Copy + 'a>(
        &self,
        position: usize,
        more: usize,
    ) -> Result<impl ExactSizeIterator<Item = V> + 'a> {
        let values = self.values(position)?;
        let first = self.first;
        let count = if self.rows == 0 { 0 } else { self.rows + more };
        Ok((0..count).map(move |row| {
            // SAFETY: a buffer of this type has so many values; they are numbers, of which all bits are some.
            unsafe { values.cast::<V>().add(first + row).read_unaligned() }
        }))
    }

    /// Bytes of a buffer.
    ///
    /// # Safety
    /// The buffer has them, and is not null where there are any.
    pub unsafe fn bytes(&self, position: usize, from: usize, count: usize) -> &'a [u8] {
        if count == 0 {
            return &[];
        }
        // SAFETY: as the caller says; they live as long as the array.
        unsafe { std::slice::from_raw_parts(self.buffer(position).cast::<u8>().add(from), count) }
    }

    /// The bits of a buffer.
    pub fn bits(&self, position: usize) -> Result<impl ExactSizeIterator<Item = bool> + 'a> {
        let (values, first) = (self.values(position)?, self.first);
        // SAFETY: a buffer of bits has one for each row.
        Ok((0..self.rows).map(move |row| unsafe { bit(values, first + row) }))
    }

    /// Whether the value of a row is there.
    pub fn is_valid(&self, row: usize) -> bool {
        // SAFETY: the bitmap has a bit for each row.
        self.validity
            .is_none_or(|bits| unsafe { bit(bits, self.first + row) })
    }

    /// Writes `missing` where a value is.
    pub fn mark<V: Copy>(&self, values: &mut [V], missing: V) {
        if self.validity.is_none() {
            return;
        }
        for (row, value) in values.iter_mut().enumerate() {
            if !self.is_valid(row) {
                *value = missing;
            }
        }
    }
}

/// # Safety
/// There are so many bits.
unsafe fn bit(bits: *const u8, position: usize) -> bool {
    // SAFETY: as the caller says.
    let byte = unsafe { *bits.add(position / 8) };
    byte >> (position % 8) & 1 == 1
}
