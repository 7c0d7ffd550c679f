//! Claims about what layers mean: each is the same as something that can be said otherwise.

use crate::layers::{
    close, dense, drawn, embedding, fit, heads, layer, members, network, numbers, scale, skip, Table, INPUTS,
};
use crate::workloads;
use backprop_engine::base::threads::with_team;
use backprop_engine::nn::activation::Activation::{Gelu, Linear, Tanh};
use backprop_engine::nn::layer::{Dense, Parametric, Plan};
use backprop_engine::objective::{Loss, Objective, Output, Penalty};
use backprop_engine::{evaluate, gradient, Coefficients, Network, Settings};
use ndarray::{s, Array1, Array2};

const ROWS: usize = 30;

fn objective() -> Objective {
    Objective::new(Output::Linear, Loss::Mse).unwrap()
}

fn settings() -> Settings {
    workloads::settings(objective(), 3, 12)
}

fn table() -> Table {
    Table::new(ROWS, 2, 1)
}

fn predictions(network: &Network, at: &Coefficients, table: &Table) -> Vec<f64> {
    let mut out = vec![0.0; ROWS * network.outputs()];
    table.with_data::<f64, _>(|data| {
        with_team(1, |team| {
            evaluate::predict(network, at, data.inputs, data.offsets, team, &mut out).unwrap()
        })
    });
    out
}

fn loss(network: &Network, at: &Coefficients, table: &Table) -> f64 {
    table.with_data::<f64, _>(|data| {
        with_team(1, |team| {
            evaluate::loss(network, &objective(), at, &data, team).unwrap()
        })
    })
}

fn slopes(network: &Network, at: &Coefficients, table: &Table) -> Coefficients {
    table.with_data::<f64, _>(|data| {
        with_team(1, |team| {
            gradient(network, &objective(), Penalty::NONE, data, at, team)
                .unwrap()
                .1
        })
    })
}

/// Without one of the layers.
fn without(at: &Coefficients, layer: usize) -> Coefficients {
    let mut at = at.clone();
    at.weights.remove(layer);
    at.biases.remove(layer);
    at
}

#[test]
fn a_dense_layer_without_biases_is_one_of_biases_0() {
    let bare = network([Plan::new(5, Tanh, Dense { bias: false }), dense(2, Linear)]);
    let plain = network([dense(5, Tanh), dense(2, Linear)]);
    let at = drawn(&bare, 1);
    let mut full = at.clone();
    full.biases[0] = Array1::zeros(5);
    assert_eq!(
        predictions(&bare, &at, &table()),
        predictions(&plain, &full, &table())
    );
    let (found, wanted) = (slopes(&bare, &at, &table()), slopes(&plain, &full, &table()));
    assert_eq!(found.weights, wanted.weights);
    assert_eq!((found.biases[0].len(), &found.biases[1]), (0, &wanted.biases[1]));
}

#[test]
fn an_embedding_of_all_columns_is_a_dense_layer_of_levels() {
    // Each row has one level of six.
    let mut table = table();
    table.x.fill(0.0);
    for row in 0..ROWS {
        table.x[(row * row % INPUTS) * ROWS + row] = 1.0;
    }
    for bias in [false, true] {
        let looked_up = network([
            layer(Linear, embedding(&[(0, INPUTS)], 3, bias)),
            dense(2, Linear),
        ]);
        let multiplied = network([Plan::new(3, Linear, Dense { bias }), dense(2, Linear)]);
        let at = drawn(&looked_up, 2);
        let (found, wanted) = (
            predictions(&looked_up, &at, &table),
            predictions(&multiplied, &at, &table),
        );
        close(&found, &wanted, 1e-14, "predictions");
        let (found, wanted) = (slopes(&looked_up, &at, &table), slopes(&multiplied, &at, &table));
        close(&numbers(&found), &numbers(&wanted), 1e-13, "gradients");
    }
}

#[test]
fn an_embedding_by_the_identity_that_does_not_learn_changes_no_bit() {
    let frozen = Plan {
        lr_factor: 0.0,
        ..layer(Linear, embedding(&[(0, INPUTS)], INPUTS, false))
    };
    let with = network([frozen, dense(5, Tanh), dense(2, Linear)]);
    let plain = network([dense(5, Tanh), dense(2, Linear)]);
    let mut at = drawn(&with, 3);
    at.weights[0] = Array2::eye(INPUTS);
    let found = fit(&with, settings(), &table(), &at);
    let wanted = fit(&plain, settings(), &table(), &without(&at, 0));
    assert_eq!(without(&found.coefficients, 0), wanted.coefficients);
    assert_eq!(found.losses(), wanted.losses());
}

#[test]
fn columns_that_an_embedding_lets_pass_come_first() {
    let network = network([layer(Linear, embedding(&[(1, 3), (4, 5)], 1, true))]);
    let mut at = Coefficients::zeros(&network).unwrap();
    at.weights[0].fill(2.0);
    at.biases[0] = Array1::from(vec![0.5, 0.25]);
    let mut table = Table::new(ROWS, 5, 1);
    table.offsets.fill(0.0);
    let found = predictions(&network, &at, &table);
    let x = |row: usize, column: usize| table.x[column * ROWS + row];
    for row in 0..ROWS {
        let of_row: Vec<f64> = (0..5).map(|unit| found[unit * ROWS + row]).collect();
        let wanted = [
            x(row, 0),
            x(row, 3),
            x(row, 5),
            2.0 * x(row, 1) + 2.0 * x(row, 2) + 0.5,
            2.0 * x(row, 4) + 0.25,
        ];
        close(&of_row, &wanted, 1e-15, "row");
    }
}

#[test]
fn a_share_of_0_is_no_activation_and_one_of_1_is_the_activation() {
    let shared = network([
        dense(5, Linear),
        layer(Linear, Parametric::Share(Gelu)),
        dense(2, Linear),
    ]);
    let mut at = drawn(&shared, 4);
    for (share, activation) in [(0.0, Linear), (1.0, Gelu)] {
        let plain = network([dense(5, activation), dense(2, Linear)]);
        at.weights[1].fill(share);
        let rest = without(&at, 1);
        close(
            &predictions(&shared, &at, &table()),
            &predictions(&plain, &rest, &table()),
            1e-14,
            "predictions",
        );
        let found = without(&slopes(&shared, &at, &table()), 1);
        close(
            &numbers(&found),
            &numbers(&slopes(&plain, &rest, &table())),
            1e-13,
            "gradients",
        );
    }
}

#[test]
fn one_member_without_adapters_has_the_bits_of_a_plain_network() {
    let plain = network([dense(5, Tanh), dense(4, Gelu), dense(2, Linear)]);
    let of_one = network([
        dense(5, Tanh),
        layer(Linear, members(1, false)),
        dense(4, Gelu),
        heads(2, true, Linear),
    ]);
    let dense_at_last = network([
        layer(Linear, members(1, false)),
        dense(5, Tanh),
        dense(4, Gelu),
        dense(2, Linear),
    ]);
    let at = drawn(&plain, 5);
    for (network, place) in [(&of_one, 1), (&dense_at_last, 0)] {
        let mut with = at.clone();
        with.weights.insert(place, Array2::zeros((0, 0)));
        with.biases.insert(place, Array1::default(0));
        let found = fit(network, settings(), &table(), &with);
        let wanted = fit(&plain, settings(), &table(), &at);
        let tolerance = if place == 0 { 0.0 } else { 1e-12 };
        close(
            &numbers(&found.coefficients),
            &numbers(&wanted.coefficients),
            tolerance,
            "parameters",
        );
        close(&found.losses(), &wanted.losses(), tolerance, "losses");
    }
}

#[test]
fn a_prediction_is_the_mean_of_the_members_and_a_loss_that_of_their_losses() {
    const COUNT: usize = 3;
    let all = network([
        dense(4, Tanh),
        layer(Linear, members(COUNT, true)),
        dense(5, Gelu),
        layer(Tanh, scale(true)),
        layer(Linear, skip(0, INPUTS, true)),
        heads(2, true, Linear),
    ]);
    // What one of them is by itself.
    let single = network([
        dense(4, Tanh),
        layer(Linear, scale(false)),
        dense(5, Gelu),
        layer(Tanh, scale(false)),
        layer(Linear, skip(0, INPUTS, true)),
        dense(2, Linear),
    ]);
    let at = drawn(&all, 6);
    let of_member = |member: usize| {
        let mut at = at.clone();
        let row = |matrix: &Array2<f64>| matrix.slice(s![member..member + 1, ..]).to_owned();
        at.weights[1] = row(&at.weights[1]);
        at.weights[3] = row(&at.weights[3]);
        at.weights[5] = at.weights[5]
            .slice(s![member * 5..(member + 1) * 5, ..])
            .to_owned();
        at.biases[5] = at.biases[5].slice(s![member * 2..(member + 1) * 2]).to_owned();
        at
    };
    let (mut mean, mut mean_loss) = (vec![0.0; 2 * ROWS], 0.0);
    let mut shared = Array2::<f64>::zeros((INPUTS, 4));
    for member in 0..COUNT {
        let at = of_member(member);
        for (mean, found) in mean.iter_mut().zip(predictions(&single, &at, &table())) {
            *mean += found / COUNT as f64;
        }
        mean_loss += loss(&single, &at, &table()) / COUNT as f64;
        let slopes = slopes(&single, &at, &table());
        shared += &(&slopes.weights[0] / COUNT as f64);
    }
    close(&predictions(&all, &at, &table()), &mean, 1e-13, "predictions");
    close(&[loss(&all, &at, &table())], &[mean_loss], 1e-13, "loss");
    let found = slopes(&all, &at, &table());
    close(
        found.weights[0].as_slice().unwrap(),
        shared.as_slice().unwrap(),
        1e-12,
        "gradient of what they share",
    );
}

#[test]
fn a_skip_of_weights_0_is_none_and_one_of_the_identity_is_one_without_weights() {
    let plain = network([dense(5, Tanh), dense(5, Gelu), dense(2, Linear)]);
    let with = |weights| {
        network([
            dense(5, Tanh),
            dense(5, Gelu),
            layer(Linear, skip(1, 5, weights)),
            dense(2, Linear),
        ])
    };
    let at = drawn(&plain, 7);
    let skipping = |weights: Array2<f64>| {
        let mut with = at.clone();
        with.weights.insert(2, weights);
        with.biases.insert(2, Array1::default(0));
        with
    };
    let none = skipping(Array2::zeros((5, 5)));
    assert_eq!(
        predictions(&with(true), &none, &table()),
        predictions(&plain, &at, &table())
    );
    assert_eq!(
        without(&slopes(&with(true), &none, &table()), 2),
        slopes(&plain, &at, &table())
    );
    let (same, bare) = (skipping(Array2::eye(5)), skipping(Array2::zeros((0, 0))));
    close(
        &predictions(&with(true), &same, &table()),
        &predictions(&with(false), &bare, &table()),
        1e-14,
        "predictions",
    );
    close(
        &numbers(&without(&slopes(&with(true), &same, &table()), 2)),
        &numbers(&without(&slopes(&with(false), &bare, &table()), 2)),
        1e-13,
        "gradients",
    );
}

#[test]
fn a_skip_from_the_inputs_to_the_outputs_is_a_linear_model_beside_the_network() {
    let network = network([
        dense(4, Tanh),
        dense(2, Linear),
        layer(Linear, skip(0, INPUTS, true)),
    ]);
    let mut at = drawn(&network, 8);
    at.weights[1].fill(0.0);
    let table = table();
    let found = predictions(&network, &at, &table);
    for row in 0..ROWS {
        for unit in 0..2 {
            let products =
                (0..INPUTS).map(|column| table.x[column * ROWS + row] * at.weights[2][(column, unit)]);
            let wanted = products.sum::<f64>() + at.biases[1][unit] + table.offsets[unit * ROWS + row];
            close(&[found[unit * ROWS + row]], &[wanted], 1e-13, "sum");
        }
    }
}
