//! `rest`: gives the memory of idle stacks back while a thread has nothing to do.
//!
//! Stacks that were not needed for a period are released. If the thread needs them again soon, it
//! pays once, because the period then doubles.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::pool::{self, HAS_MANY, Pool};

/// The number of stacks that are released at a time. This takes a fraction of a millisecond.
const BATCH: usize = 1024;
/// The period in which stacks must not have been needed: the first one, and the longest one.
const FIRST_PERIOD: Duration = Duration::from_secs(1);
const LONGEST_PERIOD: Duration = Duration::from_secs(64);

thread_local! {
    static REST_STATE: RefCell<RestState> = const { RefCell::new(RestState::new()) };
}

/// Tells the stack pool of the calling thread that the thread has nothing to do now.
///
/// The pool may then give the memory of some idle stacks back to the system, if they have not been
/// needed for a second or more. Returns after which time to call again, if the thread still has
/// nothing to do then. Returns `None` if there is nothing to give back.
///
/// Event loops call this before they wait. If the thread never had more than 256 stacks, the call
/// costs almost nothing.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Generator, stack};
///
/// assert_eq!(stack::rest(), None, "there are no stacks yet");
/// let numbers = (0..1000).map(|i| Generator::new(move |co| co.yield_(i)));
/// let generators: Vec<Generator<i32>> = numbers.collect();
/// for generator in &generators {
///     generator.next()?;
/// }
/// drop(generators);
/// let pause = stack::rest().expect("1000 stacks are idle");
/// println!("call again in {pause:?}");
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
#[inline]
pub fn rest() -> Option<Duration> {
    if HAS_MANY.try_with(Cell::get) != Ok(true) {
        return None;
    }
    rest_at(Instant::now)
}

#[cold]
fn rest_at(now: impl FnOnce() -> Instant) -> Option<Duration> {
    let release = |state: &RefCell<RestState>| {
        pool::with(|pool| state.borrow_mut().release_if_due(pool, now))
    };
    REST_STATE.try_with(release).ok().flatten().flatten()
}

/// The current period, and the last release.
struct RestState {
    /// The end of the current period, if one has begun.
    end: Option<Instant>,
    period: Duration,
    /// The number of stacks without memory after the last release.
    released: usize,
}

impl RestState {
    const fn new() -> Self {
        Self {
            end: None,
            period: FIRST_PERIOD,
            released: 0,
        }
    }

    /// Releases some stacks if the period is over, and returns after which time to look again.
    fn release_if_due(
        &mut self,
        pool: &mut Pool,
        now: impl FnOnce() -> Instant,
    ) -> Option<Duration> {
        if pool.surplus() == 0 {
            self.end = None;
            return None;
        }
        let now = now();
        match self.end {
            None => return Some(self.begin(pool, now)),
            Some(end) if now < end => return Some(end - now),
            Some(_) => {}
        }
        if pool.stats().released < self.released / 2 {
            // More than half of the stacks that were released last were needed again.
            self.released = 0;
            self.period = (2 * self.period).min(LONGEST_PERIOD);
            return Some(self.begin(pool, now));
        }
        let all = pool.release_unneeded(BATCH);
        self.released = pool.stats().released;
        if !all {
            return Some(Duration::ZERO);
        }
        Some(self.begin(pool, now))
    }

    fn begin(&mut self, pool: &mut Pool, now: Instant) -> Duration {
        pool.begin_period();
        self.end = Some(now + self.period);
        self.period
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::pool::ALWAYS_KEPT;
    use super::super::{prewarm, stats};
    use super::{BATCH, LONGEST_PERIOD, rest, rest_at};

    const SIZE: usize = 32 << 10;

    /// Calls `rest_at` until the next call is due after `end`, and returns the time until then.
    fn rest_until(now: &mut Instant, end: Instant) -> Option<Duration> {
        loop {
            let soon = rest_at(|| *now)?;
            if *now + soon > end {
                return Some(soon);
            }
            *now += soon;
        }
    }

    /// Runs a test on a new thread, which has no stacks.
    fn apart(test: fn()) {
        std::thread::spawn(test).join().unwrap();
    }

    #[test]
    fn few_stacks_are_no_reason_to_rest() {
        apart(|| {
            prewarm(10, SIZE).unwrap();
            assert_eq!(rest(), None);
            prewarm(ALWAYS_KEPT, SIZE).unwrap();
            assert_eq!(rest(), None);
            assert_eq!(stats().released, 0);
        });
    }

    #[test]
    fn unneeded_stacks_are_released_in_batches() {
        apart(|| {
            prewarm(5_000, SIZE).unwrap();
            let began = Instant::now();
            let soon = rest_at(|| began).unwrap();
            assert_eq!((soon, stats().released), (Duration::from_secs(1), 0));
            assert_eq!(rest_at(|| began + soon / 2), Some(soon / 2));
            let end = began + soon;
            for batch in 1..=4 {
                assert_eq!(rest_at(|| end), Some(Duration::ZERO));
                assert_eq!(stats().released, batch * BATCH);
            }
            assert!(rest_at(|| end).is_some());
            assert_eq!(stats().idle, ALWAYS_KEPT);
            assert_eq!(rest_at(|| end + 2 * soon), None, "nothing is left to do");
        });
    }

    #[test]
    fn stacks_that_were_needed_keep_their_memory() {
        apart(|| {
            prewarm(5_000, SIZE).unwrap();
            let began = Instant::now();
            rest_at(|| began);
            for second in 1..20 {
                prewarm(5_000, SIZE).unwrap();
                rest_at(|| began + Duration::from_secs(second));
            }
            assert_eq!(stats().released, 0);
        });
    }

    #[test]
    fn stacks_that_are_soon_needed_again_are_kept() {
        apart(|| {
            let (mut now, period) = (Instant::now(), Duration::from_secs(10));
            let mut releases = 0;
            for _ in 0..1_000 {
                prewarm(5_000, SIZE).unwrap();
                let end = now + period;
                rest_until(&mut now, end);
                now = end;
                releases += usize::from(stats().released > 0);
            }
            assert!((1..10).contains(&releases), "{releases}");
            let end = now + 3 * LONGEST_PERIOD;
            rest_until(&mut now, end);
            assert_eq!(stats().idle, ALWAYS_KEPT, "in the end they come back");
        });
    }

    #[test]
    fn idle_stacks_are_kept_up_to_the_number_in_use() {
        apart(|| {
            let suspended = || {
                let g = crate::Builder::new()
                    .stack_size(SIZE)
                    .build(|co| co.yield_(1));
                g.next().unwrap();
                g
            };
            let mut fleet: Vec<crate::Generator<i32>> = (0..3_000).map(|_| suspended()).collect();
            fleet.truncate(1_000);
            let mut now = Instant::now();
            let end = now + LONGEST_PERIOD;
            rest_until(&mut now, end);
            assert_eq!((stats().live, stats().idle), (1_000, 1_000));
        });
    }
}
