//! A team of threads that lives for one fit and runs one job at a time, fork and join.
//!
//! Work is cut by its shape, never by the number of threads, so the team only decides
//! who does which part, not what is computed. The calling thread is member 0; between jobs it is
//! the only one awake, so observers run undisturbed. Waiting members spin briefly, then yield, then sleep.
//!
//! The team also asks the user, now and then and on the calling thread alone, whether the work is to
//! end: whoever works a while says how much was done ([`Team::did`]), inside a job between its parts
//! ([`Team::goes_on`]).

use crate::base::error::{EngineError, Result};
use crate::base::functions;
use std::any::Any;
use std::ops::Range;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

/// Spins before yielding: some microseconds.
const SPINS: u32 = 2_000;
/// Yields before sleeping: about a millisecond when the machine is idle.
const YIELDS: u32 = 2_000;
/// Work after which the user is asked again whether to go on, in multiply-adds: some milliseconds at most.
const WORK_BETWEEN_POLLS: u64 = 3_000_000;

type Job<'a> = dyn Fn(usize) + Sync + 'a;

struct Shared {
    /// Counts the jobs; a change is the signal to start.
    started: AtomicUsize,
    /// Members that have not finished the present job.
    unfinished: AtomicUsize,
    stop: AtomicBool,
    /// The present job. Written by member 0 before `started` changes.
    job: Mutex<Option<&'static Job<'static>>>,
    panic: Mutex<Option<String>>,
    sleepers: AtomicUsize,
    sleep: Mutex<()>,
    wake: Condvar,
    /// The next number of each member's share in a queue.
    next: Vec<Apart>,
}

/// A counter in a cache line of its own.
#[repr(align(64))]
struct Apart(AtomicUsize);

/// A team of `size()` threads, the caller among them.
pub struct Team {
    shared: Option<std::sync::Arc<Shared>>,
    size: usize,
    /// Whether the user wants the work to end.
    interrupted: fn() -> bool,
    /// Work since the user was last asked, counted by member 0.
    work: AtomicU64,
    /// Whether the present job is to be left.
    left: AtomicBool,
}

/// Runs `body` with a team of `threads` (at least one), which ends when `body` returns or unwinds.
pub fn with_team<R>(threads: usize, body: impl FnOnce(&Team) -> R) -> R {
    with_team_asking(threads, || false, body)
}

/// The same with a user who may interrupt. Where the caller has brought functions, which are to be called on its thread alone, the team
/// has one member.
pub fn with_team_asking<R>(threads: usize, interrupted: fn() -> bool, body: impl FnOnce(&Team) -> R) -> R {
    if threads <= 1 || functions::are_present() {
        return body(&Team::new(None, 1, interrupted));
    }
    let shared = std::sync::Arc::new(Shared {
        started: AtomicUsize::new(0),
        unfinished: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        job: Mutex::new(None),
        panic: Mutex::new(None),
        sleepers: AtomicUsize::new(0),
        sleep: Mutex::new(()),
        wake: Condvar::new(),
        next: (0..threads).map(|_| Apart(AtomicUsize::new(0))).collect(),
    });
    std::thread::scope(|scope| {
        let mut size = 1;
        for member in 1..threads {
            let shared = shared.clone();
            // A system that refuses another thread gets the work done with fewer: same bits.
            let spawned = std::thread::Builder::new()
                .name(format!("backprop-{member}"))
                .spawn_scoped(scope, move || shared.work(member));
            if spawned.is_err() {
                break;
            }
            size += 1;
        }
        struct StopOnDrop<'a>(&'a Shared);
        impl Drop for StopOnDrop<'_> {
            fn drop(&mut self) {
                self.0.stop.store(true, Ordering::Release);
                self.0.announce();
            }
        }
        let _stop = StopOnDrop(&shared);
        body(&Team::new(Some(shared.clone()), size, interrupted))
    })
}

impl Team {
    fn new(shared: Option<std::sync::Arc<Shared>>, size: usize, interrupted: fn() -> bool) -> Team {
        Team {
            shared,
            size,
            interrupted,
            work: AtomicU64::new(0),
            left: AtomicBool::new(false),
        }
    }

    /// Number of members.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Says between jobs that so much was done, in multiply-adds or numbers moved.
    ///
    /// # Errors
    /// [`EngineError::Interrupted`] when the user was asked and wants an end.
    pub fn did(&self, work: f64) -> Result<()> {
        match self.is_interrupted_after(work) {
            true => Err(EngineError::Interrupted),
            false => Ok(()),
        }
    }

    /// Says inside a job that the member is about to do so much, and tells whether it should: once the
    /// user wants an end, no member goes on, and the job is [`EngineError::Interrupted`].
    pub fn goes_on(&self, member: usize, work: f64) -> bool {
        if member == 0 && self.is_interrupted_after(work) {
            self.left.store(true, Ordering::Relaxed);
        }
        !self.left.load(Ordering::Relaxed)
    }

    /// Called on the calling thread alone.
    fn is_interrupted_after(&self, work: f64) -> bool {
        let work = self.work.load(Ordering::Relaxed).saturating_add(work as u64);
        let due = work >= WORK_BETWEEN_POLLS;
        self.work.store(if due { 0 } else { work }, Ordering::Relaxed);
        due && (self.interrupted)()
    }

    /// Runs `job(member)` on every member and returns when all have finished.
    ///
    /// # Errors
    /// [`EngineError::Panic`] when a member panicked; the others have finished all the same.
    /// [`EngineError::Interrupted`] when [`Team::goes_on`] had them leave.
    pub fn run(&self, job: &Job<'_>) -> Result<()> {
        let Some(shared) = self.shared.as_deref().filter(|_| self.size > 1) else {
            return self.run_alone(|| job(0));
        };
        // SAFETY: only the lifetime is changed. Members use the reference between the change
        // of `started` and their decrement of `unfinished`, and this function does not return
        // before `unfinished` is 0, so the job outlives every use.
        let eternal: &'static Job<'static> = unsafe { std::mem::transmute::<&Job<'_>, _>(job) };
        *shared.job.lock().unwrap_or_else(|e| e.into_inner()) = Some(eternal);
        shared.unfinished.store(self.size - 1, Ordering::Release);
        shared.announce();
        let own = catch_unwind(AssertUnwindSafe(|| job(0)));
        let mut turns = 0;
        while shared.unfinished.load(Ordering::Acquire) != 0 {
            turns += 1;
            if turns < SPINS {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
        let other = shared.panic.lock().unwrap_or_else(|e| e.into_inner()).take();
        match (own, other) {
            (Err(panic), _) => Err(EngineError::Panic(text(panic))),
            (_, Some(message)) => Err(EngineError::Panic(message)),
            _ => self.was_left(),
        }
    }

    fn was_left(&self) -> Result<()> {
        match self.left.swap(false, Ordering::Relaxed) {
            true => Err(EngineError::Interrupted),
            false => Ok(()),
        }
    }

    /// Runs the calling member's part of a job, where the others have none.
    ///
    /// # Errors
    /// As for [`Team::run`], and of functions that the caller brought along.
    pub fn run_alone(&self, job: impl FnOnce()) -> Result<()> {
        catch_unwind(AssertUnwindSafe(job)).map_err(|panic| EngineError::Panic(text(panic)))?;
        functions::check()?;
        self.was_left()
    }
    /// Runs `job` on consecutive shares of `0..count`, cut at multiples of `grain`.
    pub fn run_ranges(
        &self,
        count: usize,
        grain: usize,
        job: impl Fn(usize, Range<usize>) + Sync,
    ) -> Result<()> {
        if self.size == 1 || count <= grain {
            return self.run_alone(|| job(0, 0..count));
        }
        let grains = count.div_ceil(grain);
        self.run(&|member| {
            let cut = |k: usize| (grains * k / self.size * grain).min(count);
            let range = cut(member)..cut(member + 1);
            if !range.is_empty() {
                job(member, range);
            }
        })
    }

    /// Runs `job` on every number below `count`, each of them so much work. Each member begins with a
    /// share of its own, the same in every run, and when it is done takes what others have not come to.
    ///
    /// # Errors
    /// As for [`Team::run`].
    pub fn run_queue(&self, count: usize, work: f64, job: impl Fn(usize, usize) + Sync) -> Result<()> {
        let Some(shared) = self.shared.as_deref().filter(|_| self.size > 1 && count > 1) else {
            let goes_on = |_: &usize| self.goes_on(0, work);
            return self.run_alone(|| (0..count).take_while(goes_on).for_each(|number| job(0, number)));
        };
        let first = |member: usize| count * member / self.size;
        for (member, next) in shared.next.iter().enumerate() {
            next.0.store(first(member), Ordering::Relaxed);
        }
        self.run(&|member| {
            for owner in (member..self.size).chain(0..member) {
                loop {
                    let number = shared.next[owner].0.fetch_add(1, Ordering::Relaxed);
                    if number >= first(owner + 1) {
                        break;
                    }
                    if !self.goes_on(member, work) {
                        return;
                    }
                    job(member, number);
                }
            }
        })
    }
}

impl Shared {
    fn announce(&self) {
        self.started.fetch_add(1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            // Taking the lock makes sure that a member about to sleep has looked again.
            let _guard = self.sleep.lock().unwrap_or_else(|e| e.into_inner());
            self.wake.notify_all();
        }
    }

    fn work(&self, member: usize) {
        let mut seen = 0;
        loop {
            self.wait_for_change(seen);
            seen = seen.wrapping_add(1);
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            let job = *self.job.lock().unwrap_or_else(|e| e.into_inner());
            if let Some(job) = job {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(member))) {
                    *self.panic.lock().unwrap_or_else(|e| e.into_inner()) = Some(text(panic));
                }
            }
            self.unfinished.fetch_sub(1, Ordering::Release);
        }
    }

    fn wait_for_change(&self, seen: usize) {
        for turn in 0..SPINS + YIELDS {
            if self.started.load(Ordering::Acquire) != seen {
                return;
            }
            if turn < SPINS {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
        let mut guard = self.sleep.lock().unwrap_or_else(|e| e.into_inner());
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        while self.started.load(Ordering::SeqCst) == seen {
            guard = self.wake.wait(guard).unwrap_or_else(|e| e.into_inner());
        }
        self.sleepers.fetch_sub(1, Ordering::SeqCst);
    }
}

fn text(panic: Box<dyn Any + Send>) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| s.to_string())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_runs_every_job() {
        for threads in [1, 2, 8] {
            let count = AtomicUsize::new(0);
            with_team(threads, |team| {
                for _ in 0..50 {
                    team.run(&|_| {
                        count.fetch_add(1, Ordering::Relaxed);
                    })
                    .unwrap();
                }
                assert_eq!(count.load(Ordering::Relaxed), 50 * team.size());
            });
        }
    }

    #[test]
    fn a_sleeping_team_wakes_up() {
        with_team(3, |team| {
            for _ in 0..3 {
                std::thread::sleep(std::time::Duration::from_millis(30));
                team.run(&|_| {}).unwrap();
            }
        });
    }

    #[test]
    fn a_panic_becomes_an_error_and_the_team_goes_on() {
        with_team(2, |team| {
            for _ in 0..20 {
                let result = team.run(&|member| assert!(member != 1, "member one"));
                assert!(matches!(result, Err(EngineError::Panic(message)) if message.contains("member one")));
                team.run(&|_| {}).unwrap();
            }
        });
    }

    #[test]
    fn a_queue_is_worked_off_once() {
        for threads in [1, 3] {
            let hits: Vec<AtomicUsize> = (0..100).map(|_| AtomicUsize::new(0)).collect();
            with_team(threads, |team| {
                team.run_queue(100, 1.0, |_, number| {
                    hits[number].fetch_add(1, Ordering::Relaxed);
                })
                .unwrap();
            });
            assert!(hits.iter().all(|h| h.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn an_interrupt_ends_a_job_early_and_the_next_one_runs() {
        use std::cell::Cell;
        thread_local!(static ASKED: Cell<usize> = const { Cell::new(0) });
        for threads in [1, 3] {
            ASKED.set(0);
            // The second question is answered with yes, and no other.
            let second = || {
                ASKED.set(ASKED.get() + 1);
                ASKED.get() == 2
            };
            with_team_asking(threads, second, |team| {
                let done = AtomicUsize::new(0);
                let count = |_: usize, _: usize| {
                    done.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(std::time::Duration::from_micros(50));
                };
                let work = WORK_BETWEEN_POLLS as f64;
                assert_eq!(team.run_queue(1000, work, count), Err(EngineError::Interrupted));
                assert!(done.load(Ordering::Relaxed) < 1000);
                assert_eq!(team.run_queue(10, work, count), Ok(()));
                assert_eq!(team.did(work), Ok(()));
            });
            with_team_asking(
                threads,
                || true,
                |team| {
                    assert_eq!(team.did(1.0), Ok(()), "not asked for every trifle");
                    assert_eq!(team.did(1e300), Err(EngineError::Interrupted));
                    assert_eq!(
                        team.run_ranges(10, 1, |member, _| assert!(
                            !team.goes_on(member, 1e9) || member > 0
                        )),
                        Err(EngineError::Interrupted)
                    );
                },
            );
        }
    }

    #[test]
    fn ranges_cover_everything_once() {
        for (count, grain) in [(0, 4), (1, 4), (7, 3), (100, 6), (5, 100)] {
            let hits: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            with_team(3, |team| {
                team.run_ranges(count, grain, |_, range| {
                    for i in range {
                        hits[i].fetch_add(1, Ordering::Relaxed);
                    }
                })
                .unwrap();
            });
            assert!(hits.iter().all(|h| h.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn a_team_has_the_size_that_was_asked_for_and_at_least_one() {
        for (asked, size) in [(0, 1), (1, 1), (2, 2), (5, 5)] {
            assert_eq!(with_team(asked, |team| team.size()), size);
        }
        assert_eq!(with_team(3, |_| "what the body gives"), "what the body gives");
    }

    #[test]
    fn whatever_panics_is_reported_in_its_own_words() {
        for threads in [1, 3] {
            with_team(threads, |team| {
                let last = team.size() - 1;
                let said = |result: Result<()>| match result {
                    Err(EngineError::Panic(message)) => message,
                    other => panic!("{other:?}"),
                };
                let silent = team.run(&|member| {
                    if member == last {
                        std::panic::panic_any(7u8);
                    }
                });
                assert_eq!(said(silent), "unknown panic");
                assert_eq!(
                    said(team.run(&|member| assert!(member != last, "plain"))),
                    "plain"
                );
                assert_eq!(
                    said(team.run(&|member| assert!(member != 0, "number {member}"))),
                    "number 0"
                );
                let in_range = team.run_ranges(10, 2, |_, range| assert!(range.end < 10, "range"));
                assert_eq!(said(in_range), "range");
                let whole = team.run_ranges(2, 2, |_, _| panic!("all of it"));
                assert_eq!(said(whole), "all of it");
                let queued = team.run_queue(10, 1.0, |_, number| assert!(number != 9, "queue"));
                assert_eq!(said(queued), "queue");
                assert_eq!(team.run(&|_| {}), Ok(()));
            });
        }
    }

    /// The range of each member, in order.
    fn shares(threads: usize, count: usize, grain: usize) -> Vec<(usize, Range<usize>)> {
        let seen = Mutex::new(Vec::new());
        with_team(threads, |team| {
            team.run_ranges(count, grain, |member, range| {
                seen.lock().unwrap().push((member, range))
            })
            .unwrap();
        });
        let mut seen = seen.into_inner().unwrap();
        seen.sort_by_key(|(member, _)| *member);
        seen
    }

    #[test]
    fn shares_are_even_and_cut_at_grains() {
        assert_eq!(shares(3, 100, 6), [(0, 0..30), (1, 30..66), (2, 66..100)]);
        assert_eq!(shares(2, 10, 1), [(0, 0..5), (1, 5..10)]);
        // Too little for all, too little to share, nothing; nobody to share with.
        assert_eq!(shares(3, 8, 4), [(1, 0..4), (2, 4..8)]);
        assert_eq!(shares(3, 4, 4), [(0, 0..4)]);
        assert_eq!(shares(3, 0, 4), [(0, 0..0)]);
        assert_eq!(shares(1, 100, 6), [(0, 0..100)]);
    }

    #[test]
    fn each_member_begins_a_queue_with_its_own_share() {
        // Nobody goes on before all have begun, so that none can take another's first.
        let begun = std::sync::Barrier::new(3);
        let firsts = Mutex::new(vec![None; 3]);
        with_team(3, |team| {
            team.run_queue(20, 1.0, |member, number| {
                let mut seen = firsts.lock().unwrap();
                if seen[member].is_none() {
                    seen[member] = Some(number);
                    drop(seen);
                    begun.wait();
                }
            })
            .unwrap();
        });
        assert_eq!(firsts.into_inner().unwrap(), [Some(0), Some(6), Some(13)]);
    }

    #[test]
    fn alone_a_queue_is_worked_off_in_order() {
        let seen = Mutex::new(Vec::new());
        with_team(1, |team| {
            team.run_queue(5, 1.0, |member, number| {
                seen.lock().unwrap().push((member, number))
            })
            .unwrap();
        });
        let wanted: Vec<(usize, usize)> = (0..5).map(|number| (0, number)).collect();
        assert_eq!(seen.into_inner().unwrap(), wanted);
    }
}
