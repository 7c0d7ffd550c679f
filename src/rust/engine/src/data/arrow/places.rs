//! Where the texts of a column belong, by the numbers that a stream gives them.

use crate::base::error::Result;
use crate::base::room::push;

/// Places of a column's texts, by the numbers that the stream gives them: an input or class; one that is known and has none;
/// one that is not known.
pub(super) struct Places {
    known: Vec<String>,
    others: Vec<String>,
    of_code: Vec<i32>,
}

/// Of a text that is known and has no place.
pub(super) const OTHER: i32 = -1;
/// Of a text that is not known.
pub(super) const NEW: i32 = -2;

impl Places {
    /// Whether the column has texts.
    pub fn are_of_texts(&self) -> bool {
        !self.known.is_empty()
    }

    /// Those of known texts, and of others that have none.
    pub fn new(known: &[String], others: &[String]) -> Places {
        Places {
            known: known.to_vec(),
            others: others.to_vec(),
            of_code: Vec::new(),
        }
    }

    /// Learns the texts that have come since.
    pub fn learn(&mut self, texts: &[String]) -> Result<()> {
        for text in &texts[self.of_code.len()..] {
            let place = match self.known.iter().position(|known| known == text) {
                Some(place) => place as i32,
                None if self.others.contains(text) => OTHER,
                None => NEW,
            };
            push(&mut self.of_code, place)?;
        }
        Ok(())
    }

    /// The place of a number.
    pub fn place(&self, code: i32) -> i32 {
        self.of_code[code as usize]
    }
}
