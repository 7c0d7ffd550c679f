//! L-BFGS (Liu and Nocedal, 1989) with a line search for the strong Wolfe conditions
//! (Nocedal and Wright, 2006, algorithms 3.5 and 3.6). Mathematics only: the training loop
//! gives it a function that evaluates the objective and its gradient.
//!
//! Vectors are in the precision of the network; inner products are added up in double.

use crate::base::error::Result;
use crate::base::hyperparameter::{Hyperparameter, Range};
use crate::base::room::{collected, copied, filled, room};
use crate::kernels::scalar::Scalar;
use crate::optim::description::{Described, Description, Setting, Variant};

/// Hyperparameters of L-BFGS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lbfgs {
    /// Pairs of steps and gradient changes that are remembered.
    pub memory: usize,
    /// The iteration ends when the largest gradient element, relative to the objective's size, is below this.
    pub gradient_tolerance: f64,
    /// The iteration ends when the objective's relative fall is below this.
    pub value_tolerance: f64,
}

const MEMORY: Hyperparameter = Hyperparameter::open("memory", Range::Count);
const GRADIENT_TOLERANCE: Hyperparameter = Hyperparameter::new("gradient_tolerance", 1e-10, Range::FROM_0);
const VALUE_TOLERANCE: Hyperparameter = Hyperparameter::new("value_tolerance", 1e-14, Range::FROM_0);

impl Described for Lbfgs {
    const VARIANTS: &'static [Variant<Lbfgs>] = &[Variant {
        description: Description {
            name: "lbfgs",
            lr: 1.0,
            takes_batches: false,
            finds_own_steps: true,
            // The line search needs a loss that is not random, and its gradient as it is.
            excludes: &[Setting::Dropout, Setting::ClipNorm],
            hyperparameters: &[MEMORY, GRADIENT_TOLERANCE, VALUE_TOLERANCE],
        },
        make: |values| {
            Ok(Lbfgs {
                memory: values.count(&MEMORY)?,
                gradient_tolerance: values.number(&GRADIENT_TOLERANCE)?,
                value_tolerance: values.number(&VALUE_TOLERANCE)?,
            })
        },
    }];
}

impl Lbfgs {
    /// Whether it can run with these hyperparameters.
    pub(crate) fn is_possible(&self) -> bool {
        self.memory > 0
            && GRADIENT_TOLERANCE.range.has(self.gradient_tolerance)
            && VALUE_TOLERANCE.range.has(self.value_tolerance)
    }

    /// Numbers that are remembered per weight after some iterations, each of which leaves a pair at
    /// most, when `given` were remembered before.
    pub fn slots_after(&self, iterations: usize, given: usize) -> usize {
        let pairs = iterations.saturating_add(given / 2).min(self.memory);
        pairs.saturating_mul(2).max(given)
    }
}

/// Decrease that a step must give (Wolfe's first condition).
const C1: f64 = 1e-4;
/// Share of the slope that may remain (Wolfe's second condition).
const C2: f64 = 0.9;
/// Relative differences of values that are no more than rounding.
const ROUNDING: f64 = 1e-14;
/// Evaluations in one line search.
const MOST_EVALUATIONS: usize = 40;

/// A remembered pair.
#[derive(Clone, Debug)]
pub struct Pair<T> {
    /// Step s.
    pub step: Vec<T>,
    /// Change of the gradient y.
    pub change: Vec<T>,
}

/// What one iteration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The objective fell.
    Moved,
    /// Nothing more to gain at this precision: a minimum, or a saddle.
    Arrived,
    /// The objective or its gradient stopped being finite.
    Lost,
    /// The user interrupted.
    Interrupted,
}

/// The state of a minimisation.
pub struct Minimiser<T> {
    hyperparameters: Lbfgs,
    /// Where it stands.
    pub point: Vec<T>,
    /// The objective there.
    pub value: f64,
    /// The gradient there.
    pub gradient: Vec<T>,
    /// Remembered pairs, oldest first.
    pub pairs: Vec<Pair<T>>,
}

/// Evaluates objective and gradient at a point; `None` when interrupted.
pub type Evaluate<'a, T> = dyn FnMut(&[T], &mut [T]) -> Result<Option<f64>> + 'a;

impl<T: Scalar> Minimiser<T> {
    /// Bytes of vectors of `len` numbers where it stands, with so many pairs: the point, its gradient,
    /// and two for each pair.
    pub fn bytes(len: usize, pairs: usize) -> f64 {
        (2.0 + 2.0 * pairs as f64) * len as f64 * size_of::<T>() as f64
    }

    /// Bytes that an iteration takes besides: the direction, the point that is tried, its gradient, and
    /// a pair that comes before another goes, 5 vectors. Where all pairs are given up and the search
    /// begins anew, the first 3 are there twice, which is more only if there was no second pair to give up.
    pub fn bytes_of_iteration(len: usize, pairs: usize) -> f64 {
        let vectors = if pairs == 1 { 6.0 } else { 5.0 };
        vectors * len as f64 * size_of::<T>() as f64
    }

    /// Starts at `point`. `None` when interrupted.
    ///
    /// # Errors
    /// Those of the evaluation, or memory refused.
    pub fn new(
        hyperparameters: Lbfgs,
        point: Vec<T>,
        pairs: Vec<Pair<T>>,
        evaluate: &mut Evaluate<'_, T>,
    ) -> Result<Option<Minimiser<T>>> {
        let mut gradient = filled(point.len(), T::zero())?;
        Ok(evaluate(&point, &mut gradient)?.map(|value| Minimiser {
            hyperparameters,
            point,
            value,
            gradient,
            pairs,
        }))
    }

    /// One iteration: a direction, a line search along it from a step of `rate`, a new pair.
    ///
    /// Without remembered pairs the direction is the gradient itself and the first step
    /// `rate * first_scale`; with the number of rows for a mean, that is the step that BFGS makes
    /// on the sum. It is often too long, which costs some evaluations once, but starts of
    /// unit length end in worse minima of small networks (measured on curves with 2 to 12 units).
    ///
    /// # Errors
    /// Those of the evaluation, or memory refused.
    pub fn iterate(
        &mut self,
        rate: f64,
        first_scale: f64,
        evaluate: &mut Evaluate<'_, T>,
    ) -> Result<Progress> {
        if !self.value.is_finite() {
            return Ok(Progress::Lost);
        }
        let largest = self
            .gradient
            .iter()
            .fold(0.0, |m, g| f64::max(m, g.to_double().abs()));
        if largest <= self.hyperparameters.gradient_tolerance * self.value.abs().max(1.0) {
            return Ok(Progress::Arrived);
        }
        let mut direction = self.direction()?;
        let mut slope = dot(&direction, &self.gradient);
        if slope.is_nan() || slope >= 0.0 {
            // Rounding has spoilt the memory: begin again along the gradient.
            self.pairs.clear();
            direction = self.direction()?;
            slope = dot(&direction, &self.gradient);
        }
        // A step along the plain gradient says nothing about how far the minimum is.
        let remembered = !self.pairs.is_empty();
        let first = if remembered { rate } else { rate * first_scale };
        let mut search = Search {
            from: &self.point,
            direction: &direction,
            value: self.value,
            slope,
            point: copied(&self.point)?,
            gradient: copied(&self.gradient)?,
            evaluations: 0,
            evaluate,
        };
        let found = match search.run(first)? {
            Found::Step(value) => value,
            Found::Interrupted => return Ok(Progress::Interrupted),
            Found::Nothing if self.pairs.is_empty() => return Ok(Progress::Arrived),
            Found::Nothing => {
                self.pairs.clear();
                return self.iterate(rate, first_scale, evaluate);
            }
        };
        let (point, gradient) = (search.point, search.gradient);
        let pair = Pair {
            step: difference(&point, &self.point)?,
            change: difference(&gradient, &self.gradient)?,
        };
        let curvature = dot(&pair.step, &pair.change);
        if curvature > f64::EPSILON * dot(&pair.change, &pair.change) {
            if self.pairs.len() == self.hyperparameters.memory {
                self.pairs.remove(0);
            }
            self.pairs.push(pair);
        }
        let fall = self.value - found;
        let scale = self.value.abs().max(found.abs());
        // Where the value no longer tells, a gradient that still shrinks is progress.
        let shrinks = dot(&gradient, &gradient) < dot(&self.gradient, &self.gradient);
        let small = fall <= self.hyperparameters.value_tolerance * scale
            && !(fall.abs() <= ROUNDING * scale && shrinks);
        self.point = point;
        self.gradient = gradient;
        self.value = found;
        Ok(if small && remembered {
            Progress::Arrived
        } else {
            Progress::Moved
        })
    }

    /// −H g by the two-loop recursion.
    fn direction(&self) -> Result<Vec<T>> {
        let mut q = collected(self.gradient.iter().map(|g| g.to_double()))?;
        let mut factors = room(self.pairs.len())?;
        for pair in self.pairs.iter().rev() {
            let rho = 1.0 / dot(&pair.step, &pair.change);
            let alpha = rho
                * pair
                    .step
                    .iter()
                    .zip(&q)
                    .map(|(s, q)| s.to_double() * q)
                    .sum::<f64>();
            for (q, y) in q.iter_mut().zip(&pair.change) {
                *q -= alpha * y.to_double();
            }
            factors.push((alpha, rho));
        }
        if let Some(last) = self.pairs.last() {
            let scale = dot(&last.step, &last.change) / dot(&last.change, &last.change);
            q.iter_mut().for_each(|q| *q *= scale);
        }
        for (pair, (alpha, rho)) in self.pairs.iter().zip(factors.into_iter().rev()) {
            let beta = rho
                * pair
                    .change
                    .iter()
                    .zip(&q)
                    .map(|(y, q)| y.to_double() * q)
                    .sum::<f64>();
            for (q, s) in q.iter_mut().zip(&pair.step) {
                *q += (alpha - beta) * s.to_double();
            }
        }
        collected(q.into_iter().map(|q| T::of(-q)))
    }
}

fn dot<T: Scalar>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.to_double() * b.to_double()).sum()
}

fn difference<T: Scalar>(a: &[T], b: &[T]) -> Result<Vec<T>> {
    collected(a.iter().zip(b).map(|(&a, &b)| a - b))
}

enum Found {
    Step(f64),
    Nothing,
    Interrupted,
}

/// A point on the line that was tried.
#[derive(Clone, Copy, Debug)]
struct Trial {
    at: f64,
    value: f64,
    slope: f64,
}

struct Search<'a, 'e, 'f, T> {
    from: &'a [T],
    direction: &'a [T],
    value: f64,
    slope: f64,
    /// The last point evaluated and its gradient.
    point: Vec<T>,
    gradient: Vec<T>,
    evaluations: usize,
    evaluate: &'e mut Evaluate<'f, T>,
}

impl<T: Scalar> Search<'_, '_, '_, T> {
    fn look(&mut self, at: f64) -> Result<Option<Trial>> {
        self.evaluations += 1;
        for ((point, &from), &direction) in self.point.iter_mut().zip(self.from).zip(self.direction) {
            *point = from + T::of(at) * direction;
        }
        let Some(value) = (self.evaluate)(&self.point, &mut self.gradient)? else {
            return Ok(None);
        };
        let slope = dot(self.direction, &self.gradient);
        Ok(Some(Trial { at, value, slope }))
    }

    /// Wolfe's first condition; where values differ by rounding only, its form by slopes (Hager
    /// and Zhang, 2005), which holds on a parabola exactly when the first does.
    fn falls_enough(&self, trial: &Trial) -> bool {
        trial.value <= self.value + C1 * trial.at * self.slope
            || ((trial.value - self.value).abs() <= ROUNDING * self.value.abs()
                && trial.slope <= (2.0 * C1 - 1.0) * self.slope)
    }

    fn is_flat_enough(&self, trial: &Trial) -> bool {
        trial.slope.abs() <= -C2 * self.slope
    }

    /// Brackets a step that meets both conditions, then narrows the bracket.
    fn run(&mut self, first: f64) -> Result<Found> {
        let start = Trial {
            at: 0.0,
            value: self.value,
            slope: self.slope,
        };
        let (mut before, mut at) = (start, first);
        while self.evaluations < MOST_EVALUATIONS {
            let Some(trial) = self.look(at)? else {
                return Ok(Found::Interrupted);
            };
            if !trial.value.is_finite() || !trial.slope.is_finite() {
                at = before.at + 0.1 * (at - before.at); // too far: come nearer
                continue;
            }
            if !self.falls_enough(&trial) || (before.at > 0.0 && trial.value > before.value) {
                return self.narrow(before, trial);
            }
            if self.is_flat_enough(&trial) {
                return Ok(Found::Step(trial.value));
            }
            if trial.slope >= 0.0 {
                return self.narrow(trial, before);
            }
            before = trial;
            at *= 2.0;
        }
        self.settle(before)
    }

    /// `low` has the lowest value of those that fall enough; a good step lies between the two.
    fn narrow(&mut self, mut low: Trial, mut high: Trial) -> Result<Found> {
        while self.evaluations < MOST_EVALUATIONS {
            let width = (high.at - low.at).abs();
            if width <= 1e-14 * low.at.abs().max(1e-8) {
                break;
            }
            let Some(trial) = self.look(between(&low, &high))? else {
                return Ok(Found::Interrupted);
            };
            let finite = trial.value.is_finite() && trial.slope.is_finite();
            if !finite || !self.falls_enough(&trial) || trial.value > low.value {
                high = trial;
                if !finite {
                    high.value = f64::INFINITY;
                }
                continue;
            }
            if self.is_flat_enough(&trial) {
                return Ok(Found::Step(trial.value));
            }
            if trial.slope * (high.at - low.at) >= 0.0 {
                high = low;
            }
            low = trial;
        }
        self.settle(low)
    }

    /// The best trial, if it is better than the start.
    fn settle(&mut self, best: Trial) -> Result<Found> {
        if best.at <= 0.0 || best.value >= self.value {
            return Ok(Found::Nothing);
        }
        Ok(match self.look(best.at)? {
            None => Found::Interrupted,
            Some(trial) => Found::Step(trial.value),
        })
    }
}

/// The minimum of the cubic through two trials, kept away from both; the middle where it fails.
fn between(a: &Trial, b: &Trial) -> f64 {
    let middle = 0.5 * (a.at + b.at);
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.at - b.at);
    let root = d1 * d1 - a.slope * b.slope;
    if !root.is_finite() || root < 0.0 {
        return middle;
    }
    let d2 = (b.at - a.at).signum() * root.sqrt();
    let at = b.at - (b.at - a.at) * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2);
    let (left, right) = (a.at.min(b.at), a.at.max(b.at));
    let margin = 0.1 * (right - left);
    if at.is_finite() {
        at.clamp(left + margin, right - margin)
    } else {
        middle
    }
}

#[cfg(test)]
mod tests;
