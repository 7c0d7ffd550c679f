//! Claims about the seam between gradient and update: workers in lock-step, each with its own rows, are one worker with all
//! of them.

use backprop_engine::base::threads::with_team;
use backprop_engine::compute::backend::Backend;
use backprop_engine::compute::context::Pass;
use backprop_engine::compute::model::Model;
use backprop_engine::compute::reduce::{Alone, Reduce};
use backprop_engine::compute::step::{StepConfig, StepPlan};
use backprop_engine::data::rows::{ColumnMajor, Selection};
use backprop_engine::data::{Data, Rows, Source};
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::layout::Layout;
use backprop_engine::objective::penalty::Penalty;
use backprop_engine::objective::{Loss, Objective, Output};
use backprop_engine::optim::{Adam, GradientDescent, Optimizer, Step};
use backprop_engine::{EngineError, Method, Network, Result};
use std::ops::Range;
use std::sync::{Barrier, Mutex};

use super::workloads::{coefficients, table, Table};

/// Two workers who add up what each has put down.
struct Pair {
    put: Mutex<[Vec<f64>; 2]>,
    meet: Barrier,
}

struct Worker<'a>(&'a Pair, usize);

impl Reduce<f64> for Worker<'_> {
    fn sum(&mut self, gradient: &mut [f64], numbers: &mut [f64]) -> Result<()> {
        self.0.put.lock().unwrap()[self.1] = [&*gradient, &*numbers].concat();
        self.0.meet.wait();
        {
            // In one order for both: the same bits.
            let put = self.0.put.lock().unwrap();
            let sums = put[0].iter().zip(&put[1]).map(|(a, b)| a + b);
            for (number, sum) in gradient.iter_mut().chain(numbers).zip(sums) {
                *number = sum;
            }
        }
        self.0.meet.wait();
        Ok(())
    }
}

/// A network of any way that steps are cut, and how they are made.
struct Problem {
    network: Network,
    objective: Objective,
    rule: Optimizer,
    penalty: Penalty,
    clip_norm: Option<f64>,
    table: Table,
    weights: Vec<f64>,
}

/// Some rows of a table, column by column.
fn part(numbers: &[f64], rows: usize, from: usize, to: usize) -> Vec<f64> {
    numbers
        .chunks_exact(rows)
        .flat_map(|column| column[from..to].to_vec())
        .collect()
}

impl Problem {
    /// Steps of a worker who has the given rows, each on a list of these; each step's loss and penalty, and the parameters.
    fn steps(
        &self,
        rows: Range<usize>,
        batches: &[Vec<u32>],
        threads: usize,
        reduce: Box<dyn Reduce<f64> + '_>,
    ) -> Result<Vec<f64>> {
        let (count, all) = (rows.len(), self.table.rows);
        let x = part(&self.table.x, all, rows.start, rows.end);
        let y = part(&self.table.y, all, rows.start, rows.end);
        let inputs = ColumnMajor::new(&x, count, self.table.inputs);
        let data = Data {
            inputs: &inputs,
            targets: ColumnMajor::new(&y, count, self.table.outputs),
            case_weights: Some(&self.weights[rows]),
            offsets: None,
        };
        let layout = Layout::of::<f64>(&self.network);
        with_team(threads, |team| {
            let method = Method::Rule(self.rule);
            let at = coefficients(&self.network);
            let model = Model::new(&self.network, &layout, &method, 0.05, &at, None, team)?;
            let config = StepConfig {
                pass: Pass::new(&self.network, &layout, Some(&self.objective)),
                objective: &self.objective,
                optimizer: self.rule,
                penalty: self.penalty,
                clip_norm: self.clip_norm,
                data: Rows::Table(data),
                team,
                largest_step: batches[0].len(),
                records: false,
                whole_gradient: false,
                counts_hits: true,
            };
            let mut backend = Backend::new(config, model, Source::Table(data), reduce)?;
            let mut found = Vec::new();
            for (number, batch) in batches.iter().enumerate() {
                let plan = StepPlan {
                    rows: Selection::Listed(batch),
                    step: Step {
                        lr: 0.05,
                        number: number as u64 + 1,
                        decay: 0.9,
                    },
                    share: batch.len() as f64 / count as f64,
                    dropout: None,
                };
                let step = backend.step(&plan)?;
                found.extend([step.totals.loss, step.totals.hits, step.penalty]);
            }
            found.push(backend.total_weight());
            found.extend(backend.get());
            Ok(found)
        })
    }
}

fn problems() -> Vec<(Problem, usize)> {
    let adam = Optimizer::Adam(Adam {
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-3,
        decay: 0.05,
    });
    let descent = Optimizer::GradientDescent(GradientDescent);
    let none = Penalty::NONE;
    let some = Penalty {
        strength: 0.03,
        mixture: 0.3,
    };
    let mut problems = Vec::new();
    // Small, panels, and shards of a step; a mean and a sum over rows.
    for (sizes, rows, batch) in [
        (&[5, 7, 2][..], 48, 12),
        (&[60, 19, 9, 2], 70, 35),
        (&[20, 64, 32, 2], 1200, 300),
    ] {
        for (loss, lr_is_small) in [(Loss::Mse, false), (Loss::Sse, true)] {
            for (rule, penalty, clip_norm) in [
                (descent, none, Some(0.2)),
                (adam, none, None),
                (adam, some, None),
                (descent, some, Some(0.1)),
            ] {
                let hidden = vec![Activation::Tanh; sizes.len() - 2];
                let clip_norm = clip_norm.or(lr_is_small.then_some(1.0));
                problems.push((
                    Problem {
                        network: Network::new(sizes, &hidden, Output::Linear).unwrap(),
                        objective: Objective::new(Output::Linear, loss.clone()).unwrap(),
                        rule,
                        penalty,
                        clip_norm,
                        table: table(rows, sizes[0], 2),
                        weights: (0..rows).map(|row| 0.5 + (row % 4) as f64).collect(),
                    },
                    batch,
                ));
            }
        }
    }
    problems
}

fn close(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len());
    let size = wanted.iter().fold(1.0f64, |most, number| most.max(number.abs()));
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= 1e-12 * size, "{what}: {found} {wanted}");
    }
}

/// Two workers in lock-step, the first of whom has the rows before `cut`, against one who has all: steps on the given rows
/// of the first and of the second.
fn are_one(problem: &Problem, cut: usize, batches: &[[Range<usize>; 2]], what: &str) {
    let rows = problem.table.rows;
    let listed = |rows: &Range<usize>, first: usize| -> Vec<u32> {
        rows.clone().map(|row| (row - first) as u32).collect()
    };
    let of_worker = |worker: usize| -> Vec<Vec<u32>> {
        let of_step = |batch: &[Range<usize>; 2]| listed(&batch[worker], worker * cut);
        batches.iter().map(of_step).collect()
    };
    let of_both: Vec<Vec<u32>> = batches
        .iter()
        .map(|[one, other]| [listed(one, 0), listed(other, 0)].concat())
        .collect();
    let wanted = problem.steps(0..rows, &of_both, 1, Box::new(Alone)).unwrap();
    let pair = &Pair {
        put: Mutex::default(),
        meet: Barrier::new(2),
    };
    let (one, other) = std::thread::scope(|scope| {
        let batches = of_worker(0);
        let one = scope.spawn(move || problem.steps(0..cut, &batches, 1, Box::new(Worker(pair, 0))));
        let other = problem.steps(cut..rows, &of_worker(1), 2, Box::new(Worker(pair, 1)));
        (one.join().unwrap().unwrap(), other.unwrap())
    });
    assert_eq!(one, other, "{what}: the same bits for both");
    close(&one, &wanted, what);
}

#[test]
fn two_workers_in_lock_step_are_one_on_all_rows() {
    for (problem, batch) in problems() {
        let rows = problem.table.rows;
        let what = format!(
            "{} inputs, {:?}, {:?}, clipped at {:?}",
            problem.network.inputs(),
            problem.rule,
            problem.penalty,
            problem.clip_norm
        );
        let cut = rows / 3;
        are_one(&problem, cut, &vec![[0..cut, cut..rows]; 4], &what);
        let (half, share) = (rows / 2, batch / 2);
        let batches: Vec<_> = (0..half / share)
            .map(|number| number * share)
            .map(|first| [first..first + share, half + first..half + first + share])
            .collect();
        are_one(&problem, half, &batches, &what);
    }
}

/// A worker whose other is gone.
struct Left;

impl Reduce<f64> for Left {
    fn sum(&mut self, gradient: &mut [f64], _: &mut [f64]) -> Result<()> {
        match gradient.is_empty() {
            true => Ok(()),
            false => Err(EngineError::Stream("the other is gone".to_string())),
        }
    }
}

#[test]
fn a_worker_that_is_left_alone_is_told() {
    for (problem, batch) in problems() {
        let batches = vec![(0..batch as u32).collect()];
        let gone = problem.steps(0..problem.table.rows, &batches, 2, Box::new(Left));
        assert_eq!(gone, Err(EngineError::Stream("the other is gone".to_string())));
    }
}
