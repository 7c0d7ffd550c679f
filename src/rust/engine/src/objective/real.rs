//! Numbers that losses are written in: `f64`, `f32`, and dual numbers, which carry a derivative along.
//!
//! A loss states its value and its first derivatives once. On dual numbers the same lines give the
//! second derivatives that the Hessian needs, exactly (forward differentiation).

use super::special;
use crate::kernels::scalar::Scalar;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number that losses compute with.
pub trait Real:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// A constant.
    fn of(value: f64) -> Self;
    /// The number without what it carries along.
    fn real(self) -> f64;
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

/// A number and how it changes: `value + change · ε` with ε² = 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dual {
    /// The number.
    pub value: f64,
    /// Its derivative in the direction that is looked at.
    pub change: f64,
}

impl Dual {
    /// f(self), from f and its derivative there.
    fn chain(self, value: f64, slope: f64) -> Dual {
        Dual {
            value,
            change: slope * self.change,
        }
    }
}

impl Add for Dual {
    type Output = Dual;
    fn add(self, other: Dual) -> Dual {
        Dual {
            value: self.value + other.value,
            change: self.change + other.change,
        }
    }
}

impl Sub for Dual {
    type Output = Dual;
    fn sub(self, other: Dual) -> Dual {
        Dual {
            value: self.value - other.value,
            change: self.change - other.change,
        }
    }
}

impl Mul for Dual {
    type Output = Dual;
    fn mul(self, other: Dual) -> Dual {
        Dual {
            value: self.value * other.value,
            change: self.change * other.value + self.value * other.change,
        }
    }
}

impl Div for Dual {
    type Output = Dual;
    fn div(self, other: Dual) -> Dual {
        let value = self.value / other.value;
        Dual {
            value,
            change: (self.change - value * other.change) / other.value,
        }
    }
}

impl Neg for Dual {
    type Output = Dual;
    fn neg(self) -> Dual {
        Dual {
            value: -self.value,
            change: -self.change,
        }
    }
}

impl Real for Dual {
    fn of(value: f64) -> Dual {
        Dual { value, change: 0.0 }
    }
    fn real(self) -> f64 {
        self.value
    }
    fn exp(self) -> Dual {
        let e = self.value.exp();
        self.chain(e, e)
    }
    fn ln(self) -> Dual {
        self.chain(self.value.ln(), 1.0 / self.value)
    }
    fn ln_1p(self) -> Dual {
        self.chain(self.value.ln_1p(), 1.0 / (1.0 + self.value))
    }
    fn exp_m1(self) -> Dual {
        self.chain(self.value.exp_m1(), self.value.exp())
    }
    fn ln_gamma(self) -> Dual {
        self.chain(libm::lgamma(self.value), special::digamma(self.value))
    }
    fn digamma(self) -> Dual {
        self.chain(special::digamma(self.value), special::trigamma(self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_the_derivatives() {
        type Function = fn(Dual) -> Dual;
        let functions: [(&str, Function); 10] = [
            ("exp", Real::exp),
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
                    change: 1.0,
                })
                .change;
                assert!(
                    (found - slope).abs() < 1e-7 * (1.0 + slope.abs()),
                    "{name} at {at}: {found} and {slope}"
                );
            }
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
