//! Claims about those who watch: interrupts at any question, and what they are told.

use backprop_engine::lbfgs::Lbfgs;
use backprop_engine::observer::{EpochView, Observer};
use backprop_engine::{Ending, Method, Settings, Start};

use super::common::*;

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
