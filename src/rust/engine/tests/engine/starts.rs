//! Claims about random numbers: streams that must never change, starting weights and shuffles from them.

use backprop_engine::base::random::{shuffled, split, stream, Purpose};
use backprop_engine::base::threads::with_team;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::init::{self, BiasInit, Draw, Init};
use backprop_engine::objective::Output;
use backprop_engine::{Network, Result};
use rand::Rng;

const ALL: [(&str, Init); 8] = [
    ("normal", Init::Normal),
    ("uniform", Init::Uniform),
    ("glorot_uniform", Init::GlorotUniform),
    ("glorot_normal", Init::GlorotNormal),
    ("he_uniform", Init::HeUniform),
    ("he_normal", Init::HeNormal),
    ("lecun_normal", Init::LecunNormal),
    ("orthogonal", Init::Orthogonal),
];

fn network(sizes: &[usize]) -> Network {
    Network::new(sizes, &vec![Activation::Tanh; sizes.len() - 2], Output::Linear).unwrap()
}

fn initial(network: &Network, weights: &[Init], biases: BiasInit, seed: u64) -> Result<Coefficients> {
    with_team(1, |team| init::initial(network, weights, biases, seed, team))
}

/// SplitMix64 and xoshiro256++ as their authors give them (Steele, Lea and Flood, 2014; Blackman and
/// Vigna, 2021), written anew: the streams of fits that were stored must come out the same for ever.
fn reference(seed: u64, parts: [u64; 3], count: usize) -> Vec<u64> {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let finalise = |state: u64| {
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut key = seed;
    for part in parts {
        key = finalise((key ^ part.wrapping_mul(GOLDEN)).wrapping_add(GOLDEN));
    }
    let mut state = [0; 4];
    for word in &mut state {
        key = key.wrapping_add(GOLDEN);
        *word = finalise(key);
    }
    (0..count)
        .map(|_| {
            let result = state[0]
                .wrapping_add(state[3])
                .rotate_left(23)
                .wrapping_add(state[0]);
            let shifted = state[1] << 17;
            state[2] ^= state[0];
            state[3] ^= state[1];
            state[1] ^= state[2];
            state[0] ^= state[3];
            state[2] ^= shifted;
            state[3] = state[3].rotate_left(45);
            result
        })
        .collect()
}

#[test]
fn streams_are_those_of_the_published_generators() {
    for (seed, purpose, number, first, second) in [
        (0, Purpose::Init, 1, 0, 0),
        (1, Purpose::Split, 2, 0, 0),
        (42, Purpose::Shuffle, 3, 17, 0),
        (u64::MAX, Purpose::Dropout, 4, 5, 1 << 40),
    ] {
        let mut rng = stream(seed, purpose, first, second);
        let drawn: Vec<u64> = (0..50).map(|_| rng.next_u64()).collect();
        assert_eq!(drawn, reference(seed, [number, first, second], 50), "{purpose:?}");
    }
}

#[test]
fn a_uniform_start_is_the_stream_itself_unit_by_unit() {
    let sizes = [2, 3, 1];
    let start = initial(&network(&sizes), &[Init::Uniform; 2], BiasInit::Uniform, 9).unwrap();
    // 53 bits of each number, as a share of 2^53.
    let mut share = reference(9, [1, 0, 0], 13)
        .into_iter()
        .map(|bits| (bits >> 11) as f64 / (1u64 << 53) as f64);
    for (weights, biases) in start.weights.iter().zip(&start.biases) {
        for unit in 0..weights.ncols() {
            for input in 0..weights.nrows() {
                assert_eq!(weights[(input, unit)], share.next().unwrap());
            }
        }
        assert!(biases.iter().all(|&bias| Some(bias) == share.next()));
    }
    assert_eq!(share.next(), None);
}

#[test]
fn every_start_has_the_limits_or_the_deviation_of_its_definition() {
    let (a, b) = (300.0f64, 100.0f64);
    let limits = [
        (Init::Uniform, 1.0, 0.0),
        (Init::GlorotUniform, (6.0 / (a + b)).sqrt(), -1.0),
        (Init::HeUniform, (6.0 / a).sqrt(), -1.0),
    ];
    for (init, limit, lowest) in limits {
        let start = initial(&network(&[300, 100]), &[init], BiasInit::Zeros, 3).unwrap();
        let largest = start.weights[0].iter().fold(0.0, |m: f64, w| m.max(*w));
        let smallest = start.weights[0].iter().fold(1.0, |m: f64, w| m.min(*w));
        // Of 30,000 draws the outermost come nearer than a hundredth.
        assert!(
            largest <= limit && largest > 0.99 * limit,
            "{init:?}: {largest} of {limit}"
        );
        assert!(
            smallest >= lowest * limit && smallest < (lowest + 0.01) * limit,
            "{init:?}: {smallest}"
        );
        assert!(start.biases[0].iter().all(|&bias| bias == 0.0));
    }
    let deviations = [
        (Init::Normal, 1.0),
        (Init::GlorotNormal, (2.0 / (a + b)).sqrt()),
        (Init::HeNormal, (2.0 / a).sqrt()),
        (Init::LecunNormal, (1.0 / a).sqrt()),
    ];
    for (init, deviation) in deviations {
        let start = initial(&network(&[300, 100]), &[init], BiasInit::Uniform, 3).unwrap();
        let squares: f64 = start.weights[0].iter().map(|w| w * w).sum();
        // Four standard errors of the deviation of 30,000 draws.
        let found = (squares / 3e4).sqrt();
        assert!(
            (found / deviation - 1.0).abs() < 4.0 / 6e4f64.sqrt(),
            "{init:?}: {found}"
        );
        assert!(start.biases[0].iter().all(|bias| (0.0..1.0).contains(bias)));
    }
}

#[test]
fn orthogonal_starts_have_orthonormal_columns_or_rows() {
    for (inputs, units) in [(30, 10), (10, 30), (12, 12), (1, 5), (5, 1)] {
        let start = initial(
            &network(&[inputs, units]),
            &[Init::Orthogonal],
            BiasInit::Zeros,
            4,
        )
        .unwrap();
        let w = &start.weights[0];
        let product = match inputs >= units {
            true => w.t().dot(w),
            false => w.dot(&w.t()),
        };
        for ((i, j), &value) in product.indexed_iter() {
            let wanted = f64::from(u8::from(i == j));
            assert!(
                (value - wanted).abs() < 1e-12,
                "{inputs} x {units}: {value} at {i} {j}"
            );
        }
    }
}

#[test]
fn starts_have_their_names_and_one_for_each_layer() {
    for (name, init) in ALL {
        assert_eq!(name.parse(), Ok(init));
    }
    assert_eq!("zeros".parse(), Ok(BiasInit::Zeros));
    assert_eq!("uniform".parse(), Ok(BiasInit::Uniform));
    assert!("xavier".parse::<Init>().is_err() && "normal".parse::<BiasInit>().is_err());
    let network = network(&[2, 3, 1]);
    for count in [0, 1, 3] {
        assert!(initial(&network, &vec![Init::Normal; count], BiasInit::Zeros, 1).is_err());
    }
    let draw = Draw {
        weights: vec![Init::HeNormal; 2],
        biases: BiasInit::Uniform,
        seed: 8,
        ancillary: Vec::new(),
    };
    assert_eq!(
        with_team(1, |team| draw.coefficients(&network, team)),
        initial(&network, &[Init::HeNormal; 2], BiasInit::Uniform, 8)
    );
}

#[test]
fn a_shuffle_is_that_of_fisher_and_yates() {
    // Every order of four rows is about as frequent as any other.
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..4800 {
        let mut order = [9; 4];
        shuffled(&mut order, &mut stream(seed, Purpose::Shuffle, 0, 0));
        *counts.entry(order).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 24);
    // 200 expected, with a deviation of 14.
    assert!(
        counts.values().all(|&count| (140..260).contains(&count)),
        "{counts:?}"
    );
    let mut nothing: [u32; 0] = [];
    shuffled(&mut nothing, &mut stream(1, Purpose::Shuffle, 0, 0));
}

#[test]
fn a_split_takes_the_nearest_number_of_rows_of_all_and_of_each_stratum() {
    for (rows, share) in [(10, 0.25), (11, 0.5), (97, 0.1), (3, 0.2), (3, 0.9), (5, 0.0)] {
        let strata: Vec<i32> = (0..rows).map(|row| row % 2).collect();
        let chosen = split(&strata, share, 7, 0).unwrap();
        assert_eq!(
            chosen.len(),
            (f64::from(rows) * share).round() as usize,
            "{rows} {share}"
        );
        assert!(
            chosen.windows(2).all(|pair| pair[0] < pair[1]),
            "in order, each once"
        );
        for stratum in 0..2 {
            let of_stratum = strata.iter().filter(|&&s| s == stratum).count() as f64;
            let taken = chosen
                .iter()
                .filter(|&&row| strata[row as usize] == stratum)
                .count() as f64;
            assert!((taken - share * of_stratum).abs() <= 1.0, "{rows} {share}");
        }
    }
    // Every row is taken about as often as any other.
    let mut taken = [0; 20];
    for seed in 0..2000 {
        for row in split(&[0; 20], 0.3, seed, 0).unwrap() {
            taken[row as usize] += 1;
        }
    }
    // 600 expected, with a deviation of 20.
    assert!(taken.iter().all(|count| (510..690).contains(count)), "{taken:?}");
}
