//! How much memory there is, so that work which needs more is refused beforehand.

use crate::base::error::{EngineError, Result};

/// Bytes that are not worth asking the system about: the question takes longer than a small fit.
const ALWAYS_THERE: f64 = 1e7;
/// Bytes that must be left for all that is small and allocated unchecked: names, lists, threads. More than
/// the allocator of glibc keeps for itself when it is given back, so that asking for it changes nothing.
pub const RESERVE: f64 = 33.0 * 1048576.0;

/// How much memory work may take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    /// Bytes that may be taken; where nothing is said, what the system has.
    pub limit: Option<f64>,
    /// Bytes that the caller is going to take besides.
    pub extra: f64,
    /// Whether the caller makes a copy of the result, in a form of its own, when training is over.
    pub copies_result: bool,
    /// Gives back memory of the caller's that nothing uses any more.
    pub reclaim: Option<fn()>,
}

impl Budget {
    /// Refuses work that needs more bytes than there are; `held` of them are taken already.
    ///
    /// # Errors
    /// [`EngineError::Memory`] with both sizes; what is available is NaN where all that is known is that
    /// the system refuses.
    pub fn check(&self, needed: f64, held: f64) -> Result<()> {
        let needed = needed + self.extra;
        let limit = self.limit.unwrap_or(f64::INFINITY);
        if needed < ALWAYS_THERE && needed <= limit {
            return Ok(());
        }
        let answer = self.ask(needed, held);
        match self.reclaim {
            Some(reclaim) if answer.is_err() && needed <= limit => {
                reclaim();
                self.ask(needed, held)
            }
            _ => answer,
        }
    }

    fn ask(&self, needed: f64, held: f64) -> Result<()> {
        // What is held is no longer among what the system calls free, but counts for the limits.
        let free = system_bytes().map_or(f64::INFINITY, |free| free + held);
        let group = control_group_bytes().unwrap_or(f64::INFINITY);
        let available = self.limit.unwrap_or(f64::INFINITY).min(free).min(group);
        if needed > available {
            return Err(EngineError::Memory { needed, available });
        }
        match can_be_reserved(needed - held + RESERVE) {
            true => Ok(()),
            false => Err(EngineError::Memory {
                needed,
                available: f64::NAN,
            }),
        }
    }
}

/// Refuses all work where not even the [`RESERVE`] is left.
///
/// # Errors
/// [`EngineError::Memory`].
pub fn check_reserve() -> Result<()> {
    match can_be_reserved(RESERVE) {
        true => Ok(()),
        false => Err(EngineError::Memory {
            needed: RESERVE,
            available: f64::NAN,
        }),
    }
}

/// Whether the system would give that much, asked by taking and giving back: where it states
/// nothing (there is no `/proc`), this is all there is to know.
fn can_be_reserved(bytes: f64) -> bool {
    let mut room = Vec::<u8>::new();
    let granted = bytes < isize::MAX as f64 && room.try_reserve_exact(bytes as usize).is_ok();
    // A compiler that sees that the memory is not used may leave the question out.
    std::hint::black_box(room.as_ptr());
    granted
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

    fn limited(limit: f64) -> Budget {
        Budget {
            limit: Some(limit),
            ..Budget::default()
        }
    }

    #[test]
    fn more_than_the_machine_has_is_refused_and_a_little_is_not() {
        #[cfg(target_os = "linux")]
        assert!(matches!(
            Budget::default().check(1e15, 0.0),
            Err(EngineError::Memory { needed, .. }) if needed == 1e15
        ));
        assert!(check_reserve().is_ok());
        assert!(Budget::default().check(1e30, 0.0).is_err());
        assert!(Budget::default().check(1e3, 0.0).is_ok());
    }

    #[test]
    fn a_limit_counts_what_is_held_and_what_the_caller_takes() {
        assert!(limited(10.0).check(10.0, 10.0).is_ok());
        assert!(limited(10.0).check(11.0, 11.0).is_err());
        let budget = Budget {
            extra: 4.0,
            ..limited(10.0)
        };
        assert!(budget.check(6.0, 0.0).is_ok());
        assert_eq!(
            budget.check(7.0, 0.0),
            Err(EngineError::Memory {
                needed: 11.0,
                available: 10.0
            })
        );
    }
}
