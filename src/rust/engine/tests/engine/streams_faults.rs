//! Claims about streams that are not what they should be: what is said of them, and what remains of the training.

use super::streamed::{lbfgs, methods, Extras, Fault, Problem, Streamed};
use super::workloads::{start, table};
use backprop_engine::base::threads::{with_team, with_team_asking};
use backprop_engine::data::rows::{Chunk, RowStream, TableShape};
use backprop_engine::data::Source;
use backprop_engine::nn::activation::Activation;
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{train_from, Ending, EngineError, Method, Result, Settings, Shuffle};

#[test]
fn a_stream_that_ends_early_or_fails_says_so_in_whichever_pass_and_leaves_the_epochs_before() {
    for (problem, batch) in [
        (
            Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false),
            20,
        ),
        (
            Problem::new(&[200, 96, 32, 2], &[Activation::Tanh; 2], 1200, true, false),
            1200,
        ),
    ] {
        let (rows, held) = (problem.fitting.rows, problem.held.rows);
        for method in [methods()[1], lbfgs()] {
            let plan = problem.settings(method, batch);
            let earlier = [1, 2].map(|epochs| {
                let shorter = Settings {
                    epochs,
                    ..plan.clone()
                };
                problem.train_in_memory::<f64>(&shorter, 1, &mut NoObserver)
            });
            for pass in 1..=4 {
                // One pass is for the weights; the first epoch is the second.
                let finished = match method {
                    Method::Rule(_) => Some(pass.max(2) - 2),
                    Method::Lbfgs(_) => None,
                };
                let failing = |faults| {
                    let (trained, _) = problem.train_by_streams::<f64>(&plan, 2, faults, &mut NoObserver);
                    let (error, epochs) = match trained {
                        Err(error) => (error, 0),
                        Ok(trained) => {
                            let wanted = &earlier[trained.epochs_done - 1];
                            assert_eq!(trained.ending, Ending::Failed);
                            assert_eq!(trained.coefficients, wanted.coefficients);
                            if finished.is_some() {
                                // L-BFGS may remember a step that validation cut off, as after an interrupt.
                                assert_eq!(trained.state, wanted.state);
                            }
                            assert_eq!(trained.losses(), wanted.losses());
                            assert!(trained.final_losses.is_none());
                            (trained.failure.unwrap(), trained.epochs_done)
                        }
                    };
                    assert!(
                        finished.is_none_or(|finished| finished == epochs),
                        "{method:?} {pass}"
                    );
                    Some(error)
                };
                for row in [0, 7, rows - 1] {
                    let ended = failing([Fault::EndsAt(pass, row), Fault::Nothing]);
                    let said = format!("{row} rows where {rows} were announced");
                    assert_eq!(ended, Some(EngineError::Stream(said)), "pass {pass}");
                    let failed = failing([Fault::FailsAt(pass, row), Fault::Nothing]);
                    let said = format!("row {row} is torn");
                    assert_eq!(failed, Some(EngineError::Stream(said)), "pass {pass}");
                }
                let ended = failing([Fault::Nothing, Fault::EndsAt(pass, held - 1)]);
                let said = format!("{} rows where {held} were announced", held - 1);
                assert_eq!(ended, Some(EngineError::Stream(said)), "pass {pass}");
                let wrong = failing([Fault::NotFinite(pass, rows / 2, 3), Fault::Nothing]);
                assert_eq!(wrong, Some(EngineError::NonFiniteInputs(vec![3])), "pass {pass}");
                let targets = problem.fitting.inputs + 1;
                let wrong = failing([Fault::NotFinite(pass, rows / 2, targets), Fault::Nothing]);
                assert_eq!(wrong, Some(EngineError::NonFiniteTargets(vec![1])), "pass {pass}");
            }
        }
    }
}

#[test]
fn weights_of_a_stream_are_weights() {
    let mut problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, true, false);
    let plan = problem.settings(lbfgs(), 50);
    for weights in [
        vec![0.0; 50],
        [&[1.0; 49][..], &[-1.0]].concat(),
        vec![f64::NAN; 50],
    ] {
        problem.extras.weights = Some(weights);
        let (refused, _) = problem.train_by_streams::<f64>(&plan, 1, [Fault::Nothing; 2], &mut NoObserver);
        assert!(matches!(refused, Err(EngineError::Config(said)) if said.starts_with("case weights")));
    }
}

/// An interrupt of the third pass.
struct Interrupting<'a>(Streamed<'a>);

impl RowStream<f64> for Interrupting<'_> {
    fn shape(&self) -> TableShape {
        RowStream::<f64>::shape(&self.0)
    }
    fn rewind(&mut self) -> Result<()> {
        RowStream::<f64>::rewind(&mut self.0)
    }
    fn next(&mut self, chunk: &mut Chunk<'_, f64>) -> Result<usize> {
        match self.0.passes {
            3 => Err(EngineError::Interrupted),
            _ => self.0.next(chunk),
        }
    }
}

#[test]
fn whoever_interrupts_while_a_stream_is_read_gets_the_model_so_far() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false);
    let plan = problem.settings(methods()[0], 20);
    let checked = plan.clone().check(&problem.network).unwrap();
    let stream = Interrupting(Streamed::new(&problem.fitting, &problem.extras));
    let trained = with_team_asking(
        1,
        || false,
        |team| {
            train_from(
                &problem.network,
                &checked,
                Source::stream(stream),
                None,
                &start(&problem.network),
                team,
                &mut NoObserver,
            )
        },
    )
    .unwrap();
    assert_eq!((trained.ending, trained.epochs_done), (Ending::Interrupted, 1));
    let one = Settings { epochs: 1, ..plan };
    let wanted = problem.train_in_memory::<f64>(&one, 1, &mut NoObserver);
    assert_eq!(trained.coefficients, wanted.coefficients);
}

#[test]
fn what_needs_rows_out_of_order_is_refused_of_a_stream() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false);
    let said = |plan: &Settings| match problem.train_by_streams::<f64>(
        plan,
        1,
        [Fault::Nothing; 2],
        &mut NoObserver,
    ) {
        (Err(EngineError::Config(said)), [0, 0]) => said,
        other => panic!("{other:?}"),
    };
    let mut plan = problem.settings(methods()[0], 20);
    plan.shuffle = Shuffle::All;
    assert!(said(&plan).starts_with("shuffle"));
    // All rows in each step are in no order.
    plan.batch_size = 50;
    let (trained, _) = problem.train_by_streams::<f64>(&plan, 1, [Fault::Nothing; 2], &mut NoObserver);
    assert!(trained.is_ok());
}

#[test]
fn a_stream_of_another_shape_is_refused() {
    let problem = Problem::new(&[5, 7, 2], &[Activation::Tanh], 50, false, false);
    let plan = problem.settings(methods()[0], 20);
    let checked = plan.check(&problem.network).unwrap();
    let (narrow, single, none) = (table(50, 4, 2), table(50, 5, 1), table(0, 5, 2));
    for other in [&narrow, &single, &none] {
        let extras = Extras::default();
        let stream = Streamed::new(other, &extras);
        let refused = with_team(1, |team| {
            train_from::<f64>(
                &problem.network,
                &checked,
                Source::stream(stream),
                None,
                &start(&problem.network),
                team,
                &mut NoObserver,
            )
        });
        assert!(matches!(refused, Err(EngineError::Config(_))));
    }
}
