//! What a call has about some rows, and what is asked of weights on them.

use crate::arguments::{self, Fields};
use crate::inputs::{self, Inputs, Precision, Source};
use backprop_engine::base::threads::Team;
use backprop_engine::data::rows::{ColumnMajor, RowSource};
use backprop_engine::data::Data;
use backprop_engine::objective::{Objective, Penalty};
use backprop_engine::{Coefficients, Compiled, Network, Result, Scalar};
use extendr_api::prelude::*;

/// Whether a specification asks for single precision.
pub fn is_single(spec: &Fields) -> Result<bool> {
    Ok(spec.text("precision")? == f32::PRECISION)
}

/// Everything a call has about some rows.
pub struct Table<'a> {
    pub inputs: Inputs<'a>,
    pub targets: ColumnMajor<'a>,
    pub case_weights: Option<&'a [f64]>,
    pub offsets: Option<ColumnMajor<'a>>,
}

impl<'a> Table<'a> {
    pub fn new(
        x: &'a Robj,
        y: &'a Robj,
        case_weights: &'a Robj,
        offset: &'a Robj,
        spec: &'a Fields,
    ) -> Result<Table<'a>> {
        Ok(Table {
            inputs: Inputs::new(x, spec)?,
            targets: inputs::matrix(y, "y")?,
            case_weights: arguments::numbers_or_null(case_weights, "case_weights")?,
            offsets: match offset.is_null() {
                true => None,
                false => Some(inputs::matrix(offset, "offset")?),
            },
        })
    }

    /// What a specification has of rows that validate, as [`Fields`] of its `validation`; `null` stands for what they lack.
    pub fn of_validation(fields: &'a Fields, null: &'a Robj, spec: &'a Fields) -> Result<Table<'a>> {
        let part = |name: &str| fields.get(name).unwrap_or(null);
        Table::new(part("x"), part("y"), part("case_weights"), part("offset"), spec)
    }

    pub fn data<'s, T: Compiled>(&'s self, source: &'s Source<'_, T>) -> Data<'s, T> {
        Data {
            inputs: source.rows(),
            targets: self.targets,
            case_weights: self.case_weights,
            offsets: self.offsets,
        }
    }

    pub fn rows(&self) -> usize {
        self.inputs.rows()
    }

    pub fn targets_per_row(&self) -> usize {
        RowSource::<f64>::columns(&self.targets)
    }
}

/// What R gives with a specification to ask something of weights: them, and the rows.
pub struct Given {
    pub weights: Robj,
    pub biases: Robj,
    pub x: Robj,
    pub y: Robj,
    pub case_weights: Robj,
    pub offset: Robj,
}

/// Weights, rows, and the objective that is asked of them.
pub struct Problem<'a> {
    pub network: Network,
    pub objective: Objective,
    pub penalty: Penalty,
    pub coefficients: Coefficients,
    pub table: Table<'a>,
    pub threads: usize,
}

impl<'a> Problem<'a> {
    /// Reads it. `work` are the multiply-adds of the answer for so many rows, `bytes` what it takes beside the
    /// rows for so many of them and so many threads; whether there are as many is asked before anything is taken.
    pub fn read(
        spec: &'a Fields,
        given: &'a Given,
        work: impl Fn(&Network, usize) -> f64,
        bytes: impl Fn(&Network, &Objective, usize, usize) -> f64,
    ) -> Result<Problem<'a>> {
        let (objective, penalty) = (arguments::objective(spec)?, arguments::penalty(spec)?);
        let network = arguments::network_of(spec, &objective)?;
        let (rows, read) = inputs::extent(&given.x)?;
        let threads = arguments::threads(spec, work(&network, rows))?;
        arguments::budget(spec)?.check(bytes(&network, &objective, rows, threads) + read, 0.0)?;
        Ok(Problem {
            network,
            objective,
            penalty,
            coefficients: arguments::coefficients(&given.weights, &given.biases, spec.numbers("ancillary")?)?,
            table: Table::new(&given.x, &given.y, &given.case_weights, &given.offset, spec)?,
            threads,
        })
    }

    /// The loss, without penalty.
    pub fn loss<T: Precision>(&self, team: &Team) -> Result<f64> {
        let source = self.table.inputs.source::<T>()?;
        let data = self.table.data(&source);
        T::loss(&self.network, &self.objective, &self.coefficients, &data, team)
    }
}
