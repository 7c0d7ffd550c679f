//! What becomes of the columns of an Arrow stream, in plain data: inputs, outcome, case weight and offset, and which rows are meant.

use super::fault::faulty;
use super::kind::Kind;
use super::schema::Field;
use crate::base::error::Result;

/// What becomes of the rows of a stream.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Columns that inputs are made of, in the order of the inputs.
    pub inputs: Vec<Input>,
    /// The column to be learnt.
    pub outcome: Outcome,
    /// The column of case weights. A row of weight 0 takes no part.
    pub case_weights: Option<String>,
    /// The column of offsets, and what it is divided by for each output.
    pub offset: Option<(String, Vec<f64>)>,
    /// What becomes of rows with gaps.
    pub gaps: Gaps,
    /// Which of the rows that take part are meant; all by default.
    pub held_back: Option<HeldBack>,
}

/// A column that is an input, or several.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub column: String,
    /// What is made of it.
    pub kind: InputKind,
}

/// What is made of a column.
#[derive(Clone, Debug)]
pub enum InputKind {
    /// The number; of a flag 0 or 1.
    Number,
    /// 0 or 1 of a flag.
    Flag,
    /// For each of these levels an input, 1 in its rows and 0 in others.
    Levels {
        /// Levels with an input.
        levels: Vec<String>,
        /// Levels without one.
        others: Vec<String>,
    },
}

/// What is learnt.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The column's name.
    pub column: String,
    /// What is made of it.
    pub kind: OutcomeKind,
}

/// What is made of the column that is learnt.
#[derive(Clone, Debug)]
pub enum OutcomeKind {
    /// The number, less a center and divided by a scale.
    Number {
        /// What is taken off.
        center: f64,
        /// What the rest is divided by.
        scale: f64,
    },
    /// 0 or 1 of a flag.
    Flag,
    /// Classes: 0 and 1 of two, or a target for each.
    Levels {
        /// All classes.
        levels: Vec<String>,
        /// Whether each has a target of its own.
        each: bool,
    },
}

/// What becomes of rows in which something is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// They take no part.
    Omit,
    /// They are an error.
    Refuse,
}

/// A share of rows, drawn by a seed.
#[derive(Clone, Copy, Debug)]
pub struct HeldBack {
    /// The seed.
    pub seed: u64,
    /// A row is held back when its key is below.
    pub share: f64,
    /// Whether rows are wanted that are held back, or the others.
    pub wanted: bool,
}

impl Input {
    /// Inputs of the network that it becomes.
    pub fn width(&self) -> usize {
        match &self.kind {
            InputKind::Levels { levels, .. } => levels.len(),
            _ => 1,
        }
    }
}

impl Outcome {
    /// Targets of a row.
    pub fn width(&self) -> usize {
        match &self.kind {
            OutcomeKind::Levels { levels, each: true } => levels.len(),
            _ => 1,
        }
    }
}

impl Plan {
    /// Inputs of a row.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(Input::width).sum()
    }
}

/// What a column must be, for a plan.
pub(super) enum Wanted {
    Number,
    Flag,
    Text,
}

impl InputKind {
    pub(super) fn wanted(&self) -> Wanted {
        match self {
            InputKind::Number => Wanted::Number,
            InputKind::Flag => Wanted::Flag,
            InputKind::Levels { .. } => Wanted::Text,
        }
    }
}

impl OutcomeKind {
    pub(super) fn wanted(&self) -> Wanted {
        match self {
            OutcomeKind::Number { .. } => Wanted::Number,
            OutcomeKind::Flag => Wanted::Flag,
            OutcomeKind::Levels { .. } => Wanted::Text,
        }
    }
}

pub(super) fn check_type(field: &Field, wanted: Wanted) -> Result<()> {
    let is_flag = matches!(field.kind, Kind::Flag | Kind::Null);
    let is_text = matches!(field.kind, Kind::Text(_) | Kind::Dictionary(..));
    let (fits, words) = match wanted {
        Wanted::Number => (!is_text, "numbers"),
        Wanted::Flag => (is_flag, "true and false"),
        Wanted::Text => (is_text, "texts or a dictionary of them"),
    };
    match fits {
        true => Ok(()),
        false => Err(faulty(format!(
            "column `{}` has changed its type: it had {words}",
            field.name
        ))),
    }
}
