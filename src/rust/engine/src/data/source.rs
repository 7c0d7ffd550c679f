//! Where the rows of a table come from: from memory, in any order and to any thread, from a stream, or from workers who keep them.

use crate::base::error::{EngineError, Result};
use crate::data::remote::Workers;
use crate::data::rows::{Reader, RowStream, Shuffle, TableShape};
use crate::data::table::{check_objective, Data};
use crate::kernels::scalar::Scalar;
use crate::nn::network::Network;
use crate::objective::checked::Objective;

/// A table that is trained on, or judged by.
pub enum Source<'a, T> {
    /// It is in memory.
    Table(Data<'a, T>),
    /// It comes row by row.
    Stream(Reader<'a, T>),
    /// Others have it, and are asked about it.
    Remote(Box<dyn Workers<T> + 'a>),
}

/// What every thread may know of a [`Source`]: a stream is read by one of them.
#[derive(Clone, Copy)]
pub enum Rows<'a, T> {
    /// The rows themselves.
    Table(Data<'a, T>),
    /// What comes from a stream, and how many rows of it there may be in a buffer, to be shuffled.
    Stream(TableShape, usize),
    /// What others have.
    Remote(TableShape),
}

impl<'a, T> From<Data<'a, T>> for Source<'a, T> {
    fn from(data: Data<'a, T>) -> Source<'a, T> {
        Source::Table(data)
    }
}

impl<'a, T> From<Data<'a, T>> for Rows<'a, T> {
    fn from(data: Data<'a, T>) -> Rows<'a, T> {
        Rows::Table(data)
    }
}

impl<'a, T: Scalar> Source<'a, T> {
    /// Rows that a stream gives.
    pub fn stream(stream: impl RowStream<T> + 'a) -> Source<'a, T> {
        Source::Stream(Reader::new(stream))
    }

    /// The same with a buffer of so many bytes, through which they can be shuffled.
    pub fn shuffled_stream(stream: impl RowStream<T> + 'a, bytes: f64) -> Source<'a, T> {
        Source::Stream(Reader::new(stream).with_buffer(bytes))
    }

    /// What every thread may know of it.
    pub fn rows(&self) -> Rows<'a, T> {
        match self {
            Source::Table(data) => Rows::Table(*data),
            Source::Stream(reader) => Rows::Stream(reader.shape(), reader.buffer_rows()),
            Source::Remote(workers) => Rows::Remote(workers.shape()),
        }
    }
}

impl<T: Scalar> Rows<'_, T> {
    /// How many rows there are, and what each of them has.
    pub fn shape(&self) -> TableShape {
        match self {
            Rows::Table(data) => data.shape(),
            Rows::Stream(shape, _) | Rows::Remote(shape) => *shape,
        }
    }

    /// Number of rows.
    pub fn count(&self) -> usize {
        match self {
            Rows::Table(data) => data.rows(),
            Rows::Stream(shape, _) | Rows::Remote(shape) => shape.rows,
        }
    }

    /// Whether they come once in each pass, in their order.
    pub fn is_stream(&self) -> bool {
        matches!(self, Rows::Stream(..))
    }

    /// Whether they can be taken in a random order.
    pub fn can_be_shuffled(&self) -> bool {
        match self {
            Rows::Table(_) => true,
            Rows::Stream(_, buffer) => *buffer > 0,
            Rows::Remote(_) => true,
        }
    }

    /// Bytes that taking them in a random order needs.
    pub fn shuffle_bytes(&self) -> f64 {
        match self {
            Rows::Table(data) => (data.rows() * size_of::<u32>()) as f64,
            Rows::Stream(shape, buffer) => Shuffle::<T>::bytes(shape, *buffer),
            Rows::Remote(_) => 0.0,
        }
    }

    /// Whether they are in memory.
    pub fn are_here(&self) -> bool {
        matches!(self, Rows::Table(_))
    }

    /// Whether others have them.
    pub fn is_remote(&self) -> bool {
        matches!(self, Rows::Remote(_))
    }

    /// Whether rows are read faster when the numbers of each lie together.
    pub fn is_scattered(&self) -> bool {
        match self {
            Rows::Table(data) => data.inputs.is_scattered(),
            Rows::Stream(..) | Rows::Remote(_) => false,
        }
    }

    /// Bytes taken beside the data as given.
    pub fn bytes(&self) -> f64 {
        match self {
            Rows::Table(data) => data.inputs.bytes(),
            Rows::Stream(..) | Rows::Remote(_) => 0.0,
        }
    }

    /// Checks that there are rows, that all parts have as many, and that they fit a network and its loss.
    ///
    /// # Errors
    /// [`EngineError::Config`] naming the part.
    pub fn check(&self, network: &Network, objective: &Objective) -> Result<()> {
        let shape = match self {
            Rows::Table(data) => return data.check(network, objective),
            Rows::Stream(shape, _) | Rows::Remote(shape) => shape,
        };
        check_objective(network, objective)?;
        let outputs = network.outputs();
        if objective.loss().is_over_all_rows() {
            return Err(EngineError::config(
                "a loss that compares rows needs all of them in the memory of this process",
            ));
        }
        if shape.rows == 0 {
            return Err(EngineError::config("no rows"));
        }
        let wanted = [network.inputs(), objective.targets_per_row(outputs)];
        match [shape.inputs, shape.targets] == wanted && (shape.offsets == 0 || shape.offsets == outputs) {
            true => Ok(()),
            false => Err(EngineError::config(format!(
                "{shape:?} for {wanted:?} inputs and targets, and {outputs} outputs"
            ))),
        }
    }
}
