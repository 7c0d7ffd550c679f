//! Who else works on a step: workers with rows of their own and the same parameters, each in a process or on a machine of
//! its own. Where their gradients are brought together is [`finish`](crate::compute::step).

use crate::base::error::Result;
use crate::kernels::scalar::Scalar;

/// Brings together what workers found, each of whom makes the same steps on its own share of the rows.
pub trait Reduce<T> {
    /// Whether there is nobody else. Then a part of the gradient may be used as soon as it is summed, while it is in a
    /// cache; else gradients are kept whole.
    fn is_alone(&self) -> bool {
        false
    }

    /// Replaces each number by its sum over all workers. Every worker calls this equally often, with as many numbers, and
    /// all must be given the same bits: their parameters stay the same only then. Called on the thread that started the
    /// fit, while its team waits.
    ///
    /// # Errors
    /// Any, such as a worker that is gone; it is the result of the step.
    fn sum(&mut self, gradient: &mut [T], numbers: &mut [f64]) -> Result<()>;
}

/// Nobody else: the rows at hand are all there are.
pub struct Alone;

impl<T: Scalar> Reduce<T> for Alone {
    fn is_alone(&self) -> bool {
        true
    }

    fn sum(&mut self, _gradient: &mut [T], _numbers: &mut [f64]) -> Result<()> {
        Ok(())
    }
}
