//! What a process yields to its environment.

use std::fmt;
use std::rc::Rc;

use super::node::Node;
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
pub struct Wait(Rc<Node>);

impl Wait {
    #[inline(always)]
    pub(super) fn into_node(self) -> Rc<Node> {
        self.0
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.0).finish()
    }
}

/// Waits until an event is processed. An error of the event is raised.
#[inline(always)]
pub(super) fn wait(node: &Rc<Node>, co: &Co) -> Result<()> {
    if !node.is_processed() && !node.is_refused() {
        co.yield_through(Wait(Rc::clone(node)))?;
    }
    if node.is_processed() && !node.is_failed() {
        return Ok(());
    }
    raise(node)
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
