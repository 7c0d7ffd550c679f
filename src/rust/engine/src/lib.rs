//! The engine of backprop: feed-forward neural networks trained on the CPU. Pure Rust, no R.
//!
//! | module | what |
//! |---|---|
//! | [`base`] | memory that may be refused, errors, random streams, the team of threads |
//! | [`kernels`] | the loops where the time goes, compiled for each instruction set, in `f64` and `f32` |
//! | [`nn`] | what a network is: layers, activations, where weights begin |
//! | [`objective`] | outputs, losses, penalty, and measures that judge |
//! | [`data`] | tables: rows from a [`data::rows::RowSource`] or a [`data::rows::RowStream`], their encoding, targets and weights |
//! | [`optim`] | update rules, L-BFGS, schedules |
//! | [`compute`] | rows forward and back through a workspace, steps on a model, predictions, gradients, Hessians |
//! | [`registry`] | all that is offered by name, gathered |
//! | [`train`](mod@train) | the one loop, who watches it, traces, ensembles |
//! | [`compiled`] | what callers ask, compiled in both number types |
//!
//! The way of the data: a checked [`Network`] and [`CheckedSettings`], rows, and a start go into [`train()`];
//! the one loop there has a solver make epochs of steps ([`compute::backend`], [`compute::step`]), which take rows forward and back ([`compute::pass`]) and
//! update parameters micropanel by micropanel ([`compute::model`], [`optim`]); observers watch
//! ([`train::observer`]); a [`Trained`] comes out.
//!
//! No files need each other in a circle (`tools/dev/module-circles.R` checks it), but for numbers and packs.
#![warn(missing_docs)]

pub mod base;
pub mod compiled;
pub mod compute;
pub mod data;
pub mod kernels;
pub mod nn;
pub mod objective;
pub mod optim;
pub mod registry;
pub mod train;

pub use base::buffer::{Buffer, SharedBuffer};
pub use base::error::{EngineError, Result};
pub use compiled::Compiled;
pub use compute::evaluate;
pub use compute::gradient::gradient;
pub use data::Data;
pub use kernels::scalar::{padded, row_stride, Scalar};
pub use nn::coefficients::Coefficients;
pub use nn::network::{work_of_step, Network, WORK_WORTH_SHARING};
pub use optim::Method;
pub use train::{
    train, train_from, Best, CheckedSettings, Ending, FinalLosses, Origin, Settings, Shuffle, Start,
    Stopping, Trained,
};
