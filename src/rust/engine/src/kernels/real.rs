//! Numbers that losses and layers are written in: `f64`, `f32`, and dual numbers, which carry a derivative along.
//!
//! A loss, or a layer, states its value and its first derivatives once. On dual numbers the same lines give the
//! second derivatives that the Hessian needs, exactly (forward differentiation).

use crate::kernels::scalar::Scalar;
use crate::kernels::special;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number that losses and layers compute with.
pub trait Real:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// A constant.
    fn of(value: f64) -> Self;
    /// The number without what it carries along.
    fn real(self) -> f64;
    /// Whether it is 0 and stays so whatever it is derived by.
    fn is_zero(self) -> bool;
    /// f of it, from the value and the derivative of f there.
    fn through(self, value: f64, slope: f64) -> Self;
    /// Its square root.
    fn sqrt(self) -> Self;
    /// The cosine of so many turns, cos(2π x).
    fn cosine_of_turns(self) -> Self;
    /// The sine of so many turns, sin(2π x).
    #[inline(always)]
    fn sine_of_turns(self) -> Self {
        (self - Self::of(0.25)).cosine_of_turns()
    }
    /// e to it.
    fn exp(self) -> Self;
    /// Its natural logarithm.
    fn ln(self) -> Self;
    /// log(1 + x), exact near 0.
    fn ln_1p(self) -> Self;
    /// e to it, less 1, exact near 0.
    fn exp_m1(self) -> Self;
    /// log Γ(x), for x > 0.
    fn ln_gamma(self) -> Self;
    /// The derivative of log Γ(x), for x > 0.
    fn digamma(self) -> Self;

    /// log(1 + e^x), which does not overflow.
    fn softplus(self) -> Self {
        match self.real() > 0.0 {
            true => self + (-self).exp().ln_1p(),
            false => self.exp().ln_1p(),
        }
    }

    /// 1 / (1 + e^-x), which does not overflow.
    fn logistic(self) -> Self {
        let one = Self::of(1.0);
        match self.real() > 0.0 {
            true => one / (one + (-self).exp()),
            false => {
                let e = self.exp();
                e / (one + e)
            }
        }
    }
}

/// The series of sin(x) / x in x².
const SINE: [f64; 11] = {
    let mut terms = [1.0; 11];
    let mut n = 1;
    while n < terms.len() {
        terms[n] = -terms[n - 1] / ((2 * n) as f64 * (2 * n + 1) as f64);
        n += 1;
    }
    terms
};

impl<T: Scalar> Real for T {
    #[inline(always)]
    fn of(value: f64) -> T {
        <T as Scalar>::of(value)
    }
    #[inline(always)]
    fn real(self) -> f64 {
        self.to_double()
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self == T::zero()
    }
    #[inline(always)]
    fn through(self, value: f64, _slope: f64) -> T {
        <T as Scalar>::of(value)
    }
    #[inline(always)]
    fn sqrt(self) -> T {
        num_traits::Float::sqrt(self)
    }
    #[inline(always)]
    fn cosine_of_turns(self) -> T {
        // Of the turns only what is beyond whole ones counts, and of that the distance from a quarter turn:
        // cos(2π x) = sin(2π (1/4 − |x − n|)), whose series ends below the last digit within a quarter turn.
        let beyond = (self - num_traits::Float::floor(self + <T as Scalar>::of(0.5))).abs();
        let angle = <T as Scalar>::of(std::f64::consts::TAU) * (<T as Scalar>::of(0.25) - beyond);
        let square = angle * angle;
        let series = SINE
            .iter()
            .rev()
            .fold(T::zero(), |sum, &term| sum * square + <T as Scalar>::of(term));
        angle * series
    }
    #[inline(always)]
    fn exp(self) -> T {
        num_traits::Float::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> T {
        num_traits::Float::ln(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> T {
        num_traits::Float::ln_1p(self)
    }
    #[inline(always)]
    fn exp_m1(self) -> T {
        num_traits::Float::exp_m1(self)
    }
    fn ln_gamma(self) -> T {
        <T as Scalar>::of(libm::lgamma(self.to_double()))
    }
    fn digamma(self) -> T {
        <T as Scalar>::of(special::digamma(self.to_double()))
    }
}

/// A number and how it changes in some directions: `value + Σ change_k · ε_k` with ε_k ε_l = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<const K: usize = 1> {
    /// The number.
    pub value: f64,
    /// Its derivatives in the directions that are looked at.
    pub change: [f64; K],
}

impl<const K: usize> Default for Dual<K> {
    fn default() -> Dual<K> {
        Dual::of(0.0)
    }
}

impl<const K: usize> Dual<K> {
    /// f(self), from f and its derivative there.
    #[inline(always)]
    fn chain(self, value: f64, slope: f64) -> Dual<K> {
        Dual {
            value,
            change: self.change.map(|change| slope * change),
        }
    }

    /// Both numbers' changes, put together one by one.
    #[inline(always)]
    fn joined(self, other: Dual<K>, value: f64, join: impl Fn(f64, f64) -> f64) -> Dual<K> {
        let mut change = self.change;
        for (change, &other) in change.iter_mut().zip(&other.change) {
            *change = join(*change, other);
        }
        Dual { value, change }
    }

    /// It times a constant.
    pub fn times(self, factor: f64) -> Dual<K> {
        self.chain(factor * self.value, factor)
    }
}

impl<const K: usize> Add for Dual<K> {
    type Output = Dual<K>;
    #[inline(always)]
    fn add(self, other: Dual<K>) -> Dual<K> {
        self.joined(other, self.value + other.value, |a, b| a + b)
    }
}

impl<const K: usize> Sub for Dual<K> {
    type Output = Dual<K>;
    #[inline(always)]
    fn sub(self, other: Dual<K>) -> Dual<K> {
        self.joined(other, self.value - other.value, |a, b| a - b)
    }
}

impl<const K: usize> Mul for Dual<K> {
    type Output = Dual<K>;
    // Derivatives of a product are sums.
    #[allow(clippy::suspicious_arithmetic_impl)]
    #[inline(always)]
    fn mul(self, other: Dual<K>) -> Dual<K> {
        let value = self.value * other.value;
        // The rule of products.
        #[allow(clippy::suspicious_arithmetic_impl)]
        self.joined(other, value, |a, b| a * other.value + self.value * b)
    }
}

impl<const K: usize> Div for Dual<K> {
    type Output = Dual<K>;
    // Derivatives of a quotient are differences.
    #[allow(clippy::suspicious_arithmetic_impl)]
    #[inline(always)]
    fn div(self, other: Dual<K>) -> Dual<K> {
        let value = self.value / other.value;
        // The rule of quotients.
        #[allow(clippy::suspicious_arithmetic_impl)]
        self.joined(other, value, |a, b| (a - value * b) / other.value)
    }
}

impl<const K: usize> Neg for Dual<K> {
    type Output = Dual<K>;
    #[inline(always)]
    fn neg(self) -> Dual<K> {
        self.chain(-self.value, -1.0)
    }
}

// What takes long by itself is called: a call costs little beside it, and a copy at each place much room.
impl<const K: usize> Real for Dual<K> {
    #[inline(always)]
    fn of(value: f64) -> Dual<K> {
        Dual {
            value,
            change: [0.0; K],
        }
    }
    #[inline(always)]
    fn real(self) -> f64 {
        self.value
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        self.value == 0.0 && self.change == [0.0; K]
    }
    #[inline(never)]
    fn through(self, value: f64, slope: f64) -> Dual<K> {
        self.chain(value, slope)
    }
    #[inline(never)]
    fn sqrt(self) -> Dual<K> {
        let root = self.value.sqrt();
        self.chain(root, 0.5 / root)
    }
    #[inline(never)]
    fn cosine_of_turns(self) -> Dual<K> {
        let slope = -std::f64::consts::TAU * self.value.sine_of_turns();
        self.chain(self.value.cosine_of_turns(), slope)
    }
    #[inline(never)]
    fn exp(self) -> Dual<K> {
        let e = self.value.exp();
        self.chain(e, e)
    }
    #[inline(never)]
    fn ln(self) -> Dual<K> {
        self.chain(self.value.ln(), 1.0 / self.value)
    }
    #[inline(never)]
    fn ln_1p(self) -> Dual<K> {
        self.chain(self.value.ln_1p(), 1.0 / (1.0 + self.value))
    }
    #[inline(never)]
    fn exp_m1(self) -> Dual<K> {
        self.chain(self.value.exp_m1(), self.value.exp())
    }
    #[inline(never)]
    fn ln_gamma(self) -> Dual<K> {
        self.chain(libm::lgamma(self.value), special::digamma(self.value))
    }
    #[inline(never)]
    fn digamma(self) -> Dual<K> {
        self.chain(special::digamma(self.value), special::trigamma(self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_the_derivatives() {
        type Function = fn(Dual<1>) -> Dual<1>;
        let functions: [(&str, Function); 13] = [
            ("exp", Real::exp),
            ("sqrt", Real::sqrt),
            ("cosine_of_turns", Real::cosine_of_turns),
            ("sine_of_turns", Real::sine_of_turns),
            ("ln", Real::ln),
            ("ln_1p", Real::ln_1p),
            ("exp_m1", Real::exp_m1),
            ("ln_gamma", Real::ln_gamma),
            ("digamma", Real::digamma),
            ("softplus", Real::softplus),
            ("logistic", Real::logistic),
            ("quotient", |x| Dual::of(2.0) / (x * x - Dual::of(0.1))),
            ("difference", |x| -x - x * Dual::of(3.0)),
        ];
        for (name, function) in functions {
            for at in [0.3, 0.9, 1.7, 4.2, 11.0] {
                let value = |x: f64| function(Dual::of(x)).value;
                let slope = (value(at + 1e-6) - value(at - 1e-6)) / 2e-6;
                let found = function(Dual {
                    value: at,
                    change: [1.0],
                })
                .change[0];
                assert!(
                    (found - slope).abs() < 1e-7 * (1.0 + slope.abs()),
                    "{name} at {at}: {found} and {slope}"
                );
            }
        }
    }

    #[test]
    fn turns_agree_with_the_trigonometry_of_the_system() {
        for step in -4000..4000 {
            let turns = f64::from(step) * 0.00137 + 1e-5;
            let angle = std::f64::consts::TAU * turns;
            assert!((turns.cosine_of_turns() - angle.cos()).abs() < 1e-14, "{turns}");
            assert!((turns.sine_of_turns() - angle.sin()).abs() < 1e-14, "{turns}");
            let single = (turns as f32).cosine_of_turns();
            assert!(
                (f64::from(single) - (std::f64::consts::TAU * f64::from(turns as f32)).cos()).abs() < 5e-6
            );
        }
    }

    #[test]
    fn softplus_and_logistic_do_not_overflow() {
        for at in [-1e4f64, -50.0, 0.0, 50.0, 1e4] {
            assert!(Real::softplus(at) >= 0.0 && Real::softplus(at).is_finite());
            assert!((0.0..=1.0).contains(&Real::logistic(at)));
        }
    }
}
