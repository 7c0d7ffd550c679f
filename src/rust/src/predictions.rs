//! Predictions and losses of given weights.

use crate::arguments::{self, Fields};
use crate::functions;
use crate::inputs::{self, Inputs};
use crate::interrupts::interrupted;
use crate::problem::{is_single, Given, Problem};
use crate::results::{self, answer};
use backprop_engine::base::threads::with_team_asking;
use backprop_engine::objective::Objective;
use backprop_engine::{Coefficients, Compiled, Network};
use extendr_api::prelude::*;

/// Predicts rows: a matrix [rows x outputs] on the scale of the output.
/// @noRd
#[extendr]
fn engine_predict(net: Robj, weights: Robj, biases: Robj, x: Robj, offset: Robj) -> List {
    answer(|| {
        let net = Fields::new(&net, "net")?;
        let _functions = functions::of(&net)?;
        let network = arguments::network(&net)?;
        let (rows, read) = inputs::extent(&x)?;
        // The weights as they come, laid out, and the predictions.
        let needed = 2.0 * Coefficients::bytes(&network) + results::bytes(rows, network.outputs()) + read;
        arguments::budget(&net)?.check(needed, 0.0)?;
        let coefficients = arguments::coefficients(&weights, &biases, None)?;
        coefficients.check(&network)?;
        let inputs = Inputs::new(&x, &net)?;
        let offsets = match offset.is_null() {
            true => None,
            false => Some(inputs::matrix(&offset, "offset")?),
        };
        let mut value = results::zeros(rows, network.outputs())?;
        if rows > 0 {
            let out = value.as_real_slice_mut().unwrap_or_default();
            let threads = arguments::threads(&net, network.work_of_row() * rows as f64)?;
            let single = is_single(&net)?;
            with_team_asking(threads, interrupted, |team| match single {
                true => {
                    let source = inputs.source::<f32>()?;
                    f32::predict(&network, &coefficients, source.rows(), offsets, team, out)
                }
                false => {
                    let source = inputs.source::<f64>()?;
                    f64::predict(&network, &coefficients, source.rows(), offsets, team, out)
                }
            })?;
        }
        Ok(list!(error = (), value = value))
    })
}

/// The loss of given weights on given rows, and the penalty on them.
/// @noRd
#[extendr]
fn engine_evaluate(
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
        let work = |network: &Network, rows: usize| network.work_of_row() * rows as f64;
        // The weights as they come, and laid out.
        let bytes = |network: &Network, _: &Objective, _, _| 2.0 * Coefficients::bytes(network);
        let problem = Problem::read(&spec, &given, work, bytes)?;
        let single = is_single(&spec)?;
        let loss = with_team_asking(problem.threads, interrupted, |team| {
            problem.table.inputs.check_finite(team)?;
            match single {
                true => problem.loss::<f32>(team),
                false => problem.loss::<f64>(team),
            }
        })?;
        let penalty = problem.penalty.of(&problem.network, &problem.coefficients);
        Ok(list!(error = (), loss = loss, penalty = penalty))
    })
}

extendr_module! {
    mod predictions;
    fn engine_predict;
    fn engine_evaluate;
}
