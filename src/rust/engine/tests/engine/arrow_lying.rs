//! Columns of Arrow batches as they lie in memory, made of plain values by the words of Arrow's specification; tests change them
//! so that they lie.

/// A column of a batch as it lies in memory.
#[derive(Clone)]
pub struct Lying {
    pub format: &'static str,
    pub length: i64,
    pub offset: i64,
    pub null_count: i64,
    pub buffers: Vec<Option<Vec<u8>>>,
    pub dictionary: Option<Box<Lying>>,
}

/// Rows that lie before the first, of which nothing may be seen.
pub const BEFORE: usize = 3;

impl Lying {
    fn new<V>(
        format: &'static str,
        values: &[Option<V>],
        offset: usize,
        buffers: Vec<Option<Vec<u8>>>,
    ) -> Lying {
        let null_count = values.iter().filter(|value| value.is_none()).count() as i64;
        // What lies before is valid in the bitmap.
        let bits = bits(std::iter::repeat_n(true, offset).chain(values.iter().map(Option::is_some)));
        let mut all = vec![(null_count > 0).then_some(bits)];
        all.extend(buffers);
        Lying {
            format,
            length: values.len() as i64,
            offset: offset as i64,
            null_count,
            buffers: all,
            dictionary: None,
        }
    }

    /// Numbers, by their bytes.
    pub fn fixed<V: Copy, const N: usize>(
        format: &'static str,
        values: &[Option<V>],
        bytes: fn(V) -> [u8; N],
    ) -> Lying {
        let of = |value: &Option<V>| value.map_or([0x55; N], bytes);
        let mut buffer = vec![0xaa; BEFORE * N];
        buffer.extend(values.iter().flat_map(of));
        Lying::new(format, values, BEFORE, vec![Some(buffer)])
    }

    pub fn doubles(values: &[Option<f64>]) -> Lying {
        Lying::fixed("g", values, f64::to_ne_bytes)
    }

    pub fn flags(values: &[Option<bool>]) -> Lying {
        let buffer =
            bits(std::iter::repeat_n(true, BEFORE).chain(values.iter().map(|value| *value == Some(true))));
        Lying::new("b", values, BEFORE, vec![Some(buffer)])
    }

    pub fn nulls(count: usize) -> Lying {
        Lying {
            format: "n",
            length: count as i64,
            offset: 0,
            null_count: count as i64,
            buffers: Vec::new(),
            dictionary: None,
        }
    }

    /// Texts with their ends, of 32 bits ("u") or 64 ("U"), or as views ("vu").
    pub fn texts(format: &'static str, values: &[Option<&str>]) -> Lying {
        if format == "vu" {
            return Lying::views(values);
        }
        let mut data = b"before".to_vec();
        let mut ends = vec![0usize; BEFORE];
        ends.push(data.len());
        for value in values {
            data.extend(value.unwrap_or_default().as_bytes());
            ends.push(data.len());
        }
        let ends = ends.iter().flat_map(|&end| match format {
            "u" => (end as i32).to_ne_bytes().to_vec(),
            _ => (end as i64).to_ne_bytes().to_vec(),
        });
        Lying::new(format, values, BEFORE, vec![Some(ends.collect()), Some(data)])
    }

    fn views(values: &[Option<&str>]) -> Lying {
        let mut data = [Vec::new(), Vec::new()];
        let mut views = vec![0xaa; BEFORE * 16];
        for (row, value) in values.iter().enumerate() {
            let text = value.unwrap_or_default().as_bytes();
            views.extend((text.len() as i32).to_ne_bytes());
            if text.len() <= 12 {
                let mut inside = text.to_vec();
                inside.resize(12, 0);
                views.extend(inside);
            } else {
                let place = data[row % 2].len() as i32;
                data[row % 2].extend(text);
                views.extend(&text[..4]);
                views.extend((row as i32 % 2).to_ne_bytes());
                views.extend(place.to_ne_bytes());
            }
        }
        let sizes = data
            .iter()
            .flat_map(|data| (data.len() as i64).to_ne_bytes())
            .collect();
        let [even, odd] = data;
        Lying::new(
            "vu",
            values,
            BEFORE,
            vec![Some(views), Some(even), Some(odd), Some(sizes)],
        )
    }

    /// A dictionary of texts, by numbers of type `codes`.
    pub fn dictionary(codes: &'static str, texts: Lying, values: &[Option<usize>]) -> Lying {
        let mut lying = match codes {
            "c" | "C" => Lying::fixed(codes, values, |code| (code as u8).to_ne_bytes()),
            "s" | "S" => Lying::fixed(codes, values, |code| (code as u16).to_ne_bytes()),
            "i" | "I" => Lying::fixed(codes, values, |code| (code as u32).to_ne_bytes()),
            _ => Lying::fixed(codes, values, |code| (code as u64).to_ne_bytes()),
        };
        lying.dictionary = Some(Box::new(texts));
        lying
    }

    fn rows_of(&self, rows: std::ops::Range<usize>) -> Lying {
        Lying {
            length: rows.len() as i64,
            offset: self.offset + rows.start as i64,
            null_count: -1,
            ..self.clone()
        }
    }
}

fn bits(values: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (row, value) in values.enumerate() {
        if row % 8 == 0 {
            bytes.push(0);
        }
        bytes[row / 8] |= u8::from(value) << (row % 8);
    }
    bytes
}

/// A batch; `children` and `length` may lie.
#[derive(Clone)]
pub struct LyingBatch {
    pub columns: Vec<Lying>,
    pub length: i64,
    pub offset: i64,
    pub n_children: i64,
}

impl LyingBatch {
    pub fn of(columns: Vec<Lying>) -> LyingBatch {
        LyingBatch {
            length: columns.first().map_or(0, |column| column.length),
            offset: 0,
            n_children: columns.len() as i64,
            columns,
        }
    }

    /// The same rows in batches of so many, as slices of one memory; every other one by the offset of the batch.
    pub fn cut(&self, size: usize) -> Vec<LyingBatch> {
        let rows = self.length as usize;
        let starts: Vec<usize> = (0..rows).step_by(size).collect();
        let piece = |start: usize| {
            let end = rows.min(start + size);
            let mut batch = LyingBatch {
                length: (end - start) as i64,
                ..self.clone()
            };
            if start / size % 2 == 1 {
                batch.offset = start as i64;
            } else {
                batch.columns = self
                    .columns
                    .iter()
                    .map(|column| column.rows_of(start..end))
                    .collect();
            }
            batch
        };
        starts.into_iter().map(piece).collect()
    }
}
