//! Claims about tables: parts that do not belong together are refused wherever a table is taken.

use backprop_engine::base::threads::with_team;
use backprop_engine::compute::hessian::hessian;
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::{evaluate, gradient, EngineError, Network};

fn network() -> Network {
    Network::new(&[2, 3], &[], Output::Linear).unwrap()
}

fn objective() -> Objective {
    Objective::new(Output::Linear, Loss::Mse).unwrap()
}

const NUMBERS: [f64; 60] = [0.5; 60];

fn matrix(rows: usize, columns: usize) -> ColumnMajor<'static> {
    ColumnMajor::new(&NUMBERS[..rows * columns], rows, columns)
}

/// A table of five rows for the network.
fn table<'a>(inputs: &'a ColumnMajor<'a>) -> Data<'a, f64> {
    Data {
        inputs,
        targets: matrix(5, 3),
        case_weights: Some(&NUMBERS[..5]),
        offsets: Some(matrix(5, 3)),
    }
}

/// What is said of a table; none where it is accepted.
fn problem(data: Data<'_, f64>) -> Option<String> {
    let said = match data.check(&network(), &objective()) {
        Ok(()) => None,
        Err(EngineError::Config(message)) => Some(message),
        Err(other) => panic!("{other:?}"),
    };
    let at = Coefficients::zeros(&network()).unwrap();
    let mut curved = [0.0; 81]; // by nine parameters twice
    with_team(1, |team| {
        let accepted = [
            gradient(&network(), &objective(), Penalty::NONE, data, &at, team).is_ok(),
            hessian(
                &network(),
                &objective(),
                Penalty::NONE,
                data,
                &at,
                team,
                &mut curved,
            )
            .is_ok(),
            evaluate::loss(&network(), &objective(), &at, &data, team).is_ok(),
        ];
        assert_eq!(accepted, [said.is_none(); 3], "{said:?}");
    });
    said
}

#[test]
fn parts_that_do_not_belong_together_are_named() {
    let inputs = matrix(5, 2);
    let right = table(&inputs);
    assert_eq!(problem(right), None);
    let (case_weights, offsets) = (None, None);
    assert_eq!(
        problem(Data {
            case_weights,
            ..right
        }),
        None
    );
    assert_eq!(problem(Data { offsets, ..right }), None);
    let (none, narrow, short) = (matrix(0, 2), matrix(5, 1), matrix(4, 2));
    assert_eq!(
        problem(Data {
            inputs: &none,
            ..right
        })
        .as_deref(),
        Some("no rows")
    );
    let said = problem(Data {
        inputs: &narrow,
        ..right
    });
    assert_eq!(said.as_deref(), Some("1 columns of inputs for a network of 2"));
    assert!(problem(Data {
        inputs: &short,
        ..right
    })
    .is_some());
    for (rows, columns) in [(4, 3), (6, 3), (5, 2), (3, 5)] {
        let other = matrix(rows, columns);
        let said = problem(Data {
            targets: other,
            ..right
        });
        assert_eq!(
            said,
            Some(format!("{rows} x {columns} targets where 5 x 3 are needed"))
        );
        let said = problem(Data {
            offsets: Some(other),
            ..right
        });
        assert_eq!(
            said,
            Some(format!("{rows} x {columns} offsets where 5 x 3 are needed"))
        );
    }
    for count in [0, 4, 6] {
        let case_weights = Some(&NUMBERS[..count]);
        let said = problem(Data {
            case_weights,
            ..right
        });
        assert_eq!(said.as_deref(), Some("case weights are not 5"));
    }
}

#[test]
fn weights_are_not_negative_and_weigh_something() {
    let inputs = matrix(5, 2);
    let weighed = |weights: &[f64]| {
        problem(Data {
            case_weights: Some(weights),
            ..table(&inputs)
        })
    };
    for fine in [[0.0, 0.0, 0.0, 0.0, 1.0], [f64::MIN_POSITIVE; 5], [f64::MAX; 5]] {
        assert_eq!(weighed(&fine), None, "{fine:?}");
    }
    for wrong in [
        [0.0; 5],
        [1.0, 1.0, -f64::MIN_POSITIVE, 1.0, 1.0],
        [1.0, f64::NAN, 1.0, 1.0, 1.0],
        [f64::INFINITY, 1.0, 1.0, 1.0, 1.0],
    ] {
        assert!(weighed(&wrong).is_some(), "{wrong:?}");
    }
}

#[test]
fn a_loss_belongs_to_its_network() {
    let inputs = matrix(5, 2);
    let check = |output, loss, columns: usize| {
        let objective = Objective::new(output, loss).unwrap();
        let data = Data {
            targets: matrix(5, columns),
            ..table(&inputs)
        };
        data.check(&network(), &objective).is_ok()
    };
    assert!(check(Output::Linear, Loss::Sse, 3));
    assert!(!check(Output::Sigmoid, Loss::Sse, 3));
    // One target for all quantiles, and an output for each.
    assert!(check(Output::Linear, Loss::Quantile(vec![0.1, 0.5, 0.9]), 1));
    assert!(!check(Output::Linear, Loss::Quantile(vec![0.1, 0.9]), 1));
    assert!(!check(Output::Linear, Loss::Quantile(vec![0.1, 0.5, 0.9]), 3));
}

#[test]
fn predictions_have_room_for_their_rows() {
    let at = Coefficients::zeros(&network()).unwrap();
    let fits = |columns: usize, room: usize, offsets: Option<(usize, usize)>| {
        let source = matrix(5, columns);
        let offsets = offsets.map(|(rows, columns)| matrix(rows, columns));
        let mut out = vec![0.0; room];
        with_team(1, |team| {
            evaluate::predict::<f64>(&network(), &at, &source, offsets, team, &mut out).is_ok()
        })
    };
    assert!(fits(2, 15, None) && fits(2, 15, Some((5, 3))));
    assert!(!fits(1, 15, None) && !fits(3, 15, None));
    assert!(!fits(2, 14, None) && !fits(2, 16, None));
    assert!(!fits(2, 15, Some((3, 5))) && !fits(2, 15, Some((5, 2))) && !fits(2, 15, Some((4, 3))));
}
