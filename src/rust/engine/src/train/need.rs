//! How much memory a training takes, worked out before it takes any.
//!
//! What takes memory says itself how much; here is who is there at the same time.

use super::history::bytes_of_curves;
use super::judge::Judge;
use super::settings::Settings;
use super::solver::solve::{Solve, SolverNeed};
use super::solver::Solver;
use super::state::{Origin, Start};
use crate::compute::evaluate::scratch_of_member;
use crate::compute::micropanel::micropanel_count;
use crate::compute::model::Model;
use crate::compute::step::{StepConfig, Stepper};
use crate::data::rows::RowSource;
use crate::data::Rows;
use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;

/// Bytes of all that is small, whatever the size of the data: the team, names, what the system is asked.
const SMALL_THINGS: f64 = 16384.0;
/// Bytes that each layer takes besides its numbers: where they are, how many, and what holds them.
const BYTES_OF_LAYER: f64 = 1024.0;

/// All that decides how much memory a training takes.
pub(super) struct Need<'a, T> {
    pub settings: &'a Settings,
    /// How steps are made, on the data as given.
    pub config: &'a StepConfig<'a, T>,
    pub validation: Option<Rows<'a, T>>,
    pub start: &'a Start,
    /// Who makes the epochs.
    pub solver: &'a Solver<'a, T>,
    /// The inputs, where they are copied to be shuffled.
    pub copied: Option<&'a dyn RowSource<T>>,
}

impl<T: Scalar> Need<'_, T> {
    /// Bytes that are taken before training begins: those of the start, and of inputs brought into another form.
    pub fn held(&self) -> f64 {
        let given = match self.start.coefficients {
            Origin::Given(_) => 1,
            Origin::Drawn(_) => 0,
        };
        let of_start = given + self.given_slots() + usize::from(self.start.best.is_some());
        let validation = self.validation.as_ref().map_or(0.0, Rows::bytes);
        of_start as f64 * self.coefficients() + self.config.data.bytes() + validation
    }

    /// Bytes that are taken at the peak, [`Need::held`] included.
    pub fn bytes(&self) -> f64 {
        let layers = self.config.pass.network.layers().len() as f64;
        let small = SMALL_THINGS + layers * BYTES_OF_LAYER;
        let over = match self.settings.budget.copies_result {
            true => self.result() + self.result_copied(),
            false => 0.0,
        };
        small + self.held() + self.in_training().max(over)
    }

    fn in_training(&self) -> f64 {
        let config = self.config;
        let copy = self.copied.map_or(0.0, |inputs| inputs.row_major_bytes());
        let steps = Stepper::bytes(config, micropanel_count::<T>(config.pass.layout));
        let outputs = config.pass.network.outputs();
        let judging = self
            .validation
            .as_ref()
            .map_or(0.0, |rows| Judge::bytes(self.settings, rows, outputs));
        copy + steps + judging + self.curves() + self.in_last_epoch().max(self.at_end())
    }

    /// What the last epoch takes, when all that grows has grown: the model, two snapshots to go back to,
    /// and what the solver needs or, after it, the validation rows or the best weights.
    fn in_last_epoch(&self) -> f64 {
        let solver = self.solver_need();
        self.model(solver.slots)
            + 2.0 * Model::<T>::snapshot_bytes(self.config.pass.layout, solver.slots_of_snapshots)
            + solver.standing
            + self.best()
            // New best weights are there before the old ones go.
            + solver.epoch.max(self.best()).max(self.losses())
    }

    fn solver_need(&self) -> SolverNeed {
        let (rows, len) = (&self.config.data, self.config.pass.layout.len);
        self.solver.need(rows, len, self.given_slots())
    }

    /// What is taken when the result is made: snapshots are gone, the curves are counted elsewhere.
    fn at_end(&self) -> f64 {
        // The best weights are laid out once more for their losses.
        let laid_out = match self.settings.stopping {
            Some(_) => Model::<T>::snapshot_bytes(self.config.pass.layout, 0),
            None => 0.0,
        };
        self.model(self.slots()) + self.result() - self.curves() + laid_out.max(self.losses())
    }

    fn model(&self, slots: usize) -> f64 {
        Model::<T>::bytes(self.config.pass.network, self.config.pass.layout, slots)
    }

    /// What training gives: coefficients, what the optimizer keeps, the curves; where it looks for the best
    /// epoch, its coefficients too, and the last ones.
    fn result(&self) -> f64 {
        let last = match self.settings.stopping {
            Some(_) => self.coefficients(),
            None => 0.0,
        };
        (1 + self.slots()) as f64 * self.coefficients() + self.best() + last + self.curves()
    }

    /// The same as plain numbers: per epoch five at most, one of them twice while it is brought there.
    fn result_copied(&self) -> f64 {
        let curves = 6.0 * size_of::<f64>() as f64 * self.settings.epochs as f64;
        // Of a training that may end earlier, no more is charged than there is room for at first.
        self.result() - self.curves() + curves.min(self.curves())
    }

    /// The coefficients of the best epoch.
    fn best(&self) -> f64 {
        match self.settings.stopping.is_some() || self.start.best.is_some() {
            true => self.coefficients(),
            false => 0.0,
        }
    }

    /// Room that members need for the losses of rows.
    fn losses(&self) -> f64 {
        let numbers = scratch_of_member::<T>(&self.config.pass) * self.config.team.size();
        (numbers * size_of::<T>()) as f64
    }

    fn curves(&self) -> f64 {
        let ends_by_itself = self
            .settings
            .stopping
            .is_some_and(|stopping| stopping.patience < usize::MAX)
            || self.solver.ends_by_itself();
        bytes_of_curves(self.settings.epochs, ends_by_itself)
    }

    fn coefficients(&self) -> f64 {
        Coefficients::bytes(self.config.pass.network)
    }

    fn given_slots(&self) -> usize {
        self.start.state.as_ref().map_or(0, |state| state.slots.len())
    }

    /// Numbers kept per weight at the end.
    fn slots(&self) -> usize {
        let settings = self.settings;
        settings.method.slots_after(settings.epochs, self.given_slots())
    }
}
