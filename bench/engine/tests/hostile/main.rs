//! Whatever the engine is given through its public functions, it answers with a result that keeps its
//! invariants or with an error: it does not panic, run for ever, or take memory by a size that nobody
//! checked. 500 cases of each, the same in every run; `PROPTEST_CASES` asks for more, from another seed.

mod strategies;

use backprop_engine::base::memory::Budget;
use backprop_engine::base::threads::{with_team, Team};
use backprop_engine::compute::hessian::hessian;
use backprop_engine::data::rows::{ColumnMajor, RowSource, Selection, SparseRows};
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::init::{BiasInit, Draw, Init};
use backprop_engine::nn::layout::Layout;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::schedule::{Kind, Plateau, Schedule};
use backprop_engine::optim::{GradientDescent, Optimizer};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{
    evaluate, gradient, train, EngineError, Method, Network, Scalar, Settings, Shuffle, Start, Stopping,
    Trained,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use strategies::*;

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

/// Weights are finite and of the network's shapes, and so are the curves.
fn keeps_its_invariants(network: &Network, settings: &Settings, start: &Start, trained: &Trained) {
    trained.coefficients.check(network).expect("the network's shapes");
    let all = |at: &Coefficients| {
        at.weights
            .iter()
            .flatten()
            .chain(at.biases.iter().flatten())
            .all(|w| w.is_finite())
    };
    assert!(
        all(&trained.coefficients),
        "weights that are not finite: {:?}",
        trained.ending
    );
    assert!(trained.losses().iter().all(|loss| loss.is_finite()));
    assert!(trained.history.len() <= settings.epochs);
    assert_eq!(
        trained.epochs_done,
        start.epochs_done.saturating_add(trained.history.len())
    );
    for (_, slot) in &trained.state.slots {
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
        Ok(trained) => keeps_its_invariants(network, settings, start, &trained),
        Err(EngineError::Panic(message)) => panic!("a panic inside: {message}"),
        Err(_) => {}
    }
}

fn outputs_for(objective: &Objective) -> usize {
    match objective.loss() {
        Loss::Quantile(taus) => taus.len().max(1),
        Loss::CrossEntropy => 3,
        loss if loss.fits(2) => 2,
        _ => 1,
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
            budget: Budget { limit: Some(1e7), ..Budget::default() },
        };
        let checked = settings.check(&network).expect("settings that fit");
        let start = Start::new(Draw { ancillary: Vec::new(),
            weights: vec![Init::HeNormal; network.layers().len()],
            biases: BiasInit::Zeros,
            seed: 1,
        });
        let inputs = Zeros { rows: 2, columns: network.inputs() };
        let y = vec![0.5; 2 * network.outputs()];
        let fit = |team: &Team| {
            fn data<'a, T: Scalar>(inputs: &'a Zeros, y: &'a [f64]) -> Data<'a, T> {
                Data { inputs, targets: ColumnMajor::new(y, 2, y.len() / 2), case_weights: None, offsets: None }
            }
            match single {
                true => train::<f32>(&network, &checked, data(&inputs, &y), None, &start, team, &mut NoObserver),
                false => train::<f64>(&network, &checked, data(&inputs, &y), None, &start, team, &mut NoObserver),
            }
        };
        match with_team(1, fit) {
            Ok(trained) => prop_assert!(trained.coefficients.check(&network).is_ok()),
            Err(error) => prop_assert!(matches!(error, EngineError::Memory { .. }), "{:?}", error),
        }
    }

    #[test]
    fn settings_of_any_numbers_train_or_are_refused(
        (settings, hidden, table, held_out) in (settings(1), activation()).prop_flat_map(|(settings, hidden)| {
            let k = settings.objective.targets_per_row(outputs_for(&settings.objective));
            (Just(settings), Just(hidden), table(6, 2, k), prop::option::of(table(4, 2, k)))
        }),
        own_number in prop_oneof![6 => -1.0..1.0, 1 => number()],
        single in any::<bool>(),
        threads in 1..3usize,
    ) {
        let outputs = outputs_for(&settings.objective);
        let own = settings.objective.ancillary(outputs);
        let network = Network::new(&[2, 3, outputs], &[hidden], settings.objective.output()).expect("a network").with_ancillary(own);
        let start = Start::new(Draw { ancillary: vec![own_number; own], weights: vec![Init::GlorotNormal; 2], biases: BiasInit::Zeros, seed: 3 });
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
            shuffle: Shuffle::All,
            seed: 1,
            penalty: Penalty::NONE,
            dropout: Vec::new(),
            clip_norm: None,
            stopping: Some(Stopping { patience: 2, tolerance: 0.0 }),
            counts_hits: true,
            deadline: None,
            metric: None,
            decay_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
            dropout_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
            budget: Budget { limit: Some(1e8), ..Budget::default() },
        };
        trained::<f64>(&network, &settings, &start, &table, None, 1);
    }

    #[test]
    fn tables_of_any_shapes_are_judged_or_refused(
        (objective, table) in objective().prop_flat_map(|objective| {
            let k = objective.targets_per_row(outputs_for(&objective));
            (Just(objective), table(5, 3, k))
        }),
        (hidden, at_layers) in (activation(), about(2)),
        (strength, own_number) in (number(), prop_oneof![6 => -1.0..1.0, 1 => number()]),
        length in about(10),
    ) {
        let outputs = outputs_for(&objective);
        let own = objective.ancillary(outputs);
        let network = Network::new(&[3, 2, outputs], &[hidden], objective.output()).expect("a network").with_ancillary(own);
        let mut at = Coefficients::zeros(&network).expect("a few numbers");
        at.weights.iter_mut().flatten().enumerate().for_each(|(i, w)| *w = (i as f64).sin());
        at.weights.truncate(at_layers);
        at.ancillary.fill(own_number);
        let penalty = Penalty { strength, mixture: 0.5 };
        let cols = network.outputs();
        table.with::<f64, _>(|data| with_team(2, |team| {
            let no_panic = |error: EngineError| assert!(!matches!(error, EngineError::Panic(_)), "{error:?}");
            match gradient(&network, &objective, penalty, data, &at, team) {
                Ok((_, slopes)) => slopes.check(&network).expect("the network's shapes"),
                Err(error) => no_panic(error),
            }
            let mut curved = vec![0.0; (network.parameter_count() as usize + length - 10).pow(2)];
            match hessian(&network, &objective, penalty, data, &at, team, &mut curved) {
                Ok(()) => assert_eq!(curved.len() as f64, network.parameter_count().powi(2)),
                Err(error) => no_panic(error),
            }
            if let Err(error) = evaluate::loss(&network, &objective, &at, &data, team) {
                no_panic(error);
            }
            let mut out = vec![0.0; length / 2 * cols];
            let answer = evaluate::predict(&network, &at, data.inputs, data.offsets, team, &mut out);
            match answer {
                Ok(()) => {
                    assert!(out.len() == data.rows() * cols);
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
