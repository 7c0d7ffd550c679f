//! A table to learn from or to judge by: rows with their targets, weights and offsets.

use crate::base::error::{EngineError, Result};
use crate::base::threads::Team;
use crate::data::rows::{ColumnMajor, RowSource, TableShape};
use crate::kernels::scalar::Scalar;
use crate::nn::network::Network;
use crate::objective::checked::Objective;

/// Rows with their targets.
#[derive(Clone, Copy)]
pub struct Data<'a, T> {
    /// Inputs.
    pub inputs: &'a dyn RowSource<T>,
    /// Targets [rows x targets].
    pub targets: ColumnMajor<'a>,
    /// Case weights; 1 where absent.
    pub case_weights: Option<&'a [f64]>,
    /// Added to the weighted inputs of the last layer [rows x outputs].
    pub offsets: Option<ColumnMajor<'a>>,
}

impl<T: Scalar> Data<'_, T> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.inputs.rows()
    }

    /// How many rows there are, and what each of them has.
    pub fn shape(&self) -> TableShape {
        let columns = |matrix: &ColumnMajor<'_>| RowSource::<T>::columns(matrix);
        TableShape {
            rows: self.rows(),
            inputs: self.inputs.columns(),
            targets: columns(&self.targets),
            offsets: self.offsets.as_ref().map_or(0, columns),
            case_weights: self.case_weights.is_some(),
        }
    }

    /// Sum of the case weights.
    pub fn total_weight(&self) -> f64 {
        self.case_weights
            .map_or(self.rows() as f64, |weights| weights.iter().sum())
    }

    /// Checks that there are rows, that all parts have as many, and that they fit a network and its loss.
    ///
    /// # Errors
    /// [`EngineError::Config`] naming the part.
    pub fn check(&self, network: &Network, objective: &Objective) -> Result<()> {
        let rows = self.rows();
        let outputs = network.outputs();
        check_objective(network, objective)?;
        if rows == 0 {
            return Err(EngineError::config("no rows"));
        }
        check_inputs(network, self.inputs, self.offsets)?;
        check_shape("targets", &self.targets, rows, objective.targets_per_row(outputs))?;
        if self.case_weights.is_some_and(|weights| weights.len() != rows) {
            return Err(EngineError::config(format!("case weights are not {rows}")));
        }
        match self.weighs() {
            true => Ok(()),
            false => Err(EngineError::config(
                "case weights that are negative, not finite or all zero",
            )),
        }
    }

    /// Whether every weight is one and all together weigh something.
    fn weighs(&self) -> bool {
        let is_weight = |weight: &f64| (0.0..=f64::MAX).contains(weight);
        self.case_weights
            .is_none_or(|weights| weights.iter().all(is_weight))
            && self.total_weight() > 0.0
    }
}

/// Checks that a loss is one of the network's outputs.
pub(crate) fn check_objective(network: &Network, objective: &Objective) -> Result<()> {
    let outputs = network.outputs();
    if objective.loss().is_over_all_rows() && network.copies() > 1 {
        return Err(EngineError::config("members with a loss that compares rows"));
    }
    match objective.is_for(outputs) && objective.output() == network.output() {
        true => Ok(()),
        false => Err(EngineError::config(format!(
            "{:?} on {:?} is no loss of {outputs} outputs of {:?}",
            objective.loss(),
            objective.output(),
            network.output()
        ))),
    }
}

/// Checks the width of inputs against a network, and offsets against both.
pub(crate) fn check_inputs<T: Scalar>(
    network: &Network,
    inputs: &dyn RowSource<T>,
    offsets: Option<ColumnMajor<'_>>,
) -> Result<()> {
    let (columns, wanted) = (inputs.columns(), network.inputs());
    if columns != wanted {
        return Err(EngineError::config(format!(
            "{columns} columns of inputs for a network of {wanted}"
        )));
    }
    offsets.map_or(Ok(()), |offsets| {
        check_shape("offsets", &offsets, inputs.rows(), network.outputs())
    })
}

fn check_shape(what: &str, matrix: &ColumnMajor<'_>, rows: usize, columns: usize) -> Result<()> {
    // How many rows and columns does not depend on the precision.
    let found = (RowSource::<f64>::rows(matrix), RowSource::<f64>::columns(matrix));
    match found == (rows, columns) {
        true => Ok(()),
        false => Err(EngineError::config(format!(
            "{} x {} {what} where {rows} x {columns} are needed",
            found.0, found.1
        ))),
    }
}

/// Refuses inputs that are NaN or infinite.
pub(crate) fn check_finite<T: Scalar>(data: &Data<'_, T>, team: &Team) -> Result<()> {
    let columns = data.inputs.non_finite_columns(team)?;
    match columns.is_empty() {
        true => Ok(()),
        false => Err(EngineError::NonFiniteInputs(columns)),
    }
}

/// Refuses targets that are NaN or infinite.
pub(crate) fn check_targets<T: Scalar>(data: &Data<'_, T>, team: &Team) -> Result<()> {
    let columns = RowSource::<T>::non_finite_columns(&data.targets, team)?;
    if columns.is_empty() {
        Ok(())
    } else {
        Err(EngineError::NonFiniteTargets(columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::activation::Activation;
    use crate::objective::loss::Loss;
    use crate::objective::output::Output;

    #[test]
    fn parts_of_other_extents_are_refused() {
        let network = Network::new(&[3, 2, 2], &[Activation::Tanh], Output::Linear).unwrap();
        let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
        let quantiles = Objective::new(Output::Linear, Loss::Quantile(vec![0.1, 0.9])).unwrap();
        let (numbers, weights) = ([0.5; 16], [1.0; 5]);
        let of = |rows: usize, columns: usize| ColumnMajor::new(&numbers[..rows * columns], rows, columns);
        let (inputs, narrow, two) = (of(4, 3), of(4, 2), of(4, 2));
        let whole = Data::<f64> {
            inputs: &inputs,
            targets: two,
            case_weights: Some(&weights[..4]),
            offsets: Some(two),
        };
        assert_eq!(whole.check(&network, &objective), Ok(()));
        let changed = [
            Data {
                inputs: &narrow,
                ..whole
            },
            Data {
                targets: of(3, 2),
                ..whole
            },
            Data {
                targets: of(4, 1),
                ..whole
            },
            Data {
                case_weights: Some(&weights),
                ..whole
            },
            Data {
                case_weights: Some(&weights[..3]),
                ..whole
            },
            Data {
                offsets: Some(of(4, 1)),
                ..whole
            },
            Data {
                offsets: Some(of(5, 2)),
                ..whole
            },
        ];
        for data in changed {
            assert!(matches!(
                data.check(&network, &objective),
                Err(EngineError::Config(_))
            ));
        }
        // Quantiles share one target.
        assert!(whole.check(&network, &quantiles).is_err());
        let shared = Data {
            targets: of(4, 1),
            ..whole
        };
        assert_eq!(shared.check(&network, &quantiles), Ok(()));
    }
}
