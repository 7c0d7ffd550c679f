//! Update rules: how a gradient becomes a step of weights.
//!
//! A rule is a type in a file of its own, and a line in [`optimizers!`]; everything else asks through
//! [`Optimizer`].

mod adagrad;
mod adam;
mod gradient_descent;
mod momentum;
mod rmsprop;
mod rprop;
pub mod rule;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use gradient_descent::GradientDescent;
pub use momentum::Momentum;
pub use rmsprop::RmsProp;
pub use rprop::Rprop;

use super::description::{Described, Description};
use crate::base::error::Result;
use crate::base::hyperparameter::Values;
use crate::kernels::instruction_set::InstructionSet;
use crate::kernels::scalar::Scalar;
use rule::{ParameterSlice, Rule, Step};

macro_rules! optimizers {
    ($($(#[$doc:meta])* $name:ident($rule:ident),)*) => {
        /// The update rules.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Optimizer {
            $($(#[$doc])* $name($rule),)*
        }

        impl Optimizer {
            /// What belongs to the names of all rules.
            pub fn descriptions() -> impl Iterator<Item = &'static Description> {
                std::iter::empty()$(.chain($rule::descriptions()))*
            }

            /// The rule of that name, if there is one.
            ///
            /// # Errors
            /// Hyperparameters out of their ranges.
            pub fn named(name: &str, values: &Values) -> Result<Option<Optimizer>> {
                $(
                    if let Some(rule) = $rule::named(name, values)? {
                        return Ok(Some(Optimizer::$name(rule)));
                    }
                )*
                Ok(None)
            }
        }

        impl Rule for Optimizer {
            fn slots(&self) -> &'static [&'static str] {
                match self { $(Optimizer::$name(rule) => rule.slots(),)* }
            }
            fn initial(&self, slot: usize, lr: f64) -> f64 {
                match self { $(Optimizer::$name(rule) => rule.initial(slot, lr),)* }
            }
            fn treats_biases_apart(&self) -> bool {
                match self { $(Optimizer::$name(rule) => rule.treats_biases_apart(),)* }
            }
            #[inline]
            fn update<T: Scalar>(
                &self,
                set: InstructionSet,
                step: Step,
                slice: ParameterSlice<'_, T>,
            ) {
                match self { $(Optimizer::$name(rule) => rule.update(set, step, slice),)* }
            }
        }
    };
}

optimizers! {
    /// Plain gradient descent, full-batch or stochastic.
    GradientDescent(GradientDescent),
    /// Heavy-ball or Nesterov momentum.
    Momentum(Momentum),
    /// Adagrad.
    Adagrad(Adagrad),
    /// RMSprop.
    RmsProp(RmsProp),
    /// Adam and AdamW.
    Adam(Adam),
    /// Resilient propagation.
    Rprop(Rprop),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::instruction_set::InstructionSet;
    use rule::MAX_SLOTS;

    /// Minimises ½ Σ (w - target)² and returns the largest distance left.
    fn distance_left(optimizer: Optimizer, lr: f64, steps: u64) -> f64 {
        let target: Vec<f64> = (0..13).map(|i| f64::from(i) * 0.3 - 2.0).collect();
        let mut weights = vec![0.0; 13];
        let mut slots: Vec<Vec<f64>> = (0..MAX_SLOTS)
            .map(|s| vec![optimizer.initial(s, lr); 13])
            .collect();
        for number in 1..=steps {
            let gradient: Vec<f64> = weights.iter().zip(&target).map(|(w, t)| w - t).collect();
            let [first, second] = &mut slots[..] else {
                unreachable!()
            };
            optimizer.update(
                InstructionSet::detect(),
                Step {
                    lr,
                    number,
                    decay: 1.0,
                },
                ParameterSlice {
                    weights: &mut weights,
                    gradient: &gradient,
                    slots: [first, second],
                    is_bias: false,
                },
            );
        }
        weights
            .iter()
            .zip(&target)
            .map(|(w, t)| (w - t).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn every_rule_finds_the_minimum_of_a_parabola() {
        for (optimizer, lr) in [
            (Optimizer::GradientDescent(GradientDescent), 0.1),
            (
                Optimizer::Momentum(Momentum {
                    momentum: 0.9,
                    nesterov: false,
                }),
                0.02,
            ),
            (
                Optimizer::Momentum(Momentum {
                    momentum: 0.9,
                    nesterov: true,
                }),
                0.02,
            ),
            (Optimizer::Adagrad(Adagrad { epsilon: 1e-10 }), 0.5),
            (
                Optimizer::RmsProp(RmsProp {
                    rho: 0.99,
                    epsilon: 1e-8,
                }),
                0.001,
            ),
            (
                Optimizer::Adam(Adam {
                    beta1: 0.9,
                    beta2: 0.999,
                    epsilon: 1e-8,
                    decay: 0.0,
                }),
                0.01,
            ),
            (
                Optimizer::Rprop(Rprop {
                    shrink: 0.5,
                    grow: 1.2,
                    smallest: 1e-6,
                    largest: 50.0,
                }),
                0.01,
            ),
        ] {
            let left = distance_left(optimizer, lr, 6_000);
            assert!(left < 2e-3, "{optimizer:?}: {left}");
        }
    }
}
