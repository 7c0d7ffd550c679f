//! Epochs of steps by a rule: a pass over the rows, batch by batch, in a random order or as they come.

use super::solve::{Epoch, EpochResult, EpochSums, Solve, SolverNeed};
use crate::base::error::Result;
use crate::base::random::{shuffled, stream, Purpose};
use crate::base::room::filled;
use crate::compute::backend::Backend;
use crate::compute::context::DropoutKey;
use crate::compute::step::StepPlan;
use crate::data::rows::Selection;
use crate::data::Rows;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
use crate::optim::{Optimizer, Rule, Step};
use crate::train::settings::Settings;
use std::ops::Range;

/// Steps by a rule.
pub(crate) struct ByRule<'a> {
    settings: &'a Settings,
    rule: Optimizer,
    /// The rows in the order of the epoch; empty where they are taken as they come, of a stream in an order of its own.
    order: Vec<u32>,
}

impl<'a> ByRule<'a> {
    pub fn new(settings: &'a Settings, rule: Optimizer) -> ByRule<'a> {
        ByRule {
            settings,
            rule,
            order: Vec::new(),
        }
    }

    /// What the step on the given positions of the epoch's order is to do, where the rows `selected` are, of `rows` in all.
    fn plan<'s, T: Scalar>(
        &self,
        epoch: usize,
        positions: Range<usize>,
        rows: usize,
        selected: Selection<'s>,
        backend: &Backend<'_, T>,
    ) -> StepPlan<'s> {
        let (settings, model) = (self.settings, backend.model());
        let progress = epoch as f64 + positions.start as f64 / rows as f64;
        StepPlan {
            step: Step {
                lr: settings.lr * settings.schedule.factor(progress, &model.plateau),
                number: model.steps + 1,
                decay: settings.decay_schedule.factor(progress, &model.plateau),
            },
            share: positions.len() as f64 / rows as f64,
            dropout: (!settings.dropout.is_empty()).then(|| DropoutKey {
                seed: settings.seed,
                epoch: epoch as u64,
                first_position: positions.start as u64,
                factor: settings.dropout_schedule.factor(progress, &model.plateau),
            }),
            rows: selected,
        }
    }
}

impl<T: Scalar> Solve<T> for ByRule<'_> {
    fn batch(&self, rows: usize) -> usize {
        self.settings.batch_size.min(rows).max(1)
    }

    fn shuffles(&self, rows: usize) -> bool {
        self.settings.shuffle && Solve::<T>::batch(self, rows) < rows
    }

    fn rule(&self) -> Optimizer {
        self.rule
    }

    fn keeps_gradient(&self) -> bool {
        false
    }

    fn ends_by_itself(&self) -> bool {
        false
    }

    fn need(&self, rows: &Rows<'_, T>, _len: usize, _given: usize) -> SolverNeed {
        let slots = self.rule.slots().len();
        let order = match Solve::<T>::shuffles(self, rows.count()) {
            true => rows.shuffle_bytes(),
            false => 0.0,
        };
        SolverNeed {
            slots,
            slots_of_snapshots: slots,
            standing: order,
            epoch: 0.0,
        }
    }

    fn begin(&mut self, rows: &Rows<'_, T>) -> Result<()> {
        let lists = Solve::<T>::shuffles(self, rows.count()) && !rows.is_stream();
        self.order = filled(if lists { rows.count() } else { 0 }, 0)?;
        Ok(())
    }

    fn epoch(&mut self, epoch: &mut Epoch<'_, T>, backend: &mut Backend<'_, T>) -> Result<EpochResult> {
        if !self.order.is_empty() {
            let mut rng = stream(self.settings.seed, Purpose::Shuffle, epoch.number as u64, 0);
            shuffled(&mut self.order, &mut rng);
        }
        let (rows_in_all, batch) = (backend.rows().count(), backend.largest_step());
        if backend.rows().is_stream() && Solve::<T>::shuffles(self, rows_in_all) {
            backend.shuffle(self.settings.seed, epoch.number as u64)?;
        }
        let mut sums = Totals::default();
        let (mut penalty, mut lr, mut first) = (0.0, self.settings.lr, 0);
        while first < rows_in_all {
            let last = rows_in_all.min(first + batch);
            let rows = match self.order.is_empty() {
                true => Selection::Range(first..last),
                false => Selection::Listed(&self.order[first..last]),
            };
            let plan = self.plan(epoch.number, first..last, rows_in_all, rows, backend);
            let found = backend.step(&plan)?;
            sums.add(found.totals);
            penalty += found.penalty * plan.share;
            lr = plan.step.lr;
            epoch.report(&plan, found.totals, backend)?;
            backend.did(last - first)?;
            first = last;
            if first < rows_in_all && self.settings.out_of_time() {
                return Ok(EpochResult::Unfinished);
            }
        }
        let total_weight = backend.total_weight();
        Ok(EpochResult::Done(EpochSums {
            loss: self.settings.objective.scaled(sums.loss, total_weight) + penalty,
            accuracy: self.settings.counts_hits.then_some(sums.hits / total_weight),
            lr,
        }))
    }

    fn end(&mut self) {
        self.order = Vec::new();
    }
}
