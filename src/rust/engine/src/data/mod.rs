//! Tables to learn from: where rows come from, what becomes of their columns, and what stands beside them.

pub mod arrow;
pub mod encoding;
pub mod moments;
pub mod remote;
pub mod rows;
pub mod source;
pub mod table;

pub use source::{Rows, Source};
pub use table::Data;
