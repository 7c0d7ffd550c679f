//! Tables and networks for every way that steps are cut, as the engine and the plain network of `reference.rs` take them.

use crate::reference::{Reference, Rows};
use crate::workloads;
use backprop_engine::base::threads::with_team;
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation::{self, Gelu, Relu, Sigmoid, Softplus, Tanh};
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::{Loss, Objective, Output, Penalty};
use backprop_engine::optim::Method;
use backprop_engine::train::observer::NoObserver;
use backprop_engine::{train, Coefficients, Network, Scalar, Settings, Shuffle, Start, Trained};
use ndarray::{s, Array1, Array2};

/// A network, and a table for it.
pub struct Shape {
    /// The last is as many as the loss wants.
    pub sizes: &'static [usize],
    pub hidden: &'static [Activation],
    pub rows: usize,
    pub batch: usize,
}

/// One panel and one micropanel a layer: steps are made in one go.
const SMALL: Shape = Shape {
    sizes: &[7, 8, 6, 0],
    hidden: &[Tanh, Sigmoid],
    rows: 50,
    batch: 20,
};
/// Several panels, some of them with a number of units beyond their width, and too little work for more than that.
const PANELS: Shape = Shape {
    sizes: &[60, 19, 9, 0],
    hidden: &[Gelu, Tanh],
    rows: 70,
    batch: 25,
};
/// Many rows on few parameters: shards. The last step has too few of them.
const SHARDS: Shape = Shape {
    sizes: &[20, 64, 32, 0],
    hidden: &[Softplus, Tanh],
    rows: 300,
    batch: 140,
};
/// The same where one step has all rows, which stay where they are.
const ONE_STEP: Shape = Shape {
    sizes: &[20, 64, 32, 0],
    hidden: &[Relu, Tanh],
    rows: 200,
    batch: 200,
};
/// So wide that the rows of a step go through in several workspaces, and so many weights that there are no shards.
pub const WIDE: Shape = Shape {
    sizes: &[300, 1000, 0],
    hidden: &[Tanh],
    rows: 310,
    batch: 300,
};

/// One shape for each way that steps are cut.
pub fn shapes() -> [(&'static str, &'static Shape); 4] {
    [
        ("small", &SMALL),
        ("panels", &PANELS),
        ("shards", &SHARDS),
        ("one step", &ONE_STEP),
    ]
}

/// What a training has besides rows and a rule.
#[derive(Clone, Copy)]
pub struct Extras {
    pub case_weights: bool,
    pub offsets: bool,
    pub penalty: Option<(f64, f64)>,
    pub clip: Option<f64>,
    pub validation: bool,
}

/// All that does not shorten gradients or look on.
pub const ALL: Extras = Extras {
    case_weights: true,
    offsets: true,
    penalty: Some((0.02, 0.3)),
    clip: None,
    validation: false,
};

/// Rows alone.
pub const NONE: Extras = Extras {
    case_weights: false,
    offsets: false,
    penalty: None,
    clip: None,
    validation: false,
};

/// A table of a shape, with as many outputs as a loss wants.
pub struct Problem {
    pub network: Network,
    pub objective: Objective,
    extras: Extras,
    pub batch: usize,
    pub all: Rows,
    /// Inputs, targets and offsets column by column.
    columns: [Vec<f64>; 3],
    pub start: Coefficients,
}

impl Problem {
    pub fn new(shape: &Shape, output: Output, loss: &Loss, extras: Extras) -> Problem {
        let k = match loss {
            Loss::Quantile(taus) => taus.len(),
            Loss::CrossEntropy => 3,
            Loss::Sse | Loss::BinaryCrossEntropy => 1,
            _ => 2,
        };
        let mut sizes = shape.sizes.to_vec();
        sizes[shape.sizes.len() - 1] = k;
        let network = Network::new(&sizes, shape.hidden, output).unwrap();
        let objective = Objective::new(output, loss.clone()).unwrap();
        let rows = shape.rows;
        let drawn = |columns: usize, step: f64| {
            // Neither regular nor random: the fractions of multiples of an irrational number.
            Array2::from_shape_fn((rows, columns), |(row, column)| {
                ((row * columns + column + 1) as f64 * step).fract() * 2.0 - 1.0
            })
        };
        let mut y = drawn(objective.targets_per_row(k), 3f64.sqrt());
        match output {
            Output::Linear => {}
            Output::Softmax => y.rows_mut().into_iter().for_each(|mut row| {
                let class = if row[0] > 0.3 {
                    0
                } else {
                    1 + usize::from(row[1] > 0.0)
                };
                row.fill(0.0);
                row[class] = 1.0;
            }),
            Output::Sigmoid | Output::Exponential => y.mapv_inplace(|y| f64::from(u8::from(y > 0.2))),
        }
        let offsets = if extras.offsets {
            drawn(k, 7f64.sqrt()) * 0.5
        } else {
            Array2::zeros((rows, k))
        };
        let weights = Array1::from_shape_fn(rows, |row| match extras.case_weights {
            true => 0.25 + (row % 5) as f64 / 2.0,
            false => 1.0,
        });
        let x = drawn(sizes[0], 2f64.sqrt());
        let by_columns = |matrix: &Array2<f64>| matrix.t().iter().copied().collect::<Vec<f64>>();
        let init = vec![Init::GlorotUniform; sizes.len() - 1];
        Problem {
            start: with_team(1, |team| initial(&network, &init, BiasInit::Uniform, 5, team)).unwrap(),
            columns: [by_columns(&x), by_columns(&y), by_columns(&offsets)],
            all: Rows {
                x,
                y,
                offsets,
                weights,
            },
            batch: shape.batch,
            network,
            objective,
            extras,
        }
    }

    /// The same, to be changed.
    pub fn copied(&self) -> Problem {
        Problem {
            network: self.network.clone(),
            objective: self.objective.clone(),
            extras: self.extras,
            batch: self.batch,
            all: self.part(0, self.all.x.nrows()),
            columns: self.columns.clone(),
            start: self.start.clone(),
        }
    }

    pub fn penalty(&self) -> Penalty {
        let (strength, mixture) = self.extras.penalty.unwrap_or((0.0, 0.0));
        Penalty { strength, mixture }
    }

    pub fn reference(&self, at: &Coefficients) -> Reference<'_> {
        Reference {
            network: &self.network,
            loss: self.objective.loss(),
            penalty: self.penalty(),
            clip: self.extras.clip.unwrap_or(f64::INFINITY),
            at: at.clone(),
        }
    }

    /// Some of the rows.
    pub fn part(&self, first: usize, last: usize) -> Rows {
        Rows {
            x: self.all.x.slice(s![first..last, ..]).to_owned(),
            y: self.all.y.slice(s![first..last, ..]).to_owned(),
            offsets: self.all.offsets.slice(s![first..last, ..]).to_owned(),
            weights: self.all.weights.slice(s![first..last]).to_owned(),
        }
    }

    /// What the sum over `n` rows of a step is multiplied by.
    pub fn scale(&self, n: usize) -> f64 {
        match self.objective.is_sum() {
            true => 1.0,
            false => 1.0 / (n as f64 * self.all.weights.mean().unwrap()),
        }
    }

    pub fn with_data<T: Scalar, V>(&self, work: impl FnOnce(Data<'_, T>) -> V) -> V {
        let rows = self.all.x.nrows();
        let [x, y, offsets] = &self.columns;
        let matrix = |numbers| ColumnMajor::new(numbers, rows, <[f64]>::len(numbers) / rows);
        work(Data {
            inputs: &matrix(x),
            targets: matrix(y),
            case_weights: self
                .extras
                .case_weights
                .then(|| self.all.weights.as_slice().unwrap()),
            offsets: self.extras.offsets.then(|| matrix(offsets)),
        })
    }

    pub fn trained<T: Scalar>(&self, method: Method, lr: f64, epochs: usize, threads: usize) -> Trained {
        let settings = Settings {
            method,
            lr,
            shuffle: Shuffle::No,
            penalty: self.penalty(),
            clip_norm: self.extras.clip,
            ..workloads::settings(self.objective.clone(), epochs, self.batch)
        };
        let checked = settings.check(&self.network).unwrap();
        let start = Start::new(self.start.clone());
        self.with_data::<T, _>(|data| {
            let validation = self.extras.validation.then_some(data);
            with_team(threads, |team| {
                train(
                    &self.network,
                    &checked,
                    data,
                    validation,
                    &start,
                    team,
                    &mut NoObserver,
                )
            })
        })
        .unwrap()
    }
}
