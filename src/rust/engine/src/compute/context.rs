//! A network with how it is computed.

use crate::kernels::instruction_set::InstructionSet;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use crate::objective::checked::Objective;

/// Which random units a training pass drops; none at prediction.
#[derive(Clone, Copy, Debug)]
pub struct DropoutKey {
    /// The fit's seed.
    pub seed: u64,
    /// The epoch.
    pub epoch: u64,
    /// Position in the epoch's order of the workspace's first row.
    pub first_position: u64,
    /// What the shares are multiplied by, 1 or less.
    pub factor: f64,
}

/// A network with how it is computed: everything a pass needs besides the numbers.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    /// The network.
    pub network: &'a Network,
    /// Where its parameters lie.
    pub layout: &'a Layout,
    /// The loss; none for predictions.
    pub objective: Option<&'a Objective>,
    /// Share of units dropped, per hidden layer; empty for none.
    pub dropout: &'a [f64],
    /// The instruction set of the kernels.
    pub set: InstructionSet,
}

impl<'a> Pass<'a> {
    /// A network as it is computed without dropout, by the widest instruction set there is.
    pub fn new(network: &'a Network, layout: &'a Layout, objective: Option<&'a Objective>) -> Pass<'a> {
        Pass {
            network,
            layout,
            objective,
            dropout: &[],
            set: InstructionSet::detect(),
        }
    }

    /// Share of a layer's units that is dropped.
    pub(crate) fn dropout_rate(&self, layer: usize) -> f64 {
        self.dropout.get(layer).copied().unwrap_or(0.0)
    }
}
