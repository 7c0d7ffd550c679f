//! Claims about memory: what things say that they take is what they take, and what is too much is refused.

use backprop_engine::activation::Activation;
use backprop_engine::block::{Block, Extras, Use};
use backprop_engine::data::Data;
use backprop_engine::init::{BiasInit, Draw, Init};
use backprop_engine::kernels::InstructionSet;
use backprop_engine::lbfgs::Lbfgs;
use backprop_engine::loss::{Loss, Objective, Output};
use backprop_engine::memory::Budget;
use backprop_engine::model::Model;
use backprop_engine::network::{Coefficients, Layout};
use backprop_engine::observer::{NoObserver, Observer};
use backprop_engine::optimizer::{Adam, GradientDescent, Optimizer, Rule};
use backprop_engine::pass::Pass;
use backprop_engine::penalty::Penalty;
use backprop_engine::rows::{ColumnMajor, RowSource, SparseRows};
use backprop_engine::schedule::Schedule;
use backprop_engine::step::{Stepper, StepperParts};
use backprop_engine::threads::with_team;
use backprop_engine::{
    train, Buffer, Ending, EngineError, Method, Network, Origin, Outcome, Scalar, Settings, Start, Stopping,
};
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
            let layout = Layout::of::<T>(&network);
            let objective = Objective::new(output, loss.clone()).unwrap();
            for objective in [Some(&objective), None] {
                let pass = Pass {
                    network: &network,
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
                        let said = Block::<T>::bytes(&pass, purpose, 100, extras);
                        let took = buffers_of(|| Block::<T>::new(&pass, purpose, 100, extras).unwrap());
                        // Buffers without numbers have the line that they would begin at.
                        let empty = if purpose == Use::Forward { 3 } else { 0 };
                        assert_eq!(
                            said + 64.0 * f64::from(empty),
                            took,
                            "{loss:?} {purpose:?} {extras:?}"
                        );
                    }
                }
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
    let capacity = |purpose, wanted| Block::<f64>::capacity_for(&narrow, purpose, wanted);
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
        assert_eq!(Block::<f64>::bytes_per_row(&wide, purpose), bytes_of_row);
        let fitting = (4 << 20) / bytes_of_row / 12 * 12;
        assert_eq!(Block::<f64>::capacity_for(&wide, purpose, 100_000), fitting);
    }
    let recorded = (1000 + 4 * (1000 + 16) + 4 * 10) * 8 + 16;
    assert_eq!(Block::<f64>::bytes_per_row(&wide, Use::Recording), recorded);
    let widest = network(&[100_000, 100_000, 1], Activation::Tanh, Output::Linear);
    assert_eq!(Block::<f64>::capacity_for(&widest, Use::Training, 100_000), 48);
    // Pieces: 384 kB of the widest layer, inputs and units, in dozens, from one to sixteen.
    assert_eq!(Block::<f64>::rows_of_piece(&wide), (384 << 10) / 16_000 / 12 * 12);
    assert_eq!(Block::<f32>::rows_of_piece(&wide), (384 << 10) / 8_000 / 12 * 12);
    assert_eq!(Block::<f64>::rows_of_piece(&widest), 12);
    assert_eq!(Block::<f64>::rows_of_piece(&narrow), 16 * 12);
}

fn models_take_what_they_say<T: Scalar>() {
    let network = network(&[200, 100, 1, 40, 3], Activation::Tanh, Output::Linear);
    let layout = Layout::of::<T>(&network);
    let at = Coefficients::zeros(&network);
    for rule in [DESCENT, adam()] {
        let slots = rule.slots().len();
        let method = Method::Rule(rule);
        let make = || Model::<T>::new(&network, &layout, &method, 0.1, &at, None, 2).unwrap();
        let strips = make().strips.len();
        let of_strips = strips * size_of::<backprop_engine::model::StripPlace>();
        let said = Model::<T>::bytes(&network, &layout, slots);
        assert_eq!(said - of_strips as f64, buffers_of(make));
        let model = make();
        let snapshot = buffers_of(|| model.snapshot(&layout).unwrap());
        assert_eq!(Model::<T>::snapshot_bytes(&layout, slots), snapshot);
    }
}

#[test]
fn models_and_their_snapshots_take_what_they_say() {
    let _alone = alone();
    models_take_what_they_say::<f64>();
    models_take_what_they_say::<f32>();
}

fn steps_take_what_they_say<T: Scalar>() {
    let _alone = alone();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
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
        let (x, y) = (vec![0.0; rows * sizes[0]], vec![0.0; rows]);
        let source = ColumnMajor::new(&x, rows, sizes[0]);
        for (threads, records, whole_gradient) in [
            (1, false, false),
            (3, false, false),
            (2, true, false),
            (1, false, true),
        ] {
            with_team(threads, |team| {
                let layout = Layout::of::<T>(&network);
                let parts = || StepperParts::<T> {
                    pass: Pass {
                        network: &network,
                        layout: &layout,
                        objective: Some(&objective),
                        dropout: &[],
                        set: InstructionSet::detect(),
                    },
                    objective: &objective,
                    optimizer: DESCENT,
                    penalty: Penalty::NONE,
                    clip_norm: None,
                    data: Data {
                        inputs: &source,
                        outcomes: ColumnMajor::new(&y, rows, 1),
                        case_weights: None,
                        offsets: None,
                    },
                    team,
                    largest_step: step,
                    records,
                    whole_gradient,
                    counts_hits: true,
                };
                let said = Stepper::bytes(&parts(), 70);
                let took = buffers_of(|| Stepper::new(parts(), 70).unwrap());
                // Sums of lanes are too small to be counted: two numbers for each of sixteen, and a line.
                assert!(
                    said <= took && took <= said + 320.0,
                    "{sizes:?}, {step} of {rows} rows, {threads} threads, {records}: {said}, {took}"
                );
            });
        }
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

/// A kind of fit.
struct Kind {
    network: Network,
    settings: Settings,
    rows: usize,
    validation_rows: usize,
    sparse: bool,
    case_weights: bool,
    watched: bool,
    goes_on: bool,
}

/// Wants to see steps, and does not look.
struct Watcher;
impl<T: Scalar> Observer<T> for Watcher {
    fn watches_steps(&self) -> bool {
        true
    }
}

impl Kind {
    fn new(rows: usize, sizes: &[usize], rule: Optimizer, batch_size: usize) -> Kind {
        Kind {
            network: network(sizes, Activation::Relu, Output::Linear),
            settings: Settings {
                objective: Objective::new(Output::Linear, Loss::Mse).unwrap(),
                method: Method::Rule(rule),
                lr: 1e-4,
                schedule: Schedule::CONSTANT,
                epochs: 2,
                batch_size,
                shuffle: true,
                seed: 1,
                penalty: Penalty::NONE,
                dropout: Vec::new(),
                clip_norm: None,
                stopping: None,
                counts_hits: false,
                budget: Budget::default(),
            },
            rows,
            validation_rows: 0,
            sparse: false,
            case_weights: false,
            watched: false,
            goes_on: false,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Kind)) -> Kind {
        change(&mut self);
        self
    }

    /// Makes the fit with as much memory as `limit` says, if it says so. Gives the peak too.
    fn fit<T: Scalar>(
        &self,
        limit: Option<f64>,
        earlier: Option<&Outcome>,
    ) -> (f64, Result<Outcome, EngineError>) {
        let (network, rows, inputs) = (&self.network, self.rows, self.network.inputs());
        let numbers = |count: usize| -> Vec<f64> { (0..count).map(|i| (i % 7) as f64 / 7.0).collect() };
        let table = |rows: usize| (numbers(rows * inputs), numbers(rows * network.outputs()));
        let ((x, y), (held_x, held_y)) = (table(rows), table(self.validation_rows));
        let weights = self.case_weights.then(|| vec![2.0; rows]);
        let dense = ColumnMajor::new(&x, rows, inputs);
        // A tenth of each column.
        let starts: Vec<i32> = (0..=inputs).map(|column| (column * (rows / 10)) as i32).collect();
        let rows_of: Vec<i32> = (0..inputs * (rows / 10))
            .map(|place| (place % rows) as i32)
            .collect();
        let held = ColumnMajor::new(&held_x, self.validation_rows, inputs);
        peak_of(|| {
            let mut settings = self.settings.clone();
            settings.budget.limit = limit;
            let checked = settings.check(network)?;
            let start = match earlier {
                None => Start::new(Draw {
                    weights: vec![Init::HeUniform; network.layers().len()],
                    biases: BiasInit::Zeros,
                    seed: 5,
                }),
                Some(earlier) => Start {
                    coefficients: Origin::Given(earlier.coefficients.clone()),
                    state: Some(earlier.state.clone()),
                    epochs_done: earlier.epochs_done,
                    best: earlier.best.clone(),
                },
            };
            let sparse;
            let source: &dyn RowSource<T> = match self.sparse {
                true => {
                    let parts = (&starts, &rows_of, &x[..rows_of.len()]);
                    sparse = SparseRows::from_columns(parts.0, parts.1, parts.2, rows, inputs)?;
                    &sparse
                }
                false => &dense,
            };
            let validation = (self.validation_rows > 0).then_some(Data {
                inputs: &held as &dyn RowSource<T>,
                outcomes: ColumnMajor::new(&held_y, self.validation_rows, network.outputs()),
                case_weights: None,
                offsets: None,
            });
            let data = Data {
                inputs: source,
                outcomes: ColumnMajor::new(&y, rows, network.outputs()),
                case_weights: weights.as_deref(),
                offsets: None,
            };
            let observer: &mut dyn Observer<T> = if self.watched {
                &mut Watcher
            } else {
                &mut NoObserver
            };
            with_team(2, |team| {
                train(network, &checked, data, validation, &start, team, observer)
            })
        })
    }

    /// The bytes that the fit says it needs, and the most that it takes.
    fn compared<T: Scalar>(&self) -> (f64, f64) {
        let earlier = self.goes_on.then(|| self.fit::<T>(None, None).1.unwrap());
        let said = match self.fit::<T>(Some(1.0), earlier.as_ref()) {
            (_, Err(EngineError::Memory { needed, .. })) => needed,
            (_, other) => panic!("{other:?}"),
        };
        let (peak, outcome) = self.fit::<T>(Some(said), earlier.as_ref());
        assert!(!matches!(outcome.unwrap().ending, Ending::Diverged(_)));
        let less = self.fit::<T>(Some(said - 1.0), earlier.as_ref()).1;
        assert!(
            matches!(less, Err(EngineError::Memory { .. })),
            "a byte less is too little"
        );
        (said, peak)
    }
}

fn lbfgs(memory: usize) -> Method {
    Method::Lbfgs(Lbfgs {
        memory,
        gradient_tolerance: 0.0,
        value_tolerance: 0.0,
    })
}

/// Kinds of fits, in each of which something else takes the most.
fn kinds() -> Vec<(&'static str, Kind)> {
    let wide = || Kind::new(30, &[300, 400, 1], DESCENT, 30);
    let by_lbfgs = |memory, epochs| {
        wide().with(|kind| {
            kind.settings.method = lbfgs(memory);
            kind.settings.epochs = epochs;
        })
    };
    let stopping = |patience, epochs| {
        wide().with(|kind| {
            kind.settings.epochs = epochs;
            kind.settings.stopping = Some(Stopping {
                patience,
                tolerance: 0.0,
            });
        })
    };
    vec![
        (
            "a copy to be shuffled",
            Kind::new(4000, &[100, 3, 1], DESCENT, 32),
        ),
        ("an order of rows", Kind::new(300_000, &[1, 1], DESCENT, 50_000)),
        (
            "no copy of all rows",
            Kind::new(4000, &[100, 3, 1], DESCENT, 4000),
        ),
        ("lanes", Kind::new(30_000, &[20, 32, 1], DESCENT, 30_000)),
        ("weights", wide()),
        (
            "weights with two numbers each",
            Kind::new(30, &[300, 400, 1], adam(), 30),
        ),
        ("weights with two numbers each that go on", {
            Kind::new(30, &[300, 400, 1], adam(), 30).with(|kind| kind.goes_on = true)
        }),
        (
            "transposed weights",
            Kind::new(12, &[2, 500, 500, 1], DESCENT, 12),
        ),
        ("L-BFGS", by_lbfgs(4, 8)),
        ("L-BFGS of few iterations", by_lbfgs(10, 2)),
        ("L-BFGS of one iteration", by_lbfgs(10, 1)),
        (
            "L-BFGS that goes on",
            by_lbfgs(4, 3).with(|kind| kind.goes_on = true),
        ),
        ("the best weights", stopping(10, 3)),
        (
            "the best weights that go on",
            stopping(10, 3).with(|kind| kind.goes_on = true),
        ),
        (
            "validation rows",
            stopping(1, 5).with(|kind| kind.validation_rows = 50),
        ),
        ("losses of wide outputs", {
            Kind::new(200, &[1, 2000], DESCENT, 12).with(|kind| kind.validation_rows = 200)
        }),
        (
            "sparse rows",
            Kind::new(20_000, &[50, 2, 1], DESCENT, 64).with(|kind| kind.sparse = true),
        ),
        ("weighed rows", {
            Kind::new(20_000, &[2, 1], DESCENT, 20_000).with(|kind| kind.case_weights = true)
        }),
        (
            "watched steps",
            Kind::new(3000, &[10, 40, 40, 1], DESCENT, 3000).with(|kind| kind.watched = true),
        ),
        (
            "a clipped gradient",
            wide().with(|kind| kind.settings.clip_norm = Some(1.0)),
        ),
        ("a long history", {
            Kind::new(4, &[3, 2, 1], DESCENT, 4).with(|kind| kind.settings.epochs = 40_000)
        }),
        ("a history that fits the first room", {
            Kind::new(4, &[3, 2, 1], DESCENT, 4).with(|kind| kind.settings.epochs = 3_000)
        }),
    ]
}

fn fits_take_what_they_say<T: Scalar>() {
    let _alone = alone();
    let mut wrong = Vec::new();
    for (name, kind) in kinds() {
        let (said, took) = kind.compared::<T>();
        // What is small is charged by the lump.
        let lumps = 16384.0 + 1024.0 * kind.network.layers().len() as f64;
        if !(took <= said && said - lumps <= 1.15 * took) {
            wrong.push((name, said, took, (said - lumps) / took));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn fits_take_what_they_say_in_double() {
    fits_take_what_they_say::<f64>();
}

#[test]
fn fits_take_what_they_say_in_single() {
    fits_take_what_they_say::<f32>();
}
