//! Claims about streams: rows that come once, in their order, train and judge like the same rows in memory.

use backprop_engine::base::threads::{with_team, with_team_asking};
use backprop_engine::compute::workspace::{Use, Workspace};
use backprop_engine::data::rows::{Chunk, ColumnMajor, RowSource, RowStream, Selection, TableShape};
use backprop_engine::data::{Data, Source};
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::metric::Metric;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{Adam, GradientDescent, Momentum, Optimizer, Rprop};
use backprop_engine::train::observer::{NoObserver, Observer};
use backprop_engine::train::trace::Recorder;
use backprop_engine::{
    evaluate, train, train_from, Ending, EngineError, Method, Network, Result, Scalar, Settings, Shuffle,
    Stopping, Trained,
};

use super::workloads::{coefficients, settings, start, table, Table};

/// What is wrong with a stream.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    /// In this pass it ends before this row.
    EndsAt(usize, usize),
    /// In this pass it fails at this row.
    FailsAt(usize, usize),
    /// The number in this pass, row and column is not finite; the columns are inputs, then targets.
    NotFinite(usize, usize, usize),
}

/// A table in memory that is read like a stream, and notes how.
struct Streamed<'a> {
    table: &'a Table,
    weights: Option<&'a [f64]>,
    offsets: Option<&'a [f64]>,
    labelled: bool,
    fault: Fault,
    next: usize,
    /// Passes that were begun; each read all rows of the one before.
    passes: usize,
}

impl<'a> Streamed<'a> {
    fn new(table: &'a Table, extras: &'a Extras) -> Streamed<'a> {
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
struct Extras {
    weights: Option<Vec<f64>>,
    offsets: Option<Vec<f64>>,
}

impl Extras {
    fn of(table: &Table, weights: bool, offsets: bool) -> Extras {
        Extras {
            weights: weights.then(|| (0..table.rows).map(|row| 0.3 + (row % 5) as f64 / 2.0).collect()),
            offsets: offsets.then(|| table.y.iter().map(|y| y * 0.7 - 0.2).collect()),
        }
    }

    fn data<'a, T: Scalar>(&'a self, table: &'a Table, inputs: &'a dyn RowSource<T>) -> Data<'a, T> {
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
struct Problem {
    network: Network,
    fitting: Table,
    held: Table,
    extras: Extras,
    held_extras: Extras,
}

impl Problem {
    fn new(sizes: &[usize], hidden: &[Activation], rows: usize, weights: bool, offsets: bool) -> Problem {
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

    fn settings(&self, method: Method, batch: usize) -> Settings {
        let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
        Settings {
            method,
            lr: 0.05,
            shuffle: Shuffle::No,
            counts_hits: true,
            ..settings(objective, 2, batch)
        }
    }

    fn train_in_memory<T: Scalar>(
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
    fn train_by_streams<T: Scalar>(
        &self,
        settings: &Settings,
        threads: usize,
        faults: [Fault; 2],
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
                Source::stream(&mut fitting),
                Some(Source::stream(&mut held)),
                &start(&self.network),
                team,
                observer,
            )
        });
        if trained.is_ok() {
            assert_eq!((fitting.next, held.next), (self.fitting.rows, self.held.rows));
        }
        (trained, [fitting.passes, held.passes])
    }
}

/// Coefficients, state, and all that was found on the way.
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

fn lbfgs() -> Method {
    Method::Lbfgs(Lbfgs {
        memory: 3,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    })
}

fn methods() -> Vec<Method> {
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

/// Small steps, panels, shards that fit a workspace, shards that do not, and rows that do not without shards.
fn problems() -> Vec<(Problem, Vec<usize>)> {
    let (tanh, gelu) = (Activation::Tanh, Activation::Gelu);
    vec![
        (
            Problem::new(&[5, 7, 2], &[tanh], 50, true, false),
            vec![1, 20, 50],
        ),
        (
            Problem::new(&[60, 19, 9, 2], &[gelu, tanh], 70, false, true),
            vec![25, 70],
        ),
        (
            Problem::new(&[20, 64, 32, 2], &[tanh, tanh], 600, true, true),
            vec![140, 600],
        ),
        (
            Problem::new(&[200, 96, 32, 2], &[tanh, tanh], 1200, true, false),
            vec![1200],
        ),
        (
            Problem::new(&[300, 900, 2], &[tanh], 270, false, false),
            vec![260],
        ),
    ]
}

fn trains_the_same_bits<T: Scalar>(threads: &[usize]) {
    for (problem, batches) in problems() {
        for (number, method) in methods().into_iter().enumerate() {
            if problem.fitting.inputs >= 200 && number % 2 == 1 {
                // What is large is tried with some of the methods.
                continue;
            }
            for &batch in &batches {
                let mut plan = problem.settings(method, batch);
                if number % 2 == 1 {
                    plan.penalty.strength = 0.01;
                    plan.penalty.mixture = 0.4;
                    plan.clip_norm = (method != lbfgs()).then_some(0.5);
                }
                if number == 2 {
                    plan.dropout = vec![0.2; problem.network.layers().len() - 1];
                    plan.stopping = Some(Stopping {
                        patience: 2,
                        tolerance: 0.0,
                    });
                }
                let wanted = problem.train_in_memory::<T>(&plan, 1, &mut NoObserver);
                assert_ne!(wanted.coefficients, coefficients(&problem.network));
                for &threads in threads {
                    let faults = [Fault::Nothing; 2];
                    let (found, passes) =
                        problem.train_by_streams::<T>(&plan, threads, faults, &mut NoObserver);
                    let sizes = problem.network.layers().len();
                    let what = format!("{sizes} layers, {method:?}, batches of {batch}, {threads} threads");
                    alike(&found.unwrap(), &wanted, &what);
                    // To begin with, each epoch or evaluation, and at the end.
                    assert_eq!(passes[1], 1 + wanted.history.len() + 1);
                    match method {
                        Method::Rule(_) => assert_eq!(passes[0], passes[1]),
                        Method::Lbfgs(_) => assert!(passes[0] > passes[1]),
                    }
                }
            }
        }
    }
}

#[test]
fn a_stream_trains_the_same_bits_as_its_rows_in_memory_in_double() {
    trains_the_same_bits::<f64>(&[1, 2, 3, 8]);
}

#[test]
fn a_stream_trains_the_same_bits_as_its_rows_in_memory_in_single() {
    trains_the_same_bits::<f32>(&[1, 3]);
}

#[test]
fn the_problems_have_rows_that_fit_a_workspace_and_rows_that_do_not() {
    let fit: Vec<bool> = problems()
        .iter()
        .map(|(problem, _)| {
            let rows = problem.fitting.rows;
            Workspace::<f64>::capacity_for(&problem.network, Use::Training, rows) == rows
        })
        .collect();
    assert_eq!(fit, [true, true, true, false, false]);
}

#[test]
fn a_measure_of_a_stream_is_that_of_its_rows() {
    let problem = Problem::new(&[5, 7, 1], &[Activation::Tanh], 60, true, false);
    let mut plan = problem.settings(lbfgs(), 60);
    for metric in [Metric::Brier, Metric::Accuracy] {
        plan.metric = Some(metric);
        let wanted = problem.train_in_memory::<f64>(&plan, 1, &mut NoObserver);
        assert!(wanted.history.iter().all(|end| end.metric.is_some()));
        let (found, _) = problem.train_by_streams::<f64>(&plan, 2, [Fault::Nothing; 2], &mut NoObserver);
        alike(&found.unwrap(), &wanted, "measured");
    }
}

#[test]
fn steps_of_a_stream_are_traced_like_those_of_its_rows() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Gelu], 50, true, true);
    for method in [methods()[2], lbfgs()] {
        let plan = problem.settings(method, 20);
        let traced = |streamed: bool| {
            let mut nobody = NoObserver;
            let mut recorder = Recorder::<f64>::new(10, method, &mut nobody);
            match streamed {
                false => drop(problem.train_in_memory(&plan, 2, &mut recorder)),
                true => {
                    let faults = [Fault::Nothing; 2];
                    let (trained, _) = problem.train_by_streams(&plan, 2, faults, &mut recorder);
                    trained.unwrap();
                }
            }
            format!("{:?}", recorder.steps)
        };
        assert_eq!(traced(true), traced(false));
    }
}

#[test]
fn a_stream_is_predicted_and_judged_like_its_rows() {
    for weights in [true, false] {
        let problem = Problem::new(&[30, 20, 2], &[Activation::Tanh], 20_000, weights, true);
        let (network, at) = (&problem.network, coefficients(&problem.network));
        let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
        let inputs = problem.fitting.source();
        let data = problem.extras.data::<f64>(&problem.fitting, &inputs);
        for threads in [1, 3] {
            with_team(threads, |team| {
                let (mut wanted, mut found) = (vec![0.0; 40_000], vec![0.0; 40_000]);
                evaluate::predict::<f64>(network, &at, &inputs, data.offsets, team, &mut wanted).unwrap();
                let mut stream = Streamed::new(&problem.fitting, &problem.extras);
                (stream.labelled, stream.weights) = (false, None);
                evaluate::predict_stream::<f64>(network, &at, &mut stream, team, &mut found).unwrap();
                assert_eq!(found, wanted);
                assert_eq!(stream.passes, 1);
                let wanted = evaluate::loss(network, &objective, &at, &data, team).unwrap();
                let mut stream = Streamed::new(&problem.fitting, &problem.extras);
                let mut source = Source::<f64>::stream(&mut stream);
                let found = evaluate::loss_on(network, &objective, &at, &mut source, team).unwrap();
                assert_eq!(found, wanted);
            });
        }
    }
}

#[test]
fn a_stream_that_ends_early_or_fails_is_an_error_in_whichever_pass() {
    for (problem, batch) in [
        (
            Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false),
            20,
        ),
        (
            Problem::new(&[200, 96, 32, 2], &[Activation::Tanh; 2], 1200, true, false),
            1200,
        ),
    ] {
        let (rows, held) = (problem.fitting.rows, problem.held.rows);
        for method in [methods()[1], lbfgs()] {
            let plan = problem.settings(method, batch);
            let failing = |faults| {
                problem
                    .train_by_streams::<f64>(&plan, 2, faults, &mut NoObserver)
                    .0
                    .err()
            };
            for pass in 1..=4 {
                for row in [0, 7, rows - 1] {
                    let ended = failing([Fault::EndsAt(pass, row), Fault::Nothing]);
                    let said = format!("{row} rows where {rows} were announced");
                    assert_eq!(ended, Some(EngineError::Stream(said)), "pass {pass}");
                    let failed = failing([Fault::FailsAt(pass, row), Fault::Nothing]);
                    let said = format!("row {row} is torn");
                    assert_eq!(failed, Some(EngineError::Stream(said)), "pass {pass}");
                }
                let ended = failing([Fault::Nothing, Fault::EndsAt(pass, held - 1)]);
                let said = format!("{} rows where {held} were announced", held - 1);
                assert_eq!(ended, Some(EngineError::Stream(said)), "pass {pass}");
                let wrong = failing([Fault::NotFinite(pass, rows / 2, 3), Fault::Nothing]);
                assert_eq!(wrong, Some(EngineError::NonFiniteInputs(vec![3])), "pass {pass}");
                let targets = problem.fitting.inputs + 1;
                let wrong = failing([Fault::NotFinite(pass, rows / 2, targets), Fault::Nothing]);
                assert_eq!(wrong, Some(EngineError::NonFiniteTargets(vec![1])), "pass {pass}");
            }
        }
    }
}

#[test]
fn weights_of_a_stream_are_weights() {
    let mut problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, true, false);
    let plan = problem.settings(lbfgs(), 50);
    for weights in [
        vec![0.0; 50],
        [&[1.0; 49][..], &[-1.0]].concat(),
        vec![f64::NAN; 50],
    ] {
        problem.extras.weights = Some(weights);
        let (refused, _) = problem.train_by_streams::<f64>(&plan, 1, [Fault::Nothing; 2], &mut NoObserver);
        assert!(matches!(refused, Err(EngineError::Config(said)) if said.starts_with("case weights")));
    }
}

/// An interrupt of the third pass.
struct Interrupting<'a>(Streamed<'a>);

impl RowStream<f64> for Interrupting<'_> {
    fn shape(&self) -> TableShape {
        RowStream::<f64>::shape(&self.0)
    }
    fn rewind(&mut self) -> Result<()> {
        RowStream::<f64>::rewind(&mut self.0)
    }
    fn next(&mut self, chunk: &mut Chunk<'_, f64>) -> Result<usize> {
        match self.0.passes {
            3 => Err(EngineError::Interrupted),
            _ => self.0.next(chunk),
        }
    }
}

#[test]
fn whoever_interrupts_while_a_stream_is_read_gets_the_model_so_far() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false);
    let plan = problem.settings(methods()[0], 20);
    let checked = plan.clone().check(&problem.network).unwrap();
    let stream = Interrupting(Streamed::new(&problem.fitting, &problem.extras));
    let trained = with_team_asking(
        1,
        || false,
        |team| {
            train_from(
                &problem.network,
                &checked,
                Source::stream(stream),
                None,
                &start(&problem.network),
                team,
                &mut NoObserver,
            )
        },
    )
    .unwrap();
    assert_eq!((trained.ending, trained.epochs_done), (Ending::Interrupted, 1));
    let one = Settings { epochs: 1, ..plan };
    let wanted = problem.train_in_memory::<f64>(&one, 1, &mut NoObserver);
    assert_eq!(trained.coefficients, wanted.coefficients);
}

#[test]
fn what_needs_rows_out_of_order_is_refused_of_a_stream() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false);
    let said = |plan: &Settings| match problem.train_by_streams::<f64>(
        plan,
        1,
        [Fault::Nothing; 2],
        &mut NoObserver,
    ) {
        (Err(EngineError::Config(said)), [0, 0]) => said,
        other => panic!("{other:?}"),
    };
    let mut plan = problem.settings(methods()[0], 20);
    plan.shuffle = Shuffle::All;
    assert!(said(&plan).starts_with("shuffle"));
    // All rows in each step are in no order.
    plan.batch_size = 50;
    let (trained, _) = problem.train_by_streams::<f64>(&plan, 1, [Fault::Nothing; 2], &mut NoObserver);
    assert!(trained.is_ok());
}

#[test]
fn a_stream_of_another_shape_is_refused() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false);
    let plan = problem.settings(methods()[0], 20);
    let checked = plan.check(&problem.network).unwrap();
    let (narrow, single, none) = (table(50, 4, 2), table(50, 5, 1), table(0, 5, 2));
    for other in [&narrow, &single, &none] {
        let extras = Extras::default();
        let stream = Streamed::new(other, &extras);
        let refused = with_team(1, |team| {
            train_from::<f64>(
                &problem.network,
                &checked,
                Source::stream(stream),
                None,
                &start(&problem.network),
                team,
                &mut NoObserver,
            )
        });
        assert!(matches!(refused, Err(EngineError::Config(_))));
    }
}
