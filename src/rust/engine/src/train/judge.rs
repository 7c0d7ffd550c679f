//! What rows that do not train say of a model.

use super::settings::Settings;
use crate::base::error::{EngineError, Result};
use crate::base::room::filled;
use crate::compute::all_rows::AllRows;
use crate::compute::backend::{Backend, Beside};
use crate::data::{Rows, Source};
use crate::kernels::scalar::Scalar;
use crate::objective::metric::Metric;

/// Rows that validate.
pub(super) struct Judge<'a, T> {
    settings: &'a Settings,
    rows: Beside<'a, T>,
    /// Of a stream, the targets column by column and the case weights, where a measure compares them with predictions.
    known: Option<(Vec<f64>, Option<Vec<f64>>)>,
}

/// What they say: loss, share of hits, and the measure where one is asked for.
pub(super) struct Judged {
    pub loss: f64,
    pub accuracy: Option<f64>,
    pub metric: Option<f64>,
}

impl<'a, T: Scalar> Judge<'a, T> {
    /// Rows that are judged by the workspace of a backend.
    ///
    /// # Errors
    /// As for [`Backend::beside`].
    pub fn new(
        settings: &'a Settings,
        source: Source<'a, T>,
        backend: &mut Backend<'_, T>,
    ) -> Result<Judge<'a, T>> {
        if source.rows().is_remote() && settings.metric.is_some() {
            return Err(EngineError::config(
                "a measure of predictions, of validation rows that workers have",
            ));
        }
        let mut rows = backend.beside(source)?;
        let known = match rows.rows() {
            Rows::Stream(..) if settings.metric.is_some() => Some(backend.known_beside(&mut rows)?),
            _ => None,
        };
        Ok(Judge {
            settings,
            rows,
            known,
        })
    }

    /// Bytes that it takes: for a measure, predictions and targets, and the weights of a stream.
    pub fn bytes(settings: &Settings, rows: &Rows<'_, T>, outputs: usize) -> f64 {
        let shape = rows.shape();
        let numbers = match settings.metric {
            None => 0,
            Some(_) => outputs + shape.targets + usize::from(rows.is_stream() && shape.case_weights),
        };
        let measured = shape.rows as f64 * (numbers * size_of::<f64>()) as f64;
        measured + AllRows::bytes(&settings.objective, shape.rows)
    }

    /// What the rows say of the model as it is.
    ///
    /// # Errors
    /// Memory refused, a panic of a worker, an interrupt, or what a stream fails by.
    pub fn judge(&mut self, backend: &mut Backend<'_, T>) -> Result<Judged> {
        let (loss, accuracy) = self.losses(backend)?;
        let metric = match self.settings.metric {
            None => None,
            Some(metric) => Some(self.metric(metric, backend)?),
        };
        Ok(Judged {
            loss,
            accuracy,
            metric,
        })
    }

    /// Loss, without penalty, and share of hits.
    ///
    /// # Errors
    /// As for [`Judge::judge`].
    pub fn losses(&mut self, backend: &mut Backend<'_, T>) -> Result<(f64, Option<f64>)> {
        let (sums, weight) = (backend.totals_beside(&mut self.rows)?, self.rows.total_weight());
        Ok((
            backend.objective().scaled(sums.loss, weight),
            self.settings.counts_hits.then_some(sums.hits / weight),
        ))
    }

    /// A measure of the predictions of all rows.
    fn metric(&mut self, metric: Metric, backend: &mut Backend<'_, T>) -> Result<f64> {
        let network = backend.pass().network;
        let count = self.rows.rows().count();
        let mut predicted = filled(count * network.outputs(), 0.0)?;
        backend.outputs_beside(&mut self.rows, &mut predicted)?;
        let output = network.output();
        if let Some((known, weights)) = &self.known {
            return metric.of(output, &predicted, known, weights.as_deref(), count);
        }
        let Rows::Table(data) = self.rows.rows() else {
            return Err(EngineError::config("targets of a stream that were not kept"));
        };
        let known = data.targets.all()?;
        metric.of(output, &predicted, &known, data.case_weights, count)
    }
}
