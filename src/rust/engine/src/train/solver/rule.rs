//! Epochs of steps by a rule: a pass over the rows, batch by batch, in a random order or as they come.

use super::solve::{Epoch, EpochResult, EpochSums, Solve, SolverNeed};
use crate::base::error::Result;
use crate::base::random::{shuffled, stream, Purpose};
use crate::base::room::filled;
use crate::compute::backend::Backend;
use crate::compute::context::DropoutKey;
use crate::compute::step::shard_count;
use crate::compute::step::StepPlan;
use crate::data::remote::{rows_of_shard, rows_of_step, shuffle_shard, steps_of_shards, ShardStep};
use crate::data::rows::Selection;
use crate::data::Rows;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
use crate::optim::{Optimizer, Rule, Step};
use crate::train::settings::{Settings, Shuffle};
use std::ops::Range;

/// Steps by a rule.
pub(crate) struct ByRule<'a> {
    settings: &'a Settings,
    rule: Optimizer,
    /// The rows in the order of the epoch; empty where they are taken as they come, of a stream in an order of its own, or by others.
    order: Vec<u32>,
    /// Shards that are shuffled by themselves; none where all rows are shuffled together, or none are.
    shards: Option<usize>,
}

impl<'a> ByRule<'a> {
    pub fn new(settings: &'a Settings, rule: Optimizer) -> ByRule<'a> {
        ByRule {
            settings,
            rule,
            order: Vec::new(),
            shards: None,
        }
    }

    /// Puts all rows into the order of an epoch.
    fn shuffle(&mut self, epoch: usize) {
        let (seed, epoch, rows) = (self.settings.seed, epoch as u64, self.order.len());
        match self.shards {
            None => shuffled(&mut self.order, &mut stream(seed, Purpose::Shuffle, epoch, 0)),
            Some(shards) => {
                for shard in 0..shards {
                    let range = rows_of_shard(shard, rows, shards);
                    let first = range.start;
                    shuffle_shard(&mut self.order[range], first, seed, epoch, shard);
                }
            }
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
            cuts: None,
            shuffled: None,
        }
    }
}

impl<T: Scalar> Solve<T> for ByRule<'_> {
    fn batch(&self, rows: usize) -> usize {
        self.settings.batch_size.min(rows).max(1)
    }

    fn shuffles(&self, rows: usize) -> bool {
        self.settings.shuffle != Shuffle::No && Solve::<T>::batch(self, rows) < rows
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

    fn begin(&mut self, backend: &Backend<'_, T>) -> Result<()> {
        let rows = backend.rows().count();
        let shuffles = Solve::<T>::shuffles(self, rows);
        if shuffles && self.settings.shuffle == Shuffle::Shards {
            self.shards = Some(shard_count::<T>(&backend.pass(), rows).max(1));
        }
        let lists = shuffles && backend.rows().are_here();
        self.order = filled(if lists { rows } else { 0 }, 0)?;
        Ok(())
    }

    fn epoch(&mut self, epoch: &mut Epoch<'_, T>, backend: &mut Backend<'_, T>) -> Result<EpochResult> {
        if !self.order.is_empty() {
            self.shuffle(epoch.number);
        }
        let rows_in_all = backend.rows().count();
        if backend.rows().is_stream() && Solve::<T>::shuffles(self, rows_in_all) {
            backend.shuffle(self.settings.seed, epoch.number as u64)?;
        }
        let batch = Solve::<T>::batch(self, rows_in_all);
        let mut sums = Totals::default();
        let (mut penalty, mut lr, mut first) = (0.0, self.settings.lr, 0);
        let steps = steps_of_shards(rows_in_all, batch, self.shards.unwrap_or(1));
        let mut step = ShardStep {
            epoch: epoch.number as u64,
            number: 0,
            count: steps,
        };
        while first < rows_in_all {
            let (rows, cuts) = match self.shards {
                None => (Vec::new(), Vec::new()),
                Some(shards) => rows_of_step(&self.order, rows_in_all, shards, step)?,
            };
            let last = match cuts.last() {
                None => rows_in_all.min(first + batch),
                Some(rows) => first + rows,
            };
            let selected = match (self.order.is_empty(), cuts.is_empty()) {
                (true, _) => Selection::Range(first..last),
                (false, true) => Selection::Listed(&self.order[first..last]),
                (false, false) => Selection::Listed(&rows),
            };
            let plan = StepPlan {
                cuts: (!cuts.is_empty()).then_some(&cuts[..]),
                shuffled: self.shards.map(|_| step),
                ..self.plan(epoch.number, first..last, rows_in_all, selected, backend)
            };
            step.number += 1;
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
