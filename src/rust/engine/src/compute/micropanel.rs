//! The micropanels that a model's parameters are updated in, and how a network is cut into them.

use crate::base::error::Result;
use crate::base::ranges::tiles;
use crate::base::room::room;
use crate::kernels::scalar::Scalar;
use crate::nn::layout::{LayerLayout, Layout};
use std::ops::Range;

/// kc: inputs of a micropanel, whose parameters are updated at once; their gradient stays in the first-level cache.
pub const KC: usize = 48;

/// Some inputs of one weight panel, with the panel's biases at the end if `with_bias`.
#[derive(Clone, Debug)]
pub struct Micropanel {
    /// The layer.
    pub layer: usize,
    /// The panel.
    pub panel: usize,
    /// Inputs.
    pub inputs: Range<usize>,
    /// Whether the biases of the panel belong to the micropanel; they follow its last input.
    pub with_bias: bool,
    /// Where the micropanel's weights lie among the parameters.
    pub weights: Range<usize>,
    /// Numbers per input: the width of the layer's panels; of layers that are taken row by row, the number of biases.
    pub width: usize,
    /// Whether it is all of a layer that is taken row by row.
    pub is_flat: bool,
}

impl Micropanel {
    /// Where the micropanel lies, biases included.
    #[inline]
    pub fn all(&self) -> Range<usize> {
        let biases = if self.with_bias { self.width } else { 0 };
        self.weights.start..self.weights.end + biases
    }

    /// Whether another micropanel is of the same inputs.
    pub fn has_inputs_of(&self, other: &Micropanel) -> bool {
        self.layer == other.layer && self.inputs == other.inputs
    }
}

/// Inputs of each micropanel of a layer but the last.
fn inputs_of_micropanels<T: Scalar>(layer_layout: &LayerLayout) -> usize {
    // Those that have none are the loss's own parameters.
    let inputs = layer_layout.inputs.max(1);
    let most = KC * T::LANES / layer_layout.width;
    // About even, so that members can share them well; in dozens, as kernels take them.
    inputs
        .div_ceil(inputs.div_ceil(most))
        .next_multiple_of(12)
        .min(most)
}

/// Micropanels that a network is cut into. Asked before it is known that the network fits in memory: what
/// cannot be counted stays at the largest number.
pub(crate) fn micropanel_count<T: Scalar>(layout: &Layout) -> usize {
    let micropanels = |layer_layout: &LayerLayout| {
        if let Some((weights, biases)) = layer_layout.flat {
            return usize::from(weights.saturating_add(biases) > 0);
        }
        let inputs = layer_layout.inputs.max(1);
        let along_inputs = inputs.div_ceil(inputs_of_micropanels::<T>(layer_layout));
        layer_layout.panels.saturating_mul(along_inputs)
    };
    layout
        .layers
        .iter()
        .map(micropanels)
        .fold(0, usize::saturating_add)
}

/// Cuts all layers into micropanels of up to `KC * LANES` weights.
pub(super) fn micropanels<T: Scalar>(layout: &Layout) -> Result<Vec<Micropanel>> {
    let mut micropanels = room(micropanel_count::<T>(layout))?;
    for (layer, layer_layout) in layout.layers.iter().enumerate() {
        if let Some((weights, biases)) = layer_layout.flat {
            let offset = layer_layout.offset;
            if weights + biases > 0 {
                micropanels.push(Micropanel {
                    layer,
                    panel: 0,
                    inputs: 0..weights,
                    with_bias: biases > 0,
                    weights: offset..offset + weights,
                    width: biases,
                    is_flat: true,
                });
            }
            continue;
        }
        let inputs = layer_layout.inputs;
        let without_inputs = Some(0..0).filter(|_| inputs == 0);
        let along_inputs = tiles(0..inputs, inputs_of_micropanels::<T>(layer_layout));
        for inputs_of_micropanel in along_inputs.chain(without_inputs) {
            for panel in 0..layer_layout.panels {
                micropanels.push(Micropanel {
                    layer,
                    panel,
                    inputs: inputs_of_micropanel.clone(),
                    with_bias: layer_layout.has_bias() && inputs_of_micropanel.end == inputs,
                    weights: layer_layout.range(panel, inputs_of_micropanel.clone()),
                    width: layer_layout.width,
                    is_flat: false,
                });
            }
        }
    }
    Ok(micropanels)
}

/// Cuts the micropanels into consecutive shares of about equal work.
pub(super) fn shares(micropanels: &[Micropanel], members: usize) -> Vec<usize> {
    let work = |micropanel: &Micropanel| micropanel.all().len();
    let total: usize = micropanels.iter().map(work).sum();
    let mut cuts = vec![0];
    let mut done = 0;
    for (index, micropanel) in micropanels.iter().enumerate() {
        if done >= total * cuts.len() / members && cuts.len() < members {
            cuts.push(index);
        }
        done += work(micropanel);
    }
    cuts.resize(members, micropanels.len());
    cuts.push(micropanels.len());
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::activation::Activation;
    use crate::nn::network::Network;
    use crate::objective::output::Output;

    #[test]
    fn micropanels_cover_every_parameter_once_for_any_number_of_members() {
        let network = Network::new(&[100, 37, 1, 3], &[Activation::Tanh; 2], Output::Linear).unwrap();
        let layout = Layout::of::<f64>(&network);
        let micropanels = micropanels::<f64>(&layout).unwrap();
        assert_eq!(micropanels.len(), micropanel_count::<f64>(&layout));
        let mut hits = vec![0; layout.len];
        for micropanel in &micropanels {
            for index in micropanel.all() {
                hits[index] += 1;
            }
        }
        assert!(hits.iter().all(|&hit| hit <= 1));
        for (layer_layout, layer) in layout.layers.iter().zip(network.layers()) {
            let parameters =
                (0..layer_layout.rows).flat_map(|input| (0..layer.units).map(move |unit| (input, unit)));
            for (input, unit) in parameters {
                assert_eq!(hits[layer_layout.index(input, unit)], 1, "{input} {unit}");
            }
        }
        for members in 1..40 {
            let cuts = shares(&micropanels, members);
            assert_eq!(cuts.len(), members + 1);
            assert!(cuts.windows(2).all(|pair| pair[0] <= pair[1]));
            assert_eq!((cuts[0], cuts[members]), (0, micropanels.len()));
        }
    }

    #[test]
    fn micropanels_are_even_and_of_dozens_of_inputs() {
        for inputs in [1, 11, 12, 47, 48, 49, 96, 97, 100, 1000] {
            for units in [1, 8, 30] {
                let network = Network::new(&[inputs, units], &[], Output::Linear).unwrap();
                let layout = Layout::of::<f64>(&network);
                let micropanels = micropanels::<f64>(&layout).unwrap();
                assert_eq!(
                    micropanels.len(),
                    micropanel_count::<f64>(&layout),
                    "{inputs} x {units}"
                );
                let layer_layout = &layout.layers[0];
                let most = KC * 8 / layer_layout.width;
                assert_eq!(micropanels.len(), layer_layout.panels * inputs.div_ceil(most));
                for micropanel in &micropanels {
                    let len = micropanel.inputs.len();
                    assert!(len <= most && (micropanel.with_bias || len % 12 == 0 || len == most));
                    // None has much more than its even part of the inputs.
                    assert!(len < inputs.div_ceil(inputs.div_ceil(most)) + 12);
                }
            }
        }
    }

    #[test]
    fn shares_are_of_about_equal_work() {
        let network = Network::new(&[200, 300, 50, 1], &[Activation::Tanh; 2], Output::Linear).unwrap();
        let micropanels = micropanels::<f64>(&Layout::of::<f64>(&network)).unwrap();
        let work = |range: Range<usize>| {
            micropanels[range]
                .iter()
                .map(|micropanel| micropanel.all().len())
                .sum::<usize>()
        };
        let total = work(0..micropanels.len());
        let largest = micropanels
            .iter()
            .map(|micropanel| micropanel.all().len())
            .max()
            .unwrap();
        for members in 1..20 {
            let cuts = shares(&micropanels, members);
            for pair in cuts.windows(2) {
                let share = work(pair[0]..pair[1]);
                assert!(
                    share <= total / members + largest && share + 2 * largest >= total / members,
                    "{share} of {total} for one of {members}"
                );
            }
        }
    }
}
