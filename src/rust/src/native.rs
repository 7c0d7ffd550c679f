//! Rows of an Arrow stream that no R code touches: the plan by which R says what becomes of its columns.

use crate::arguments::{wrong, Fields};
use crate::arrow::stream_at;
use crate::inputs::Precision;
use crate::interrupts::answer_of;
use backprop_engine::data::arrow::{
    ArrowRows, ArrowStream, Gaps, HeldBack, Input, InputKind, Outcome, OutcomeKind, Passed, Plan, Recipe,
};
use backprop_engine::data::rows::{Block, BlockSource, TableShape};
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;
use std::sync::Arc;

/// Passes over an Arrow stream.
///
/// R says `list(parts =, open =, inputs =, outcome =, case_weights =, offset =, offset_scale =, na =, seed =, share =, keep =)`. `open(part)` opens the stream of a part
/// anew, of which there are `parts`, and says where it is, as `engine_arrow_open()` takes it, or FALSE after an error. `inputs` are lists of `column`, `kind` ("number", "flag" or
/// "levels"), `levels`, which have an input each, and `others`, which have none. `outcome` is the same with `targets`, and with `center` and `scale` of
/// a number. `case_weights` and `offset` are columns, `offset_scale` has a number for each output, `na` is "omit" or "error". Where `share` is given, rows
/// are held back by `seed`; `keep` says whether those are wanted ("held") or the others ("training").
pub struct Native {
    plan: Arc<Plan>,
    open: Function,
    parts: usize,
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
            plan: Arc::new(plan),
            open: fields
                .required("open")?
                .as_function()
                .ok_or_else(|| wrong("open"))?,
            parts: fields.count("parts")?,
        })
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The stream of a part, counted from 0.
    fn open(&self, part: usize) -> Result<ArrowStream> {
        // As R counts.
        let opened = answer_of(&self.open, pairlist!(part as i32 + 1))?;
        match opened.as_bool() {
            Some(false) => Err(EngineError::Stream("it could not be opened".to_string())),
            _ => stream_at(&opened),
        }
    }

    /// The rows of all parts.
    pub fn rows<T: Precision>(&self, recipe: Recipe<T>) -> NativeRows<'_, T> {
        NativeRows {
            native: self,
            recipe: Arc::new(recipe),
            part: 0,
            pass: None,
        }
    }
}

/// Rows of an Arrow stream, in the form of the network.
pub struct NativeRows<'a, T: Precision> {
    native: &'a Native,
    recipe: Arc<Recipe<T>>,
    /// The part that is read, from 0.
    part: usize,
    pass: Option<ArrowRows<T>>,
}

impl<T: Precision> BlockSource<T> for NativeRows<'_, T> {
    fn shape(&self) -> TableShape {
        self.recipe.shape
    }

    fn rewind(&mut self) -> Result<()> {
        // The former stream is released first: two may be more than its maker allows.
        self.pass = None;
        self.part = 0;
        self.pass = Some(T::arrow_rows(
            self.native.open(0)?,
            &self.recipe,
            Passed::default(),
        )?);
        Ok(())
    }

    /// At the end of a part its stream is released, and that of the next one opened.
    fn next_block(&mut self, block: &mut Block<T>) -> Result<bool> {
        while let Some(mut rows) = self.pass.take() {
            if rows.next_block(block)? {
                self.pass = Some(rows);
                return Ok(true);
            }
            self.part += 1;
            if self.part < self.native.parts {
                let passed = rows.end();
                let stream = self.native.open(self.part)?;
                self.pass = Some(T::arrow_rows(stream, &self.recipe, passed)?);
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
