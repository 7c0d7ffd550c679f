//! Arguments as they come, and those that break things.

use backprop_engine::base::memory::Budget;
use backprop_engine::base::threads::Team;
use backprop_engine::data::rows::{ColumnMajor, RowSource, Selection};
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::init::{BiasInit, Draw, Init};
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::lbfgs::Lbfgs;
use backprop_engine::optim::schedule::{Kind, Plateau, Schedule};
use backprop_engine::optim::state::OptimizerState;
use backprop_engine::optim::{Adagrad, Adam, GradientDescent, Momentum, Optimizer, RmsProp, Rprop};
use backprop_engine::{Best, Method, Origin, Result, Scalar, Settings, Start, Stopping};
use ndarray::{Array1, Array2};
use proptest::prelude::*;

/// Numbers as they come, and those that break things.
pub fn number() -> impl Strategy<Value = f64> {
    let breakers = vec![
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -0.0,
        f64::MIN_POSITIVE,
        f64::EPSILON,
        f64::MAX,
        f64::MIN,
        1e300,
        -1.0,
        1.0,
        1.0 + f64::EPSILON,
        1.0 - f64::EPSILON,
    ];
    prop_oneof![3 => 0.0..1.0, 1 => -1e3..1e3f64, 2 => prop::sample::select(breakers)]
}

/// Counts as they come, and those that break things.
pub fn count() -> impl Strategy<Value = usize> {
    let breakers = vec![
        0,
        1 << 16,
        i32::MAX as usize,
        u32::MAX as usize,
        1 << 40,
        (1 << 53) - 1,
        1 << 53,
        usize::MAX / 8,
        usize::MAX / 2 + 1,
        usize::MAX - 1,
        usize::MAX,
    ];
    prop_oneof![3 => 1..6usize, 1 => prop::sample::select(breakers)]
}

/// Mostly the right length, sometimes another.
pub fn about(right: usize) -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(right), 1 => 0..right + 3]
}

pub fn activation() -> impl Strategy<Value = Activation> {
    prop::sample::select(Activation::ALL.to_vec())
}

pub fn objective() -> impl Strategy<Value = Objective> {
    let outputs: Vec<Output> = Output::ALL.iter().map(|(output, ..)| *output).collect();
    let taus = prop::collection::vec(number(), 0..4);
    let parameters = (number(), taus, 0..6usize);
    let loss =
        (prop::sample::select(Loss::all()), parameters).prop_map(
            |(loss, (delta, taus, classes))| match loss {
                Loss::Huber(_) => Loss::Huber(delta),
                Loss::Quantile(_) => Loss::Quantile(taus),
                Loss::Ordinal(_) => Loss::Ordinal(classes),
                loss => loss,
            },
        );
    (prop::sample::select(outputs), loss).prop_filter_map("a pair with meaning", |(output, loss)| {
        Objective::new(output, loss).ok()
    })
}

pub fn method() -> impl Strategy<Value = Method> {
    let hyperparameters = (number(), number(), number(), number());
    let rule =
        (0..6usize, hyperparameters, any::<bool>()).prop_map(|(which, (a, b, c, d), flag)| match which {
            0 => Optimizer::GradientDescent(GradientDescent),
            1 => Optimizer::Momentum(Momentum {
                momentum: a,
                nesterov: flag,
            }),
            2 => Optimizer::Adagrad(Adagrad { epsilon: a }),
            3 => Optimizer::RmsProp(RmsProp { rho: a, epsilon: b }),
            4 => Optimizer::Adam(Adam {
                beta1: a,
                beta2: b,
                epsilon: c,
                decay: d,
            }),
            _ => Optimizer::Rprop(Rprop {
                shrink: a,
                grow: b,
                smallest: c,
                largest: d,
            }),
        });
    let lbfgs =
        (0..200usize, number(), number()).prop_map(|(memory, gradient_tolerance, value_tolerance)| {
            Method::Lbfgs(Lbfgs {
                memory,
                gradient_tolerance,
                value_tolerance,
            })
        });
    prop_oneof![3 => rule.prop_map(Method::Rule), 1 => lbfgs]
}

pub fn schedule() -> impl Strategy<Value = Schedule> {
    let numbers = (number(), number(), number(), number());
    let kind =
        (0..6usize, numbers, any::<bool>(), count()).prop_map(
            |(which, (a, b, c, d), flag, whole)| match which {
                0 => Kind::Constant,
                1 => Kind::Step { factor: a, every: b },
                2 => Kind::Exponential { rate: a },
                3 => Kind::Cosine {
                    period: a,
                    floor: b,
                    restarts: flag,
                    growth: c,
                },
                4 => Kind::OneCycle {
                    total: a,
                    rise: b,
                    start: c,
                    floor: d,
                },
                _ => Kind::Plateau {
                    factor: a,
                    patience: whole,
                    tolerance: b,
                    floor: c,
                },
            },
        );
    let warmup = prop_oneof![2 => Just(0.0), 1 => number()];
    (kind, warmup).prop_map(|(kind, warmup)| Schedule { kind, warmup })
}

pub fn settings(hidden: usize) -> impl Strategy<Value = Settings> {
    let often = |value: f64| prop_oneof![3 => Just(value), 1 => number()];
    let of_loss = (objective(), method(), often(0.1), schedule());
    let of_rows = (0..4usize, count(), any::<bool>(), any::<u64>());
    let of_weights = (
        often(0.0),
        often(0.5),
        about(hidden).prop_flat_map(move |len| prop::collection::vec(often(0.0), len)),
        prop::option::of(often(1.0)),
    );
    let of_end = (
        prop::option::of((count(), number())),
        any::<bool>(),
        any::<bool>(),
    );
    (of_loss, of_rows, of_weights, of_end).prop_map(
        |(
            (objective, method, lr, schedule),
            (epochs, batch_size, shuffle, seed),
            (strength, mixture, dropout, clip_norm),
            (stopping, counts_hits, copies_result),
        )| Settings {
            objective,
            method,
            lr,
            schedule,
            epochs,
            batch_size,
            shuffle: if shuffle {
                backprop_engine::Shuffle::All
            } else {
                backprop_engine::Shuffle::No
            },
            seed,
            penalty: Penalty { strength, mixture },
            dropout,
            clip_norm,
            stopping: stopping.map(|(patience, tolerance)| Stopping { patience, tolerance }),
            counts_hits,
            deadline: None,
            metric: None,
            decay_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
            dropout_schedule: backprop_engine::optim::schedule::Schedule::CONSTANT,
            budget: Budget {
                limit: Some(1e8),
                copies_result,
                ..Budget::default()
            },
        },
    )
}

/// A row source of any extents that takes no memory.
pub struct Zeros {
    pub rows: usize,
    pub columns: usize,
}

impl<T: Scalar> RowSource<T> for Zeros {
    fn rows(&self) -> usize {
        self.rows
    }
    fn columns(&self) -> usize {
        self.columns
    }
    fn non_finite_columns(&self, _: &Team) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }
    fn gather(&self, _: Selection<'_>, out: &mut [T]) {
        out.fill(T::zero());
    }
}

/// Parts of a table that mostly, but not always, belong together.
#[derive(Debug)]
pub struct Table {
    inputs: (usize, usize),
    targets: (usize, usize),
    offsets: Option<(usize, usize)>,
    weights: Option<Vec<f64>>,
    numbers: Vec<f64>,
}

pub fn table(rows: usize, inputs: usize, outputs: usize) -> impl Strategy<Value = Table> {
    let shape = (about(rows), about(inputs), about(rows), about(outputs));
    let offsets = prop::option::of((about(rows), about(outputs)));
    let weights = prop::option::of(
        about(rows)
            .prop_flat_map(|len| prop::collection::vec(prop_oneof![8 => 0.1..3.0, 1 => number()], len)),
    );
    let numbers = prop::collection::vec(prop_oneof![60 => 0.0..1.0, 1 => number()], 64);
    (shape, offsets, weights, numbers).prop_map(|((n, p, m, k), offsets, weights, numbers)| Table {
        inputs: (n, p),
        targets: (m, k),
        offsets,
        weights,
        numbers,
    })
}

impl Table {
    pub fn matrix(&self, (rows, columns): (usize, usize), first: usize) -> Vec<f64> {
        (first..first + rows * columns)
            .map(|i| self.numbers[i * 7 % 64])
            .collect()
    }

    /// Gives the table as data to `work`.
    pub fn with<T: Scalar, R>(&self, work: impl FnOnce(Data<'_, T>) -> R) -> R {
        let (x, y) = (self.matrix(self.inputs, 0), self.matrix(self.targets, 3));
        let shifts = self.offsets.map(|shape| (self.matrix(shape, 5), shape));
        let inputs = ColumnMajor::new(&x, self.inputs.0, self.inputs.1);
        work(Data {
            inputs: &inputs,
            targets: ColumnMajor::new(&y, self.targets.0, self.targets.1),
            case_weights: self.weights.as_deref(),
            offsets: shifts
                .as_ref()
                .map(|(numbers, (rows, columns))| ColumnMajor::new(numbers, *rows, *columns)),
        })
    }
}

/// Coefficients of the right shapes, or nearly.
pub fn coefficients(sizes: Vec<usize>) -> impl Strategy<Value = Coefficients> {
    let layers = about(sizes.len() - 1);
    let of_layer = move |layer: usize| {
        let layer = layer.min(sizes.len() - 2);
        (
            about(sizes[layer]),
            about(sizes[layer + 1]),
            about(sizes[layer + 1]),
            -2.0..2.0f64,
        )
    };
    let all = layers.prop_flat_map(move |count| (0..count).map(&of_layer).collect::<Vec<_>>());
    all.prop_map(|layers| Coefficients {
        ancillary: Array1::default(0),
        weights: layers
            .iter()
            .map(|&(inputs, units, _, w)| {
                Array2::from_shape_fn((inputs, units), |(i, j)| w / (1.0 + i as f64 + j as f64))
            })
            .collect(),
        biases: layers
            .iter()
            .map(|&(_, _, units, w)| Array1::from_elem(units, w / 2.0))
            .collect(),
    })
}

pub fn start(sizes: Vec<usize>) -> impl Strategy<Value = Start> {
    let drawn = (about(sizes.len() - 1), any::<u64>()).prop_map(|(layers, seed)| {
        Origin::Drawn(Draw {
            ancillary: Vec::new(),
            weights: vec![Init::GlorotNormal; layers],
            biases: BiasInit::Uniform,
            seed,
        })
    });
    let given = coefficients(sizes.clone()).prop_map(Origin::Given);
    let slots = prop::collection::vec(coefficients(sizes.clone()), 0..4);
    let plateau =
        (number(), number(), count()).prop_map(|(factor, best, waited)| Plateau { factor, best, waited });
    let steps = prop_oneof![Just(0), Just(7), Just(u64::MAX), Just(u64::MAX - 1)];
    let state =
        (slots, plateau, steps, any::<u32>()).prop_map(|(slots, plateau, steps, format)| OptimizerState {
            format,
            steps,
            slots: slots.into_iter().map(|slot| ("slot".to_string(), slot)).collect(),
            plateau,
        });
    let best = (count(), number(), coefficients(sizes)).prop_map(|(epoch, loss, coefficients)| Best {
        epoch,
        loss,
        coefficients,
    });
    (
        prop_oneof![drawn, given],
        prop_oneof![2 => Just(None), 1 => state.prop_map(Some)],
        prop_oneof![3 => Just(0), 1 => count()],
        prop_oneof![3 => Just(None), 1 => best.prop_map(Some)],
    )
        .prop_map(|(coefficients, state, epochs_done, best)| Start {
            coefficients,
            state,
            epochs_done,
            best,
        })
}
