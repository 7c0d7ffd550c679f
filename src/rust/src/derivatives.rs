//! Derivatives of the objective at given weights.

use crate::arguments::Fields;
use crate::functions;
use crate::interrupts::interrupted;
use crate::problem::{Given, Problem};
use crate::results::{self, answer};
use backprop_engine::base::threads::with_team_asking;
use backprop_engine::compute::hessian;
use backprop_engine::objective::Objective;
use backprop_engine::work_of_step;
use backprop_engine::{Coefficients, Compiled, Network};
use extendr_api::prelude::*;

/// The objective and its gradient at given weights, in double precision.
/// @noRd
#[extendr]
fn engine_gradient(
    spec: Robj,
    weights: Robj,
    biases: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let given = Given {
            weights,
            biases,
            x,
            y,
            case_weights,
            offset,
        };
        // As they come, laid out, and transposed; the gradient laid out, as it goes, and in R.
        let bytes = |network: &Network, _: &Objective, _, _| 6.0 * Coefficients::bytes(network);
        let problem = Problem::read(&spec, &given, work_of_step, bytes)?;
        let (loss, slopes) = with_team_asking(problem.threads, interrupted, |team| {
            let source = problem.table.inputs.source::<f64>()?;
            f64::gradient(
                &problem.network,
                &problem.objective,
                problem.penalty,
                problem.table.data(&source),
                &problem.coefficients,
                team,
            )
        })?;
        let (weights, biases, ancillary) = results::coefficients(&slopes)?;
        Ok(list!(
            error = (),
            loss = loss,
            weights = weights,
            biases = biases,
            ancillary = ancillary
        ))
    })
}

/// The exact Hessian of the objective by all weights and biases: layer by layer, weights unit by
/// unit, then biases.
/// @noRd
#[extendr]
fn engine_hessian(
    spec: Robj,
    weights: Robj,
    biases: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let given = Given {
            weights,
            biases,
            x,
            y,
            case_weights,
            offset,
        };
        let square = |network: &Network| network.parameter_count() * network.parameter_count();
        let work = |network: &Network, rows: usize| square(network) * rows as f64;
        // The Hessian itself, what it is worked out in, and the weights as they come.
        let bytes = |network: &Network, objective: &Objective, rows: usize, threads: usize| {
            8.0 * square(network)
                + hessian::bytes(network, objective, rows, threads)
                + Coefficients::bytes(network)
        };
        let problem = Problem::read(&spec, &given, work, bytes)?;
        let count = problem.network.parameter_count() as usize;
        let mut value = results::zeros(count, count)?;
        let out = value.as_real_slice_mut().unwrap_or_default();
        with_team_asking(problem.threads, interrupted, |team| {
            problem.table.inputs.check_finite(team)?;
            let source = problem.table.inputs.source::<f64>()?;
            hessian::hessian(
                &problem.network,
                &problem.objective,
                problem.penalty,
                problem.table.data(&source),
                &problem.coefficients,
                team,
                out,
            )
        })?;
        Ok(list!(error = (), value = value))
    })
}

/// The derivatives of each row's own loss, before case weights, by all parameters in the Hessian's order: a matrix [rows x parameters].
/// @noRd
#[extendr]
fn engine_row_gradients(spec: Robj, weights: Robj, biases: Robj, x: Robj, y: Robj, offset: Robj) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let given = Given {
            weights,
            biases,
            x,
            y,
            case_weights: Robj::from(()),
            offset,
        };
        let numbers = |network: &Network, rows: usize| network.parameter_count() * rows as f64;
        // The gradients themselves, what they are worked out in, and the weights as they come.
        let bytes = |network: &Network, objective: &Objective, rows: usize, _| {
            8.0 * numbers(network, rows)
                + hessian::bytes(network, objective, rows, 1)
                + Coefficients::bytes(network)
        };
        let problem = Problem::read(&spec, &given, numbers, bytes)?;
        let (rows, count) = (problem.table.rows(), problem.network.parameter_count() as usize);
        let mut value = results::zeros(rows, count)?;
        let out = value.as_real_slice_mut().unwrap_or_default();
        with_team_asking(1, interrupted, |team| {
            problem.table.inputs.check_finite(team)?;
            let source = problem.table.inputs.source::<f64>()?;
            let (objective, data) = (&problem.objective, problem.table.data(&source));
            hessian::row_gradients(
                &problem.network,
                objective,
                data,
                &problem.coefficients,
                team,
                out,
            )
        })?;
        Ok(list!(error = (), value = value))
    })
}

extendr_module! {
    mod derivatives;
    fn engine_gradient;
    fn engine_hessian;
    fn engine_row_gradients;
}
