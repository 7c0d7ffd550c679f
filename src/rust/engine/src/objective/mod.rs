//! What training makes small, and what it is judged by.

pub mod checked;
pub mod loss;
pub mod metric;
pub mod output;
pub mod penalty;

pub use checked::Objective;
pub use loss::Loss;
pub use metric::Metric;
pub use output::Output;
pub use penalty::Penalty;
