//! A stream of batches: the struct of the C interface, taken over from whoever made it.

use super::array::ArrowArray;
use super::fault::faulty;
use super::schema::{fields, ArrowSchema, Field};
use crate::base::error::Result;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::ptr;

/// `struct ArrowArrayStream` of Arrow's C stream interface. Who holds one releases it.
#[repr(C)]
pub struct ArrowArrayStream {
    /// Writes what the batches are like.
    pub get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    /// Writes the next batch; a released one at the end.
    pub get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    /// The words for the last error.
    pub get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    /// Gives back what it holds; none once that was done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    /// The producer's.
    pub private_data: *mut c_void,
}

impl ArrowArrayStream {
    /// One that holds nothing: room for a producer to export to.
    pub fn empty() -> ArrowArrayStream {
        ArrowArrayStream {
            get_schema: None,
            get_next: None,
            get_last_error: None,
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

impl Drop for ArrowArrayStream {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: a struct that was not released yet is released once, by the function that it brought along for this.
            unsafe { release(self) };
        }
    }
}

/// A stream that belongs to us, on the thread that it was taken on.
pub struct ArrowStream {
    stream: Box<ArrowArrayStream>,
    ended: bool,
}

impl ArrowStream {
    /// Takes a stream over; what is left behind counts as released.
    ///
    /// # Safety
    /// The address is null or one of a struct of the C stream interface that is released, or as its producer has made it.
    ///
    /// # Errors
    /// [`EngineError::Stream`](crate::base::error::EngineError::Stream) where there is none, or one that is no more.
    pub unsafe fn take(address: *mut ArrowArrayStream) -> Result<ArrowStream> {
        // SAFETY: as the caller says.
        let Some(given) = (unsafe { address.as_mut() }) else {
            return Err(faulty("there is no Arrow stream at this address"));
        };
        if given.release.is_none() {
            return Err(faulty(
                "the Arrow stream was read before, or released: each pass needs a new one",
            ));
        }
        Ok(ArrowStream {
            stream: Box::new(std::mem::replace(given, ArrowArrayStream::empty())),
            ended: false,
        })
    }

    /// Its columns.
    ///
    /// # Errors
    /// Those of the producer, in its words, and a schema that is not well made.
    pub fn fields(&mut self) -> Result<Vec<Field>> {
        let Some(get_schema) = self.stream.get_schema else {
            return Err(faulty("the Arrow stream has no function for its schema"));
        };
        let mut schema = ArrowSchema::empty();
        // SAFETY: the stream is not released, and the schema is room for one.
        let code = unsafe { get_schema(&mut *self.stream, &mut schema) };
        if code != 0 {
            return Err(self.failure(code));
        }
        if schema.release.is_none() {
            return Err(faulty("the Arrow stream has no schema"));
        }
        fields(&schema)
    }

    /// The next batch; none at the end.
    ///
    /// # Errors
    /// Those of the producer, in its words.
    pub fn next_array(&mut self) -> Result<Option<ArrowArray>> {
        if self.ended {
            return Ok(None);
        }
        let Some(get_next) = self.stream.get_next else {
            return Err(faulty("the Arrow stream has no function for its next batch"));
        };
        let mut array = ArrowArray::empty();
        // SAFETY: the stream is not released, and the array is room for one.
        let code = unsafe { get_next(&mut *self.stream, &mut array) };
        if code != 0 {
            self.ended = true;
            return Err(self.failure(code));
        }
        self.ended = array.release.is_none();
        Ok((!self.ended).then_some(array))
    }

    /// What the producer says of an error.
    fn failure(&mut self, code: c_int) -> crate::base::error::EngineError {
        let words = self.stream.get_last_error.and_then(|last_error| {
            // SAFETY: the stream is not released; what it answers is null or ends with a zero, and lives until the next call.
            let words = unsafe { last_error(&mut *self.stream) };
            // SAFETY: the same.
            (!words.is_null()).then(|| {
                unsafe { CStr::from_ptr(words) }
                    .to_string_lossy()
                    .trim()
                    .to_string()
            })
        });
        match words.filter(|words| !words.is_empty()) {
            Some(words) => faulty(words),
            None => faulty(std::io::Error::from_raw_os_error(code).to_string()),
        }
    }
}
