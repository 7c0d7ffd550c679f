//! Claims about wide networks: steps whose rows go through in several workspaces are steps like any others.

use crate::workloads;
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::workspace::{Use, Workspace};
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{GradientDescent, Optimizer};
use backprop_engine::train::observer::{NoObserver, Observer};
use backprop_engine::train::trace::Recorder;
use backprop_engine::{train, Method, Network, Settings, Start, Trained};

const ROWS: usize = 300;
const INPUTS: usize = 300;
const METHOD: Method = Method::Rule(Optimizer::GradientDescent(GradientDescent));

fn fit(dropout: &[f64], strength: f64, threads: usize, observer: &mut dyn Observer<f64>) -> Trained {
    let network = Network::new(&[INPUTS, 2000, 1], &[Activation::Tanh], Output::Linear).unwrap();
    // More parameters than rows are worth summing apart, and more rows than a workspace or a sum takes.
    let capacity = Workspace::<f64>::capacity_for(&network, Use::Training, ROWS);
    assert!(capacity < ROWS && ROWS > 256);
    let settings = Settings {
        method: METHOD,
        lr: 0.01,
        seed: 6,
        penalty: Penalty {
            strength,
            mixture: 0.25,
        },
        dropout: dropout.to_vec(),
        ..workloads::settings(Objective::new(Output::Linear, Loss::Mse).unwrap(), 1, ROWS)
    };
    let checked = settings.check(&network).unwrap();
    let numbers = |count: usize, step: usize| -> Vec<f64> {
        (0..count)
            .map(|i| ((i * step + 3) % 101) as f64 / 50.0 - 1.0)
            .collect()
    };
    let (x, y) = (numbers(ROWS * INPUTS, 37), numbers(ROWS, 29));
    let source = ColumnMajor::new(&x, ROWS, INPUTS);
    let data = Data {
        inputs: &source,
        targets: ColumnMajor::new(&y, ROWS, 1),
        case_weights: None,
        offsets: None,
    };
    with_team(threads, |team| {
        let start = initial(&network, &[Init::GlorotUniform; 2], BiasInit::Uniform, 5, team).unwrap();
        train(&network, &checked, data, None, &Start::new(start), team, observer).unwrap()
    })
}

#[test]
fn a_step_in_blocks_is_the_step_that_a_trace_shows_as_a_whole() {
    for (dropout, strength) in [(&[][..], 0.0), (&[0.3][..], 0.5)] {
        let workspaces = fit(dropout, strength, 1, &mut NoObserver);
        assert_eq!(
            workspaces.coefficients,
            fit(dropout, strength, 3, &mut NoObserver).coefficients
        );
        let mut nobody = NoObserver;
        let mut recorder = Recorder::new(10, METHOD, &mut nobody);
        let whole = fit(dropout, strength, 1, &mut recorder);
        // Sums of workspaces are rounded in another order.
        let all = workspaces
            .coefficients
            .weights
            .iter()
            .zip(&whole.coefficients.weights);
        for (a, b) in all.flat_map(|(a, b)| a.iter().zip(b)) {
            assert!((a - b).abs() < 1e-13, "{a} for {b}");
        }
        assert!((workspaces.losses()[0] - whole.losses()[0]).abs() < 1e-11 * whole.losses()[0]);
    }
}
