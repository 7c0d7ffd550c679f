//! Steps of networks so small that finding out what to do would take longer than doing it: layers
//! of one panel and one micropanel, some dozen rows, one thread. Products are those of any other step,
//! number by number in the same order; what falls away is cutting the work.

use super::stepper::{StepPlan, Stepper};
use crate::base::buffer::SharedBuffer;
use crate::compute::context::Pass;
use crate::compute::model::Model;
use crate::compute::workspace::Workspace;
use crate::kernels::gemm::{forward_rows, gradient_microtiles, Initial, Micropanels, Microtiles, Rows};
use crate::kernels::gemv;
use crate::kernels::instruction_set::kernel;
use crate::kernels::pack::Pack;
use crate::kernels::scalar::Scalar;
use crate::nn::layout::LayerLayout;
use crate::objective::checked::Objective;
use crate::objective::loss::Totals;
use std::slice::{from_raw_parts, from_raw_parts_mut};

/// Inputs whose gradients are held in registers at once.
const KR: usize = 4;

kernel! {
    /// Takes the first `rows` rows of a workspace forward and back, and writes the gradient of all
    /// parameters, laid out like them. `scale` is what deltas are multiplied by.
    ///
    /// # Safety
    /// The network must be small and the workspace hold the rows; nobody else may use workspace, model or
    /// gradient.
    pub unsafe fn gradient_of_few<T: Scalar>(
        pass: &Pass<'_>,
        objective: &Objective,
        workspace: &Workspace<T>,
        rows: usize,
        scale: f64,
        model: &Model<T>,
        gradient: &mut [T],
    ) = gradient_of_few_body [1 1 1]
}

/// # Safety
/// As for [`gradient_of_few`].
#[inline(always)]
unsafe fn gradient_of_few_body<T: Scalar, P: Pack<T>, const ONE: usize>(
    pass: &Pass<'_>,
    objective: &Objective,
    workspace: &Workspace<T>,
    rows: usize,
    scale: f64,
    model: &Model<T>,
    gradient: &mut [T],
) {
    let (layers, layout) = (pass.network.layers(), pass.layout);
    let last = layers.len() - 1;
    let parameters = model.parameters.pointer();
    assert!(rows <= workspace.capacity && gradient.len() == layout.len);
    // SAFETY: the caller's promise: everything has the extents that the layout and the rows say.
    unsafe {
        let inputs = Rows {
            start: workspace.inputs.pointer() as *const T,
            stride: layers[0].inputs,
            count: rows,
        };
        let mut a = inputs;
        for (number, layer) in layers.iter().enumerate() {
            let layer_layout = &layout.layers[number];
            let buffers = &workspace.layers[number];
            let to = Panel {
                weights: parameters.add(layer_layout.offset),
                width: layer_layout.width,
                stride: layer_layout.stride,
                out: buffers.values.pointer(),
            };
            products::<T, P>(a, layer.inputs, true, to);
            a = Rows {
                start: to.out,
                stride: to.stride,
                count: rows,
            };
            let values = from_raw_parts_mut(to.out, rows * layer_layout.stride);
            if number < last {
                layer.activation.activate(pass.set, values);
                continue;
            }
            if let Some(kept) = &buffers.weighted_inputs {
                kept.part(0..values.len()).copy_from_slice(values);
            }
            let log_sums = workspace.log_sums.part(0..rows);
            pass.network
                .output()
                .apply(pass.set, values, layer_layout.stride, layer.units, log_sums);
        }
        pass.evaluate(
            objective,
            workspace,
            0..rows,
            &model.parameters,
            Some(scale),
            &mut [],
        );
        let mut deltas = rows_of(&workspace.layers[last].deltas, &layout.layers[last], rows);
        for number in (1..=last).rev() {
            let (before, buffers) = (&layout.layers[number - 1], &workspace.layers[number - 1]);
            let a = rows_of(&buffers.values, before, rows);
            sums::<T, P>(a, deltas, &layout.layers[number], gradient);
            let to = Panel {
                weights: model.transposed[number - 1].pointer(),
                width: before.width,
                stride: before.stride,
                out: buffers.deltas.pointer(),
            };
            products::<T, P>(deltas, layers[number].units, false, to);
            let len = rows * before.stride;
            let values = from_raw_parts(a.start, len);
            layers[number - 1]
                .activation
                .times_slope(pass.set, from_raw_parts_mut(to.out, len), values);
            deltas = Rows { start: to.out, ..a };
        }
        sums::<T, P>(inputs, deltas, &layout.layers[0], gradient);
    }
}

impl<T: Scalar> Stepper<'_, T> {
    /// The rows of a step of a small network forward and back, and the gradient.
    pub(super) fn rows_of_small(&mut self, model: &Model<T>, plan: &StepPlan<'_>, scale: f64) -> Totals {
        let rows = plan.rows.len();
        if !self.workspace.holds(&plan.rows) {
            self.gather(&self.workspace, &plan.rows, 0..rows);
            self.workspace.hold(Some(&plan.rows));
        }
        // SAFETY: this thread is the only one, and `new` found the network to be small.
        unsafe {
            gradient_of_few(
                self.config.pass.set,
                &self.config.pass,
                self.config.objective,
                &self.workspace,
                rows,
                scale,
                model,
                self.gradient.get_mut(),
            );
            self.workspace.totals(0..rows)
        }
    }
}

/// Rows of a layer in the workspace.
#[inline(always)]
fn rows_of<T: Scalar>(buffer: &SharedBuffer<T>, layer: &LayerLayout, count: usize) -> Rows<T> {
    Rows {
        start: buffer.pointer(),
        stride: layer.stride,
        count,
    }
}

/// Gradients of a layer's weights and biases: sums over rows of what came in, times deltas.
///
/// # Safety
/// As for [`gradient_of_few`].
#[inline(always)]
unsafe fn sums<T: Scalar, P: Pack<T>>(a: Rows<T>, deltas: Rows<T>, layer: &LayerLayout, gradient: &mut [T]) {
    let out = gradient[layer.offset..].as_mut_ptr();
    // SAFETY: the caller's promise.
    unsafe {
        if layer.width == 1 {
            gemv::gradient_body::<T, P, 1>(a, layer.inputs, deltas.start, out, true, false);
        } else {
            gradient_microtiles::<T, P, KR, 1>(&Micropanels {
                a,
                inputs: layer.inputs,
                deltas: deltas.start,
                delta_stride: deltas.stride,
                out,
                out_stride: 0,
                with_bias: true,
                accumulate: false,
            });
        }
    }
}

/// Where products go: the weights of a panel, and rows of `stride` numbers.
#[derive(Clone, Copy)]
struct Panel<T> {
    weights: *const T,
    width: usize,
    stride: usize,
    out: *mut T,
}

/// # Safety
/// As for [`gradient_of_few`].
#[inline(always)]
unsafe fn products<T: Scalar, P: Pack<T>>(a: Rows<T>, inputs: usize, has_bias: bool, to: Panel<T>) {
    // SAFETY: the caller's promise.
    unsafe {
        if to.width == 1 {
            return gemv::forward_body::<T, P, 1>(a, inputs, to.weights, has_bias, to.out);
        }
        let microtiles = Microtiles {
            weights: to.weights,
            panel_stride: 0,
            depth: inputs,
            initial: match has_bias {
                true => Initial::Bias(to.weights.add(inputs * T::LANES)),
                false => Initial::Zero,
            },
            a,
            out: to.out,
            out_stride: to.stride,
        };
        forward_rows::<T, P>(&microtiles);
    }
}
