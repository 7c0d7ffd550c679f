//! Claims about memory: what things say that they take is what they take, and what is too much is refused.

mod fits;

use backprop_engine::base::threads::with_team;
use backprop_engine::compute::context::Pass;
use backprop_engine::compute::model::Model;
use backprop_engine::compute::step::{StepConfig, Stepper};
use backprop_engine::compute::workspace::{Extras, Use, Workspace};
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::{Data, Rows};
use backprop_engine::kernels::InstructionSet;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::layer::{Dense, Heads, Kind, Members, Norm, Periodic, Plan, Scale, Skip};
use backprop_engine::nn::layout::Layout;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{Adam, GradientDescent, Optimizer, Rule};
use backprop_engine::{Buffer, Method, Network, Scalar};
use std::alloc::{GlobalAlloc, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

/// Counts bytes that were asked for and not given back: of buffers, which alone ask for an alignment
/// of 16, and of all numbers. Plain bytes do not count: before a training begins the engine asks the
/// system for all that it needs as such, and gives them back at once.
struct Counting;
static BUFFERS: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn taken(layout: std::alloc::Layout, bytes: usize) {
    if layout.align() == 1 {
        return;
    }
    if layout.align() == 16 {
        BUFFERS.fetch_add(bytes, Ordering::Relaxed);
    }
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

fn given_back(layout: std::alloc::Layout) {
    if layout.align() == 1 {
        return;
    }
    if layout.align() == 16 {
        BUFFERS.fetch_sub(layout.size(), Ordering::Relaxed);
    }
    LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        taken(layout, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: std::alloc::Layout) -> *mut u8 {
        taken(layout, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: std::alloc::Layout, size: usize) -> *mut u8 {
        given_back(layout);
        taken(layout, size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: std::alloc::Layout) {
        given_back(layout);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time, so that none counts another's bytes.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Bytes of buffers that the result of `make` holds.
fn buffers_of<R>(make: impl FnOnce() -> R) -> f64 {
    let before = BUFFERS.load(Ordering::Relaxed);
    let made = make();
    let bytes = BUFFERS.load(Ordering::Relaxed) - before;
    drop(made);
    assert_eq!(BUFFERS.load(Ordering::Relaxed), before, "all is given back");
    bytes as f64
}

/// Most bytes that are there at a time while `work` runs, beside those that were there before.
fn peak_of<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    ((PEAK.load(Ordering::Relaxed) - before) as f64, result)
}

fn network(sizes: &[usize], hidden: Activation, output: Output) -> Network {
    Network::new(sizes, &vec![hidden; sizes.len() - 2], output).unwrap()
}

/// One output of layers that are taken row by row, members among them, and of dense ones.
fn many_kinds(inputs: usize) -> Network {
    let layer = |kind: Kind| Plan::new(0, Activation::Linear, kind);
    let dense = |units| Plan::new(units, Activation::Gelu, Dense { bias: true });
    let plans = [
        layer(Kind::Periodic(Periodic {
            columns: vec![0, 2],
            frequencies: 4,
            size: 5,
            keeps: true,
            sigma: 0.1,
        })),
        dense(40),
        layer(Kind::Norm(Norm)),
        layer(Kind::Members(Members {
            count: 3,
            adapters: true,
        })),
        dense(33),
        layer(Kind::Scale(Scale { of_members: true })),
        layer(Kind::Skip(Skip {
            from: 0,
            width: inputs,
            weights: true,
        })),
        Plan::new(1, Activation::Linear, Heads { bias: true }),
    ];
    Network::of(inputs, plans, Output::Linear).unwrap()
}

fn adam() -> Optimizer {
    Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.0,
    })
}

const DESCENT: Optimizer = Optimizer::GradientDescent(GradientDescent);

#[test]
fn a_buffer_takes_what_it_says() {
    let _alone = alone();
    for len in [0, 1, 100, 600_000] {
        assert_eq!(
            buffers_of(|| Buffer::<f64>::zeros(len).unwrap()),
            Buffer::<f64>::bytes(len as f64)
        );
        assert_eq!(
            buffers_of(|| Buffer::<f32>::zeros(len).unwrap()),
            Buffer::<f32>::bytes(len as f64)
        );
    }
}

fn blocks_take_what_they_say<T: Scalar>() {
    let objectives = [
        (Output::Linear, Loss::Mse),
        (Output::Sigmoid, Loss::BinaryCrossEntropy),
        (Output::Linear, Loss::Quantile(vec![0.1, 0.5, 0.9])),
    ];
    for (output, loss) in objectives {
        for (hidden, dropout) in [(Activation::Tanh, &[0.0, 0.5][..]), (Activation::Gelu, &[])] {
            let network = network(&[7, 30, 1, 3], hidden, output);
            let objective = Objective::new(output, loss.clone()).unwrap();
            workspaces_take_what_they_say::<T>(&network, &objective, dropout);
        }
    }
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    workspaces_take_what_they_say::<T>(&many_kinds(7), &objective, &[0.5; 7]);
}

fn workspaces_take_what_they_say<T: Scalar>(network: &Network, objective: &Objective, dropout: &[f64]) {
    let layout = Layout::of::<T>(network);
    for objective in [Some(objective), None] {
        let pass = Pass {
            network,
            layout: &layout,
            objective,
            dropout,
            set: InstructionSet::detect(),
        };
        for purpose in [Use::Forward, Use::Training, Use::Recording] {
            for flags in 0..8 {
                let extras = Extras {
                    case_weights: flags & 1 > 0,
                    offsets: flags & 2 > 0,
                    hits: flags & 4 > 0,
                };
                let said = Workspace::<T>::bytes(&pass, purpose, 100, extras);
                let took = buffers_of(|| Workspace::<T>::new(&pass, purpose, 100, extras).unwrap());
                // Buffers without numbers have the line that they would begin at.
                let empty = if purpose == Use::Forward {
                    network.layers().len()
                } else {
                    0
                };
                assert_eq!(
                    said + 64.0 * empty as f64,
                    took,
                    "{objective:?} {purpose:?} {extras:?}"
                );
            }
        }
    }
}

#[test]
fn blocks_of_rows_take_what_they_say() {
    let _alone = alone();
    blocks_take_what_they_say::<f64>();
    blocks_take_what_they_say::<f32>();
}

#[test]
fn a_block_holds_as_many_rows_as_fit_its_limits() {
    let narrow = network(&[3, 5, 1], Activation::Tanh, Output::Linear);
    let capacity = |purpose, wanted| Workspace::<f64>::capacity_for(&narrow, purpose, wanted);
    // As many as are wanted, at least one, at most 2^14; recorded steps as a whole.
    assert_eq!(
        [0, 1, 500].map(|wanted| capacity(Use::Forward, wanted)),
        [1, 1, 500]
    );
    assert_eq!(capacity(Use::Forward, 1 << 20), 1 << 14);
    assert_eq!(capacity(Use::Recording, 1 << 20), 1 << 20);
    assert_eq!(capacity(Use::Recording, 0), 1);
    // Of a wide network, what fits into 4 MB, in dozens; but four dozens at least.
    let wide = network(&[1000, 1000, 10], Activation::Tanh, Output::Linear);
    for (purpose, copies) in [(Use::Forward, 1), (Use::Training, 2)] {
        // 1,000 inputs, 1,000 units in 125 panels, 10 units in two, four numbers for each output.
        let bytes_of_row = (1000 + copies * (1000 + 16) + 4 * 10) * 8 + 16;
        assert_eq!(Workspace::<f64>::bytes_per_row(&wide, purpose), bytes_of_row);
        let fitting = (4 << 20) / bytes_of_row / 12 * 12;
        assert_eq!(Workspace::<f64>::capacity_for(&wide, purpose, 100_000), fitting);
    }
    let recorded = (1000 + 4 * (1000 + 16) + 4 * 10) * 8 + 16;
    assert_eq!(Workspace::<f64>::bytes_per_row(&wide, Use::Recording), recorded);
    let widest = network(&[100_000, 100_000, 1], Activation::Tanh, Output::Linear);
    assert_eq!(
        Workspace::<f64>::capacity_for(&widest, Use::Training, 100_000),
        48
    );
    // Tiles: 384 kB of the widest layer, inputs and units, in dozens, from one to sixteen.
    assert_eq!(
        Workspace::<f64>::rows_of_tile(&wide),
        (384 << 10) / 16_000 / 12 * 12
    );
    assert_eq!(
        Workspace::<f32>::rows_of_tile(&wide),
        (384 << 10) / 8_000 / 12 * 12
    );
    assert_eq!(Workspace::<f64>::rows_of_tile(&widest), 12);
    assert_eq!(Workspace::<f64>::rows_of_tile(&narrow), 16 * 12);
}

#[test]
fn a_block_keeps_what_its_use_needs_and_nothing_else() {
    let _alone = alone();
    let network = network(&[7, 8, 8, 8], Activation::Gelu, Output::Linear);
    let layout = Layout::of::<f64>(&network);
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let buffers = |purpose, dropout: &[f64], extras| {
        let pass = Pass {
            network: &network,
            layout: &layout,
            objective: Some(&objective),
            dropout,
            set: InstructionSet::detect(),
        };
        // 100 rows of eight numbers each, beside 7 inputs, 8 targets, a sum, a loss and a weight.
        let others = [7.0, 8.0, 1.0, 1.0, 1.0].map(|numbers| Buffer::<f64>::bytes(100.0 * numbers));
        let rest = Workspace::<f64>::bytes(&pass, purpose, 100, extras) - others.iter().sum::<f64>();
        rest / Buffer::<f64>::bytes(800.0)
    };
    let plain = Extras::default();
    // Activations of three layers; deltas of three, and slopes of two; and all that a trace shows.
    assert_eq!(buffers(Use::Forward, &[], plain), 3.0);
    assert_eq!(buffers(Use::Training, &[], plain), 3.0 + 3.0 + 2.0);
    assert_eq!(buffers(Use::Recording, &[], plain), 3.0 + 3.0 + 2.0 + 3.0 + 2.0);
    let offsets = Extras {
        offsets: true,
        ..plain
    };
    assert_eq!(buffers(Use::Forward, &[0.5, 0.5], offsets), 4.0);
}

fn models_take_what_they_say<T: Scalar>(network: &Network) {
    let layout = Layout::of::<T>(network);
    let at = Coefficients::zeros(network).unwrap();
    // What has no transposed weights has the line where they would begin.
    let behind = network.layers().iter().skip(1);
    let empty = 64.0 * behind.filter(|layer| !layer.is_dense()).count() as f64;
    for rule in [DESCENT, adam()] {
        let slots = rule.slots().len();
        let method = Method::Rule(rule);
        let make = || {
            with_team(2, |team| {
                Model::<T>::new(network, &layout, &method, 0.1, &at, None, team).unwrap()
            })
        };
        let micropanels = make().micropanels.len();
        let of_strips = micropanels * size_of::<backprop_engine::compute::micropanel::Micropanel>();
        let said = Model::<T>::bytes(network, &layout, slots);
        assert_eq!(said - of_strips as f64 + empty, buffers_of(make));
        let model = make();
        let snapshot = buffers_of(|| model.snapshot(&layout, slots).unwrap());
        assert_eq!(Model::<T>::snapshot_bytes(&layout, slots), snapshot);
    }
}

#[test]
fn models_and_their_snapshots_take_what_they_say() {
    let _alone = alone();
    let plain = network(&[200, 100, 1, 40, 3], Activation::Tanh, Output::Linear);
    for network in [plain, many_kinds(200)] {
        models_take_what_they_say::<f64>(&network);
        models_take_what_they_say::<f32>(&network);
    }
}

fn steps_take_what_they_say<T: Scalar>() {
    let _alone = alone();
    for (sizes, rows, step) in [
        (&[3, 4, 1][..], 50, 50),
        (&[3, 4, 1], 200, 200),
        (&[20, 64, 32, 1], 5000, 256),
        (&[20, 64, 32, 1], 5000, 5000),
        (&[20, 64, 32, 1], 60_000, 60_000),
        (&[300, 200, 1], 500, 100),
        (&[300, 200, 1], 2000, 2000),
    ] {
        let network = network(sizes, Activation::Relu, Output::Linear);
        steppers_take_what_they_say::<T>(&network, rows, step);
    }
    for (rows, step) in [(50, 50), (5000, 256), (5000, 5000)] {
        steppers_take_what_they_say::<T>(&many_kinds(20), rows, step);
    }
}

fn steppers_take_what_they_say<T: Scalar>(network: &Network, rows: usize, step: usize) {
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let inputs = network.inputs();
    let (x, y) = (vec![0.0; rows * inputs], vec![0.0; rows]);
    let source = ColumnMajor::new(&x, rows, inputs);
    for (threads, records, whole_gradient) in [
        (1, false, false),
        (3, false, false),
        (2, true, false),
        (1, false, true),
    ] {
        with_team(threads, |team| {
            let layout = Layout::of::<T>(network);
            let config = || StepConfig::<T> {
                pass: Pass {
                    network,
                    layout: &layout,
                    objective: Some(&objective),
                    dropout: &[],
                    set: InstructionSet::detect(),
                },
                objective: &objective,
                optimizer: DESCENT,
                penalty: Penalty::NONE,
                clip_norm: None,
                data: Rows::Table(Data {
                    inputs: &source,
                    targets: ColumnMajor::new(&y, rows, 1),
                    case_weights: None,
                    offsets: None,
                }),
                team,
                largest_step: step,
                records,
                whole_gradient,
                counts_hits: true,
                shards: None,
                answers: None,
            };
            let said = Stepper::bytes(&config(), 70);
            let took = buffers_of(|| Stepper::new(config(), 70).unwrap());
            // Sums of shards are too small to be counted: two numbers for each of sixteen, and a line.
            assert!(
                said <= took && took <= said + 320.0,
                "{network:?}, {step} of {rows} rows, {threads} threads, {records}: {said}, {took}"
            );
        });
    }
}

#[test]
fn steps_take_what_they_say_in_double() {
    steps_take_what_they_say::<f64>();
}

#[test]
fn steps_take_what_they_say_in_single() {
    steps_take_what_they_say::<f32>();
}
