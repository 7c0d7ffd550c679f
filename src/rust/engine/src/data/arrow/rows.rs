//! Rows to learn from, made of an Arrow batch's columns by a plan.

use super::decode::{is_missing, Batch, Column, MISSING_CODE, MISSING_INTEGER};
use super::fault::faulty;
use super::places::{Places, NEW, OTHER};
use super::plan::{check_type, Gaps, InputKind, OutcomeKind, Plan, Wanted};
use super::reader::add_levels;
use super::schema::Field;
use crate::base::error::{EngineError, Result};
use crate::base::random::{row_key, Purpose};
use crate::base::room::{filled, push, resize, room};
use crate::data::rows::all_finite;
use std::ops::Range;
use std::sync::Arc;

/// Rows that are made at a time, from columns to rows of the network, so that they stay in the processor's cache. No power of two: columns would all lie in the same
/// few sets of it.
pub(super) const ROWS: usize = 2000;

/// Some rows, each part column by column.
#[derive(Clone, Debug, Default)]
pub(super) struct PlainRows {
    /// Rows; at least one.
    pub rows: usize,
    /// Inputs.
    pub x: Vec<f64>,
    /// Targets.
    pub y: Vec<f64>,
    /// Case weights, where the plan has them.
    pub case_weights: Option<Vec<f64>>,
    /// Offsets, where the plan has them.
    pub offset: Option<Vec<f64>>,
}

/// How many rows there were so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passed {
    /// All.
    rows: usize,
    /// Those that took part, held back or not.
    took_part: u64,
}

/// What a plan makes of batches, which are given one after the other.
#[derive(Clone)]
pub(super) struct RowMaker {
    fields: Vec<Field>,
    plan: Arc<Plan>,
    /// Where the columns of the inputs are among those that are read.
    inputs: Vec<usize>,
    outcome: usize,
    case_weights: Option<usize>,
    offset: Option<usize>,
    /// Texts of each column so far.
    levels: Vec<Vec<String>>,
    /// Places of texts, for each input and the outcome.
    places: Vec<Places>,
    batch: Batch,
    /// The row of the batch that comes next.
    next: usize,
    /// Rows before it.
    before: usize,
    passed: Passed,
}

/// Names of the columns that a plan wants, each once.
pub(super) fn names_of(plan: &Plan) -> Result<Vec<String>> {
    let inputs = plan.inputs.iter().map(|input| &input.column);
    let others = plan
        .case_weights
        .iter()
        .chain(plan.offset.iter().map(|(name, _)| name));
    let mut names: Vec<String> = Vec::new();
    for name in inputs.chain([&plan.outcome.column]).chain(others) {
        if !names.contains(name) {
            push(&mut names, name.clone())?;
        }
    }
    Ok(names)
}

impl RowMaker {
    /// For batches with these columns, which are those of [`names_of()`], after so many rows.
    ///
    /// # Errors
    /// [`EngineError::Stream`] for columns of other types than the plan has them.
    pub fn new(fields: &[Field], plan: &Arc<Plan>, passed: Passed) -> Result<RowMaker> {
        let place = |name: &String| {
            let place = fields.iter().position(|field| &field.name == name);
            place.ok_or_else(|| faulty(format!("the stream has no column `{name}`")))
        };
        let (mut inputs, mut places) = (room(plan.inputs.len())?, room(plan.inputs.len() + 1)?);
        for input in &plan.inputs {
            let at = place(&input.column)?;
            check_type(&fields[at], input.kind.wanted())?;
            inputs.push(at);
            places.push(match &input.kind {
                InputKind::Levels { levels, others } => Places::new(levels, others),
                _ => Places::new(&[], &[]),
            });
        }
        let outcome = place(&plan.outcome.column)?;
        check_type(&fields[outcome], plan.outcome.kind.wanted())?;
        places.push(match &plan.outcome.kind {
            OutcomeKind::Levels { levels, .. } => Places::new(levels, &[]),
            _ => Places::new(&[], &[]),
        });
        let case_weights = plan.case_weights.as_ref().map(place).transpose()?;
        let offset = plan.offset.as_ref().map(|(name, _)| place(name)).transpose()?;
        for at in case_weights.iter().chain(&offset) {
            check_type(&fields[*at], Wanted::Number)?;
        }
        Ok(RowMaker {
            fields: fields.to_vec(),
            plan: plan.clone(),
            inputs,
            outcome,
            case_weights,
            offset,
            levels: fields.iter().map(|_| Vec::new()).collect(),
            places,
            batch: Batch::default(),
            next: 0,
            before: passed.rows,
            passed,
        })
    }

    /// Rows so far, those of the batch included.
    pub fn passed(&self) -> Passed {
        self.passed
    }

    /// Takes a batch, whose rows come next.
    pub fn take(&mut self, mut batch: Batch) -> Result<()> {
        add_levels(&mut self.levels, &mut batch)?;
        self.before = self.passed.rows;
        self.passed.rows += batch.rows;
        (self.batch, self.next) = (batch, 0);
        self.learn()
    }

    /// Puts the next rows of the batch in the place of others; tells whether there were any more.
    ///
    /// # Errors
    /// [`EngineError::Stream`], with column and row, for gaps that are refused, levels that are not the plan's, case weights and
    /// offsets that are none.
    pub fn next(&mut self, into: &mut PlainRows) -> Result<bool> {
        while self.next < self.batch.rows {
            let first = self.next;
            self.next = self.batch.rows.min(first + ROWS);
            let rows = self.chosen(first, self.next)?;
            if !rows.is_empty() {
                return self.fill(&rows, into).map(|()| true);
            }
        }
        Ok(false)
    }

    /// The batch that was taken last, all of whose rows were given.
    pub fn give_back(&mut self) -> Batch {
        self.next = 0;
        std::mem::take(&mut self.batch)
    }

    fn learn(&mut self) -> Result<()> {
        let columns = self.inputs.iter().chain([&self.outcome]);
        for (places, &column) in self.places.iter_mut().zip(columns) {
            places.learn(&self.levels[column])?;
        }
        Ok(())
    }

    /// An error of a row of the batch.
    fn wrong(&self, column: usize, row: usize, what: &str) -> EngineError {
        let name = &self.fields[column].name;
        faulty(format!(
            "column `{name}` has {what} in row {}",
            self.before + row + 1
        ))
    }

    /// The rows of a part of the batch that are meant.
    fn chosen(&mut self, first: usize, end: usize) -> Result<Vec<usize>> {
        let mut takes_part = filled(end - first, true)?;
        let takes = takes_part.as_mut_slice();
        if let Some(at) = self.case_weights {
            self.leave_unweighted(at, first, takes)?;
        }
        let outcome = &self.plan.outcome.kind;
        let is_number = matches!(outcome, OutcomeKind::Number { .. });
        self.leave_gaps(self.outcome, first, takes, |column, row| match is_number {
            true => !number(column, row).is_finite(),
            false => is_gap(column, row),
        })?;
        if let Some(at) = self.offset {
            self.leave_gaps(at, first, takes, |column, row| number(column, row).is_nan())?;
        }
        for &at in &self.inputs {
            self.leave_gaps(at, first, takes, is_gap)?;
        }
        let mut rows = room(end - first)?;
        for (row, _) in takes_part.iter().enumerate().filter(|(_, &takes)| takes) {
            let is_meant = self.plan.held_back.is_none_or(|held| {
                let key = row_key(held.seed, Purpose::HeldBack, self.passed.took_part);
                (key < held.share) == held.wanted
            });
            self.passed.took_part += 1;
            if is_meant {
                rows.push(first + row);
            }
        }
        Ok(rows)
    }

    fn leave_unweighted(&self, at: usize, first: usize, takes: &mut [bool]) -> Result<()> {
        let column = &self.batch.columns[at];
        for (row, takes) in takes.iter_mut().enumerate() {
            let weight = number(column, first + row);
            if weight.is_nan() && self.plan.gaps == Gaps::Refuse {
                return Err(self.wrong(at, first + row, "a missing case weight"));
            }
            if weight < 0.0 || weight == f64::INFINITY {
                let what = if weight < 0.0 {
                    "a negative case weight"
                } else {
                    "an infinite case weight"
                };
                return Err(self.wrong(at, first + row, what));
            }
            *takes = weight > 0.0;
        }
        Ok(())
    }

    fn leave_gaps(
        &self,
        at: usize,
        first: usize,
        takes: &mut [bool],
        is_gap: impl Fn(&Column, usize) -> bool,
    ) -> Result<()> {
        let column = &self.batch.columns[at];
        if is_whole(column, first..first + takes.len()) {
            return Ok(());
        }
        for (row, takes) in takes.iter_mut().enumerate() {
            if *takes && is_gap(column, first + row) {
                if self.plan.gaps == Gaps::Refuse {
                    return Err(self.wrong(at, first + row, "a missing value"));
                }
                *takes = false;
            }
        }
        Ok(())
    }

    fn fill(&self, rows: &[usize], block: &mut PlainRows) -> Result<()> {
        let count = rows.len();
        block.rows = count;
        resize(&mut block.x, count * self.plan.width())?;
        let mut rest = block.x.as_mut_slice();
        for ((input, &at), places) in self.plan.inputs.iter().zip(&self.inputs).zip(&self.places) {
            let (out, after) = rest.split_at_mut(count * input.width());
            rest = after;
            match &input.kind {
                InputKind::Levels { .. } => self.indicate(at, places, rows, out)?,
                _ => numbers(&self.batch.columns[at], rows, out),
            }
        }
        let outcome = &self.plan.outcome;
        let y = &mut block.y;
        resize(y, count * outcome.width())?;
        match &outcome.kind {
            OutcomeKind::Number { center, scale } => {
                numbers(&self.batch.columns[self.outcome], rows, y);
                y.iter_mut()
                    .for_each(|number| *number = (*number - center) / scale);
            }
            OutcomeKind::Flag => numbers(&self.batch.columns[self.outcome], rows, y),
            OutcomeKind::Levels { each, .. } => {
                // A place for each input, and then the outcome's.
                let places = &self.places[self.inputs.len()];
                match each {
                    true => self.indicate(self.outcome, places, rows, y)?,
                    false => self.classify(places, rows, y)?,
                }
            }
        }
        block.case_weights = match (self.case_weights, block.case_weights.take()) {
            (None, _) => None,
            (Some(at), weights) => {
                let mut weights = weights.unwrap_or_default();
                resize(&mut weights, count)?;
                numbers(&self.batch.columns[at], rows, &mut weights);
                Some(weights)
            }
        };
        block.offset = self.offset.map(|at| self.offsets(at, rows)).transpose()?;
        Ok(())
    }

    fn offsets(&self, at: usize, rows: &[usize]) -> Result<Vec<f64>> {
        let scales: &[f64] = self.plan.offset.as_ref().map_or(&[], |(_, scales)| scales);
        let column = &self.batch.columns[at];
        let mut offsets = room(rows.len() * scales.len())?;
        for scale in scales {
            for &row in rows {
                let offset = number(column, row);
                if offset.is_infinite() {
                    return Err(self.wrong(at, row, "an infinite offset"));
                }
                offsets.push(offset / scale);
            }
        }
        Ok(offsets)
    }

    fn classify(&self, places: &Places, rows: &[usize], out: &mut [f64]) -> Result<()> {
        for (&row, out) in rows.iter().zip(out) {
            *out = f64::from(self.place(self.outcome, places, row)?);
        }
        Ok(())
    }

    fn indicate(&self, at: usize, places: &Places, rows: &[usize], out: &mut [f64]) -> Result<()> {
        out.fill(0.0);
        for (position, &row) in rows.iter().enumerate() {
            let place = self.place(at, places, row)?;
            if place != OTHER {
                out[place as usize * rows.len() + position] = 1.0;
            }
        }
        Ok(())
    }

    fn place(&self, at: usize, places: &Places, row: usize) -> Result<i32> {
        let Column::Levels { codes, .. } = &self.batch.columns[at] else {
            return Err(faulty("a column has changed its type"));
        };
        match places.place(codes[row]) {
            NEW => {
                let text = &self.levels[at][codes[row] as usize];
                Err(self.wrong(
                    at,
                    row,
                    &format!("the level \"{text}\", which it did not have before,"),
                ))
            }
            place => Ok(place),
        }
    }
}

/// The number in a row: of a flag 0 or 1, missing where there is none.
fn number(column: &Column, row: usize) -> f64 {
    match column {
        Column::Doubles(numbers) => numbers[row],
        Column::Integers(numbers) | Column::Flags(numbers) if numbers[row] != MISSING_INTEGER => {
            f64::from(numbers[row])
        }
        _ => super::decode::missing_number(),
    }
}

fn numbers(column: &Column, rows: &[usize], out: &mut [f64]) {
    match (column, rows) {
        // Mostly all rows of the part are meant.
        (Column::Doubles(numbers), &[first, .., last]) if last - first + 1 == rows.len() => {
            out.copy_from_slice(&numbers[first..=last]);
        }
        _ => rows
            .iter()
            .zip(out)
            .for_each(|(&row, out)| *out = number(column, row)),
    }
}

/// Whether nothing is missing in these rows, nor infinite. Mostly so, and quickly seen.
fn is_whole(column: &Column, rows: Range<usize>) -> bool {
    match column {
        Column::Doubles(numbers) => all_finite(&numbers[rows]),
        Column::Integers(numbers) | Column::Flags(numbers) => !numbers[rows].contains(&MISSING_INTEGER),
        Column::Levels { codes, .. } => !codes[rows].contains(&MISSING_CODE),
    }
}

fn is_gap(column: &Column, row: usize) -> bool {
    match column {
        Column::Doubles(numbers) => is_missing(numbers[row]),
        Column::Integers(numbers) | Column::Flags(numbers) => numbers[row] == MISSING_INTEGER,
        Column::Levels { codes, .. } => codes[row] == MISSING_CODE,
    }
}
