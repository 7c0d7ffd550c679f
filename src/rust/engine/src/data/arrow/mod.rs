//! Rows that another program holds in memory as Arrow's columns, taken over by Arrow's C interface: no crate, and no copy of a
//! file. What such a stream gives is checked before it is read: it comes from outside.
//!
//! Who gives a stream may call an interpreter for the next batch, or to release one. So all functions of the stream's own are called
//! on the thread that asks for rows; another thread works ahead of it on what was fetched.

mod array;
mod blocks;
mod decode;
mod fault;
mod feed;
mod kind;
mod levels;
mod pipeline;
mod places;
mod plan;
mod reader;
mod rows;
mod schema;
mod stream;

pub use array::ArrowArray;
pub use blocks::{ArrowRows, Recipe};
pub use decode::{is_missing, missing_number, Batch, Column, MISSING_CODE, MISSING_INTEGER};
pub use kind::Kind;
pub use plan::{Gaps, HeldBack, Input, InputKind, Outcome, OutcomeKind, Plan};
pub use reader::ArrowReader;
pub use rows::Passed;
pub use schema::{ArrowSchema, Field};
pub use stream::{ArrowArrayStream, ArrowStream};
