//! An activation or a loss that R gives as functions: the engine has them as closures for the length of one call. They are called on R's
//! thread alone, through a function of the package that checks what they answer and lets no condition escape (`call_custom()` in
//! R/spec-custom.R); what went wrong waits there until the call is over.

use crate::arguments::{wrong, Fields};
use crate::results::{doubles, matrix_of_columns};
use backprop_engine::base::functions::{
    bring, ActivationFunctions, Brought, Elementwise, Functions, LossFunctions, PredictedRows, Rowwise,
};
use backprop_engine::nn::activation::Activation;
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;
use std::ffi::c_void;
use std::rc::Rc;
use std::str::FromStr;

// entrypoint.c
extern "C" {
    fn backprop_guard() -> *mut c_void;
    fn backprop_numbers(function: *mut c_void, arguments: *mut c_void, out: *mut f64, length: isize) -> i32;
}

/// Whether a specification has such functions.
pub fn are_in(spec: &Fields) -> bool {
    spec.get("custom").is_some()
}

/// Brings those that a specification has to the engine, as long as the answer lives.
pub fn of(spec: &Fields) -> Result<Option<Brought>> {
    let Some(custom) = spec.fields("custom")? else {
        return Ok(None);
    };
    // SAFETY: on R's thread, as every call from R.
    let guard = unsafe { backprop_guard() };
    if guard.is_null() {
        return Err(wrong("custom"));
    }
    // SAFETY: a function that a namespace holds.
    let guard = unsafe { Robj::from_sexp(guard.cast()) };
    let guard = Rc::new(guard.as_function().ok_or_else(|| wrong("custom"))?);
    let activations = match custom.get("activation") {
        None => Vec::new(),
        Some(all) => {
            let all = all.as_list().ok_or_else(|| wrong("activation"))?;
            let each = all.values().map(|one| {
                let one = Fields::new(&one, "activation")?;
                Ok(ActivationFunctions {
                    value: elementwise(&guard, one.required("value")?, "value"),
                    derivative: elementwise(&guard, one.required("derivative")?, "derivative"),
                })
            });
            each.collect::<Result<Vec<_>>>()?
        }
    };
    let loss = match custom.fields("loss")? {
        None => None,
        Some(loss) => Some(LossFunctions {
            value: rowwise(&guard, loss.required("value")?, "value"),
            gradient: rowwise(&guard, loss.required("gradient")?, "gradient"),
        }),
    };
    Ok(Some(bring(Functions { activations, loss })))
}

/// Activations by name; those of a specification's own stand under names that it gives them.
pub fn activations(spec: &Fields) -> Result<Vec<Activation>> {
    let own = match spec.fields("custom")? {
        None => Vec::new(),
        Some(custom) => match custom.get("activation").and_then(|all| all.as_list()) {
            None => Vec::new(),
            Some(all) => all.iter().map(|(name, _)| name).collect(),
        },
    };
    let names = spec.texts("activation")?.into_iter();
    let found = names.map(|name| match own.iter().position(|known| *known == name) {
        Some(place) => Ok(Activation::Custom(place as u16)),
        None => Activation::from_str(name),
    });
    found.collect()
}

/// What the guard answered: the numbers are written, or why not.
fn answered(guard: &Function, arguments: Pairlist, out: &mut [f64]) -> Result<()> {
    // SAFETY: on R's thread; both are protected by their owners, and there is room for so many numbers.
    let said = unsafe {
        backprop_numbers(
            guard.get().cast(),
            arguments.get().cast(),
            out.as_mut_ptr(),
            out.len() as isize,
        )
    };
    match said {
        1 => Ok(()),
        0 => Err(EngineError::Function),
        _ => Err(EngineError::Interrupted),
    }
}

fn elementwise(guard: &Rc<Function>, function: &Robj, part: &'static str) -> Elementwise {
    let (guard, function) = (guard.clone(), function.clone());
    Box::new(move |z, out| {
        let z = doubles(z.iter().copied())?;
        answered(&guard, pairlist!(function.clone(), "activation", part, z), out)
    })
}

fn rowwise(guard: &Rc<Function>, function: &Robj, part: &'static str) -> Rowwise {
    let (guard, function) = (guard.clone(), function.clone());
    Box::new(move |rows: &PredictedRows<'_>, out| {
        let predictions = matrix_of_columns(rows.predictions, rows.rows)?;
        let targets = matrix_of_columns(rows.targets, rows.rows)?;
        answered(
            &guard,
            pairlist!(function.clone(), "loss", part, predictions, targets),
            out,
        )
    })
}
