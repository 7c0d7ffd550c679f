//! The engine of backprop: feed-forward neural networks trained on the CPU. Pure Rust, no R.
//!
//! The way of the data: a checked [`Network`] and [`CheckedSettings`], rows from a
//! [`rows::RowSource`], and a start go into [`train`]; the one loop there makes steps
//! ([`step`]), which take rows forward and back ([`pass`]) and update parameters micropanel by micropanel
//! ([`model`], [`optimizer`]); observers watch ([`observer`]); a [`Trained`] comes out.
#![warn(missing_docs)]

pub mod activation;
mod buffer;
pub mod data;
pub mod encoding;
pub mod ensemble;
mod error;
pub mod evaluate;
pub mod hessian;
pub mod init;
pub mod kernels;
pub mod lbfgs;
pub mod loss;
pub mod memory;
pub mod metric;
pub mod model;
pub mod network;
pub mod observer;
pub mod optimizer;
pub mod pass;
pub mod penalty;
pub mod random;
pub mod room;
pub mod rows;
mod scalar;
pub mod schedule;
pub mod step;
pub mod threads;
pub mod trace;
mod train;
pub mod workspace;

pub use buffer::{Buffer, SharedBuffer};
pub use error::{EngineError, Result};
pub use network::{Coefficients, Network};
pub use scalar::{padded, row_stride, Scalar};
pub use train::{
    gradient, train, work_of_step, Best, CheckedSettings, Ending, FinalLosses, Method, Origin, Settings,
    Start, Stopping, Trained, WORK_WORTH_SHARING,
};
