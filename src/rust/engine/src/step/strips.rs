//! The parameters' side of a step: gradients summed over rows, strip by strip, and the update.

use super::Stepper;
use crate::block::Block;
use crate::error::Result;
use crate::kernels::product::{self, Rows};
use crate::kernels::thin;
use crate::model::{Model, StripPlace, STRIP_INPUTS};
use crate::optimizer::{Rule, Step, Strip};
use crate::rows::{copy_short, pieces};
use crate::Scalar;
use std::ops::Range;

/// Rows of a block whose gradients are summed at a time, over all strips of a member: the rows
/// then come from the second-level cache.
pub(super) const GRADIENT_ROWS: usize = 256;
/// Strips whose gradients are computed side by side: kernels with registers for it then read an input
/// once for two panels.
const STRIPS_BESIDE: usize = 2;
/// Rows of a panel that a strip may have, biases included.
const STRIP_SIZE: usize = STRIP_INPUTS + 1;
/// From so many rows, each read so many times, the inputs of strips are packed before they are multiplied.
const PACKED_FROM: (usize, usize) = (32, 16);

/// Numbers that a member needs for itself: gradients of strips beside each other, and packed inputs.
pub(super) fn scratch_size<T: Scalar>() -> usize {
    STRIPS_BESIDE * STRIP_SIZE * T::LANES + GRADIENT_ROWS * STRIP_INPUTS
}

impl<T: Scalar> Stepper<'_, T> {
    /// Strips of parameters: gradients over the block's rows, and the update if it is time.
    pub(super) fn strips_through(
        &self,
        model: &Model<T>,
        rows: usize,
        accumulate: bool,
        update: Option<Step>,
        penalise: Option<f64>,
    ) -> Result<()> {
        let to_buffer = accumulate || update.is_none() || rows > GRADIENT_ROWS;
        self.for_each_share(model, |member, share| {
            // SAFETY: scratch belongs to the member.
            let (own, packed) = unsafe { self.scratch_of(member) };
            for chunk in pieces(0..rows, GRADIENT_ROWS) {
                let accumulate = accumulate || chunk.start > 0;
                let mut index = share.start;
                for strips in model.strips[share.clone()].chunk_by(StripPlace::has_inputs_of) {
                    let parameters: usize = strips.iter().map(|strip| strip.weights.len()).sum();
                    if !self.team.goes_on(member, (chunk.len() * parameters) as f64) {
                        return;
                    }
                    // SAFETY: strips are disjoint, and the rows of the block are only read in this job.
                    unsafe {
                        let inputs = self.strip_inputs(&self.block, &strips[0], chunk.clone(), packed);
                        for beside in strips.chunks(STRIPS_BESIDE) {
                            let (start, apart) = match to_buffer {
                                true => (
                                    self.gradient.pointer().add(beside[0].weights.start),
                                    self.pass.layout.places[beside[0].layer].panel_size(),
                                ),
                                false => (own.as_mut_ptr(), STRIP_SIZE * T::LANES),
                            };
                            self.gradients(
                                &self.block,
                                beside,
                                inputs,
                                chunk.start,
                                start,
                                apart,
                                accumulate,
                            );
                            if chunk.end == rows {
                                for (number, strip) in beside.iter().enumerate() {
                                    let target = start.add(number * apart);
                                    let target = std::slice::from_raw_parts_mut(target, strip.all().len());
                                    self.finish_strip(model, index + number, target, update, penalise);
                                }
                            }
                            index += beside.len();
                        }
                    }
                }
            }
        })
    }

    /// Gradients of all strips over some rows of a block, laid out like the parameters from `gradient` on.
    ///
    /// # Safety
    /// Nobody may write these rows of the block; the member's scratch and the gradient must be the caller's.
    pub(super) unsafe fn gradients_of_rows(
        &self,
        model: &Model<T>,
        block: &Block<T>,
        member: usize,
        rows: Range<usize>,
        gradient: *mut T,
        accumulate: bool,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let (_, packed) = self.scratch_of(member);
            for strips in model.strips.chunk_by(StripPlace::has_inputs_of) {
                let inputs = self.strip_inputs(block, &strips[0], rows.clone(), packed);
                for beside in strips.chunks(STRIPS_BESIDE) {
                    let start = gradient.add(beside[0].weights.start);
                    let apart = self.pass.layout.places[beside[0].layer].panel_size();
                    self.gradients(block, beside, inputs, rows.start, start, apart, accumulate);
                }
            }
        }
    }

    /// A member's room for gradients of strips beside each other, and for packed inputs.
    ///
    /// # Safety
    /// The member must be the caller's.
    #[allow(clippy::mut_from_ref)]
    unsafe fn scratch_of(&self, member: usize) -> (&mut [T], &mut [T]) {
        let size = scratch_size::<T>();
        // SAFETY: each member has a part of its own.
        let scratch = unsafe { self.scratch.part(member * size..(member + 1) * size) };
        scratch.split_at_mut(STRIPS_BESIDE * STRIP_SIZE * T::LANES)
    }

    /// What follows when a strip's gradient is complete: the penalty, and the update if it is time.
    ///
    /// # Safety
    /// Nobody else may use this strip's part of the model.
    pub(super) unsafe fn finish_strip(
        &self,
        model: &Model<T>,
        index: usize,
        gradient: &mut [T],
        update: Option<Step>,
        penalise: Option<f64>,
    ) {
        let strip = &model.strips[index];
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(share) = penalise {
                let weights = model.parameters.read(strip.weights.clone());
                self.strip_penalties.part(index..index + 1)[0] = self.penalty.value(weights);
                self.penalty
                    .add_gradient(weights, &mut gradient[..weights.len()], share);
            }
            if let Some(step) = update {
                self.update_strip(model, step, strip, gradient);
            }
        }
    }

    /// The inputs of a strip for rows of the block, packed if that pays.
    ///
    /// # Safety
    /// Nobody may write the block.
    unsafe fn strip_inputs(
        &self,
        block: &Block<T>,
        strip: &StripPlace,
        rows: Range<usize>,
        packed: &mut [T],
    ) -> Rows<T> {
        let place = self.pass.layout.places[strip.layer];
        // SAFETY: the caller's promise.
        let (numbers, stride) = unsafe {
            match strip.layer {
                0 => (block.inputs.read_all(), place.rows - 1),
                layer => (
                    block.layers[layer - 1].values.read_all(),
                    self.pass.layout.places[layer - 1].stride,
                ),
            }
        };
        let (first, count) = (strip.inputs.start, rows.len());
        let times_read = place.panels / self.pass.set.panels_at_once();
        if count < PACKED_FROM.0 || times_read < PACKED_FROM.1 {
            return Rows {
                start: numbers[rows.start * stride + first..].as_ptr(),
                stride,
                count,
            };
        }
        let width = strip.inputs.len();
        for (row, copy) in rows.zip(packed.chunks_exact_mut(width)) {
            copy_short(&numbers[row * stride + first..][..width], copy);
        }
        Rows {
            start: packed.as_ptr(),
            stride: width,
            count,
        }
    }

    /// Gradients of strips beside each other, `apart` from `start` on.
    ///
    /// # Safety
    /// Nobody may write the block; `inputs` are the strips', for rows from `first_row` on; the
    /// gradients have room for the strips.
    #[allow(clippy::too_many_arguments)]
    unsafe fn gradients(
        &self,
        block: &Block<T>,
        strips: &[StripPlace],
        inputs: Rows<T>,
        first_row: usize,
        start: *mut T,
        apart: usize,
        accumulate: bool,
    ) {
        let strip = &strips[0];
        let stride = self.pass.layout.places[strip.layer].stride;
        let (set, count) = (self.pass.set, strip.inputs.len());
        // SAFETY: the caller's promise; the block holds these rows.
        unsafe {
            let errors = block.layers[strip.layer].errors.read_all();
            let deltas = errors[first_row * stride + strip.panel * strip.width..].as_ptr();
            match strip.width {
                1 => thin::gradient(set, inputs, count, deltas, start, strip.with_bias, accumulate),
                _ => product::gradient(
                    set,
                    inputs,
                    count,
                    deltas,
                    stride,
                    strips.len(),
                    start,
                    apart,
                    strip.with_bias,
                    accumulate,
                ),
            }
        }
    }

    /// # Safety
    /// Nobody else may use this strip's part of the model.
    unsafe fn update_strip(&self, model: &Model<T>, step: Step, strip: &StripPlace, gradient: &[T]) {
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
                    Strip {
                        weights: model.parameters.part(range.clone()),
                        gradient,
                        slots: [slot(0), slot(1)],
                        is_bias,
                    },
                );
            };
            if strip.with_bias && self.optimizer.treats_biases_apart() {
                let (weights, biases) = gradient.split_at(strip.weights.len());
                update(strip.weights.clone(), weights, false);
                update(strip.weights.end..strip.all().end, biases, true);
            } else {
                update(strip.all(), gradient, false);
            }
            model.transpose(self.pass.network, strip);
        }
    }

    /// The update from a gradient that was kept whole: clipped if asked, then strip by strip.
    pub(super) fn update_whole(&mut self, model: &Model<T>, step: Step) -> Result<()> {
        if let Some(limit) = self.clip_norm {
            let gradient = self.gradient.get_mut();
            if let Some(factor) = shortening(gradient, limit) {
                gradient.iter_mut().for_each(|g| *g *= factor);
            }
        }
        self.for_each_share(model, |_, share| {
            for strip in &model.strips[share] {
                // SAFETY: strips are disjoint, and the gradient is only read in this job.
                unsafe {
                    let gradient = self.gradient.read(strip.all());
                    self.update_strip(model, step, strip, gradient);
                }
            }
        })
    }

    /// Gives each member its share of the strips.
    pub(super) fn for_each_share(
        &self,
        model: &Model<T>,
        work: impl Fn(usize, Range<usize>) + Sync,
    ) -> Result<()> {
        if model.shares[1] == model.strips.len() {
            // The first member does it all: no need to wake the others.
            return self.team.run_alone(|| work(0, 0..model.strips.len()));
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
