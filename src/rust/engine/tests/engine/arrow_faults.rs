//! Arrow streams that fail, lie or are left: each an error in words that name the column, and nothing is held afterwards.

use crate::arrow_producer::{Lying, LyingBatch, Next, Producer};
use crate::arrow_types::{read, Plain};
use backprop_engine::data::arrow::{ArrowArrayStream, ArrowReader, ArrowStream, Field, Kind};
use backprop_engine::EngineError;

fn words<V>(result: Result<V, EngineError>) -> String {
    match result {
        Err(EngineError::Stream(words)) => words,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("no error"),
    }
}

/// The error of reading all of a stream.
fn failure(producer: Producer) -> String {
    let (stream, held) = producer.stream();
    let mut reader = match ArrowReader::new(stream, None) {
        Ok(reader) => reader,
        Err(error) => {
            assert_eq!(held.count(), 0);
            return words::<()>(Err(error));
        }
    };
    let error = loop {
        match reader.next_batch() {
            Ok(Some(_)) => (),
            Ok(None) => panic!("no error"),
            Err(error) => break error,
        }
    };
    // Who asks again gets the same answer.
    assert_eq!(reader.next_batch(), Err(error.clone()));
    drop(reader);
    assert_eq!(held.count(), 0, "all that was handed out is released");
    words::<()>(Err(error))
}

fn failure_of(batch: LyingBatch) -> String {
    failure(Producer::new(&["x"], vec![batch]))
}

fn changed(mut lying: Lying, change: impl Fn(&mut Lying)) -> LyingBatch {
    let length = lying.length;
    change(&mut lying);
    LyingBatch {
        length,
        ..LyingBatch::of(vec![lying])
    }
}

fn three() -> Lying {
    Lying::doubles(&[Some(1.0), None, Some(3.0)])
}

#[test]
fn arrays_that_lie_are_refused_by_the_name_of_their_column() {
    let texts = || Lying::texts("u", &[Some("one"), Some("two")]);
    let views = || Lying::texts("vu", &[Some("longer than twelve"), Some("two")]);
    let codes = |code| Lying::dictionary("c", Lying::texts("u", &[Some("a")]), &[Some(code)]);
    let ends = |ends: [i32; 3]| {
        move |lying: &mut Lying| {
            let mut bytes = vec![0; 12];
            bytes.extend(ends.iter().flat_map(|end| end.to_ne_bytes()));
            lying.buffers[1] = Some(bytes);
        }
    };
    let view = |place: usize, number: i32| {
        move |lying: &mut Lying| {
            let bytes = lying.buffers[1].as_mut().unwrap();
            bytes[3 * 16 + place..][..4].copy_from_slice(&number.to_ne_bytes());
        }
    };
    let cases = [
        (
            changed(three(), |lying| lying.length = -1),
            "column `x` has a negative length",
        ),
        (
            changed(three(), |lying| lying.offset = -1),
            "column `x` has a negative offset",
        ),
        (
            changed(three(), |lying| lying.offset = i64::MAX),
            "column `x` has more rows than memory",
        ),
        (
            changed(three(), |lying| lying.length = 2),
            "column `x` has 2 rows where the batch has 3",
        ),
        (
            changed(three(), |lying| lying.buffers.truncate(1)),
            "column `x` has 1 buffers instead of 2",
        ),
        (
            changed(three(), |lying| lying.buffers[1] = None),
            "column `x` has rows and no values",
        ),
        (
            changed(three(), |lying| lying.buffers[0] = None),
            "column `x` has missing values and does not say which",
        ),
        (
            changed(texts(), ends([6, 5, 7])),
            "column `x` has texts that end before they begin",
        ),
        (
            changed(texts(), ends([-6, 0, 7])),
            "column `x` has texts that end before they begin",
        ),
        (
            changed(texts(), |lying| lying.buffers[2] = None),
            "column `x` has rows and no values",
        ),
        (
            changed(texts(), |lying| {
                lying.buffers[2] = Some(b"before\xff\xfeetwo".to_vec())
            }),
            "column `x` has a text that is not UTF-8",
        ),
        (
            changed(texts(), |lying| {
                lying.buffers[2] = Some(b"beforeo\0etwo".to_vec())
            }),
            "column `x` has a text with a zero byte in it",
        ),
        (
            changed(views(), view(0, -1)),
            "column `x` has texts of negative length or place",
        ),
        (
            changed(views(), view(0, 500)),
            "column `x` has texts beyond its buffers",
        ),
        (
            changed(views(), view(8, 2)),
            "column `x` has texts beyond its buffers",
        ),
        (
            changed(views(), view(12, 1)),
            "column `x` has texts beyond its buffers",
        ),
        (
            changed(views(), |lying| lying.buffers[4] = None),
            "column `x` does not say how large its buffers are",
        ),
        (
            LyingBatch::of(vec![codes(1)]),
            "column `x` has numbers beyond its dictionary",
        ),
        (
            LyingBatch::of(vec![codes(255)]),
            "column `x` has numbers beyond its dictionary",
        ),
        (
            LyingBatch {
                n_children: 2,
                ..LyingBatch::of(vec![three()])
            },
            "a batch has 2 columns where the schema has 1",
        ),
        (
            LyingBatch {
                length: -3,
                ..LyingBatch::of(vec![three()])
            },
            "a batch has a negative length",
        ),
        (
            LyingBatch {
                length: 4,
                ..LyingBatch::of(vec![three()])
            },
            "column `x` has 3 rows where the batch has 4",
        ),
    ];
    for (batch, wanted) in cases {
        assert_eq!(failure_of(batch), wanted);
    }
    // A batch of another schema than the stream's.
    let batches = vec![LyingBatch::of(vec![codes(0)]), LyingBatch::of(vec![three()])];
    let wanted = "column `x` has a dictionary in the schema or in the batch, but not in both";
    assert_eq!(failure(Producer::new(&["x"], batches)), wanted);
}

#[test]
fn numbers_that_no_plain_value_holds_are_refused_unless_they_are_missing() {
    let of = |lying| failure_of(LyingBatch::of(vec![lying]));
    let large = [Some((1i64 << 53) + 1)];
    assert!(of(Lying::fixed("l", &large, i64::to_ne_bytes))
        .starts_with("column `x` has whole numbers beyond 2^53"));
    assert!(of(Lying::fixed("L", &[Some(u64::MAX)], u64::to_ne_bytes)).contains("beyond 2^53"));
    assert!(of(Lying::fixed("i", &[Some(i32::MIN)], i32::to_ne_bytes)).contains("-2147483648"));
    // The producer's bytes of a missing value are 0x5555…, which is beyond.
    let (stream, _) = Producer::new(
        &["x"],
        vec![LyingBatch::of(vec![Lying::fixed(
            "l",
            &[None, Some(1)],
            i64::to_ne_bytes,
        )])],
    )
    .stream();
    let (found, _) = read(&mut ArrowReader::new(stream, None).unwrap());
    assert_eq!(found, [Plain::Doubles(vec![None, Some(1.0)])]);
}

// The shorthands are those of the specification's table of formats.
#[test]
fn types_that_are_not_read_are_named_and_refused_only_where_they_are_wanted() {
    let formats = [
        ("d:10,2", "decimal128(10, 2)"),
        ("d:10,2,256", "decimal256(10, 2)"),
        ("tdD", "date32"),
        ("tdm", "date64"),
        ("ttm", "time32(ms)"),
        ("ttn", "time64(ns)"),
        ("tsu:Europe/Berlin", "timestamp(us, Europe/Berlin)"),
        ("tss:", "timestamp(s)"),
        ("tDm", "duration(ms)"),
        ("tiM", "interval of months"),
        ("z", "binary"),
        ("w:16", "fixed_size_binary(16)"),
        ("+l", "list"),
        ("+w:3", "fixed_size_list(3)"),
        ("+m", "map"),
        ("+ud:0,1", "union"),
        ("+r", "run_end_encoded"),
        ("?", "type \"?\""),
    ];
    for (format, wanted) in formats {
        let producer = |names: &[&str]| {
            let mut producer = Producer::new(names, vec![LyingBatch::of(vec![three(), three()])]);
            producer.fields[1].1 = format.to_string();
            producer.stream().0
        };
        let reader = ArrowReader::new(producer(&["x", "price"]), None).unwrap();
        let refused = Field {
            name: "price".to_string(),
            kind: Kind::Refused(wanted.to_string()),
            ordered: false,
        };
        assert_eq!((reader.fields().len(), reader.refused()), (1, &[refused][..]));
        let of = |names: &[&str]| {
            words(ArrowReader::new(
                producer(&["x", "price"]),
                Some(&names.iter().map(|n| n.to_string()).collect::<Vec<_>>()),
            ))
        };
        assert_eq!(
            of(&["price"]),
            format!("column `price` is {wanted}, which is not read")
        );
        assert_eq!(of(&["y"]), "the stream has no column `y`");
    }
    let mut numbers = Producer::new(&["g"], vec![LyingBatch::of(vec![three()])]);
    numbers.fields[0] = ("g".to_string(), "i".to_string(), Some("l".to_string()));
    let reader = ArrowReader::new(numbers.stream().0, None).unwrap();
    assert_eq!(
        reader.refused()[0].kind,
        Kind::Refused("dictionary of int64".to_string())
    );
}

#[test]
fn schemas_that_are_not_well_made_are_refused() {
    let of = |change: &dyn Fn(&mut Producer)| {
        let mut producer = Producer::new(&["x", "y"], vec![LyingBatch::of(vec![three(), three()])]);
        change(&mut producer);
        failure(producer)
    };
    assert_eq!(
        of(&|producer| producer.fields[1].0 = "x".to_string()),
        "two columns are called `x`"
    );
    assert_eq!(
        of(&|producer| producer.fields[1].0 = String::new()),
        "column 2 has no name"
    );
    assert_eq!(
        of(&|producer| producer.schema_fails = Some("no such file")),
        "no such file"
    );
}

#[test]
fn what_a_producer_says_of_its_error_comes_after_the_rows_before_it() {
    let mut producer = Producer::new(&["x"], vec![LyingBatch::of(vec![three()]); 3]);
    producer.next.push_back(Next::Fails("the disk is gone: 100% %s"));
    let (stream, held) = producer.stream();
    let mut reader = ArrowReader::new(stream, None).unwrap();
    for _ in 0..3 {
        assert_eq!(reader.next_batch().unwrap().unwrap().rows, 3);
    }
    assert_eq!(words(reader.next_batch()), "the disk is gone: 100% %s");
    drop(reader);
    assert_eq!(held.count(), 0);
    let mut silent = Producer::new(&["x"], vec![LyingBatch::of(vec![three()])]);
    silent.next.push_front(Next::Fails(""));
    // The system's words for the code, 5.
    assert!(failure(silent).contains("os error 5"));
}

#[test]
fn batches_without_rows_are_none_and_streams_without_batches_end_at_once() {
    let empty = LyingBatch::of(vec![Lying::doubles(&[])]);
    let mut nowhere = empty.clone();
    nowhere.columns[0].buffers = vec![None, None];
    nowhere.columns[0].offset = 0;
    let batches = vec![empty.clone(), LyingBatch::of(vec![three()]), nowhere];
    let (stream, _) = Producer::new(&["x"], batches).stream();
    let (found, count) = read(&mut ArrowReader::new(stream, None).unwrap());
    assert_eq!(
        (found, count),
        (vec![Plain::Doubles(vec![Some(1.0), None, Some(3.0)])], 3)
    );
    let mut none = Producer::new(&["x"], vec![empty]);
    none.next.clear();
    let mut reader = ArrowReader::new(none.stream().0, None).unwrap();
    assert_eq!(reader.next_batch(), Ok(None));
    assert_eq!(reader.next_batch(), Ok(None));
}

#[test]
fn a_stream_that_is_left_in_its_middle_is_released_whole() {
    for read in 0..5 {
        let (stream, held) = Producer::new(&["x"], vec![LyingBatch::of(vec![three()]); 9]).stream();
        let mut reader = ArrowReader::new(stream, None).unwrap();
        for _ in 0..read {
            reader.next_batch().unwrap();
        }
        assert!(held.count() > 0);
        drop(reader);
        assert_eq!(held.count(), 0);
    }
    let (stream, held) = Producer::new(&["x"], vec![LyingBatch::of(vec![three()])]).stream();
    drop(stream);
    assert_eq!(held.count(), 0);
}

#[test]
fn a_stream_is_taken_once() {
    let take = |address: *mut ArrowArrayStream| {
        // SAFETY: null, or a struct made here.
        unsafe { ArrowStream::take(address) }
    };
    assert_eq!(
        words(take(std::ptr::null_mut())),
        "there is no Arrow stream at this address"
    );
    assert!(words(take(&mut ArrowArrayStream::empty())).starts_with("the Arrow stream was read before"));
    let producer = Producer::new(&["x"], vec![LyingBatch::of(vec![three()])]);
    let held = producer.held.clone();
    let mut exported = producer.export();
    let taken = take(&mut exported).unwrap();
    assert!(words(take(&mut exported)).starts_with("the Arrow stream was read before"));
    drop(exported);
    assert_eq!(held.count(), 1);
    drop(taken);
    assert_eq!(held.count(), 0);
}
