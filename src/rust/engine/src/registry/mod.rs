//! All that the engine offers by name, gathered from where it is stated: beside each rule, curve and measure.

use crate::base::hyperparameter::Hyperparameter;
use crate::kernels::scalar::Scalar;
use crate::nn::activation::Activation;
use crate::nn::distribution::Init;
use crate::objective::loss::Loss;
use crate::objective::metric::Metric;
use crate::objective::output::Output;
use crate::optim::schedule::{Schedule, WARMUP};
use crate::optim::{Description, Method};

/// Rows of a step of what takes batches, where nothing is said.
pub use crate::optim::DEFAULT_BATCH_SIZE;

/// Precisions, the default first.
pub const PRECISIONS: [&str; 2] = [f64::PRECISION, f32::PRECISION];

/// Activations of hidden layers, each with the distribution of starting weights that goes with it.
pub fn activations() -> impl Iterator<Item = (&'static str, &'static str)> {
    Activation::ALL
        .iter()
        .filter_map(|activation| Some((activation.name(), activation.init()?.name())))
}

/// Outputs of networks, each with the loss that goes with it where none is asked for.
pub fn outputs() -> impl Iterator<Item = (&'static str, &'static str)> {
    Output::ALL.iter().map(|(_, name, loss)| (*name, *loss))
}

/// Losses, with the parameter that each has where none is given.
pub fn losses() -> impl Iterator<Item = Loss> {
    Loss::all().into_iter()
}

/// Names of outputs.
pub fn names(outputs: &[Output]) -> Vec<&'static str> {
    outputs.iter().map(|output| output.name()).collect()
}

/// Distributions of starting weights, each with the biases that go with it.
pub fn inits() -> impl Iterator<Item = (&'static str, &'static str)> {
    Init::ALL.iter().map(|(_, name, biases)| (*name, biases.name()))
}

/// What updates weights.
pub fn optimizers() -> impl Iterator<Item = &'static Description> {
    Method::descriptions()
}

/// A learning-rate schedule.
pub struct ScheduleEntry {
    /// Its name.
    pub name: &'static str,
    /// Whether it waits for the loss.
    pub waits_for_loss: bool,
    /// Its hyperparameters.
    pub hyperparameters: Vec<Hyperparameter>,
}

/// Learning-rate schedules.
pub fn schedules() -> impl Iterator<Item = ScheduleEntry> {
    Schedule::DESCRIPTIONS.iter().map(|schedule| ScheduleEntry {
        name: schedule.name,
        waits_for_loss: schedule.waits_for_loss,
        hyperparameters: schedule.hyperparameters.iter().copied().chain([WARMUP]).collect(),
    })
}

/// Measures that may choose the best epoch, each with the outputs that it is for.
pub fn metrics() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    Metric::ALL
        .iter()
        .map(|(_, name, outputs)| (*name, names(outputs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hyperparameter::Values;
    use std::collections::HashSet;

    fn all_differ<'a>(names: impl Iterator<Item = &'a str>) {
        let names: Vec<&str> = names.collect();
        let different: HashSet<&&str> = names.iter().collect();
        assert_eq!(different.len(), names.len(), "{names:?}");
    }

    /// What a method or schedule is made of when `edit` says something about some hyperparameters; those
    /// that have no default are 2.
    fn looked_up<'a>(
        hyperparameters: &'a [Hyperparameter],
        edit: impl Fn(&str) -> Option<f64> + 'a,
    ) -> impl Fn(&str) -> crate::Result<Option<f64>> + 'a {
        move |name| {
            let known = hyperparameters.iter().find(|known| known.name == name);
            assert!(known.is_some(), "{name} is read and not stated");
            let open = known.is_some_and(|known| known.default.is_nan());
            Ok(edit(name).or(open.then_some(2.0)))
        }
    }

    #[test]
    fn names_differ_and_lead_to_what_they_name() {
        all_differ(activations().map(|(name, _)| name));
        all_differ(inits().map(|(name, _)| name));
        all_differ(optimizers().map(|method| method.name));
        all_differ(Schedule::DESCRIPTIONS.iter().map(|schedule| schedule.name));
        all_differ(metrics().map(|(name, _)| name));
        for (name, init) in activations() {
            assert_eq!(
                name.parse::<Activation>().unwrap().init(),
                Some(init.parse().unwrap())
            );
        }
        for (metric, name, _) in Metric::ALL {
            assert_eq!(name.parse::<Metric>().unwrap(), *metric);
        }
        assert_eq!(optimizers().count(), 10);
        assert!(Method::description("adamant").is_err());
    }

    #[test]
    fn every_hyperparameter_that_is_stated_is_read_and_held_to_its_range() {
        for method in optimizers() {
            let stated = method.hyperparameters;
            let defaults = looked_up(stated, |_| None);
            assert!(
                Method::named(method.name, &Values(&defaults)).is_ok(),
                "{}",
                method.name
            );
            for wrong in stated {
                let given = looked_up(stated, |name| (name == wrong.name).then_some(-1.0));
                assert!(
                    Method::named(method.name, &Values(&given)).is_err(),
                    "{}",
                    wrong.name
                );
            }
        }
        for schedule in schedules() {
            let stated = &schedule.hyperparameters;
            let defaults = looked_up(stated, |_| None);
            let made = Schedule::named(schedule.name, &Values(&defaults)).unwrap();
            assert!(made.check().is_ok());
            for wrong in stated {
                let given = looked_up(stated, |name| (name == wrong.name).then_some(-1.0));
                assert!(
                    Schedule::named(schedule.name, &Values(&given)).is_err(),
                    "{}",
                    wrong.name
                );
            }
        }
        assert!(Schedule::named("never", &Values(&|_| Ok(None))).is_err());
    }
}
