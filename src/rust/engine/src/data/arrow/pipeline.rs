//! Work ahead: one thread makes of batches what is wanted of them, in the order in which they are given. It reads memory and calls nothing of the
//! producer's: arrays come back to the thread that fetched them, to be released there.

use super::array::ArrowArray;
use crate::base::error::{EngineError, Result};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{channel, sync_channel, Receiver, SyncSender};
use std::thread::{Builder, JoinHandle};

/// Batches that are fetched ahead of the one that is used.
pub(super) const AHEAD: usize = 2;

/// What the other thread does.
pub(super) trait Work: Send + 'static {
    /// What becomes of a batch.
    type Made: Default + Send + 'static;

    /// Makes it; `spare` is what was made before and is used up, or nothing.
    ///
    /// # Errors
    /// Any; it comes in the batch's place.
    fn work(&mut self, array: &ArrowArray, spare: Self::Made) -> Result<Self::Made>;
}

/// An array on its way.
struct Foreign(ArrowArray);

// SAFETY: the other thread only reads what the array points to, which stays as it is until the array is released; and it gives the
// array back before that.
unsafe impl Send for Foreign {}

type Given<W> = (Foreign, <W as Work>::Made);
type Done<W> = (Result<<W as Work>::Made>, Foreign);

enum Worker<W: Work> {
    Thread {
        given: Option<SyncSender<Given<W>>>,
        done: Receiver<Done<W>>,
        handle: Option<JoinHandle<()>>,
    },
    /// Where the system has no thread for it.
    Here { work: Box<W>, done: Vec<Done<W>> },
}

/// Batches between those that were fetched and those that are used.
pub(super) struct Pipeline<W: Work> {
    worker: Worker<W>,
    waiting: usize,
    /// A copy of the process has no copy of its threads.
    process: u32,
}

impl<W: Work> Pipeline<W> {
    /// A pipeline without batches.
    pub fn new(make: impl Fn() -> W) -> Pipeline<W> {
        let (given, to_do) = sync_channel::<Given<W>>(AHEAD);
        let (finished, done) = channel::<Done<W>>();
        let mut work = make();
        let all = move || {
            for (array, spare) in to_do {
                if finished.send((make_of(&mut work, &array, spare), array)).is_err() {
                    break;
                }
            }
        };
        let worker = match Builder::new().name("backprop-arrow".to_string()).spawn(all) {
            Ok(handle) => Worker::Thread {
                given: Some(given),
                done,
                handle: Some(handle),
            },
            Err(_) => Worker::Here {
                work: Box::new(make()),
                done: Vec::new(),
            },
        };
        Pipeline {
            worker,
            waiting: 0,
            process: std::process::id(),
        }
    }

    /// Batches on their way.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Sends a batch on its way; there are never more than [`AHEAD`].
    pub fn give(&mut self, array: ArrowArray, spare: W::Made) -> Result<()> {
        let array = Foreign(array);
        match &mut self.worker {
            Worker::Thread { given, .. } => {
                let sent = given.as_ref().map(|given| given.send((array, spare)));
                if !matches!(sent, Some(Ok(()))) {
                    return Err(gone());
                }
            }
            Worker::Here { work, done } => done.push((make_of(work.as_mut(), &array, spare), array)),
        }
        self.waiting += 1;
        Ok(())
    }

    /// What became of the batch that was given first of those on their way.
    pub fn take(&mut self) -> Result<W::Made> {
        if self.process != std::process::id() {
            return Err(super::fault::faulty(
                "an Arrow stream can be read only by the process that opened it",
            ));
        }
        self.waiting -= 1;
        let (made, array) = match &mut self.worker {
            Worker::Thread { done, .. } => done.recv().map_err(|_| gone())?,
            Worker::Here { done, .. } => done.remove(0),
        };
        drop(array);
        made
    }
}

impl<W: Work> Drop for Pipeline<W> {
    fn drop(&mut self) {
        if let Worker::Thread { given, handle, .. } = &mut self.worker {
            // The thread ends with the last array that it was given; they all are released here, with the channel.
            drop(given.take());
            match handle.take() {
                Some(handle) if self.process == std::process::id() => drop(handle.join()),
                // There is nobody to wait for.
                handle => std::mem::forget(handle),
            }
        }
    }
}

fn make_of<W: Work>(work: &mut W, array: &Foreign, spare: W::Made) -> Result<W::Made> {
    let made = AssertUnwindSafe(|| work.work(&array.0, spare));
    catch_unwind(made).unwrap_or_else(|_| Err(EngineError::Panic("reading an Arrow batch".to_string())))
}

fn gone() -> EngineError {
    EngineError::Panic("the thread that reads Arrow batches has ended".to_string())
}
