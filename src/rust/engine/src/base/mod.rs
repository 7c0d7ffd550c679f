//! What everything rests on: memory that may be refused, errors, random streams, the team of threads.

pub mod buffer;
pub mod error;
pub mod functions;
pub mod hyperparameter;
pub mod memory;
pub mod random;
pub(crate) mod ranges;
pub mod room;
pub mod threads;
