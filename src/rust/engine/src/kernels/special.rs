//! The derivatives of log Γ that likelihoods of counts and shares need, for positive arguments.

/// From here on the asymptotic series are exact to the last bits.
const LARGE: f64 = 10.0;

/// The first derivative of log Γ: ψ(x + 1) = ψ(x) + 1/x leads to where the asymptotic series holds
/// (Abramowitz and Stegun 1972, 6.3.5 and 6.3.18).
pub fn digamma(mut x: f64) -> f64 {
    if !(x > 0.0 && x.is_finite()) {
        return if x == f64::INFINITY { x } else { f64::NAN };
    }
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / x;
        x += 1.0;
    }
    let s = 1.0 / (x * x);
    let series = s
        * (1.0 / 12.0
            - s * (1.0 / 120.0
                - s * (1.0 / 252.0
                    - s * (1.0 / 240.0 - s * (1.0 / 132.0 - s * (691.0 / 32760.0 - s * (1.0 / 12.0)))))));
    x.ln() - 0.5 / x - series - below
}

/// The second derivative of log Γ (Abramowitz and Stegun 1972, 6.4.6 and 6.4.12).
pub fn trigamma(mut x: f64) -> f64 {
    if !(x > 0.0 && x.is_finite()) {
        return if x == f64::INFINITY { 0.0 } else { f64::NAN };
    }
    let mut below = 0.0;
    while x < LARGE {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let s = 1.0 / (x * x);
    let series = s
        * (1.0 / 6.0
            - s * (1.0 / 30.0
                - s * (1.0 / 42.0
                    - s * (1.0 / 30.0 - s * (5.0 / 66.0 - s * (691.0 / 2730.0 - s * (7.0 / 6.0)))))));
    below + 1.0 / x + 0.5 * s + series / x
}

#[cfg(test)]
mod tests {
    use super::*;

    // Values by R 4.2's digamma() and trigamma().
    const VALUES: [(f64, f64, f64); 6] = [
        (1e-3, -1000.5755719318104, 1000001.6425331959),
        (0.3, -3.5025242222001323, 12.245364546107732),
        (1.0, -0.577_215_664_901_532_3, 1.6449340668482264),
        (2.5, 0.703_156_640_645_243_4, 0.490_357_756_100_234_9),
        (9.99, 2.250_700_372_831_201, 0.105_276_950_148_241_82),
        (1234.5, 7.118_016_231_827_998, 0.000_810_372_727_126_966_7),
    ];

    #[test]
    fn derivatives_of_log_gamma_agree_with_those_of_r() {
        for (x, first, second) in VALUES {
            assert!(
                (digamma(x) - first).abs() < 1e-14 * (1.0 + first.abs()),
                "digamma {x}: {}",
                digamma(x)
            );
            assert!(
                (trigamma(x) - second).abs() < 1e-14 * (1.0 + second.abs()),
                "trigamma {x}: {}",
                trigamma(x)
            );
        }
    }

    #[test]
    fn where_there_is_none_the_derivative_is_no_number() {
        assert!(digamma(0.0).is_nan() && trigamma(-1.0).is_nan() && digamma(f64::NAN).is_nan());
        assert_eq!(trigamma(f64::INFINITY), 0.0);
    }
}
