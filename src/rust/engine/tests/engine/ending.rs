//! Claims about how training goes on and ends: early stopping, plateaus, penalties, interrupts, losses.

use backprop_engine::activation::Activation;
use backprop_engine::data::Data;
use backprop_engine::init::{initial, BiasInit, Init};
use backprop_engine::lbfgs::Lbfgs;
use backprop_engine::loss::{Loss, Objective, Output};
use backprop_engine::memory::Budget;
use backprop_engine::observer::{EpochView, NoObserver, Observer};
use backprop_engine::optimizer::{Adam, GradientDescent, Momentum, Optimizer};
use backprop_engine::penalty::Penalty;
use backprop_engine::rows::ColumnMajor;
use backprop_engine::schedule::{Kind, Schedule};
use backprop_engine::threads::with_team;
use backprop_engine::{
    evaluate, gradient, train, Ending, EngineError, Method, Network, Origin, Outcome, Settings, Start,
    Stopping,
};

const INPUTS: usize = 3;

struct Table {
    x: Vec<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
}

fn table(rows: usize, step: usize) -> Table {
    let numbers = |count: usize, step: usize| -> Vec<f64> {
        (0..count)
            .map(|i| ((i * step + 3) % 101) as f64 / 50.0 - 1.0)
            .collect()
    };
    let x = numbers(rows * INPUTS, step);
    let y = (0..rows)
        .map(|row| f64::from(u8::from(x[row] + 0.5 * x[rows + row] > 0.1 * (row % 7) as f64)))
        .collect();
    Table {
        x,
        y,
        weights: (0..rows).map(|row| 0.5 + (row % 3) as f64).collect(),
    }
}

impl Table {
    fn source(&self) -> ColumnMajor<'_> {
        ColumnMajor::new(&self.x, self.y.len(), INPUTS)
    }

    fn data<'a>(&'a self, source: &'a ColumnMajor<'a>) -> Data<'a, f64> {
        Data {
            inputs: source,
            outcomes: ColumnMajor::new(&self.y, self.y.len(), 1),
            case_weights: Some(&self.weights),
            offsets: None,
        }
    }
}

fn network() -> Network {
    Network::new(&[INPUTS, 6, 1], &[Activation::Tanh], Output::Sigmoid).unwrap()
}

fn objective() -> Objective {
    Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap()
}

fn settings(epochs: usize) -> Settings {
    Settings {
        objective: objective(),
        method: Method::Rule(Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: false,
        })),
        lr: 0.3,
        schedule: Schedule::CONSTANT,
        epochs,
        batch_size: 10,
        shuffle: true,
        seed: 2,
        penalty: Penalty::NONE,
        dropout: Vec::new(),
        clip_norm: None,
        stopping: None,
        counts_hits: true,
        budget: Budget::default(),
    }
}

fn start() -> Start {
    Start::new(initial(&network(), &[Init::GlorotUniform; 2], BiasInit::Uniform, 5).unwrap())
}

fn fit_with(
    settings: Settings,
    start: &Start,
    fitting: &Table,
    held_out: Option<&Table>,
    observer: &mut dyn Observer<f64>,
) -> Result<Outcome, EngineError> {
    let network = network();
    let checked = settings.check(&network).unwrap();
    let (source, other) = (fitting.source(), held_out.map(Table::source));
    let validation = held_out
        .zip(other.as_ref())
        .map(|(table, source)| table.data(source));
    with_team(1, |team| {
        train(
            &network,
            &checked,
            fitting.data(&source),
            validation,
            start,
            team,
            observer,
        )
    })
}

fn fit(settings: Settings, start: &Start, fitting: &Table, held_out: Option<&Table>) -> Outcome {
    fit_with(settings, start, fitting, held_out, &mut NoObserver).unwrap()
}

/// Loss and share of rows classified rightly, weighted, of given weights on a table.
fn judged(outcome: &Outcome, table: &Table) -> (f64, f64) {
    let (network, source) = (network(), table.source());
    let data = table.data(&source);
    let mut p = vec![0.0; table.y.len()];
    let loss = with_team(1, |team| {
        evaluate::predict::<f64>(
            &network,
            &outcome.coefficients,
            &source,
            None,
            team,
            &mut p,
            &mut || false,
        )
        .unwrap();
        evaluate::loss(&network, &objective(), &outcome.coefficients, &data, team).unwrap()
    });
    let rows = p.iter().zip(&table.y).zip(&table.weights);
    let right: f64 = rows
        .map(|((p, y), w)| if (*p > 0.5) == (*y > 0.5) { *w } else { 0.0 })
        .sum();
    (loss, right / table.weights.iter().sum::<f64>())
}

/// Where early stopping should end: by the losses of all epochs, the best as it was before, if any.
fn expected_end(
    losses: &[f64],
    before: Option<(usize, f64)>,
    first: usize,
    rule: Stopping,
) -> (usize, usize) {
    let mut best = before;
    for (number, &loss) in losses.iter().enumerate() {
        let epoch = first + number + 1;
        if best.is_none_or(|(_, lowest)| loss < lowest - rule.tolerance * lowest.abs()) {
            best = Some((epoch, loss));
        }
        let (of_best, _) = best.unwrap();
        if epoch - of_best >= rule.patience {
            return (of_best, epoch);
        }
    }
    (best.unwrap().0, first + losses.len())
}

#[test]
fn early_stopping_follows_its_rule_on_validation_rows_and_without_them() {
    let (fitting, mut held_out) = (table(60, 37), table(30, 41));
    // A fifth of the outcomes is wrong, so that the loss rises again.
    held_out.y.iter_mut().step_by(5).for_each(|y| *y = 1.0 - *y);
    for (patience, tolerance) in [(1, 0.0), (3, 0.0), (5, 0.02), (2, 0.5), (4, 0.1)] {
        for validation in [Some(&held_out), None] {
            let rule = Stopping { patience, tolerance };
            let losses: Vec<f64> = fit(settings(60), &start(), &fitting, validation)
                .history
                .iter()
                .map(|end| end.validation_loss.unwrap_or(end.loss))
                .collect();
            let (best, last) = expected_end(&losses, None, 0, rule);
            let plan = Settings {
                stopping: Some(rule),
                ..settings(60)
            };
            let outcome = fit(plan, &start(), &fitting, validation);
            assert_eq!(outcome.epochs_done, last, "{rule:?}");
            let kept = outcome.best.clone().unwrap();
            assert_eq!((kept.epoch, kept.loss), (best, losses[best - 1]));
            assert_eq!(
                kept.coefficients, outcome.coefficients,
                "the best weights are restored"
            );
            assert_eq!(outcome.last.is_some(), best != last);
            match last < 60 || outcome.ending != Ending::Completed {
                true => assert_eq!(outcome.ending, Ending::Converged(best)),
                false => assert_eq!(last, 60),
            }
            let best_fit = fit(settings(best), &start(), &fitting, validation);
            assert_eq!(best_fit.coefficients, outcome.coefficients);
            let last_fit = fit(settings(last), &start(), &fitting, validation);
            if let Some(weights) = &outcome.last {
                assert_eq!(weights, &last_fit.coefficients);
            }
            assert_eq!(outcome.state, last_fit.state);
        }
    }
}

#[test]
fn a_fit_that_goes_on_remembers_its_best_epoch() {
    let (fitting, mut held_out) = (table(60, 37), table(30, 41));
    held_out.y.iter_mut().step_by(5).for_each(|y| *y = 1.0 - *y);
    let rule = Stopping {
        patience: 6,
        tolerance: 0.0,
    };
    let plan = |epochs| Settings {
        stopping: Some(rule),
        ..settings(epochs)
    };
    let whole = fit(plan(60), &start(), &fitting, Some(&held_out));
    let Ending::Converged(best) = whole.ending else {
        panic!("{:?}", whole.ending)
    };
    let half = fit(plan(best + 2), &start(), &fitting, Some(&held_out));
    assert_eq!(half.ending, Ending::Completed);
    assert_eq!(half.coefficients, whole.coefficients, "restored at the end too");
    let going_on = Start {
        coefficients: Origin::Given(half.last.unwrap()),
        state: Some(half.state),
        epochs_done: half.epochs_done,
        best: half.best,
    };
    let rest = fit(plan(60), &going_on, &fitting, Some(&held_out));
    assert_eq!((rest.ending, rest.epochs_done), (whole.ending, whole.epochs_done));
    assert_eq!(rest.coefficients, whole.coefficients);
}

#[test]
fn a_plateau_looks_at_the_validation_loss() {
    let (fitting, mut held_out) = (table(60, 37), table(30, 41));
    held_out.y.iter_mut().for_each(|y| *y = 1.0 - *y);
    for validation in [None, Some(&held_out)] {
        let plan = Settings {
            schedule: Schedule {
                kind: Kind::Plateau {
                    factor: 0.5,
                    patience: 2,
                    tolerance: 0.0,
                    floor: 0.1,
                },
                warmup: 0.0,
            },
            ..settings(20)
        };
        let outcome = fit(plan, &start(), &fitting, validation);
        let (mut factor, mut lowest, mut waited) = (1.0, f64::INFINITY, 0);
        for end in &outcome.history {
            assert_eq!(end.lr, 0.3 * factor, "epoch {}", end.epoch);
            let loss = end.validation_loss.unwrap_or(end.loss);
            (lowest, waited) = if loss < lowest {
                (loss, 0)
            } else {
                (lowest, waited + 1)
            };
            if waited == 2 {
                (factor, waited) = (f64::max(factor * 0.5, 0.1), 0);
            }
        }
        let plateau = outcome.state.plateau;
        assert_eq!(
            (plateau.factor, plateau.best, plateau.waited),
            (factor, lowest, waited)
        );
        assert!(factor < 1.0 || validation.is_none());
    }
}

#[test]
fn the_last_losses_are_those_of_the_weights_that_are_given_back() {
    let (fitting, held_out) = (table(60, 37), table(30, 41));
    let outcome = fit(settings(7), &start(), &fitting, Some(&held_out));
    let (loss, accuracy) = judged(&outcome, &held_out);
    let end = outcome.history[6];
    let close = |a: f64, b: f64| (a - b).abs() < 1e-13;
    assert!(close(end.validation_loss.unwrap(), loss));
    assert!((end.validation_accuracy.unwrap() - accuracy).abs() < 1e-14);
    let last = outcome.final_losses.unwrap();
    assert!(close(last.training, judged(&outcome, &fitting).0));
    assert!(close(last.validation.unwrap(), loss));
    assert_eq!((end.epoch, end.last_epoch, outcome.epochs_done), (7, 7, 7));
    // The curve is of the weights before each update: the first is that of the start, in full batches.
    let plan = Settings {
        batch_size: 60,
        ..settings(2)
    };
    let outcome = fit(plan, &start(), &fitting, None);
    let untrained = fit(settings(0), &start(), &fitting, None);
    let (loss, accuracy) = judged(&untrained, &fitting);
    assert!((outcome.history[0].loss - loss).abs() < 1e-14);
    assert!((outcome.history[0].accuracy.unwrap() - accuracy).abs() < 1e-14);
    assert!(close(untrained.final_losses.unwrap().training, loss));
    assert!(untrained.history.is_empty() && untrained.epochs_done == 0);
}

#[test]
fn hits_are_counted_only_where_they_are_asked_for() {
    let fitting = table(30, 37);
    let plan = Settings {
        counts_hits: false,
        ..settings(2)
    };
    let outcome = fit(plan, &start(), &fitting, Some(&fitting));
    assert!(outcome
        .history
        .iter()
        .all(|end| end.accuracy.is_none() && end.validation_accuracy.is_none()));
}

/// λ · [(1 − α)/2 Σ w² + α Σ |w|] of a start's weights, biases left out.
fn penalty_of(penalty: Penalty, start: &Start) -> f64 {
    let Origin::Given(at) = &start.coefficients else {
        unreachable!("tests start from given weights")
    };
    let all = || at.weights.iter().flatten();
    let (squares, sizes): (f64, f64) = (all().map(|w| w * w).sum(), all().map(|w| w.abs()).sum());
    penalty.strength * ((1.0 - penalty.mixture) / 2.0 * squares + penalty.mixture * sizes)
}

#[test]
fn a_penalty_is_part_of_the_objective_and_of_its_gradient() {
    let fitting = table(40, 37);
    let (network, source) = (network(), fitting.source());
    let Origin::Given(at) = start().coefficients else {
        unreachable!("tests start from given weights")
    };
    let of = |penalty| {
        with_team(1, |team| {
            gradient(&network, &objective(), penalty, fitting.data(&source), &at, team).unwrap()
        })
    };
    let (loss, slopes) = of(Penalty::NONE);
    for (strength, mixture) in [(0.5, 0.0), (0.5, 1.0), (0.25, 0.3)] {
        let penalty = Penalty { strength, mixture };
        let (more, steeper) = of(penalty);
        assert!((more - loss - penalty_of(penalty, &start())).abs() < 1e-13);
        for layer in 0..2 {
            assert_eq!(
                steeper.biases[layer], slopes.biases[layer],
                "biases are not penalised"
            );
            let all = steeper.weights[layer].iter().zip(&slopes.weights[layer]);
            for ((a, b), w) in all.zip(&at.weights[layer]) {
                let wanted = strength * ((1.0 - mixture) * w + mixture * w.signum());
                assert!((a - b - wanted).abs() < 1e-14);
            }
        }
        // The curve has it too, and losses at the end have not.
        let plan = Settings {
            penalty,
            batch_size: 40,
            ..settings(1)
        };
        let outcome = fit(plan, &start(), &fitting, None);
        assert!((outcome.history[0].loss - more).abs() < 1e-13);
        let plain = judged(&outcome, &fitting).0;
        assert!((outcome.final_losses.unwrap().training - plain).abs() < 1e-13);
    }
}

#[test]
fn a_penalty_leaves_a_weight_of_zero_where_it_is() {
    let fitting = table(20, 37);
    let (network, source) = (network(), fitting.source());
    let at = backprop_engine::network::Coefficients::zeros(&network);
    let of = |strength| {
        let penalty = Penalty {
            strength,
            mixture: 1.0,
        };
        with_team(1, |team| {
            gradient(&network, &objective(), penalty, fitting.data(&source), &at, team).unwrap()
        })
    };
    assert_eq!(of(3.0), of(0.0));
}

#[test]
fn a_norm_that_is_too_large_is_cut_to_the_limit_and_a_smaller_one_left() {
    let fitting = table(40, 37);
    let plan = |clip_norm| Settings {
        method: Method::Rule(Optimizer::GradientDescent(GradientDescent)),
        batch_size: 40,
        clip_norm,
        ..settings(1)
    };
    let Origin::Given(before) = start().coefficients else {
        unreachable!("tests start from given weights")
    };
    let step = |clip_norm| {
        let after = fit(plan(clip_norm), &start(), &fitting, None).coefficients;
        let weights = after
            .weights
            .iter()
            .flatten()
            .zip(before.weights.iter().flatten());
        let biases = after.biases.iter().flatten().zip(before.biases.iter().flatten());
        weights.chain(biases).map(|(a, b)| a - b).collect::<Vec<f64>>()
    };
    let norm = |step: &[f64]| step.iter().map(|d| d * d).sum::<f64>().sqrt() / 0.3;
    let plain = step(None);
    let whole = norm(&plain);
    for limit in [whole / 10.0, whole * 0.99, whole * 1.01] {
        let clipped = step(Some(limit));
        assert!(
            (norm(&clipped) - limit.min(whole)).abs() < 1e-12,
            "{limit} of {whole}"
        );
        let factor = (limit / whole).min(1.0);
        let scaled = clipped
            .iter()
            .zip(&plain)
            .all(|(a, b)| (a - factor * b).abs() < 1e-13);
        assert!(scaled, "the direction is the same");
    }
}

/// Counts what it is asked, and interrupts at one question.
struct At {
    asked: usize,
    at: usize,
}

impl Observer<f64> for At {
    fn interrupted(&mut self) -> bool {
        self.asked += 1;
        self.asked == self.at
    }
}

#[test]
fn an_interrupt_at_any_question_leaves_the_last_finished_epoch() {
    let (fitting, held_out) = (table(20_000, 37), table(20_000, 41));
    let lbfgs = Method::Lbfgs(Lbfgs {
        memory: 3,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    });
    for (method, batch_size) in [
        (settings(1).method, 20_000),
        (settings(1).method, 4_000),
        (lbfgs, 20_000),
    ] {
        let plan = |epochs| Settings {
            method,
            batch_size,
            ..settings(epochs)
        };
        let mut never = At { asked: 0, at: 0 };
        let all = fit_with(plan(2), &start(), &fitting, Some(&held_out), &mut never).unwrap();
        assert_eq!(all.ending, Ending::Completed);
        assert!(never.asked >= 3, "{} questions", never.asked);
        let after = |epochs| fit(plan(epochs), &start(), &fitting, Some(&held_out)).coefficients;
        let finished = [after(0), after(1), after(2)];
        let mut ended_at = Vec::new();
        for at in 1..=never.asked {
            let mut observer = At { asked: 0, at };
            let outcome = fit_with(plan(2), &start(), &fitting, Some(&held_out), &mut observer).unwrap();
            assert_eq!(
                outcome.ending,
                Ending::Interrupted,
                "question {at} of {}",
                never.asked
            );
            assert!(outcome.final_losses.is_none() && outcome.history.len() == outcome.epochs_done);
            assert_eq!(
                outcome.coefficients, finished[outcome.epochs_done],
                "question {at}"
            );
            ended_at.push(outcome.epochs_done);
        }
        assert!(ended_at.windows(2).all(|pair| pair[0] <= pair[1]), "{ended_at:?}");
        assert_eq!((ended_at[0], ended_at[ended_at.len() - 1]), (0, 2));
    }
}

/// Keeps what each epoch ended with, as it was told.
#[derive(Default)]
struct Told(Vec<(usize, usize, usize, Option<usize>)>);

impl Observer<f64> for Told {
    fn epoch_end(&mut self, view: &EpochView<'_, f64>) -> bool {
        let best = view.best.map(|best| best.epoch);
        self.0
            .push((view.end.epoch, view.end.last_epoch, view.history.len(), best));
        assert_eq!(view.network, &network());
        true
    }
}

#[test]
fn an_observer_is_told_of_each_epoch() {
    let fitting = table(30, 37);
    let mut told = Told::default();
    let going_on = Start {
        epochs_done: 4,
        ..start()
    };
    fit_with(settings(3), &going_on, &fitting, None, &mut told).unwrap();
    assert_eq!(told.0, [(5, 7, 1, None), (6, 7, 2, None), (7, 7, 3, None)]);
}

#[test]
fn divergence_is_found_in_the_epoch_where_it_happens() {
    let fitting = table(40, 37);
    let adam = Method::Rule(Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.0,
    }));
    for (method, lr) in [(settings(1).method, 1e200), (adam, 1e300)] {
        for epochs in [1, 2, 5] {
            let plan = Settings {
                method,
                lr,
                ..settings(epochs)
            };
            let outcome = fit(plan, &start(), &fitting, None);
            let Ending::Diverged(epoch) = outcome.ending else {
                panic!("{:?}", outcome.ending)
            };
            assert_eq!(
                (outcome.epochs_done, outcome.history.len()),
                (epoch - 1, epoch - 1)
            );
            let weights = || outcome.coefficients.weights.iter().flatten();
            assert!(weights().all(|w| w.is_finite()), "lr {lr}, {epochs} epochs");
        }
    }
}

#[test]
fn tables_that_are_not_finite_are_refused_by_their_columns() {
    let good = table(30, 37);
    let spoilt = |change: &dyn Fn(&mut Table)| {
        let mut table = table(30, 37);
        change(&mut table);
        table
    };
    let inputs = spoilt(&|table| table.x[30 + 7] = f64::NAN);
    let outcomes = spoilt(&|table| table.y[29] = f64::INFINITY);
    for batch_size in [10, 30] {
        let plan = || Settings {
            batch_size,
            ..settings(1)
        };
        let refused =
            |fitting, held_out| fit_with(plan(), &start(), fitting, held_out, &mut NoObserver).err();
        let (of_inputs, of_outcomes) = (
            Some(EngineError::NonFiniteInputs(vec![1])),
            Some(EngineError::NonFiniteOutcomes(vec![0])),
        );
        assert_eq!(refused(&inputs, None), of_inputs);
        assert_eq!(refused(&outcomes, None), of_outcomes);
        assert_eq!(refused(&good, Some(&inputs)), of_inputs);
        assert_eq!(refused(&good, Some(&outcomes)), of_outcomes);
        assert_eq!(refused(&good, Some(&good)), None);
    }
}

#[test]
fn states_of_another_rule_or_shape_are_refused() {
    let fitting = table(30, 37);
    let earlier = fit(settings(2), &start(), &fitting, None);
    let going_on = |change: &dyn Fn(&mut Start)| {
        let mut start = Start {
            coefficients: Origin::Given(earlier.coefficients.clone()),
            state: Some(earlier.state.clone()),
            epochs_done: 2,
            best: None,
        };
        change(&mut start);
        fit_with(settings(1), &start, &fitting, None, &mut NoObserver).is_ok()
    };
    assert!(going_on(&|_| {}));
    assert!(!going_on(&|start| start.state.as_mut().unwrap().slots.clear()));
    assert!(!going_on(&|start| {
        let slots = &mut start.state.as_mut().unwrap().slots;
        slots.push(slots[0].clone());
    }));
    assert!(!going_on(&|start| {
        start.state.as_mut().unwrap().slots[0].1.biases.pop();
    }));
    assert!(!going_on(&|start| {
        let mut best = backprop_engine::Best {
            epoch: 1,
            loss: 1.0,
            coefficients: earlier.coefficients.clone(),
        };
        best.coefficients.weights.pop();
        start.best = Some(best);
    }));
}
