//! Operations: what the library waits for when a coroutine delegates to it.

use std::fmt;

use super::awaitable::{IntoCoroutine, awaitable_coroutine};
use super::coroutine::{Coroutine, CoroutineBuilder};
use super::request::{Co, Request};
use yieldfrom_delegation::{Delegate, Result};

/// An operation of the library that waits, such as [`getaddrinfo`](crate::net::getaddrinfo).
///
/// It does nothing until a coroutine delegates to it by `yield_from`, or until it becomes a task. It
/// goes wherever a coroutine goes: `wait_for(operation, timeout)`, `create_task(operation)`. One that
/// borrows something, such as the buffer that it fills, can only be delegated to.
#[must_use = "an operation does nothing until a coroutine delegates to it: co.yield_from(operation)?"]
#[derive(Clone, Copy)]
pub struct Operation<F> {
    name: &'static str,
    run: F,
}

impl<F> Operation<F> {
    /// Makes an operation. Its coroutine has this name in reports.
    ///
    /// The waits of `run` show the line that delegates to the operation, not their own one.
    #[inline(always)]
    pub(crate) fn new<T>(name: &'static str, run: F) -> Self
    where
        F: FnOnce(&Co) -> Result<T>,
    {
        Self { name, run }
    }
}

impl<F> fmt::Debug for Operation<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Operation {}>", self.name)
    }
}

impl<T, F: FnOnce(&Co) -> Result<T>> Delegate<Request, ()> for Operation<F> {
    type Output = T;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<T> {
        (self.run)(co)
    }
}

impl<T: 'static, F: FnOnce(&Co) -> Result<T> + 'static> IntoCoroutine for Operation<F> {
    type Output = T;

    #[track_caller]
    fn into_coroutine(self) -> Coroutine<T> {
        CoroutineBuilder::new().name(self.name).build(self.run)
    }
}

awaitable_coroutine!(Operation<F>, [T: 'static, F: FnOnce(&Co) -> Result<T> + 'static], T);
