//! Tables in memory that are read like streams, and trainings on both.

use super::workloads::{settings, start, table, Table};
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{Chunk, ColumnMajor, RowSource, RowStream, Selection, TableShape};
use backprop_engine::data::{Data, Source};
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{Adam, GradientDescent, Momentum, Optimizer, Rprop};
use backprop_engine::train::observer::Observer;
use backprop_engine::{
    train, train_from, EngineError, Method, Network, Result, Scalar, Settings, Shuffle, Trained,
};

/// What is wrong with a stream.
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
    Nothing,
    /// In this pass it ends before this row.
    EndsAt(usize, usize),
    /// In this pass it fails at this row.
    FailsAt(usize, usize),
    /// The number in this pass, row and column is not finite; the columns are inputs, then targets.
    NotFinite(usize, usize, usize),
}

/// A table in memory that is read like a stream, and notes how.
pub struct Streamed<'a> {
    pub table: &'a Table,
    pub weights: Option<&'a [f64]>,
    pub offsets: Option<&'a [f64]>,
    pub labelled: bool,
    pub fault: Fault,
    pub next: usize,
    /// Passes that were begun; each read all rows of the one before.
    pub passes: usize,
}

impl<'a> Streamed<'a> {
    pub fn new(table: &'a Table, extras: &'a Extras) -> Streamed<'a> {
        Streamed {
            table,
            weights: extras.weights.as_deref(),
            offsets: extras.offsets.as_deref(),
            labelled: true,
            fault: Fault::Nothing,
            next: table.rows,
            passes: 0,
        }
    }
}

impl<T: Scalar> RowStream<T> for Streamed<'_> {
    fn shape(&self) -> TableShape {
        TableShape {
            rows: self.table.rows,
            inputs: self.table.inputs,
            targets: if self.labelled { self.table.outputs } else { 0 },
            offsets: if self.offsets.is_some() {
                self.table.outputs
            } else {
                0
            },
            case_weights: self.weights.is_some(),
        }
    }

    fn rewind(&mut self) -> Result<()> {
        assert_eq!(self.next, self.table.rows, "a pass reads every row once");
        self.next = 0;
        self.passes += 1;
        Ok(())
    }

    fn next(&mut self, chunk: &mut Chunk<'_, T>) -> Result<usize> {
        let (table, first) = (self.table, self.next);
        let mut count = chunk.rows;
        assert!(self.passes > 0 && count > 0 && first + count <= table.rows);
        match self.fault {
            Fault::EndsAt(pass, row) if pass == self.passes => count = count.min(row - first.min(row)),
            Fault::FailsAt(pass, row) if pass == self.passes && row < first + count => {
                return Err(EngineError::Stream(format!("row {row} is torn")));
            }
            _ => {}
        }
        let rows = Selection::Range(first..first + count);
        let of = |numbers, columns: usize, out: &mut [T]| {
            let source = ColumnMajor::new(numbers, table.rows, columns);
            source.gather(rows.clone(), &mut out[..count * columns]);
        };
        of(&table.x, table.inputs, chunk.inputs);
        if self.labelled {
            of(&table.y, table.outputs, chunk.targets);
        }
        if let Some(offsets) = self.offsets {
            of(offsets, table.outputs, chunk.offsets);
        }
        if let Some(weights) = self.weights {
            chunk.case_weights[..count].copy_from_slice(&weights[first..first + count]);
        }
        if let Fault::NotFinite(pass, row, column) = self.fault {
            if pass == self.passes && (first..first + count).contains(&row) {
                let row = row - first;
                match column.checked_sub(table.inputs) {
                    None => chunk.inputs[row * table.inputs + column] = T::nan(),
                    Some(column) => chunk.targets[row * table.outputs + column] = T::infinity(),
                }
            }
        }
        self.next += count;
        Ok(count)
    }
}

/// What rows have besides inputs and targets.
#[derive(Default)]
pub struct Extras {
    pub weights: Option<Vec<f64>>,
    pub offsets: Option<Vec<f64>>,
}

impl Extras {
    pub fn of(table: &Table, weights: bool, offsets: bool) -> Extras {
        Extras {
            weights: weights.then(|| (0..table.rows).map(|row| 0.3 + (row % 5) as f64 / 2.0).collect()),
            offsets: offsets.then(|| table.y.iter().map(|y| y * 0.7 - 0.2).collect()),
        }
    }

    pub fn data<'a, T: Scalar>(&'a self, table: &'a Table, inputs: &'a dyn RowSource<T>) -> Data<'a, T> {
        Data {
            case_weights: self.weights.as_deref(),
            offsets: self
                .offsets
                .as_deref()
                .map(|offsets| ColumnMajor::new(offsets, table.rows, table.outputs)),
            ..table.data(inputs)
        }
    }
}

/// A network, rows that train it, and rows that judge it.
pub struct Problem {
    pub network: Network,
    pub fitting: Table,
    pub held: Table,
    pub extras: Extras,
    pub held_extras: Extras,
}

impl Problem {
    pub fn new(sizes: &[usize], hidden: &[Activation], rows: usize, weights: bool, offsets: bool) -> Problem {
        let (inputs, outputs) = (sizes[0], sizes[sizes.len() - 1]);
        let (fitting, held) = (table(rows, inputs, outputs), table(rows / 3 + 1, inputs, outputs));
        Problem {
            network: Network::new(sizes, hidden, Output::Sigmoid).unwrap(),
            extras: Extras::of(&fitting, weights, offsets),
            held_extras: Extras::of(&held, !weights, offsets),
            fitting,
            held,
        }
    }

    pub fn settings(&self, method: Method, batch: usize) -> Settings {
        let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
        Settings {
            method,
            lr: 0.05,
            shuffle: Shuffle::No,
            counts_hits: true,
            ..settings(objective, 2, batch)
        }
    }

    pub fn train_in_memory<T: Scalar>(
        &self,
        settings: &Settings,
        threads: usize,
        observer: &mut dyn Observer<T>,
    ) -> Trained {
        let (inputs, held) = (self.fitting.source(), self.held.source());
        let checked = settings.clone().check(&self.network).unwrap();
        with_team(threads, |team| {
            let data = self.extras.data(&self.fitting, &inputs);
            let validation = self.held_extras.data(&self.held, &held);
            train(
                &self.network,
                &checked,
                data,
                Some(validation),
                &start(&self.network),
                team,
                observer,
            )
        })
        .unwrap()
    }

    /// The same from streams; how many passes each took, besides.
    pub fn train_by_streams<T: Scalar>(
        &self,
        settings: &Settings,
        threads: usize,
        faults: [Fault; 2],
        observer: &mut dyn Observer<T>,
    ) -> (Result<Trained>, [usize; 2]) {
        self.train_by_buffer(settings, threads, faults, 0.0, observer)
    }

    /// The same with a buffer of so many bytes for rows that are shuffled.
    pub fn train_by_buffer<T: Scalar>(
        &self,
        settings: &Settings,
        threads: usize,
        faults: [Fault; 2],
        bytes: f64,
        observer: &mut dyn Observer<T>,
    ) -> (Result<Trained>, [usize; 2]) {
        let mut fitting = Streamed {
            fault: faults[0],
            ..Streamed::new(&self.fitting, &self.extras)
        };
        let mut held = Streamed {
            fault: faults[1],
            ..Streamed::new(&self.held, &self.held_extras)
        };
        let checked = settings.clone().check(&self.network).unwrap();
        let trained = with_team(threads, |team| {
            train_from(
                &self.network,
                &checked,
                Source::shuffled_stream(&mut fitting, bytes),
                Some(Source::stream(&mut held)),
                &start(&self.network),
                team,
                observer,
            )
        });
        if trained.as_ref().is_ok_and(|trained| trained.failure.is_none()) {
            assert_eq!((fitting.next, held.next), (self.fitting.rows, self.held.rows));
        }
        (trained, [fitting.passes, held.passes])
    }
}

/// Coefficients, state, and all that was found on the way.
pub fn alike(a: &Trained, b: &Trained, what: &str) {
    assert_eq!(a.coefficients, b.coefficients, "{what}");
    assert_eq!(a.state, b.state, "{what}");
    assert_eq!(format!("{:?}", a.history), format!("{:?}", b.history), "{what}");
    assert_eq!(
        format!("{:?}", a.final_losses),
        format!("{:?}", b.final_losses),
        "{what}"
    );
    assert_eq!((a.ending, a.epochs_done), (b.ending, b.epochs_done), "{what}");
}

pub fn lbfgs() -> Method {
    Method::Lbfgs(Lbfgs {
        memory: 3,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    })
}

pub fn methods() -> Vec<Method> {
    let adam = |decay| {
        Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-6,
            decay,
        })
    };
    let rules = [
        Optimizer::GradientDescent(GradientDescent),
        Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: true,
        }),
        adam(0.02),
        Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        }),
    ];
    rules.map(Method::Rule).into_iter().chain([lbfgs()]).collect()
}
