//! How the parameters of a network lie in memory: panels of dense layers, and the others' numbers one after the other.

use crate::kernels::scalar::{panel_width, row_stride, Scalar};
use crate::nn::layer::Layer;
use crate::nn::network::Network;
use std::ops::Range;

/// Where one layer's parameters lie: panels of `width` units, each panel `inputs` rows of weights and then, where there are
/// any, a row of biases; lanes beyond the last unit stay zero. Layers that are taken row by row have their numbers one after
/// the other instead.
#[derive(Clone, Copy, Debug)]
pub struct LayerLayout {
    /// First number of the layer.
    pub offset: usize,
    /// Units in each panel ([`panel_width`]).
    pub width: usize,
    /// Number of panels; none where numbers lie one after the other.
    pub panels: usize,
    /// Numbers that come in.
    pub inputs: usize,
    /// Rows of a panel: inputs, and one more where there are biases.
    pub rows: usize,
    /// Distance between rows of activations.
    pub stride: usize,
    /// Of layers that are taken row by row, the number of weights, row by row, and of biases behind them.
    pub flat: Option<(usize, usize)>,
}

impl LayerLayout {
    fn in_panels<T: Scalar>(offset: usize, inputs: usize, bias: bool, units: usize) -> LayerLayout {
        let width = panel_width::<T>(units);
        LayerLayout {
            offset,
            width,
            panels: units.div_ceil(width),
            inputs,
            rows: inputs + usize::from(bias),
            stride: row_stride::<T>(units),
            flat: None,
        }
    }

    fn of_layer<T: Scalar>(offset: usize, layer: &Layer) -> LayerLayout {
        let biases = layer.biases();
        let panels = LayerLayout::in_panels::<T>(offset, layer.inputs, biases > 0, layer.units);
        if layer.is_dense() {
            return panels;
        }
        let (rows, columns) = layer.weights();
        LayerLayout {
            width: 1,
            panels: 0,
            rows: 0,
            flat: Some((rows.saturating_mul(columns), biases)),
            ..panels
        }
    }

    /// Numbers that the layer takes.
    fn numbers(&self) -> usize {
        match self.flat {
            Some((weights, biases)) => weights.saturating_add(biases),
            None => self.rows.saturating_mul(self.panels * self.width),
        }
    }

    /// Where all numbers of the layer lie.
    pub fn all(&self) -> Range<usize> {
        self.offset..self.offset + self.numbers()
    }

    /// Whether panels end with biases.
    pub fn has_bias(&self) -> bool {
        self.rows > self.inputs
    }

    /// Numbers in a panel.
    pub fn panel_size(&self) -> usize {
        self.rows * self.width
    }

    /// Units of a panel, of so many units in all.
    pub(super) fn units_of(&self, panel: usize, units: usize) -> Range<usize> {
        panel * self.width..units.min((panel + 1) * self.width)
    }

    /// Where rows `rows` of panel `panel` lie.
    pub fn range(&self, panel: usize, rows: Range<usize>) -> Range<usize> {
        let start = self.offset + panel * self.panel_size();
        start + rows.start * self.width..start + rows.end * self.width
    }

    /// Where the weight from `input` to `unit` lies (`input == inputs`: the bias).
    pub fn index(&self, input: usize, unit: usize) -> usize {
        self.range(unit / self.width, input..input + 1).start + unit % self.width
    }
}

/// How all layers lie in one stretch of memory.
#[derive(Clone, Debug)]
pub struct Layout {
    /// One per layer.
    pub layers: Vec<LayerLayout>,
    /// Total length in numbers.
    pub len: usize,
}

impl Layout {
    /// The layout of a network in precision `T`.
    pub fn of<T: Scalar>(network: &Network) -> Layout {
        let mut layout = Layout {
            layers: Vec::new(),
            len: 0,
        };
        for layer in network.layers() {
            layout.push::<T>(LayerLayout::of_layer::<T>(layout.len, layer));
        }
        if network.ancillary() > 0 {
            layout.push::<T>(LayerLayout::in_panels::<T>(
                layout.len,
                0,
                true,
                network.ancillary(),
            ));
        }
        layout
    }

    fn push<T: Scalar>(&mut self, layer_layout: LayerLayout) {
        // Every layer starts at a cache line. What is too long to be counted stays at the
        // largest number, and its memory is refused.
        let numbers = layer_layout.numbers();
        let whole_lines = numbers.checked_next_multiple_of(T::LANES).unwrap_or(usize::MAX);
        self.len = self.len.saturating_add(whole_lines);
        self.layers.push(layer_layout);
    }
}
