//! How much memory work needs and how much there is, so that too much is refused beforehand.

use crate::error::{EngineError, Result};
use crate::network::Network;
use crate::scalar::{padded, Scalar};
use crate::train::Method;

/// Bytes that training needs beside the data as given.
///
/// `copied_rows` are the rows copied for shuffling (0 when none are).
pub fn training_bytes<T: Scalar>(network: &Network, method: &Method, copied_rows: usize) -> f64 {
    let packed: f64 = network
        .layers()
        .iter()
        .map(|layer| (layer.inputs as f64 + 1.0) * padded::<T>(layer.units) as f64)
        .sum();
    let slots = method.slots() as f64;
    // Parameters and slots, and two snapshots of them; transposed copies and the gradient;
    // at the border a start and a result in double precision.
    let numbers = packed * (3.0 * (1.0 + slots) + 2.0) + copied_rows as f64 * network.inputs() as f64;
    numbers * size_of::<T>() as f64 + network.parameter_count() * (2.0 + slots) * 8.0
}

/// Bytes that may be used: what the system says is free, within the limits of control groups,
/// and within `limit`. Infinite where the system says nothing.
pub fn available_bytes(limit: Option<f64>) -> f64 {
    let mut available = limit.unwrap_or(f64::INFINITY);
    for found in [system_bytes(), control_group_bytes()].into_iter().flatten() {
        available = available.min(found);
    }
    available
}

/// Refuses work that needs more than is available.
///
/// # Errors
/// [`EngineError::Memory`] with both sizes.
pub fn check(needed: f64, limit: Option<f64>) -> Result<()> {
    // A small network is not worth the system calls.
    if needed < 1e7 && limit.is_none_or(|limit| needed <= limit) {
        return Ok(());
    }
    let available = available_bytes(limit);
    if needed <= available && can_be_reserved(needed) {
        Ok(())
    } else {
        Err(EngineError::Memory { needed, available })
    }
}

/// Whether the system would give that much, asked by taking and giving back: where it states
/// nothing (there is no `/proc`), this is all there is to know.
fn can_be_reserved(bytes: f64) -> bool {
    bytes < isize::MAX as f64 && Vec::<u8>::new().try_reserve_exact(bytes as usize).is_ok()
}

fn system_bytes() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024.0)
}

fn control_group_bytes() -> Option<f64> {
    let read = |path: &str| -> Option<f64> { std::fs::read_to_string(path).ok()?.trim().parse().ok() };
    let group = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = group
        .lines()
        .find_map(|line| line.strip_prefix("0::"))
        .unwrap_or("/")
        .to_string();
    for base in [format!("/sys/fs/cgroup{own}"), "/sys/fs/cgroup".to_string()] {
        if let Some(limit) = read(&format!("{base}/memory.max")) {
            return Some(limit); // what is in use is mostly cache, which gives way
        }
    }
    let limit = read("/sys/fs/cgroup/memory/memory.limit_in_bytes")?;
    // Version 1 states "no limit" as a number near 2^63.
    (limit < 1e18).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::Output;
    use crate::optimizer::{GradientDescent, Optimizer};

    #[test]
    fn a_network_beyond_the_machine_is_refused_and_a_small_one_is_not() {
        let rule = Method::Rule(Optimizer::GradientDescent(GradientDescent));
        let huge = Network::new(
            &[1_000_000, 100_000_000, 1],
            &[crate::activation::Activation::Relu],
            Output::Linear,
        )
        .unwrap();
        let needed = training_bytes::<f64>(&huge, &rule, 0);
        assert!(needed > 1e15);
        #[cfg(target_os = "linux")]
        assert!(matches!(check(needed, None), Err(EngineError::Memory { .. })));
        let small = Network::new(&[4, 1], &[], Output::Linear).unwrap();
        let needed = training_bytes::<f64>(&small, &rule, 0);
        assert!(check(needed, None).is_ok());
        assert!(check(needed, Some(10.0)).is_err());
    }
}
