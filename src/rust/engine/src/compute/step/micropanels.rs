//! The parameters' side of a step: gradients summed over rows, micropanel by micropanel, and the update.

use super::blocking::{scratch_size, MC, MICROPANELS_BESIDE, MICROPANEL_ROWS};
use super::stepper::Stepper;
use crate::base::error::Result;
use crate::base::ranges::{copy_short, tiles};
use crate::compute::model::{Micropanel, Model};
use crate::compute::workspace::Workspace;
use crate::kernels::gemm::{self, panels_at_once, Rows};
use crate::kernels::gemv;
use crate::kernels::scalar::Scalar;
use crate::optim::{ParameterSlice, Rule, Step};
use std::ops::Range;

/// From so many rows, each read so many times, the inputs of micropanels are packed before they are multiplied.
const PACKED_FROM: (usize, usize) = (32, 16);

impl<T: Scalar> Stepper<'_, T> {
    /// Micropanels of parameters: gradients over the workspace's rows, and the update if it is time.
    pub(super) fn micropanels_through(
        &self,
        model: &Model<T>,
        rows: usize,
        accumulate: bool,
        update: Option<Step>,
        penalise: Option<f64>,
    ) -> Result<()> {
        let to_buffer = accumulate || update.is_none() || rows > MC;
        self.for_each_share(model, |member, share| {
            // SAFETY: scratch belongs to the member.
            let (own, packed) = unsafe { self.scratch_of(member) };
            for chunk in tiles(0..rows, MC) {
                let accumulate = accumulate || chunk.start > 0;
                let mut index = share.start;
                for micropanels in model.micropanels[share.clone()].chunk_by(Micropanel::has_inputs_of) {
                    let parameters: usize = micropanels
                        .iter()
                        .map(|micropanel| micropanel.weights.len())
                        .sum();
                    if !self.team.goes_on(member, (chunk.len() * parameters) as f64) {
                        return;
                    }
                    // SAFETY: micropanels are disjoint, and the rows of the workspace are only read in this job.
                    unsafe {
                        let inputs =
                            self.micropanel_inputs(&self.workspace, &micropanels[0], chunk.clone(), packed);
                        for beside in micropanels.chunks(MICROPANELS_BESIDE) {
                            let (start, apart) = match to_buffer {
                                true => (
                                    self.gradient.pointer().add(beside[0].weights.start),
                                    self.pass.layout.layers[beside[0].layer].panel_size(),
                                ),
                                false => (own.as_mut_ptr(), MICROPANEL_ROWS * T::LANES),
                            };
                            self.gradients(
                                &self.workspace,
                                beside,
                                inputs,
                                chunk.start,
                                start,
                                apart,
                                accumulate,
                            );
                            if chunk.end == rows {
                                for (number, micropanel) in beside.iter().enumerate() {
                                    let target = start.add(number * apart);
                                    let target =
                                        std::slice::from_raw_parts_mut(target, micropanel.all().len());
                                    self.finish_micropanel(model, index + number, target, update, penalise);
                                }
                            }
                            index += beside.len();
                        }
                    }
                }
            }
        })
    }

    /// Gradients of all micropanels over some rows of a workspace, laid out like the parameters from `gradient` on.
    ///
    /// # Safety
    /// Nobody may write these rows of the workspace; the member's scratch and the gradient must be the caller's.
    pub(super) unsafe fn gradients_of_rows(
        &self,
        model: &Model<T>,
        workspace: &Workspace<T>,
        member: usize,
        rows: Range<usize>,
        gradient: *mut T,
        accumulate: bool,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let (_, packed) = self.scratch_of(member);
            for micropanels in model.micropanels.chunk_by(Micropanel::has_inputs_of) {
                let inputs = self.micropanel_inputs(workspace, &micropanels[0], rows.clone(), packed);
                for beside in micropanels.chunks(MICROPANELS_BESIDE) {
                    let start = gradient.add(beside[0].weights.start);
                    let apart = self.pass.layout.layers[beside[0].layer].panel_size();
                    self.gradients(workspace, beside, inputs, rows.start, start, apart, accumulate);
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

    /// What follows when a micropanel's gradient is complete: the penalty, and the update if it is time.
    ///
    /// # Safety
    /// Nobody else may use this micropanel's part of the model.
    pub(super) unsafe fn finish_micropanel(
        &self,
        model: &Model<T>,
        index: usize,
        gradient: &mut [T],
        update: Option<Step>,
        penalise: Option<f64>,
    ) {
        let micropanel = &model.micropanels[index];
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(share) = penalise {
                let weights = model.parameters.read(micropanel.weights.clone());
                self.micropanel_penalties.part(index..index + 1)[0] = self.penalty.value(weights);
                self.penalty
                    .add_gradient(weights, &mut gradient[..weights.len()], share);
            }
            if let Some(step) = update {
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
        let layer_layout = self.pass.layout.layers[micropanel.layer];
        // SAFETY: the caller's promise.
        let (numbers, stride) = unsafe {
            match micropanel.layer {
                0 => (workspace.inputs.read_all(), layer_layout.rows - 1),
                layer => (
                    workspace.layers[layer - 1].values.read_all(),
                    self.pass.layout.layers[layer - 1].stride,
                ),
            }
        };
        let (first, count) = (micropanel.inputs.start, rows.len());
        let times_read = layer_layout.panels / panels_at_once(self.pass.set);
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
    /// Nobody may write the workspace; `inputs` are the micropanels', for rows from `first_row` on; the
    /// gradients have room for the micropanels.
    #[allow(clippy::too_many_arguments)]
    unsafe fn gradients(
        &self,
        workspace: &Workspace<T>,
        micropanels: &[Micropanel],
        inputs: Rows<T>,
        first_row: usize,
        start: *mut T,
        apart: usize,
        accumulate: bool,
    ) {
        let micropanel = &micropanels[0];
        let stride = self.pass.layout.layers[micropanel.layer].stride;
        let (set, count) = (self.pass.set, micropanel.inputs.len());
        // SAFETY: the caller's promise; the workspace holds these rows.
        unsafe {
            let deltas = workspace.layers[micropanel.layer].deltas.read_all();
            let deltas = deltas[first_row * stride + micropanel.panel * micropanel.width..].as_ptr();
            match micropanel.width {
                1 => gemv::gradient(
                    set,
                    inputs,
                    count,
                    deltas,
                    start,
                    micropanel.with_bias,
                    accumulate,
                ),
                _ => gemm::gradient(
                    set,
                    inputs,
                    count,
                    deltas,
                    stride,
                    micropanels.len(),
                    start,
                    apart,
                    micropanel.with_bias,
                    accumulate,
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
        // SAFETY: the caller's promise.
        unsafe {
            let update = |range: Range<usize>, gradient: &[T], is_bias| {
                let slot = |index: usize| match model.slots.get(index) {
                    Some(slot) => slot.part(range.clone()),
                    None => &mut [],
                };
                self.optimizer.update(
                    self.pass.set,
                    step,
                    ParameterSlice {
                        weights: model.parameters.part(range.clone()),
                        gradient,
                        slots: [slot(0), slot(1)],
                        is_bias,
                    },
                );
            };
            if micropanel.with_bias && self.optimizer.treats_biases_apart() {
                let (weights, biases) = gradient.split_at(micropanel.weights.len());
                update(micropanel.weights.clone(), weights, false);
                update(micropanel.weights.end..micropanel.all().end, biases, true);
            } else {
                update(micropanel.all(), gradient, false);
            }
            model.transpose(self.pass.network, micropanel);
        }
    }

    /// The update from a gradient that was kept whole: clipped if asked, then micropanel by micropanel.
    pub(super) fn update_whole(&mut self, model: &Model<T>, step: Step) -> Result<()> {
        if let Some(limit) = self.clip_norm {
            let gradient = self.gradient.get_mut();
            if let Some(factor) = shortening(gradient, limit) {
                gradient.iter_mut().for_each(|g| *g *= factor);
            }
        }
        self.for_each_share(model, |_, share| {
            for micropanel in &model.micropanels[share] {
                // SAFETY: micropanels are disjoint, and the gradient is only read in this job.
                unsafe {
                    let gradient = self.gradient.read(micropanel.all());
                    self.update_micropanel(model, step, micropanel, gradient);
                }
            }
        })
    }

    /// Gives each member its share of the micropanels.
    pub(super) fn for_each_share(
        &self,
        model: &Model<T>,
        work: impl Fn(usize, Range<usize>) + Sync,
    ) -> Result<()> {
        if model.shares[1] == model.micropanels.len() {
            // The first member does it all: no need to wake the others.
            return self.team.run_alone(|| work(0, 0..model.micropanels.len()));
        }
        self.team
            .run(&|member| work(member, model.shares[member]..model.shares[member + 1]))
    }
}

/// What brings a gradient that is longer than `limit` to that length.
fn shortening<T: Scalar>(gradient: &[T], limit: f64) -> Option<T> {
    let norm_by = |unit: f64| {
        let squares = gradient.iter().map(|g| g.to_double() / unit).map(|g| g * g);
        squares.sum::<f64>().sqrt()
    };
    let norm = norm_by(1.0);
    if norm.is_infinite() {
        // The squares are beyond all numbers, the gradient itself perhaps not.
        let largest = gradient
            .iter()
            .fold(0.0f64, |most, g| most.max(g.to_double().abs()));
        return Some(T::of(limit / largest / norm_by(largest)));
    }
    (norm > limit).then(|| T::of(limit / norm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_whose_squares_overflow_is_shortened_like_any_other() {
        for size in [1.0f64, 1e200, 1e307] {
            let gradient = [3.0 * size, -4.0 * size];
            let factor = shortening(&gradient, 0.5).unwrap();
            let squares: f64 = gradient.iter().map(|g| g * factor).map(|g: f64| g * g).sum();
            let length = squares.sqrt();
            assert!((length - 0.5).abs() < 1e-12, "{size}: {length}");
        }
        assert_eq!(shortening(&[3.0, 4.0], 5.0), None);
        assert!(shortening(&[f64::INFINITY, 1.0], 5.0)
            .is_some_and(|factor| !(f64::INFINITY * factor).is_finite()));
    }
}
