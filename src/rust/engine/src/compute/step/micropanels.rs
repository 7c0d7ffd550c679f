//! The parameters' side of a step: gradients summed over rows, micropanel by micropanel, and the update.

use super::blocking::{rows_at_once, scratch_size, MICROPANELS_BESIDE, MICROPANEL_ROWS};
use super::stepper::Stepper;
use crate::base::error::Result;
use crate::base::ranges::{copy_short, tiles};
use crate::compute::micropanel::Micropanel;
use crate::compute::model::Model;
use crate::compute::workspace::Workspace;
use crate::kernels::gemm::{self, panels_at_once, Rows};
use crate::kernels::gemv;
use crate::kernels::scalar::Scalar;
use crate::nn::layer::rows::gradient_rows;
use crate::optim::{ParameterSlice, Rule, Step};
use std::ops::Range;

/// From so many rows, each read so many times, the inputs of micropanels are packed before they are multiplied.
const PACKED_FROM: (usize, usize) = (32, 16);

/// What follows when the gradient of a micropanel is complete.
#[derive(Clone, Copy)]
pub(super) struct Finish {
    /// The step that updates the parameters by it; none where the gradient itself is wanted.
    pub update: Option<Step>,
    /// What the penalty's gradient is multiplied by; none without a penalty.
    pub penalty_share: Option<f64>,
}

/// Which rows of which workspace gradients are summed over, and where the sums go.
pub(super) struct RowSum<'w, T> {
    pub workspace: &'w Workspace<T>,
    pub rows: Range<usize>,
    /// The first number of a gradient that is laid out like the parameters; none for sums that are needed
    /// only until their micropanels are updated.
    pub target: Option<*mut T>,
    /// Whether they are added to what is there.
    pub accumulate: bool,
}

impl<T: Scalar> Stepper<'_, T> {
    /// Micropanels of parameters: gradients over the workspace's rows, and what follows if these are complete.
    pub(super) fn micropanels_through(
        &self,
        model: &Model<T>,
        rows: usize,
        accumulate: bool,
        finish: Option<Finish>,
    ) -> Result<()> {
        let at_once = rows_at_once(&self.config.pass);
        let is_kept = accumulate || finish.is_none() || rows > at_once;
        self.for_each_share(model, |member, share| {
            for chunk in tiles(0..rows, at_once) {
                let finish = finish.filter(|_| chunk.end == rows);
                let sum = RowSum {
                    workspace: &self.workspace,
                    accumulate: accumulate || chunk.start > 0,
                    rows: chunk,
                    target: is_kept.then(|| self.gradient.pointer()),
                };
                for alike in model.alike(share.clone()) {
                    let work = sum.rows.len() * model.weights_of(alike.clone());
                    if !self.config.team.goes_on(member, work as f64) {
                        return;
                    }
                    // SAFETY: micropanels are disjoint, and the rows of the workspace are only read in this job.
                    unsafe { self.sum_alike(model, member, alike, &sum, finish) };
                }
            }
        })
    }

    /// Gradients of all micropanels of a share over some rows.
    ///
    /// # Safety
    /// As for [`Stepper::sum_alike`].
    pub(super) unsafe fn sum_all(
        &self,
        model: &Model<T>,
        member: usize,
        share: Range<usize>,
        sum: &RowSum<'_, T>,
    ) {
        for alike in model.alike(share) {
            // SAFETY: the caller's promise.
            unsafe { self.sum_alike(model, member, alike, sum, None) };
        }
    }

    /// Gradients of micropanels of the same inputs over some rows, and what follows if these are the last.
    ///
    /// # Safety
    /// Nobody may write these rows of the workspace; the member's scratch, the target, and to finish the
    /// micropanels' part of the model, must be the caller's.
    unsafe fn sum_alike(
        &self,
        model: &Model<T>,
        member: usize,
        alike: Range<usize>,
        sum: &RowSum<'_, T>,
        finish: Option<Finish>,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let first = &model.micropanels[alike.start];
            if first.is_flat || self.is_frozen(first) {
                return self.sum_apart(model, alike, sum, finish);
            }
            let (own, packed) = self.scratch_of(member);
            let inputs = self.micropanel_inputs(sum.workspace, first, sum.rows.clone(), packed);
            let panel_size = self.config.pass.layout.layers[first.layer].panel_size();
            for beside in tiles(alike, MICROPANELS_BESIDE) {
                let micropanels = &model.micropanels[beside.clone()];
                let (start, apart) = match sum.target {
                    Some(gradient) => (gradient.add(micropanels[0].weights.start), panel_size),
                    None => (own.as_mut_ptr(), MICROPANEL_ROWS * T::LANES),
                };
                self.gradients(sum, micropanels, inputs, start, apart);
                let Some(finish) = finish else { continue };
                for (number, index) in beside.enumerate() {
                    let len = micropanels[number].all().len();
                    let gradient = std::slice::from_raw_parts_mut(start.add(number * apart), len);
                    self.finish_micropanel(model, index, gradient, finish);
                }
            }
        }
    }

    /// Copies that a micropanel's layer has of each row; behind the last layer are the loss's own parameters.
    fn copies_of(&self, micropanel: &Micropanel) -> usize {
        let network = self.config.pass.network;
        match network.layers().get(micropanel.layer) {
            Some(layer) => layer.copies,
            None => network.copies(),
        }
    }

    /// What the learning rate, and penalty and weight decay, of a micropanel's layer are multiplied by.
    fn factors(&self, micropanel: &Micropanel) -> (f64, f64) {
        let layers = self.config.pass.network.layers();
        layers
            .get(micropanel.layer)
            .map_or((1.0, 1.0), |layer| (layer.lr_factor, layer.decay_factor))
    }

    /// Whether a micropanel's layer does not learn.
    fn is_frozen(&self, micropanel: &Micropanel) -> bool {
        self.factors(micropanel).0 == 0.0
    }

    /// The same of layers that are taken row by row, and of those that do not learn, whose gradient is 0.
    ///
    /// # Safety
    /// As for [`Stepper::sum_alike`].
    unsafe fn sum_apart(
        &self,
        model: &Model<T>,
        alike: Range<usize>,
        sum: &RowSum<'_, T>,
        finish: Option<Finish>,
    ) {
        let pass = &self.config.pass;
        for index in alike {
            let micropanel = &model.micropanels[index];
            let range = micropanel.all();
            // SAFETY: the caller's promise; a gradient is kept where there are layers that are taken row by row.
            unsafe {
                if self.is_frozen(micropanel) {
                    if let (Some(target), false) = (sum.target, sum.accumulate) {
                        std::slice::from_raw_parts_mut(target.add(range.start), range.len()).fill(T::zero());
                    }
                    if finish.is_some_and(|finish| finish.penalty_share.is_some()) {
                        self.penalise(model, index);
                    }
                    continue;
                }
                let target = sum.target.unwrap_or_else(|| self.gradient.pointer());
                let sums = std::slice::from_raw_parts_mut(target.add(range.start), range.len());
                if !sum.accumulate {
                    sums.fill(T::zero());
                }
                let layer = micropanel.layer;
                let parameters = model.parameters.read_all();
                let of_layer = pass.layer_rows(sum.workspace, layer, &sum.rows, parameters);
                let stride = pass.layout.layers[layer].stride;
                let first = sum.rows.start * pass.network.layers()[layer].copies * stride;
                let deltas = &sum.workspace.layers[layer].deltas.read_all()[first..];
                gradient_rows(pass.set, of_layer, deltas, stride, sums);
                if let Some(finish) = finish {
                    self.finish_micropanel(model, index, sums, finish);
                }
            }
        }
    }

    /// A member's room for gradients of micropanels beside each other, and for packed inputs.
    ///
    /// # Safety
    /// The member must be the caller's.
    #[allow(clippy::mut_from_ref)]
    unsafe fn scratch_of(&self, member: usize) -> (&mut [T], &mut [T]) {
        let size = scratch_size::<T>();
        // SAFETY: each member has a part of its own.
        let scratch = unsafe { self.scratch.part(member * size..(member + 1) * size) };
        scratch.split_at_mut(MICROPANELS_BESIDE * MICROPANEL_ROWS * T::LANES)
    }

    /// Notes what a micropanel's weights, which are the answer, add to the penalty.
    ///
    /// # Safety
    /// Nobody may write this micropanel's part of the model, or note its penalty.
    unsafe fn penalise<'m>(&self, model: &'m Model<T>, index: usize) -> &'m [T] {
        let micropanel = &model.micropanels[index];
        let (_, decay_factor) = self.factors(micropanel);
        // SAFETY: the caller's promise.
        unsafe {
            let weights = model.parameters.read(micropanel.weights.clone());
            self.micropanel_penalties.part(index..index + 1)[0] =
                decay_factor * self.config.penalty.value(weights);
            weights
        }
    }

    /// What follows when a micropanel's gradient is complete: the penalty, and the update if it is time.
    ///
    /// # Safety
    /// Nobody else may use this micropanel's part of the model.
    pub(super) unsafe fn finish_micropanel(
        &self,
        model: &Model<T>,
        index: usize,
        gradient: &mut [T],
        finish: Finish,
    ) {
        let micropanel = &model.micropanels[index];
        // SAFETY: the caller's promise.
        unsafe {
            let (lr_factor, decay_factor) = self.factors(micropanel);
            if let Some(share) = finish.penalty_share {
                let weights = self.penalise(model, index);
                // The gradient of what does not learn stays 0: it has no part in its norm, nor in where L-BFGS goes.
                if lr_factor > 0.0 {
                    let share = decay_factor * share;
                    self.config
                        .penalty
                        .add_gradient(weights, &mut gradient[..weights.len()], share);
                }
            }
            if let Some(step) = finish.update {
                self.update_micropanel(model, step, micropanel, gradient);
            }
        }
    }

    /// The inputs of a micropanel for rows of the workspace, packed if that pays.
    ///
    /// # Safety
    /// Nobody may write the workspace.
    unsafe fn micropanel_inputs(
        &self,
        workspace: &Workspace<T>,
        micropanel: &Micropanel,
        rows: Range<usize>,
        packed: &mut [T],
    ) -> Rows<T> {
        let layer_layout = self.config.pass.layout.layers[micropanel.layer];
        // SAFETY: the caller's promise.
        let (numbers, stride) = unsafe {
            match micropanel.layer {
                0 => (workspace.inputs.read_all(), layer_layout.inputs),
                layer => (
                    workspace.layers[layer - 1].values.read_all(),
                    self.config.pass.layout.layers[layer - 1].stride,
                ),
            }
        };
        let copies = self.copies_of(micropanel);
        let rows = rows.start * copies..rows.end * copies;
        let (first, count) = (micropanel.inputs.start, rows.len());
        let times_read = layer_layout.panels / panels_at_once(self.config.pass.set);
        if count < PACKED_FROM.0 || times_read < PACKED_FROM.1 {
            return Rows {
                start: numbers[rows.start * stride + first..].as_ptr(),
                stride,
                count,
            };
        }
        let width = micropanel.inputs.len();
        for (row, copy) in rows.zip(packed.chunks_exact_mut(width)) {
            copy_short(&numbers[row * stride + first..][..width], copy);
        }
        Rows {
            start: packed.as_ptr(),
            stride: width,
            count,
        }
    }

    /// Gradients of micropanels beside each other, `apart` from `start` on.
    ///
    /// # Safety
    /// Nobody may write the workspace; `inputs` are the micropanels', for the rows of the sum; the gradients
    /// have room for the micropanels.
    unsafe fn gradients(
        &self,
        sum: &RowSum<'_, T>,
        micropanels: &[Micropanel],
        inputs: Rows<T>,
        start: *mut T,
        apart: usize,
    ) {
        let first = &micropanels[0];
        let stride = self.config.pass.layout.layers[first.layer].stride;
        let (set, count) = (self.config.pass.set, first.inputs.len());
        // SAFETY: the caller's promise; the workspace holds these rows.
        unsafe {
            // Behind the last layer are the loss's own parameters.
            let of_layer = sum.workspace.layers.get(first.layer).map(|layer| &layer.deltas);
            let deltas = of_layer
                .or(sum.workspace.ancillary_deltas.as_ref())
                .map_or(&[][..], |deltas| deltas.read_all());
            let copies = self.copies_of(first);
            let deltas = deltas[sum.rows.start * copies * stride + first.panel * first.width..].as_ptr();
            match first.width {
                1 => gemv::gradient(set, inputs, count, deltas, start, first.with_bias, sum.accumulate),
                _ => gemm::gradient(
                    set,
                    inputs,
                    count,
                    deltas,
                    stride,
                    micropanels.len(),
                    start,
                    apart,
                    first.with_bias,
                    sum.accumulate,
                ),
            }
        }
    }

    /// # Safety
    /// Nobody else may use this micropanel's part of the model.
    unsafe fn update_micropanel(
        &self,
        model: &Model<T>,
        step: Step,
        micropanel: &Micropanel,
        gradient: &[T],
    ) {
        let (lr_factor, decay_factor) = self.factors(micropanel);
        if lr_factor == 0.0 {
            return;
        }
        let step = Step {
            lr: lr_factor * step.lr,
            decay: decay_factor * step.decay,
            ..step
        };
        // SAFETY: the caller's promise.
        unsafe {
            let update = |range: Range<usize>, gradient: &[T], is_bias| {
                let slot = |index: usize| match model.slots.get(index) {
                    Some(slot) => slot.part(range.clone()),
                    None => &mut [],
                };
                self.config.optimizer.update(
                    self.config.pass.set,
                    step,
                    ParameterSlice {
                        weights: model.parameters.part(range.clone()),
                        gradient,
                        slots: [slot(0), slot(1)],
                        is_bias,
                    },
                );
            };
            if micropanel.with_bias && self.config.optimizer.treats_biases_apart() {
                let (weights, biases) = gradient.split_at(micropanel.weights.len());
                update(micropanel.weights.clone(), weights, false);
                update(micropanel.weights.end..micropanel.all().end, biases, true);
            } else {
                update(micropanel.all(), gradient, false);
            }
            model.transpose(self.config.pass.network, micropanel);
        }
    }

    /// Gives each member its share of the micropanels.
    pub(super) fn for_each_share(
        &self,
        model: &Model<T>,
        work: impl Fn(usize, Range<usize>) + Sync,
    ) -> Result<()> {
        if model.shares[1] == model.micropanels.len() {
            // The first member does it all: no need to wake the others.
            return self.config.team.run_alone(|| work(0, 0..model.micropanels.len()));
        }
        self.config
            .team
            .run(&|member| work(member, model.shares[member]..model.shares[member + 1]))
    }
}
