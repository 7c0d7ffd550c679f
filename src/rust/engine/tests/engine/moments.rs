//! Claims about means and deviations of columns: what they are, and that it is no matter how many rows come at a time.

use backprop_engine::data::moments::{ColumnMoments, Moments, BLOCK_ROWS};

#[test]
fn moments_are_weighted_and_exact_for_large_means() {
    let moments =
        |numbers: &[f64], weights: Option<&[f64]>| ColumnMoments::of(numbers, weights).center_and_scale();
    let close = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < 1e-12 && (a.1 - b.1).abs() < 1e-12;
    let numbers = [1.0, 2.0, 4.0, 9.0];
    assert!(close(moments(&numbers, None), (4.0, (38.0f64 / 3.0).sqrt())));
    // A weight of two is the number twice.
    let twice = moments(&[1.0, 1.0, 2.0, 4.0, 9.0], None);
    assert!(close(moments(&numbers, Some(&[2.0, 1.0, 1.0, 1.0])), twice));
    let (mean, deviation) = moments(&[1e9 + 1.0, 1e9 + 3.0], None);
    assert_eq!(mean, 1e9 + 2.0);
    assert!((deviation - 2f64.sqrt()).abs() < 1e-12);
    assert_eq!(moments(&[0.1; 7], Some(&[0.3; 7])), (0.1, 0.0));
    assert_eq!(moments(&[], None), (0.0, 0.0));
}

/// Whole numbers that look like drawn ones, below 2^20.
fn drawn(row: usize) -> u64 {
    (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44
}

/// Two passes over all rows, as a table of one block has always been standardised.
fn in_two_passes(numbers: &[f64], weights: &[f64]) -> (f64, f64) {
    let pairs = || numbers.iter().zip(weights);
    let total: f64 = weights.iter().sum();
    let mean = pairs().map(|(number, weight)| weight * number).sum::<f64>() / total;
    let squares: f64 = pairs()
        .map(|(number, weight)| weight * ((number - mean) * (number - mean)))
        .sum();
    (mean, (squares / (total - 1.0)).sqrt())
}

/// Columns of which each is hard in a way of its own.
fn columns(rows: usize) -> Vec<Vec<f64>> {
    let of = |number: fn(usize) -> f64| (0..rows).map(number).collect::<Vec<f64>>();
    vec![
        of(|row| drawn(row) as f64 / 7.0),
        of(|row| 1e9 + drawn(row) as f64 / 1e6),
        // Ascending: the means of the blocks lie far from each other.
        of(|row| row as f64 * 1e6 + (drawn(row) % 10) as f64),
        of(|row| if row == 4000 { 1e12 } else { 0.1 }),
        of(|row| (drawn(row) % 2) as f64),
        of(|_| 0.1),
    ]
}

#[test]
fn a_table_of_one_block_has_the_bits_of_two_passes() {
    for rows in [2, 100, BLOCK_ROWS] {
        let weights: Vec<f64> = (0..rows).map(|row| 0.1 + drawn(row) as f64 / 1e6).collect();
        for numbers in &columns(rows)[..3] {
            let ones = vec![1.0; rows];
            assert_eq!(
                ColumnMoments::of(numbers, None).center_and_scale(),
                in_two_passes(numbers, &ones)
            );
            let weighted = ColumnMoments::of(numbers, Some(&weights)).center_and_scale();
            assert_eq!(weighted, in_two_passes(numbers, &weights));
        }
    }
}

#[test]
fn chunks_of_any_size_give_the_same_bits() {
    let rows = 5 * BLOCK_ROWS + 123;
    let columns = columns(rows);
    let weights: Vec<f64> = (0..rows).map(|row| (drawn(row) % 3) as f64 / 2.0).collect();
    for weights in [None, Some(&weights[..])] {
        let wanted: Vec<_> = columns
            .iter()
            .map(|column| ColumnMoments::of(column, weights))
            .collect();
        for size in [1, 7, 1000, BLOCK_ROWS, rows] {
            let mut moments = Moments::new(columns.len()).unwrap();
            for first in (0..rows).step_by(size) {
                let chunk = first..rows.min(first + size);
                let read = |column: usize, out: &mut Vec<f64>| {
                    out.extend_from_slice(&columns[column][chunk.clone()]);
                    Ok(())
                };
                let weights = weights.map(|weights| &weights[chunk.clone()]);
                moments.add(chunk.len(), weights, read).unwrap();
            }
            assert_eq!(moments.end().unwrap(), wanted, "chunks of {size}");
        }
    }
}

#[test]
fn hard_columns_lose_nothing() {
    // The numbers are whole, so that integers give what is true.
    let rows = 20 * BLOCK_ROWS + 5;
    let truth = |whole: &dyn Fn(usize) -> i128| {
        let n = rows as i128;
        let sum: i128 = (0..rows).map(whole).sum();
        let squares: i128 = (0..rows).map(|row| whole(row) * whole(row)).sum();
        let mean = sum as f64 / n as f64;
        let variance = (n * squares - sum * sum) as f64 / (n as f64 * (n - 1) as f64);
        (mean, variance.sqrt())
    };
    let near = |found: (f64, f64), wanted: (f64, f64)| {
        assert!((found.0 / wanted.0 - 1.0).abs() < 1e-14, "{found:?} {wanted:?}");
        // Of numbers near 10^9 the mean of a block is known to 10^-7, a deviation of 2 so to a share of 10^-11.
        assert!((found.1 / wanted.1 - 1.0).abs() < 1e-10, "{found:?} {wanted:?}");
    };
    let far = |row: usize| 1_000_000_000 + (drawn(row) % 7) as i128;
    let steep = |row: usize| row as i128 * 1_000_000 + (drawn(row) % 10) as i128;
    for whole in [&far as &dyn Fn(usize) -> i128, &steep] {
        let numbers: Vec<f64> = (0..rows).map(|row| whole(row) as f64).collect();
        near(ColumnMoments::of(&numbers, None).center_and_scale(), truth(whole));
    }
}

#[test]
fn blocks_that_weigh_nothing_count_nothing() {
    let rows = 3 * BLOCK_ROWS;
    let numbers: Vec<f64> = (0..rows).map(|row| drawn(row) as f64).collect();
    for silent in 0..3 {
        let weights: Vec<f64> = (0..rows)
            .map(|row| f64::from(u8::from(row / BLOCK_ROWS != silent)))
            .collect();
        let heard: Vec<f64> = (0..rows)
            .filter(|row| row / BLOCK_ROWS != silent)
            .map(|row| numbers[row])
            .collect();
        let wanted = ColumnMoments::of(&heard, None);
        let found = ColumnMoments::of(&numbers, Some(&weights));
        assert_eq!(
            (found.weight, found.center_and_scale()),
            (wanted.weight, wanted.center_and_scale())
        );
    }
}

#[test]
fn numbers_too_large_for_their_squares_keep_their_mean() {
    for size in [1e200, 1.5e308] {
        let numbers: Vec<f64> = (0..4 * BLOCK_ROWS)
            .map(|row| if row % 2 == 0 { size } else { -size })
            .collect();
        assert_eq!(
            ColumnMoments::of(&numbers, None).center_and_scale(),
            (0.0, f64::INFINITY)
        );
    }
    // Both means are finite, and what lies between them is not.
    let apart: Vec<f64> = (0..2 * BLOCK_ROWS)
        .map(|row| if row < BLOCK_ROWS { 1e305 } else { -1e305 })
        .collect();
    assert_eq!(
        ColumnMoments::of(&apart, None).center_and_scale(),
        (0.0, f64::INFINITY)
    );
}

#[test]
fn columns_of_zeros_and_ones_and_constants_are_seen() {
    let rows = 2 * BLOCK_ROWS + 1;
    let flags = |numbers: Vec<f64>| {
        let found = ColumnMoments::of(&numbers, None);
        (found.constant, found.zeros_and_ones)
    };
    assert_eq!(
        flags((0..rows).map(|row| (row % 2) as f64).collect()),
        (false, true)
    );
    assert_eq!(
        flags(
            (0..rows)
                .map(|row| f64::from(u8::from(row == rows - 1)) * 0.5)
                .collect()
        ),
        (false, false)
    );
    assert_eq!(flags(vec![1.0; rows]), (true, true));
    assert_eq!(flags(vec![0.3; rows]), (true, false));
    // What is missing says nothing against it, and a column that has it is not constant.
    assert_eq!(flags(vec![f64::NAN; rows]), (false, true));
    assert_eq!(ColumnMoments::of(&[], None).center_and_scale(), (0.0, 0.0));
}
