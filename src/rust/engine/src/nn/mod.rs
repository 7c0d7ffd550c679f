//! What a network is: its layers, their activations, and where its weights begin.

pub mod activation;
pub mod coefficients;
mod custom;
pub mod distribution;
pub mod init;
pub mod layer;
pub mod layout;
pub mod network;
