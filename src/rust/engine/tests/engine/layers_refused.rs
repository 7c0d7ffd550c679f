//! Claims about layers that do not fit: they are refused with their number, before anything is computed.

use crate::layers::{dense, embedding, heads, layer, members, periodic, scale, skip, INPUTS};
use crate::workloads;
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation::{Linear, Tanh};
use backprop_engine::nn::layer::{Norm, Parametric, Periodic, Plan};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::{evaluate, Coefficients, EngineError, Method, Network, Settings};

/// The number of the layer that is refused; none where all are taken.
fn refused(plans: Vec<Plan>) -> Option<usize> {
    match Network::of(INPUTS, plans, Output::Linear) {
        Ok(_) => None,
        Err(EngineError::Layer(number, what)) => {
            assert!(!what.is_empty());
            Some(number)
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// Whether a layer behind one of five units is refused, by its number.
fn refuses(plan: Plan) -> bool {
    match refused(vec![dense(5, Tanh), plan, dense(2, Linear)]) {
        None => false,
        Some(number) => {
            assert_eq!(number, 2);
            true
        }
    }
}

fn of_units(units: usize, plan: Plan) -> Plan {
    Plan { units, ..plan }
}

#[test]
fn other_units_than_there_are_are_refused() {
    let pbld = || layer(Linear, periodic(&[1, 3], 3, 4, true));
    for (there, plan) in [
        (5, layer(Linear, scale(false))),
        (5, layer(Linear, scale(true))),
        (5, layer(Linear, Norm)),
        (5, layer(Linear, Parametric::Slope)),
        (5, layer(Linear, Parametric::Share(Tanh))),
        (5, layer(Linear, skip(0, INPUTS, true))),
        (5, layer(Linear, members(3, true))),
        (2 + 3 * 2, layer(Linear, embedding(&[(0, 1), (2, 4)], 3, true))),
        (3 + 2 * 4, pbld()),
    ] {
        // Where it cannot say what is left.
        let fits = if matches!(plan.kind, backprop_engine::nn::layer::Kind::Embedding(_)) {
            of_units(2 + 2 * 3, plan.clone())
        } else {
            of_units(there, plan.clone())
        };
        assert!(!refuses(plan.clone()) && !refuses(fits), "{plan:?}");
        for units in [1, 4, 6, 100] {
            assert!(refuses(of_units(units, plan.clone())), "{units}, {plan:?}");
        }
    }
    assert!(refuses(dense(0, Tanh)));
    assert!(refuses(heads(0, true, Tanh)));
}

#[test]
fn groups_that_are_empty_overlap_or_lie_outside_are_refused() {
    for groups in [
        &[][..],
        &[(2, 2)],
        &[(3, 2)],
        &[(0, 2), (1, 3)],
        &[(2, 4), (0, 2)],
        &[(3, 6)],
        &[(0, 2), (5, 6)],
        &[(0, usize::MAX)],
    ] {
        assert!(refuses(layer(Linear, embedding(groups, 2, true))), "{groups:?}");
    }
    assert!(refuses(layer(Linear, embedding(&[(0, 2)], 0, true))));
    assert!(!refuses(layer(Linear, embedding(&[(0, 2), (2, 5)], 2, true))));
    assert_eq!(
        refused(vec![layer(Linear, embedding(&[(0, 7)], 2, true))]),
        Some(1)
    );
}

#[test]
fn waves_of_columns_that_are_not_there_or_of_sizes_that_are_none_are_refused() {
    let with = |change: fn(&mut Periodic)| {
        let mut waves = periodic(&[1, 3], 3, 4, true);
        change(&mut waves);
        refuses(layer(Linear, waves))
    };
    assert!(!with(|_| {}));
    assert!(with(|waves| waves.columns.clear()));
    assert!(with(|waves| waves.columns = vec![3, 1]));
    assert!(with(|waves| waves.columns = vec![1, 1]));
    assert!(with(|waves| waves.columns = vec![1, 5]));
    assert!(with(|waves| waves.frequencies = 0));
    assert!(with(|waves| waves.frequencies = 65));
    assert!(with(|waves| waves.size = 1));
    assert!(with(|waves| waves.size = 65));
    assert!(with(|waves| waves.sigma = 0.0));
    assert!(with(|waves| waves.sigma = f64::NAN));
    assert!(with(|waves| waves.sigma = f64::INFINITY));
    assert!(!with(|waves| waves.frequencies = 64));
    assert!(!with(|waves| waves.size = 64));
    assert!(!with(|waves| (waves.keeps, waves.size) = (false, 1)));
    assert!(with(|waves| (waves.keeps, waves.size) = (false, 0)));
}

#[test]
fn skips_from_where_nothing_fits_are_refused() {
    // From a layer of another width than is said, from itself, from behind.
    assert!(refuses(layer(Linear, skip(0, 5, true))));
    assert!(refuses(layer(Linear, skip(0, INPUTS, false))));
    assert!(refuses(layer(Linear, skip(1, 5, false))));
    assert!(refuses(layer(Linear, skip(2, 5, true))));
    assert!(refuses(layer(Linear, skip(usize::MAX, 5, true))));
    assert!(!refuses(layer(Linear, skip(0, INPUTS, true))));
    assert_eq!(refused(vec![layer(Linear, skip(0, INPUTS, false))]), Some(1));
    let behind = |plan| {
        refused(vec![
            dense(5, Tanh),
            layer(Linear, members(2, false)),
            dense(5, Tanh),
            plan,
        ])
    };
    assert_eq!(behind(layer(Linear, skip(1, 5, false))), None);
    assert_eq!(behind(layer(Linear, skip(2, 5, false))), None);
    assert_eq!(behind(layer(Linear, skip(3, 5, false))), Some(4));
}

#[test]
fn members_are_made_once_and_up_to_256() {
    assert!(refuses(layer(Linear, members(0, true))));
    assert!(refuses(layer(Linear, members(257, true))));
    assert!(!refuses(layer(Linear, members(256, true))));
    let again = |first| {
        refused(vec![
            layer(Linear, members(first, true)),
            dense(5, Tanh),
            layer(Linear, members(2, false)),
        ])
    };
    assert_eq!(again(2), Some(3));
}

#[test]
fn factors_that_are_negative_or_not_finite_are_refused() {
    for factor in [-1.0, -f64::MIN_POSITIVE, f64::NAN, f64::INFINITY] {
        let lr = Plan {
            lr_factor: factor,
            ..dense(5, Tanh)
        };
        let decay = Plan {
            decay_factor: factor,
            ..dense(5, Tanh)
        };
        assert!(refuses(lr) && refuses(decay), "{factor}");
    }
}

#[test]
fn no_layers_no_inputs_and_numbers_beyond_counting_are_refused() {
    let network = |inputs, plans: Vec<Plan>| Network::of(inputs, plans, Output::Linear);
    assert!(matches!(network(3, vec![]), Err(EngineError::Config(_))));
    assert!(network(0, vec![dense(1, Linear)]).is_err());
    let huge = vec![dense(1 << 50, Tanh), layer(Linear, members(256, false))];
    assert!(matches!(network(3, huge), Err(EngineError::Config(_))));
    assert!(Network::of(3, [dense(1, Linear)], Output::Softmax).is_err());
}

#[test]
fn what_a_network_of_layers_cannot_do_is_refused() {
    // L-BFGS has one rate; a loss that compares rows has no members.
    let half = Plan {
        lr_factor: 0.5,
        ..dense(5, Tanh)
    };
    let network = Network::of(INPUTS, [half, dense(2, Linear)], Output::Linear).unwrap();
    let settings = Settings {
        method: Method::Lbfgs(Lbfgs {
            memory: 3,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        }),
        ..workloads::settings(Objective::new(Output::Linear, Loss::Mse).unwrap(), 1, 10)
    };
    assert!(matches!(settings.check(&network), Err(EngineError::Config(_))));

    let network = Network::of(
        INPUTS,
        [layer(Linear, members(2, true)), dense(1, Linear)],
        Output::Linear,
    )
    .unwrap();
    let objective = Objective::new(Output::Linear, Loss::Cox).unwrap();
    let (x, y) = (vec![0.5; 4 * INPUTS], vec![1.0; 8]);
    let source = ColumnMajor::new(&x, 4, INPUTS);
    let data = Data::<f64> {
        inputs: &source,
        targets: ColumnMajor::new(&y, 4, 2),
        case_weights: None,
        offsets: None,
    };
    let at = Coefficients::zeros(&network).unwrap();
    let loss = with_team(1, |team| evaluate::loss(&network, &objective, &at, &data, team));
    assert!(matches!(loss, Err(EngineError::Config(_))));
}
