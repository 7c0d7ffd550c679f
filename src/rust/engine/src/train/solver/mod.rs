//! How a method makes epochs: by steps over batches, or by iterations over all rows.
//!
//! A solver is a type in a file of its own, and a line in [`solvers!`]; the loop asks through [`Solver`].

mod lbfgs;
mod rule;
pub(crate) mod solve;

use super::settings::Settings;
use crate::base::error::Result;
use crate::compute::backend::Backend;
use crate::data::Rows;
use crate::kernels::scalar::Scalar;
use crate::optim::{Method, Optimizer};
use lbfgs::ByLbfgs;
use rule::ByRule;
use solve::{Epoch, EpochResult, Solve, SolverNeed};

macro_rules! solvers {
    ($($(#[$doc:meta])* $name:ident($solver:ty),)*) => {
        /// The solvers.
        pub(crate) enum Solver<'a, T> {
            $($(#[$doc])* $name($solver),)*
        }

        impl<T: Scalar> Solve<T> for Solver<'_, T> {
            fn batch(&self, rows: usize) -> usize {
                match self { $(Solver::$name(solver) => Solve::<T>::batch(solver, rows),)* }
            }
            fn shuffles(&self, rows: usize) -> bool {
                match self { $(Solver::$name(solver) => Solve::<T>::shuffles(solver, rows),)* }
            }
            fn rule(&self) -> Optimizer {
                match self { $(Solver::$name(solver) => Solve::<T>::rule(solver),)* }
            }
            fn keeps_gradient(&self) -> bool {
                match self { $(Solver::$name(solver) => Solve::<T>::keeps_gradient(solver),)* }
            }
            fn ends_by_itself(&self) -> bool {
                match self { $(Solver::$name(solver) => Solve::<T>::ends_by_itself(solver),)* }
            }
            fn need(&self, rows: &Rows<'_, T>, len: usize, given: usize) -> SolverNeed {
                match self { $(Solver::$name(solver) => Solve::<T>::need(solver, rows, len, given),)* }
            }
            fn begin(&mut self, backend: &Backend<'_, T>) -> Result<()> {
                match self { $(Solver::$name(solver) => Solve::<T>::begin(solver, backend),)* }
            }
            fn epoch(&mut self, epoch: &mut Epoch<'_, T>, backend: &mut Backend<'_, T>) -> Result<EpochResult> {
                match self { $(Solver::$name(solver) => solver.epoch(epoch, backend),)* }
            }
            fn keep(&self, backend: &mut Backend<'_, T>) -> Result<()> {
                match self { $(Solver::$name(solver) => Solve::<T>::keep(solver, backend),)* }
            }
            fn end(&mut self) {
                match self { $(Solver::$name(solver) => Solve::<T>::end(solver),)* }
            }
        }
    };
}

solvers! {
    /// Steps by a rule.
    Rule(ByRule<'a>),
    /// Iterations of L-BFGS.
    Lbfgs(ByLbfgs<'a, T>),
}

impl<'a, T: Scalar> Solver<'a, T> {
    /// The solver of the method that settings ask for, which holds nothing yet.
    pub fn new(settings: &'a Settings) -> Solver<'a, T> {
        match settings.method {
            Method::Rule(rule) => Solver::Rule(ByRule::new(settings, rule)),
            Method::Lbfgs(hyperparameters) => Solver::Lbfgs(ByLbfgs::new(settings, hyperparameters)),
        }
    }
}
