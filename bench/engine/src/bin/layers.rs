//! What a training step of each kind of layer takes beside the multiply-adds that it is counted with:
//! `cargo run --release --bin layers` in `bench/engine` prints the table of `bench/results/layers.md`.

use backprop_bench::Workload;
use backprop_engine::base::threads::with_team;
use backprop_engine::nn::activation::Activation::{Gelu, Linear};
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::nn::layer::{
    Dense, Embedding, Heads, Kind, Members, Norm, Parametric, Periodic, Plan, Scale, Skip,
};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{GradientDescent, Optimizer};
use backprop_engine::{work_of_step, Network, Scalar, Start};

/// Numbers that come in.
const INPUTS: usize = 64;
const ROWS: usize = 4096;
/// Fits, of which the fastest counts: what else the machine does makes the others slower.
const FITS: usize = 5;

fn layer(kind: impl Into<Kind>) -> Plan {
    Plan::new(0, Linear, kind)
}

fn dense(units: usize, bias: bool) -> Plan {
    Plan::new(units, Linear, Dense { bias })
}

fn heads(units: usize) -> Plan {
    Plan::new(units, Linear, Heads { bias: true })
}

fn repeated(plan: Plan) -> Vec<Plan> {
    vec![plan; 4]
}

/// The layers of each kind; one output follows.
fn kinds() -> Vec<(&'static str, Vec<Plan>)> {
    let periodic = |size, keeps| Periodic {
        columns: (0..INPUTS).collect(),
        frequencies: 16,
        size,
        keeps,
        sigma: 0.1,
    };
    let embedding = |of: usize, size| Embedding {
        groups: (0..INPUTS / of)
            .map(|group| group * of..(group + 1) * of)
            .collect(),
        size,
        bias: true,
    };
    let skip = |from, weights| Skip {
        from,
        width: INPUTS,
        weights,
    };
    let members = || {
        layer(Members {
            count: 8,
            adapters: true,
        })
    };
    vec![
        ("dense, 64 units, 4 times", repeated(dense(64, true))),
        (
            "dense without biases, 64 units, 4 times",
            repeated(dense(64, false)),
        ),
        ("scale, 4 times", repeated(layer(Scale { of_members: false }))),
        ("embedding, 8 groups of 8 to 4", vec![layer(embedding(8, 4))]),
        ("embedding, 2 groups of 32 to 8", vec![layer(embedding(32, 8))]),
        (
            "periodic, PBLD, 16 frequencies to 4",
            vec![layer(periodic(4, true))],
        ),
        (
            "periodic, PLR, 16 frequencies to 8",
            vec![layer(periodic(8, false))],
        ),
        ("slope, 4 times", repeated(layer(Parametric::Slope))),
        ("share of gelu, 4 times", repeated(layer(Parametric::Share(Gelu)))),
        ("norm, 4 times", repeated(layer(Norm))),
        (
            "skip without weights, 3 times",
            vec![
                layer(Scale { of_members: false }),
                layer(skip(0, false)),
                layer(skip(1, false)),
                layer(skip(1, false)),
            ],
        ),
        (
            "skip with weights, 3 times",
            vec![
                layer(Scale { of_members: false }),
                layer(skip(0, true)),
                layer(skip(1, true)),
                layer(skip(1, true)),
            ],
        ),
        ("8 members with adapters", vec![members()]),
        (
            "heads of 8 members, 64 units, twice",
            vec![members(), heads(64), heads(64)],
        ),
        (
            "scale of 8 members, 4 times",
            [vec![members()], repeated(layer(Scale { of_members: true }))].concat(),
        ),
    ]
}

/// Nanoseconds that this thread has had of a processor (Linux), whatever else runs there.
fn had() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let first = text.split_whitespace().next().expect("a number");
    first.parse().expect("a number")
}

/// Nanoseconds of a row in a step that takes about `work` multiply-adds.
fn time_of_row<T: Scalar>(workload: &Workload, work: f64) -> f64 {
    // Long enough for the clock of the system, and for what surrounds the epochs to be little.
    let epochs = (1e9 / (work * ROWS as f64)).clamp(8.0, 80.0) as usize;
    let times = (0..FITS).map(|_| {
        let start = had();
        workload.fit::<T>(epochs, 1);
        had() - start
    });
    times.fold(f64::INFINITY, f64::min) / (epochs * ROWS) as f64
}

fn main() {
    println!("| layers | multiply-adds of a row | single: ns of a row | per multiply-add | double: ns of a row | per multiply-add |");
    println!("|---|---|---|---|---|---|");
    for (name, plans) in kinds() {
        let plans = plans.into_iter().chain([dense(1, true)]);
        let network = Network::of(INPUTS, plans, Output::Linear).expect("a network");
        let objective = Objective::new(Output::Linear, Loss::Mse).expect("an objective");
        let descent = Optimizer::GradientDescent(GradientDescent);
        let mut workload = Workload::new(ROWS, &[INPUTS, 1], Linear, objective, descent, 256);
        let init = vec![Init::GlorotUniform; network.layers().len()];
        let start = with_team(1, |team| initial(&network, &init, BiasInit::Zeros, 5, team)).expect("a start");
        workload.start = Start::new(start);
        workload.settings.lr = 1e-6;
        workload.network = network;
        let work = work_of_step(&workload.network, 1);
        let (single, double) = (
            time_of_row::<f32>(&workload, work),
            time_of_row::<f64>(&workload, work),
        );
        println!(
            "| {name} | {work:.0} | {single:.0} | {:.2} | {double:.0} | {:.2} |",
            single / work,
            double / work
        );
    }
}
