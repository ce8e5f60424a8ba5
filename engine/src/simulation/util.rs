//! SimPy's `util`: processes that start later, and interrupts when an event happens.

use super::environment::Env;
use super::event::{AnyEvent, AsEvent};
use super::process::Process;
use super::request::Co;
use super::time::Number;
use crate::errors::{RuntimeError, ValueError};
use yieldfrom_delegation::{Error, Result};

/// Starts a process after a delay. Returns the process that starts it, whose value is the one that was started.
///
/// SimPy's `simpy.util.start_delayed`.
///
/// # Errors
///
/// Returns a [`ValueError`] if the delay is not above 0.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment, util::start_delayed};
///
/// let env = Environment::new();
/// let handle = env.handle();
/// let starter = start_delayed(&env, move |_: &Co| Ok(handle.now()), 5)?;
/// let late = env.run_until(starter)?;
/// assert_eq!(env.run_until(late)?, 5.0);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn start_delayed<R, F>(env: &Env, body: F, delay: impl Number) -> Result<Process<Process<R>>>
where
    R: 'static,
    F: FnOnce(&Co) -> Result<R> + 'static,
{
    let delay = delay.to_f64();
    if delay.is_nan() || delay <= 0.0 {
        let why = format!("start_delayed: the delay ({delay}) must be above 0");
        return Err(ValueError::new(why).into());
    }
    let handle = env.clone();
    Ok(env.process(move |co: &Co| {
        co.yield_from(handle.timeout(delay))?;
        Ok(handle.process(body))
    }))
}

/// Has the running process be interrupted when an event is processed.
///
/// The cause of the [`Interrupt`](super::Interrupt) is a [`Subscribed`], which has the event. SimPy's `simpy.util.subscribe_at`.
///
/// # Errors
///
/// Returns a [`RuntimeError`] if the event was processed already, or if no process runs.
pub fn subscribe_at(env: &Env, event: &impl AsEvent) -> Result<()> {
    let event = event.to_any();
    if event.processed() {
        let why = format!("subscribe_at: {event:?} has already terminated");
        return Err(RuntimeError::new(why).into());
    }
    let Some(receiver) = env.active_process() else {
        let why = "subscribe_at: no process is running, which could be interrupted";
        return Err(RuntimeError::new(why).into());
    };
    env.process(move |co: &Co| {
        co.yield_from(&event)?;
        match receiver.is_alive() {
            true => receiver.interrupt(Subscribed(event)),
            false => Ok::<(), Error>(()),
        }
    });
    Ok(())
}

/// The cause of the interrupt that [`subscribe_at`] leads to.
#[derive(Clone, Debug)]
pub struct Subscribed(AnyEvent);

impl Subscribed {
    /// Returns the event that was processed.
    pub fn event(&self) -> &AnyEvent {
        &self.0
    }

    /// Returns a clone of the event's value, if that has this type.
    pub fn value<T: Clone + 'static>(&self) -> Option<T> {
        self.0.value()
    }
}
