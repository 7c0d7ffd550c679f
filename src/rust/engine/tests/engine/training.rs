//! Claims about whole fits: the article's rule, gradients, threads, divergence, going on.

use backprop_engine::activation::Activation;
use backprop_engine::curvature::hessian;
use backprop_engine::data::Data;
use backprop_engine::init::{initial, BiasInit, Draw, Init};
use backprop_engine::lbfgs::Lbfgs;
use backprop_engine::loss::{Loss, Objective, Output};
use backprop_engine::memory::Budget;
use backprop_engine::network::Coefficients;
use backprop_engine::observer::{EpochView, NoObserver, Observer};
use backprop_engine::optimizer::{Adam, GradientDescent, Momentum, Optimizer, Rprop};
use backprop_engine::penalty::Penalty;
use backprop_engine::random::{stream, Purpose};
use backprop_engine::rows::{ColumnMajor, RowMajor, RowSource, SparseRows};
use backprop_engine::schedule::{Kind, Schedule};
use backprop_engine::threads::{with_team, with_team_asking};
use backprop_engine::trace::Recorder;
use backprop_engine::{
    evaluate, gradient, train, Ending, EngineError, Method, Network, Origin, Outcome, Result, Scalar,
    Settings, Start, Stopping,
};
use ndarray::{array, Array1, Array2};
use rand::RngExt;

fn settings(objective: Objective, epochs: usize, batch_size: usize) -> Settings {
    Settings {
        objective,
        method: Method::Rule(Optimizer::GradientDescent(GradientDescent)),
        lr: 0.1,
        schedule: Schedule::CONSTANT,
        epochs,
        batch_size,
        shuffle: true,
        seed: 11,
        penalty: Penalty::NONE,
        dropout: Vec::new(),
        clip_norm: None,
        stopping: None,
        counts_hits: false,
        budget: Budget::default(),
    }
}

struct Table {
    x: Vec<f64>,
    y: Vec<f64>,
    rows: usize,
    inputs: usize,
    outputs: usize,
}

/// Rows drawn at random, with outcomes in (0, 1) that depend on the inputs.
fn table(rows: usize, inputs: usize, outputs: usize) -> Table {
    let mut rng = stream(3, Purpose::Split, 0, 0);
    let x: Vec<f64> = (0..rows * inputs)
        .map(|_| rng.random::<f64>() * 2.0 - 1.0)
        .collect();
    let y = (0..rows * outputs)
        .map(|i| {
            let (row, output) = (i % rows, i / rows);
            1.0 / (1.0 + (-x[row] * (output as f64 + 1.0) - x[rows * (inputs - 1) + row]).exp())
        })
        .collect();
    Table {
        x,
        y,
        rows,
        inputs,
        outputs,
    }
}

impl Table {
    fn source(&self) -> ColumnMajor<'_> {
        ColumnMajor::new(&self.x, self.rows, self.inputs)
    }

    fn data<'a, T: Scalar>(&'a self, source: &'a dyn RowSource<T>) -> Data<'a, T> {
        Data {
            inputs: source,
            outcomes: ColumnMajor::new(&self.y, self.rows, self.outputs),
            case_weights: None,
            offsets: None,
        }
    }
}

fn fit<T: Scalar>(
    network: &Network,
    settings: Settings,
    table: &Table,
    start: &Start,
    threads: usize,
    observer: &mut dyn Observer<T>,
) -> Outcome {
    let source = table.source();
    let checked = settings.check(network).unwrap();
    with_team(threads, |team| {
        train(
            network,
            &checked,
            table.data(&source),
            None,
            start,
            team,
            observer,
        )
        .unwrap()
    })
}

fn coefficients(network: &Network) -> Coefficients {
    let init = vec![Init::GlorotUniform; network.layers().len()];
    with_team(1, |team| initial(network, &init, BiasInit::Uniform, 5, team)).unwrap()
}

fn start(network: &Network) -> Start {
    Start::new(coefficients(network))
}

fn article() -> (Network, Table, Start) {
    let network = Network::new(&[4, 3, 1], &[Activation::Sigmoid], Output::Sigmoid).unwrap();
    let table = Table {
        x: vec![1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0],
        y: vec![1.0, 1.0, 0.0],
        rows: 3,
        inputs: 4,
        outputs: 1,
    };
    let start = Start::new(Coefficients {
        weights: vec![
            array![
                [0.42, 0.88, 0.55],
                [0.10, 0.73, 0.68],
                [0.60, 0.18, 0.47],
                [0.92, 0.11, 0.52]
            ],
            array![[0.30], [0.25], [0.23]],
        ],
        biases: vec![array![0.46, 0.72, 0.08], array![0.69]],
    });
    (network, table, start)
}

/// Weights after 5,000 epochs: NumPy in double precision, by the rule of the article's text.
#[test]
fn the_article_is_reproduced_to_1e_12() {
    let (network, table, start) = article();
    let objective = Objective::new(Output::Sigmoid, Loss::Sse).unwrap();
    let outcome = fit::<f64>(
        &network,
        settings(objective, 5000, 3),
        &table,
        &start,
        1,
        &mut NoObserver,
    );
    let wh: Array2<f64> = array![
        [2.0217863344007427, 1.1948477341422632, -0.4269906285790498],
        [-2.397209600412767, 0.06864638007351663, 1.4212661547958343],
        [2.2017863344007544, 0.49484773414225863, -0.5069906285790502],
        [-0.6426257513985882, -0.3731894219637566, 0.6710764397223415]
    ];
    let bh: Array1<f64> = array![-0.4354232660120196, 0.3734941142157747, -0.15572447378321852];
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} against {b}");
    outcome.coefficients.weights[0]
        .iter()
        .zip(&wh)
        .for_each(|(&a, &b)| close(a, b));
    outcome.coefficients.biases[0]
        .iter()
        .zip(&bh)
        .for_each(|(&a, &b)| close(a, b));
    close(outcome.coefficients.biases[1][0], -1.5981669280334272);
    assert_eq!(outcome.ending, Ending::Completed);
    assert_eq!(outcome.losses().len(), 5000);
    assert!(outcome.losses().windows(2).all(|pair| pair[1] < pair[0]));
}

fn objectives() -> Vec<(Objective, usize)> {
    [
        (Output::Linear, Loss::Sse, 2),
        (Output::Sigmoid, Loss::Sse, 2),
        (Output::Linear, Loss::Mse, 3),
        (Output::Sigmoid, Loss::BinaryCrossEntropy, 1),
        (Output::Softmax, Loss::CrossEntropy, 3),
        (Output::Exponential, Loss::Poisson, 1),
        (Output::Linear, Loss::Huber(0.2), 1),
    ]
    .into_iter()
    .map(|(output, loss, outputs)| (Objective::new(output, loss).unwrap(), outputs))
    .collect()
}

#[test]
fn gradients_agree_with_central_differences_for_every_activation_and_loss() {
    let smooth = [
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Elu,
        Activation::Selu,
        Activation::Gelu,
        Activation::Softplus,
        Activation::Silu,
        Activation::Softsign,
    ];
    for (number, (objective, outputs)) in objectives().into_iter().enumerate() {
        let table = table(30, 5, outputs);
        let source = table.source();
        let hidden = [smooth[number % smooth.len()], smooth[(number + 3) % smooth.len()]];
        let network = Network::new(&[5, 9, 4, outputs], &hidden, objective.output()).unwrap();
        let weights: Vec<f64> = (0..30).map(|row| 0.5 + f64::from(row % 4)).collect();
        let data = Data {
            case_weights: Some(&weights),
            ..table.data::<f64>(&source)
        };
        let penalty = Penalty {
            strength: 0.01,
            mixture: 0.3,
        };
        let coefficients = coefficients(&network);
        with_team(2, |team| {
            let at = |coefficients: &Coefficients| {
                gradient(&network, &objective, penalty, data, coefficients, team).unwrap()
            };
            let (_, exact) = at(&coefficients);
            for layer in 0..3 {
                for ((i, j), &slope) in exact.weights[layer].indexed_iter() {
                    let h = 1e-6;
                    let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                    up.weights[layer][(i, j)] += h;
                    down.weights[layer][(i, j)] -= h;
                    let difference = (at(&up).0 - at(&down).0) / (2.0 * h);
                    assert!(
                        (slope - difference).abs() < 1e-7 * difference.abs().max(1.0),
                        "{objective:?} layer {layer} ({i}, {j}): {slope} against {difference}"
                    );
                }
                for (j, &slope) in exact.biases[layer].iter().enumerate() {
                    let h = 1e-6;
                    let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                    up.biases[layer][j] += h;
                    down.biases[layer][j] -= h;
                    let difference = (at(&up).0 - at(&down).0) / (2.0 * h);
                    assert!((slope - difference).abs() < 1e-7 * difference.abs().max(1.0));
                }
            }
        });
    }
}

#[test]
fn the_hessian_agrees_with_central_differences_of_the_gradient() {
    let smooth = [
        Activation::Tanh,
        Activation::Gelu,
        Activation::Silu,
        Activation::Softsign,
    ];
    for (number, (objective, outputs)) in objectives().into_iter().enumerate() {
        let table = table(40, 3, outputs);
        let source = table.source();
        let weights: Vec<f64> = (0..40).map(|row| 0.5 + f64::from(row % 3)).collect();
        let data = Data {
            case_weights: Some(&weights),
            ..table.data::<f64>(&source)
        };
        let network = Network::new(
            &[3, 4, 3, outputs],
            &[smooth[number % 4], smooth[(number + 1) % 4]],
            objective.output(),
        )
        .unwrap();
        let penalty = Penalty {
            strength: 0.1,
            mixture: 0.0,
        };
        let coefficients = coefficients(&network);
        with_team(2, |team| {
            let count = network.parameter_count() as usize;
            let mut exact = Array2::zeros((count, count));
            let out = exact.as_slice_mut().unwrap();
            hessian(&network, &objective, penalty, data, &coefficients, team, out).unwrap();
            let slopes = |coefficients: &Coefficients| {
                let (_, g) = gradient(&network, &objective, penalty, data, coefficients, team).unwrap();
                let layers = g.weights.iter().zip(&g.biases);
                layers
                    .flat_map(|(w, b)| w.t().iter().copied().chain(b.iter().copied()).collect::<Vec<_>>())
                    .collect::<Vec<f64>>()
            };
            let h = 1e-5;
            // The weight from input 2 to unit 1 of each layer, and its first bias.
            let mut place = 0;
            for (layer, shape) in network.layers().iter().enumerate() {
                let (input, unit) = (1, shape.units - 1);
                let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                up.weights[layer][(input, unit)] += h;
                down.weights[layer][(input, unit)] -= h;
                let column = exact.column(place + unit * shape.inputs + input);
                for ((above, below), value) in slopes(&up).iter().zip(slopes(&down)).zip(column) {
                    let difference = (above - below) / (2.0 * h);
                    assert!(
                        (value - difference).abs() < 1e-6 * difference.abs().max(1.0),
                        "{objective:?}"
                    );
                }
                let (mut up, mut down) = (coefficients.clone(), coefficients.clone());
                up.biases[layer][0] += h;
                down.biases[layer][0] -= h;
                let column = exact.column(place + shape.units * shape.inputs);
                for ((above, below), value) in slopes(&up).iter().zip(slopes(&down)).zip(column) {
                    let difference = (above - below) / (2.0 * h);
                    assert!(
                        (value - difference).abs() < 1e-6 * difference.abs().max(1.0),
                        "{objective:?}"
                    );
                }
                place += (shape.inputs + 1) * shape.units;
            }
        });
    }
}

fn same_bits_on_any_number_of_threads<T: Scalar>() {
    let table = table(2003, 30, 3);
    let network = Network::new(
        &[30, 70, 20, 3],
        &[Activation::Relu, Activation::Gelu],
        Output::Sigmoid,
    )
    .unwrap();
    let start = start(&network);
    for (batch, dropout, clip) in [
        (2003, vec![], None),
        (256, vec![], None),
        (100, vec![0.2, 0.1], None),
        (128, vec![], Some(0.01)),
    ] {
        let mut plan = settings(
            Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap(),
            3,
            batch,
        );
        plan.method = Method::Rule(Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.01,
        }));
        plan.penalty.strength = 1e-3;
        plan.dropout = dropout;
        plan.clip_norm = clip;
        let one = fit::<T>(&network, plan.clone(), &table, &start, 1, &mut NoObserver);
        for threads in [2, 3, 8] {
            let other = fit::<T>(&network, plan.clone(), &table, &start, threads, &mut NoObserver);
            assert_eq!(
                one.coefficients, other.coefficients,
                "{threads} threads, batch {batch}"
            );
            assert_eq!(one.losses(), other.losses());
            assert_eq!(one.state, other.state);
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads_in_double() {
    same_bits_on_any_number_of_threads::<f64>();
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads_in_single() {
    same_bits_on_any_number_of_threads::<f32>();
}

/// Alone, a small network's steps are made in one go; a team makes them like any others.
fn small_steps_have_the_bits_of_any_other<T: Scalar>() {
    let rules = [
        Optimizer::GradientDescent(GradientDescent),
        Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: true,
        }),
        Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.0,
        }),
        Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        }),
    ];
    for (objective, outputs) in objectives() {
        let shapes = [(vec![3], 3), (vec![], 20), (vec![1, 8, 5], 64), (vec![7, 1], 13)];
        for (turn, (hidden, rows)) in shapes.into_iter().enumerate() {
            // Each shape with each rule, each time with another number of inputs.
            for (place, inputs) in [1, 4, 9, 47].into_iter().enumerate() {
                let sizes = [&[inputs][..], &hidden, &[outputs]].concat();
                let activations = [Activation::Sigmoid, Activation::Relu, Activation::Tanh];
                let network = Network::new(&sizes, &activations[..hidden.len()], objective.output()).unwrap();
                let (table, start) = (table(rows, inputs, outputs), start(&network));
                let rule = rules[(turn + place) % 4];
                let batch = [rows, 5, 1, rows][(turn + place) % 4];
                let mut plan = settings(objective.clone(), 3, batch);
                plan.method = Method::Rule(rule);
                plan.counts_hits = true;
                plan.lr = 0.01;
                let [one, other] = [1, 3].map(|threads| {
                    fit::<T>(&network, plan.clone(), &table, &start, threads, &mut NoObserver)
                });
                assert_eq!(
                    one.coefficients, other.coefficients,
                    "{sizes:?}, {objective:?}, {rule:?}"
                );
                assert_eq!(one.losses(), other.losses());
                assert_eq!(one.state, other.state);
            }
        }
    }
}

#[test]
fn small_steps_have_the_bits_of_any_other_in_double() {
    small_steps_have_the_bits_of_any_other::<f64>();
}

#[test]
fn small_steps_have_the_bits_of_any_other_in_single() {
    small_steps_have_the_bits_of_any_other::<f32>();
}

#[test]
fn many_blocks_and_one_block_give_the_same_full_batch_step() {
    // So wide that a block holds fewer rows than there are.
    let table = table(700, 900, 1);
    let network = Network::new(&[900, 40, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let capacity = backprop_engine::block::Block::<f64>::capacity_for(
        &network,
        backprop_engine::block::Use::Training,
        700,
    );
    assert!(capacity < 700);
    let start = start(&network);
    let one = fit::<f64>(
        &network,
        settings(objective.clone(), 1, 700),
        &table,
        &start,
        2,
        &mut NoObserver,
    );
    let source = table.source();
    let (loss, slopes) = with_team(1, |team| {
        gradient(
            &network,
            &objective,
            Penalty::NONE,
            table.data::<f64>(&source),
            &coefficients(&network),
            team,
        )
        .unwrap()
    });
    assert_eq!(loss, one.losses()[0]);
    let stepped = &coefficients(&network).weights[0] - &(&slopes.weights[0] * 0.1);
    let worst = (&stepped - &one.coefficients.weights[0])
        .iter()
        .fold(0.0f64, |m, d| m.max(d.abs()));
    assert!(worst < 1e-16 * 10.0, "{worst}");
}

#[test]
fn fifty_and_fifty_epochs_equal_a_hundred() {
    let table = table(150, 6, 1);
    let network = Network::new(&[6, 12, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    for method in [
        Method::Rule(Optimizer::GradientDescent(GradientDescent)),
        Method::Rule(Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: true,
        })),
        Method::Rule(Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay: 0.0,
        })),
        Method::Rule(Optimizer::Rprop(Rprop {
            shrink: 0.5,
            grow: 1.2,
            smallest: 1e-6,
            largest: 50.0,
        })),
        Method::Lbfgs(Lbfgs {
            memory: 5,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        }),
    ] {
        let mut plan = settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 100, 32);
        plan.method = method;
        plan.lr = 0.01;
        plan.schedule = Schedule {
            kind: Kind::Plateau {
                factor: 0.5,
                patience: 3,
                tolerance: 0.01,
                floor: 0.01,
            },
            warmup: 3.0,
        };
        if !matches!(method, Method::Lbfgs(_)) {
            plan.dropout = vec![0.3];
        }
        let whole = fit::<f64>(
            &network,
            plan.clone(),
            &table,
            &start(&network),
            1,
            &mut NoObserver,
        );
        plan.epochs = 50;
        let half = fit::<f64>(
            &network,
            plan.clone(),
            &table,
            &start(&network),
            1,
            &mut NoObserver,
        );
        let going_on = Start {
            coefficients: Origin::Given(half.coefficients),
            state: Some(half.state),
            epochs_done: half.epochs_done,
            best: None,
        };
        let rest = fit::<f64>(&network, plan, &table, &going_on, 2, &mut NoObserver);
        assert_eq!(whole.coefficients, rest.coefficients, "{method:?}");
        assert_eq!(whole.state, rest.state);
        assert_eq!(&whole.losses()[50..], &rest.losses()[..]);
    }
}

#[test]
fn a_weight_of_two_equals_the_row_twice() {
    let once = table(40, 3, 1);
    let mut twice = table(40, 3, 1);
    for columns in [&mut twice.x, &mut twice.y] {
        let old: Vec<f64> = columns.clone();
        columns.clear();
        for column in old.chunks_exact(40) {
            columns.extend_from_slice(column);
            columns.extend_from_slice(&column[..10]);
        }
    }
    twice.rows = 50;
    let weights: Vec<f64> = (0..40).map(|row| if row < 10 { 2.0 } else { 1.0 }).collect();
    let network = Network::new(&[3, 5, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let start = start(&network);
    let checked = settings(objective.clone(), 50, 40).check(&network).unwrap();
    let source = once.source();
    let data = Data {
        case_weights: Some(&weights),
        ..once.data::<f64>(&source)
    };
    let weighted = with_team(1, |team| {
        train(&network, &checked, data, None, &start, team, &mut NoObserver).unwrap()
    });
    let repeated = fit::<f64>(
        &network,
        settings(objective, 50, 50),
        &twice,
        &start,
        1,
        &mut NoObserver,
    );
    for (a, b) in weighted.coefficients.weights[0]
        .iter()
        .zip(&repeated.coefficients.weights[0])
    {
        assert!((a - b).abs() < 1e-12);
    }
    assert!((weighted.losses()[49] - repeated.losses()[49]).abs() < 1e-12);
}

#[test]
fn divergence_ends_the_fit_with_the_last_usable_model() {
    let table = table(50, 4, 1);
    let network = Network::new(&[4, 8, 1], &[Activation::Relu], Output::Linear).unwrap();
    let mut plan = settings(Objective::new(Output::Linear, Loss::Sse).unwrap(), 500, 50);
    plan.lr = 10.0;
    let outcome = fit::<f64>(&network, plan, &table, &start(&network), 1, &mut NoObserver);
    let Ending::Diverged(epoch) = outcome.ending else {
        panic!("{:?}", outcome.ending)
    };
    assert!(epoch > 1 && epoch < 500);
    assert_eq!(outcome.losses().len(), epoch - 1);
    assert!(outcome.losses().iter().all(|loss| loss.is_finite()));
    assert!(outcome
        .coefficients
        .weights
        .iter()
        .all(|w| w.iter().all(|v| v.is_finite())));
}

#[test]
fn weights_that_are_infinite_end_the_fit_though_the_loss_is_finite() {
    // Units that saturate hide how large their weights are; the decay of AdamW multiplies them by the rate.
    let (network, table, start) = article();
    let mut plan = settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 50, 3);
    plan.method = Method::Rule(Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.01,
    }));
    plan.lr = 1e100;
    let outcome = fit::<f64>(&network, plan.clone(), &table, &start, 1, &mut NoObserver);
    assert!(matches!(outcome.ending, Ending::Diverged(epoch) if epoch > 1));
    let weights = outcome.coefficients.weights.iter().flatten();
    assert!(weights.clone().all(|w| w.abs() <= 1e154));
    assert!(weights.clone().any(|w| w.abs() > 1e50));
    let slots = outcome
        .state
        .slots
        .iter()
        .flat_map(|(_, slot)| slot.weights.iter().flatten());
    assert!(slots.clone().all(|number| number.is_finite()));
    // From there training cannot go on in single precision.
    let start = Start::new(outcome.coefficients.clone());
    plan.lr = 0.1;
    let checked = plan.check(&network).unwrap();
    let source = table.source();
    let refused = with_team(1, |team| {
        train::<f32>(
            &network,
            &checked,
            table.data(&source),
            None,
            &start,
            team,
            &mut NoObserver,
        )
    });
    assert_eq!(refused.err(), Some(EngineError::StartTooLarge));
}

struct EndAt(usize, Result<bool>);
impl<T: Scalar> Observer<T> for EndAt {
    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        match epoch.end.epoch < self.0 {
            true => Ok(true),
            false => self.1.clone(),
        }
    }
}

#[test]
fn an_observer_can_end_the_fit_after_an_epoch() {
    let (network, table, start) = article();
    let plan = settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 100, 3);
    let interrupt = Err(EngineError::Interrupted);
    for (answer, ending) in [(Ok(false), Ending::Stopped), (interrupt, Ending::Interrupted)] {
        let mut observer = EndAt(7, answer.clone());
        let outcome = fit::<f64>(&network, plan.clone(), &table, &start, 1, &mut observer);
        assert_eq!(
            (outcome.ending, outcome.epochs_done, outcome.losses().len()),
            (ending, 7, 7)
        );
        assert_eq!(outcome.final_losses.is_some(), answer.is_ok());
    }
}

/// How often users have been asked in this thread, and which question they answer with yes.
fn interrupts_at(question: usize) -> fn() -> bool {
    thread_local!(static LEFT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });
    LEFT.set(question);
    || {
        LEFT.set(LEFT.get().saturating_sub(1));
        LEFT.get() == 0
    }
}

#[test]
fn an_interrupt_leaves_the_model_of_the_last_finished_epoch() {
    let table = table(500, 50, 1);
    let network = Network::new(&[50, 100, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let start = start(&network);
    let source = table.source();
    let mini_batch = settings(objective.clone(), 1000, 64);
    let mut clipped = settings(objective.clone(), 1000, 500);
    clipped.clip_norm = Some(1.0);
    let lbfgs = Settings {
        method: Method::Lbfgs(Lbfgs {
            memory: 5,
            gradient_tolerance: 0.0,
            value_tolerance: 0.0,
        }),
        ..settings(objective.clone(), 1000, 500)
    };
    for (plan, threads) in [(mini_batch, 2), (clipped, 1), (lbfgs, 2)] {
        // Steps of one epoch and of the next, in their middle.
        for question in [60, 63] {
            let checked = plan.clone().check(&network).unwrap();
            let outcome = with_team_asking(threads, interrupts_at(question), |team| {
                train::<f64>(
                    &network,
                    &checked,
                    table.data(&source),
                    None,
                    &start,
                    team,
                    &mut NoObserver,
                )
            });
            let outcome = outcome.unwrap();
            assert_eq!(outcome.ending, Ending::Interrupted);
            let done = outcome.epochs_done;
            assert!(done > 0 && done < 1000, "{done}");
            let mut shorter = plan.clone();
            shorter.epochs = done;
            let same = fit::<f64>(&network, shorter, &table, &start, 1, &mut NoObserver);
            assert_eq!(outcome.coefficients, same.coefficients);
            assert_eq!(outcome.state, same.state);
        }
    }
}

#[test]
fn all_that_takes_long_can_be_interrupted() {
    let table = table(400, 50, 1);
    let network = Network::new(&[50, 60, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let weights = coefficients(&network);
    let source = table.source();
    let wide = Network::new(&[400, 400, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let many = vec![1.0; 8_000_000];
    let mut curved = vec![0.0; (network.parameter_count() * network.parameter_count()) as usize];
    for threads in [1, 2] {
        with_team_asking(
            threads,
            || true,
            |team| {
                let data = || table.data::<f64>(&source);
                let interrupted = Some(EngineError::Interrupted);
                let found = hessian(
                    &network,
                    &objective,
                    Penalty::NONE,
                    data(),
                    &weights,
                    team,
                    &mut curved,
                );
                assert_eq!(found.err(), interrupted);
                let found = gradient(&network, &objective, Penalty::NONE, data(), &weights, team);
                assert_eq!(found.err(), interrupted);
                for init in [Init::Orthogonal, Init::Normal] {
                    let found = initial(&wide, &[init; 2], BiasInit::Zeros, 1, team);
                    assert_eq!(found.err(), interrupted);
                }
                let found =
                    RowSource::<f64>::non_finite_columns(&ColumnMajor::new(&many, 4_000_000, 2), team);
                assert_eq!(found.err(), interrupted);
                let found = RowMajor::<f32>::copy(&ColumnMajor::new(&many, 4_000_000, 2), team);
                assert_eq!(found.err(), interrupted);
                for _ in 0..3 {
                    // What was left undone is forgotten.
                    assert_eq!(team.run(&|_| {}), Ok(()));
                }
            },
        );
    }
}

#[test]
fn stopping_early_restores_the_best_weights() {
    let fitting = table(60, 4, 1);
    let mut held_out = table(40, 4, 1);
    // Outcomes that contradict what is learned, so that the validation loss must rise.
    held_out.y.iter_mut().for_each(|y| *y = 1.0 - *y);
    let network = Network::new(&[4, 6, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let mut plan = settings(objective.clone(), 300, 60);
    plan.stopping = Some(Stopping {
        patience: 5,
        tolerance: 0.0,
    });
    let checked = plan.check(&network).unwrap();
    let (source, other) = (fitting.source(), held_out.source());
    let outcome = with_team(1, |team| {
        train(
            &network,
            &checked,
            fitting.data::<f64>(&source),
            Some(held_out.data(&other)),
            &start(&network),
            team,
            &mut NoObserver,
        )
        .unwrap()
    });
    let Ending::Converged(best) = outcome.ending else {
        panic!("{:?}", outcome.ending)
    };
    assert_eq!(outcome.epochs_done, best + 5);
    let loss = with_team(1, |team| {
        evaluate::loss(
            &network,
            &objective,
            &outcome.coefficients,
            &held_out.data::<f64>(&other),
            team,
        )
        .unwrap()
    });
    assert_eq!(loss, outcome.history[best - 1].validation_loss.unwrap());
    assert!(outcome.last.is_some());
}

#[test]
fn lbfgs_finds_the_minimum_of_a_linear_model() {
    let table = table(80, 4, 1);
    let network = Network::new(&[4, 1], &[], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let mut plan = settings(objective.clone(), 200, 80);
    plan.lr = 1.0;
    plan.counts_hits = true;
    plan.method = Method::Lbfgs(Lbfgs {
        memory: 10,
        gradient_tolerance: 1e-10,
        value_tolerance: 0.0,
    });
    for threads in [1, 2] {
        let outcome = fit::<f64>(
            &network,
            plan.clone(),
            &table,
            &start(&network),
            threads,
            &mut NoObserver,
        );
        assert!(
            matches!(outcome.ending, Ending::Converged(epoch) if epoch < 100),
            "{:?}",
            outcome.ending
        );
        let falls = |pair: &[f64]| pair[1] <= pair[0] * (1.0 + 1e-13);
        assert!(outcome.losses().windows(2).all(falls));
        assert!(outcome.history.last().unwrap().accuracy.unwrap() > 0.9);
        let source = table.source();
        let data = table.data::<f64>(&source);
        let (_, slopes) = with_team(1, |team| {
            gradient(
                &network,
                &objective,
                Penalty::NONE,
                data,
                &outcome.coefficients,
                team,
            )
            .unwrap()
        });
        assert!(slopes.weights[0].iter().all(|slope| slope.abs() < 1e-9));
    }
}

#[test]
fn schedules_set_the_rate_of_each_epoch() {
    let (network, table, start) = article();
    let mut plan = settings(Objective::new(Output::Sigmoid, Loss::Sse).unwrap(), 6, 3);
    plan.schedule = Schedule {
        kind: Kind::Step {
            factor: 0.5,
            every: 2.0,
        },
        warmup: 0.0,
    };
    let outcome = fit::<f64>(&network, plan, &table, &start, 1, &mut NoObserver);
    let rates: Vec<f64> = outcome.history.iter().map(|end| end.lr).collect();
    assert_eq!(rates, [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
}

#[test]
fn thousands_of_layers_train_and_have_the_same_bits_for_any_number_of_threads() {
    let table = table(50, 4, 1);
    // So deep that a block holds fewer rows than there are.
    let sizes = [vec![4], vec![1; 5000], vec![1]].concat();
    let network = Network::new(&sizes, &[Activation::Sigmoid; 5000], Output::Linear).unwrap();
    let objective = Objective::new(Output::Linear, Loss::Mse).unwrap();
    let start = start(&network);
    let fits = [1, 2].map(|threads| {
        let plan = settings(objective.clone(), 2, 50);
        fit::<f64>(&network, plan, &table, &start, threads, &mut NoObserver)
    });
    assert_eq!(fits[0].ending, Ending::Completed);
    assert_eq!(fits[0].coefficients, fits[1].coefficients);
}

#[test]
fn a_traced_fit_and_an_untraced_one_have_the_same_bits() {
    let table = table(90, 5, 2);
    let network = Network::new(
        &[5, 7, 4, 2],
        &[Activation::Tanh, Activation::Gelu],
        Output::Sigmoid,
    )
    .unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let mut plan = settings(objective, 4, 32);
    plan.dropout = vec![0.2, 0.0];
    plan.penalty.strength = 0.01;
    let start = start(&network);
    let plain = fit::<f64>(&network, plan.clone(), &table, &start, 1, &mut NoObserver);
    let mut nobody = NoObserver;
    let mut recorder = Recorder::new(100, plan.method, &mut nobody);
    let traced = fit::<f64>(&network, plan, &table, &start, 2, &mut recorder);
    assert_eq!(plain.coefficients, traced.coefficients);
    assert_eq!(plain.losses(), traced.losses());
    let steps = recorder.steps;
    assert_eq!(steps.len(), 12);
    assert_eq!(steps[0].before, coefficients(&network));
    assert_eq!(steps[11].after, traced.coefficients);
    for pair in steps.windows(2) {
        assert_eq!(pair[0].after, pair[1].before);
    }
    for step in steps {
        // Each layer's delta is what came back times the slope; the update follows the gradient.
        for layer in &step.layers[..2] {
            let product = layer.incoming_errors.as_ref().unwrap() * &layer.slopes;
            assert_eq!(product, layer.errors);
        }
        let updated = &step.before.weights[1] - &(&step.gradient.weights[1] * step.lr);
        assert!((&updated - &step.after.weights[1])
            .iter()
            .all(|d| d.abs() < 1e-15));
    }
}

#[test]
fn steps_of_many_rows_have_the_same_bits_traced_and_untraced() {
    let table = table(1500, 12, 2);
    let network = Network::new(
        &[12, 20, 10, 2],
        &[Activation::Tanh, Activation::Relu],
        Output::Sigmoid,
    )
    .unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap();
    let start = start(&network);
    // All rows, and batches with a short last one.
    for (batch, steps) in [(1500, 2), (400, 8)] {
        let mut plan = settings(objective.clone(), 2, batch);
        plan.dropout = vec![0.2, 0.0];
        plan.penalty.strength = 0.01;
        plan.counts_hits = true;
        let mut nobody = NoObserver;
        let mut recorder = Recorder::new(100, plan.method, &mut nobody);
        let traced = fit::<f64>(&network, plan.clone(), &table, &start, 2, &mut recorder);
        assert_eq!(recorder.steps.len(), steps);
        for threads in [1, 3] {
            let plain = fit::<f64>(&network, plan.clone(), &table, &start, threads, &mut NoObserver);
            assert_eq!(plain.coefficients, traced.coefficients);
            assert_eq!(plain.losses(), traced.losses());
        }
    }
}

#[test]
fn a_start_that_is_drawn_is_the_one_that_is_given() {
    let table = table(50, 4, 1);
    let network = Network::new(&[4, 5, 1], &[Activation::Tanh], Output::Sigmoid).unwrap();
    let objective = Objective::new(Output::Sigmoid, Loss::Sse).unwrap();
    let plan = settings(objective, 3, 10);
    let drawn = Start::new(Draw {
        weights: vec![Init::GlorotUniform; 2],
        biases: BiasInit::Uniform,
        seed: 5,
    });
    let outcome = fit::<f64>(&network, plan.clone(), &table, &drawn, 1, &mut NoObserver);
    let given = fit::<f64>(&network, plan, &table, &start(&network), 1, &mut NoObserver);
    assert_eq!(outcome.coefficients, given.coefficients);
}

/// What a training that may take next to nothing says that it needs.
fn bytes_needed(network: &Network, batch: usize, source: &dyn RowSource<f64>, start: &Start) -> f64 {
    let objective = Objective::new(network.output(), Loss::Mse).unwrap();
    let mut plan = settings(objective, 1, batch);
    plan.budget.limit = Some(1.0);
    let plan = plan.check(network).unwrap();
    let y = vec![0.0; source.rows() * network.outputs()];
    let data = Data {
        inputs: source,
        outcomes: ColumnMajor::new(&y, source.rows(), network.outputs()),
        case_weights: None,
        offsets: None,
    };
    let answer = with_team(1, |team| {
        train(network, &plan, data, None, start, team, &mut NoObserver)
    });
    match answer {
        Err(EngineError::Memory { needed, .. }) => needed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_network_beyond_the_machine_is_refused_before_its_weights_are_drawn() {
    let drawn = Start::new(Draw {
        weights: vec![Init::Normal; 6],
        biases: BiasInit::Zeros,
        seed: 1,
    });
    // R's integers end with the second one, which gives more parameters than can be counted.
    for units in [100_000_000, i32::MAX as usize, 1 << 49] {
        let sizes = [1000, units, units, units, units, units, 1];
        let network = Network::new(&sizes, &[Activation::Relu; 5], Output::Linear).unwrap();
        let x = vec![0.0; 1000];
        let needed = bytes_needed(&network, 1, &ColumnMajor::new(&x, 1, 1000), &drawn);
        assert!(needed > 8.0 * (units as f64).powi(2), "{needed}");
    }
}

#[test]
fn only_rows_that_are_copied_to_be_shuffled_are_charged() {
    let (rows, columns) = (1000, 200);
    let network = Network::new(&[columns, 3, 1], &[Activation::Tanh], Output::Linear).unwrap();
    let start = start(&network);
    let x = vec![0.0; rows * columns];
    let dense = ColumnMajor::new(&x, rows, columns);
    let starts = vec![0; columns + 1];
    let sparse = SparseRows::from_columns(&starts, &[], &[], rows, columns).unwrap();
    let needed = |source: &dyn RowSource<f64>, batch| bytes_needed(&network, batch, source, &start);
    let copy = (8 * rows * columns) as f64;
    let row_starts = (8 * (rows + 1)) as f64;
    let more = needed(&dense, 32) - needed(&sparse, 32) + row_starts;
    assert!((copy..1.01 * copy).contains(&more), "{more}");
    // Batches of all rows are read in order.
    assert_eq!(needed(&dense, rows), needed(&sparse, rows) - row_starts);
}

#[test]
fn a_row_is_predicted_alike_in_any_company() {
    let table = table(301, 7, 3);
    let network = Network::new(&[7, 20, 3], &[Activation::Silu], Output::Softmax).unwrap();
    let coefficients = coefficients(&network);
    let predict = |x: &[f64], rows: usize| {
        let source = ColumnMajor::new(x, rows, 7);
        let mut out = vec![0.0; rows * 3];
        with_team(2, |team| {
            evaluate::predict::<f64>(&network, &coefficients, &source, None, team, &mut out).unwrap()
        });
        out
    };
    let all = predict(&table.x, 301);
    for row in [0, 5, 300] {
        let one: Vec<f64> = (0..7).map(|column| table.x[column * 301 + row]).collect();
        let alone = predict(&one, 1);
        for output in 0..3 {
            assert_eq!(alone[output], all[output * 301 + row]);
        }
    }
}
