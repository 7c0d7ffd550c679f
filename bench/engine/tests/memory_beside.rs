//! What the engine does beside training takes what it says: splits, rows of sparse inputs, Hessians.

mod counting;

use backprop_bench::Workload;
use backprop_engine::base::random::{bytes_of_split, split};
use backprop_engine::base::threads::with_team;
use backprop_engine::compute::hessian;
use backprop_engine::data::rows::SparseRows;
use backprop_engine::nn::activation::Activation;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{GradientDescent, Optimizer};
use backprop_engine::Origin;
use counting::{is_what_was_said, peak_of};

fn of_split() -> (f64, f64) {
    let strata: Vec<i32> = (0..300_000).map(|row| row % 7).collect();
    let (measured, chosen) = peak_of(|| split(&strata, 0.3, 1, 0).expect("a split"));
    assert_eq!(chosen.len(), 90_000);
    (bytes_of_split(strata.len(), 6), measured)
}

fn of_sparse_rows() -> (f64, f64) {
    let (rows, columns) = (1000, 50);
    // Every other row of each column.
    let rows_of: Vec<i32> = (0..columns).flat_map(|_| (0..rows).step_by(2)).collect();
    let starts: Vec<i32> = (0..=columns).map(|column| column * rows / 2).collect();
    let numbers = vec![1.0; rows_of.len()];
    let (rows, columns) = (rows as usize, columns as usize);
    let (measured, made) =
        peak_of(|| SparseRows::from_columns(&starts, &rows_of, &numbers, rows, columns).map(drop));
    made.expect("sparse rows");
    (SparseRows::bytes_of(rows, numbers.len()), measured)
}

fn of_hessian(sizes: &[usize]) -> (f64, f64) {
    let descent = Optimizer::GradientDescent(GradientDescent);
    let mse = Objective::new(Output::Linear, Loss::Mse).expect("an objective");
    let rows = 1000;
    let workload = Workload::new(rows, sizes, Activation::Tanh, mse, descent, rows);
    let Origin::Given(coefficients) = &workload.start.coefficients else {
        panic!("a start that is drawn")
    };
    let (network, objective) = (&workload.network, &workload.settings.objective);
    let count = network.parameter_count() as usize;
    let mut out = vec![0.0; count * count];
    let source = workload.source();
    let data = workload.data::<f64>(&source);
    with_team(2, |team| {
        let (measured, done) = peak_of(|| {
            hessian::hessian(
                network,
                objective,
                Penalty::NONE,
                data,
                coefficients,
                team,
                &mut out,
            )
        });
        done.expect("a Hessian");
        (hessian::bytes(network, objective, rows, team.size()), measured)
    })
}

/// One test, so that no other runs beside it and is counted too.
#[test]
fn what_is_done_beside_training_takes_what_it_says() {
    let all = [
        ("a split", of_split(), 1.1),
        ("sparse rows", of_sparse_rows(), 1.1),
        // Temporary matrices come and go: the peak is known within a factor of 2.
        ("a Hessian of many rows", of_hessian(&[20, 30, 1]), 2.0),
        ("a Hessian of a wide table", of_hessian(&[900, 1, 1]), 2.0),
    ];
    let mut wrong = Vec::new();
    for (name, (estimate, measured), most) in all {
        let ratio = estimate / measured;
        let mb = 1e-6;
        println!(
            "{name:44}{:17.1} MB{:9.1} MB{ratio:8.3}",
            estimate * mb,
            measured * mb
        );
        if !is_what_was_said(estimate, measured, most) {
            wrong.push((name, ratio));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
