//! Times of an event, without a model of when: the proportional hazards of Cox (1972).
//!
//! The loss of a row depends on all rows that are still at risk, so it is computed of all rows at once, between a
//! pass forward and the pass that takes deltas back. That second pass finds the result in the place of the targets.

use super::rows::{Deltas, OutputRows, Row};
use super::rule::{Description, Needs, RowLoss};
use crate::base::error::Result;
use crate::base::room::{collected, filled};
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::real::Real;
use crate::kernels::scalar::Scalar;
use crate::objective::output::Output;

/// Minus the log partial likelihood, ties as by Breslow (1974), of the log of relative hazards.
pub struct Cox;

impl RowLoss for Cox {
    const DESCRIPTION: Description = Description {
        name: "cox",
        outputs: &[Output::Linear],
        is_sum: false,
        needs: Needs::Survival,
        default: &[],
    };
    const IS_OVER_ALL_ROWS: bool = true;
    const COMPARES: bool = false;

    fn fits(&self, units: usize) -> bool {
        units == 1
    }

    /// Time and event; where rows are taken back, loss and delta.
    fn targets_per_row(&self, _: usize) -> usize {
        2
    }

    /// Of what [`Cox::evaluate`] found.
    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], _: &mut [N]) -> N {
        deltas[0] = row.targets[1];
        row.targets[0]
    }

    fn rows<T: Scalar>(&self, _: InstructionSet, rows: &OutputRows<'_, T>, out: &mut Deltas<'_, T>) {
        let found = rows.targets.chunks_exact(2);
        for ((loss, delta), found) in out.losses.iter_mut().zip(&mut *out.deltas).zip(found) {
            *loss = found[0].to_double();
            *delta = found[1];
        }
    }
}

/// Rows in the order of their times, the latest first, in groups of equal times.
pub struct RiskSets {
    order: Vec<u32>,
    /// Where each group ends.
    ends: Vec<u32>,
}

impl RiskSets {
    /// Of the times of all rows.
    ///
    /// # Errors
    /// Memory refused.
    pub fn new(times: &[f64]) -> Result<RiskSets> {
        let mut order = collected(0..times.len() as u32)?;
        order.sort_unstable_by(|&a, &b| {
            let (first, second) = (times[b as usize], times[a as usize]);
            first.total_cmp(&second).then(a.cmp(&b))
        });
        let mut ends = collected(0..times.len() as u32)?;
        ends.clear();
        for place in 0..order.len() {
            let next = order.get(place + 1).map(|&row| times[row as usize]);
            if next != Some(times[order[place] as usize]) {
                ends.push(place as u32 + 1);
            }
        }
        Ok(RiskSets { order, ends })
    }

    /// Bytes that the risk sets of so many rows take.
    pub fn bytes(rows: usize) -> f64 {
        (2 * rows * size_of::<u32>()) as f64
    }

    /// The rows of a group, the latest being group 0.
    fn group(&self, number: usize) -> &[u32] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.order[start as usize..self.ends[number] as usize]
    }
}

/// A sum of weighted powers of e whose logarithm is asked for. It is kept relative to the largest exponent so far, so that none overflows and
/// none that counts is lost, however far apart they are.
struct LogSum<N> {
    top: f64,
    sum: N,
}

impl<N: Real> Default for LogSum<N> {
    fn default() -> Self {
        LogSum {
            top: f64::NEG_INFINITY,
            sum: N::of(0.0),
        }
    }
}

impl<N: Real> LogSum<N> {
    fn add(&mut self, weight: N, exponent: N) {
        let at = exponent.real();
        if at > self.top {
            self.sum = self.sum * N::of((self.top - at).exp());
            self.top = at;
        }
        self.sum = self.sum + weight * (exponent - N::of(self.top)).exp();
    }

    fn ln(&self) -> N {
        self.sum.ln() + N::of(self.top)
    }
}

impl Cox {
    /// The loss of each row and its derivative by the row's log relative hazard, before case weights: with weights w and
    /// hazards h = e^η, of the events i of all rows Σ w_i (log Σ_{j at risk} w_j h_j − η_i).
    ///
    /// # Errors
    /// Memory refused.
    pub fn evaluate<N: Real + Default>(
        sets: &RiskSets,
        hazards: &[N],
        events: &[f64],
        weights: Option<&[f64]>,
        losses: &mut [N],
        deltas: &mut [N],
    ) -> Result<()> {
        let weight = |row: usize| N::of(weights.map_or(1.0, |weights| weights[row]));
        let mut log_sums = filled(sets.ends.len(), N::of(0.0))?;
        let mut at_risk = LogSum::default();
        for (number, log_sum) in log_sums.iter_mut().enumerate() {
            for &row in sets.group(number) {
                at_risk.add(weight(row as usize), hazards[row as usize]);
            }
            *log_sum = at_risk.ln();
        }
        // From the earliest time on: the cumulative hazard of a row whose η is 0.
        let mut cumulative = LogSum::default();
        let mut begun = false;
        for (number, &log_sum) in log_sums.iter().enumerate().rev() {
            let group = sets.group(number);
            let mut happened = N::of(0.0);
            for &row in group {
                happened = happened + weight(row as usize) * N::of(events[row as usize]);
            }
            if happened.real() > 0.0 {
                cumulative.add(happened, -log_sum);
                begun = true;
            }
            let log_cumulative = begun.then(|| cumulative.ln());
            for &row in group {
                let row = row as usize;
                let event = N::of(events[row]);
                losses[row] = match events[row] > 0.0 {
                    true => event * (log_sum - hazards[row]),
                    false => N::of(0.0),
                };
                let expected = log_cumulative.map_or(N::of(0.0), |log| (hazards[row] + log).exp());
                deltas[row] = expected - event;
            }
        }
        Ok(())
    }
}
