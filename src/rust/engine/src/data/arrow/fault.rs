//! What is wrong with a stream, in words.

use crate::base::error::EngineError;

/// A stream that is not what it should be, in words.
pub fn faulty(words: impl Into<String>) -> EngineError {
    EngineError::Stream(words.into())
}

/// The same error, of a column.
pub fn of_column(name: &str, error: EngineError) -> EngineError {
    match error {
        EngineError::Stream(words) => EngineError::Stream(format!("column `{name}` {words}")),
        other => other,
    }
}
