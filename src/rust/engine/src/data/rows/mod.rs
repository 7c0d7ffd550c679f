//! Where rows come from: a trait for it, and the sources that there are.

mod blocks;
mod chosen;
mod column_major;
mod reader;
mod shuffle;
mod source;
mod sparse;
mod stream;

pub use blocks::{Block, BlockSource, Blocks};
pub use chosen::Chosen;
pub use column_major::{ColumnMajor, Element};
pub use reader::Reader;
pub(crate) use shuffle::Shuffle;
pub(crate) use source::all_finite;
pub use source::{RowMajor, RowSource, Selection};
pub use sparse::SparseRows;
pub use stream::{Chunk, RowStream, TableShape};
