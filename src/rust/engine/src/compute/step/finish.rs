//! The seam between a gradient and the update: whatever way a step took through its rows, it ends here.
//!
//! Rows are summed in one go (`small`), by `shards`, here or by workers, or by `micropanels` of a workspace; the result is one
//! gradient, and one set of losses. [`Stepper::finish`] is the one point where both are complete and nothing has been done
//! with them: then come the penalty, the norm, the update.
//!
//! Where nothing else is wanted of the gradient than the update, micropanels need not wait until it is whole: they take the
//! same way one by one, by `finish_micropanel`, while each is in a cache ([`Stepper::is_fused`]); what is left for `finish`
//! then is to count.

use super::micropanels::Finish;
use super::stepper::{StepPlan, StepResult, Stepper};
use crate::base::error::Result;
use crate::compute::model::Model;
use crate::kernels::scalar::Scalar;
use crate::objective::loss::Totals;
use crate::optim::{ParameterSlice, Rule, Step};

impl<T: Scalar> Stepper<'_, T> {
    /// Whether a step updates each micropanel as soon as its gradient is complete.
    pub(super) fn is_fused(&self, update: bool) -> bool {
        update && !self.whole_gradient && !self.small
    }

    /// What follows at once when a micropanel's gradient is complete; none where the gradient is first to be whole.
    pub(super) fn at_once(&self, plan: &StepPlan<'_>, update: bool) -> Option<Finish> {
        self.is_fused(update).then(|| Finish {
            update: Some(plan.step),
            penalty_share: self.config.penalty_share(plan.share, plan.step.decay),
        })
    }

    /// Ends a step whose rows have been summed: `totals`, and unless they were used at once, gradients.
    ///
    /// # Errors
    /// A panic of a worker, or an interrupt.
    pub(super) fn finish(
        &mut self,
        model: &mut Model<T>,
        totals: Totals,
        plan: &StepPlan<'_>,
        update: bool,
    ) -> Result<StepResult> {
        let step = plan.step;
        if !self.is_fused(update) {
            if self.small {
                self.update_small(model, step);
            } else {
                let penalty_share = self.config.penalty_share(plan.share, step.decay);
                self.finish_whole(model, update.then_some(step), penalty_share)?;
            }
        }
        let penalty = if self.config.penalty.strength > 0.0 {
            step.decay * self.micropanel_penalties.get_mut().iter().sum::<f64>()
        } else {
            0.0
        };
        model.steps += u64::from(update);
        Ok(StepResult { totals, penalty })
    }

    /// What follows when a gradient is whole: the penalty, the largest norm, and the update if it is time.
    fn finish_whole(
        &mut self,
        model: &Model<T>,
        update: Option<Step>,
        mut penalty_share: Option<f64>,
    ) -> Result<()> {
        if let (Some(limit), Some(_)) = (self.config.clip_norm, update) {
            // The norm is of the penalty's gradient too.
            self.finish_each(
                model,
                Finish {
                    update: None,
                    penalty_share: penalty_share.take(),
                },
            )?;
            let gradient = self.gradient.get_mut();
            if let Some(factor) = shortening(gradient, limit) {
                gradient.iter_mut().for_each(|g| *g *= factor);
            }
        }
        self.finish_each(
            model,
            Finish {
                update,
                penalty_share,
            },
        )
    }

    /// The same for all micropanels of a gradient that is whole.
    fn finish_each(&self, model: &Model<T>, finish: Finish) -> Result<()> {
        if finish.update.is_none() && finish.penalty_share.is_none() {
            return Ok(());
        }
        self.for_each_share(model, |_, share| {
            for index in share {
                // SAFETY: micropanels are disjoint, those of the gradient and of the model.
                unsafe {
                    let gradient = self.gradient.part(model.micropanels[index].all());
                    self.finish_micropanel(model, index, gradient, finish);
                }
            }
        })
    }

    /// The update of a small network, in one go.
    fn update_small(&mut self, model: &mut Model<T>, step: Step) {
        let mut slots = model.slots.iter_mut().map(|slot| slot.get_mut());
        let slots = [slots.next().unwrap_or_default(), slots.next().unwrap_or_default()];
        self.config.optimizer.update(
            self.config.pass.set,
            step,
            ParameterSlice {
                weights: model.parameters.get_mut(),
                gradient: self.gradient.get_mut(),
                slots,
                is_bias: false,
            },
        );
        model.transpose_all(self.config.pass.network);
    }
}

/// What brings a gradient that is longer than `limit` to that length.
fn shortening<T: Scalar>(gradient: &[T], limit: f64) -> Option<T> {
    let norm_by = |unit: f64| {
        let squares = gradient.iter().map(|g| g.to_double() / unit).map(|g| g * g);
        squares.sum::<f64>().sqrt()
    };
    let norm = norm_by(1.0);
    if norm.is_infinite() {
        // The squares are beyond all numbers, the gradient itself perhaps not.
        let largest = gradient
            .iter()
            .fold(0.0f64, |most, g| most.max(g.to_double().abs()));
        return Some(T::of(limit / largest / norm_by(largest)));
    }
    (norm > limit).then(|| T::of(limit / norm))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_whose_squares_overflow_is_shortened_like_any_other() {
        for size in [1.0f64, 1e200, 1e307] {
            let gradient = [3.0 * size, -4.0 * size];
            let factor = shortening(&gradient, 0.5).unwrap();
            let squares: f64 = gradient.iter().map(|g| g * factor).map(|g: f64| g * g).sum();
            let length = squares.sqrt();
            assert!((length - 0.5).abs() < 1e-12, "{size}: {length}");
        }
        assert_eq!(shortening(&[3.0, 4.0], 5.0), None);
        assert!(shortening(&[f64::INFINITY, 1.0], 5.0)
            .is_some_and(|factor| !(f64::INFINITY * factor).is_finite()));
    }
}
