//! Ticks at equal distances.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::sleep;
use crate::errors::ValueError;
use crate::kernel::{Co, EventLoop, IntoDelay, Operation};
use yieldfrom_delegation::{Delegate, Result};

/// Makes a ticker: [`tick`](Interval::tick) waits for the next of its ticks.
///
/// asyncio has none; this is tokio's `interval`. The period is a [`Duration`], or a number of seconds. The
/// first tick comes at once, and the others at multiples of the period after it, however long the work
/// between them takes. Ticks that have passed meanwhile are left out, but for the last one, which comes at
/// once: a loop that was held up does not run after its ticks. (tokio's default gives all of them.)
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, interval, sleep};
///
/// let times = EventLoop::builder().virtual_clock().run(|co: &Co| {
///     let ticks = interval(10);
///     let mut times = Vec::new();
///     for work in [1, 1, 25, 1, 1] {
///         times.push(co.yield_from(ticks.tick())?.as_secs());
///         co.yield_from(sleep(work))?;
///     }
///     Ok(times)
/// })?;
/// assert_eq!(times, [0, 10, 20, 40, 50]); // the one of 40 came at 45, as the work took so long
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "ticker")]
pub fn interval(period: impl IntoDelay) -> Interval {
    Interval(Rc::new(IntervalState {
        period: period.into_delay(),
        next: Cell::new(None),
    }))
}

/// A ticker, made by [`interval`]. A clone is the same ticker: each tick goes to one wait.
#[derive(Clone)]
pub struct Interval(Rc<IntervalState>);

struct IntervalState {
    period: Duration,
    /// The loop time of the next tick; none before the first.
    next: Cell<Option<Duration>>,
}

impl Interval {
    /// Waits for the next tick, and gives the loop time for which it was set.
    ///
    /// A tick that is due takes one turn of the loop, in which other tasks run. If the wait is cancelled, the
    /// tick is left for the next one.
    ///
    /// # Errors
    ///
    /// - [`ValueError`]: the period is zero.
    /// - As [`sleep`](crate::sleep()).
    #[must_use = "waits for nothing unless delegated to: co.yield_from(ticks.tick())?"]
    pub fn tick(&self) -> Operation<impl FnOnce(&Co) -> Result<Duration> + use<>> {
        let state = Rc::clone(&self.0);
        Operation::new("Interval.tick", move |co| state.tick(co))
    }

    /// Returns the time from one tick to the next.
    pub fn period(&self) -> Duration {
        self.0.period
    }

    /// Has the next tick come one period from now.
    ///
    /// # Examples
    ///
    /// A ticker whose first tick comes after a period:
    ///
    /// ```
    /// use yieldfrom::{Co, EventLoop, interval};
    ///
    /// let first = EventLoop::builder().virtual_clock().run(|co: &Co| {
    ///     let ticks = interval(2.5);
    ///     ticks.reset();
    ///     co.yield_from(ticks.tick())
    /// })?;
    /// assert_eq!(first.as_secs_f64(), 2.5);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn reset(&self) {
        let next = now().saturating_add(self.0.period);
        self.0.next.set(Some(next));
    }
}

impl IntervalState {
    fn tick(&self, co: &Co) -> Result<Duration> {
        if self.period.is_zero() {
            let why = "interval: the period is zero; give a positive one";
            return Err(ValueError::new(why).into());
        }
        loop {
            let set_for = self.next.get();
            let wait = set_for.map_or(Duration::ZERO, |at| at.saturating_sub(now()));
            sleep(wait).delegate(co)?;
            // Another task may have taken the tick, or moved it.
            if self.next.get() == set_for {
                return Ok(self.take(set_for));
            }
        }
    }

    /// Takes the last tick that is due, and sets the next one.
    fn take(&self, set_for: Option<Duration>) -> Duration {
        let now = now();
        let first = set_for.unwrap_or(now);
        let passed = now.saturating_sub(first).as_nanos() / self.period.as_nanos();
        let since_first = self
            .period
            .saturating_mul(u32::try_from(passed).unwrap_or(u32::MAX));
        let tick = first.saturating_add(since_first);
        self.next.set(Some(tick.saturating_add(self.period)));
        tick
    }
}

fn now() -> Duration {
    EventLoop::current_or_closed().time()
}

/// Shows the period, and when the next tick comes: `<Interval period=1s next=5s>`.
impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Interval period={:?}", self.0.period)?;
        if let Some(next) = self.0.next.get() {
            write!(f, " next={next:?}")?;
        }
        f.write_str(">")
    }
}
