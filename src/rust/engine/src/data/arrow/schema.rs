//! What columns an Arrow stream has: the struct of the C interface, and what is read from it.

use super::fault::faulty;
use super::kind::Kind;
use crate::base::error::Result;
use crate::base::room::push;
use std::ffi::{c_char, c_void, CStr};
use std::ptr;

/// The flag of a dictionary whose order means something.
const ORDERED: i64 = 1;

/// `struct ArrowSchema` of Arrow's C data interface. Who holds one releases it.
#[repr(C)]
pub struct ArrowSchema {
    /// The type, in Arrow's shorthand.
    pub format: *const c_char,
    /// The column's name.
    pub name: *const c_char,
    /// Not read.
    pub metadata: *const c_char,
    /// Whether a dictionary is ordered, among others.
    pub flags: i64,
    /// How many columns.
    pub n_children: i64,
    /// Columns.
    pub children: *mut *mut ArrowSchema,
    /// Of what type a dictionary's values are.
    pub dictionary: *mut ArrowSchema,
    /// Gives back what it holds; none once that was done.
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    /// The producer's.
    pub private_data: *mut c_void,
}

impl ArrowSchema {
    /// One that holds nothing.
    pub fn empty() -> ArrowSchema {
        ArrowSchema {
            format: ptr::null(),
            name: ptr::null(),
            metadata: ptr::null(),
            flags: 0,
            n_children: 0,
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }

    fn format(&self) -> Result<&str> {
        text(self.format)?.ok_or_else(|| faulty("has no type"))
    }
}

impl Drop for ArrowSchema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: a struct that was not released yet is released once, by the function that it brought along for this.
            unsafe { release(self) };
        }
    }
}

/// A text of the producer's; none where there is none.
fn text<'a>(pointer: *const c_char) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the interface has these end with a zero, and live as long as the struct.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    let text = bytes.to_str().map_err(|_| faulty("a name that is not UTF-8"))?;
    Ok(Some(text))
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Whether it is a dictionary whose order means something.
    pub ordered: bool,
}

/// The columns of a schema, which is one of a struct.
///
/// # Errors
/// [`EngineError::Stream`](crate::base::error::EngineError::Stream) for a schema of something else, or one that is not well made.
pub(super) fn fields(schema: &ArrowSchema) -> Result<Vec<Field>> {
    let format = schema.format().unwrap_or_default();
    if format != "+s" {
        return Err(faulty(format!(
            "the stream gives {} instead of record batches",
            Kind::words(format)
        )));
    }
    let count = usize::try_from(schema.n_children)
        .map_err(|_| faulty("the schema has a negative number of columns"))?;
    if count > 0 && schema.children.is_null() {
        return Err(faulty("the schema announces columns that are not there"));
    }
    let mut fields: Vec<Field> = Vec::new();
    for position in 0..count {
        // SAFETY: the schema says that there are so many pointers, and holds what they point to while it lives.
        let child = unsafe { (*schema.children.add(position)).as_ref() };
        let child = child.ok_or_else(|| faulty("the schema announces columns that are not there"))?;
        let field = field(child, position)?;
        if fields.iter().any(|other| other.name == field.name) {
            return Err(faulty(format!("two columns are called `{}`", field.name)));
        }
        push(&mut fields, field)?;
    }
    Ok(fields)
}

fn field(schema: &ArrowSchema, position: usize) -> Result<Field> {
    let name = text(schema.name)?.unwrap_or_default();
    if name.is_empty() {
        return Err(faulty(format!("column {} has no name", position + 1)));
    }
    // SAFETY: null, or a schema that lives as long as this one.
    let dictionary = unsafe { schema.dictionary.as_ref() };
    let kind = || {
        Ok(Kind::read(
            schema.format()?,
            dictionary.map(ArrowSchema::format).transpose()?,
        ))
    };
    Ok(Field {
        kind: kind().map_err(|error| super::fault::of_column(name, error))?,
        name: name.to_string(),
        ordered: schema.flags & ORDERED != 0,
    })
}
