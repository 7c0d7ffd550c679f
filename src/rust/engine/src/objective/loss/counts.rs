//! Counts of mean e^z: Poisson's, and the negative binomial's, which vary more.

use super::rows::Row;
use super::rule::{Description, ElementLoss, Needs, RowLoss};
use crate::kernels::real::Real;
use crate::objective::output::Output;

/// Minus the log-likelihood of Poisson counts, without log y!.
pub(super) struct Poisson;

impl ElementLoss for Poisson {
    const DESCRIPTION: Description = Description {
        name: "poisson",
        outputs: &[Output::Exponential],
        is_sum: false,
        needs: Needs::Nonnegative,
        default: &[],
    };
    const PAIRED: bool = true;

    #[inline(always)]
    fn element<N: Real>(&self, k: N, z: N, a: N, y: N, _: usize) -> (N, N) {
        ((a - y * z) / k, (a - y) / k)
    }
}

/// Minus the log-likelihood of negative binomial counts, without log y!, of mean μ = e^z and variance μ + μ²/θ;
/// the ancillary parameters are log θ of each unit (Venables and Ripley 2002, section 7.4).
pub(super) struct NegativeBinomial;

impl RowLoss for NegativeBinomial {
    const DESCRIPTION: Description = Description {
        name: "negative_binomial",
        ..<Poisson as ElementLoss>::DESCRIPTION
    };

    fn ancillary(&self, units: usize) -> usize {
        units
    }

    fn row<N: Real>(&self, row: &Row<'_, N>, deltas: &mut [N], ancillary: &mut [N]) -> N {
        let k = N::of(row.inputs.len() as f64);
        let mut sum = N::of(0.0);
        for (unit, (&z, &y)) in row.inputs.iter().zip(row.targets).enumerate() {
            let log_theta = row.ancillary[unit];
            let theta = log_theta.exp();
            // log(1 + μ/θ) and μ / (θ + μ) of the log of μ/θ, which overflows as late as it can.
            let ratio = z - log_theta;
            let (excess, share) = (ratio.softplus(), ratio.logistic());
            let (rise, slope) = gamma_rise(theta, y);
            let part = (y + theta) * excess - y * ratio - rise;
            sum = sum + part / k;
            deltas[unit] = ((y + theta) * share - y) / k;
            let by_theta = theta * (excess - slope);
            ancillary[unit] = (by_theta + y - (y + theta) * share) / k;
        }
        sum
    }
}

/// Counts up to which [`gamma_rise`] is summed.
const FEW: f64 = 64.0;

/// log Γ(θ + y) − log Γ(θ), and its derivative by θ. Of few counts they are sums: for large θ the differences would round to nothing.
fn gamma_rise<N: Real>(theta: N, y: N) -> (N, N) {
    let count = y.real();
    if count != count.floor() || count > FEW {
        let sum = theta + y;
        return (sum.ln_gamma() - theta.ln_gamma(), sum.digamma() - theta.digamma());
    }
    let (mut rise, mut slope) = (N::of(0.0), N::of(0.0));
    for i in 0..count as usize {
        let factor = theta + N::of(i as f64);
        rise = rise + factor.ln();
        slope = slope + N::of(1.0) / factor;
    }
    (rise, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_of_log_gamma_agree() {
        for theta in [0.2, 1.0, 7.5, 40.0] {
            for y in [0.0, 1.0, 5.0, 64.0] {
                let (rise, slope) = gamma_rise(theta, y);
                let difference = libm::lgamma(theta + y) - libm::lgamma(theta);
                assert!(
                    (rise - difference).abs() < 1e-12 * (1.0 + difference.abs()),
                    "{theta} {y}"
                );
                let digammas = Real::digamma(theta + y) - Real::digamma(theta);
                assert!(
                    (slope - digammas).abs() < 1e-12 * (1.0 + slope.abs()),
                    "{theta} {y}"
                );
            }
        }
    }
}
