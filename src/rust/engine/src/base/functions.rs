//! Functions that a caller brings along as activations or as the loss: known for the length of a call, on the thread that brought them.
//!
//! What a caller may only ask on one thread (an interpreter, say) must not be asked on another: while functions are there,
//! teams have one member ([`are_present`]). Kernels have no way to report what goes wrong. So a failure is noted, numbers are NaN from
//! there on, no function is called any more, and the job in which it happened ends with that error ([`check`]).

use crate::base::error::{EngineError, Result};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// From numbers to as many numbers.
pub type Elementwise = Box<dyn Fn(&[f64], &mut [f64]) -> Result<()>>;

/// From rows of predictions and targets to numbers.
pub type Rowwise = Box<dyn Fn(&PredictedRows<'_>, &mut [f64]) -> Result<()>>;

/// An activation: its value and its derivative at weighted inputs.
pub struct ActivationFunctions {
    /// The value.
    pub value: Elementwise,
    /// The derivative.
    pub derivative: Elementwise,
}

/// A loss.
pub struct LossFunctions {
    /// The loss of each row.
    pub value: Rowwise,
    /// Its derivatives by the predictions, column by column.
    pub gradient: Rowwise,
}

/// Rows that a loss is asked of, column by column.
pub struct PredictedRows<'a> {
    /// Predictions [rows x outputs].
    pub predictions: &'a [f64],
    /// Targets, as many columns as predictions.
    pub targets: &'a [f64],
    /// Rows.
    pub rows: usize,
}

/// All that a caller brings.
#[derive(Default)]
pub struct Functions {
    /// Activations, by their place.
    pub activations: Vec<ActivationFunctions>,
    /// The loss.
    pub loss: Option<LossFunctions>,
}

thread_local! {
    static PRESENT: RefCell<Option<Rc<Functions>>> = const { RefCell::new(None) };
    static HAS_FAILED: Cell<bool> = const { Cell::new(false) };
    static FAILURE: RefCell<Option<EngineError>> = const { RefCell::new(None) };
}

/// Functions that are there as long as this is; then those that were there before are there again.
pub struct Brought {
    before: Option<Rc<Functions>>,
    // They are of this thread.
    _of_thread: std::marker::PhantomData<*const ()>,
}

/// Brings functions along.
pub fn bring(functions: Functions) -> Brought {
    Brought {
        before: PRESENT.replace(Some(Rc::new(functions))),
        _of_thread: std::marker::PhantomData,
    }
}

impl Drop for Brought {
    fn drop(&mut self) {
        PRESENT.replace(self.before.take());
        // Whoever did not ask does not want to know.
        HAS_FAILED.set(false);
        FAILURE.replace(None);
    }
}

/// Whether there are any on this thread.
pub fn are_present() -> bool {
    PRESENT.with_borrow(Option::is_some)
}

/// What failed since this was last asked, if anything.
///
/// # Errors
/// What a function answered.
#[inline]
pub fn check() -> Result<()> {
    if !HAS_FAILED.get() {
        return Ok(());
    }
    HAS_FAILED.set(false);
    Err(FAILURE.take().unwrap_or(EngineError::Function))
}

/// Runs `work` on the functions; false where it fails, or something has failed before.
///
/// # Panics
/// Where no functions are: on another thread than the caller's, or after the call that they were brought for.
pub(crate) fn ask(work: impl FnOnce(&Functions) -> Result<()>) -> bool {
    if HAS_FAILED.get() {
        return false;
    }
    // Not borrowed meanwhile: a function may call the engine itself.
    let functions = PRESENT.with_borrow(Clone::clone);
    let Some(functions) = functions else {
        panic!("functions of the caller's own are not there");
    };
    match work(&functions) {
        Ok(()) => true,
        Err(error) => {
            FAILURE.replace(Some(error));
            HAS_FAILED.set(true);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double() -> Functions {
        Functions {
            activations: vec![ActivationFunctions {
                value: Box::new(|z, out| {
                    out.iter_mut().zip(z).for_each(|(a, z)| *a = 2.0 * z);
                    Ok(())
                }),
                derivative: Box::new(|_, _| Err(EngineError::Function)),
            }],
            loss: None,
        }
    }

    #[test]
    fn functions_are_there_as_long_as_they_are_held() {
        assert!(!are_present());
        {
            let _outer = bring(double());
            {
                let _inner = bring(Functions::default());
                assert!(ask(|functions| match functions.activations.len() {
                    0 => Ok(()),
                    _ => Err(EngineError::Function),
                }));
            }
            let mut out = [0.0];
            assert!(ask(|functions| (functions.activations[0].value)(
                &[3.0],
                &mut out
            )));
            assert_eq!(out, [6.0]);
        }
        assert!(!are_present());
    }

    #[test]
    fn a_failure_is_told_once_and_nothing_is_asked_until_then() {
        let _brought = bring(double());
        assert!(!ask(|functions| (functions.activations[0].derivative)(
            &[],
            &mut []
        )));
        assert!(!ask(|_| panic!("asked after a failure")));
        assert_eq!(check(), Err(EngineError::Function));
        assert_eq!(check(), Ok(()));
        assert!(ask(|_| Ok(())));
    }

    #[test]
    fn a_failure_does_not_outlive_its_call() {
        let brought = bring(double());
        assert!(!ask(|_| Err(EngineError::Interrupted)));
        drop(brought);
        assert_eq!(check(), Ok(()));
    }
}
