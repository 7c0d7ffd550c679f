//! The extents by which a step's work is cut, so that what is read again is still in a cache.

use crate::compute::context::Pass;
use crate::compute::micropanel::KC;
use crate::kernels::scalar::Scalar;

/// mc: rows of a workspace whose gradients are summed at a time, over all micropanels of a member: the rows
/// then come from the second-level cache.
pub(super) const MC: usize = 256;

/// Rows of a workspace whose gradients are summed at a time, where a row may have several copies.
pub(super) fn rows_at_once(pass: &Pass<'_>) -> usize {
    (MC / pass.network.most_copies()).max(1)
}

/// Micropanels whose gradients are computed side by side: kernels with registers for it then read an input
/// once for two panels.
pub(super) const MICROPANELS_BESIDE: usize = 2;

/// Rows of a panel that a micropanel may have, biases included.
pub(super) const MICROPANEL_ROWS: usize = KC + 1;

/// Numbers that a member needs for itself: gradients of micropanels beside each other, and packed inputs.
pub(super) fn scratch_size<T: Scalar>() -> usize {
    MICROPANELS_BESIDE * MICROPANEL_ROWS * T::LANES + MC * KC
}

/// Rows that a step may have to be made in one go.
const FEW_ROWS: usize = 64;

/// Whether steps of up to `rows` rows are made in one go.
pub(super) fn is_small<T: Scalar>(pass: &Pass<'_>, rows: usize) -> bool {
    rows <= FEW_ROWS
        && pass.dropout.is_empty()
        && pass.network.is_plain()
        && pass.network.ancillary() == 0
        && pass
            .layout
            .layers
            .iter()
            .all(|layer_layout| layer_layout.panels == 1 && layer_layout.rows <= KC)
        && pass
            .network
            .layers()
            .iter()
            .all(|layer| !layer.activation.needs_input())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::instruction_set::InstructionSet;
    use crate::nn::activation::Activation;
    use crate::nn::layout::Layout;
    use crate::nn::network::Network;
    use crate::objective::output::Output;

    fn small(sizes: &[usize], activation: Activation, dropout: &[f64], rows: usize) -> bool {
        let network = Network::new(sizes, &vec![activation; sizes.len() - 2], Output::Linear).unwrap();
        let pass = Pass {
            network: &network,
            layout: &Layout::of::<f64>(&network),
            objective: None,
            dropout,
            set: InstructionSet::detect(),
        };
        is_small::<f64>(&pass, rows)
    }

    #[test]
    fn a_network_is_small_when_panels_micropanels_and_rows_are_few() {
        assert!(small(&[4, 3, 1], Activation::Sigmoid, &[], 3));
        assert!(small(&[47, 8, 8, 2], Activation::Relu, &[], 64));
        assert!(!small(&[48, 3, 1], Activation::Sigmoid, &[], 3));
        assert!(!small(&[4, 9, 1], Activation::Sigmoid, &[], 3));
        assert!(!small(&[4, 3, 1], Activation::Sigmoid, &[], 65));
        assert!(!small(&[4, 3, 1], Activation::Sigmoid, &[0.1], 3));
        assert!(!small(&[4, 3, 1], Activation::Gelu, &[], 3));
    }
}
