//! The types of columns, in Arrow's shorthand and in words.

/// Whole numbers by their width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Whole {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
}

/// How texts lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Ends of 32 bits.
    Short,
    /// Ends of 64 bits.
    Long,
    /// Each with its length and where it is.
    View,
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing but missing values.
    Null,
    /// True or false.
    Flag,
    /// Whole numbers.
    Whole(Whole),
    /// Numbers of 16 bits.
    Half,
    /// Numbers of 32 bits.
    Single,
    /// Numbers of 64 bits.
    Double,
    /// Texts.
    Text(Text),
    /// Numbers of texts in a dictionary.
    Dictionary(Whole, Text),
    /// A type that is not read, in words.
    Refused(String),
}

impl Kind {
    /// The type that a shorthand says, of a column, or of its dictionary's numbers and values.
    pub(super) fn read(format: &str, dictionary: Option<&str>) -> Kind {
        match (
            Kind::of(format),
            dictionary.map(|values| (values, Kind::of(values))),
        ) {
            (kind, None) => kind,
            (Kind::Whole(codes), Some((_, Kind::Text(text)))) => Kind::Dictionary(codes, text),
            (_, Some((values, _))) => Kind::Refused(format!("dictionary of {}", Kind::words(values))),
        }
    }

    fn of(format: &str) -> Kind {
        match format {
            "n" => Kind::Null,
            "b" => Kind::Flag,
            "c" => Kind::Whole(Whole::I8),
            "C" => Kind::Whole(Whole::U8),
            "s" => Kind::Whole(Whole::I16),
            "S" => Kind::Whole(Whole::U16),
            "i" => Kind::Whole(Whole::I32),
            "I" => Kind::Whole(Whole::U32),
            "l" => Kind::Whole(Whole::I64),
            "L" => Kind::Whole(Whole::U64),
            "e" => Kind::Half,
            "f" => Kind::Single,
            "g" => Kind::Double,
            "u" => Kind::Text(Text::Short),
            "U" => Kind::Text(Text::Long),
            "vu" => Kind::Text(Text::View),
            _ => Kind::Refused(Kind::words(format)),
        }
    }

    /// A type as Arrow's own documentation calls it.
    pub fn words(format: &str) -> String {
        let (head, rest) = format.split_once(':').unwrap_or((format, ""));
        let unit = |unit: Option<char>| match unit {
            Some('s') => "s",
            Some('m') => "ms",
            Some('u') => "us",
            _ => "ns",
        };
        let last = head.chars().next_back();
        let with = |name: &str, rest: &str| match rest.is_empty() {
            true => name.to_string(),
            false => format!("{name}({})", rest.replace(',', ", ")),
        };
        match head {
            "n" => "null".to_string(),
            "b" => "bool".to_string(),
            "c" => "int8".to_string(),
            "C" => "uint8".to_string(),
            "s" => "int16".to_string(),
            "S" => "uint16".to_string(),
            "i" => "int32".to_string(),
            "I" => "uint32".to_string(),
            "l" => "int64".to_string(),
            "L" => "uint64".to_string(),
            "e" => "halffloat".to_string(),
            "f" => "float".to_string(),
            "g" => "double".to_string(),
            "u" => "string".to_string(),
            "U" => "large_string".to_string(),
            "vu" => "string_view".to_string(),
            "z" => "binary".to_string(),
            "Z" => "large_binary".to_string(),
            "vz" => "binary_view".to_string(),
            "w" => with("fixed_size_binary", rest),
            "d" => {
                let mut parts = rest.splitn(3, ',');
                let (digits, scale) = (parts.next().unwrap_or("?"), parts.next().unwrap_or("0"));
                let bits = parts.next().unwrap_or("128");
                format!("decimal{bits}({digits}, {scale})")
            }
            "tdD" => "date32".to_string(),
            "tdm" => "date64".to_string(),
            "tts" | "ttm" => format!("time32({})", unit(last)),
            "ttu" | "ttn" => format!("time64({})", unit(last)),
            "tss" | "tsm" | "tsu" | "tsn" => match rest {
                "" => format!("timestamp({})", unit(last)),
                zone => format!("timestamp({}, {zone})", unit(last)),
            },
            "tDs" | "tDm" | "tDu" | "tDn" => format!("duration({})", unit(last)),
            "tiM" => "interval of months".to_string(),
            "tiD" => "interval of days and times".to_string(),
            "tin" => "interval of months, days and times".to_string(),
            "+l" => "list".to_string(),
            "+L" => "large_list".to_string(),
            "+vl" => "list_view".to_string(),
            "+vL" => "large_list_view".to_string(),
            "+w" => with("fixed_size_list", rest),
            "+s" => "struct".to_string(),
            "+m" => "map".to_string(),
            "+ud" | "+us" => "union".to_string(),
            "+r" => "run_end_encoded".to_string(),
            _ => format!("type {format:?}"),
        }
    }

    /// How many buffers an array of it has; where that varies, at least. A dictionary's array has its numbers'.
    pub(super) fn buffers(&self) -> usize {
        match self {
            Kind::Null => 0,
            Kind::Text(_) => 3,
            _ => 2,
        }
    }
}
