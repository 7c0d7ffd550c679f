//! How weights are updated: rules, one file each, L-BFGS, and schedules of rates over time.

mod adagrad;
mod adam;
mod gradient_descent;
pub mod lbfgs;
mod method;
mod momentum;
mod optimizer;
mod rmsprop;
mod rprop;
mod rule;
pub mod schedule;
pub mod state;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use gradient_descent::GradientDescent;
pub use method::Method;
pub use momentum::Momentum;
pub use optimizer::Optimizer;
pub use rmsprop::RmsProp;
pub use rprop::Rprop;
pub use rule::{ParameterSlice, Rule, Step, MAX_SLOTS};
