//! The objective and its gradient at given coefficients.

use crate::base::error::Result;
use crate::base::threads::Team;
use crate::compute::backend::Backend;
use crate::compute::context::Pass;
use crate::compute::model::Model;
use crate::compute::step::{StepConfig, StepPlan};
use crate::data::rows::Selection;
use crate::data::table::{check_finite, check_targets, Data};
use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use crate::objective::checked::Objective;
use crate::objective::penalty::Penalty;
use crate::optim::{GradientDescent, Method, Optimizer, Step};

/// The objective and its gradient at given coefficients, over all rows.
///
/// # Errors
/// Numbers that are not finite, shapes that do not fit, memory refused, a panic of a worker, or an interrupt.
pub fn gradient<T: Scalar>(
    network: &Network,
    objective: &Objective,
    penalty: Penalty,
    data: Data<'_, T>,
    coefficients: &Coefficients,
    team: &Team,
) -> Result<(f64, Coefficients)> {
    data.check(network, objective)?;
    check_targets(&data, team)?;
    check_finite(&data, team)?;
    let network = &network.learning_all();
    let layout = Layout::of::<T>(network);
    let pass = Pass::new(network, &layout, Some(objective));
    let rule = Optimizer::GradientDescent(GradientDescent);
    let method = Method::Rule(rule);
    let model = Model::<T>::new(network, &layout, &method, 1.0, coefficients, None, team)?;
    let rows = data.rows();
    let config = StepConfig {
        pass,
        objective,
        optimizer: rule,
        penalty,
        clip_norm: None,
        data: data.into(),
        team,
        largest_step: rows,
        records: false,
        whole_gradient: true,
        counts_hits: false,
        shards: None,
        answers: None,
    };
    let mut backend = Backend::new(config, model, data.into())?;
    let plan = StepPlan {
        rows: Selection::Range(0..rows),
        step: Step {
            lr: 1.0,
            number: 1,
            decay: 1.0,
        },
        share: 1.0,
        dropout: None,
        shuffled: None,
        cuts: None,
    };
    let result = backend.evaluate(&plan)?;
    let loss = backend.objective_of(&result);
    Ok((loss, Coefficients::unpack(network, backend.gradient())?))
}
