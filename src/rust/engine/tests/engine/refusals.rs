//! Claims about what training refuses: tables that are not finite, states of something else, more than there is
//! memory for.

use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{ColumnMajor, RowSource, SparseRows};
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{BiasInit, Draw, Init};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{train, EngineError, Network, Origin, Settings, Start};

use super::common::*;
use super::workloads;

#[test]
fn tables_that_are_not_finite_are_refused_by_their_columns() {
    let good = table(30, 37);
    let spoilt = |change: &dyn Fn(&mut Table)| {
        let mut table = table(30, 37);
        change(&mut table);
        table
    };
    let inputs = spoilt(&|table| table.x[30 + 7] = f64::NAN);
    let targets = spoilt(&|table| table.y[29] = f64::INFINITY);
    for batch_size in [10, 30] {
        let plan = || Settings {
            batch_size,
            ..settings(1)
        };
        let refused =
            |fitting, held_out| fit_with(plan(), &start(), fitting, held_out, &mut NoObserver).err();
        let (of_inputs, of_targets) = (
            Some(EngineError::NonFiniteInputs(vec![1])),
            Some(EngineError::NonFiniteTargets(vec![0])),
        );
        assert_eq!(refused(&inputs, None), of_inputs);
        assert_eq!(refused(&targets, None), of_targets);
        assert_eq!(refused(&good, Some(&inputs)), of_inputs);
        assert_eq!(refused(&good, Some(&targets)), of_targets);
        assert_eq!(refused(&good, Some(&good)), None);
    }
}

#[test]
fn states_of_another_rule_or_shape_are_refused() {
    let fitting = table(30, 37);
    let earlier = fit(settings(2), &start(), &fitting, None);
    let going_on = |change: &dyn Fn(&mut Start)| {
        let mut start = Start {
            coefficients: Origin::Given(earlier.coefficients.clone()),
            state: Some(earlier.state.clone()),
            epochs_done: 2,
            best: None,
        };
        change(&mut start);
        fit_with(settings(1), &start, &fitting, None, &mut NoObserver).is_ok()
    };
    assert!(going_on(&|_| {}));
    assert!(!going_on(&|start| start.state.as_mut().unwrap().slots.clear()));
    assert!(!going_on(&|start| {
        let slots = &mut start.state.as_mut().unwrap().slots;
        slots.push(slots[0].clone());
    }));
    assert!(!going_on(&|start| {
        start.state.as_mut().unwrap().slots[0].1.biases.pop();
    }));
    assert!(!going_on(&|start| {
        let mut best = backprop_engine::Best {
            epoch: 1,
            loss: 1.0,
            coefficients: earlier.coefficients.clone(),
        };
        best.coefficients.weights.pop();
        start.best = Some(best);
    }));
}

/// What a training that may take next to nothing says that it needs.
fn bytes_needed(network: &Network, batch: usize, source: &dyn RowSource<f64>, start: &Start) -> f64 {
    let objective = Objective::new(network.output(), Loss::Mse).unwrap();
    let mut plan = workloads::settings(objective, 1, batch);
    plan.budget.limit = Some(1.0);
    let plan = plan.check(network).unwrap();
    let y = vec![0.0; source.rows() * network.outputs()];
    let data = Data {
        inputs: source,
        targets: ColumnMajor::new(&y, source.rows(), network.outputs()),
        case_weights: None,
        offsets: None,
    };
    let answer = with_team(1, |team| {
        train(network, &plan, data, None, start, team, &mut NoObserver)
    });
    match answer {
        Err(EngineError::Memory { needed, .. }) => needed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_network_beyond_the_machine_is_refused_before_its_weights_are_drawn() {
    let drawn = Start::new(Draw {
        weights: vec![Init::Normal; 6],
        biases: BiasInit::Zeros,
        seed: 1,
        ancillary: Vec::new(),
    });
    // R's integers end with the second one, which gives more parameters than can be counted.
    for units in [100_000_000, i32::MAX as usize, 1 << 49] {
        let sizes = [1000, units, units, units, units, units, 1];
        let network = Network::new(&sizes, &[Activation::Relu; 5], Output::Linear).unwrap();
        let x = vec![0.0; 1000];
        let needed = bytes_needed(&network, 1, &ColumnMajor::new(&x, 1, 1000), &drawn);
        assert!(needed > 8.0 * (units as f64).powi(2), "{needed}");
    }
}

#[test]
fn only_rows_that_are_copied_to_be_shuffled_are_charged() {
    let (rows, columns) = (1000, 200);
    let network = Network::new(&[columns, 3, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let start = workloads::start(&network);
    let x = vec![0.0; rows * columns];
    let dense = ColumnMajor::new(&x, rows, columns);
    let starts = vec![0; columns + 1];
    let sparse = SparseRows::from_columns(&starts, &[], &[], rows, columns).unwrap();
    let needed = |source: &dyn RowSource<f64>, batch| bytes_needed(&network, batch, source, &start);
    let copy = (8 * rows * columns) as f64;
    let row_starts = (8 * (rows + 1)) as f64;
    let more = needed(&dense, 32) - needed(&sparse, 32) + row_starts;
    assert!((copy..1.01 * copy).contains(&more), "{more}");
    // Batches of all rows are read in order.
    assert_eq!(needed(&dense, rows), needed(&sparse, rows) - row_starts);
}
