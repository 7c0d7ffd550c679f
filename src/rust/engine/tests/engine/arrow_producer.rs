//! Who gives Arrow streams in tests, with a count of what was not released.

pub use crate::arrow_lying::{Lying, LyingBatch};
use backprop_engine::data::arrow::{ArrowArray, ArrowArrayStream, ArrowSchema, ArrowStream};
use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::{c_char, c_int, c_void, CString};
use std::ptr;
use std::rc::Rc;
use std::thread::{self, ThreadId};

/// What has been handed out and not released.
#[derive(Clone, Default)]
pub struct Held(Rc<Cell<i64>>);

impl Held {
    fn more(&self, count: i64) {
        self.0.set(self.0.get() + count);
    }

    pub fn count(&self) -> i64 {
        self.0.get()
    }
}

/// What a producer's structs keep alive.
struct Kept {
    held: Held,
    /// The thread that all functions must be called on.
    thread: ThreadId,
    _buffers: Vec<Vec<u8>>,
    pointers: Vec<*const c_void>,
    children: Vec<*mut c_void>,
    free: fn(*mut c_void),
    dictionary: *mut c_void,
    _texts: Vec<CString>,
}

impl Kept {
    fn new(held: &Held, free: fn(*mut c_void)) -> Kept {
        held.more(1);
        Kept {
            held: held.clone(),
            thread: thread::current().id(),
            _buffers: Vec::new(),
            pointers: Vec::new(),
            children: Vec::new(),
            free,
            dictionary: ptr::null_mut(),
            _texts: Vec::new(),
        }
    }
}

fn release(private_data: &mut *mut c_void) {
    assert!(!private_data.is_null(), "released twice");
    // SAFETY: made by `Box::into_raw` of a `Kept`, and not null.
    let kept = unsafe { Box::from_raw(private_data.cast::<Kept>()) };
    *private_data = ptr::null_mut();
    if kept.thread != thread::current().id() {
        // A panic cannot leave a function of C.
        eprintln!("released on another thread than it was made on");
        std::process::abort();
    }
    kept.held.more(-1);
    for child in kept.children.iter().chain(std::iter::once(&kept.dictionary)) {
        if !child.is_null() {
            (kept.free)(*child);
        }
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: called with a struct that was made here.
    let schema = unsafe { &mut *schema };
    schema.release = None;
    release(&mut schema.private_data);
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: called with a struct that was made here.
    let array = unsafe { &mut *array };
    array.release = None;
    release(&mut array.private_data);
}

fn schema(
    held: &Held,
    name: &str,
    format: &str,
    dictionary: Option<&str>,
    children: Vec<*mut ArrowSchema>,
) -> ArrowSchema {
    fn free(schema: *mut c_void) {
        // SAFETY: made by `Box::into_raw` of a schema.
        drop(unsafe { Box::from_raw(schema.cast::<ArrowSchema>()) });
    }
    let mut kept = Kept::new(held, free);
    kept._texts = vec![CString::new(format).unwrap(), CString::new(name).unwrap()];
    let mut made = ArrowSchema::empty();
    (made.format, made.name) = (kept._texts[0].as_ptr(), kept._texts[1].as_ptr());
    if let Some(format) = dictionary {
        made.dictionary = Box::into_raw(Box::new(schema(held, "", format, None, Vec::new())));
        kept.dictionary = made.dictionary.cast();
    }
    kept.children = children.into_iter().map(|child| child.cast()).collect();
    made.n_children = kept.children.len() as i64;
    made.children = kept.children.as_mut_ptr().cast();
    made.release = Some(release_schema);
    made.private_data = Box::into_raw(Box::new(kept)).cast();
    made
}

fn free_array(array: *mut c_void) {
    // SAFETY: made by `Box::into_raw` of an array.
    drop(unsafe { Box::from_raw(array.cast::<ArrowArray>()) });
}

fn array(held: &Held, lying: &Lying) -> ArrowArray {
    let mut kept = Kept::new(held, free_array);
    for buffer in &lying.buffers {
        // At an odd address, as slices of a message may be.
        let mut moved = vec![0];
        moved.extend(buffer.iter().flatten());
        kept.pointers.push(match buffer {
            None => ptr::null(),
            Some(_) => moved[1..].as_ptr().cast(),
        });
        kept._buffers.push(moved);
    }
    let mut made = ArrowArray::empty();
    (made.length, made.offset, made.null_count) = (lying.length, lying.offset, lying.null_count);
    made.n_buffers = kept.pointers.len() as i64;
    made.buffers = kept.pointers.as_mut_ptr();
    if let Some(dictionary) = &lying.dictionary {
        made.dictionary = Box::into_raw(Box::new(array(held, dictionary)));
        kept.dictionary = made.dictionary.cast();
    }
    made.release = Some(release_array);
    made.private_data = Box::into_raw(Box::new(kept)).cast();
    made
}

fn batch(held: &Held, lying: &LyingBatch) -> ArrowArray {
    let mut kept = Kept::new(held, free_array);
    let children = lying
        .columns
        .iter()
        .map(|column| Box::into_raw(Box::new(array(held, column))));
    kept.children = children.map(|child| child.cast()).collect();
    kept.pointers = vec![ptr::null()];
    let mut made = ArrowArray::empty();
    (made.length, made.offset, made.n_children) = (lying.length, lying.offset, lying.n_children);
    made.children = kept.children.as_mut_ptr().cast();
    (made.n_buffers, made.buffers) = (1, kept.pointers.as_mut_ptr());
    made.release = Some(release_array);
    made.private_data = Box::into_raw(Box::new(kept)).cast();
    made
}

/// What a stream gives next.
pub enum Next {
    Batch(LyingBatch),
    Fails(&'static str),
}

/// A stream of columns of these names, formats and formats of their dictionaries.
pub struct Producer {
    pub fields: Vec<(String, String, Option<String>)>,
    pub next: VecDeque<Next>,
    pub schema_fails: Option<&'static str>,
    pub held: Held,
    said: CString,
}

impl Producer {
    /// A stream of batches, named by the first of them.
    pub fn new(names: &[&str], batches: Vec<LyingBatch>) -> Producer {
        let fields = names.iter().zip(&batches[0].columns).map(|(name, column)| {
            let dictionary = column
                .dictionary
                .as_ref()
                .map(|dictionary| dictionary.format.to_string());
            (name.to_string(), column.format.to_string(), dictionary)
        });
        Producer {
            fields: fields.collect(),
            next: batches.into_iter().map(Next::Batch).collect(),
            schema_fails: None,
            held: Held::default(),
            said: CString::default(),
        }
    }

    /// As a stream that somebody takes over, and what it holds.
    pub fn stream(self) -> (ArrowStream, Held) {
        let held = self.held.clone();
        let mut exported = self.export();
        // SAFETY: just made, and not released.
        (unsafe { ArrowStream::take(&mut exported) }.unwrap(), held)
    }

    pub fn export(self) -> ArrowArrayStream {
        self.held.more(1);
        let mut stream = ArrowArrayStream::empty();
        stream.get_schema = Some(get_schema);
        stream.get_next = Some(get_next);
        stream.get_last_error = Some(get_last_error);
        stream.release = Some(release_stream);
        stream.private_data = Box::into_raw(Box::new(self)).cast();
        stream
    }

    fn says(&mut self, words: &str) -> c_int {
        self.said = CString::new(words).unwrap();
        5
    }
}

fn producer<'a>(stream: *mut ArrowArrayStream) -> &'a mut Producer {
    // SAFETY: called with a stream that was made here and is not released.
    unsafe { &mut *(*stream).private_data.cast() }
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    let producer = producer(stream);
    if let Some(words) = producer.schema_fails {
        return producer.says(words);
    }
    let held = producer.held.clone();
    let child = |(name, format, dictionary): &(String, String, Option<String>)| {
        Box::into_raw(Box::new(schema(
            &held,
            name,
            format,
            dictionary.as_deref(),
            Vec::new(),
        )))
    };
    let children = producer.fields.iter().map(child).collect();
    // SAFETY: room for a schema, in which nothing is to be dropped.
    unsafe { out.write(schema(&held, "", "+s", None, children)) };
    0
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    let producer = producer(stream);
    let held = producer.held.clone();
    let made = match producer.next.pop_front() {
        Some(Next::Fails(words)) => return producer.says(words),
        Some(Next::Batch(lying)) => batch(&held, &lying),
        None => ArrowArray::empty(),
    };
    // SAFETY: room for an array, in which nothing is to be dropped.
    unsafe { out.write(made) };
    0
}

unsafe extern "C" fn get_last_error(stream: *mut ArrowArrayStream) -> *const c_char {
    producer(stream).said.as_ptr()
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    // SAFETY: called with a stream that was made here and is not released.
    let stream = unsafe { &mut *stream };
    stream.release = None;
    // SAFETY: made by `Box::into_raw` of a producer.
    let producer: Box<Producer> = unsafe { Box::from_raw(stream.private_data.cast()) };
    producer.held.more(-1);
}
