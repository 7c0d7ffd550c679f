//! A small table, network and settings, and fits of them.

use crate::workloads;
use backprop_engine::base::threads::{with_team, with_team_asking};
use backprop_engine::data::rows::ColumnMajor;
use backprop_engine::data::Data;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::init::{initial, BiasInit, Init};
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{Momentum, Optimizer};
use backprop_engine::train::observer::{NoObserver, Observer};
use backprop_engine::{evaluate, train, Method, Network, Result, Settings, Start, Trained};
use std::cell::Cell;

pub const INPUTS: usize = 3;

pub struct Table {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub weights: Vec<f64>,
}

pub fn table(rows: usize, step: usize) -> Table {
    let numbers = |count: usize, step: usize| -> Vec<f64> {
        (0..count)
            .map(|i| ((i * step + 3) % 101) as f64 / 50.0 - 1.0)
            .collect()
    };
    let x = numbers(rows * INPUTS, step);
    let y = (0..rows)
        .map(|row| f64::from(u8::from(x[row] + 0.5 * x[rows + row] > 0.1 * (row % 7) as f64)))
        .collect();
    Table {
        x,
        y,
        weights: (0..rows).map(|row| 0.5 + (row % 3) as f64).collect(),
    }
}

impl Table {
    pub fn source(&self) -> ColumnMajor<'_> {
        ColumnMajor::new(&self.x, self.y.len(), INPUTS)
    }

    pub fn data<'a>(&'a self, source: &'a ColumnMajor<'a>) -> Data<'a, f64> {
        Data {
            inputs: source,
            targets: ColumnMajor::new(&self.y, self.y.len(), 1),
            case_weights: Some(&self.weights),
            offsets: None,
        }
    }
}

pub fn network() -> Network {
    Network::new(&[INPUTS, 6, 1], &[Activation::Tanh], Output::Sigmoid).unwrap()
}

pub fn objective() -> Objective {
    Objective::new(Output::Sigmoid, Loss::BinaryCrossEntropy).unwrap()
}

pub fn settings(epochs: usize) -> Settings {
    Settings {
        method: Method::Rule(Optimizer::Momentum(Momentum {
            momentum: 0.9,
            nesterov: false,
        })),
        lr: 0.3,
        seed: 2,
        counts_hits: true,
        ..workloads::settings(objective(), epochs, 10)
    }
}

pub fn start() -> Start {
    let init = [Init::GlorotUniform; 2];
    Start::new(with_team(1, |team| initial(&network(), &init, BiasInit::Uniform, 5, team)).unwrap())
}

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
    static INTERRUPTS_AT: Cell<usize> = const { Cell::new(0) };
}

/// A user who answers one question of this thread with yes, counted from now on; none where it is 0.
pub fn interrupts_at(question: usize) -> fn() -> bool {
    ASKED.set(0);
    INTERRUPTS_AT.set(question);
    || {
        ASKED.set(ASKED.get() + 1);
        ASKED.get() == INTERRUPTS_AT.get()
    }
}

/// How often the user of [`interrupts_at`] has been asked.
pub fn asked() -> usize {
    ASKED.get()
}

pub fn fit_with(
    settings: Settings,
    start: &Start,
    fitting: &Table,
    held_out: Option<&Table>,
    observer: &mut dyn Observer<f64>,
) -> Result<Trained> {
    fit_asking(settings, start, fitting, held_out, || false, observer)
}

/// A fit whose user may interrupt.
pub fn fit_asking(
    settings: Settings,
    start: &Start,
    fitting: &Table,
    held_out: Option<&Table>,
    interrupted: fn() -> bool,
    observer: &mut dyn Observer<f64>,
) -> Result<Trained> {
    let network = network();
    let checked = settings.check(&network).unwrap();
    let (source, other) = (fitting.source(), held_out.map(Table::source));
    let validation = held_out
        .zip(other.as_ref())
        .map(|(table, source)| table.data(source));
    with_team_asking(1, interrupted, |team| {
        train(
            &network,
            &checked,
            fitting.data(&source),
            validation,
            start,
            team,
            observer,
        )
    })
}

pub fn fit(settings: Settings, start: &Start, fitting: &Table, held_out: Option<&Table>) -> Trained {
    fit_with(settings, start, fitting, held_out, &mut NoObserver).unwrap()
}

/// Loss and share of rows classified rightly, weighted, of given weights on a table.
pub fn judged(trained: &Trained, table: &Table) -> (f64, f64) {
    let (network, source) = (network(), table.source());
    let data = table.data(&source);
    let mut p = vec![0.0; table.y.len()];
    let loss = with_team(1, |team| {
        evaluate::predict::<f64>(&network, &trained.coefficients, &source, None, team, &mut p).unwrap();
        evaluate::loss(&network, &objective(), &trained.coefficients, &data, team).unwrap()
    });
    let rows = p.iter().zip(&table.y).zip(&table.weights);
    let right: f64 = rows
        .map(|((p, y), w)| if (*p > 0.5) == (*y > 0.5) { *w } else { 0.0 })
        .sum();
    (loss, right / table.weights.iter().sum::<f64>())
}
