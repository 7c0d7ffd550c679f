//! The one owner of a network in training: its parameters with what is kept beside them, the workspace of its rows, and
//! the rows themselves. All that trains asks it for steps and losses, at the point where it stands or is put.

use crate::base::error::Result;
use crate::base::room::{copied, room};
use crate::base::threads::Team;
use crate::compute::all_rows::AllRows;
use crate::compute::context::Pass;
use crate::compute::evaluate::totals;
use crate::compute::feed::{known, total_weight};
use crate::compute::model::{Model, Snapshot};
use crate::compute::outputs::outputs;
use crate::compute::step::{StepConfig, StepPlan, StepResult, Stepper};
use crate::compute::workspace::Workspace;
use crate::data::remote::TakeGradient;
use crate::data::{Rows, Source};
use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;
use crate::objective::checked::Objective;
use crate::objective::loss::Totals;
use crate::optim::schedule::Plateau;
use crate::optim::state::OptimizerState;
use crate::optim::Method;

/// A model, and how steps and losses of it are computed.
pub struct Backend<'a, T> {
    model: Model<T>,
    stepper: Stepper<'a, T>,
    source: Source<'a, T>,
    team: &'a Team,
}

/// Rows that are looked at beside those that steps are made on.
pub struct Beside<'a, T> {
    source: Source<'a, T>,
    all_rows: Option<AllRows>,
    total_weight: f64,
}

impl<'a, T: Scalar> Backend<'a, T> {
    /// Room for all that steps need, which `config` describes, and the rows of `source`, to which its `data` belong.
    ///
    /// # Errors
    /// Memory refused; what a stream or workers fail by, and numbers of a stream that are not finite.
    pub fn new(
        config: StepConfig<'a, T>,
        model: Model<T>,
        mut source: Source<'a, T>,
    ) -> Result<Backend<'a, T>> {
        let team = config.team;
        let mut stepper = Stepper::new(config, model.micropanels.len())?;
        let weight = total_weight(&mut source, &mut stepper.workspace, team)?;
        stepper.weigh(weight);
        Ok(Backend {
            model,
            stepper,
            source,
            team,
        })
    }

    /// The sums of a step's shards, at the cuts of the plan, without a model that is updated: what a worker is asked for.
    ///
    /// # Errors
    /// Memory refused, a panic of a worker, an interrupt, what a stream fails by, or who takes them.
    pub fn sums_of_shards(
        config: StepConfig<'a, T>,
        model: &Model<T>,
        mut source: Source<'a, T>,
        plan: &StepPlan<'_>,
        scale: f64,
        take: &mut TakeGradient<'_, T>,
    ) -> Result<()> {
        let mut stepper = Stepper::new(config, model.micropanels.len())?;
        stepper.sums_of_shards(model, plan, scale, &mut source, take)
    }

    /// Makes a step: gradient and update.
    ///
    /// # Errors
    /// A panic of a worker, an interrupt, or what a stream or workers fail by: some of the parameters may have been
    /// updated then.
    pub fn step(&mut self, plan: &StepPlan<'_>) -> Result<StepResult> {
        self.stepper.step(&mut self.model, plan, true, &mut self.source)
    }

    /// The same without the update, where the gradient is kept whole.
    ///
    /// # Errors
    /// As for [`Backend::step`].
    pub fn evaluate(&mut self, plan: &StepPlan<'_>) -> Result<StepResult> {
        self.stepper.step(&mut self.model, plan, false, &mut self.source)
    }

    /// Has the next pass over rows of a stream come in the order of an epoch.
    ///
    /// # Errors
    /// As for [`Reader::shuffle_next`](crate::data::rows::Reader::shuffle_next).
    pub fn shuffle(&mut self, seed: u64, epoch: u64) -> Result<()> {
        match &mut self.source {
            Source::Table(_) | Source::Remote(_) => Ok(()),
            Source::Stream(reader) => reader.shuffle_next(seed, epoch),
        }
    }

    /// The gradient of the last step, laid out like the parameters; only where it is kept whole.
    pub fn gradient(&mut self) -> &[T] {
        self.stepper.gradient()
    }

    /// The objective that a step over all rows found.
    pub fn objective_of(&self, result: &StepResult) -> f64 {
        self.objective()
            .scaled(result.totals.loss, self.stepper.total_weight)
            + result.penalty
    }

    /// Losses and hits of all rows that steps are made on.
    ///
    /// # Errors
    /// A panic of a worker, an interrupt, or what a stream fails by.
    pub fn totals(&mut self) -> Result<Totals> {
        let (stepper, model) = (&mut self.stepper, &self.model);
        totals(
            &stepper.config.pass,
            stepper.config.objective,
            &model.parameters,
            &mut self.source,
            stepper.all_rows.as_mut(),
            &mut stepper.workspace,
            self.team,
        )
    }

    /// The same of other rows.
    ///
    /// # Errors
    /// As for [`Backend::totals`].
    pub fn totals_beside(&mut self, rows: &mut Beside<'_, T>) -> Result<Totals> {
        let (stepper, model) = (&mut self.stepper, &self.model);
        totals(
            &stepper.config.pass,
            stepper.config.objective,
            &model.parameters,
            &mut rows.source,
            rows.all_rows.as_mut(),
            &mut stepper.workspace,
            self.team,
        )
    }

    /// Outputs of other rows, column by column (rows x outputs).
    ///
    /// # Errors
    /// As for [`Backend::totals`].
    pub fn outputs_beside(&mut self, rows: &mut Beside<'_, T>, out: &mut [f64]) -> Result<()> {
        let (stepper, model) = (&mut self.stepper, &self.model);
        outputs(
            &stepper.config.pass,
            &model.parameters,
            &mut rows.source,
            &mut stepper.workspace,
            self.team,
            None,
            out,
        )
    }

    /// Targets, column by column, and case weights of other rows that come from a stream, which is read once for them.
    ///
    /// # Errors
    /// Memory refused, or what the stream fails by.
    pub fn known_beside(&mut self, rows: &mut Beside<'_, T>) -> Result<(Vec<f64>, Option<Vec<f64>>)> {
        known(&mut rows.source, &mut self.stepper.workspace, self.team)
    }

    /// Rows to be looked at beside those of the steps. A stream is read once for what they weigh.
    ///
    /// # Errors
    /// As for [`Backend::new`].
    pub fn beside<'b>(&mut self, mut source: Source<'b, T>) -> Result<Beside<'b, T>> {
        Ok(Beside {
            all_rows: AllRows::of_rows(self.objective(), &source.rows())?,
            total_weight: total_weight(&mut source, &mut self.stepper.workspace, self.team)?,
            source,
        })
    }

    /// The parameters.
    pub fn get(&mut self) -> &[T] {
        self.model.parameters.get_mut()
    }

    /// Puts the parameters at a point.
    pub fn set(&mut self, point: &[T]) {
        self.model.set(point, self.stepper.config.pass.network);
    }

    /// The same with weights and biases as matrices.
    ///
    /// # Errors
    /// Shapes that do not fit, memory refused, or an interrupt.
    pub fn set_coefficients(&mut self, coefficients: &Coefficients) -> Result<()> {
        let packed = coefficients.pack(self.stepper.config.pass.network, self.team)?;
        self.set(&packed);
        Ok(())
    }

    /// Weights and biases as matrices.
    ///
    /// # Errors
    /// Memory refused.
    pub fn coefficients(&self) -> Result<Coefficients> {
        self.model.coefficients(self.stepper.config.pass.network)
    }

    /// What the method keeps, under its names.
    ///
    /// # Errors
    /// Memory refused.
    pub fn state(&self, method: &Method) -> Result<OptimizerState> {
        self.model.state(self.stepper.config.pass.network, method)
    }

    /// What is kept beside the parameters, each laid out like them.
    ///
    /// # Errors
    /// Memory refused.
    pub fn slots(&mut self) -> Result<Vec<Vec<T>>> {
        let mut slots = room(self.model.slots.len())?;
        for slot in &mut self.model.slots {
            slots.push(copied(slot.get_mut())?);
        }
        Ok(slots)
    }

    /// Keeps just so many vectors beside the parameters.
    ///
    /// # Errors
    /// Memory refused.
    pub fn set_slots<'s>(&mut self, count: usize, vectors: impl Iterator<Item = &'s [T]>) -> Result<()>
    where
        T: 's,
    {
        self.model.resize_slots(count, self.stepper.config.pass.layout)?;
        for (slot, vector) in self.model.slots.iter_mut().zip(vectors) {
            slot.get_mut().copy_from_slice(vector);
        }
        Ok(())
    }

    /// Goes back to a snapshot of the model.
    pub fn restore(&mut self, snapshot: &Snapshot<T>) {
        self.model.restore(snapshot, self.stepper.config.pass.network);
    }

    /// The model, to be looked at and saved.
    pub fn model(&self) -> &Model<T> {
        &self.model
    }

    /// Where a plateau schedule stands.
    pub fn plateau(&mut self) -> &mut Plateau {
        &mut self.model.plateau
    }

    /// Counts a step that was made by [`Backend::set`].
    pub fn count_step(&mut self) {
        self.model.steps += 1;
    }

    /// What the last step left, to be shown: the model, the workspace, the gradient.
    pub fn recorded(&mut self) -> (&Model<T>, &Workspace<T>, &[T]) {
        let (workspace, gradient) = self.stepper.recorded();
        (&self.model, workspace, gradient)
    }

    /// Says that so many rows have gone forward and back.
    ///
    /// # Errors
    /// [`EngineError::Interrupted`] when the user was asked and wants an end.
    pub fn did(&self, rows: usize) -> Result<()> {
        self.team.did(self.stepper.workspace.work_of_row * rows as f64)
    }

    /// The network and how it is computed.
    pub fn pass(&self) -> Pass<'a> {
        self.stepper.config.pass
    }

    /// The loss.
    pub fn objective(&self) -> &'a Objective {
        self.stepper.config.objective
    }

    /// The rows that steps are made on.
    pub fn rows(&self) -> &Rows<'a, T> {
        &self.stepper.config.data
    }

    /// Rows of the largest step.
    pub fn largest_step(&self) -> usize {
        self.stepper.config.largest_step
    }

    /// Sum of the case weights of all rows.
    pub fn total_weight(&self) -> f64 {
        self.stepper.total_weight
    }

    /// What deltas of a step of so many rows are multiplied by.
    pub fn delta_scale(&self, rows: usize) -> f64 {
        self.stepper.delta_scale(rows)
    }
}

impl<'a, T: Scalar> Beside<'a, T> {
    /// The rows.
    pub fn rows(&self) -> Rows<'a, T> {
        self.source.rows()
    }

    /// Sum of their case weights.
    pub fn total_weight(&self) -> f64 {
        self.total_weight
    }
}
