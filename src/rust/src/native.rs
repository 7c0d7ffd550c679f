//! Rows of an Arrow stream that no R code touches: the plan by which R says what becomes of its columns.

use crate::arguments::{wrong, Fields};
use crate::arrow::stream_at;
use crate::interrupts::answer_of;
use backprop_engine::data::arrow::{
    ArrowBlock, ArrowRows, ArrowStream, Gaps, HeldBack, Input, InputKind, Outcome, OutcomeKind, Plan,
};
use backprop_engine::data::rows::TableShape;
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;
use std::cell::{Cell, RefCell};

/// Passes over an Arrow stream.
///
/// R says `list(parts =, open =, inputs =, outcome =, case_weights =, offset =, offset_scale =, na =, seed =, share =, keep =)`. `open(part)` opens the stream of a part
/// anew, of which there are `parts`, and says where it is, as `engine_arrow_open()` takes it, or FALSE after an error. `inputs` are lists of `column`, `kind` ("number", "flag" or
/// "levels"), `levels`, which have an input each, and `others`, which have none. `outcome` is the same with `targets`, and with `center` and `scale` of
/// a number. `case_weights` and `offset` are columns, `offset_scale` has a number for each output, `na` is "omit" or "error". Where `share` is given, rows
/// are held back by `seed`; `keep` says whether those are wanted ("held") or the others ("training").
pub struct Native {
    plan: Plan,
    open: Function,
    parts: usize,
    /// The part that is read, from 0.
    part: Cell<usize>,
    pass: RefCell<Option<ArrowRows>>,
    block: RefCell<ArrowBlock>,
}

impl Native {
    /// Reads the plan, which must give rows of the shape.
    pub fn new(value: &Robj, shape: &TableShape, columns: usize) -> Result<Native> {
        let fields = Fields::new(value, "native")?;
        let plan = plan(&fields)?;
        let offsets = plan.offset.as_ref().map_or(0, |(_, scales)| scales.len());
        let found = (
            plan.width(),
            plan.outcome.width(),
            offsets,
            plan.case_weights.is_some(),
        );
        if found != (columns, shape.targets, shape.offsets, shape.case_weights) {
            return Err(EngineError::Config(format!("{found:?} for rows of {shape:?}")));
        }
        Ok(Native {
            plan,
            open: fields
                .required("open")?
                .as_function()
                .ok_or_else(|| wrong("open"))?,
            parts: fields.count("parts")?,
            part: Cell::new(0),
            pass: RefCell::new(None),
            block: RefCell::default(),
        })
    }

    /// Begins a pass at the first row.
    pub fn rewind(&self) -> Result<()> {
        // The former stream is released first: two may be more than its maker allows.
        self.pass.replace(None);
        self.part.set(0);
        let rows = ArrowRows::new(self.open_part()?, self.plan.clone())?;
        self.pass.replace(Some(rows));
        Ok(())
    }

    fn open_part(&self) -> Result<ArrowStream> {
        // As R counts.
        let part = self.part.get() as i32 + 1;
        let opened = answer_of(&self.open, pairlist!(part))?;
        match opened.as_bool() {
            Some(false) => Err(EngineError::Stream("it could not be opened".to_string())),
            _ => stream_at(&opened),
        }
    }

    /// Has the next rows used; tells whether there were any. At the end of a stream it is released, and that of the next part opened.
    pub fn next_block(&self, mut used: impl FnMut(&ArrowBlock) -> Result<()>) -> Result<bool> {
        let (mut pass, mut block) = (self.pass.borrow_mut(), self.block.borrow_mut());
        while let Some(mut rows) = pass.take() {
            if rows.next_block(&mut block)? {
                *pass = Some(rows);
                return used(&block).map(|()| true);
            }
            self.part.set(self.part.get() + 1);
            if self.part.get() < self.parts {
                rows = rows.follow(self.open_part()?)?;
                *pass = Some(rows);
            }
        }
        Ok(false)
    }
}

fn plan(fields: &Fields) -> Result<Plan> {
    let inputs = Fields::new(fields.required("inputs")?, "inputs")?.lists("inputs")?;
    let text = |name: &str| match fields.get(name) {
        None => Ok(None),
        Some(_) => fields.text(name).map(|text| Some(text.to_string())),
    };
    let offset = text("offset")?
        .map(|column| {
            let scales = fields
                .numbers("offset_scale")?
                .ok_or_else(|| wrong("offset_scale"))?;
            Ok((column, scales.to_vec()))
        })
        .transpose()?;
    Ok(Plan {
        inputs: inputs.iter().map(input).collect::<Result<_>>()?,
        outcome: outcome(&Fields::new(fields.required("outcome")?, "outcome")?)?,
        case_weights: text("case_weights")?,
        offset,
        gaps: match fields.text("na")? {
            "omit" => Gaps::Omit,
            "error" => Gaps::Refuse,
            _ => return Err(wrong("na")),
        },
        held_back: held_back(fields)?,
    })
}

fn held_back(fields: &Fields) -> Result<Option<HeldBack>> {
    if fields.get("share").is_none() {
        return Ok(None);
    }
    Ok(Some(HeldBack {
        seed: crate::arguments::seed(fields)?,
        share: fields.number("share")?,
        wanted: match fields.text("keep")? {
            "held" => true,
            "training" => false,
            _ => return Err(wrong("keep")),
        },
    }))
}

fn texts(fields: &Fields, name: &str) -> Result<Vec<String>> {
    match fields.get(name) {
        None => Ok(Vec::new()),
        Some(value) => value.as_string_vector().ok_or_else(|| wrong(name)),
    }
}

fn input(fields: &Fields) -> Result<Input> {
    Ok(Input {
        column: fields.text("column")?.to_string(),
        kind: match fields.text("kind")? {
            "number" => InputKind::Number,
            "flag" => InputKind::Flag,
            "levels" => InputKind::Levels {
                levels: texts(fields, "levels")?,
                others: texts(fields, "others")?,
            },
            _ => return Err(wrong("kind")),
        },
    })
}

fn outcome(fields: &Fields) -> Result<Outcome> {
    Ok(Outcome {
        column: fields.text("column")?.to_string(),
        kind: match fields.text("kind")? {
            "number" => OutcomeKind::Number {
                center: fields.number_or("center", 0.0)?,
                scale: fields.number_or("scale", 1.0)?,
            },
            "flag" => OutcomeKind::Flag,
            "levels" => {
                let levels = texts(fields, "levels")?;
                let each = fields.count("targets")? > 1;
                if !each && levels.len() != 2 {
                    return Err(wrong("levels"));
                }
                OutcomeKind::Levels { levels, each }
            }
            _ => return Err(wrong("kind")),
        },
    })
}
