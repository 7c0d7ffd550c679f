//! Claims about the losses of families: their gradients, with parameters of their own, and the loss that compares all rows.

use backprop_engine::base::threads::with_team;
use backprop_engine::compute::hessian::row_gradients;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{Adam, Optimizer};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{evaluate, gradient, train, Method, Network, Scalar, Start};

use super::workloads::*;

/// The losses of the families, with a table for each.
fn families(rows: usize) -> Vec<(Objective, Network, Table)> {
    let inputs = 4;
    [
        (Output::Linear, Loss::Ordinal(4), 1),
        (Output::Exponential, Loss::Gamma, 2),
        (Output::Exponential, Loss::NegativeBinomial, 2),
        (Output::Sigmoid, Loss::Beta, 2),
        (Output::Linear, Loss::LocationScale, 4),
        (Output::Sigmoid, Loss::DiscreteHazard, 3),
        (Output::Linear, Loss::Cox, 1),
    ]
    .into_iter()
    .map(|(output, loss, units)| {
        let objective = Objective::new(output, loss.clone()).unwrap();
        let network = Network::new(&[inputs, 5, units], &[Activation::Tanh], output)
            .unwrap()
            .with_ancillary(objective.ancillary(units));
        let targets = objective.targets_per_row(units);
        let mut table = table(rows, inputs, targets);
        let whole = |y: &mut f64, times: f64| *y = (*y * times).floor();
        match loss {
            Loss::Ordinal(classes) => table.y.iter_mut().for_each(|y| whole(y, classes as f64)),
            Loss::NegativeBinomial => table.y.iter_mut().for_each(|y| whole(y, 9.0)),
            Loss::DiscreteHazard => table.y.iter_mut().for_each(|y| *y = (*y * 3.0).floor() - 1.0),
            // Times with ties, and events.
            Loss::Cox => {
                let (times, events) = table.y.split_at_mut(rows);
                times.iter_mut().for_each(|time| whole(time, 20.0));
                events.iter_mut().for_each(|event| *event = event.round());
            }
            _ => {}
        }
        (objective, network, table)
    })
    .collect()
}

fn somewhere(network: &Network) -> Coefficients {
    let mut at = coefficients(network);
    for (place, own) in at.ancillary.iter_mut().enumerate() {
        *own = 0.3 - 0.4 * place as f64;
    }
    at
}

/// Every parameter, to be moved.
fn parameters(coefficients: &mut Coefficients) -> Vec<&mut f64> {
    let weights = coefficients.weights.iter_mut().flat_map(|layer| layer.iter_mut());
    let biases = coefficients.biases.iter_mut().flat_map(|layer| layer.iter_mut());
    weights
        .chain(biases)
        .chain(coefficients.ancillary.iter_mut())
        .collect()
}

fn moved(at: &Coefficients, place: usize, by: f64) -> Coefficients {
    let mut at = at.clone();
    *parameters(&mut at)[place] += by;
    at
}

fn close(found: f64, wanted: f64, what: &str) {
    assert!(
        (found - wanted).abs() < 1e-6 * (1.0 + wanted.abs()),
        "{what}: {found}, {wanted}"
    );
}

#[test]
fn gradients_are_central_differences_of_the_loss() {
    for (objective, network, table) in families(60) {
        let (at, source) = (somewhere(&network), table.source());
        let weights: Vec<f64> = (0..60).map(|row| 0.5 + (row % 3) as f64).collect();
        let mut data = table.data(&source);
        data.case_weights = Some(&weights);
        with_team(2, |team| {
            let loss =
                |at: &Coefficients| evaluate::loss::<f64>(&network, &objective, at, &data, team).unwrap();
            let none = backprop_engine::objective::penalty::Penalty::NONE;
            let (value, mut found) = gradient(&network, &objective, none, data, &at, team).unwrap();
            close(value, loss(&at), &format!("loss of {objective:?}"));
            for (place, found) in parameters(&mut found).into_iter().enumerate() {
                let wanted = (loss(&moved(&at, place, 1e-5)) - loss(&moved(&at, place, -1e-5))) / 2e-5;
                close(*found, wanted, &format!("{objective:?}, parameter {place}"));
            }
        });
    }
}

#[test]
fn gradients_of_rows_add_up_to_the_whole() {
    let rows = 300;
    for (objective, network, table) in families(rows) {
        let (at, source) = (somewhere(&network), table.source());
        let count = network.parameter_count() as usize;
        let mut of_rows = vec![0.0; rows * count];
        with_team(2, |team| {
            let answer = row_gradients(&network, &objective, table.data(&source), &at, team, &mut of_rows);
            if *objective.loss() == Loss::Cox {
                assert!(
                    answer.is_err(),
                    "rows of a Cox model have no gradients of their own"
                );
                return;
            }
            answer.unwrap();
            let none = backprop_engine::objective::penalty::Penalty::NONE;
            let (_, whole) =
                gradient(&network, &objective, none, table.data::<f64>(&source), &at, team).unwrap();
            // Layer by layer, weights unit by unit, then biases; at last the loss's own.
            let mut wanted = Vec::new();
            for (weights, biases) in whole.weights.iter().zip(&whole.biases) {
                wanted.extend(weights.t().iter());
                wanted.extend(biases.iter());
            }
            wanted.extend(whole.ancillary.iter());
            for (column, wanted) in of_rows.chunks_exact(rows).zip(wanted) {
                close(
                    column.iter().sum::<f64>() / rows as f64,
                    wanted,
                    &format!("{objective:?}"),
                );
            }
        });
    }
}

fn same_bits<T: Scalar>() {
    for (objective, network, table) in families(3001) {
        let start = Start::new(somewhere(&network));
        let mut plan = settings(objective, 3, 3001);
        plan.dropout = vec![0.2];
        plan.method = Method::Rule(Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.01,
        }));
        let one = fit::<T>(&network, plan.clone(), &table, &start, 1, &mut NoObserver);
        for threads in [2, 3, 8] {
            let other = fit::<T>(&network, plan.clone(), &table, &start, threads, &mut NoObserver);
            assert_eq!(
                one.coefficients, other.coefficients,
                "{threads} threads, {:?}",
                plan.objective
            );
            assert_eq!(one.losses(), other.losses());
            assert_eq!(one.state, other.state);
        }
    }
}

#[test]
fn bits_of_families_do_not_depend_on_the_number_of_threads() {
    same_bits::<f64>();
    same_bits::<f32>();
}

/// The loss is of the pass that compares rows, the step of the pass that takes deltas back: with other units dropped in the one than in the
/// other, the step would not be the slope of the loss.
#[test]
fn a_cox_step_drops_the_same_units_in_both_passes() {
    for rows in [40, 3001] {
        let (objective, network, table) = families(rows).pop().unwrap();
        let at = somewhere(&network);
        let mut plan = settings(objective, 1, rows);
        plan.dropout = vec![0.5];
        let step = |at: &Coefficients, threads: usize| {
            fit::<f64>(
                &network,
                plan.clone(),
                &table,
                &Start::new(at.clone()),
                threads,
                &mut NoObserver,
            )
        };
        for threads in [1, 2] {
            let mut after = step(&at, threads).coefficients;
            let mut before = at.clone();
            let places = parameters(&mut before).into_iter().zip(parameters(&mut after));
            for (place, (before, after)) in places.enumerate() {
                let found = (*before - *after) / plan.lr;
                let loss = |by: f64| step(&moved(&at, place, by), threads).losses()[0];
                close(
                    found,
                    (loss(1e-5) - loss(-1e-5)) / 2e-5,
                    &format!("{rows} rows, parameter {place}"),
                );
            }
        }
    }
}

#[test]
fn a_cox_model_refuses_batches() {
    let (objective, network, table) = families(50).pop().unwrap();
    let source = table.source();
    for (batch, fits) in [(49, false), (1, false), (50, true), (80, true)] {
        let plan = settings(objective.clone(), 1, batch).check(&network).unwrap();
        let start = Start::new(somewhere(&network));
        let trained = with_team(1, |team| {
            train(
                &network,
                &plan,
                table.data::<f64>(&source),
                None,
                &start,
                team,
                &mut NoObserver,
            )
        });
        assert_eq!(trained.is_ok(), fits, "batches of {batch}");
    }
}

/// Thresholds that all but meet: the probability between them is tiny, not 0.
#[test]
fn an_ordinal_loss_is_finite_where_thresholds_meet() {
    let objective = Objective::new(Output::Linear, Loss::Ordinal(3)).unwrap();
    let network = Network::new(&[1, 1], &[], Output::Linear)
        .unwrap()
        .with_ancillary(1);
    let table = Table {
        x: vec![1.0],
        y: vec![1.0],
        rows: 1,
        inputs: 1,
        outputs: 1,
    };
    let mut at = coefficients(&network);
    at.ancillary[0] = -60.0;
    let source = table.source();
    with_team(1, |team| {
        let loss = evaluate::loss::<f64>(&network, &objective, &at, &table.data(&source), team).unwrap();
        assert!(loss > 60.0 && loss < 70.0, "{loss}");
    });
}

/// Relative hazards so far apart that e to their difference is 0: losses and gradients are those of their logarithms.
#[test]
fn a_cox_loss_is_finite_however_far_hazards_are_apart() {
    let (objective, _, _) = families(50).pop().unwrap();
    let network = Network::new(&[1, 1], &[], Output::Linear).unwrap();
    // Of the first the event comes last, of the last first.
    let table = Table {
        x: vec![-2000.0, 0.0, 2000.0],
        y: vec![3.0, 2.0, 1.0, 1.0, 1.0, 1.0],
        rows: 3,
        inputs: 1,
        outputs: 2,
    };
    let source = table.source();
    with_team(1, |team| {
        for (weight, wanted, slope) in [(1.0, 0.0, 0.0), (-1.0, 2000.0, -2000.0)] {
            let mut at = coefficients(&network);
            at.weights[0][(0, 0)] = weight;
            let none = backprop_engine::objective::penalty::Penalty::NONE;
            let (loss, found) =
                gradient(&network, &objective, none, table.data::<f64>(&source), &at, team).unwrap();
            close(loss, wanted, "loss");
            close(found.weights[0][(0, 0)], slope, "slope");
        }
    });
}
