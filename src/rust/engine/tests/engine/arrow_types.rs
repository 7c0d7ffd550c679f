//! What Arrow's columns become: plain numbers, flags and texts, whatever lies around them.

use crate::arrow_producer::{Lying, LyingBatch, Producer};
use backprop_engine::base::random::{row_key, Purpose};
use backprop_engine::data::arrow::{
    is_missing, missing_number, ArrowReader, Column, MISSING_CODE, MISSING_INTEGER,
};

/// Plain values of a column, and texts instead of their numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    Doubles(Vec<Option<f64>>),
    Integers(Vec<Option<i32>>),
    Flags(Vec<Option<i32>>),
    Texts(Vec<Option<String>>),
}

fn some(numbers: &[i32]) -> impl Iterator<Item = Option<i32>> + '_ {
    numbers
        .iter()
        .map(|&number| (number != MISSING_INTEGER).then_some(number))
}

/// All rows of a stream, and how many batches it gave.
pub fn read(reader: &mut ArrowReader) -> (Vec<Plain>, usize) {
    let (mut all, mut batches): (Vec<Plain>, usize) = (Vec::new(), 0);
    while let Some(batch) = reader.next_batch().unwrap() {
        batches += 1;
        for (at, column) in batch.columns.iter().enumerate() {
            let plain = match column {
                Column::Doubles(numbers) => Plain::Doubles(
                    numbers
                        .iter()
                        .map(|&number| (!is_missing(number)).then_some(number))
                        .collect(),
                ),
                Column::Integers(numbers) => Plain::Integers(some(numbers).collect()),
                Column::Flags(flags) => Plain::Flags(some(flags).collect()),
                Column::Levels { codes, .. } => {
                    let text = |&code: &i32| {
                        (code != MISSING_CODE).then(|| reader.levels(at)[code as usize].clone())
                    };
                    Plain::Texts(codes.iter().map(text).collect())
                }
            };
            match (all.get_mut(at), plain) {
                (None, plain) => all.push(plain),
                (Some(Plain::Doubles(all)), Plain::Doubles(more)) => all.extend(more),
                (Some(Plain::Integers(all)), Plain::Integers(more)) => all.extend(more),
                (Some(Plain::Flags(all)), Plain::Flags(more)) => all.extend(more),
                (Some(Plain::Texts(all)), Plain::Texts(more)) => all.extend(more),
                other => panic!("{other:?}"),
            }
        }
    }
    (all, batches)
}

fn read_one(lying: Lying) -> Plain {
    let (stream, held) = Producer::new(&["x"], vec![LyingBatch::of(vec![lying])]).stream();
    let mut reader = ArrowReader::new(stream, None).unwrap();
    let (mut all, _) = read(&mut reader);
    drop(reader);
    assert_eq!(held.count(), 0, "all that was handed out is released");
    all.remove(0)
}

#[test]
fn numbers_of_every_width_are_what_they_were() {
    fn integers<V: Copy, const N: usize>(
        format: &'static str,
        values: [V; 2],
        bytes: fn(V) -> [u8; N],
    ) -> Plain {
        read_one(Lying::fixed(
            format,
            &[Some(values[0]), None, Some(values[1])],
            bytes,
        ))
    }
    let of = |a, b| Plain::Integers(vec![Some(a), None, Some(b)]);
    assert_eq!(integers("c", [i8::MIN, 7], i8::to_ne_bytes), of(-128, 7));
    assert_eq!(integers("C", [u8::MAX, 7], u8::to_ne_bytes), of(255, 7));
    assert_eq!(integers("s", [i16::MIN, 7], i16::to_ne_bytes), of(-32768, 7));
    assert_eq!(integers("S", [u16::MAX, 7], u16::to_ne_bytes), of(65535, 7));
    assert_eq!(
        integers("i", [i32::MIN + 1, i32::MAX], i32::to_ne_bytes),
        of(-i32::MAX, i32::MAX)
    );
    let of = |a, b| Plain::Doubles(vec![Some(a), None, Some(b)]);
    assert_eq!(
        integers("I", [u32::MAX, 7], u32::to_ne_bytes),
        of(4294967295.0, 7.0)
    );
    assert_eq!(
        integers("l", [-(1i64 << 53), 7], i64::to_ne_bytes),
        of(-9007199254740992.0, 7.0)
    );
    assert_eq!(
        integers("L", [1u64 << 53, 7], u64::to_ne_bytes),
        of(9007199254740992.0, 7.0)
    );
    assert_eq!(
        integers("f", [0.1f32, -7.5], f32::to_ne_bytes),
        of(f64::from(0.1f32), -7.5)
    );
    assert_eq!(integers("g", [0.1, -1e300], f64::to_ne_bytes), of(0.1, -1e300));
}

// The bits and their numbers are IEEE 754's binary16: the smallest subnormal 2^-24, the largest number 65504.
#[test]
fn halves_are_the_numbers_of_their_bits() {
    let bits = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x3555, 0x0400].map(Some);
    let Plain::Doubles(found) = read_one(Lying::fixed("e", &bits, u16::to_ne_bytes)) else {
        panic!("halves are doubles");
    };
    let third = 1365.0 / 4096.0;
    let wanted = [
        1.0,
        -2.0,
        2f64.powi(-24),
        65504.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        third,
        2f64.powi(-14),
    ];
    assert_eq!(found, wanted.map(Some));
}

#[test]
fn what_is_missing_is_told_from_what_is_not_a_number() {
    assert_eq!(
        read_one(Lying::doubles(&[None, Some(1.0)])),
        Plain::Doubles(vec![None, Some(1.0)])
    );
    let Plain::Doubles(found) = read_one(Lying::doubles(&[Some(f64::NAN), None])) else {
        panic!("doubles are doubles");
    };
    assert!(found[0].is_some_and(f64::is_nan) && found[1].is_none());
    assert!(missing_number().is_nan() && !is_missing(f64::NAN));
}

#[test]
fn flags_and_columns_of_nothing_are_flags() {
    let flags: Vec<Option<bool>> = (0..21)
        .map(|row| (row % 4 != 0).then_some(row % 3 == 0))
        .collect();
    let wanted = flags.iter().map(|flag| flag.map(i32::from)).collect();
    assert_eq!(read_one(Lying::flags(&flags)), Plain::Flags(wanted));
    assert_eq!(read_one(Lying::nulls(3)), Plain::Flags(vec![None; 3]));
}

const TEXTS: [Option<&str>; 7] = [
    Some("b"),
    None,
    Some(""),
    Some("zwölf Zeichen und mehr"),
    Some("b"),
    Some("exactly12 by"),
    Some("another long text of the second buffer"),
];

fn owned(texts: &[Option<&str>]) -> Plain {
    Plain::Texts(texts.iter().map(|text| text.map(str::to_string)).collect())
}

#[test]
fn texts_of_every_kind_are_what_they_were() {
    for format in ["u", "U", "vu"] {
        assert_eq!(read_one(Lying::texts(format, &TEXTS)), owned(&TEXTS));
    }
    // The first two buffers may both be missing where there is nothing in them.
    let mut empty = Lying::texts("u", &[Some(""), Some("")]);
    empty.buffers[2] = None;
    assert_eq!(read_one(empty), owned(&[Some(""), Some("")]));
}

#[test]
fn dictionaries_by_every_number_are_their_texts() {
    let texts = [Some("b"), Some("a long text that is in no view"), None];
    let codes = [Some(1), None, Some(0), Some(2), Some(1)];
    let wanted = [texts[1], None, texts[0], None, texts[1]];
    for numbers in ["c", "C", "s", "S", "i", "I", "l", "L"] {
        for format in ["u", "U", "vu"] {
            let lying = Lying::dictionary(numbers, Lying::texts(format, &texts), &codes);
            assert_eq!(read_one(lying), owned(&wanted));
        }
    }
}

#[test]
fn codes_stay_when_dictionaries_change() {
    let batch = |texts: &[Option<&str>], codes: &[Option<usize>]| {
        LyingBatch::of(vec![Lying::dictionary("c", Lying::texts("u", texts), codes)])
    };
    let batches = vec![
        batch(&[Some("x"), Some("y")], &[Some(1), Some(0)]),
        batch(&[Some("z"), Some("y")], &[Some(0), Some(1)]),
        batch(&[], &[None]),
    ];
    let (stream, _) = Producer::new(&["g"], batches).stream();
    let mut reader = ArrowReader::new(stream, None).unwrap();
    let mut found: Vec<i32> = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        match &batch.columns[0] {
            Column::Levels { codes, .. } => found.extend(codes),
            other => panic!("{other:?}"),
        }
    }
    // In the order of the dictionary, as the levels of a factor.
    assert_eq!(reader.levels(0), ["x", "y", "z"]);
    assert_eq!(found, [1, 0, 2, 1, MISSING_CODE]);
}

#[test]
fn columns_are_had_by_name_in_the_order_asked_for() {
    let columns = vec![
        Lying::doubles(&[Some(1.0)]),
        Lying::texts("u", &[Some("t")]),
        Lying::flags(&[Some(true)]),
    ];
    let (stream, _) = Producer::new(&["a", "b", "c"], vec![LyingBatch::of(columns)]).stream();
    let wanted = ["c".to_string(), "a".to_string()];
    let mut reader = ArrowReader::new(stream, Some(&wanted)).unwrap();
    let (found, _) = read(&mut reader);
    assert_eq!(
        found,
        [Plain::Flags(vec![Some(1)]), Plain::Doubles(vec![Some(1.0)])]
    );
}

/// Draws: the next of a row of numbers in [0, 1).
struct Draws(u64, u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.1 += 1;
        (row_key(self.0, Purpose::HeldBack, self.1) * bound as f64) as usize
    }

    fn of<V>(&mut self, rows: usize, mut value: impl FnMut(usize) -> V) -> Vec<Option<V>> {
        (0..rows)
            .map(|_| (self.below(4) > 0).then(|| value(self.below(1000))))
            .collect()
    }
}

#[test]
fn random_columns_in_slices_of_any_size_are_their_plain_values() {
    let words = ["a", "of seventeen chars", "ä", "", "of another length, long"];
    for seed in 0..40 {
        let draws = &mut Draws(seed, 0);
        let rows = 1 + draws.below(70);
        let doubles = draws.of(rows, |n| n as f64 / 7.0);
        let flags = draws.of(rows, |n| n % 2 == 0);
        let shorts = draws.of(rows, |n| n as i16 - 500);
        let longs = draws.of(rows, |n| n as i64 - 500);
        let texts = draws.of(rows, |n| words[n % words.len()]);
        let codes = draws.of(rows, |n| n % words.len());
        let format = ["u", "U", "vu"][draws.below(3)];
        let dictionary = Lying::texts(format, &words.map(Some));
        let whole = LyingBatch::of(vec![
            Lying::doubles(&doubles),
            Lying::flags(&flags),
            Lying::fixed("s", &shorts, i16::to_ne_bytes),
            Lying::fixed("l", &longs, i64::to_ne_bytes),
            Lying::texts(format, &texts),
            Lying::dictionary(["C", "i", "L"][draws.below(3)], dictionary, &codes),
        ]);
        let wanted = [
            Plain::Doubles(doubles),
            Plain::Flags(flags.iter().map(|flag| flag.map(i32::from)).collect()),
            Plain::Integers(shorts.iter().map(|short| short.map(i32::from)).collect()),
            Plain::Doubles(longs.iter().map(|long| long.map(|long| long as f64)).collect()),
            owned(&texts),
            owned(
                &codes
                    .iter()
                    .map(|code| code.map(|code| words[code]))
                    .collect::<Vec<_>>(),
            ),
        ];
        for size in [1, 7, 64, 1000] {
            let cut = whole.cut(size);
            let count = cut.len();
            let (stream, held) = Producer::new(&["d", "f", "s", "l", "t", "c"], cut).stream();
            let mut reader = ArrowReader::new(stream, None).unwrap();
            assert_eq!(read(&mut reader), (wanted.to_vec(), count));
            drop(reader);
            assert_eq!(held.count(), 0);
        }
    }
}
