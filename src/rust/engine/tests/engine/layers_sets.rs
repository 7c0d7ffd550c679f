//! Claims about instruction sets and layers of every kind: steps under each of them end at the same parameters.

use crate::layers::{cases, close, drawn, numbers, Table};
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::context::Pass;
use backprop_engine::compute::model::Model;
use backprop_engine::compute::step::{StepConfig, StepPlan, Stepper};
use backprop_engine::data::rows::Selection;
use backprop_engine::data::{Rows, Source};
use backprop_engine::kernels::InstructionSet;
use backprop_engine::nn::layout::Layout;
use backprop_engine::objective::Penalty;
use backprop_engine::optim::{GradientDescent, Optimizer, Step};
use backprop_engine::Method;

#[test]
fn every_instruction_set_makes_the_same_steps() {
    let optimizer = Optimizer::GradientDescent(GradientDescent);
    for case in cases() {
        let (network, objective) = (&case.network, &case.objective);
        for rows in [40, 1203] {
            let table = Table::for_case(&case, rows, 7);
            let at = drawn(network, 7);
            let steps_under = |set: InstructionSet| {
                table.with_data::<f64, _>(|data| {
                    with_team(1, |team| {
                        let layout = Layout::of::<f64>(network);
                        let method = Method::Rule(optimizer);
                        let mut model =
                            Model::<f64>::new(network, &layout, &method, 0.1, &at, None, team).unwrap();
                        let config = StepConfig {
                            pass: Pass {
                                set,
                                ..Pass::new(network, &layout, Some(objective))
                            },
                            objective,
                            optimizer,
                            penalty: Penalty::NONE,
                            clip_norm: None,
                            data: Rows::Table(data),
                            team,
                            largest_step: rows,
                            records: false,
                            whole_gradient: false,
                            counts_hits: false,
                            shards: None,
                            answers: None,
                        };
                        let mut stepper = Stepper::new(config, model.micropanels.len()).unwrap();
                        stepper.weigh(data.total_weight());
                        for number in 1..4 {
                            let plan = StepPlan {
                                rows: Selection::Range(0..rows),
                                step: Step {
                                    lr: 0.1,
                                    number,
                                    decay: 1.0,
                                },
                                share: 1.0,
                                dropout: None,
                                cuts: None,
                                shuffled: None,
                            };
                            let source = &mut Source::Table(data);
                            stepper.step(&mut model, &plan, true, source).unwrap();
                        }
                        numbers(&model.coefficients(network).unwrap())
                    })
                })
            };
            let plain = steps_under(InstructionSet::Plain);
            for set in InstructionSet::available() {
                close(
                    &steps_under(set),
                    &plain,
                    1e-12,
                    &format!("{}, {set:?}", case.name),
                );
            }
        }
    }
}
