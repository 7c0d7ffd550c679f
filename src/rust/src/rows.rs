//! The rows of a training, and those that validate: a table in memory, a stream, or rows that workers have.

use crate::arguments::Fields;
use crate::inputs::{Precision, Source as Inputs};
use crate::problem::Table;
use crate::remote::Remote;
use crate::stream::Stream;
use backprop_engine::data::Source;
use backprop_engine::{Network, Result};
use extendr_api::prelude::*;

/// Rows wherever they are.
pub enum Rows<'a> {
    Table(Table<'a>),
    Stream(Stream<'a>),
    Remote(Remote),
}

impl<'a> Rows<'a> {
    pub fn new(
        x: &'a Robj,
        y: &'a Robj,
        case_weights: &'a Robj,
        offset: &'a Robj,
        spec: &'a Fields,
    ) -> Result<Rows<'a>> {
        Ok(if Stream::is(x) {
            Rows::Stream(Stream::new(x, spec)?)
        } else if Remote::is(x) {
            Rows::Remote(Remote::new(x, spec)?)
        } else {
            Rows::Table(Table::new(x, y, case_weights, offset, spec)?)
        })
    }

    /// What a specification has of rows that validate, as [`Fields`] of its `validation`; `null` stands for what they lack.
    pub fn of_validation(fields: &'a Fields, null: &'a Robj, spec: &'a Fields) -> Result<Rows<'a>> {
        let part = |name: &str| fields.get(name).unwrap_or(null);
        Rows::new(part("x"), part("y"), part("case_weights"), part("offset"), spec)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Rows::Table(table) => table.rows(),
            Rows::Stream(stream) => stream.shape().rows,
            Rows::Remote(remote) => remote.shape().rows,
        }
    }

    pub fn targets_per_row(&self) -> usize {
        match self {
            Rows::Table(table) => table.targets_per_row(),
            Rows::Stream(stream) => stream.shape().targets,
            Rows::Remote(remote) => remote.shape().targets,
        }
    }

    /// Bytes that reading them, or asking about them, takes beside what the engine knows of.
    pub fn bytes(&self, network: &Network) -> f64 {
        match self {
            Rows::Table(_) => 0.0,
            Rows::Stream(stream) => stream.bytes(),
            Rows::Remote(remote) => remote.bytes(network),
        }
    }

    /// In the precision of a network.
    pub fn of<T: Precision>(&self) -> Result<RowsOf<'_, T>> {
        Ok(match self {
            Rows::Table(table) => RowsOf::Table(table, table.inputs.source()?),
            Rows::Stream(stream) => RowsOf::Stream(stream),
            Rows::Remote(remote) => RowsOf::Remote(remote),
        })
    }
}

/// Rows in the precision of a network.
pub enum RowsOf<'r, T> {
    Table(&'r Table<'r>, Inputs<'r, T>),
    Stream(&'r Stream<'r>),
    Remote(&'r Remote),
}

impl<T: Precision> RowsOf<'_, T> {
    /// As what the engine takes.
    pub fn source(&self) -> Result<Source<'_, T>> {
        Ok(match self {
            RowsOf::Table(table, inputs) => table.data(inputs).into(),
            RowsOf::Stream(stream) => stream.source()?,
            RowsOf::Remote(remote) => Source::Remote(Box::new(*remote)),
        })
    }
}
