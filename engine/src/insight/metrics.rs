//! A loop's counters, for programs.

use std::time::Duration;

use crate::kernel::{Core, EventLoop};
use crate::threads::Executors;
use yieldfrom_delegation::stack;

/// What a loop has done since it was made, and what it has at hand now.
///
/// [`EventLoop::metrics`] returns it. The loop counts turns and waits. All else it knows anyway, so nothing is
/// done for a step.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{EventLoop, create_task, get_running_loop, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// let metrics = event_loop.block_on(|co| {
///     create_task(|co: &yieldfrom::Co| co.yield_from(sleep(Duration::MAX)));
///     co.yield_from(sleep(1))?;
///     Ok(get_running_loop()?.metrics())
/// })?;
/// assert_eq!((metrics.tasks, metrics.tasks_made), (2, 2));
/// assert_eq!(metrics.timers, 1); // that of the task that sleeps
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoopMetrics {
    /// The number of turns that have begun.
    pub turns: u64,
    /// The number of entries that have ended: steps of tasks, and callbacks. In a loop whose entries follow
    /// each other fast, up to eight of the last are not counted yet.
    pub entries: u64,
    /// How often the loop has asked the system for descriptors that are ready, whether it waited or not.
    pub polls: u64,
    /// The real time for which the loop had nothing to do, and waited. It is right to some milliseconds,
    /// because it is taken from a coarse clock.
    pub idle_time: Duration,
    /// The number of tasks that have not ended.
    pub tasks: usize,
    /// The number of tasks that were made. It starts again from zero after 4,294,967,295.
    pub tasks_made: u32,
    /// The number of entries that are ready for the next turn.
    pub ready: usize,
    /// The number of timers that are wanted: those of sleeps, of timeouts, and of `call_later`.
    pub timers: usize,
    /// The number of descriptors that the loop watches.
    pub descriptors: usize,
    /// The number of waits for these descriptors.
    pub descriptor_waits: usize,
    /// The number of jobs of executors that have not ended.
    pub jobs: usize,
    /// The number of child processes that will wake the loop at their end.
    pub children: usize,
    /// The number of threads of the default executor.
    pub threads: usize,
    /// The number of stacks that generators of this thread use, also those of other loops.
    pub stacks: usize,
    /// The number of free stacks of this thread that keep their memory.
    pub idle_stacks: usize,
}

impl LoopMetrics {
    pub(crate) fn of(core: &Core) -> Self {
        let numbers = core.numbers();
        let (jobs, threads) = Executors::of_loop(core);
        let stacks = stack::stats();
        Self {
            turns: numbers.turns,
            entries: numbers.entries,
            polls: numbers.polls,
            idle_time: numbers.waited,
            tasks: numbers.tasks,
            tasks_made: numbers.tasks_made,
            ready: numbers.ready,
            timers: numbers.timers,
            descriptors: numbers.descriptors,
            descriptor_waits: numbers.descriptor_waits,
            jobs,
            children: numbers.work.saturating_sub(jobs),
            threads,
            stacks: stacks.live,
            idle_stacks: stacks.idle,
        }
    }
}

impl EventLoop {
    /// Returns the loop's counters, as they are now: see [`LoopMetrics`].
    ///
    /// You can call it at any time: in a callback, in a task, between two runs, or after the loop was
    /// closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// assert_eq!(event_loop.metrics().turns, 0);
    /// event_loop.block_on(|_| Ok(()))?;
    /// assert!(event_loop.metrics().turns > 0);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn metrics(&self) -> LoopMetrics {
        LoopMetrics::of(self.core())
    }
}
