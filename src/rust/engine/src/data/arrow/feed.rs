//! Batches of a stream, fetched on the calling thread and worked on ahead of it by another.

use super::pipeline::{Pipeline, Work, AHEAD};
use super::stream::ArrowStream;
use crate::base::error::{EngineError, Result};

/// What becomes of a stream's batches, in order.
pub(super) struct Feed<W: Work> {
    // Dropped first, with the arrays that it holds.
    pipeline: Pipeline<W>,
    stream: ArrowStream,
    /// Used up, to be made anew.
    spares: Vec<W::Made>,
    /// What went wrong behind the batches that are on their way.
    failed: Option<EngineError>,
    ended: bool,
    /// Whether nothing could be made of a batch: those behind it are not given either.
    broken: bool,
}

impl<W: Work> Feed<W> {
    /// A stream at its first batch.
    pub fn new(stream: ArrowStream, make: impl Fn() -> W) -> Feed<W> {
        Feed {
            pipeline: Pipeline::new(make),
            stream,
            spares: Vec::new(),
            failed: None,
            ended: false,
            broken: false,
        }
    }

    /// What became of the next batch; none at the end. `spare` is what was got before.
    ///
    /// # Errors
    /// Those of the producer, in its words, after all batches before; those of the work.
    pub fn next(&mut self, spare: W::Made) -> Result<Option<W::Made>> {
        self.spares.push(spare);
        self.fetch()?;
        if self.pipeline.waiting() == 0 || self.broken {
            return self.failed.clone().map_or(Ok(None), Err);
        }
        let made = match self.pipeline.take() {
            Ok(made) => made,
            Err(error) => {
                (self.ended, self.broken) = (true, true);
                self.failed = Some(error.clone());
                return Err(error);
            }
        };
        // The next ones are worked on while this one is used.
        self.fetch()?;
        Ok(Some(made))
    }

    fn fetch(&mut self) -> Result<()> {
        while !self.ended && self.pipeline.waiting() < AHEAD {
            match self.stream.next_array() {
                Ok(Some(array)) => self.pipeline.give(array, self.spares.pop().unwrap_or_default())?,
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.failed = Some(error);
                    self.ended = true;
                }
            }
        }
        Ok(())
    }
}
