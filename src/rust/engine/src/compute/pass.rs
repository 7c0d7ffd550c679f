//! Forward and backward passes over rows of a [`Workspace`]: members of the team take them through
//! [`Pass::forward`] and [`Pass::backward`]; a row's numbers depend on no other row.

use crate::base::buffer::SharedBuffer;
use crate::base::random::{stream, Purpose};
use crate::compute::context::{DropoutKey, Pass};
use crate::compute::workspace::{LayerWorkspace, Workspace};
use crate::kernels::elementwise::multiply;
use crate::kernels::gemm::{self, Rows};
use crate::kernels::gemv;
use crate::kernels::scalar::{panel_width, Scalar};
use crate::nn::activation::Activation;
use crate::nn::layer::rows::{backward_rows, forward_rows, Back, LayerRows};
use crate::objective::checked::Objective;
use crate::objective::loss::rows::{Deltas, OutputRows};
use rand::RngExt;
use std::ops::Range;

// All unsafe reads and writes below are of rows `rows` of the workspace: the caller promises that
// these rows belong to one member until the team has finished. Parameters are only read.
impl Pass<'_> {
    fn stride(&self, layer: usize) -> usize {
        self.layout.layers[layer].stride
    }

    /// Units in each panel that leads to a layer: of layers that are taken row by row those of its transposed neighbour.
    fn width<T: Scalar>(&self, layer: usize) -> usize {
        panel_width::<T>(self.network.layers()[layer].units)
    }

    /// Where rows of the workspace lie in a layer, of which each row has some copies.
    fn range(&self, layer: usize, rows: &Range<usize>) -> Range<usize> {
        let row = self.network.layers()[layer].copies * self.stride(layer);
        rows.start * row..rows.end * row
    }

    /// What layer `number` (from 1; 0: the inputs) gives of some rows, and the distance between its rows.
    ///
    /// # Safety
    /// As for [`Pass::forward`].
    unsafe fn given<'w, T: Scalar>(
        &self,
        workspace: &'w Workspace<T>,
        number: usize,
        rows: &Range<usize>,
    ) -> (&'w [T], usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match number {
                0 => {
                    let width = self.network.inputs();
                    (workspace.inputs.read(rows.start * width..rows.end * width), width)
                }
                number => {
                    let values = &workspace.layers[number - 1].values;
                    (values.read(self.range(number - 1, rows)), self.stride(number - 1))
                }
            }
        }
    }

    /// Rows of a layer that is taken row by row, with what they are computed from.
    ///
    /// # Safety
    /// As for [`Pass::forward`].
    pub(crate) unsafe fn layer_rows<'w, T: Scalar>(
        &'w self,
        workspace: &'w Workspace<T>,
        number: usize,
        rows: &Range<usize>,
        parameters: &'w [T],
    ) -> LayerRows<'w, T> {
        let parameters = &parameters[self.layout.layers[number].all()];
        self.network
            .layer_rows(number, parameters, rows.len(), self.set, |from| {
                // SAFETY: the caller's promise.
                unsafe { self.given(workspace, from, rows) }
            })
    }

    /// Products of rows of `inputs` numbers with weight panels, plus biases where the panels end
    /// with them, into rows of layer `to`.
    ///
    /// # Safety
    /// `a` must be rows of `inputs` numbers, `weights` the panels that lead from them to the layer,
    /// and `out` as many rows of the layer.
    unsafe fn multiply<T: Scalar>(
        &self,
        a: Rows<T>,
        inputs: usize,
        weights: &[T],
        has_bias: bool,
        to: usize,
        out: &mut [T],
    ) {
        let (width, stride) = (self.width::<T>(to), self.stride(to));
        let panels = self.network.layers()[to].units.div_ceil(width);
        let (weights, out) = (weights.as_ptr(), out.as_mut_ptr());
        let panel_rows = inputs + usize::from(has_bias);
        // SAFETY: the caller's promise.
        unsafe {
            match width {
                1 => gemv::forward(self.set, a, inputs, weights, has_bias, out),
                _ => gemm::forward(
                    self.set, a, inputs, weights, panels, panel_rows, has_bias, out, stride,
                ),
            }
        }
    }

    /// Takes rows of the workspace through all layers, to predictions.
    ///
    /// # Safety
    /// Nobody else may use these rows of the workspace, and nobody may write the parameters.
    pub unsafe fn forward<T: Scalar>(
        &self,
        workspace: &Workspace<T>,
        rows: Range<usize>,
        parameters: &SharedBuffer<T>,
        dropout: Option<DropoutKey>,
    ) {
        // SAFETY: the caller's promise covers every access below.
        unsafe {
            let parameters = parameters.read_all();
            let last = self.network.layers().len() - 1;
            for (number, layer) in self.network.layers().iter().enumerate() {
                let layer_layout = self.layout.layers[number];
                let stride = layer_layout.stride;
                let at = self.range(number, &rows);
                let buffers = &workspace.layers[number];
                let values = buffers.values.part(at.clone());
                if layer.is_dense() {
                    let (numbers, stride) = self.given(workspace, number, &rows);
                    let input = Rows {
                        start: numbers.as_ptr(),
                        stride,
                        count: rows.len() * layer.copies,
                    };
                    self.multiply(
                        input,
                        layer.inputs,
                        &parameters[layer_layout.offset..],
                        layer_layout.has_bias(),
                        number,
                        values,
                    );
                } else {
                    let of_layer = self.layer_rows(workspace, number, &rows, parameters);
                    forward_rows(self.set, of_layer, values, stride);
                }
                if number == last {
                    if let Some(offsets) = &workspace.offsets {
                        add_offsets(
                            values,
                            stride,
                            offsets.read(
                                rows.start * layer.copies * layer.units
                                    ..rows.end * layer.copies * layer.units,
                            ),
                        );
                    }
                }
                if let Some(kept) = &buffers.weighted_inputs {
                    kept.part(at.clone()).copy_from_slice(values);
                }
                if number == last {
                    let copies = layer.copies;
                    let log_sums = workspace.log_sums.part(rows.start * copies..rows.end * copies);
                    self.network
                        .output()
                        .apply(self.set, values, stride, layer.units, log_sums);
                } else {
                    self.activate(
                        number,
                        layer.activation,
                        buffers,
                        at,
                        values,
                        rows.clone(),
                        dropout,
                    );
                }
            }
        }
    }

    /// # Safety
    /// As for [`Pass::forward`].
    #[allow(clippy::too_many_arguments)]
    unsafe fn activate<T: Scalar>(
        &self,
        number: usize,
        activation: Activation,
        buffers: &LayerWorkspace<T>,
        at: Range<usize>,
        values: &mut [T],
        rows: Range<usize>,
        dropout: Option<DropoutKey>,
    ) {
        // SAFETY: the caller's promise.
        let mut slopes = buffers.slopes.as_ref().map(|slopes| unsafe { slopes.part(at) });
        let units = self.network.layers()[number].units;
        activation.activate_rows(
            self.set,
            values,
            slopes.as_deref_mut(),
            units,
            self.stride(number),
        );
        let rate = self.dropout_rate(number) * dropout.map_or(1.0, |key| key.factor);
        let (Some(key), true) = (dropout, rate > 0.0) else {
            return;
        };
        let stride = self.stride(number);
        let scale = T::of(1.0 / (1.0 - rate));
        let copies = self.network.layers()[number].copies;
        let first = key.first_position * copies as u64;
        for (r, row) in (rows.start * copies..rows.end * copies).enumerate() {
            let position = (first + row as u64) * self.dropout.len() as u64 + number as u64;
            let mut rng = stream(key.seed, Purpose::Dropout, key.epoch, position);
            for unit in r * stride..r * stride + self.network.layers()[number].units {
                let factor = if rng.random::<f64>() < rate {
                    T::zero()
                } else {
                    scale
                };
                values[unit] *= factor;
                if let Some(slopes) = &mut slopes {
                    slopes[unit] *= factor;
                }
            }
        }
    }

    /// Adds what a layer that is taken row by row takes back, to derivatives by what comes in or was skipped from.
    ///
    /// # Safety
    /// As for [`Pass::forward`].
    unsafe fn take_back<T: Scalar>(
        &self,
        workspace: &Workspace<T>,
        number: usize,
        rows: &Range<usize>,
        parameters: &SharedBuffer<T>,
        back: Back,
        incoming: &mut [T],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let of_layer = self.layer_rows(workspace, number, rows, parameters.read_all());
            let deltas = workspace.layers[number].deltas.read(self.range(number, rows));
            backward_rows(self.set, of_layer, deltas, self.stride(number), back, incoming);
        }
    }

    /// Losses of rows that went forward; with `delta_scale`, also the deltas of the last layer and of the loss's own
    /// parameters, each row's times its case weight and the scale. Without it they are written to `scratch`.
    ///
    /// # Safety
    /// As for [`Pass::forward`].
    pub unsafe fn evaluate<T: Scalar>(
        &self,
        objective: &Objective,
        workspace: &Workspace<T>,
        rows: Range<usize>,
        parameters: &SharedBuffer<T>,
        delta_scale: Option<f64>,
        scratch: &mut [T],
    ) {
        let last = self.network.layers().len() - 1;
        let own = self.layout.layers.get(last + 1);
        let own_stride = own.map_or(0, |own| own.stride);
        let units = self.network.outputs();
        let stride = self.stride(last);
        let at = self.range(last, &rows);
        // From here on each copy is a row of its own.
        let copies = self.network.copies();
        let rows = rows.start * copies..rows.end * copies;
        let per_row = objective.targets_per_row(units);
        let buffers = &workspace.layers[last];
        // SAFETY: the caller's promise covers every access below.
        unsafe {
            let values = buffers.values.read(at.clone());
            let output = OutputRows {
                output: objective.output(),
                ancillary: match own {
                    None => &[],
                    Some(own) => parameters.read(own.offset..own.offset + self.network.ancillary()),
                },
                inputs: buffers
                    .weighted_inputs
                    .as_ref()
                    .map_or(values, |z| z.read(at.clone())),
                values,
                log_sums: workspace.log_sums.read(rows.clone()),
                targets: workspace.targets.read(rows.start * per_row..rows.end * per_row),
                stride,
                units,
                targets_per_row: per_row,
            };
            if let Some(hits) = &workspace.hits {
                objective.hits(&output, hits.part(rows.clone()));
            }
            let losses = workspace.losses.part(rows.clone());
            let Some(scale) = delta_scale else {
                let (deltas, ancillary) = scratch.split_at_mut(rows.len() * stride);
                let mut out = Deltas {
                    losses,
                    deltas,
                    ancillary,
                    ancillary_stride: own_stride,
                };
                objective.evaluate(self.set, &output, &mut out);
                return;
            };
            let mut out = Deltas {
                losses,
                deltas: buffers.deltas.part(at),
                ancillary: match &workspace.ancillary_deltas {
                    None => &mut [],
                    Some(own) => own.part(rows.start * own_stride..rows.end * own_stride),
                },
                ancillary_stride: own_stride,
            };
            objective.evaluate(self.set, &output, &mut out);
            if scale == 1.0 && !workspace.weighs_rows {
                return;
            }
            let weights = workspace.row_weights.read(rows);
            weigh(out.deltas, stride, units, weights, scale);
            if own_stride > 0 {
                weigh(
                    out.ancillary,
                    own_stride,
                    self.network.ancillary(),
                    weights,
                    scale,
                );
            }
        }
    }

    /// Takes the deltas of the last layer back to the first hidden layer.
    ///
    /// `transposed[l]` holds the weights of layer `l + 1`, transposed, in panels.
    ///
    /// # Safety
    /// As for [`Pass::forward`].
    pub unsafe fn backward<T: Scalar>(
        &self,
        workspace: &Workspace<T>,
        rows: Range<usize>,
        parameters: &SharedBuffer<T>,
        transposed: &[SharedBuffer<T>],
    ) {
        for number in (1..self.network.layers().len()).rev() {
            let layer = &self.network.layers()[number];
            let at = self.range(number - 1, &rows);
            let buffers = &workspace.layers[number - 1];
            // SAFETY: the caller's promise covers every access below.
            unsafe {
                let earlier = buffers.deltas.part(at.clone());
                if layer.is_dense() {
                    let deltas = workspace.layers[number].deltas.read(self.range(number, &rows));
                    let deltas = Rows {
                        start: deltas.as_ptr(),
                        stride: self.stride(number),
                        count: rows.len() * layer.copies,
                    };
                    let transposed = transposed[number - 1].read_all();
                    self.multiply(deltas, layer.units, transposed, false, number - 1, earlier);
                } else {
                    earlier.fill(T::zero());
                    self.take_back(workspace, number, &rows, parameters, Back::Inputs, earlier);
                }
                for skip in self.network.skips_from(number) {
                    self.take_back(workspace, skip, &rows, parameters, Back::Skipped, earlier);
                }
                if let Some(kept) = &buffers.incoming_gradients {
                    kept.part(at.clone()).copy_from_slice(earlier);
                }
                match &buffers.slopes {
                    Some(slopes) => multiply(self.set, earlier, slopes.read(at)),
                    None => {
                        let activation = self.network.layers()[number - 1].activation;
                        activation.times_slope(self.set, earlier, buffers.values.read(at));
                    }
                }
            }
        }
    }
}

/// Multiplies the first `width` numbers of each row by its weight and the scale.
fn weigh<T: Scalar>(numbers: &mut [T], stride: usize, width: usize, weights: &[f64], scale: f64) {
    for (row, &weight) in numbers.chunks_exact_mut(stride).zip(weights) {
        let factor = T::of(scale * weight);
        for number in &mut row[..width] {
            *number *= factor;
        }
    }
}

fn add_offsets<T: Scalar>(values: &mut [T], stride: usize, offsets: &[T]) {
    let units = offsets.len() / (values.len() / stride).max(1);
    for (values, offsets) in values.chunks_exact_mut(stride).zip(offsets.chunks_exact(units)) {
        for (value, &offset) in values.iter_mut().zip(offsets) {
            *value += offset;
        }
    }
}
