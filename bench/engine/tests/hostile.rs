//! Whatever the engine is given through its public functions, it answers with a result that keeps its
//! invariants or with an error: it does not panic, run for ever, or take memory by a size that nobody
//! checked. 500 cases of each, the same in every run; `PROPTEST_CASES` asks for more, from another seed.

use backprop_engine::activation::Activation;
use backprop_engine::curvature::hessian;
use backprop_engine::data::Data;
use backprop_engine::init::{BiasInit, Draw, Init};
use backprop_engine::lbfgs::Lbfgs;
use backprop_engine::loss::{Loss, Objective, Output};
use backprop_engine::memory::Budget;
use backprop_engine::model::OptimizerState;
use backprop_engine::network::{Coefficients, Layout};
use backprop_engine::observer::NoObserver;
use backprop_engine::optimizer::{Adagrad, Adam, GradientDescent, Momentum, Optimizer, RmsProp, Rprop};
use backprop_engine::penalty::Penalty;
use backprop_engine::rows::{ColumnMajor, RowSource, Selection, SparseRows};
use backprop_engine::schedule::{Kind, Plateau, Schedule};
use backprop_engine::threads::{with_team, Team};
use backprop_engine::{
    evaluate, gradient, train, Best, EngineError, Method, Network, Origin, Outcome, Result, Scalar, Settings,
    Start, Stopping,
};
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(500),
        rng_seed: match asked {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(20_261),
        },
        failure_persistence: None,
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    }
}

/// Numbers as they come, and those that break things.
fn number() -> impl Strategy<Value = f64> {
    let breakers = vec![
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -0.0,
        f64::MIN_POSITIVE,
        f64::EPSILON,
        f64::MAX,
        f64::MIN,
        1e300,
        -1.0,
        1.0,
        1.0 + f64::EPSILON,
        1.0 - f64::EPSILON,
    ];
    prop_oneof![3 => 0.0..1.0, 1 => -1e3..1e3f64, 2 => prop::sample::select(breakers)]
}

/// Counts as they come, and those that break things.
fn count() -> impl Strategy<Value = usize> {
    let breakers = vec![
        0,
        1 << 16,
        i32::MAX as usize,
        u32::MAX as usize,
        1 << 40,
        (1 << 53) - 1,
        1 << 53,
        usize::MAX / 8,
        usize::MAX / 2 + 1,
        usize::MAX - 1,
        usize::MAX,
    ];
    prop_oneof![3 => 1..6usize, 1 => prop::sample::select(breakers)]
}

/// Mostly the right length, sometimes another.
fn about(right: usize) -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(right), 1 => 0..right + 3]
}

fn activation() -> impl Strategy<Value = Activation> {
    prop::sample::select(Activation::ALL.to_vec())
}

fn objective() -> impl Strategy<Value = Objective> {
    let outputs = vec![
        Output::Linear,
        Output::Sigmoid,
        Output::Exponential,
        Output::Softmax,
    ];
    let loss = prop_oneof![
        Just(Loss::Sse),
        Just(Loss::Mse),
        Just(Loss::Mae),
        number().prop_map(Loss::Huber),
        Just(Loss::BinaryCrossEntropy),
        Just(Loss::CrossEntropy),
        Just(Loss::Poisson),
        prop::collection::vec(number(), 0..4).prop_map(Loss::Quantile),
    ];
    (prop::sample::select(outputs), loss).prop_filter_map("a pair with meaning", |(output, loss)| {
        Objective::new(output, loss).ok()
    })
}

fn method() -> impl Strategy<Value = Method> {
    let knobs = (number(), number(), number(), number());
    let rule = (0..6usize, knobs, any::<bool>()).prop_map(|(which, (a, b, c, d), flag)| match which {
        0 => Optimizer::GradientDescent(GradientDescent),
        1 => Optimizer::Momentum(Momentum {
            momentum: a,
            nesterov: flag,
        }),
        2 => Optimizer::Adagrad(Adagrad { epsilon: a }),
        3 => Optimizer::RmsProp(RmsProp { rho: a, epsilon: b }),
        4 => Optimizer::Adam(Adam {
            beta1: a,
            beta2: b,
            epsilon: c,
            decay: d,
        }),
        _ => Optimizer::Rprop(Rprop {
            shrink: a,
            grow: b,
            smallest: c,
            largest: d,
        }),
    });
    let lbfgs =
        (0..200usize, number(), number()).prop_map(|(memory, gradient_tolerance, value_tolerance)| {
            Method::Lbfgs(Lbfgs {
                memory,
                gradient_tolerance,
                value_tolerance,
            })
        });
    prop_oneof![3 => rule.prop_map(Method::Rule), 1 => lbfgs]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let numbers = (number(), number(), number(), number());
    let kind =
        (0..6usize, numbers, any::<bool>(), count()).prop_map(
            |(which, (a, b, c, d), flag, whole)| match which {
                0 => Kind::Constant,
                1 => Kind::Step { factor: a, every: b },
                2 => Kind::Exponential { rate: a },
                3 => Kind::Cosine {
                    period: a,
                    floor: b,
                    restarts: flag,
                    growth: c,
                },
                4 => Kind::OneCycle {
                    total: a,
                    rise: b,
                    start: c,
                    floor: d,
                },
                _ => Kind::Plateau {
                    factor: a,
                    patience: whole,
                    tolerance: b,
                    floor: c,
                },
            },
        );
    let warmup = prop_oneof![2 => Just(0.0), 1 => number()];
    (kind, warmup).prop_map(|(kind, warmup)| Schedule { kind, warmup })
}

fn settings(hidden: usize) -> impl Strategy<Value = Settings> {
    let often = |value: f64| prop_oneof![3 => Just(value), 1 => number()];
    let of_loss = (objective(), method(), often(0.1), schedule());
    let of_rows = (0..4usize, count(), any::<bool>(), any::<u64>());
    let of_weights = (
        often(0.0),
        often(0.5),
        about(hidden).prop_flat_map(move |len| prop::collection::vec(often(0.0), len)),
        prop::option::of(often(1.0)),
    );
    let of_end = (
        prop::option::of((count(), number())),
        any::<bool>(),
        any::<bool>(),
    );
    (of_loss, of_rows, of_weights, of_end).prop_map(
        |(
            (objective, method, lr, schedule),
            (epochs, batch_size, shuffle, seed),
            (strength, mixture, dropout, clip_norm),
            (stopping, counts_hits, copies_outcome),
        )| Settings {
            objective,
            method,
            lr,
            schedule,
            epochs,
            batch_size,
            shuffle,
            seed,
            penalty: Penalty { strength, mixture },
            dropout,
            clip_norm,
            stopping: stopping.map(|(patience, tolerance)| Stopping { patience, tolerance }),
            counts_hits,
            budget: Budget {
                limit: Some(1e8),
                copies_outcome,
                ..Budget::default()
            },
        },
    )
}

/// A row source of any extents that takes no memory.
struct Zeros {
    rows: usize,
    columns: usize,
}

impl<T: Scalar> RowSource<T> for Zeros {
    fn rows(&self) -> usize {
        self.rows
    }
    fn columns(&self) -> usize {
        self.columns
    }
    fn non_finite_columns(&self, _: &Team) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }
    fn gather(&self, _: Selection<'_>, out: &mut [T]) {
        out.fill(T::zero());
    }
}

/// Parts of a table that mostly, but not always, belong together.
#[derive(Debug)]
struct Table {
    inputs: (usize, usize),
    outcomes: (usize, usize),
    offsets: Option<(usize, usize)>,
    weights: Option<Vec<f64>>,
    numbers: Vec<f64>,
}

fn table(rows: usize, inputs: usize, outputs: usize) -> impl Strategy<Value = Table> {
    let shape = (about(rows), about(inputs), about(rows), about(outputs));
    let offsets = prop::option::of((about(rows), about(outputs)));
    let weights = prop::option::of(
        about(rows)
            .prop_flat_map(|len| prop::collection::vec(prop_oneof![8 => 0.1..3.0, 1 => number()], len)),
    );
    let numbers = prop::collection::vec(prop_oneof![60 => 0.0..1.0, 1 => number()], 64);
    (shape, offsets, weights, numbers).prop_map(|((n, p, m, k), offsets, weights, numbers)| Table {
        inputs: (n, p),
        outcomes: (m, k),
        offsets,
        weights,
        numbers,
    })
}

impl Table {
    fn matrix(&self, (rows, columns): (usize, usize), first: usize) -> Vec<f64> {
        (first..first + rows * columns)
            .map(|i| self.numbers[i * 7 % 64])
            .collect()
    }

    /// Gives the table as data to `work`.
    fn with<T: Scalar, R>(&self, work: impl FnOnce(Data<'_, T>) -> R) -> R {
        let (x, y) = (self.matrix(self.inputs, 0), self.matrix(self.outcomes, 3));
        let shifts = self.offsets.map(|shape| (self.matrix(shape, 5), shape));
        let inputs = ColumnMajor::new(&x, self.inputs.0, self.inputs.1);
        work(Data {
            inputs: &inputs,
            outcomes: ColumnMajor::new(&y, self.outcomes.0, self.outcomes.1),
            case_weights: self.weights.as_deref(),
            offsets: shifts
                .as_ref()
                .map(|(numbers, (rows, columns))| ColumnMajor::new(numbers, *rows, *columns)),
        })
    }
}

/// Coefficients of the right shapes, or nearly.
fn coefficients(sizes: Vec<usize>) -> impl Strategy<Value = Coefficients> {
    let layers = about(sizes.len() - 1);
    let of_layer = move |layer: usize| {
        let layer = layer.min(sizes.len() - 2);
        (
            about(sizes[layer]),
            about(sizes[layer + 1]),
            about(sizes[layer + 1]),
            -2.0..2.0f64,
        )
    };
    let all = layers.prop_flat_map(move |count| (0..count).map(&of_layer).collect::<Vec<_>>());
    all.prop_map(|layers| Coefficients {
        weights: layers
            .iter()
            .map(|&(inputs, units, _, w)| {
                Array2::from_shape_fn((inputs, units), |(i, j)| w / (1.0 + i as f64 + j as f64))
            })
            .collect(),
        biases: layers
            .iter()
            .map(|&(_, _, units, w)| Array1::from_elem(units, w / 2.0))
            .collect(),
    })
}

fn start(sizes: Vec<usize>) -> impl Strategy<Value = Start> {
    let drawn = (about(sizes.len() - 1), any::<u64>()).prop_map(|(layers, seed)| {
        Origin::Drawn(Draw {
            weights: vec![Init::GlorotNormal; layers],
            biases: BiasInit::Uniform,
            seed,
        })
    });
    let given = coefficients(sizes.clone()).prop_map(Origin::Given);
    let slots = prop::collection::vec(coefficients(sizes.clone()), 0..4);
    let plateau =
        (number(), number(), count()).prop_map(|(factor, best, waited)| Plateau { factor, best, waited });
    let steps = prop_oneof![Just(0), Just(7), Just(u64::MAX), Just(u64::MAX - 1)];
    let state =
        (slots, plateau, steps, any::<u32>()).prop_map(|(slots, plateau, steps, format)| OptimizerState {
            format,
            steps,
            slots: slots.into_iter().map(|slot| ("slot".to_string(), slot)).collect(),
            plateau,
        });
    let best = (count(), number(), coefficients(sizes)).prop_map(|(epoch, loss, coefficients)| Best {
        epoch,
        loss,
        coefficients,
    });
    (
        prop_oneof![drawn, given],
        prop_oneof![2 => Just(None), 1 => state.prop_map(Some)],
        prop_oneof![3 => Just(0), 1 => count()],
        prop_oneof![3 => Just(None), 1 => best.prop_map(Some)],
    )
        .prop_map(|(coefficients, state, epochs_done, best)| Start {
            coefficients,
            state,
            epochs_done,
            best,
        })
}

/// Weights are finite and of the network's shapes, and so are the curves.
fn keeps_its_invariants(network: &Network, settings: &Settings, start: &Start, outcome: &Outcome) {
    outcome.coefficients.check(network).expect("the network's shapes");
    let all = |at: &Coefficients| {
        at.weights
            .iter()
            .flatten()
            .chain(at.biases.iter().flatten())
            .all(|w| w.is_finite())
    };
    assert!(
        all(&outcome.coefficients),
        "weights that are not finite: {:?}",
        outcome.ending
    );
    assert!(outcome.losses().iter().all(|loss| loss.is_finite()));
    assert!(outcome.history.len() <= settings.epochs);
    assert_eq!(
        outcome.epochs_done,
        start.epochs_done.saturating_add(outcome.history.len())
    );
    for (_, slot) in &outcome.state.slots {
        slot.check(network).expect("the network's shapes");
    }
}

fn trained<T: Scalar>(
    network: &Network,
    settings: &Settings,
    start: &Start,
    table: &Table,
    held_out: Option<&Table>,
    threads: usize,
) {
    let Ok(checked) = settings.clone().check(network) else {
        return;
    };
    let fit = |data: Data<'_, T>, validation: Option<Data<'_, T>>| {
        with_team(threads, |team| {
            train(network, &checked, data, validation, start, team, &mut NoObserver)
        })
    };
    let answer = table.with(|data| match held_out {
        Some(table) => table.with(|held_out| fit(data, Some(held_out))),
        None => fit(data, None),
    });
    match answer {
        Ok(outcome) => keeps_its_invariants(network, settings, start, &outcome),
        Err(EngineError::Panic(message)) => panic!("a panic inside: {message}"),
        Err(_) => {}
    }
}

fn outputs_for(objective: &Objective) -> usize {
    match objective.loss() {
        Loss::Quantile(taus) => taus.len().max(1),
        Loss::CrossEntropy => 3,
        _ => 2,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn networks_of_any_sizes_are_made_or_refused(
        sizes in prop::collection::vec(count(), 0..7),
        hidden in prop::collection::vec(activation(), 0..7),
        single in any::<bool>(),
    ) {
        let hidden = if hidden.len() % 3 == 0 { hidden } else { vec![Activation::Tanh; sizes.len().saturating_sub(2)] };
        let Ok(network) = Network::new(&sizes, &hidden, Output::Linear) else {
            return Ok(());
        };
        prop_assert!(network.parameter_count().is_finite());
        prop_assert!(Layout::of::<f64>(&network).len > 0 && Layout::of::<f32>(&network).len > 0);
        // A training that may take 10 MB: made, or refused by its size, whatever that is.
        if network.outputs() > 1000 {
            return Ok(());
        }
        let settings = Settings {
            objective: Objective::new(Output::Linear, Loss::Mse).expect("a pair with meaning"),
            method: Method::Rule(Optimizer::GradientDescent(GradientDescent)),
            lr: 0.01,
            schedule: Schedule::CONSTANT,
            epochs: 1,
            batch_size: 1,
            shuffle: true,
            seed: 1,
            penalty: Penalty::NONE,
            dropout: Vec::new(),
            clip_norm: None,
            stopping: None,
            counts_hits: false,
            budget: Budget { limit: Some(1e7), ..Budget::default() },
        };
        let checked = settings.check(&network).expect("settings that fit");
        let start = Start::new(Draw {
            weights: vec![Init::HeNormal; network.layers().len()],
            biases: BiasInit::Zeros,
            seed: 1,
        });
        let inputs = Zeros { rows: 2, columns: network.inputs() };
        let y = vec![0.5; 2 * network.outputs()];
        let fit = |team: &Team| {
            fn data<'a, T: Scalar>(inputs: &'a Zeros, y: &'a [f64]) -> Data<'a, T> {
                Data { inputs, outcomes: ColumnMajor::new(y, 2, y.len() / 2), case_weights: None, offsets: None }
            }
            match single {
                true => train::<f32>(&network, &checked, data(&inputs, &y), None, &start, team, &mut NoObserver),
                false => train::<f64>(&network, &checked, data(&inputs, &y), None, &start, team, &mut NoObserver),
            }
        };
        match with_team(1, fit) {
            Ok(outcome) => prop_assert!(outcome.coefficients.check(&network).is_ok()),
            Err(error) => prop_assert!(matches!(error, EngineError::Memory { .. }), "{:?}", error),
        }
    }

    #[test]
    fn settings_of_any_numbers_train_or_are_refused(
        (settings, hidden, table, held_out) in (settings(1), activation()).prop_flat_map(|(settings, hidden)| {
            let k = settings.objective.outcomes_per_row(outputs_for(&settings.objective));
            (Just(settings), Just(hidden), table(6, 2, k), prop::option::of(table(4, 2, k)))
        }),
        single in any::<bool>(),
        threads in 1..3usize,
    ) {
        let outputs = outputs_for(&settings.objective);
        let network = Network::new(&[2, 3, outputs], &[hidden], settings.objective.output()).expect("a network");
        let start = Start::new(Draw { weights: vec![Init::GlorotNormal; 2], biases: BiasInit::Zeros, seed: 3 });
        match single {
            true => trained::<f32>(&network, &settings, &start, &table, held_out.as_ref(), threads),
            false => trained::<f64>(&network, &settings, &start, &table, held_out.as_ref(), threads),
        }
    }

    #[test]
    fn starts_of_any_shapes_go_on_or_are_refused(
        start in start(vec![2, 3, 2]),
        method in method(),
        table in table(6, 2, 2),
        epochs in 0..3usize,
    ) {
        let network = Network::new(&[2, 3, 2], &[Activation::Tanh], Output::Linear).expect("a network");
        let settings = Settings {
            objective: Objective::new(Output::Linear, Loss::Mse).expect("a pair with meaning"),
            method,
            lr: 0.1,
            schedule: Schedule {
                kind: Kind::Plateau { factor: 0.5, patience: 1, tolerance: 0.0, floor: 0.0 },
                warmup: 0.0,
            },
            epochs,
            batch_size: 3,
            shuffle: true,
            seed: 1,
            penalty: Penalty::NONE,
            dropout: Vec::new(),
            clip_norm: None,
            stopping: Some(Stopping { patience: 2, tolerance: 0.0 }),
            counts_hits: true,
            budget: Budget { limit: Some(1e8), ..Budget::default() },
        };
        trained::<f64>(&network, &settings, &start, &table, None, 1);
    }

    #[test]
    fn tables_of_any_shapes_are_judged_or_refused(
        (objective, table) in objective().prop_flat_map(|objective| {
            let k = objective.outcomes_per_row(outputs_for(&objective));
            (Just(objective), table(5, 3, k))
        }),
        (hidden, at_layers) in (activation(), about(2)),
        strength in number(),
        length in about(10),
    ) {
        let outputs = outputs_for(&objective);
        let network = Network::new(&[3, 2, outputs], &[hidden], objective.output()).expect("a network");
        let mut at = Coefficients::zeros(&network);
        at.weights.iter_mut().flatten().enumerate().for_each(|(i, w)| *w = (i as f64).sin());
        at.weights.truncate(at_layers);
        let penalty = Penalty { strength, mixture: 0.5 };
        let cols = network.outputs();
        table.with::<f64, _>(|data| with_team(2, |team| {
            let no_panic = |error: EngineError| assert!(!matches!(error, EngineError::Panic(_)), "{error:?}");
            match gradient(&network, &objective, penalty, data, &at, team) {
                Ok((_, slopes)) => slopes.check(&network).expect("the network's shapes"),
                Err(error) => no_panic(error),
            }
            match hessian(&network, &objective, penalty, data, &at, team) {
                Ok(matrix) => assert_eq!(matrix.dim().0 as f64, network.parameter_count()),
                Err(error) => no_panic(error),
            }
            if let Err(error) = evaluate::loss(&network, &objective, &at, &data, team) {
                no_panic(error);
            }
            let mut out = vec![0.0; length / 2 * cols];
            let answer = evaluate::predict(&network, &at, data.inputs, data.offsets, team, &mut out, &mut || false);
            match answer {
                Ok(interrupted) => {
                    assert!(!interrupted && out.len() == data.rows() * cols);
                    assert!(out.iter().all(|p| !p.is_nan()));
                }
                Err(error) => no_panic(error),
            }
        }));
    }

    #[test]
    fn sparse_matrices_of_any_parts_give_rows_or_are_refused(
        (rows, columns) in (0..6usize, 0..6usize),
        valid in any::<bool>(),
        starts in prop::collection::vec(prop_oneof![8 => 0..8i32, 1 => any::<i32>()], 0..8),
        rows_of in prop::collection::vec(prop_oneof![8 => 0..6i32, 1 => any::<i32>()], 0..8),
        numbers in prop::collection::vec(number(), 0..8),
    ) {
        let (mut starts, mut rows_of) = (starts, rows_of);
        if valid {
            // The likes of a matrix: starts that rise from 0 to the end, and rows that may be there.
            rows_of.resize(numbers.len(), 0);
            starts.resize(columns + 1, 0);
            let last = numbers.len() as i32;
            starts.iter_mut().for_each(|start| *start = (*start).clamp(0, last));
            starts.sort_unstable();
            starts[0] = 0;
            starts[columns] = last;
        }
        let Ok(sparse) = SparseRows::from_columns(&starts, &rows_of, &numbers, rows, columns) else {
            return Ok(());
        };
        let source: &dyn RowSource<f64> = &sparse;
        prop_assert_eq!((source.rows(), source.columns()), (rows, columns));
        let mut out = vec![7.0; rows * columns];
        if columns > 0 {
            source.gather(Selection::Range(0..rows), &mut out);
        }
        prop_assert!(out.iter().all(|&x| x == 0.0 || numbers.iter().any(|&n| n.to_bits() == x.to_bits())));
        let found = with_team(1, |team| source.non_finite_columns(team)).expect("columns");
        prop_assert!(found.iter().all(|&column| column < columns));
    }

    #[test]
    fn sparse_matrices_of_any_size_are_counted_before_they_are_made(rows in count(), columns in count()) {
        // Nothing stored: only the rows take memory. What this machine may have is left out.
        prop_assume!(!(1 << 20..1 << 40).contains(&rows));
        let answer = SparseRows::from_columns(&[0], &[], &[], rows, columns);
        prop_assert!(answer.is_err() || columns == 0);
    }

    #[test]
    fn schedules_of_any_numbers_give_shares_or_are_refused(
        schedule in schedule(),
        epoch in prop_oneof![(0..100usize).prop_map(|epoch| epoch as f64 + 0.25), Just(1e9), Just(1e18)],
        losses in prop::collection::vec(number(), 0..10),
    ) {
        if schedule.check().is_err() {
            return Ok(());
        }
        let mut plateau = Plateau::START;
        for loss in losses {
            schedule.observe(loss, &mut plateau);
            let factor = schedule.factor(epoch, &plateau);
            prop_assert!((0.0..=1.0).contains(&factor), "{}", factor);
        }
    }
}
