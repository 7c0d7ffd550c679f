//! Texts that a column has had so far, each with a number that stays.

use super::fault::faulty;
use crate::base::error::Result;
use crate::base::room::{copied, push, refused};
use std::collections::HashMap;

/// The numbers of texts, from 0 in the order in which they came.
#[derive(Default)]
pub(super) struct Levels {
    codes: HashMap<Vec<u8>, i32>,
    /// Those that came since this was last asked.
    new: Vec<String>,
}

impl Levels {
    /// The number of a text.
    ///
    /// # Errors
    /// [`EngineError::Stream`](crate::base::error::EngineError::Stream) for bytes that are no text; memory refused.
    pub fn code(&mut self, bytes: &[u8]) -> Result<i32> {
        if let Some(&code) = self.codes.get(bytes) {
            return Ok(code);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| faulty("has a text that is not UTF-8"))?;
        if text.contains('\0') {
            return Err(faulty("has a text with a zero byte in it"));
        }
        let code =
            i32::try_from(self.codes.len()).map_err(|_| faulty("has more than 2^31 different texts"))?;
        let mut owned = String::new();
        owned
            .try_reserve_exact(text.len())
            .map_err(|_| refused::<u8>(text.len()))?;
        owned.push_str(text);
        self.codes
            .try_reserve(1)
            .map_err(|_| refused::<(Vec<u8>, i32)>(self.codes.len()))?;
        self.codes.insert(copied(bytes)?, code);
        push(&mut self.new, owned)?;
        Ok(code)
    }

    /// The texts that came since this was last asked.
    pub fn take_new(&mut self) -> Vec<String> {
        std::mem::take(&mut self.new)
    }
}
