//! What a training says that it needs is what it takes: estimates against measured peaks, for many
//! kinds of fits. A training that may not take so much is refused before it takes anything.

mod counting;

use backprop_bench::Workload;
use backprop_engine::base::memory::Budget;
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{ColumnMajor, RowSource, SparseRows};
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::init::{BiasInit, Draw, Init};
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::{Adam, GradientDescent, Momentum, Optimizer, RmsProp};
use backprop_engine::train::observer::{EpochView, NoObserver, Observer};
use backprop_engine::train::trace::Recorder;
use backprop_engine::{train, Ending, EngineError, Method, Origin, Result, Scalar, Start, Stopping, Trained};
use counting::{is_what_was_said, peak_of};

/// Wants to see steps, and does not look.
struct Watcher;
impl<T: Scalar> Observer<T> for Watcher {
    fn watches_steps(&self) -> bool {
        true
    }
}

/// Keeps the weights of every epoch.
#[derive(Default)]
struct Keeper(Vec<Coefficients>);
impl<T: Scalar> Observer<T> for Keeper {
    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        self.0.push(epoch.model.coefficients(epoch.network)?);
        Ok(true)
    }
}

/// Who watches a fit.
#[derive(Clone, Copy, PartialEq)]
enum Watched {
    ByNobody,
    /// Step by step, with nothing kept.
    Idly,
    /// Weights are kept after every epoch.
    ForSnapshots,
    /// So many steps are recorded.
    ForTrace(usize),
}

/// The same inputs with most numbers 0, column by column without the zeros.
struct Columns {
    starts: Vec<i32>,
    rows_of: Vec<i32>,
    numbers: Vec<f64>,
}

/// A kind of fit.
struct Kind {
    name: &'static str,
    workload: Workload,
    /// Inputs, where they are sparse.
    sparse: Option<Columns>,
    validation: Option<Workload>,
    case_weights: Option<Vec<f64>>,
    offsets: Option<Vec<f64>>,
    single: bool,
    watched: Watched,
    /// Whether it goes on from an earlier fit.
    goes_on: bool,
}

impl Kind {
    fn new(name: &'static str, workload: Workload) -> Kind {
        Kind {
            name,
            workload,
            sparse: None,
            validation: None,
            case_weights: None,
            offsets: None,
            single: false,
            watched: Watched::ByNobody,
            goes_on: false,
        }
    }

    /// Bytes that those who watch it are going to keep.
    fn kept(&self) -> f64 {
        let Workload {
            network, settings, ..
        } = &self.workload;
        match self.watched {
            Watched::ByNobody | Watched::Idly => 0.0,
            Watched::ForSnapshots => settings.epochs as f64 * Coefficients::bytes(network),
            Watched::ForTrace(steps) => {
                let rows = settings.batch_size.min(self.workload.rows);
                let slots = settings.method.slots_after(settings.epochs, 0);
                Recorder::<f64>::bytes(network, steps, rows, network.outputs(), slots)
            }
        }
    }

    fn single(self) -> Kind {
        Kind { single: true, ..self }
    }

    /// With one input in `every` rows of each column, and no dense ones.
    fn sparse(mut self, every: usize) -> Kind {
        let (rows, columns) = (self.workload.rows, self.workload.network.inputs());
        let mut found = Columns {
            starts: vec![0],
            rows_of: Vec::new(),
            numbers: Vec::new(),
        };
        for column in 0..columns {
            let rows_of = (column % every..rows).step_by(every);
            found.rows_of.extend(rows_of.map(|row| row as i32));
            found.numbers.resize(found.rows_of.len(), 1.0);
            found.starts.push(found.rows_of.len() as i32);
        }
        self.workload.x = Vec::new();
        self.sparse = Some(found);
        self
    }

    /// Makes the fit with as much memory as `limit` says, if it says so: what the caller does before
    /// is part of it.
    fn fit<T: Scalar>(
        &self,
        limit: Option<f64>,
        threads: usize,
        earlier: Option<&Trained>,
    ) -> Result<Trained> {
        let Workload { network, rows, .. } = &self.workload;
        let mut settings = self.workload.settings.clone();
        settings.budget = Budget {
            limit,
            extra: self.kept(),
            ..Budget::default()
        };
        let settings = settings.check(network)?;
        let start = match earlier {
            None => Start::new(Draw {
                weights: vec![Init::GlorotUniform; network.layers().len()],
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
        let (dense, sparse);
        let inputs: &dyn RowSource<T> = match &self.sparse {
            None => {
                dense = self.workload.source();
                &dense
            }
            Some(parts) => {
                let (starts, numbers) = (&parts.starts, &parts.numbers);
                sparse = SparseRows::from_columns(starts, &parts.rows_of, numbers, *rows, network.inputs())?;
                &sparse
            }
        };
        let data = Data {
            case_weights: self.case_weights.as_deref(),
            offsets: self
                .offsets
                .as_ref()
                .map(|offsets| ColumnMajor::new(offsets, *rows, network.outputs())),
            ..self.workload.data(inputs)
        };
        let held_out = self.validation.as_ref().map(|table| (table, table.source()));
        let validation = held_out.as_ref().map(|(table, source)| table.data::<T>(source));
        let (mut keeper, mut nobody, mut recorder);
        let observer: &mut dyn Observer<T> = match self.watched {
            Watched::ByNobody => &mut NoObserver,
            Watched::Idly => &mut Watcher,
            Watched::ForSnapshots => {
                keeper = Keeper::default();
                &mut keeper
            }
            Watched::ForTrace(steps) => {
                nobody = NoObserver;
                recorder = Recorder::new(steps, self.workload.settings.method, &mut nobody);
                &mut recorder
            }
        };
        with_team(threads, |team| {
            train(network, &settings, data, validation, &start, team, observer)
        })
    }

    /// The estimate and the measured peak, in bytes.
    fn compare<T: Scalar>(&self, threads: usize) -> (f64, f64) {
        let earlier = self
            .goes_on
            .then(|| self.fit::<T>(None, threads, None).expect("an earlier fit"));
        let earlier = earlier.as_ref();
        let (before, refused) = peak_of(|| self.fit::<T>(Some(1.0), threads, earlier).err());
        let Some(EngineError::Memory { needed, .. }) = refused else {
            panic!("{}: {refused:?}", self.name);
        };
        let (peak, trained) = peak_of(|| self.fit::<T>(Some(needed), threads, earlier).expect("a fit"));
        assert!(!matches!(trained.ending, Ending::Diverged(_)), "{}", self.name);
        if earlier.is_none() && self.sparse.is_none() {
            assert!(
                before < 1e5,
                "{}: {before} bytes before it was refused",
                self.name
            );
        }
        (needed, peak)
    }
}

fn kinds() -> Vec<Kind> {
    let mse = || Objective::new(Output::Linear, Loss::Mse).expect("an objective");
    let binary = || Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).expect("an objective");
    let classes = || Objective::new(Output::Softmax, Loss::CrossEntropy).expect("an objective");
    let descent = Optimizer::GradientDescent(GradientDescent);
    let adam = Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.0,
    });
    let momentum = Optimizer::Momentum(Momentum {
        momentum: 0.9,
        nesterov: false,
    });
    let rms_prop = Optimizer::RmsProp(RmsProp {
        rho: 0.9,
        epsilon: 1e-8,
    });
    let of = |rows: usize, sizes: &[usize], objective, optimizer, batch| {
        let mut workload = Workload::new(rows, sizes, Activation::Relu, objective, optimizer, batch);
        workload.settings.lr = 0.001;
        workload.settings.epochs = 2;
        workload
    };
    let lbfgs = |rows: usize, sizes: &[usize], memory, epochs| {
        let mut workload = of(rows, sizes, mse(), descent, rows);
        workload.settings.method = Method::Lbfgs(Lbfgs {
            memory,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        });
        workload.settings.lr = 1.0;
        workload.settings.epochs = epochs;
        workload
    };
    let stopping = |mut workload: Workload, epochs: usize, patience: usize| {
        workload.settings.epochs = epochs;
        workload.settings.stopping = Some(Stopping {
            patience,
            tolerance: 0.0,
        });
        workload
    };
    let mini_batch = || of(40_000, &[200, 64, 1], binary(), adam, 256);
    let sparse = |optimizer, batch| of(300_000, &[300, 4, 1], mse(), optimizer, batch);
    let mut dropping = of(500, &[400, 800, 400, 1], mse(), rms_prop, 64);
    dropping.settings.dropout = vec![0.2, 0.5];
    let mut heavy = of(500, &[400, 800, 400, 1], mse(), momentum, 64);
    heavy.settings.clip_norm = Some(1.0);
    heavy.settings.penalty = Penalty {
        strength: 1e-4,
        mixture: 0.5,
    };
    let mut gelu = of(30_000, &[50, 100, 100, 3], mse(), descent, 30_000);
    gelu.network = backprop_engine::Network::new(&[50, 100, 100, 3], &[Activation::Gelu; 2], Output::Linear)
        .expect("a network");
    let mut contradicting = of(200, &[500, 1000, 1], binary(), adam, 200);
    contradicting.y.iter_mut().for_each(|y| *y = 1.0 - *y);
    let weighed_rows = 100_000;
    vec![
        Kind::new("dense mini-batches, Adam", mini_batch()),
        Kind::new("dense mini-batches, Adam, single", mini_batch()).single(),
        Kind::new(
            "many rows on few parameters, full batch",
            of(100_000, &[20, 32, 1], binary(), descent, 100_000),
        ),
        Kind::new("slopes kept, full batch", gelu),
        Kind::new(
            "wide network, full batch",
            of(300, &[500, 2000, 10], mse(), descent, 300),
        ),
        Kind::new(
            "wide network, full batch, single",
            of(300, &[500, 2000, 10], mse(), descent, 300),
        )
        .single(),
        Kind::new("L-BFGS", lbfgs(200, &[300, 1000, 1], 8, 20)),
        Kind::new("L-BFGS, one iteration", lbfgs(200, &[300, 1000, 1], 8, 1)),
        Kind::new("L-BFGS, single", lbfgs(200, &[300, 1000, 1], 8, 20)).single(),
        Kind {
            goes_on: true,
            ..Kind::new("L-BFGS that goes on", lbfgs(200, &[300, 1000, 1], 8, 6))
        },
        Kind::new("sparse mini-batches", sparse(adam, 256)).sparse(100),
        Kind::new("sparse full batch", sparse(descent, 300_000)).sparse(100),
        Kind {
            validation: Some(contradicting),
            ..Kind::new(
                "validation rows, stopped early",
                stopping(of(200, &[500, 1000, 1], binary(), adam, 200), 100, 3),
            )
        },
        Kind::new(
            "early stopping that does not happen",
            stopping(of(200, &[500, 1000, 1], binary(), descent, 200), 5, 10),
        ),
        Kind::new("RMSprop with dropout", dropping),
        Kind::new("momentum, clipped and penalised", heavy),
        Kind::new("rows one by one", of(20_000, &[100, 20, 1], mse(), descent, 1)),
        Kind::new("ten classes", of(3000, &[784, 512, 10], classes(), adam, 128)),
        Kind {
            case_weights: Some((0..weighed_rows).map(|row| (row % 3) as f64 + 0.5).collect()),
            offsets: Some(vec![0.5; 2 * weighed_rows]),
            ..Kind::new(
                "case weights and offsets",
                of(weighed_rows, &[40, 60, 2], mse(), descent, weighed_rows),
            )
        },
        Kind::new(
            "large network, few rows",
            of(20, &[2000, 1500, 1], mse(), adam, 20),
        ),
        Kind::new(
            "narrow layers between wide ones",
            of(50, &[100_000, 1, 100_000, 2], mse(), descent, 10),
        ),
        Kind {
            goes_on: true,
            ..Kind::new("Adam that goes on", of(300, &[500, 1000, 1], mse(), adam, 32))
        },
        Kind {
            watched: Watched::Idly,
            ..Kind::new(
                "steps that are watched",
                of(5000, &[100, 200, 50, 1], mse(), adam, 5000),
            )
        },
        Kind {
            watched: Watched::ForSnapshots,
            ..Kind::new("weights kept after every epoch", {
                let mut workload = of(50, &[400, 800, 1], mse(), descent, 50);
                workload.settings.epochs = 30;
                workload
            })
        },
        Kind {
            watched: Watched::ForTrace(2),
            ..Kind::new(
                "recorded steps of many rows",
                of(5000, &[100, 200, 50, 1], mse(), descent, 5000),
            )
        },
        Kind {
            watched: Watched::ForTrace(6),
            ..Kind::new("recorded steps of many weights", {
                let mut workload = of(60, &[400, 800, 1], mse(), adam, 20);
                workload.settings.epochs = 3;
                workload
            })
        },
        Kind {
            watched: Watched::ForTrace(3),
            ..Kind::new(
                "recorded steps of L-BFGS, single",
                lbfgs(200, &[300, 1000, 1], 8, 3),
            )
            .single()
        },
        Kind::new("a long history", {
            let mut workload = of(4, &[3, 2, 1], mse(), descent, 4);
            workload.settings.epochs = 100_000;
            workload
        }),
    ]
}

/// One test, so that no other runs beside it and is counted too.
#[test]
fn a_training_takes_what_it_says_and_hardly_less() {
    let mut wrong = Vec::new();
    println!(
        "{:44}{:>8}{:>12}{:>12}{:>8}",
        "", "threads", "estimate", "measured", "ratio"
    );
    for kind in kinds() {
        for threads in [1, 2] {
            let (estimate, measured) = match kind.single {
                true => kind.compare::<f32>(threads),
                false => kind.compare::<f64>(threads),
            };
            let ratio = estimate / measured;
            let (name, mb) = (kind.name, 1e-6);
            println!(
                "{name:44}{threads:8}{:9.1} MB{:9.1} MB{ratio:8.3}",
                estimate * mb,
                measured * mb
            );
            if !is_what_was_said(estimate, measured, 1.3) {
                wrong.push((name, threads, ratio));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
