//! Random streams: one per purpose, so that changing one choice leaves the others' draws alone.
//!
//! Every stream is a named generator (xoshiro256++) seeded from the fit's seed, the purpose and
//! counters such as the epoch; all draws are made in double precision.

use crate::base::error::Result;
use crate::base::room::{filled, room};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream is drawn for. The numbers are part of the format: they must not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Starting weights and biases.
    Init = 1,
    /// Splitting off validation rows.
    Split = 2,
    /// The order of rows in an epoch.
    Shuffle = 3,
    /// Units dropped out.
    Dropout = 4,
    /// Which rows are looked at where some tell enough.
    Sample = 5,
    /// Rows of a stream that are held back to validate.
    HeldBack = 6,
}

/// The generator of a purpose, keyed by two counters (0 where there is nothing to count).
pub fn stream(seed: u64, purpose: Purpose, first: u64, second: u64) -> Xoshiro256PlusPlus {
    let mut key = seed;
    for part in [purpose as u64, first, second] {
        key = mix(key ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    Xoshiro256PlusPlus::seed_from_u64(key)
}

/// A number in [0, 1) for each row, drawn by its number: the same however many rows there are, and in whatever
/// chunks they come.
pub fn row_key(seed: u64, purpose: Purpose, row: u64) -> f64 {
    let mut key = seed;
    for part in [purpose as u64, row] {
        key = mix(key ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    (key >> 11) as f64 * 2f64.powi(-53)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Writes 0, 1, 2, … into `order` and shuffles it (Fisher and Yates).
pub fn shuffled(order: &mut [u32], rng: &mut Xoshiro256PlusPlus) {
    for (row, position) in order.iter_mut().enumerate() {
        *position = row as u32;
    }
    for last in (1..order.len()).rev() {
        order.swap(last, rng.random_range(0..last as u32 + 1) as usize);
    }
}

/// Draws `share` of the rows of each stratum (rounded to the nearest, all strata together
/// `share` of all) and gives their numbers in ascending order. Strata are numbers from 0, not much
/// larger than there are rows.
///
/// Of the `member`s of an ensemble each draws rows of its own: no two have a row in common as long as the shares do
/// not add up to more than all rows; then the rows are dealt anew.
///
/// # Errors
/// Memory refused.
pub fn split(strata: &[i32], share: f64, seed: u64, member: usize) -> Result<Vec<u32>> {
    let apart = ((1.0 / share + 1e-9).floor() as usize).max(1);
    let (round, shift) = (member / apart, member % apart);
    let stratum = |row: u32| strata[row as usize].max(0) as usize;
    let mut order = filled(strata.len(), 0u32)?;
    shuffled(&mut order, &mut stream(seed, Purpose::Split, round as u64, 0));
    // The strata one after the other, each in its random order.
    let largest = strata.iter().copied().max().unwrap_or(0).max(0) as usize;
    let mut next = filled(largest + 2, 0usize)?;
    for &row in &order {
        next[stratum(row) + 1] += 1;
    }
    for stratum in 0..largest {
        next[stratum + 1] += next[stratum];
    }
    let mut sorted = filled(strata.len(), 0u32)?;
    for &row in &order {
        let position = &mut next[stratum(row)];
        sorted[*position] = row;
        *position += 1;
    }
    drop(order);
    // Walking through the strata, a row is taken whenever the running share passes a whole
    // number: each stratum gets its share, give or take one row.
    let passed = |positions: usize| rows_of_share(positions, share);
    let mut chosen = room(passed(sorted.len() + shift) + 1)?;
    let positions = sorted.iter().enumerate();
    let is_chosen = |position: usize| passed(position + shift + 1) > passed(position + shift);
    chosen.extend(positions.filter_map(|(position, &row)| is_chosen(position).then_some(row)));
    chosen.sort_unstable();
    Ok(chosen)
}

/// How many of so many rows a share is.
pub fn rows_of_share(rows: usize, share: f64) -> usize {
    (rows as f64 * share).round() as usize
}

/// Bytes that [`split`] takes of so many rows, in strata of numbers up to `largest`: the rows twice at a
/// time, and where each stratum begins.
pub fn bytes_of_split(rows: usize, largest: usize) -> f64 {
    2.0 * rows as f64 * size_of::<u32>() as f64 + (largest as f64 + 2.0) * size_of::<usize>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_of_different_keys_differ_and_of_the_same_key_agree() {
        let draw = |seed, purpose, a, b| stream(seed, purpose, a, b).next_u64();
        let base = draw(1, Purpose::Init, 0, 0);
        assert_eq!(base, draw(1, Purpose::Init, 0, 0));
        for other in [
            draw(2, Purpose::Init, 0, 0),
            draw(1, Purpose::Shuffle, 0, 0),
            draw(1, Purpose::Init, 1, 0),
            draw(1, Purpose::Init, 0, 1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn keys_of_rows_are_uniform_and_of_each_purpose_their_own() {
        let keys =
            |seed, purpose| -> Vec<f64> { (0..100_000).map(|row| row_key(seed, purpose, row)).collect() };
        let sample = keys(7, Purpose::Sample);
        for other in [keys(8, Purpose::Sample), keys(7, Purpose::HeldBack)] {
            // Standard error of a mean of products of two: 1/12 / sqrt(1e5).
            let together: f64 = sample
                .iter()
                .zip(&other)
                .map(|(a, b)| (a - 0.5) * (b - 0.5))
                .sum();
            assert!(together.abs() / 1e5 < 4.0 / 12.0 / 1e5f64.sqrt());
        }
        for cut in [0.01, 0.2, 0.5, 0.9] {
            let below = sample.iter().filter(|&&key| key < cut).count() as f64;
            assert!((below - 1e5 * cut).abs() < 4.0 * (1e5 * cut * (1.0 - cut)).sqrt());
        }
        // Neighbours do not go together either.
        let next: f64 = sample
            .windows(2)
            .map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5))
            .sum();
        assert!(next.abs() / 1e5 < 4.0 / 12.0 / 1e5f64.sqrt());
        assert!(sample.iter().all(|key| (0.0..1.0).contains(key)));
    }

    #[test]
    fn a_split_takes_its_share_of_every_stratum() {
        let strata: Vec<i32> = (0..100).map(|row| i32::from(row % 10 == 0)).collect();
        let chosen = split(&strata, 0.2, 3, 0).unwrap();
        assert_eq!(chosen.len(), rows_of_share(100, 0.2));
        assert_eq!((rows_of_share(10, 0.25), rows_of_share(10, 0.04)), (3, 0));
        assert_eq!(chosen.iter().filter(|&&row| strata[row as usize] == 1).count(), 2);
        assert_ne!(chosen, split(&strata, 0.2, 4, 0).unwrap());
    }

    #[test]
    fn members_hold_back_rows_of_their_own() {
        let strata: Vec<i32> = (0..203).map(|row| i32::from(row % 7 == 0)).collect();
        for share in [0.15, 0.2, 0.5] {
            let apart = (1.0 / share) as usize;
            let of = |member| split(&strata, share, 3, member).unwrap();
            let mut all: Vec<u32> = (0..apart).flat_map(of).collect();
            assert!((0..apart).all(|member| (of(member).len() as f64 - 203.0 * share).abs() <= 1.0));
            all.sort_unstable();
            let count = all.len();
            all.dedup();
            assert_eq!(all.len(), count);
            assert_ne!(of(0), of(apart));
        }
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        let mut order = vec![0; 1000];
        shuffled(&mut order, &mut stream(5, Purpose::Shuffle, 1, 0));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.iter().enumerate().all(|(i, &row)| row as usize == i));
        assert_ne!(order, sorted);
    }
}
