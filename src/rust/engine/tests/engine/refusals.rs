//! Claims about what training refuses: tables that are not finite, states of something else.

use backprop_engine::observer::NoObserver;
use backprop_engine::{EngineError, Origin, Settings, Start};

use super::common::*;

#[test]
fn tables_that_are_not_finite_are_refused_by_their_columns() {
    let good = table(30, 37);
    let spoilt = |change: &dyn Fn(&mut Table)| {
        let mut table = table(30, 37);
        change(&mut table);
        table
    };
    let inputs = spoilt(&|table| table.x[30 + 7] = f64::NAN);
    let outcomes = spoilt(&|table| table.y[29] = f64::INFINITY);
    for batch_size in [10, 30] {
        let plan = || Settings {
            batch_size,
            ..settings(1)
        };
        let refused =
            |fitting, held_out| fit_with(plan(), &start(), fitting, held_out, &mut NoObserver).err();
        let (of_inputs, of_outcomes) = (
            Some(EngineError::NonFiniteInputs(vec![1])),
            Some(EngineError::NonFiniteOutcomes(vec![0])),
        );
        assert_eq!(refused(&inputs, None), of_inputs);
        assert_eq!(refused(&outcomes, None), of_outcomes);
        assert_eq!(refused(&good, Some(&inputs)), of_inputs);
        assert_eq!(refused(&good, Some(&outcomes)), of_outcomes);
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
