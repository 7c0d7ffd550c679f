//! Claims about workers: rows that several of them have train the network that a single process trains, to the last bit.

use backprop_engine::base::threads::with_team;
use backprop_engine::compute::worker::{self, Part, Work};
use backprop_engine::data::remote::{Question, TakeGradient, TakeTotals, Workers};
use backprop_engine::data::rows::{ColumnMajor, TableShape};
use backprop_engine::data::{Data, Source};
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{Adam, GradientDescent, Optimizer, Rprop};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{
    train, train_from, Ending, EngineError, Method, Network, Result, Scalar, Settings, Shuffle, Stopping,
    Trained,
};

use super::workloads::{settings, start, table, Table};

/// Rows with all that belongs to them.
struct Rows {
    table: Table,
    weights: Option<Vec<f64>>,
    offsets: Option<Vec<f64>>,
}

impl Rows {
    fn new(rows: usize, sizes: &[usize], weights: bool, offsets: bool) -> Rows {
        let table = table(rows, sizes[0], sizes[sizes.len() - 1]);
        Rows {
            weights: weights.then(|| (0..rows).map(|row| 0.25 + (row % 7) as f64 / 3.0).collect()),
            offsets: offsets.then(|| table.y.iter().map(|y| y * 0.6 - 0.3).collect()),
            table,
        }
    }

    /// Some of them, column by column.
    fn part(&self, range: std::ops::Range<usize>) -> Rows {
        let of = |numbers: &[f64]| {
            let columns = numbers.chunks_exact(self.table.rows);
            columns
                .flat_map(|column| column[range.clone()].to_vec())
                .collect()
        };
        Rows {
            weights: self.weights.as_deref().map(of),
            offsets: self.offsets.as_deref().map(of),
            table: Table {
                x: of(&self.table.x),
                y: of(&self.table.y),
                rows: range.len(),
                ..self.table
            },
        }
    }

    fn data<'a, T: Scalar>(&'a self, inputs: &'a ColumnMajor<'a>) -> Data<'a, T> {
        Data {
            case_weights: self.weights.as_deref(),
            offsets: self
                .offsets
                .as_deref()
                .map(|offsets| ColumnMajor::new(offsets, self.table.rows, self.table.outputs)),
            ..self.table.data(inputs)
        }
    }
}

/// Workers in this process, each with a copy of its own rows.
struct Here<'a> {
    network: &'a Network,
    settings: &'a Settings,
    shape: TableShape,
    total_weight: f64,
    parts: Vec<(Part, Rows)>,
    threads: usize,
    /// Questions until one of them is gone.
    patience: usize,
}

impl<'a> Here<'a> {
    fn new<T: Scalar>(network: &'a Network, settings: &'a Settings, rows: &Rows, workers: usize) -> Here<'a> {
        let all = rows.table.rows;
        let shards = worker::shards::<T>(network, all);
        let part = |number: usize| Part {
            rows: all,
            shards,
            from: shards * number / workers,
            to: shards * (number + 1) / workers,
        };
        let parts = (0..workers).map(part).filter(|part| part.from < part.to);
        Here {
            network,
            settings,
            shape: TableShape {
                rows: all,
                inputs: rows.table.inputs,
                targets: rows.table.outputs,
                offsets: rows.offsets.as_ref().map_or(0, |_| rows.table.outputs),
                case_weights: rows.weights.is_some(),
            },
            total_weight: rows
                .weights
                .as_ref()
                .map_or(all as f64, |weights| weights.iter().sum()),
            parts: parts.map(|part| (part, rows.part(part.range()))).collect(),
            threads: 1 + workers % 2,
            patience: usize::MAX,
        }
    }

    fn work(&self, part: Part) -> Work<'a> {
        Work {
            network: self.network,
            objective: &self.settings.objective,
            dropout: &self.settings.dropout,
            seed: self.settings.seed,
            counts_hits: self.settings.counts_hits,
            part,
        }
    }
}

impl<T: Scalar> Workers<T> for Here<'_> {
    fn shape(&self) -> TableShape {
        self.shape
    }

    fn total_weight(&self) -> f64 {
        self.total_weight
    }

    fn gradients(
        &mut self,
        parameters: &[T],
        question: &Question,
        take: &mut TakeGradient<'_, T>,
    ) -> Result<()> {
        self.patience -= 1;
        if self.patience == 0 {
            return Err(EngineError::Stream("worker 2 is gone".to_string()));
        }
        for (part, rows) in &self.parts {
            let inputs = rows.table.source();
            with_team(self.threads, |team| {
                let source = Source::Table(rows.data(&inputs));
                worker::gradients(&self.work(*part), source, parameters, question, team, take)
            })?;
        }
        Ok(())
    }

    fn totals(&mut self, parameters: &[T], chunk: usize, take: &mut TakeTotals<'_>) -> Result<()> {
        for (part, rows) in &self.parts {
            let inputs = rows.table.source();
            with_team(self.threads, |team| {
                let source = Source::Table(rows.data(&inputs));
                worker::totals(&self.work(*part), source, parameters, chunk, team, take)
            })?;
        }
        Ok(())
    }
}

fn alone<T: Scalar>(network: &Network, settings: &Settings, rows: &Rows, held: &Rows) -> Trained {
    let checked = settings.clone().check(network).unwrap();
    let (inputs, judging) = (rows.table.source(), held.table.source());
    with_team(2, |team| {
        let (data, validation) = (rows.data::<T>(&inputs), held.data(&judging));
        train(
            network,
            &checked,
            data,
            Some(validation),
            &start(network),
            team,
            &mut NoObserver,
        )
    })
    .unwrap()
}

/// The same by workers, who have the rows that judge, too, where these are many.
fn by_workers<T: Scalar>(
    network: &Network,
    settings: &Settings,
    rows: &Rows,
    held: &Rows,
    workers: usize,
    patience: usize,
) -> Result<Trained> {
    let checked = settings.clone().check(network).unwrap();
    let judging = held.table.source();
    let fitting = Here {
        patience,
        ..Here::new::<T>(network, settings, rows, workers)
    };
    let validation: Source<'_, T> = match worker::shards::<T>(network, held.table.rows) {
        1 => Source::Table(held.data(&judging)),
        _ => Source::Remote(Box::new(Here::new::<T>(network, settings, held, workers))),
    };
    with_team(1, |team| {
        let source = Source::Remote(Box::new(fitting));
        train_from(
            network,
            &checked,
            source,
            Some(validation),
            &start(network),
            team,
            &mut NoObserver,
        )
    })
}

fn alike(a: &Trained, b: &Trained, what: &str) {
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

fn methods() -> Vec<Method> {
    vec![
        Method::Rule(Optimizer::GradientDescent(GradientDescent)),
        Method::Rule(Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-6,
            decay: 0.02,
        })),
        Method::Rule(Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        })),
        Method::Lbfgs(Lbfgs {
            memory: 3,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        }),
    ]
}

fn network(sizes: &[usize]) -> Network {
    let hidden = vec![Activation::Tanh; sizes.len() - 2];
    Network::new(sizes, &hidden, Output::Sigmoid).unwrap()
}

fn plan(method: Method, rows: usize) -> Settings {
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    Settings {
        method,
        lr: 0.05,
        counts_hits: true,
        ..settings(objective, 3, rows)
    }
}

fn trains_the_same_bits<T: Scalar>() {
    let sizes = [20, 64, 32, 2];
    let network = network(&sizes);
    let (rows, held) = (
        Rows::new(1501, &sizes, true, true),
        Rows::new(700, &sizes, false, true),
    );
    assert_eq!(worker::shards::<T>(&network, 1501), 16);
    for (number, method) in methods().into_iter().enumerate() {
        let mut settings = plan(method, 1501);
        if number < 2 {
            settings.dropout = vec![0.2; 2];
            settings.penalty.strength = 0.01;
            settings.penalty.mixture = 0.4;
            settings.clip_norm = (number == 1).then_some(0.5);
        }
        if number == 2 {
            settings.stopping = Some(Stopping {
                patience: 1,
                tolerance: 0.0,
            });
        }
        let wanted = alone::<T>(&network, &settings, &rows, &held);
        for workers in [1, 2, 3, 4] {
            let found = by_workers::<T>(&network, &settings, &rows, &held, workers, usize::MAX).unwrap();
            alike(&found, &wanted, &format!("method {number}, {workers} workers"));
        }
    }
}

#[test]
fn workers_train_the_bits_of_one_process_in_double() {
    trains_the_same_bits::<f64>();
}

#[test]
fn workers_train_the_bits_of_one_process_in_single() {
    trains_the_same_bits::<f32>();
}

#[test]
fn batches_of_shares_of_shards_are_the_same_for_any_number_of_workers() {
    let sizes = [20, 64, 32, 2];
    let network = network(&sizes);
    let (rows, held) = (
        Rows::new(1501, &sizes, true, false),
        Rows::new(90, &sizes, true, false),
    );
    for method in &methods()[..2] {
        let mut settings = plan(*method, 400);
        settings.shuffle = Shuffle::Shards;
        settings.dropout = vec![0.1; 2];
        let wanted = alone::<f64>(&network, &settings, &rows, &held);
        for workers in [1, 2, 3, 4] {
            let found = by_workers::<f64>(&network, &settings, &rows, &held, workers, usize::MAX).unwrap();
            alike(&found, &wanted, &format!("{workers} workers"));
        }
        // Another order of rows than where all are shuffled together.
        settings.shuffle = Shuffle::All;
        assert_ne!(
            alone::<f64>(&network, &settings, &rows, &held).coefficients,
            wanted.coefficients
        );
    }
}

#[test]
fn large_networks_whose_shards_are_summed_in_order_are_the_same_for_any_number_of_workers() {
    // 271,201 parameters: the gradients of its shards would take more than is kept of them.
    let sizes = [450, 600, 1];
    let network = network(&sizes);
    let (rows, held) = (
        Rows::new(8192, &sizes, false, false),
        Rows::new(64, &sizes, false, false),
    );
    let shards = worker::shards::<f64>(&network, 8192);
    assert!(
        shards as f64 * network.parameter_count() * 8.0 > (8 << 20) as f64,
        "{shards} shards"
    );
    let settings = Settings {
        epochs: 1,
        ..plan(methods()[1], 8192)
    };
    let wanted = alone::<f64>(&network, &settings, &rows, &held);
    for workers in [1, 2] {
        let found = by_workers::<f64>(&network, &settings, &rows, &held, workers, usize::MAX).unwrap();
        alike(&found, &wanted, &format!("{workers} workers"));
    }
}

#[test]
fn a_worker_that_is_gone_leaves_the_model_of_the_last_epoch() {
    let sizes = [20, 64, 32, 2];
    let network = network(&sizes);
    let (rows, held) = (
        Rows::new(1501, &sizes, false, false),
        Rows::new(90, &sizes, false, false),
    );
    let settings = plan(methods()[0], 1501);
    let two = Settings {
        epochs: 2,
        ..settings.clone()
    };
    let wanted = alone::<f64>(&network, &two, &rows, &held);
    let found = by_workers::<f64>(&network, &settings, &rows, &held, 2, 3).unwrap();
    assert_eq!(found.ending, Ending::Failed);
    assert_eq!(
        found.failure,
        Some(EngineError::Stream("worker 2 is gone".to_string()))
    );
    assert_eq!(found.coefficients, wanted.coefficients);
    let at_once = by_workers::<f64>(&network, &settings, &rows, &held, 2, 1);
    assert_eq!(
        at_once.err(),
        Some(EngineError::Stream("worker 2 is gone".to_string()))
    );
}

#[test]
fn what_workers_cannot_do_is_refused() {
    let sizes = [20, 64, 32, 2];
    let network = network(&sizes);
    let (rows, held) = (
        Rows::new(1501, &sizes, false, false),
        Rows::new(90, &sizes, false, false),
    );
    for shuffle in [Shuffle::All, Shuffle::No] {
        let settings = Settings {
            shuffle,
            ..plan(methods()[0], 400)
        };
        let refused = by_workers::<f64>(&network, &settings, &rows, &held, 2, usize::MAX);
        assert!(matches!(refused, Err(EngineError::Config(words)) if words.starts_with("shuffle")));
    }
}
