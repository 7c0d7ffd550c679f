//! Decoding ahead: one thread decodes batches in the order in which they are given. It reads memory and calls nothing of the
//! producer's: arrays come back to the thread that fetched them, to be released there.

use super::array::ArrowArray;
use super::decode::{Batch, Decoder};
use crate::base::error::{EngineError, Result};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc::{channel, sync_channel, Receiver, SyncSender};
use std::thread::{Builder, JoinHandle};

/// Batches that are fetched ahead of the one that is used.
pub(super) const AHEAD: usize = 2;

/// An array on its way.
struct Foreign(ArrowArray);

// SAFETY: the other thread only reads what the array points to, which stays as it is until the array is released; and it gives the
// array back before that.
unsafe impl Send for Foreign {}

type Decoded = (Result<Batch>, Foreign);

enum Worker {
    Thread {
        given: Option<SyncSender<Foreign>>,
        decoded: Receiver<Decoded>,
        handle: Option<JoinHandle<()>>,
    },
    /// Where the system has no thread for it.
    Here {
        decoder: Box<Decoder>,
        decoded: Vec<Decoded>,
    },
}

/// Batches between those that were fetched and those that are used.
pub(super) struct Pipeline {
    worker: Worker,
    waiting: usize,
    /// A copy of the process has no copy of its threads.
    process: u32,
}

impl Pipeline {
    /// A pipeline without batches.
    pub fn new(make: impl Fn() -> Decoder) -> Pipeline {
        let (given, to_decode) = sync_channel::<Foreign>(AHEAD);
        let (done, decoded) = channel::<Decoded>();
        let mut decoder = make();
        let work = move || {
            for array in to_decode {
                if done.send((decode(&mut decoder, &array), array)).is_err() {
                    break;
                }
            }
        };
        let worker = match Builder::new().name("backprop-arrow".to_string()).spawn(work) {
            Ok(handle) => Worker::Thread {
                given: Some(given),
                decoded,
                handle: Some(handle),
            },
            Err(_) => Worker::Here {
                decoder: Box::new(make()),
                decoded: Vec::new(),
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
    pub fn give(&mut self, array: ArrowArray) -> Result<()> {
        let array = Foreign(array);
        match &mut self.worker {
            Worker::Thread { given, .. } => {
                let sent = given.as_ref().map(|given| given.send(array));
                if !matches!(sent, Some(Ok(()))) {
                    return Err(gone());
                }
            }
            Worker::Here { decoder, decoded } => decoded.push((decode(decoder, &array), array)),
        }
        self.waiting += 1;
        Ok(())
    }

    /// The batch that was given first of those on their way.
    pub fn take(&mut self) -> Result<Batch> {
        if self.process != std::process::id() {
            return Err(super::fault::faulty(
                "an Arrow stream can be read only by the process that opened it",
            ));
        }
        self.waiting -= 1;
        let (batch, array) = match &mut self.worker {
            Worker::Thread { decoded, .. } => decoded.recv().map_err(|_| gone())?,
            Worker::Here { decoded, .. } => decoded.remove(0),
        };
        drop(array);
        batch
    }
}

impl Drop for Pipeline {
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

fn decode(decoder: &mut Decoder, array: &Foreign) -> Result<Batch> {
    let work = AssertUnwindSafe(|| decoder.batch(&array.0));
    catch_unwind(work).unwrap_or_else(|_| Err(EngineError::Panic("decoding an Arrow batch".to_string())))
}

fn gone() -> EngineError {
    EngineError::Panic("the thread that decodes Arrow batches has ended".to_string())
}
