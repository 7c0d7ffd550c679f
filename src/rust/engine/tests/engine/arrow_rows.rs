//! Rows that a plan makes of an Arrow stream: the same whatever batches they come in.

use crate::arrow_producer::{Lying, LyingBatch, Producer};
use backprop_engine::base::random::{row_key, Purpose};
use backprop_engine::data::arrow::{
    ArrowRows, Gaps, HeldBack, Input, InputKind, Outcome, OutcomeKind, Passed, Plan, Recipe,
};
use backprop_engine::data::encoding::{Bend, ColumnEncoding, Encoded, Encoding};
use backprop_engine::data::rows::{Block, ColumnMajor, RowSource, Selection, TableShape};
use backprop_engine::{EngineError, Result};
use std::sync::Arc;

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}

fn input(column: &str, kind: InputKind) -> Input {
    Input {
        column: column.to_string(),
        kind,
    }
}

fn plan() -> Plan {
    let levels = InputKind::Levels {
        levels: texts(&["b", "c"]),
        others: texts(&["a"]),
    };
    Plan {
        inputs: vec![
            input("x", InputKind::Number),
            input("g", levels),
            input("f", InputKind::Flag),
        ],
        outcome: Outcome {
            column: "y".to_string(),
            kind: OutcomeKind::Number {
                center: 1.5,
                scale: 0.1,
            },
        },
        case_weights: Some("w".to_string()),
        offset: Some(("o".to_string(), vec![1.0, 4.0])),
        gaps: Gaps::Omit,
        held_back: None,
    }
}

/// The first column is the input, the second is learnt, both as they are.
fn plan_of_numbers() -> Plan {
    Plan {
        inputs: vec![input("x", InputKind::Number)],
        outcome: Outcome {
            column: "g".to_string(),
            kind: OutcomeKind::Number {
                center: 0.0,
                scale: 1.0,
            },
        },
        case_weights: None,
        offset: None,
        ..plan()
    }
}

const NAMES: [&str; 6] = ["x", "g", "f", "y", "w", "o"];

/// Rows: 0 and 5 are whole; 1 has no weight; 2 has a gap in x; 3 none in an infinite x, but an infinite outcome; 4 no level.
fn table() -> LyingBatch {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    LyingBatch::of(vec![
        Lying::doubles(&[Some(1.0), None, None, Some(inf), Some(5.0), Some(nan)]),
        Lying::texts(
            "u",
            &[Some("c"), Some("new"), Some("a"), Some("b"), None, Some("a")],
        ),
        Lying::flags(&[Some(true), None, Some(false), Some(true), Some(true), Some(false)]),
        Lying::fixed("i", &[1, 2, 3, 4, 5, 6].map(Some), i32::to_ne_bytes).with_infinite(3),
        Lying::doubles(&[Some(2.0), Some(0.0), Some(1.0), Some(1.0), Some(1.0), Some(0.5)]),
        Lying::doubles(&[8.0, 0.0, 0.0, 0.0, 0.0, -2.0].map(Some)),
    ])
}

impl Lying {
    /// The whole numbers as doubles, one of them infinite.
    fn with_infinite(self, row: usize) -> Lying {
        let mut values: Vec<Option<f64>> = (1..=self.length).map(|number| Some(number as f64)).collect();
        values[row] = Some(f64::INFINITY);
        Lying::doubles(&values)
    }
}

/// Some rows, each part column by column.
#[derive(Debug, PartialEq)]
struct Rows {
    rows: usize,
    x: Vec<f64>,
    y: Vec<f64>,
    case_weights: Option<Vec<f64>>,
    offset: Option<Vec<f64>>,
}

impl Rows {
    fn of(block: &Block<f64>, plan: &Plan) -> Rows {
        let rows = block.rows();
        let columns = |numbers: &[f64]| -> Vec<f64> {
            let width = numbers.len() / rows;
            let column = |column| numbers.iter().skip(column).step_by(width.max(1)).copied();
            (0..width).flat_map(column).collect()
        };
        let (x, y, offset, weights) = block.parts();
        Rows {
            rows,
            x: columns(x),
            y: columns(y),
            case_weights: plan.case_weights.is_some().then(|| weights.to_vec()),
            offset: plan.offset.is_some().then(|| columns(offset)),
        }
    }
}

/// With nothing done to the inputs.
fn recipe(plan: &Plan) -> Recipe<f64> {
    Recipe {
        shape: TableShape {
            rows: 0,
            inputs: plan.width(),
            targets: plan.outcome.width(),
            offsets: plan.offset.as_ref().map_or(0, |(_, scales)| scales.len()),
            case_weights: plan.case_weights.is_some(),
        },
        plan: Arc::new(plan.clone()),
        moments: None,
        encoding: None,
    }
}

fn rows_of(plan: &Plan, batches: Vec<LyingBatch>) -> Result<Vec<Rows>> {
    rows_of_parts(plan, vec![batches])
}

/// Each batch a stream of its own.
fn apart(batches: Vec<LyingBatch>) -> Vec<Vec<LyingBatch>> {
    batches.into_iter().map(|batch| vec![batch]).collect()
}

/// The rows of several streams, one after the other.
fn rows_of_parts(plan: &Plan, parts: Vec<Vec<LyingBatch>>) -> Result<Vec<Rows>> {
    let recipe = Arc::new(recipe(plan));
    let (mut rows, mut block, mut passed) = (Vec::new(), Block::default(), Passed::default());
    for batches in parts {
        let (stream, held) = Producer::new(&NAMES, batches).stream();
        let mut pass = ArrowRows::new(stream, &recipe, passed)?;
        while pass.next_block(&mut block)? {
            rows.push(Rows::of(&block, plan));
        }
        passed = pass.end();
        assert_eq!(held.count(), 0);
    }
    Ok(rows)
}

fn words(result: Result<Vec<Rows>>) -> String {
    match result {
        Err(EngineError::Stream(words)) => words,
        other => panic!("{other:?}"),
    }
}

/// All rows of some blocks, each as its numbers side by side.
fn side_by_side(blocks: &[Rows]) -> Vec<Vec<u64>> {
    let mut all = Vec::new();
    for block in blocks {
        let parts = [
            Some(&block.x),
            Some(&block.y),
            block.case_weights.as_ref(),
            block.offset.as_ref(),
        ];
        for row in 0..block.rows {
            let columns = parts.iter().flatten().flat_map(|part| part.chunks(block.rows));
            all.push(columns.map(|column| column[row].to_bits()).collect());
        }
    }
    all
}

#[test]
fn a_plan_makes_inputs_targets_weights_and_offsets_of_the_rows_that_take_part() {
    let blocks = rows_of(&plan(), vec![table()]).unwrap();
    let [block] = &blocks[..] else {
        panic!("{blocks:?}");
    };
    assert_eq!(block.rows, 2);
    let (first, second) = ((1.0 - 1.5) / 0.1, (6.0 - 1.5) / 0.1);
    let x = [1.0, f64::NAN, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0];
    assert!(block
        .x
        .iter()
        .zip(x)
        .all(|(found, wanted)| *found == wanted || wanted.is_nan() && found.is_nan()));
    assert_eq!(block.y, [first, second]);
    assert_eq!(block.case_weights, Some(vec![2.0, 0.5]));
    assert_eq!(block.offset, Some(vec![8.0, -2.0, 2.0, -0.5]));
}

#[test]
fn rows_are_the_same_in_batches_of_any_size() {
    let wanted = side_by_side(&rows_of(&plan(), vec![table()]).unwrap());
    assert_eq!(wanted.len(), 2);
    for size in 1..6 {
        assert_eq!(
            side_by_side(&rows_of(&plan(), table().cut(size)).unwrap()),
            wanted
        );
    }
}

#[test]
fn classes_are_a_number_or_a_target_for_each() {
    let of = |levels: &[&str], each| Plan {
        inputs: vec![input("x", InputKind::Number)],
        outcome: Outcome {
            column: "g".to_string(),
            kind: OutcomeKind::Levels {
                levels: texts(levels),
                each,
            },
        },
        offset: None,
        ..plan()
    };
    let y = |plan: Plan| {
        rows_of(&plan, vec![table()]).map(|blocks| blocks.into_iter().flat_map(|block| block.y).collect())
    };
    // Rows 0, 3 and 5, whose classes are c, b and a.
    assert_eq!(
        y(of(&["a", "b", "c"], true)),
        Ok(vec![0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    );
    assert_eq!(
        y(of(&["b", "c"], false)).unwrap_err(),
        EngineError::Stream(
            "column `g` has the level \"a\", which it did not have before, in row 6".to_string()
        )
    );
    let mut flag = of(&[], false);
    flag.outcome = Outcome {
        column: "f".to_string(),
        kind: OutcomeKind::Flag,
    };
    // Row 4, without a level, has a flag.
    assert_eq!(y(flag), Ok(vec![1.0, 1.0, 1.0, 0.0]));
}

#[test]
fn each_row_is_held_back_or_trains_by_its_number_among_those_that_take_part() {
    // More than are made at a time.
    let count = 4100;
    let numbers: Vec<Option<f64>> = (0..count)
        .map(|row| (row % 3 > 0).then_some(row as f64))
        .collect();
    let table = LyingBatch::of(vec![
        Lying::doubles(&numbers),
        Lying::doubles(&vec![Some(1.0); count]),
    ]);
    let of = |wanted, size| {
        let plan = Plan {
            held_back: Some(HeldBack {
                seed: 11,
                share: 0.25,
                wanted,
            }),
            ..plan_of_numbers()
        };
        let blocks = rows_of(&plan, table.cut(size)).unwrap();
        assert_eq!(rows_of_parts(&plan, apart(table.cut(size))).unwrap(), blocks);
        blocks.into_iter().flat_map(|block| block.x).collect::<Vec<f64>>()
    };
    let takes_part: Vec<f64> = numbers.into_iter().flatten().collect();
    let is_held = |row: usize| row_key(11, Purpose::HeldBack, row as u64) < 0.25;
    for wanted in [true, false] {
        let rows = takes_part
            .iter()
            .enumerate()
            .filter(|(row, _)| is_held(*row) == wanted);
        let rows: Vec<f64> = rows.map(|(_, &number)| number).collect();
        assert!(rows.len() > 40);
        for size in [7, 1999, count] {
            assert_eq!(of(wanted, size), rows);
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_column_and_row() {
    let of = |change: &dyn Fn(&mut Plan)| {
        let mut changed = plan();
        change(&mut changed);
        words(rows_of(&changed, table().cut(2)))
    };
    assert_eq!(
        of(&|plan| plan.gaps = Gaps::Refuse),
        "column `y` has a missing value in row 4"
    );
    assert_eq!(
        of(&|plan| plan.case_weights = Some("o".to_string())),
        "column `o` has a negative case weight in row 6"
    );
    let mut refusing = plan();
    refusing.gaps = Gaps::Refuse;
    assert_eq!(
        words(rows_of_parts(&refusing, apart(table().cut(2)))),
        "column `y` has a missing value in row 4"
    );
    let infinite = of(&|plan| {
        plan.outcome = Outcome {
            column: "f".to_string(),
            kind: OutcomeKind::Flag,
        };
        plan.offset = Some(("y".to_string(), vec![1.0]));
    });
    assert_eq!(infinite, "column `y` has an infinite offset in row 4");
    assert_eq!(
        of(&|plan| plan.inputs[0].column = "g".to_string()),
        "column `g` has changed its type: it had numbers"
    );
    assert_eq!(
        of(&|plan| plan.inputs[1].column = "x".to_string()),
        "column `x` has changed its type: it had texts or a dictionary of them"
    );
    assert_eq!(
        of(&|plan| plan.inputs[0].column = "z".to_string()),
        "the stream has no column `z`"
    );
}

#[test]
fn inputs_are_recoded_as_those_in_memory() {
    let numbers: Vec<f64> = (0..50).map(|row| f64::from(row) / 7.0).collect();
    let some: Vec<Option<f64>> = numbers.iter().copied().map(Some).collect();
    let table = LyingBatch::of(vec![Lying::doubles(&some), Lying::doubles(&some)]);
    let plan = plan_of_numbers();
    let columns = [ColumnEncoding {
        bend: Bend::Clipped,
        edges: vec![-1.0, 0.0, 2.0],
    }];
    let mut recipe = recipe(&plan);
    recipe.moments = Some((vec![3.0], vec![1.5]));
    recipe.encoding = Some(Encoding::new(&columns).unwrap());
    recipe.shape.inputs = 3;
    let (stream, _held) = Producer::new(&NAMES, table.cut(17)).stream();
    let mut rows = ArrowRows::new(stream, &Arc::new(recipe), Passed::default()).unwrap();
    let (mut block, mut found) = (Block::<f64>::default(), Vec::new());
    while rows.next_block(&mut block).unwrap() {
        found.extend_from_slice(block.parts().0);
    }
    let encoding = Encoding::new(&columns).unwrap();
    let matrix = ColumnMajor::new(&numbers, 50, 1).standardised(&[3.0], &[1.5]);
    let mut wanted = vec![0.0; 150];
    RowSource::<f64>::gather(
        &Encoded::new(&matrix, &encoding).unwrap(),
        Selection::Range(0..50),
        &mut wanted,
    );
    assert_eq!(found, wanted);
}
