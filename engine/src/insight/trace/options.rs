//! How much a recording keeps.

use std::fmt::Debug;

use super::recording::Event;
use super::values::Values;

/// The memory that a recording takes at most, unless another limit is set: 16 MiB, for some 600,000 events.
const DEFAULT_MEMORY: usize = 16 << 20;

/// The memory that an event takes at most, with its share of names and lines.
const MOST_FOR_AN_EVENT: usize = 16 * size_of::<Event>();

/// The events that stay when a recording reaches its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Keep {
    /// The first ones: what comes later is only counted.
    #[default]
    Oldest,
    /// The last ones: the oldest make room. What was alive before them is still known.
    Newest,
}

/// Settings of a recording: how much memory it takes, and which events stay.
///
/// A number is a limit on events: `start_trace(1000)`. `None` stands for the defaults.
///
/// # Examples
///
/// ```
/// use yieldfrom::trace::{Keep, TraceOptions};
/// use yieldfrom::{Co, EventLoop, yield_now};
///
/// let options = TraceOptions::new().memory(1 << 20).keep(Keep::Newest);
/// let event_loop = EventLoop::builder().trace(options).build()?;
/// event_loop.run_until_complete(|co: &Co| {
///     (0..50_000).try_for_each(|_| co.yield_from(yield_now()))
/// })?;
/// let trace = event_loop.stop_trace()?;
/// assert!(trace.dropped() > 0 && trace.len() > 10_000);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TraceOptions {
    memory: Option<usize>,
    events: Option<usize>,
    keep: Keep,
    values: Values,
}

impl TraceOptions {
    /// Starts from the defaults: at most 16 MiB, and the oldest events stay.
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the memory of the recording, in bytes: 16 MiB by default.
    ///
    /// Writing a file takes about as much again.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Limits the number of events. Without a limit on memory, this raises that one where the events need it.
    #[must_use]
    pub fn events(mut self, most: usize) -> Self {
        self.events = Some(most);
        self
    }

    /// Sets which events stay when the limit is reached: the oldest by default.
    #[must_use]
    pub fn keep(mut self, which: Keep) -> Self {
        self.keep = which;
        self
    }

    /// Shows the values of this type that go into recorded generators and come out, by `Debug`.
    ///
    /// Numbers, texts, `bool`, `char` and `Duration` are shown anyway.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::trace::TraceOptions;
    /// use yieldfrom::{Generator, record_generators};
    ///
    /// #[derive(Debug)]
    /// struct Fare(u32);
    ///
    /// let recording = record_generators(TraceOptions::new().show::<Fare>())?;
    /// let taxi: Generator<Fare> = Generator::new(|co| co.yield_(Fare(12)));
    /// taxi.next()?;
    /// let mut page = Vec::new();
    /// recording.stop().html(&mut page)?;
    /// assert!(String::from_utf8(page)?.contains("Fare(12)"));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use]
    pub fn show<T: Debug + 'static>(mut self) -> Self {
        self.values.add::<T>();
        self
    }

    pub(in crate::insight) fn values(&self) -> &Values {
        &self.values
    }

    pub(super) fn most_bytes(&self) -> usize {
        let for_events = self.events.unwrap_or(0).saturating_mul(MOST_FOR_AN_EVENT);
        self.memory.unwrap_or(DEFAULT_MEMORY.max(for_events))
    }

    pub(super) fn most_events(&self) -> usize {
        self.events.unwrap_or(usize::MAX)
    }

    pub(super) fn which(&self) -> Keep {
        self.keep
    }
}

/// Limits the events.
impl From<usize> for TraceOptions {
    fn from(most: usize) -> Self {
        Self::new().events(most)
    }
}

/// Limits the events, or nothing but the memory.
impl From<Option<usize>> for TraceOptions {
    fn from(most: Option<usize>) -> Self {
        most.map_or_else(Self::new, Self::from)
    }
}
