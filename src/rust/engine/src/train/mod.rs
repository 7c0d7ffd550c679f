//! Training: the one loop, what it takes and gives, who watches it, and ensembles of networks.

pub mod ensemble;
mod history;
mod judge;
mod need;
pub mod observer;
mod settings;
mod solver;
mod state;
pub mod trace;
mod training;

pub use settings::{CheckedSettings, Ending, FinalLosses, Settings, Shuffle, Stopping, Trained};
pub use state::{Best, Origin, Start};
pub use training::{train, train_from};
