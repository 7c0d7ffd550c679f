//! How weights are updated: rules, L-BFGS, and schedules of rates over time.

mod description;
pub mod lbfgs;
mod method;
mod optimizer;
pub mod schedule;
pub mod state;

pub use description::{rows_of_step, Described, Description, Setting, DEFAULT_BATCH_SIZE};
pub use method::Method;
pub use optimizer::rule::{ParameterSlice, Rule, Step, MAX_SLOTS};
pub use optimizer::*;
