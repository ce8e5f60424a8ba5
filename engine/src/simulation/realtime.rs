//! `RealtimeEnvironment`: an environment whose time passes as that of a clock does.

use std::cell::Cell;
use std::ops::Deref;
use std::thread;
use std::time::{Duration, Instant};

use super::environment::{Env, Environment};
use super::time::Number;
use crate::errors::{RuntimeError, ValueError};
use yieldfrom_delegation::{Result, stack};

/// How fast the time of an environment passes.
pub(super) struct Pace {
    start: f64,
    /// When it was `start`.
    began: Cell<Instant>,
    /// So many seconds are one unit of time.
    factor: f64,
    strict: bool,
}

impl Pace {
    /// Waits until it is time for an event.
    pub(super) fn wait_for(&self, time: f64) -> Result<()> {
        if time == f64::INFINITY {
            return Ok(());
        }
        let due = (time - self.start) * self.factor;
        let late = self.began.get().elapsed().as_secs_f64() - due;
        if self.strict && late > self.factor {
            let why = format!(
                "run: the simulation is too slow for real time ({late:.3}s); set `strict` to false to allow it"
            );
            return Err(RuntimeError::new(why).into());
        }
        loop {
            let left = due - self.began.get().elapsed().as_secs_f64();
            match Duration::try_from_secs_f64(left) {
                Ok(left) if !left.is_zero() => thread::sleep(left),
                // It is late, or the event comes after all time that there is.
                _ if left <= 0.0 => return Ok(()),
                _ => thread::sleep(Duration::MAX),
            }
        }
    }
}

/// An environment whose time passes as that of a clock does.
///
/// SimPy's `RealtimeEnvironment`. It is an [`Environment`] that waits before each event until its time has come. By default,
/// one unit of time is one second.
///
/// # Examples
///
/// ```
/// use std::time::Instant;
/// use yieldfrom::simulation::{Co, RealtimeEnvironment};
///
/// let env = RealtimeEnvironment::builder().factor(0.01).build()?;
/// let (handle, before) = (env.handle(), Instant::now());
/// env.process(move |co: &Co| co.yield_from(handle.timeout(3)));
/// env.run()?;
/// assert!(before.elapsed().as_secs_f64() >= 0.03);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Debug)]
pub struct RealtimeEnvironment(Environment);

impl Default for RealtimeEnvironment {
    fn default() -> Self {
        Self::new()
    }
}

impl RealtimeEnvironment {
    /// Makes an environment whose time starts at 0, and in which one unit of time is one second.
    pub fn new() -> Self {
        let builder = Self::builder();
        builder.build().expect("the defaults are good")
    }

    /// Returns the defaults, to be changed.
    pub fn builder() -> RealtimeBuilder {
        RealtimeBuilder {
            initial_time: 0.0,
            factor: 1.0,
            strict: true,
            stack_size: stack::DEFAULT_SIZE,
        }
    }

    fn pace(&self) -> &Pace {
        let pace = self.0.core().pace.as_ref();
        pace.expect("`build` has set it")
    }

    /// Returns how many seconds one unit of time takes.
    pub fn factor(&self) -> f64 {
        self.pace().factor
    }

    /// Returns whether a run fails if an event comes later than one unit of time after its time.
    pub fn strict(&self) -> bool {
        self.pace().strict
    }

    /// Has the clock start now.
    ///
    /// Call it before the run if much time has passed since the environment was made.
    pub fn sync(&self) {
        self.pace().began.set(Instant::now());
    }
}

impl Deref for RealtimeEnvironment {
    type Target = Env;

    fn deref(&self) -> &Env {
        &self.0
    }
}

/// Settings for a [`RealtimeEnvironment`].
#[derive(Clone, Debug)]
pub struct RealtimeBuilder {
    initial_time: f64,
    factor: f64,
    strict: bool,
    stack_size: usize,
}

impl RealtimeBuilder {
    /// Sets the time at which the environment starts. The default is 0.
    pub fn initial_time(mut self, time: impl Number) -> Self {
        self.initial_time = time.to_f64();
        self
    }

    /// Sets how many seconds one unit of time takes. The default is 1.
    pub fn factor(mut self, seconds: f64) -> Self {
        self.factor = seconds;
        self
    }

    /// Sets whether a run fails if an event comes later than one unit of time after its time. The default is true.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the size of the processes' stacks in bytes, as [`EnvironmentBuilder::stack_size`](super::EnvironmentBuilder::stack_size).
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Makes the environment. Its clock starts now.
    ///
    /// # Errors
    ///
    /// Returns a [`ValueError`] if the initial time or the factor is not finite, or the factor is negative.
    pub fn build(self) -> Result<RealtimeEnvironment> {
        if !self.factor.is_finite() || self.factor < 0.0 {
            let why = format!(
                "build: the factor ({}) must be a number of seconds",
                self.factor
            );
            return Err(ValueError::new(why).into());
        }
        let pace = Pace {
            start: self.initial_time,
            began: Cell::new(Instant::now()),
            factor: self.factor,
            strict: self.strict,
        };
        let environment = Environment::builder()
            .initial_time(self.initial_time)
            .stack_size(self.stack_size);
        environment.build_with(Some(pace)).map(RealtimeEnvironment)
    }
}
