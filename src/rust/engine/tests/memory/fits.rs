//! Claims about whole fits: what they say that they need is what they take, and hardly less.

use backprop_engine::base::memory::Budget;
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{Chunk, ColumnMajor, RowSource, RowStream, SparseRows, TableShape};
use backprop_engine::data::{Data, Source};
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{BiasInit, Draw, Init};
use backprop_engine::objective::metric::Metric;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::schedule::Schedule;
use backprop_engine::optim::Optimizer;
use backprop_engine::train::observer::{NoObserver, Observer};
use backprop_engine::Shuffle;
use backprop_engine::{
    train, train_from, Ending, EngineError, Method, Network, Origin, Scalar, Settings, Start, Stopping,
    Trained,
};

use super::{adam, alone, many_kinds, network, peak_of, DESCENT};

/// A kind of fit.
struct Kind {
    network: Network,
    settings: Settings,
    rows: usize,
    validation_rows: usize,
    sparse: bool,
    streamed: bool,
    case_weights: bool,
    watched: bool,
    goes_on: bool,
    threads: usize,
}

/// Wants to see steps, and does not look.
struct Watcher;
impl<T: Scalar> Observer<T> for Watcher {
    fn watches_steps(&self) -> bool {
        true
    }
}

/// Rows of zeros that come from a stream, with as many targets and weights.
struct Zeros(TableShape, usize);
impl<T: Scalar> RowStream<T> for Zeros {
    fn shape(&self) -> TableShape {
        self.0
    }
    fn rewind(&mut self) -> Result<(), EngineError> {
        self.1 = 0;
        Ok(())
    }
    fn next(&mut self, chunk: &mut Chunk<'_, T>) -> Result<usize, EngineError> {
        chunk.inputs.fill(T::zero());
        chunk.targets.fill(T::one());
        chunk.case_weights.fill(2.0);
        self.1 += chunk.rows;
        Ok(chunk.rows)
    }
}

impl Kind {
    fn new(rows: usize, sizes: &[usize], rule: Optimizer, batch_size: usize) -> Kind {
        Kind {
            network: network(sizes, Activation::Relu, Output::Linear),
            settings: Settings {
                objective: Objective::new(Output::Linear, Loss::Mse).unwrap(),
                method: Method::Rule(rule),
                lr: 1e-4,
                schedule: Schedule::CONSTANT,
                epochs: 2,
                batch_size,
                shuffle: Shuffle::All,
                seed: 1,
                penalty: Penalty::NONE,
                dropout: Vec::new(),
                clip_norm: None,
                stopping: None,
                counts_hits: false,
                deadline: None,
                metric: None,
                decay_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
                dropout_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
                budget: Budget::default(),
            },
            rows,
            validation_rows: 0,
            sparse: false,
            streamed: false,
            case_weights: false,
            watched: false,
            goes_on: false,
            threads: 2,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Kind)) -> Kind {
        change(&mut self);
        self
    }

    /// Makes the fit with as much memory as `limit` says, if it says so. Gives the peak too.
    fn fit<T: Scalar>(
        &self,
        limit: Option<f64>,
        earlier: Option<&Trained>,
    ) -> (f64, Result<Trained, EngineError>) {
        let (network, rows, inputs) = (&self.network, self.rows, self.network.inputs());
        let numbers = |count: usize| -> Vec<f64> { (0..count).map(|i| (i % 7) as f64 / 7.0).collect() };
        let table = |rows: usize| (numbers(rows * inputs), numbers(rows * network.outputs()));
        let ((x, y), (held_x, held_y)) = (table(rows), table(self.validation_rows));
        let weights = self.case_weights.then(|| vec![2.0; rows]);
        let dense = ColumnMajor::new(&x, rows, inputs);
        // A tenth of each column.
        let starts: Vec<i32> = (0..=inputs).map(|column| (column * (rows / 10)) as i32).collect();
        let rows_of: Vec<i32> = (0..inputs * (rows / 10))
            .map(|position| (position % rows) as i32)
            .collect();
        let held = ColumnMajor::new(&held_x, self.validation_rows, inputs);
        peak_of(|| {
            let mut settings = self.settings.clone();
            settings.budget.limit = limit;
            let checked = settings.check(network)?;
            let start = match earlier {
                None => Start::new(Draw {
                    weights: vec![Init::HeUniform; network.layers().len()],
                    biases: BiasInit::Zeros,
                    seed: 5,
                    ancillary: Vec::new(),
                }),
                Some(earlier) => Start {
                    coefficients: Origin::Given(earlier.coefficients.clone()),
                    state: Some(earlier.state.clone()),
                    epochs_done: earlier.epochs_done,
                    best: earlier.best.clone(),
                },
            };
            let sparse;
            let source: &dyn RowSource<T> = match self.sparse {
                true => {
                    let parts = (&starts, &rows_of, &x[..rows_of.len()]);
                    sparse = SparseRows::from_columns(parts.0, parts.1, parts.2, rows, inputs)?;
                    &sparse
                }
                false => &dense,
            };
            let validation = (self.validation_rows > 0).then_some(Data {
                inputs: &held as &dyn RowSource<T>,
                targets: ColumnMajor::new(&held_y, self.validation_rows, network.outputs()),
                case_weights: None,
                offsets: None,
            });
            let data = Data {
                inputs: source,
                targets: ColumnMajor::new(&y, rows, network.outputs()),
                case_weights: weights.as_deref(),
                offsets: None,
            };
            let observer: &mut dyn Observer<T> = if self.watched {
                &mut Watcher
            } else {
                &mut NoObserver
            };
            let stream = |rows: usize, case_weights: bool| {
                let shape = TableShape {
                    rows,
                    inputs,
                    targets: network.outputs(),
                    offsets: 0,
                    case_weights,
                };
                // A buffer for a part of the rows, which is taken where they are shuffled.
                Source::shuffled_stream(Zeros(shape, 0), 1e6)
            };
            with_team(self.threads, |team| match self.streamed {
                false => train(network, &checked, data, validation, &start, team, observer),
                true => {
                    let judging = self.validation_rows;
                    let validation = (judging > 0).then(|| stream(judging, false));
                    let data = stream(rows, self.case_weights);
                    train_from(network, &checked, data, validation, &start, team, observer)
                }
            })
        })
    }

    /// The bytes that the fit says it needs, and the most that it takes.
    fn compared<T: Scalar>(&self) -> (f64, f64) {
        let earlier = self.goes_on.then(|| self.fit::<T>(None, None).1.unwrap());
        let said = match self.fit::<T>(Some(1.0), earlier.as_ref()) {
            (_, Err(EngineError::Memory { needed, .. })) => needed,
            (_, other) => panic!("{other:?}"),
        };
        let (peak, trained) = self.fit::<T>(Some(said), earlier.as_ref());
        assert!(!matches!(trained.unwrap().ending, Ending::Diverged(_)));
        let less = self.fit::<T>(Some(said - 1.0), earlier.as_ref()).1;
        assert!(
            matches!(less, Err(EngineError::Memory { .. })),
            "a byte less is too little"
        );
        (said, peak)
    }
}

fn lbfgs(memory: usize) -> Method {
    Method::Lbfgs(Lbfgs {
        memory,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    })
}

/// Kinds of fits, in each of which something else takes the most.
fn kinds() -> Vec<(&'static str, Kind)> {
    let wide = || Kind::new(30, &[300, 400, 1], DESCENT, 30);
    let by_lbfgs = |memory, epochs| {
        wide().with(|kind| {
            kind.settings.method = lbfgs(memory);
            kind.settings.epochs = epochs;
        })
    };
    let stopping = |patience, epochs| {
        wide().with(|kind| {
            kind.settings.epochs = epochs;
            kind.settings.stopping = Some(Stopping {
                patience,
                tolerance: 0.0,
            });
        })
    };
    vec![
        (
            "a copy to be shuffled",
            Kind::new(4000, &[100, 3, 1], DESCENT, 32),
        ),
        ("an order of rows", Kind::new(100_000, &[1, 1], DESCENT, 50_000)),
        (
            "no copy of all rows",
            Kind::new(4000, &[100, 3, 1], DESCENT, 4000),
        ),
        ("shards", Kind::new(30_000, &[20, 32, 1], DESCENT, 30_000)),
        ("weights", wide()),
        (
            "weights with two numbers each",
            Kind::new(30, &[300, 400, 1], adam(), 30),
        ),
        ("weights with two numbers each that go on", {
            Kind::new(30, &[300, 400, 1], adam(), 30).with(|kind| kind.goes_on = true)
        }),
        (
            "transposed weights",
            Kind::new(12, &[2, 500, 500, 1], DESCENT, 12),
        ),
        ("L-BFGS", by_lbfgs(4, 8)),
        ("L-BFGS of few iterations", by_lbfgs(10, 2)),
        ("L-BFGS of one iteration", by_lbfgs(10, 1)),
        (
            "L-BFGS that goes on",
            by_lbfgs(4, 3).with(|kind| kind.goes_on = true),
        ),
        ("the best weights", stopping(10, 3)),
        (
            "the best weights that go on",
            stopping(10, 3).with(|kind| kind.goes_on = true),
        ),
        (
            "validation rows",
            stopping(1, 5).with(|kind| kind.validation_rows = 50),
        ),
        ("losses of wide outputs", {
            Kind::new(200, &[1, 2000], DESCENT, 12).with(|kind| kind.validation_rows = 200)
        }),
        (
            "sparse rows",
            Kind::new(20_000, &[50, 2, 1], DESCENT, 64).with(|kind| kind.sparse = true),
        ),
        ("weighed rows", {
            Kind::new(20_000, &[2, 1], DESCENT, 20_000).with(|kind| kind.case_weights = true)
        }),
        (
            "watched steps",
            Kind::new(3000, &[10, 40, 40, 1], DESCENT, 3000).with(|kind| kind.watched = true),
        ),
        (
            "a clipped gradient",
            wide().with(|kind| kind.settings.clip_norm = Some(1.0)),
        ),
        ("a stream in batches", {
            Kind::new(4000, &[100, 30, 1], DESCENT, 500).with(|kind| {
                kind.streamed = true;
                kind.settings.shuffle = Shuffle::No;
                kind.validation_rows = 500;
            })
        }),
        ("a stream that is shuffled", {
            Kind::new(4000, &[100, 30, 1], adam(), 500).with(|kind| {
                kind.streamed = true;
                kind.case_weights = true;
            })
        }),
        ("a stream in shards that do not fit", {
            Kind::new(100_000, &[20, 32, 1], adam(), 100_000).with(|kind| {
                kind.streamed = true;
                kind.case_weights = true;
            })
        }),
        ("rows that are measured", {
            Kind::new(2000, &[3, 1], DESCENT, 2000).with(|kind| {
                kind.validation_rows = 30_000;
                kind.settings.metric = Some(Metric::Rmse);
            })
        }),
        ("a stream that is measured", {
            Kind::new(2000, &[3, 1], DESCENT, 2000).with(|kind| {
                kind.streamed = true;
                kind.validation_rows = 30_000;
                kind.settings.metric = Some(Metric::Rmse);
            })
        }),
        ("a long history", {
            Kind::new(4, &[3, 2, 1], DESCENT, 4).with(|kind| {
                kind.settings.epochs = 20_000;
                kind.threads = 1;
            })
        }),
        (
            "layers of many kinds, shuffled",
            Kind::new(4000, &[100, 1], adam(), 500).with(|kind| kind.network = many_kinds(100)),
        ),
        (
            "members of all rows in shards",
            Kind::new(30_000, &[10, 1], adam(), 30_000).with(|kind| kind.network = many_kinds(10)),
        ),
        (
            "members that are watched and judged",
            Kind::new(600, &[40, 1], DESCENT, 600).with(|kind| {
                kind.network = many_kinds(40);
                kind.watched = true;
                kind.validation_rows = 300;
            }),
        ),
        (
            "L-BFGS of layers of many kinds",
            Kind::new(100, &[200, 1], DESCENT, 100).with(|kind| {
                kind.network = many_kinds(200);
                kind.settings.method = lbfgs(4);
                kind.settings.epochs = 6;
            }),
        ),
        ("a history that fits the first room", {
            Kind::new(4, &[3, 2, 1], DESCENT, 4).with(|kind| {
                kind.settings.epochs = 3_000;
                kind.threads = 1;
            })
        }),
    ]
}

fn fits_take_what_they_say<T: Scalar>() {
    let _alone = alone();
    let mut wrong = Vec::new();
    for (name, kind) in kinds() {
        let (said, took) = kind.compared::<T>();

        // What is small is charged by the lump.
        let lumps = 16384.0 + 1024.0 * kind.network.layers().len() as f64;
        if !(took <= said && said - lumps <= 1.15 * took) {
            wrong.push((name, said, took, (said - lumps) / took));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn fits_take_what_they_say_in_double() {
    fits_take_what_they_say::<f64>();
}

#[test]
fn fits_take_what_they_say_in_single() {
    fits_take_what_they_say::<f32>();
}
