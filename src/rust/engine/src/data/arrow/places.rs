//! Where the texts of a column belong, by the numbers that a stream gives them.

use crate::base::error::Result;
use crate::base::room::push;
use std::collections::HashMap;

/// Places of a column's texts, by the numbers that the stream gives them: an input or class; one that is known and has none;
/// one that is not known.
#[derive(Clone)]
pub(super) struct Places {
    /// Of the texts that were known beforehand.
    known: HashMap<String, i32>,
    /// Of all that the stream has had.
    of_code: Vec<i32>,
}

/// Of a text that is known and has no place.
pub(super) const OTHER: i32 = -1;
/// Of a text that is not known.
pub(super) const NEW: i32 = -2;

impl Places {
    /// Those of known texts, and of others that have none.
    pub fn new(known: &[String], others: &[String]) -> Places {
        let others = others.iter().map(|text| (text.clone(), OTHER));
        let known = known
            .iter()
            .enumerate()
            .map(|(place, text)| (text.clone(), place as i32));
        Places {
            known: others.chain(known).collect(),
            of_code: Vec::new(),
        }
    }

    /// Learns the texts that have come since.
    pub fn learn(&mut self, texts: &[String]) -> Result<()> {
        for text in &texts[self.of_code.len()..] {
            let place = self.known.get(text).copied().unwrap_or(NEW);
            push(&mut self.of_code, place)?;
        }
        Ok(())
    }

    /// The place of a number.
    pub fn place(&self, code: i32) -> i32 {
        self.of_code.get(code as usize).copied().unwrap_or(NEW)
    }
}
