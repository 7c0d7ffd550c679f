//! What chooses the best epoch, where it is not the loss: measures of predictions against targets.

use crate::base::error::{EngineError, Result};
use crate::base::room::collected;
use crate::objective::output::Output;
use std::str::FromStr;

/// A measure. With n rows, k outputs, predictions p (column by column), targets y and weights w, `mean` is the weighted mean over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// −mean of Σ y log p; of one probability −mean of y log p + (1 − y) log(1 − p).
    LogLoss,
    /// mean of Σ (y − p)², over all classes (Brier, 1950).
    Brier,
    /// The probability that a row of the second class is above one of the first, ties counting half.
    Auc,
    /// Share of rows whose likeliest class is right.
    Accuracy,
    /// Root of the mean of squared errors, over all outputs.
    Rmse,
    /// Mean of absolute errors, over all outputs.
    Mae,
    /// Twice what the log-likelihood lacks of its largest value, per row: of squares their sum over outputs.
    Deviance,
}

impl FromStr for Metric {
    type Err = EngineError;

    fn from_str(name: &str) -> Result<Metric> {
        Metric::ALL
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(metric, _, _)| *metric)
            .ok_or_else(|| EngineError::config(format!("unknown metric {name:?}")))
    }
}

const OF_CLASSES: &[Output] = &[Output::Sigmoid, Output::Softmax];
const OF_NUMBERS: &[Output] = &[Output::Linear, Output::Exponential, Output::Sigmoid];
const OF_ALL: &[Output] = &[
    Output::Sigmoid,
    Output::Softmax,
    Output::Linear,
    Output::Exponential,
];

impl Metric {
    /// Every measure, with the name that users type and the outputs that it is for.
    pub const ALL: &'static [(Metric, &'static str, &'static [Output])] = &[
        (Metric::LogLoss, "log_loss", OF_CLASSES),
        (Metric::Brier, "brier", OF_CLASSES),
        (Metric::Auc, "auc", &[Output::Sigmoid]),
        (Metric::Accuracy, "accuracy", OF_CLASSES),
        (Metric::Rmse, "rmse", OF_NUMBERS),
        (Metric::Mae, "mae", OF_NUMBERS),
        (Metric::Deviance, "deviance", OF_ALL),
    ];

    /// Whether more is better.
    pub fn rises(self) -> bool {
        matches!(self, Metric::Auc | Metric::Accuracy)
    }

    /// The measure of predictions `p` of `rows` rows, column by column as the targets `y` are.
    ///
    /// # Errors
    /// Memory refused.
    pub fn of(
        self,
        output: Output,
        p: &[f64],
        y: &[f64],
        weights: Option<&[f64]>,
        rows: usize,
    ) -> Result<f64> {
        if p.len() != y.len() {
            return Err(EngineError::config(
                "a measure of predictions that have no target each",
            ));
        }
        let outputs = p.len() / rows.max(1);
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let at = |numbers: &[f64], row: usize, output: usize| numbers[output * rows + row];
        let total: f64 = (0..rows).map(weight).sum();
        let mean = |of_row: &dyn Fn(usize) -> f64| {
            (0..rows).map(|row| weight(row) * of_row(row)).sum::<f64>() / total
        };
        let over_outputs = |row: usize, of: &dyn Fn(f64, f64) -> f64| -> f64 {
            (0..outputs)
                .map(|output| of(at(p, row, output), at(y, row, output)))
                .sum()
        };
        let single = output == Output::Sigmoid;
        let log = |share: f64| share.max(1e-15).ln();
        let of_sigmoid = |p: f64, y: f64| -y * log(p) - (1.0 - y) * log(1.0 - p);
        let of_softmax = |p: f64, y: f64| -y * log(p);
        Ok(match self {
            Metric::LogLoss if single => mean(&|row| over_outputs(row, &of_sigmoid)) / outputs as f64,
            Metric::LogLoss => mean(&|row| over_outputs(row, &of_softmax)),
            Metric::Brier => {
                let classes = if single { 2.0 } else { 1.0 };
                classes * mean(&|row| over_outputs(row, &|p, y| (y - p) * (y - p)))
            }
            Metric::Accuracy if single => {
                mean(&|row| over_outputs(row, &|p, y| f64::from((p > 0.5) == (y > 0.5)))) / outputs as f64
            }
            Metric::Accuracy => mean(&|row| {
                let largest = |numbers: &[f64]| {
                    (1..outputs).fold(0, |best, output| {
                        if at(numbers, row, output) > at(numbers, row, best) {
                            output
                        } else {
                            best
                        }
                    })
                };
                f64::from(largest(p) == largest(y))
            }),
            Metric::Rmse => {
                (mean(&|row| over_outputs(row, &|p, y| (y - p) * (y - p))) / outputs as f64).sqrt()
            }
            Metric::Mae => mean(&|row| over_outputs(row, &|p, y| (y - p).abs())) / outputs as f64,
            Metric::Deviance => match output {
                Output::Sigmoid => {
                    2.0 * mean(&|row| over_outputs(row, &|p, y| of_sigmoid(p, y) - of_sigmoid(y, y)))
                }
                Output::Softmax => {
                    2.0 * mean(&|row| over_outputs(row, &|p, y| of_softmax(p, y) - of_softmax(y, y)))
                }
                Output::Linear => mean(&|row| over_outputs(row, &|p, y| (y - p) * (y - p))),
                Output::Exponential => {
                    2.0 * mean(&|row| {
                        over_outputs(row, &|p, y| {
                            let own = if y > 0.0 {
                                y * (y / p.max(1e-300)).ln()
                            } else {
                                0.0
                            };
                            own - (y - p)
                        })
                    })
                }
            },
            Metric::Auc => auc(&p[..rows], &y[..rows], &weight)?,
        })
    }
}

/// By ranks: each row of the second class counts the weight of the first class below it, and half of that beside it.
fn auc(p: &[f64], y: &[f64], weight: &dyn Fn(usize) -> f64) -> Result<f64> {
    let mut order = collected(0..p.len())?;
    order.sort_unstable_by(|&a, &b| p[a].total_cmp(&p[b]).then(a.cmp(&b)));
    let (mut below, mut sum, mut positives) = (0.0, 0.0, 0.0);
    for ties in order.chunk_by(|&a, &b| p[a] == p[b]) {
        let of_class = |second: bool| -> f64 {
            ties.iter()
                .filter(|&&row| (y[row] > 0.5) == second)
                .map(|&row| weight(row))
                .sum()
        };
        let (first, second) = (of_class(false), of_class(true));
        sum += second * (below + first / 2.0);
        below += first;
        positives += second;
    }
    // Of one class alone there is nothing to tell apart.
    Ok(if below > 0.0 && positives > 0.0 {
        sum / (below * positives)
    } else {
        0.5
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_as_defined() {
        let (p, y) = ([0.2, 0.8, 0.8, 0.4], [0.0, 1.0, 0.0, 1.0]);
        let of = |metric: Metric| metric.of(Output::Sigmoid, &p, &y, None, 4).unwrap();
        let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        // Pairs (first, second class): 0.2 < 0.8, 0.2 < 0.4, 0.8 = 0.8, 0.8 > 0.4.
        close(of(Metric::Auc), 2.5 / 4.0);
        close(of(Metric::Accuracy), 0.5);
        close(of(Metric::Brier), 2.0 * (0.04 + 0.04 + 0.64 + 0.36) / 4.0);
        close(
            of(Metric::LogLoss),
            -(0.8f64.ln() * 2.0 + 0.2f64.ln() + 0.4f64.ln()) / 4.0,
        );
        close(of(Metric::Deviance), 2.0 * of(Metric::LogLoss));
        close(of(Metric::Mae), (0.2 + 0.2 + 0.8 + 0.6) / 4.0);
        close(of(Metric::Rmse), (1.08f64 / 4.0).sqrt());
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice() {
        let (p, y, w) = ([0.1, 0.6, 0.6], [0.0, 1.0, 0.0], [1.0, 2.0, 1.0]);
        let (p2, y2) = ([0.1, 0.6, 0.6, 0.6], [0.0, 1.0, 1.0, 0.0]);
        for metric in ["log_loss", "brier", "auc", "accuracy", "rmse", "mae", "deviance"] {
            let metric: Metric = metric.parse().unwrap();
            let a = metric.of(Output::Sigmoid, &p, &y, Some(&w), 3).unwrap();
            let b = metric.of(Output::Sigmoid, &p2, &y2, None, 4).unwrap();
            assert!((a - b).abs() < 1e-12, "{metric:?}");
        }
        assert!("r2".parse::<Metric>().is_err());
    }

    #[test]
    fn classes_are_told_by_the_largest_share() {
        // Two rows of three classes, column by column.
        let (p, y) = ([0.5, 0.2, 0.3, 0.2, 0.2, 0.6], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(
            Metric::Accuracy.of(Output::Softmax, &p, &y, None, 2).unwrap(),
            0.5
        );
        let log_loss = -(0.5f64.ln() + 0.2f64.ln()) / 2.0;
        assert!((Metric::LogLoss.of(Output::Softmax, &p, &y, None, 2).unwrap() - log_loss).abs() < 1e-12);
    }
}
