//! Losses in which rows are compared with each other: what is found of all of them between a pass forward and the pass that
//! takes deltas back.

use crate::base::buffer::SharedBuffer;
use crate::base::error::Result;
use crate::base::room::filled;
use crate::base::threads::Team;
use crate::compute::context::{DropoutKey, Pass};
use crate::compute::outputs::outputs;
use crate::compute::workspace::Workspace;
use crate::data::rows::ColumnMajor;
use crate::data::table::Data;
use crate::data::{Rows, Source};
use crate::kernels::scalar::Scalar;
use crate::objective::checked::Objective;
use crate::objective::loss::{Cox, RiskSets, Totals};

/// The rows of a table under such a loss.
pub struct AllRows {
    sets: RiskSets,
    /// Whether each row's time ended with the event.
    events: Vec<f64>,
    /// The network's outputs.
    hazards: Vec<f64>,
    /// Loss and delta of each row, before case weights: two columns.
    found: Vec<f64>,
}

impl AllRows {
    /// Of rows with times and events as targets; none where the loss of a row is its own.
    ///
    /// # Errors
    /// Memory refused.
    pub fn of<T: Scalar>(objective: &Objective, data: &Data<'_, T>) -> Result<Option<AllRows>> {
        if !objective.loss().is_over_all_rows() {
            return Ok(None);
        }
        let rows = data.rows();
        let mut targets = data.targets.all()?;
        let events = targets.split_off(rows);
        Ok(Some(AllRows {
            sets: RiskSets::new(&targets)?,
            events,
            hazards: filled(rows, 0.0)?,
            found: filled(2 * rows, 0.0)?,
        }))
    }

    /// The same of rows from anywhere; a stream's are never compared.
    ///
    /// # Errors
    /// Memory refused.
    pub fn of_rows<T: Scalar>(objective: &Objective, rows: &Rows<'_, T>) -> Result<Option<AllRows>> {
        match rows {
            Rows::Table(data) => AllRows::of(objective, data),
            Rows::Stream(..) | Rows::Remote(_) => Ok(None),
        }
    }

    /// Bytes that so many rows take, while they are evaluated.
    pub fn bytes(objective: &Objective, rows: usize) -> f64 {
        match objective.loss().is_over_all_rows() {
            // Times and events as they come; times, events, outputs and what is found; sums over those at risk.
            true => RiskSets::bytes(rows) + 8.0 * rows as f64 * size_of::<f64>() as f64,
            false => 0.0,
        }
    }

    /// Takes all rows forward, and finds their losses and deltas.
    ///
    /// # Errors
    /// Memory refused, a panic of a worker, or an interrupt.
    pub fn evaluate<T: Scalar>(
        &mut self,
        pass: &Pass<'_>,
        parameters: &SharedBuffer<T>,
        data: &Data<'_, T>,
        workspace: &mut Workspace<T>,
        team: &Team,
        dropout: Option<DropoutKey>,
    ) -> Result<()> {
        outputs(
            pass,
            parameters,
            &mut Source::Table(*data),
            workspace,
            team,
            dropout,
            &mut self.hazards,
        )?;
        let (losses, deltas) = self.found.split_at_mut(self.events.len());
        let (hazards, events) = (&self.hazards, &self.events);
        Cox::evaluate(&self.sets, hazards, events, data.case_weights, losses, deltas)
    }

    /// The table with what was found in the place of its targets.
    pub fn found<'s, T: Scalar>(&'s self, data: Data<'s, T>) -> Data<'s, T> {
        Data {
            targets: ColumnMajor::new(&self.found, self.events.len(), 2),
            ..data
        }
    }

    /// The sum of what was found.
    pub fn totals(&self, case_weights: Option<&[f64]>) -> Totals {
        let losses = self.found[..self.events.len()].iter();
        Totals {
            loss: match case_weights {
                None => losses.sum(),
                Some(weights) => losses.zip(weights).map(|(loss, weight)| loss * weight).sum(),
            },
            hits: 0.0,
        }
    }
}
