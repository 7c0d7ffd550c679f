//! What a network is: its layers, their activations, and where its weights begin.

pub mod activation;
mod custom;
pub mod distribution;
pub mod init;
pub mod layer;
pub mod network;
