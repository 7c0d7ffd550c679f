//! Computing a network: rows forward and back through a workspace, steps that update a model, and what is
//! asked of given weights: predictions, losses, gradients, Hessians.

pub mod all_rows;
pub mod backend;
pub mod context;
pub mod evaluate;
mod feed;
pub mod gradient;
pub mod hessian;
pub mod micropanel;
pub mod model;
pub mod outputs;
pub mod pass;
mod plain;
pub mod step;
pub mod worker;
pub mod workspace;
