//! One step: rows forward and back, gradients summed over them, parameters updated.
//!
//! A step takes its rows block by block. In each block members first take rows through the
//! network, then strips of parameters: each strip's gradient is summed over all rows of the
//! block by one member. In the last block the strip is updated at once while its gradient is in
//! the cache, unless the gradient is wanted as a whole (clipping, traces, `nn_gradient`).

use crate::buffer::SharedBuffer;
use crate::data::{gather, Data};
use crate::error::Result;
use crate::evaluate::Totals;
use crate::kernels::product::{self, Rows};
use crate::kernels::thin;
use crate::loss::Objective;
use crate::model::{Model, StripPlace, STRIP_INPUTS};
use crate::network::Layout;
use crate::optimizer::{Optimizer, Rule, Step, Strip};
use crate::pass::{Block, DropoutKey, Extras, Pass, Use};
use crate::penalty::Penalty;
use crate::rows::{copy_short, pieces, Selection};
use crate::small::{gradient_of_few, is_small};
use crate::threads::Team;
use crate::Scalar;
use std::ops::Range;

/// Rows of a block whose gradients are summed at a time, over all strips of a member: the rows
/// then come from the second-level cache.
const GRADIENT_ROWS: usize = 256;
/// Strips whose gradients are computed side by side: kernels with registers for it then read an input
/// once for two panels.
const STRIPS_BESIDE: usize = 2;
/// Rows of a panel that a strip may have, biases included.
const STRIP_SIZE: usize = STRIP_INPUTS + 1;
/// From so many rows, each read so many times, the inputs of strips are packed before they are multiplied.
const PACKED_FROM: (usize, usize) = (32, 16);

/// What one step is to do.
#[derive(Clone)]
pub struct StepPlan<'a> {
    /// The rows.
    pub rows: Selection<'a>,
    /// Rate and number of the step.
    pub step: Step,
    /// Share of all rows that are in the step: 1 for full batches.
    pub share: f64,
    /// Random units to drop.
    pub dropout: Option<DropoutKey>,
    /// Whether the block still holds these very rows.
    pub rows_in_place: bool,
}

/// What a step found.
#[derive(Clone, Copy, Debug)]
pub enum StepResult {
    /// The step was made.
    Done {
        /// Losses and hits of the rows, before the update.
        totals: Totals,
        /// The penalty before the update.
        penalty: f64,
    },
    /// The user interrupted; the parameters are as before the step.
    Interrupted,
}

/// Makes steps on one data set.
pub struct Stepper<'a, T> {
    /// The network and how it is computed.
    pub pass: Pass<'a>,
    /// The loss.
    pub objective: &'a Objective,
    /// The rule of the update.
    pub optimizer: Optimizer,
    /// The penalty.
    pub penalty: Penalty,
    /// Largest Euclidean norm that a gradient may keep.
    pub clip_norm: Option<f64>,
    /// The data.
    pub data: Data<'a, T>,
    /// Who computes.
    pub team: &'a Team,
    /// The rows on their way.
    pub block: Block<T>,
    whole_gradient: bool,
    /// Whether steps are made in one go.
    small: bool,
    gradient: SharedBuffer<T>,
    scratch: SharedBuffer<T>,
    scratch_size: usize,
    strip_penalties: SharedBuffer<f64>,
    total_weight: f64,
}

/// The fixed parts of a stepper.
pub struct StepperParts<'a, T> {
    /// The network and how it is computed.
    pub pass: Pass<'a>,
    /// The loss.
    pub objective: &'a Objective,
    /// The rule of the update.
    pub optimizer: Optimizer,
    /// The penalty.
    pub penalty: Penalty,
    /// Largest Euclidean norm that a gradient may keep.
    pub clip_norm: Option<f64>,
    /// The data.
    pub data: Data<'a, T>,
    /// Who computes.
    pub team: &'a Team,
    /// Rows of the largest step.
    pub largest_step: usize,
    /// Whether steps are recorded.
    pub records: bool,
    /// Whether the gradient is kept as a whole.
    pub whole_gradient: bool,
    /// Whether rows classified rightly are counted.
    pub counts_hits: bool,
}

impl<'a, T: Scalar> Stepper<'a, T> {
    /// Allocates everything that steps of up to `largest_step` rows need.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(parts: StepperParts<'a, T>, strips: usize) -> Result<Stepper<'a, T>> {
        let purpose = if parts.records {
            Use::Recording
        } else {
            Use::Training
        };
        let capacity = Block::<T>::capacity_for(parts.pass.network, purpose, parts.largest_step);
        let extras = Extras {
            case_weights: parts.data.case_weights.is_some(),
            offsets: parts.data.offsets.is_some(),
            hits: parts.counts_hits,
        };
        let block = Block::new(&parts.pass, purpose, capacity, extras)?;
        let layout: &Layout = parts.pass.layout;
        let whole_gradient = parts.whole_gradient || parts.records || parts.clip_norm.is_some();
        let small = !whole_gradient
            && parts.team.size() == 1
            && parts.penalty.strength == 0.0
            && parts.data.offsets.is_none()
            && !parts.optimizer.treats_biases_apart()
            && is_small::<T>(&parts.pass, parts.largest_step);
        let keeps_gradient = whole_gradient || small || capacity.min(GRADIENT_ROWS) < parts.largest_step;
        let scratch_size = STRIPS_BESIDE * STRIP_SIZE * T::LANES + GRADIENT_ROWS * STRIP_INPUTS;
        Ok(Stepper {
            gradient: SharedBuffer::zeros(if keeps_gradient { layout.len } else { 0 })?,
            scratch: SharedBuffer::zeros(scratch_size * parts.team.size())?,
            scratch_size,
            strip_penalties: SharedBuffer::zeros(strips)?,
            total_weight: parts.data.total_weight(),
            block,
            whole_gradient,
            small,
            pass: parts.pass,
            objective: parts.objective,
            optimizer: parts.optimizer,
            penalty: parts.penalty,
            clip_norm: parts.clip_norm,
            data: parts.data,
            team: parts.team,
        })
    }

    /// The gradient of the last step; only where it is kept as a whole.
    pub fn gradient(&mut self) -> &[T] {
        self.gradient.get_mut()
    }

    /// The block and the gradient of the last step.
    pub fn recorded(&mut self) -> (&Block<T>, &[T]) {
        (&self.block, self.gradient.get_mut())
    }

    /// What errors are multiplied by: 1 for sums, 1 / (rows · mean weight) for means.
    fn error_scale(&self, rows: usize) -> f64 {
        if self.objective.is_sum() {
            1.0
        } else {
            1.0 / (rows as f64 * (self.total_weight / self.data.rows() as f64))
        }
    }

    /// Makes a step; without `update`, only computes the gradient (which must be kept whole).
    ///
    /// # Errors
    /// A panic of a worker.
    pub fn step(
        &mut self,
        model: &mut Model<T>,
        plan: &StepPlan<'_>,
        update: bool,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<StepResult> {
        let rows = plan.rows.len();
        let scale = self.error_scale(rows);
        let penalty_share = if self.objective.is_sum() { plan.share } else { 1.0 };
        if self.small && update {
            return Ok(self.small_step(model, plan, scale));
        }
        let fused = update && !self.whole_gradient;
        let (mut totals, mut first) = (Totals::default(), 0);
        while first < rows {
            if first > 0 && interrupted() {
                return Ok(StepResult::Interrupted);
            }
            let last = rows.min(first + self.block.capacity);
            let part = plan.rows.slice(first..last);
            let dropout = plan.dropout.map(|key| DropoutKey {
                first_place: key.first_place + first as u64,
                ..key
            });
            self.rows_through(model, &part, scale, dropout, plan.rows_in_place)?;
            totals.add(self.block.totals(part.len()));
            let update_now = (fused && last == rows).then_some(plan.step);
            let penalise = (last == rows && self.penalty.strength > 0.0).then_some(penalty_share);
            self.strips_through(model, part.len(), first > 0, update_now, penalise)?;
            first = last;
        }
        if update && !fused {
            self.update_whole(model, plan.step)?;
        }
        let penalty = if self.penalty.strength > 0.0 {
            self.strip_penalties.get_mut().iter().sum::<f64>()
        } else {
            0.0
        };
        if update {
            model.steps += 1;
        }
        Ok(StepResult::Done { totals, penalty })
    }

    /// A step of a small network.
    fn small_step(&mut self, model: &mut Model<T>, plan: &StepPlan<'_>, scale: f64) -> StepResult {
        let rows = plan.rows.len();
        if !plan.rows_in_place {
            self.gather(&self.block, &plan.rows, 0..rows);
        }
        let gradient = self.gradient.get_mut();
        // SAFETY: this thread is the only one, and `new` found the network to be small.
        unsafe {
            gradient_of_few(
                self.pass.set,
                &self.pass,
                self.objective,
                &self.block,
                rows,
                scale,
                model,
                gradient,
            );
        }
        let mut slots = model.slots.iter_mut().map(|slot| slot.get_mut());
        let slots = [slots.next().unwrap_or_default(), slots.next().unwrap_or_default()];
        self.optimizer.update(
            self.pass.set,
            plan.step,
            Strip {
                weights: model.parameters.get_mut(),
                gradient,
                slots,
                is_bias: false,
            },
        );
        model.transpose_all(self.pass.network);
        model.steps += 1;
        StepResult::Done {
            totals: self.block.totals(rows),
            penalty: 0.0,
        }
    }

    /// Rows of the block forward, and back.
    fn rows_through(
        &self,
        model: &Model<T>,
        part: &Selection<'_>,
        scale: f64,
        dropout: Option<DropoutKey>,
        in_place: bool,
    ) -> Result<()> {
        self.block.each_piece(self.team, part.len(), |_, rows| {
            if !in_place {
                self.gather(&self.block, part, rows.clone());
            }
            // SAFETY: members have disjoint pieces of rows; parameters are only read in this job.
            unsafe {
                self.pass
                    .forward(&self.block, rows.clone(), &model.parameters, dropout);
                self.pass
                    .evaluate(self.objective, &self.block, rows.clone(), Some(scale), &mut []);
                self.pass.backward(&self.block, rows, &model.transposed);
            }
        })
    }

    fn gather(&self, block: &Block<T>, part: &Selection<'_>, rows: Range<usize>) {
        gather(&self.data, self.pass.network.outputs(), block, part, rows);
    }

    /// Strips of parameters: gradients over the block's rows, and the update if it is time.
    fn strips_through(
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
            let scratch = unsafe {
                self.scratch
                    .part(member * self.scratch_size..(member + 1) * self.scratch_size)
            };
            let (own, packed) = scratch.split_at_mut(STRIPS_BESIDE * STRIP_SIZE * T::LANES);
            for chunk in pieces(0..rows, GRADIENT_ROWS) {
                let accumulate = accumulate || chunk.start > 0;
                let mut index = share.start;
                for strips in model.strips[share.clone()].chunk_by(StripPlace::has_inputs_of) {
                    // SAFETY: strips are disjoint, and the rows of the block are only read in this job.
                    unsafe {
                        let inputs = self.strip_inputs(&strips[0], chunk.clone(), packed);
                        for beside in strips.chunks(STRIPS_BESIDE) {
                            let (start, apart) = match to_buffer {
                                true => (
                                    self.gradient.pointer().add(beside[0].weights.start),
                                    self.pass.layout.places[beside[0].layer].panel_size(),
                                ),
                                false => (own.as_mut_ptr(), STRIP_SIZE * T::LANES),
                            };
                            self.gradients(beside, inputs, chunk.start, start, apart, accumulate);
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

    /// What follows when a strip's gradient is complete: the penalty, and the update if it is time.
    ///
    /// # Safety
    /// Nobody else may use this strip's part of the model.
    unsafe fn finish_strip(
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
    unsafe fn strip_inputs(&self, strip: &StripPlace, rows: Range<usize>, packed: &mut [T]) -> Rows<T> {
        let place = self.pass.layout.places[strip.layer];
        // SAFETY: the caller's promise.
        let (numbers, stride) = unsafe {
            match strip.layer {
                0 => (self.block.inputs.read_all(), place.rows - 1),
                layer => (
                    self.block.layers[layer - 1].values.read_all(),
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
    unsafe fn gradients(
        &self,
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
            let errors = self.block.layers[strip.layer].errors.read_all();
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
    fn update_whole(&mut self, model: &Model<T>, step: Step) -> Result<()> {
        if let Some(limit) = self.clip_norm {
            let gradient = self.gradient.get_mut();
            let norm = gradient
                .iter()
                .map(|g| g.to_double() * g.to_double())
                .sum::<f64>()
                .sqrt();
            if norm > limit {
                let factor = T::of(limit / norm);
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
    fn for_each_share(&self, model: &Model<T>, work: impl Fn(usize, Range<usize>) + Sync) -> Result<()> {
        if model.shares[1] == model.strips.len() {
            work(0, 0..model.strips.len()); // the first member does it all: no need to wake the others
            return Ok(());
        }
        self.team
            .run(&|member| work(member, model.shares[member]..model.shares[member + 1]))
    }
}
