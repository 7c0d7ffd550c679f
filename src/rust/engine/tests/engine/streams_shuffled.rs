//! Claims about streams that are shuffled through a buffer: which orders come out, and that nothing else decides about them.

use super::streamed::{methods, Extras, Fault, Problem};
use super::workloads::{start, table, Table};
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::{
    Block, BlockSource, Blocks, Chunk, ColumnMajor, Reader, RowSource, Selection, TableShape,
};
use backprop_engine::data::Source;
use backprop_engine::nn::activation::Activation;
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{train_from, Ending, EngineError, Result, Scalar, Settings, Shuffle, Start, Trained};

/// A table with weights and offsets that comes in blocks of these sizes, over and over.
struct InBlocks<'a> {
    table: &'a Table,
    extras: &'a Extras,
    sizes: &'a [usize],
    next: usize,
    block: usize,
}

impl<'a> InBlocks<'a> {
    fn stream<T: Scalar>(
        table: &'a Table,
        extras: &'a Extras,
        sizes: &'a [usize],
    ) -> Blocks<T, InBlocks<'a>> {
        Blocks::new(InBlocks {
            table,
            extras,
            sizes,
            next: 0,
            block: 0,
        })
    }
}

/// Rows `rows` of a matrix, column by column.
fn part(numbers: &[f64], columns: usize, rows: std::ops::Range<usize>) -> Vec<f64> {
    let height = numbers.len() / columns;
    (0..columns)
        .flat_map(|column| numbers[column * height..][rows.clone()].to_vec())
        .collect()
}

impl<T: Scalar> BlockSource<T> for InBlocks<'_> {
    fn shape(&self) -> TableShape {
        TableShape {
            rows: self.table.rows,
            inputs: self.table.inputs,
            targets: self.table.outputs,
            offsets: self.extras.offsets.as_ref().map_or(0, |_| self.table.outputs),
            case_weights: self.extras.weights.is_some(),
        }
    }

    fn rewind(&mut self) -> Result<()> {
        (self.next, self.block) = (0, 0);
        Ok(())
    }

    fn next_block(&mut self, block: &mut Block<T>) -> Result<bool> {
        let (table, shape) = (self.table, BlockSource::<T>::shape(self));
        let rows = self.next
            ..table
                .rows
                .min(self.next + self.sizes[self.block % self.sizes.len()]);
        self.block += 1;
        self.next = rows.end;
        if rows.is_empty() && rows.start == table.rows {
            return Ok(false);
        }
        let x = part(&table.x, table.inputs, rows.clone());
        let y = part(&table.y, table.outputs, rows.clone());
        let offsets = self.extras.offsets.as_ref();
        let offsets = offsets.map(|offsets| part(offsets, table.outputs, rows.clone()));
        let matrix = |numbers, columns| ColumnMajor::new(numbers, rows.len(), columns);
        let offsets = offsets.as_deref().map(|numbers| matrix(numbers, table.outputs));
        block.fill(
            &shape,
            &matrix(&x, table.inputs),
            &matrix(&y, table.outputs),
            offsets.as_ref().map(|matrix| matrix as &dyn RowSource<T>),
            self.extras.weights.as_ref().map(|weights| &weights[rows.clone()]),
        )?;
        Ok(true)
    }
}

/// Rows of which every part says which row it is of.
fn numbered(rows: usize) -> (Table, Extras) {
    let numbers: Vec<f64> = (0..rows).map(|row| row as f64).collect();
    let twice = numbers.iter().chain(&numbers).copied().collect();
    let table = Table {
        x: twice,
        y: numbers.clone(),
        rows,
        inputs: 2,
        outputs: 1,
    };
    let extras = Extras {
        weights: Some(numbers.clone()),
        offsets: Some(numbers),
    };
    (table, extras)
}

/// Bytes of a buffer for so many numbered rows.
fn buffer(rows: usize) -> f64 {
    (rows * 5 * 8) as f64
}

/// The order of an epoch, asked for so many rows at a time.
fn order(rows: usize, buffer_rows: usize, epoch: u64, asked: usize, sizes: &[usize]) -> Vec<usize> {
    let (table, extras) = numbered(rows);
    let mut reader =
        Reader::<f64>::new(InBlocks::stream(&table, &extras, sizes)).with_buffer(buffer(buffer_rows));
    reader.shuffle_next(5, epoch).unwrap();
    read(&mut reader, rows, asked)
}

fn read(reader: &mut Reader<'_, f64>, rows: usize, asked: usize) -> Vec<usize> {
    let mut order = Vec::new();
    for first in (0..rows).step_by(asked) {
        let count = asked.min(rows - first);
        let (mut x, mut y) = (vec![0.0; 2 * count], vec![0.0; count]);
        let (mut offsets, mut weights) = (y.clone(), y.clone());
        let chunk = Chunk {
            rows: count,
            inputs: &mut x,
            targets: &mut y,
            offsets: &mut offsets,
            case_weights: &mut weights,
        };
        reader.read(first..first + count, chunk).unwrap();
        let twice: Vec<f64> = y.iter().flat_map(|&row| [row, row]).collect();
        assert_eq!(
            (&x, &offsets, &weights),
            (&twice, &y, &y),
            "all of a row stays together"
        );
        order.extend(y.iter().map(|&row| row as usize));
    }
    order
}

#[test]
fn every_row_comes_once_and_chunks_do_not_decide_the_order() {
    for rows in [1, 2, 700, 3000] {
        for buffer_rows in [1, 2, 100, 511, 512, 600, 3000, 9000] {
            let wanted = order(rows, buffer_rows, 2, rows, &[rows]);
            let mut sorted = wanted.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().copied().eq(0..rows));
            let in_order = wanted.iter().copied().eq(0..rows);
            assert_eq!(
                in_order,
                rows == 1 || buffer_rows == 1 || rows == 2 && wanted == [0, 1]
            );
            for (asked, sizes) in [
                (1, vec![7, 0, 1]),
                (7, vec![1]),
                (256, vec![1000, 3]),
                (513, vec![rows]),
            ] {
                assert_eq!(
                    order(rows, buffer_rows, 2, asked, &sizes),
                    wanted,
                    "{rows} {buffer_rows} {asked}"
                );
            }
            if rows > 2 && buffer_rows > 1 {
                assert_ne!(
                    order(rows, buffer_rows, 3, rows, &[rows]),
                    wanted,
                    "another epoch"
                );
            }
        }
    }
}

#[test]
fn only_the_pass_that_is_asked_to_be_is_shuffled() {
    let (table, extras) = numbered(900);
    let mut reader = Reader::<f64>::new(InBlocks::stream(&table, &extras, &[64])).with_buffer(buffer(100));
    reader.shuffle_next(5, 1).unwrap();
    assert_eq!(read(&mut reader, 900, 64), order(900, 100, 1, 64, &[64]));
    assert!(read(&mut reader, 900, 64).into_iter().eq(0..900));
    reader.shuffle_next(5, 2).unwrap();
    assert_eq!(read(&mut reader, 900, 64), order(900, 100, 2, 64, &[64]));
}

#[test]
fn a_buffer_of_all_rows_makes_every_order_alike() {
    let mut counts = std::collections::BTreeMap::new();
    for epoch in 0..4800 {
        *counts.entry(order(4, 4, epoch, 4, &[4])).or_insert(0) += 1;
    }
    // 200 of each are expected, give or take 14.
    assert_eq!(counts.len(), 24);
    assert!(
        counts.values().all(|count| (130..270).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn rows_wait_in_a_buffer_as_long_as_is_stated() {
    let (rows, buffer_rows) = (40_000, 200);
    let order = order(rows, buffer_rows, 1, 1000, &[4096]);
    let mut waited = Vec::new();
    for (place, &row) in order.iter().enumerate() {
        assert!(place + buffer_rows > row, "not earlier than the buffer allows");
        if row >= buffer_rows && row + 20 * buffer_rows < rows {
            waited.push((place + buffer_rows - row) as f64);
        }
    }
    let mean = waited.iter().sum::<f64>() / waited.len() as f64;
    // Geometric with mean 200, and so with a deviation of 200; of 36,000 of them the mean has one of 1.
    assert!((mean - 200.0).abs() < 5.0, "{mean}");
    let late = waited.iter().filter(|&&steps| steps > 600.0).count() as f64 / waited.len() as f64;
    assert!((late - (-3f64).exp()).abs() < 0.006, "{late}");
}

fn problem() -> Problem {
    let mut problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 157, true, true);
    // Their sum is exact, and the same in any order.
    let weights = (0..157).map(|row| 0.5 + (row % 5) as f64 / 2.0);
    problem.extras.weights = Some(weights.collect());
    problem
}

fn shuffling(problem: &Problem, number: usize) -> Settings {
    Settings {
        shuffle: Shuffle::All,
        epochs: 3,
        ..problem.settings(methods()[number], 20)
    }
}

fn trained<T: Scalar>(
    problem: &Problem,
    plan: &Settings,
    rows: usize,
    threads: usize,
    sizes: &[usize],
    from: &Start,
) -> Trained {
    let checked = plan.clone().check(&problem.network).unwrap();
    let stream = InBlocks::stream::<T>(&problem.fitting, &problem.extras, sizes);
    // Seven numbers that go through the network, two of them offsets, and a weight.
    let bytes = rows * (9 * size_of::<T>() + 8);
    with_team(threads, |team| {
        let source = Source::shuffled_stream(stream, bytes as f64);
        train_from::<T>(
            &problem.network,
            &checked,
            source,
            None,
            from,
            team,
            &mut NoObserver,
        )
        .unwrap()
    })
}

fn same_bits_whatever_the_chunks_and_threads<T: Scalar>() {
    let problem = problem();
    for number in [1, 2] {
        let plan = shuffling(&problem, number);
        for rows in [40, 157] {
            let from = start(&problem.network);
            let wanted = trained::<T>(&problem, &plan, rows, 1, &[157], &from);
            for (threads, sizes) in [(1, vec![1]), (2, vec![7, 30]), (3, vec![1000])] {
                let found = trained::<T>(&problem, &plan, rows, threads, &sizes, &from);
                assert_eq!(found.coefficients, wanted.coefficients);
                assert_eq!(found.losses(), wanted.losses());
            }
        }
    }
}

#[test]
fn shuffled_streams_train_the_same_bits_whatever_the_chunks_and_threads() {
    same_bits_whatever_the_chunks_and_threads::<f64>();
    same_bits_whatever_the_chunks_and_threads::<f32>();
}

#[test]
fn a_training_that_goes_on_has_the_orders_of_one_that_was_not_cut() {
    let problem = problem();
    let plan = shuffling(&problem, 1);
    let whole = trained::<f64>(&problem, &plan, 40, 1, &[50], &start(&problem.network));
    let first = Settings {
        epochs: 2,
        ..plan.clone()
    };
    let half = trained::<f64>(&problem, &first, 40, 1, &[50], &start(&problem.network));
    let from = Start {
        coefficients: half.coefficients.into(),
        state: Some(half.state),
        epochs_done: 2,
        best: None,
    };
    let rest = trained::<f64>(&problem, &Settings { epochs: 1, ..plan }, 40, 1, &[50], &from);
    assert_eq!(rest.coefficients, whole.coefficients);
    assert_eq!(rest.losses(), whole.losses()[2..]);
}

#[test]
fn an_epoch_is_that_of_a_table_in_this_order() {
    let problem = problem();
    let plan = Settings {
        epochs: 1,
        ..shuffling(&problem, 1)
    };
    let found = trained::<f64>(&problem, &plan, 40, 1, &[50], &start(&problem.network));
    let (numbers, extras) = numbered(157);
    let mut reader = Reader::<f64>::new(InBlocks::stream(&numbers, &extras, &[50])).with_buffer(buffer(40));
    reader.shuffle_next(plan.seed, 0).unwrap();
    let order: Vec<u32> = read(&mut reader, 157, 20)
        .into_iter()
        .map(|row| row as u32)
        .collect();
    let reordered = |numbers: &[f64], columns: usize| -> Vec<f64> {
        let matrix = ColumnMajor::new(numbers, 157, columns);
        let mut by_rows = vec![0.0; numbers.len()];
        RowSource::<f64>::gather(&matrix, Selection::Listed(&order), &mut by_rows);
        (0..numbers.len())
            .map(|at| by_rows[at % 157 * columns + at / 157])
            .collect()
    };
    let given = &problem.fitting;
    let in_order = Problem {
        fitting: Table {
            x: reordered(&given.x, 5),
            y: reordered(&given.y, 2),
            ..table(157, 5, 2)
        },
        extras: Extras {
            weights: problem
                .extras
                .weights
                .as_ref()
                .map(|weights| reordered(weights, 1)),
            offsets: problem
                .extras
                .offsets
                .as_ref()
                .map(|offsets| reordered(offsets, 2)),
        },
        ..self::problem()
    };
    let plan = Settings {
        shuffle: Shuffle::No,
        ..plan
    };
    let wanted = in_order.train_in_memory::<f64>(&plan, 1, &mut NoObserver);
    assert_eq!(found.coefficients, wanted.coefficients);
    assert_eq!(found.losses(), wanted.losses());
}

#[test]
fn a_stream_that_fails_while_it_is_shuffled_says_so_too() {
    let problem = problem();
    let plan = shuffling(&problem, 1);
    for (row, bytes) in [(10, 4000.0), (100, 4000.0), (156, 4000.0), (156, 1e9)] {
        let failing = |fault| {
            let faults = [fault, Fault::Nothing];
            let (trained, _) = problem.train_by_buffer::<f64>(&plan, 1, faults, bytes, &mut NoObserver);
            let trained = trained.unwrap();
            assert_eq!((trained.ending, trained.epochs_done), (Ending::Failed, 1));
            trained.failure.unwrap()
        };
        let said = format!("{row} rows where 157 were announced");
        assert_eq!(failing(Fault::EndsAt(3, row)), EngineError::Stream(said));
        assert_eq!(
            failing(Fault::FailsAt(3, row)),
            EngineError::Stream(format!("row {row} is torn"))
        );
        assert_eq!(
            failing(Fault::NotFinite(3, row, 2)),
            EngineError::NonFiniteInputs(vec![2])
        );
    }
}
