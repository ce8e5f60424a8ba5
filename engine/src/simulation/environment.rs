//! `Environment`: where a simulation runs.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::any_process::AnyProcess;
use super::condition::{Condition, Rule};
use super::core::{Core, Ran};
use super::errors::EmptySchedule;
use super::event::{AnyEvent, Event, IntoEvent};
use super::node::Kind;
use super::observer::Observer;
use super::process::Process;
use super::queue::Priority;
use super::realtime::Pace;
use super::request::Co;
use super::time::Number;
use super::timeout::Timeout;
use super::until::{Until, run_until};
use super::value::stored;
use super::waiting::{self, WaitingProcess};
use crate::errors::{AtCaller, ValueError, hide_own_lines};
use yieldfrom_delegation::{Result, stack};

/// Where a simulation runs: it has the time, the events and the processes.
///
/// SimPy's `Environment`. It owns its processes: when it is dropped, they are closed, each innermost first, and their destructors
/// run. Everything that processes and models do with it, they do by handles, of the type [`Env`]. `&Environment` can be given
/// where a `&Env` is needed.
///
/// # Examples
///
/// ```
/// use yieldfrom::Result;
/// use yieldfrom::simulation::{Co, Env, Environment};
///
/// fn clock(env: &Env, name: &'static str, tick: f64) -> impl FnOnce(&Co) -> Result<()> + use<> {
///     let env = env.clone();
///     move |co| loop {
///         println!("{} {name}", env.now());
///         co.yield_from(env.timeout(tick))?;
///     }
/// }
///
/// let env = Environment::new();
/// env.process(clock(&env, "fast", 0.5));
/// env.process(clock(&env, "slow", 1.0));
/// env.run_until(2)?; // 0 fast, 0 slow, 0.5 fast, 1 slow, 1 fast, 1.5 fast
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Environment {
    env: Env,
}

impl Default for Environment {
    fn default() -> Self {
        Self::new()
    }
}

impl Environment {
    /// Makes an environment whose time starts at 0.
    pub fn new() -> Self {
        let builder = Self::builder();
        builder.build().expect("the defaults are good")
    }

    /// Returns the defaults, to be changed.
    pub fn builder() -> EnvironmentBuilder {
        EnvironmentBuilder {
            initial_time: 0.0,
            stack_size: stack::DEFAULT_SIZE,
        }
    }
}

impl Deref for Environment {
    type Target = Env;

    fn deref(&self) -> &Env {
        &self.env
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.env.core.close();
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.env.fmt(f)
    }
}

/// Settings for an [`Environment`].
#[derive(Clone, Debug)]
pub struct EnvironmentBuilder {
    initial_time: f64,
    stack_size: usize,
}

impl EnvironmentBuilder {
    /// Sets the time at which the environment starts. The default is 0.
    pub fn initial_time(mut self, time: impl Number) -> Self {
        self.initial_time = time.to_f64();
        self
    }

    /// Sets the size of the processes' stacks in bytes, see [`Builder::stack_size`](crate::Builder::stack_size). The default
    /// is [`stack::DEFAULT_SIZE`](crate::delegation::stack::DEFAULT_SIZE).
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Makes the environment.
    ///
    /// # Errors
    ///
    /// Returns a [`ValueError`] if the initial time is not finite.
    pub fn build(self) -> Result<Environment> {
        self.build_with(None)
    }

    pub(super) fn build_with(self, pace: Option<Pace>) -> Result<Environment> {
        let now = self.initial_time;
        if !now.is_finite() {
            let why = format!("build: the initial time ({now}) must be a finite number");
            return Err(ValueError::new(why).into());
        }
        hide_own_lines();
        let core = Rc::new(Core::new(now, self.stack_size, pace));
        Ok(Environment { env: Env { core } })
    }
}

/// A handle to an [`Environment`], for its processes and models.
///
/// It does not keep the environment: when that is dropped, what is done by handles fails with an error, or does nothing.
#[derive(Clone)]
pub struct Env {
    core: Rc<Core>,
}

impl Env {
    pub(super) fn core(&self) -> &Rc<Core> {
        &self.core
    }

    /// Returns another handle: the same as `clone` of an `Env`.
    pub fn handle(&self) -> Self {
        self.clone()
    }

    /// Returns the present time. It has no unit.
    #[inline(always)]
    pub fn now(&self) -> f64 {
        self.core.now()
    }

    /// Starts a process. Its function begins at the present time, before all timeouts of this time.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::simulation::{Co, Environment};
    ///
    /// let env = Environment::new();
    /// let handle = env.handle();
    /// let wash = env.process(move |co: &Co| {
    ///     co.yield_from(handle.timeout(5))?;
    ///     Ok(97)
    /// });
    /// let handle = env.handle();
    /// env.process(move |co: &Co| {
    ///     let dirt = co.yield_from(wash)?;
    ///     assert_eq!((handle.now(), dirt), (5.0, 97));
    ///     Ok(())
    /// });
    /// env.run()?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn process<R, F>(&self, body: F) -> Process<R>
    where
        R: 'static,
        F: FnOnce(&Co) -> Result<R> + 'static,
    {
        Process::start(&self.core, None, body)
    }

    /// Starts a process with this name, in place of that of its function.
    #[track_caller]
    pub fn named_process<R, F>(&self, name: impl Into<String>, body: F) -> Process<R>
    where
        R: 'static,
        F: FnOnce(&Co) -> Result<R> + 'static,
    {
        Process::start(&self.core, Some(name.into()), body)
    }

    /// Makes an event that is processed after a delay.
    ///
    /// If the delay is negative or no number, the event fails with a [`ValueError`]: a wait for it raises that at once, and if
    /// nobody waits, the run ends with it. The delay may be infinite.
    #[inline(always)]
    #[track_caller]
    pub fn timeout(&self, delay: impl Number) -> Timeout {
        let delay = delay.to_f64();
        match self.core.schedule_timeout(delay) {
            Some(scheduled) => Timeout::plain(&self.core, delay, scheduled),
            None => self.timeout_with(delay, ()),
        }
    }

    /// Makes an event that is processed after a delay, with a value.
    ///
    /// As for [`timeout`](Self::timeout), a delay that makes no sense is an error of the event.
    #[track_caller]
    pub fn timeout_with<T: 'static>(&self, delay: impl Number, value: T) -> Timeout<T> {
        let delay = delay.to_f64();
        let node = self.core.node(Kind::Timeout(delay));
        if delay >= 0.0 {
            node.set_succeeded(stored(value));
            self.core
                .schedule(Rc::clone(&node), Priority::Normal, delay);
        } else {
            let why = format!("timeout: the delay ({delay}) is negative, or no number");
            let error = Err::<(), _>(ValueError::new(why).into()).at_caller();
            node.refuse(&self.core, error.unwrap_err());
        }
        Timeout::of(Event::of(node))
    }

    /// Makes an event that somebody has to [trigger](Event::succeed).
    pub fn event<T: 'static>(&self) -> Event<T> {
        Event::of(self.core.node(Kind::Event))
    }

    /// Makes an event that is processed when all of these are. Without events, it is processed at the present time.
    ///
    /// For events of different types, use `a & b`, or [`to_any`](Event::to_any).
    pub fn all_of(&self, events: impl IntoIterator<Item: IntoEvent>) -> Condition {
        self.condition_of(Rule::All, events)
    }

    /// Makes an event that is processed when one of these is. Without events, it is processed at the present time.
    ///
    /// For events of different types, use `a | b`, or [`to_any`](Event::to_any).
    pub fn any_of(&self, events: impl IntoIterator<Item: IntoEvent>) -> Condition {
        self.condition_of(Rule::Any, events)
    }

    /// Makes an event that is processed when `evaluate` returns true. It gets the events, and how many of them were processed,
    /// each time when that is one more.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::simulation::Environment;
    ///
    /// let env = Environment::new();
    /// let quorum = env.condition(|all, done| done * 2 > all.len(), [4, 9, 2].map(|delay| env.timeout(delay)));
    /// assert_eq!(env.run_until(quorum)?.len(), 2);
    /// assert_eq!(env.now(), 4.0);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn condition(
        &self,
        evaluate: impl Fn(&[AnyEvent], usize) -> bool + 'static,
        events: impl IntoIterator<Item: IntoEvent>,
    ) -> Condition {
        self.condition_of(Rule::Other(Rc::new(evaluate)), events)
    }

    fn condition_of(&self, rule: Rule, events: impl IntoIterator<Item: IntoEvent>) -> Condition {
        let events = events.into_iter().map(IntoEvent::into_any).collect();
        Condition::new(&self.core, rule, events)
    }

    /// Returns the process that runs.
    pub fn active_process(&self) -> Option<AnyProcess> {
        self.core.active().as_ref().map(AnyProcess::of)
    }

    /// Runs until no events are left.
    ///
    /// Processes may still wait then, for events that nobody triggers: [`waiting`](Self::waiting) lists them.
    ///
    /// # Errors
    ///
    /// - The error of an event or a process with which nobody has dealt. The environment can run again.
    /// - A [`RuntimeError`](crate::RuntimeError) if the environment runs already, or was dropped.
    pub fn run(&self) -> Result<()> {
        self.core.run().map(|_: Ran| ())
    }

    /// Runs until a time, or until an event is processed. Returns the event's value.
    ///
    /// The events of that time are left for the next run, but for starts and interrupts. Those who wait for the event that has ended
    /// the run go on in the next run, too: as in SimPy 4.1.2, the event stays scheduled until then, before all others, and does not count
    /// as processed.
    ///
    /// As in SimPy, an event stays the end of a run if an error has ended that run before: then the next run ends there as well.
    ///
    /// # Errors
    ///
    /// - The errors of [`run`](Self::run), and that of the event.
    /// - A [`ValueError`] if the time is not after the present one, or the event is of another environment.
    /// - A [`RuntimeError`](crate::RuntimeError) if no events are left and the event was not triggered. It names the processes
    ///   that wait, with their lines.
    #[track_caller]
    pub fn run_until<U: Until>(&self, until: U) -> Result<U::Output> {
        run_until(&self.core, until).at_caller()
    }

    /// Processes the next event.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`run`](Self::run), and [`EmptySchedule`] if there is no event.
    #[track_caller]
    pub fn step(&self) -> Result<()> {
        match self.core.single_step().at_caller()? {
            true => Ok(()),
            false => Err(EmptySchedule.into()).at_caller(),
        }
    }

    /// Returns the time of the next event, which is infinite if there is none.
    pub fn peek(&self) -> f64 {
        self.core.peek()
    }

    /// Lists the processes that wait, in the order in which they were started, with what they wait for and their lines.
    ///
    /// After a [`run`](Self::run) they wait for events that nobody can trigger: it is a deadlock, unless the model means it.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::simulation::{Co, Environment};
    ///
    /// let env = Environment::new();
    /// let never = env.event::<()>();
    /// env.named_process("hermit", move |co: &Co| co.yield_from(never));
    /// env.run()?;
    /// let waiting = env.waiting();
    /// assert!(waiting[0].to_string().starts_with("hermit waits for Event() since 0: hermit() at "));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn waiting(&self) -> Vec<WaitingProcess> {
        waiting::list(&self.core)
    }

    /// Returns how many events were processed.
    pub fn processed_events(&self) -> u64 {
        self.core.processed()
    }

    /// Returns how many events are scheduled.
    pub fn scheduled_events(&self) -> usize {
        self.core.scheduled()
    }

    /// Has an observer be told what the processes do, until [`Observing`] is dropped.
    pub fn observe(&self, observer: Rc<dyn Observer>) -> Observing {
        self.core.add_observer(Rc::clone(&observer));
        Observing {
            env: self.clone(),
            observer,
        }
    }
}

/// Two are equal if they are handles of the same environment.
impl PartialEq for Env {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.core, &other.core)
    }
}

impl Eq for Env {}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Environment");
        shown.field("now", &self.now());
        shown.field("scheduled", &self.scheduled_events());
        shown.finish_non_exhaustive()
    }
}

/// An observer that is told what processes do. [`Env::observe`] returns it; dropping it ends that.
#[must_use = "the observer is removed when this is dropped"]
pub struct Observing {
    env: Env,
    observer: Rc<dyn Observer>,
}

impl Drop for Observing {
    fn drop(&mut self) {
        self.env.core.remove_observer(&self.observer);
    }
}

impl fmt::Debug for Observing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observing").finish_non_exhaustive()
    }
}
