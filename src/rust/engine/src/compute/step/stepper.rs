//! What makes steps: how it does, and the buffers for it.

use super::blocking::{is_small, rows_at_once, scratch_size};
use super::cut::{shard_count, Cut, Shards};
use crate::base::buffer::{Buffer, SharedBuffer};
use crate::base::error::Result;
use crate::base::threads::Team;
use crate::compute::all_rows::AllRows;
use crate::compute::context::{DropoutKey, Pass};
use crate::compute::model::Model;
use crate::compute::workspace::{gather, Extras, Use, Workspace};
use crate::data::remote::ShardStep;
use crate::data::rows::Selection;
use crate::data::Rows;
use crate::kernels::scalar::Scalar;
use crate::objective::checked::Objective;
use crate::objective::loss::Totals;
use crate::objective::penalty::Penalty;
use crate::optim::{Optimizer, Rule, Step};
use std::ops::Range;

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
    /// Where each shard's rows begin among these, and the last one's end; none where all are cut evenly.
    pub cuts: Option<&'a [usize]>,
    /// Which rows of every shard these are, where each is shuffled by itself.
    pub shuffled: Option<ShardStep>,
}

/// How rows are taken through a network and back.
#[derive(Clone, Copy)]
pub(super) struct RowPass {
    /// What deltas are multiplied by.
    pub scale: f64,
    /// Random units to drop.
    pub dropout: Option<DropoutKey>,
}

/// What a step found.
#[derive(Clone, Copy, Debug)]
pub struct StepResult {
    /// Losses and hits of the rows, before the update.
    pub totals: Totals,
    /// The penalty before the update.
    pub penalty: f64,
}

/// Makes steps on one data set.
pub struct Stepper<'a, T> {
    /// How they are made.
    pub config: StepConfig<'a, T>,
    /// The rows on their way.
    pub workspace: Workspace<T>,
    /// Whether the gradient is kept as a whole.
    pub(super) whole_gradient: bool,
    /// Whether steps are made in one go.
    pub(super) small: bool,
    /// For steps of many rows on few parameters.
    pub(super) shards: Option<Shards<T>>,
    pub(super) gradient: SharedBuffer<T>,
    pub(super) scratch: SharedBuffer<T>,
    pub(super) micropanel_penalties: SharedBuffer<f64>,
    /// Where the loss compares rows with each other.
    pub all_rows: Option<AllRows>,
    /// Sum of their case weights.
    pub total_weight: f64,
    /// The mean of these, where the loss is a mean.
    mean_weight: Option<f64>,
}

/// How steps are made: all of a stepper but its buffers.
pub struct StepConfig<'a, T> {
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
    /// The rows.
    pub data: Rows<'a, T>,
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
    /// How many shards each step has; none where its rows say so.
    pub shards: Option<usize>,
    /// Where a worker is asked for the sums of its shards, and nothing else: how many of them are summed side by side.
    pub answers: Option<usize>,
}

impl<T: Scalar> StepConfig<'_, T> {
    /// What the penalty's gradient is multiplied by in a step with such a share of all rows; none without a penalty.
    pub(super) fn penalty_share(&self, share: f64, decay: f64) -> Option<f64> {
        if self.penalty.strength <= 0.0 {
            return None;
        }
        let share = match self.objective.is_sum() {
            true => share,
            false => 1.0,
        };
        Some(decay * share)
    }
}

/// What steps need room for.
struct StepNeeds {
    purpose: Use,
    /// Rows that the workspace holds.
    capacity: usize,
    extras: Extras,
    whole_gradient: bool,
    small: bool,
    cut: Option<Cut>,
    /// Numbers of the gradient that is kept.
    gradient: usize,
    /// Numbers that members need for themselves.
    scratch: usize,
}

impl StepNeeds {
    fn of<T: Scalar>(config: &StepConfig<'_, T>) -> StepNeeds {
        let purpose = if config.records {
            Use::Recording
        } else {
            Use::Training
        };
        let shape = config.data.shape();
        let capacity = Workspace::<T>::capacity_for(config.pass.network, purpose, config.largest_step);
        let is_remote = config.data.is_remote();
        let whole_gradient =
            config.whole_gradient || config.records || config.clip_norm.is_some() || is_remote;
        let small = !whole_gradient
            && config.team.size() == 1
            && config.penalty.strength == 0.0
            && shape.offsets == 0
            && !config.objective.loss().is_over_all_rows()
            // Nobody would notice that it fails.
            && !config.objective.loss().is_custom()
            && !config.optimizer.treats_biases_apart()
            && capacity >= config.largest_step
            && is_small::<T>(&config.pass, config.largest_step);
        // Rows that are recorded, need not be fetched anew in each step, or come in their order alone, stay in the step's
        // workspace.
        let rows = config.largest_step;
        let stay = config.records || config.data.is_stream() || (rows == shape.rows && capacity >= rows);
        let count = config
            .answers
            .or(config.shards)
            .unwrap_or_else(|| shard_count::<T>(&config.pass, rows));
        let cut = match is_remote {
            // Who has the rows has what shards need.
            true => None,
            false => {
                let all = config.shards.unwrap_or(count);
                Cut::of::<T>(&config.pass, count, all, stay, config.team.size())
            }
        };
        // What is summed row by row has no place in a member's scratch.
        let keeps_gradient = whole_gradient
            || small
            || cut.is_some()
            || capacity.min(rows_at_once(&config.pass)) < config.largest_step
            || config.pass.network.has_row_kinds();
        StepNeeds {
            purpose,
            capacity,
            extras: Extras {
                case_weights: shape.case_weights,
                offsets: shape.offsets > 0,
                hits: config.counts_hits,
            },
            whole_gradient,
            small,
            cut,
            gradient: if keeps_gradient { config.pass.layout.len } else { 0 },
            scratch: scratch_size::<T>() * config.team.size(),
        }
    }
}

impl<'a, T: Scalar> Stepper<'a, T> {
    /// Bytes that [`Stepper::new`] takes.
    pub fn bytes(config: &StepConfig<'a, T>, micropanels: usize) -> f64 {
        let needs = StepNeeds::of(config);
        let shards = needs
            .cut
            .map_or(0.0, |cut| cut.bytes::<T>(&config.pass, needs.extras));
        Workspace::<T>::bytes(&config.pass, needs.purpose, needs.capacity, needs.extras)
            + shards
            + Buffer::<T>::bytes(needs.gradient as f64)
            + Buffer::<T>::bytes(needs.scratch as f64)
            + Buffer::<f64>::bytes(micropanels as f64)
            + AllRows::bytes(config.objective, config.data.count())
    }

    /// Allocates everything that steps of up to `largest_step` rows need.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(config: StepConfig<'a, T>, micropanels: usize) -> Result<Stepper<'a, T>> {
        let needs = StepNeeds::of(&config);
        let shards = needs.cut.map(|cut| Shards::new(cut, &config.pass, needs.extras));
        Ok(Stepper {
            workspace: Workspace::new(&config.pass, needs.purpose, needs.capacity, needs.extras)?,
            shards: shards.transpose()?,
            gradient: SharedBuffer::zeros(needs.gradient)?,
            scratch: SharedBuffer::zeros(needs.scratch)?,
            micropanel_penalties: SharedBuffer::zeros(micropanels)?,
            all_rows: AllRows::of_rows(config.objective, &config.data)?,
            total_weight: 0.0,
            mean_weight: None,
            whole_gradient: needs.whole_gradient,
            small: needs.small,
            config,
        })
    }

    /// The gradient of the last step; only where it is kept as a whole.
    pub fn gradient(&mut self) -> &[T] {
        self.gradient.get_mut()
    }

    /// The workspace and the gradient of the last step.
    pub fn recorded(&mut self) -> (&Workspace<T>, &[T]) {
        (&self.workspace, self.gradient.get_mut())
    }

    /// Says what all rows weigh together, before the first step.
    pub fn weigh(&mut self, total_weight: f64) {
        let rows = self.config.data.count() as f64;
        self.total_weight = total_weight;
        self.mean_weight = (!self.config.objective.is_sum()).then_some(total_weight / rows);
    }

    /// What deltas are multiplied by: 1 for sums, 1 / (rows · mean weight) for means.
    pub fn delta_scale(&self, rows: usize) -> f64 {
        match self.mean_weight {
            None => 1.0,
            Some(mean) => 1.0 / (rows as f64 * mean),
        }
    }

    /// Rows of the workspace forward, and back.
    pub(super) fn rows_through(
        &mut self,
        model: &Model<T>,
        part: &Selection<'_>,
        row_pass: RowPass,
    ) -> Result<()> {
        let passed = self.workspace.each_tile(self.config.team, part.len(), |_, rows| {
            // SAFETY: members have disjoint tiles of rows; parameters are only read in this job.
            unsafe { self.tile_through(model, &self.workspace, part, rows, row_pass) };
        });
        self.workspace.hold(passed.is_ok().then_some(part));
        passed
    }

    /// Some rows of a workspace forward, and back; they are at the same positions of the selection, which is
    /// gathered where the workspace does not hold it.
    ///
    /// # Safety
    /// Nobody else may use these rows of the workspace, and nobody may write the parameters.
    pub(super) unsafe fn tile_through(
        &self,
        model: &Model<T>,
        workspace: &Workspace<T>,
        part: &Selection<'_>,
        rows: Range<usize>,
        row_pass: RowPass,
    ) {
        if !workspace.holds(part) {
            self.gather(workspace, part, rows.clone());
        }
        // SAFETY: the caller's promise.
        unsafe {
            self.config
                .pass
                .forward(workspace, rows.clone(), &model.parameters, row_pass.dropout);
            self.config.pass.evaluate(
                self.config.objective,
                workspace,
                rows.clone(),
                &model.parameters,
                Some(row_pass.scale),
                &mut [],
            );
            self.config
                .pass
                .backward(workspace, rows, &model.parameters, &model.transposed);
        }
    }

    /// Rows of a table; those of a stream are there already.
    pub(super) fn gather(&self, workspace: &Workspace<T>, part: &Selection<'_>, rows: Range<usize>) {
        let config = &self.config;
        let Rows::Table(data) = config.data else {
            return;
        };
        let data = match &self.all_rows {
            None => data,
            Some(all_rows) => all_rows.found(data),
        };
        gather(&data, config.pass.network.outputs(), workspace, part, rows);
    }

    /// Where the loss compares rows with each other: takes all of them forward, so that a step knows what to take back.
    pub(super) fn compare_rows(&mut self, model: &Model<T>, dropout: Option<DropoutKey>) -> Result<()> {
        let StepConfig { pass, data, team, .. } = &self.config;
        let (Some(all_rows), Rows::Table(data)) = (&mut self.all_rows, data) else {
            return Ok(());
        };
        all_rows.evaluate(pass, &model.parameters, data, &mut self.workspace, team, dropout)
    }
}
