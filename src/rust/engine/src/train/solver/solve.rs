//! What the loop asks of a solver, and what an epoch comes to.

use crate::base::error::Result;
use crate::compute::backend::Backend;
use crate::compute::context::Pass;
use crate::compute::step::StepPlan;
use crate::data::Rows;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
use crate::optim::Optimizer;
use crate::train::observer::{Observer, StepEnd};

/// A way of making epochs. It has a state of its own, and moves the model of a [`Backend`].
pub(crate) trait Solve<T: Scalar> {
    /// Rows of each step, of so many in all: fewer than these where it takes batches.
    fn batch(&self, rows: usize) -> usize;

    /// Whether rows are taken in a random order.
    fn shuffles(&self, _rows: usize) -> bool {
        false
    }

    /// The rule by which steps update parameters, where they do.
    fn rule(&self) -> Optimizer;

    /// Whether it wants to see gradients, which must be kept whole for that.
    fn keeps_gradient(&self) -> bool;

    /// Whether it may end before its epochs are over.
    fn ends_by_itself(&self) -> bool;

    /// What memory it takes for `len` parameters, when `given` numbers were kept per parameter before.
    fn need(&self, rows: &Rows<'_, T>, len: usize, given: usize) -> SolverNeed;

    /// Takes what it keeps from the first epoch on.
    ///
    /// # Errors
    /// Memory refused.
    fn begin(&mut self, backend: &Backend<'_, T>) -> Result<()>;

    /// Makes an epoch. A rule changes the model's slots on the way; what else is kept from one training to the next is put
    /// there by [`Solve::keep`].
    ///
    /// # Errors
    /// A panic of a worker, memory refused, what a stream or a reduction fails by, or an interrupt, which leaves the model
    /// somewhere on its way.
    fn epoch(&mut self, epoch: &mut Epoch<'_, T>, backend: &mut Backend<'_, T>) -> Result<EpochResult>;

    /// The epoch just made counts: what it leaves to later trainings is put into the model's slots, where there is more or less
    /// of it than before. Until then they are those of the epoch before, for a model that goes back to it.
    ///
    /// # Errors
    /// Memory refused.
    fn keep(&self, _backend: &mut Backend<'_, T>) -> Result<()> {
        Ok(())
    }

    /// Gives up what it keeps, after the last epoch.
    fn end(&mut self) {}
}

/// Memory that a solver takes.
pub(crate) struct SolverNeed {
    /// Numbers kept per parameter in the model during the last epoch.
    pub slots: usize,
    /// Those of them that change on the way, and are in snapshots for it.
    pub slots_of_snapshots: usize,
    /// Bytes of what it keeps from epoch to epoch.
    pub standing: f64,
    /// Bytes that an epoch takes besides.
    pub epoch: f64,
}

/// An epoch about to be made.
pub(crate) struct Epoch<'e, T> {
    /// Epochs made before it.
    pub number: usize,
    /// Who watches.
    pub observer: &'e mut dyn Observer<T>,
}

/// What an epoch came to.
pub(crate) enum EpochResult {
    /// It was made.
    Done(EpochSums),
    /// There was no further step to be found.
    Arrived(EpochSums),
    /// The time was up before the epoch was over; the model is somewhere on its way.
    Unfinished,
}

/// What an epoch found.
pub(crate) struct EpochSums {
    /// The objective, accumulated before each update.
    pub loss: f64,
    /// The share of hits, likewise, if counted.
    pub accuracy: Option<f64>,
    /// Learning rate of the last step.
    pub lr: f64,
}

impl<T: Scalar> Epoch<'_, T> {
    /// Shows the step just made to an observer that watches steps.
    ///
    /// # Errors
    /// The observer's.
    pub fn report(
        &mut self,
        plan: &StepPlan<'_>,
        totals: Totals,
        backend: &mut Backend<'_, T>,
    ) -> Result<()> {
        if !self.observer.watches_steps() {
            return Ok(());
        }
        let Pass {
            network, layout, set, ..
        } = backend.pass();
        let targets = match backend.rows() {
            Rows::Table(data) => Some(data.targets),
            Rows::Stream(..) | Rows::Remote(_) => None,
        };
        let (objective, delta_scale) = (backend.objective(), backend.delta_scale(plan.rows.len()));
        let (model, workspace, gradient) = backend.recorded();
        self.observer.step_end(&StepEnd {
            epoch: self.number + 1,
            step: model.steps,
            lr: plan.step.lr,
            decay: plan.step.decay,
            rows: plan.rows.clone(),
            loss_sum: totals.loss,
            workspace,
            gradient,
            model,
            network,
            layout,
            objective,
            delta_scale,
            targets,
            set,
        })
    }
}
