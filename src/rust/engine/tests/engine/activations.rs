//! Claims about activations: values by the functions' definitions, names, and slopes stored or not.

use backprop_engine::kernels::InstructionSet;
use backprop_engine::nn::activation::Activation;
use backprop_engine::Scalar;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Value, slope and second derivative of an activation by its definition, away from kinks.
fn defined(activation: Activation, z: f64) -> [f64; 3] {
    let s = 1.0 / (1.0 + (-z).exp());
    let up = z > 0.0;
    // Klambauer et al., 2017.
    let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
    let either = |above: [f64; 3], below: [f64; 3]| if up { above } else { below };
    match activation {
        Activation::Sigmoid => [s, s * (1.0 - s), s * (1.0 - s) * (1.0 - 2.0 * s)],
        Activation::Tanh => {
            let t = z.tanh();
            [t, 1.0 - t * t, -2.0 * t * (1.0 - t * t)]
        }
        Activation::Relu => either([z, 1.0, 0.0], [0.0; 3]),
        Activation::LeakyRelu => either([z, 1.0, 0.0], [0.01 * z, 0.01, 0.0]),
        Activation::Elu => either([z, 1.0, 0.0], [z.exp_m1(), z.exp(), z.exp()]),
        Activation::Selu => either(
            [scale * z, scale, 0.0],
            [
                scale * alpha * z.exp_m1(),
                scale * alpha * z.exp(),
                scale * alpha * z.exp(),
            ],
        ),
        Activation::Gelu => {
            let phi = 0.5 * libm::erfc(-z * FRAC_1_SQRT_2);
            let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
            [z * phi, phi + z * density, (2.0 - z * z) * density]
        }
        Activation::Softplus => [z.exp().ln_1p(), s, s * (1.0 - s)],
        Activation::Silu => [
            z * s,
            s + z * s * (1.0 - s),
            s * (1.0 - s) * (2.0 + z * (1.0 - 2.0 * s)),
        ],
        Activation::Softsign => {
            let r = 1.0 + z.abs();
            [z / r, 1.0 / (r * r), -2.0 * z.signum() / (r * r * r)]
        }
        Activation::Linear => [z, 1.0, 0.0],
        Activation::Exponential => [z.exp(); 3],
        Activation::Custom(_) => unreachable!("the caller's own"),
    }
}

#[test]
fn values_slopes_and_curvatures_are_those_of_the_definitions() {
    for &activation in Activation::ALL {
        for i in -60..60 {
            let z = f64::from(i) * 0.17 + 0.05;
            let [value, slope, second] = defined(activation, z);
            let (a, b) = activation.value_and_slope(z);
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-13 * b.abs().max(1.0);
            let name = activation.name();
            assert!(close(a, value), "{name} at {z}: {a} for {value}");
            assert!(close(b, slope), "{name} at {z}: slope {b} for {slope}");
            assert!(
                close(activation.second_derivative(z), second),
                "{name} at {z}: second derivative"
            );
        }
    }
}

fn loops_give_the_same<T: Scalar>(tolerance: f64) {
    let z: Vec<T> = (-150..150).map(|i| T::of(f64::from(i) * 0.067 + 0.02)).collect();
    for set in InstructionSet::available() {
        for &activation in Activation::ALL {
            let (mut values, mut slopes) = (z.clone(), vec![T::of(9.0); z.len()]);
            activation.activate_with_slope(set, &mut values, &mut slopes);
            let mut alone = z.clone();
            activation.activate(set, &mut alone);
            assert_eq!(alone, values);
            for ((z, value), slope) in z.iter().zip(&values).zip(&slopes) {
                let wanted = defined(activation, z.to_double());
                for (number, wanted) in [value, slope].into_iter().zip(wanted) {
                    assert!(
                        (number.to_double() - wanted).abs() <= tolerance * wanted.abs().max(1.0),
                        "{} at {z:?} under {set:?}: {number:?} for {wanted}",
                        activation.name()
                    );
                }
            }
            if !activation.needs_input() {
                let mut deltas = vec![T::of(-2.0); z.len()];
                activation.times_slope(set, &mut deltas, &values);
                let doubled: Vec<T> = slopes.iter().map(|&slope| T::of(-2.0) * slope).collect();
                assert_eq!(deltas, doubled, "{}", activation.name());
            }
        }
    }
}

#[test]
fn whole_rows_have_the_same_values_and_slopes_in_every_set() {
    loops_give_the_same::<f64>(1e-13);
    loops_give_the_same::<f32>(2e-6);
}

#[test]
fn at_zero_the_slope_is_that_from_the_left() {
    for (activation, slope) in [
        (Activation::Relu, 0.0),
        (Activation::LeakyRelu, 0.01),
        (Activation::Softsign, 1.0),
        (Activation::Gelu, 0.5),
    ] {
        assert_eq!(
            activation.value_and_slope(0.0),
            (0.0, slope),
            "{}",
            activation.name()
        );
        assert_eq!(activation.value_and_slope(-0.0).0, 0.0);
    }
    for activation in [Activation::Elu, Activation::Selu] {
        assert_eq!(activation.second_derivative(0.0), 0.0, "{}", activation.name());
    }
}

#[test]
fn slopes_are_stored_where_the_value_does_not_tell_them() {
    let stored = [Activation::Gelu, Activation::Softplus, Activation::Silu];
    for &activation in Activation::ALL {
        assert_eq!(
            activation.needs_input(),
            stored.contains(&activation),
            "{}",
            activation.name()
        );
    }
}

#[test]
fn every_activation_is_found_by_its_name() {
    let names: Vec<&str> = Activation::ALL
        .iter()
        .map(|activation| activation.name())
        .collect();
    assert_eq!(
        names,
        [
            "sigmoid",
            "tanh",
            "relu",
            "leaky_relu",
            "elu",
            "selu",
            "gelu",
            "softplus",
            "silu",
            "softsign",
            "linear",
            "exp"
        ]
    );
    for &activation in Activation::ALL {
        assert_eq!(activation.name().parse(), Ok(activation));
    }
    assert!("Relu".parse::<Activation>().is_err());
}
