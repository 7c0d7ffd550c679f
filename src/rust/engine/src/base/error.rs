//! What can go wrong in the engine, as data: the caller decides how to say it.

use std::fmt;

/// An error of the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineError {
    /// The configuration is inconsistent; callers are expected to check before.
    Config(String),
    /// A layer (its number, from 1) does not fit those before it.
    Layer(usize, String),
    /// Inputs that are NaN or infinite, by column (0-based).
    NonFiniteInputs(Vec<usize>),
    /// Targets that are NaN or infinite, by column (0-based).
    NonFiniteTargets(Vec<usize>),
    /// More memory than there is, in bytes.
    Memory {
        /// What the work needs.
        needed: f64,
        /// What may be used.
        available: f64,
    },
    /// Starting weights, or what the optimizer kept with them, that are not finite or too large for the precision.
    StartTooLarge,
    /// A stream of rows that ended early or could not be read, in words.
    Stream(String),
    /// A function that the caller brought along has failed; the caller knows how.
    Function,
    /// A panic in a worker thread.
    Panic(String),
    /// The user wants the work to end.
    Interrupted,
}

impl EngineError {
    /// Whether it is of rows that come from without, and may come once and fail later.
    pub fn is_of_rows(&self) -> bool {
        matches!(
            self,
            EngineError::Stream(_) | EngineError::NonFiniteInputs(_) | EngineError::NonFiniteTargets(_)
        )
    }

    pub(crate) fn config(message: impl Into<String>) -> EngineError {
        EngineError::Config(message.into())
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::Config(message) => write!(f, "{message}"),
            EngineError::Layer(number, message) => write!(f, "layer {number}: {message}"),
            EngineError::NonFiniteInputs(columns) => write!(f, "non-finite inputs in columns {columns:?}"),
            EngineError::NonFiniteTargets(columns) => {
                write!(f, "non-finite targets in columns {columns:?}")
            }
            EngineError::Memory { needed, available } => {
                write!(f, "{needed} bytes needed, {available} available")
            }
            EngineError::StartTooLarge => write!(f, "starting weights too large for the precision"),
            EngineError::Stream(message) => write!(f, "a stream of rows failed: {message}"),
            EngineError::Function => write!(f, "a function of the caller's own failed"),
            EngineError::Panic(message) => write!(f, "a worker panicked: {message}"),
            EngineError::Interrupted => write!(f, "interrupted"),
        }
    }
}

impl std::error::Error for EngineError {}

/// Result of an engine call.
pub type Result<T> = std::result::Result<T, EngineError>;
