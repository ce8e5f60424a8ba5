//! What a process yields to its environment.

use std::fmt;
use std::rc::Rc;

use super::core::Core;
use super::node::Node;
use super::queue::Scheduled;
use crate::errors::RuntimeError;
use yieldfrom_delegation::Result;

/// What a process gets to suspend with: [`delegation::Co`](crate::delegation::Co) with this module's [`Wait`].
///
/// A function of a process has it as its argument. It waits by `co.yield_from(event)?`, and calls functions that wait by
/// `co.yield_from(function)?`, to any depth.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Env, Environment};
/// use yieldfrom::Result;
///
/// fn leg(co: &Co, env: &Env, hours: i32) -> Result<f64> {
///     co.yield_from(env.timeout(hours))?;
///     Ok(env.now())
/// }
///
/// let env = Environment::new();
/// let handle = env.handle();
/// let trip = env.process(move |co: &Co| {
///     leg(co, &handle, 2)?;
///     co.yield_from(|co: &Co| leg(co, &handle, 3)) // with a line of its own in tracebacks
/// });
/// assert_eq!(env.run_until(trip)?, 5.0);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub type Co = yieldfrom_delegation::Co<Wait, ()>;

/// What a process yields to its environment: the event for which it waits.
///
/// Only this module makes it. Code that drives a generator of a process by hand passes it on as it is.
///
/// It is one word, so that a process that is resumed at once finds it quickly.
pub struct Wait(Option<Rc<Node>>);

impl Wait {
    /// Returns the event, or none for the timeout that the environment has noted.
    #[inline(always)]
    pub(super) fn into_event(self) -> Option<Rc<Node>> {
        self.0
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(event) => f.debug_tuple("Wait").field(event).finish(),
            None => f.write_str("Wait(Timeout)"),
        }
    }
}

/// Waits until an event is processed. An error of the event is raised.
#[inline(always)]
pub(super) fn wait(node: &Rc<Node>, co: &Co) -> Result<()> {
    if !node.is_processed() && !node.is_refused() {
        co.yield_through(Wait(Some(Rc::clone(node))))?;
    }
    if node.is_processed() && !node.is_failed() {
        return Ok(());
    }
    raise(node)
}

/// Waits for a timeout that nothing else knows. Its environment must run the process itself, so that nothing comes in between.
#[inline(always)]
pub(super) fn wait_for_timeout(core: &Core, scheduled: Scheduled, co: &Co) -> Result<()> {
    core.note_awaited(scheduled);
    // If it was processed already, the process goes on at once.
    co.yield_through(Wait(None)).map(drop)
}

#[cold]
fn raise(node: &Node) -> Result<()> {
    match node.error() {
        Some(error) => {
            node.defuse();
            Err(error)
        }
        None => {
            let why = format!("yield_from: the process was resumed before {node:?} was processed");
            Err(RuntimeError::new(why).into())
        }
    }
}
