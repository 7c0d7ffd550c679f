//! Claims about networks trained side by side: the same bits as one after the other, and an orderly end.

use crate::common::{network, settings, start, table, Table};
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{Chosen, ColumnMajor, RowSource};
use backprop_engine::data::Data;
use backprop_engine::train::ensemble::{train_members, train_one, Member, TrainedMember};
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{evaluate, train, Ending, EngineError, Settings};
use std::time::{Duration, Instant};

const ROWS: usize = 90;

/// Rows of three members: each holds a third back.
fn shares() -> Vec<(Vec<u32>, Vec<u32>)> {
    (0..3)
        .map(|member| (0..ROWS as u32).partition(|row| row % 3 != member))
        .collect()
}

fn members<'a>(shares: &'a [(Vec<u32>, Vec<u32>)], settings: &Settings) -> Vec<Member<'a>> {
    let members = shares.iter().enumerate();
    members
        .map(|(number, (rows, held))| {
            let settings = Settings {
                seed: number as u64,
                ..settings.clone()
            };
            Member {
                settings: settings.check(&network()).unwrap(),
                start: start(),
                rows,
                held,
            }
        })
        .collect()
}

/// The source is copied row by row, as members want it.
fn with_data<R>(table: &Table, body: impl FnOnce(Data<'_, f64>) -> R) -> R {
    let source = table.source();
    let copy = with_team(1, |team| RowSource::<f64>::row_major(&source, team)).unwrap();
    body(Data {
        inputs: copy.as_ref(),
        ..table.data(&source)
    })
}

#[test]
fn members_side_by_side_are_those_one_after_the_other_and_those_alone() {
    let (table, shares) = (table(ROWS, 17), shares());
    let settings = settings(12);
    with_data(&table, |data| {
        let all = members(&shares, &settings);
        let side_by_side = |threads| {
            let mut heard = 0;
            let mut listener = |_: usize, _: &_| {
                heard += 1;
                Ok(true)
            };
            let (trained, left) =
                train_members(&network(), &all, data, None, threads, || false, &mut listener).unwrap();
            assert!(!left);
            assert_eq!(heard, 3 * 12);
            trained
        };
        let ordered: Vec<TrainedMember> = all
            .iter()
            .map(|member| {
                with_team(1, |team| {
                    train_one(&network(), member, data, None, team, &mut NoObserver).unwrap()
                })
            })
            .collect();
        for threads in [1, 2, 3, 8] {
            for (found, wanted) in side_by_side(threads).iter().zip(&ordered) {
                let found = found.as_ref().unwrap();
                assert_eq!(found.trained.coefficients, wanted.trained.coefficients);
                assert_eq!(found.trained.losses(), wanted.trained.losses());
                assert_eq!(found.held, wanted.held);
            }
        }
        // The first one by hand: its rows as a table of their own.
        let (rows, held) = &shares[0];
        let part = |rows: &[u32]| {
            let (x, n) = (&table.x, rows.len());
            let column = |c: usize| rows.iter().map(move |&row| x[c * ROWS + row as usize]);
            Table {
                x: (0..3).flat_map(column).collect(),
                y: rows.iter().map(|&row| table.y[row as usize]).collect(),
                weights: rows
                    .iter()
                    .map(|&row| table.weights[row as usize])
                    .take(n)
                    .collect(),
            }
        };
        let (own, judging) = (part(rows), part(held));
        let (source, other) = (own.source(), judging.source());
        let checked = Settings {
            seed: 0,
            ..settings.clone()
        };
        let checked = checked.check(&network()).unwrap();
        let alone = with_team(1, |team| {
            let validation = Some(judging.data(&other));
            train(
                &network(),
                &checked,
                own.data(&source),
                validation,
                &start(),
                team,
                &mut NoObserver,
            )
        });
        let alone = alone.unwrap();
        assert_eq!(alone.coefficients, ordered[0].trained.coefficients);
        let mut predicted = vec![0.0; held.len()];
        with_team(1, |team| {
            evaluate::predict::<f64>(
                &network(),
                &alone.coefficients,
                &other,
                None,
                team,
                &mut predicted,
            )
        })
        .unwrap();
        assert_eq!(predicted, ordered[0].held);
    });
}

#[test]
fn what_was_finished_is_there_when_the_user_or_the_listener_wants_an_end() {
    let (table, shares) = (table(ROWS, 17), shares());
    with_data(&table, |data| {
        let endless = settings(1_000_000);
        let all = members(&shares, &endless);
        let started = Instant::now();
        let (trained, left) =
            train_members(&network(), &all, data, None, 2, || true, &mut |_, _| Ok(true)).unwrap();
        assert!(left && trained.iter().all(Option::is_none));
        let mut heard = 0;
        let mut listener = |_: usize, _: &_| {
            heard += 1;
            Ok(heard < 5)
        };
        let (_, left) = train_members(&network(), &all, data, None, 2, || false, &mut listener).unwrap();
        assert!(left && started.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn an_error_of_one_member_or_of_the_listener_is_the_error_of_all() {
    let (mut table, shares) = (table(ROWS, 17), shares());
    with_data(&table, |data| {
        let all = members(&shares, &settings(1_000_000));
        let mut listener = |_: usize, _: &_| Err(EngineError::Config("enough".to_string()));
        let found = train_members(&network(), &all, data, None, 2, || false, &mut listener);
        assert_eq!(found.err(), Some(EngineError::Config("enough".to_string())));
    });
    table.y[1] = f64::NAN;
    with_data(&table, |data| {
        let all = members(&shares, &settings(5));
        let found = train_members(&network(), &all, data, None, 2, || false, &mut |_, _| Ok(true));
        assert_eq!(found.err(), Some(EngineError::NonFiniteTargets(vec![0])));
    });
}

#[test]
fn time_ends_a_training_after_a_whole_epoch_and_keeps_others_from_beginning() {
    let (table, shares) = (table(ROWS, 17), shares());
    let limited = Settings {
        deadline: Some(Instant::now()),
        ..settings(50)
    };
    with_data(&table, |data| {
        let all = members(&shares, &limited);
        let (trained, _) =
            train_members(&network(), &all, data, None, 1, || false, &mut |_, _| Ok(true)).unwrap();
        let first = trained[0].as_ref().unwrap();
        assert_eq!(first.trained.ending, Ending::OutOfTime);
        assert_eq!(first.trained.epochs_done, 0);
        // Nothing of the epoch that was begun is left.
        assert_eq!(first.trained.coefficients, {
            let untrained = members(&shares, &settings(0));
            let done = with_team(1, |team| {
                train_one(&network(), &untrained[0], data, None, team, &mut NoObserver)
            });
            done.unwrap().trained.coefficients
        });
        assert!(trained[1..].iter().all(Option::is_none));
    });
}

#[test]
fn rows_that_are_not_there_are_refused() {
    let table = table(ROWS, 17);
    let source: ColumnMajor<'_> = table.source();
    assert!(Chosen::<f64>::new(&source, &[0, ROWS as u32]).is_err());
}
