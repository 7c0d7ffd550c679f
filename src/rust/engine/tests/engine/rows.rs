//! Claims about where rows come from: the same rows from every source, and what is refused.

use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{ColumnMajor, RowMajor, RowSource, Selection, SparseRows};
use backprop_engine::{EngineError, Scalar};

/// A table in R's order, mostly zeros: number 100 c + r where r + c is a multiple of 3.
fn table(rows: usize, columns: usize) -> Vec<f64> {
    let number = |i: usize| match (i % rows + i / rows) % 3 {
        0 => (100 * (i / rows) + i % rows + 1) as f64,
        _ => 0.0,
    };
    (0..rows * columns).map(number).collect()
}

/// The parts of a sparse matrix: where columns start, rows and numbers.
fn sparse_parts(table: &[f64], rows: usize) -> (Vec<i32>, Vec<i32>, Vec<f64>) {
    let (mut starts, mut rows_of, mut numbers) = (vec![0], Vec::new(), Vec::new());
    for column in table.chunks_exact(rows) {
        for (row, &number) in column.iter().enumerate().filter(|(_, &number)| number != 0.0) {
            rows_of.push(row as i32);
            numbers.push(number);
        }
        starts.push(numbers.len() as i32);
    }
    (starts, rows_of, numbers)
}

fn gathered<T: Scalar>(source: &dyn RowSource<T>, selection: Selection<'_>) -> Vec<T> {
    let mut out = vec![T::of(-1.0); selection.len() * source.columns()];
    source.gather(selection, &mut out);
    out
}

fn every_source_gives_the_rows_of_the_table<T: Scalar>() {
    for (rows, columns) in [(1, 1), (7, 1), (5, 3), (40, 17), (300, 70), (9, 2000)] {
        let table = table(rows, columns);
        let (starts, rows_of, numbers) = sparse_parts(&table, rows);
        let center: Vec<f64> = (0..columns).map(|c| c as f64 - 0.5).collect();
        let scale: Vec<f64> = (0..columns).map(|c| 0.25 + c as f64).collect();
        for standardise in [false, true] {
            let mut dense = ColumnMajor::new(&table, rows, columns);
            let mut sparse = SparseRows::from_columns(&starts, &rows_of, &numbers, rows, columns).unwrap();
            if standardise {
                dense = dense.standardised(&center, &scale);
                sparse = sparse.standardised(&center, &scale);
            }
            let copies =
                [1, 3].map(|threads| with_team(threads, |team| RowMajor::<T>::copy(&dense, team).unwrap()));
            let sources: [&dyn RowSource<T>; 4] = [&dense, &sparse, &copies[0], &copies[1]];
            let listed: Vec<u32> = (0..rows as u32).rev().step_by(2).chain([0, 0]).collect();
            for selection in [
                Selection::Range(0..rows),
                Selection::Range(rows / 3..rows / 2),
                Selection::Listed(&listed),
                Selection::Listed(&[]),
            ] {
                let wanted: Vec<T> = (0..selection.len())
                    .flat_map(|position| {
                        let row = selection.row(position);
                        let (table, center, scale) = (&table, &center, &scale);
                        (0..columns).map(move |column| {
                            let number = table[column * rows + row];
                            T::of(match standardise {
                                true => (number - center[column]) / scale[column],
                                false => number,
                            })
                        })
                    })
                    .collect();
                for source in sources {
                    assert_eq!((source.rows(), source.columns()), (rows, columns));
                    assert_eq!(gathered(source, selection.clone()), wanted, "{rows} x {columns}");
                }
            }
        }
    }
}

#[test]
fn every_source_gives_the_same_rows() {
    every_source_gives_the_rows_of_the_table::<f64>();
    every_source_gives_the_rows_of_the_table::<f32>();
}

#[test]
fn only_columns_lie_scattered_and_only_copies_take_memory() {
    let table = table(10, 4);
    let (starts, rows_of, numbers) = sparse_parts(&table, 10);
    let dense = ColumnMajor::new(&table, 10, 4);
    let sparse = SparseRows::from_columns(&starts, &rows_of, &numbers, 10, 4).unwrap();
    let copy = with_team(1, |team| RowMajor::<f64>::copy(&dense, team).unwrap());
    let sources: [&dyn RowSource<f64>; 3] = [&dense, &sparse, &copy];
    assert_eq!(sources.map(|source| source.is_scattered()), [true, false, false]);
    // 11 starts of rows, and each number with its column; 40 numbers and the line they begin at.
    let stored = numbers.len() as f64;
    assert_eq!(
        sources.map(|source| source.bytes()),
        [0.0, 11.0 * 8.0 + stored * 12.0, 40.0 * 8.0 + 64.0]
    );
    assert_eq!(RowMajor::<f64>::bytes_of(&dense), copy.bytes());
}

#[test]
fn columns_with_what_is_not_finite_are_named() {
    let (rows, columns) = (70, 5);
    for (position, number) in [
        (0, f64::NAN),
        (69, f64::INFINITY),
        (35, f64::NEG_INFINITY),
        (63, f64::NAN),
    ] {
        let mut table = table(rows, columns);
        table[2 * rows + position] = number;
        table[4 * rows + position] = number;
        let (starts, rows_of, numbers) = sparse_parts(&table, rows);
        let dense = ColumnMajor::new(&table, rows, columns);
        let sparse = SparseRows::from_columns(&starts, &rows_of, &numbers, rows, columns).unwrap();
        for threads in [1, 3] {
            with_team(threads, |team| {
                for source in [&dense as &dyn RowSource<f64>, &sparse] {
                    assert_eq!(source.non_finite_columns(team).unwrap(), [2, 4]);
                    assert_eq!(
                        RowMajor::copy(source, team).err(),
                        Some(EngineError::NonFiniteInputs(vec![2, 4]))
                    );
                }
            });
        }
    }
    // What is finite in double may not be in single precision.
    let large = [1.0, 1e300, 2.0];
    let source = ColumnMajor::new(&large, 1, 3);
    with_team(1, |team| {
        assert!(RowMajor::<f64>::copy(&source, team).is_ok());
        let single = RowMajor::<f32>::copy(&source, team).err();
        assert_eq!(single, Some(EngineError::NonFiniteInputs(vec![1])));
    });
}

#[test]
fn parts_of_a_sparse_matrix_that_do_not_fit_are_refused() {
    let fits = |starts: &[i32], rows_of: &[i32], numbers: &[f64], rows, columns| {
        SparseRows::from_columns(starts, rows_of, numbers, rows, columns).is_ok()
    };
    assert!(fits(&[0, 1, 3], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(fits(&[0, 0, 0], &[], &[], 3, 2));
    assert!(fits(&[0], &[], &[], 3, 0));
    // Another number of columns, of rows, of numbers.
    assert!(!fits(&[0, 1, 3], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 3));
    assert!(!fits(&[0, 1, 3], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 1));
    assert!(!fits(&[0, 1, 3], &[2, 0], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[0, 1, 3], &[2, 0, 1, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[0, 1, 2], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[0, 1, 4], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[], &[], &[], 3, 0));
    // Starts that go back or do not begin at 0; rows that are not there.
    assert!(!fits(&[0, 4, 3], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[1, 1, 3], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[-1, 1, 3], &[2, 0, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[0, 1, 3], &[3, 0, 1], &[1.0, 2.0, 3.0], 3, 2));
    assert!(!fits(&[0, 1, 3], &[2, -1, 1], &[1.0, 2.0, 3.0], 3, 2));
}

#[test]
fn selections_count_and_slice_their_rows() {
    let range = Selection::Range(3..9);
    let listed = Selection::Listed(&[5, 1, 8, 8]);
    assert_eq!((range.len(), listed.len()), (6, 4));
    assert_eq!((range.row(2), listed.row(2)), (5, 8));
    let (part, other) = (range.slice(1..4), listed.slice(1..3));
    assert_eq!((part.len(), part.row(0), part.row(2)), (3, 4, 6));
    assert_eq!((other.len(), other.row(0), other.row(1)), (2, 1, 8));
    assert!(!range.is_empty() && range.slice(2..2).is_empty() && listed.slice(4..4).is_empty());
}
