//! Activation functions with their derivatives: one small type each, and the enum that names them. One more is a function of the
//! caller's own (`custom`), of which there is nothing to say here but where it stands.

use crate::kernels::elementwise::{activate, activate_with_slope, times_slope_of_value, Curve};
use crate::kernels::instruction_set::{Fused, InstructionSet, Instructions};
use crate::kernels::scalar::Scalar;
use crate::nn::custom;
use crate::nn::distribution::Init;

/// SELU's factor and alpha (Klambauer et al., 2017).
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// Slope of leaky ReLU below 0.
const LEAK: f64 = 0.01;

/// e^z - 1 without cancellation near 0: with t = tanh(z/2), e^z - 1 = 2t / (1 - t).
#[inline(always)]
fn exp_minus_one<T: Scalar, I: Instructions>(z: T) -> T {
    let t = (z * T::of(0.5)).fast_tanh::<I>();
    (t + t) / (T::one() - t)
}

#[inline(always)]
fn logistic<T: Scalar, I: Instructions>(z: T) -> T {
    T::one() / (T::one() + (-z).fast_exp::<I>())
}

/// `z` where it is not negative, else `below`.
///
/// Adding 0 changes nothing but -0. Without it, compilers see that some numbers stay what they are
/// and store only the others, through a mask, which some processors do very slowly.
#[inline(always)]
fn unless_negative<T: Scalar>(z: T, below: T) -> T {
    (if z < T::zero() { below } else { z }) + T::zero()
}

macro_rules! curves {
    ($($(#[$doc:meta])* $name:ident = $label:literal, needs_input: $needs:literal, init: $init:expr,
       value: |$z:ident| $value:expr, slope: |$sz:ident, $sa:ident| $slope:expr $(, both: |$bz:ident| $both:expr)?;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub struct $name;
            impl Curve for $name {
                const NEEDS_INPUT: bool = $needs;
                #[inline(always)]
                fn value<T: Scalar, I: Instructions>($z: T) -> T { $value }
                #[inline(always)]
                #[allow(unused_variables)]
                fn slope<T: Scalar, I: Instructions>($sz: T, $sa: T) -> T { $slope }
                $(#[inline(always)]
                fn both<T: Scalar, I: Instructions>($bz: T) -> (T, T) { $both })?
            }
        )*

        /// The activation functions by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Activation {
            $($(#[$doc])* $name,)*
            /// The caller's own, at that place of [`Functions`](crate::base::functions::Functions); without a second derivative.
            Custom(u16),
        }

        impl Activation {
            /// Every activation that has a name.
            pub const ALL: &'static [Activation] = &[$(Activation::$name,)*];

            /// The name users type.
            pub fn name(self) -> &'static str {
                match self { $(Activation::$name => $label,)* Activation::Custom(_) => "custom" }
            }

            /// The distribution of starting weights that goes with it; none for what is no activation of hidden layers.
            pub fn init(self) -> Option<Init> {
                match self { $(Activation::$name => $init,)* Activation::Custom(_) => Some(Init::GlorotUniform) }
            }

            /// Whether the backward pass needs slopes stored by the forward pass.
            pub fn needs_input(self) -> bool {
                match self { $(Activation::$name => $name::NEEDS_INPUT,)* Activation::Custom(_) => true }
            }

            /// Replaces weighted inputs by activations.
            pub fn activate<T: Scalar>(self, set: InstructionSet, values: &mut [T]) {
                match self {
                    $(Activation::$name => activate::<T, $name>(set, values),)*
                    Activation::Custom(place) => {
                        let units = values.len().max(1);
                        custom::activate(place.into(), values, None, units, units);
                    }
                }
            }

            /// Replaces weighted inputs by activations and writes the slopes.
            pub fn activate_with_slope<T: Scalar>(self, set: InstructionSet, values: &mut [T], slopes: &mut [T]) {
                match self {
                    $(Activation::$name => activate_with_slope::<T, $name>(set, values, slopes),)*
                    Activation::Custom(place) => {
                        let units = values.len().max(1);
                        custom::activate(place.into(), values, Some(slopes), units, units);
                    }
                }
            }

            /// Multiplies deltas by the slopes at `values`; not for those that need their input.
            pub fn times_slope<T: Scalar>(self, set: InstructionSet, deltas: &mut [T], values: &[T]) {
                match self {
                    $(Activation::$name => times_slope_of_value::<T, $name>(set, deltas, values),)*
                    Activation::Custom(_) => {}
                }
            }

            /// Value and derivative at one point.
            pub fn value_and_slope(self, z: f64) -> (f64, f64) {
                match self { $(Activation::$name => {
                    let a = $name::value::<f64, Fused>(z);
                    (a, $name::slope::<f64, Fused>(z, a))
                })*
                    Activation::Custom(_) => {
                        let (mut value, mut slope) = ([z], [0.0]);
                        self.activate_with_slope(InstructionSet::Plain, &mut value, &mut slope);
                        (value[0], slope[0])
                    }
                }
            }
        }
    };
}

curves! {
    /// Logistic sigmoid, 1 / (1 + e^-z).
    Sigmoid = "sigmoid", needs_input: false, init: Some(Init::GlorotUniform),
        value: |z| logistic::<T, I>(z), slope: |z, a| a * (T::one() - a);
    /// Hyperbolic tangent.
    Tanh = "tanh", needs_input: false, init: Some(Init::GlorotUniform),
        value: |z| z.fast_tanh::<I>(), slope: |z, a| T::one() - a * a;
    /// max(0, z).
    Relu = "relu", needs_input: false, init: Some(Init::HeNormal),
        value: |z| unless_negative(z, T::zero()),
        slope: |z, a| if a > T::zero() { T::one() } else { T::zero() };
    /// z above 0, 0.01 z below.
    LeakyRelu = "leaky_relu", needs_input: false, init: Some(Init::HeNormal),
        value: |z| unless_negative(z, z * T::of(LEAK)),
        slope: |z, a| if a > T::zero() { T::one() } else { T::of(LEAK) };
    /// z above 0, e^z - 1 below (alpha 1).
    Elu = "elu", needs_input: false, init: Some(Init::HeNormal),
        value: |z| unless_negative(z, exp_minus_one::<T, I>(z)),
        slope: |z, a| if a > T::zero() { T::one() } else { a + T::one() };
    /// Self-normalising ELU.
    Selu = "selu", needs_input: false, init: Some(Init::HeNormal),
        value: |z| {
            let below = T::of(SELU_ALPHA) * exp_minus_one::<T, I>(z);
            T::of(SELU_SCALE) * unless_negative(z, below)
        },
        slope: |z, a| if a > T::zero() { T::of(SELU_SCALE) } else { a + T::of(SELU_SCALE * SELU_ALPHA) };
    /// z Φ(z), with the normal distribution function itself (no tanh approximation).
    Gelu = "gelu", needs_input: true, init: Some(Init::HeNormal),
        value: |z| z * normal_distribution(z),
        slope: |z, a| gelu_slope::<T, I>(z, normal_distribution(z)),
        both: |z| { let below = normal_distribution(z); (z * below, gelu_slope::<T, I>(z, below)) };
    /// log(1 + e^z).
    Softplus = "softplus", needs_input: true, init: Some(Init::HeNormal),
        value: |z| unless_negative(z, T::zero()) + (-z.abs()).fast_exp::<I>().fast_log_one_plus::<I>(),
        slope: |z, a| logistic::<T, I>(z);
    /// z times its sigmoid.
    Silu = "silu", needs_input: true, init: Some(Init::HeNormal),
        value: |z| z * logistic::<T, I>(z),
        slope: |z, a| { let s = logistic::<T, I>(z); s + a * (T::one() - s) };
    /// z / (1 + |z|).
    Softsign = "softsign", needs_input: false, init: Some(Init::GlorotUniform),
        value: |z| z / (T::one() + z.abs()),
        slope: |z, a| { let r = T::one() - a.abs(); r * r };
    /// z itself.
    Linear = "linear", needs_input: false, init: Some(Init::GlorotUniform),
        value: |z| z, slope: |z, a| T::one();
    /// e^z: the output of a Poisson network.
    Exponential = "exp", needs_input: false, init: None,
        value: |z| z.fast_exp::<I>(), slope: |z, a| a;
}

impl Activation {
    /// Whether it is a function of the caller's own.
    pub fn is_custom(self) -> bool {
        matches!(self, Activation::Custom(_))
    }

    /// Replaces the weighted inputs of rows of `units` numbers, `stride` apart, by activations, and writes the slopes where there is
    /// room for them. Lanes beyond the last unit hold anything afterwards.
    pub fn activate_rows<T: Scalar>(
        self,
        set: InstructionSet,
        values: &mut [T],
        slopes: Option<&mut [T]>,
        units: usize,
        stride: usize,
    ) {
        match (self, slopes) {
            (Activation::Custom(place), slopes) => {
                custom::activate(place.into(), values, slopes, units, stride)
            }
            (_, Some(slopes)) => self.activate_with_slope(set, values, slopes),
            (_, None) => self.activate(set, values),
        }
    }

    /// The second derivative at `z`, which the caller's own has not (NaN); 0 at the kinks of piecewise linear functions.
    pub fn second_derivative(self, z: f64) -> f64 {
        let s = logistic::<f64, Fused>(z);
        let slope = s * (1.0 - s);
        match self {
            Activation::Sigmoid => slope * (1.0 - 2.0 * s),
            Activation::Tanh => {
                let a = z.tanh();
                -2.0 * a * (1.0 - a * a)
            }
            Activation::Relu | Activation::LeakyRelu | Activation::Linear => 0.0,
            Activation::Elu => f64::from(u8::from(z < 0.0)) * z.exp(),
            Activation::Selu => f64::from(u8::from(z < 0.0)) * SELU_SCALE * SELU_ALPHA * z.exp(),
            Activation::Gelu => (-0.5 * z * z).exp() * 0.398_942_280_401_432_7 * (2.0 - z * z),
            Activation::Softplus => slope,
            Activation::Silu => slope * (2.0 + z * (1.0 - 2.0 * s)),
            Activation::Softsign => -2.0 * z.signum() / (1.0 + z.abs()).powi(3),
            Activation::Exponential => z.exp(),
            Activation::Custom(_) => f64::NAN,
        }
    }
}

/// Φ(z) through the complementary error function, accurate in both tails.
#[inline(always)]
fn normal_distribution<T: Scalar>(z: T) -> T {
    T::of(0.5 * libm::erfc(-z.to_double() * std::f64::consts::FRAC_1_SQRT_2))
}

/// The slope of z Φ(z), where Φ(z) is `below`.
#[inline(always)]
fn gelu_slope<T: Scalar, I: Instructions>(z: T, below: T) -> T {
    below + z * (T::of(-0.5) * z * z).fast_exp::<I>() * T::of(0.398_942_280_401_432_7)
}

impl std::str::FromStr for Activation {
    type Err = crate::base::error::EngineError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Activation::ALL
            .iter()
            .copied()
            .find(|activation| activation.name() == name)
            .ok_or_else(|| crate::base::error::EngineError::config(format!("unknown activation {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_agree_with_central_differences() {
        let h = 1e-5;
        for &activation in Activation::ALL {
            for i in -40..=40 {
                let z = f64::from(i) * 0.15 + 0.013;
                let (_, slope) = activation.value_and_slope(z);
                let difference =
                    (activation.value_and_slope(z + h).0 - activation.value_and_slope(z - h).0) / (2.0 * h);
                let error = (slope - difference).abs() / difference.abs().max(1.0);
                assert!(
                    error < 1e-8,
                    "{} at {z}: {slope} against {difference}",
                    activation.name()
                );
            }
        }
    }

    #[test]
    fn second_derivatives_agree_with_central_differences_of_slopes() {
        let h = 1e-5;
        for &activation in Activation::ALL {
            for i in -40..=40 {
                let z = f64::from(i) * 0.15 + 0.013;
                let difference =
                    (activation.value_and_slope(z + h).1 - activation.value_and_slope(z - h).1) / (2.0 * h);
                let error = (activation.second_derivative(z) - difference).abs() / difference.abs().max(1.0);
                assert!(error < 1e-7, "{} at {z}", activation.name());
            }
        }
    }

    #[test]
    fn slope_of_value_and_stored_slope_agree() {
        let set = InstructionSet::detect();
        let z: Vec<f64> = (-20..20).map(|i| f64::from(i) * 0.3 + 0.1).collect();
        for &activation in Activation::ALL.iter().filter(|a| !a.needs_input()) {
            let (mut values, mut slopes) = (z.clone(), vec![0.0; z.len()]);
            activation.activate_with_slope(set, &mut values, &mut slopes);
            let mut deltas = vec![1.0; z.len()];
            activation.times_slope(set, &mut deltas, &values);
            assert_eq!(deltas, slopes, "{}", activation.name());
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_curve() {
        let z: Vec<f64> = (-200..200).map(|i| f64::from(i) * 0.11).collect();
        for &activation in Activation::ALL {
            let mut plain = z.clone();
            activation.activate(InstructionSet::Plain, &mut plain);
            for set in InstructionSet::available() {
                let mut values = z.clone();
                activation.activate(set, &mut values);
                for (value, plain) in values.iter().zip(&plain) {
                    assert!(
                        (value - plain).abs() <= 1e-14 * plain.abs().max(1.0),
                        "{}",
                        activation.name()
                    );
                }
            }
        }
    }

    #[test]
    fn nan_passes_through_every_activation() {
        for &activation in Activation::ALL {
            let mut values = vec![f64::NAN; 9];
            activation.activate(InstructionSet::detect(), &mut values);
            assert!(values.iter().all(|v| v.is_nan()), "{}", activation.name());
        }
    }
}
