//! `Interrupt`: the error that an interrupt throws into a process.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

/// The error that [`Process::interrupt`](super::Process::interrupt) throws into a process.
///
/// SimPy's `Interrupt`.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment, Interrupt};
///
/// let env = Environment::new();
/// let handle = env.handle();
/// let sleeper = env.process(move |co: &Co| {
///     let error = co.yield_from(handle.timeout(8)).unwrap_err();
///     let interrupt = error.downcast_ref::<Interrupt>().expect("nothing else is thrown in");
///     Ok(interrupt.cause::<&str>().copied())
/// });
/// let woken = sleeper.clone();
/// env.process(move |_: &Co| woken.interrupt("noise"));
/// assert_eq!(env.run_until(sleeper)?, Some("noise"));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct Interrupt {
    cause: Rc<dyn Cause>,
}

trait Cause: Any + fmt::Debug {}

impl<C: Any + fmt::Debug> Cause for C {}

impl Interrupt {
    pub(super) fn new(cause: impl fmt::Debug + 'static) -> Self {
        Self {
            cause: Rc::new(cause),
        }
    }

    /// Returns the cause, if it has this type.
    pub fn cause<C: 'static>(&self) -> Option<&C> {
        let cause: &dyn Any = &*self.cause;
        cause.downcast_ref()
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause::<()>() {
            Some(()) => f.write_str("Interrupt(None)"),
            None => f.debug_tuple("Interrupt").field(&self.cause).finish(),
        }
    }
}

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Interrupt {}
