//! Trait implementations of `Future`.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::rc::Rc;

use yieldfrom_delegation::{Delegate, Result};

use super::{Future, FutureData, Role};
use crate::kernel::request::{Co, Request};
use crate::kernel::task::Task;

/// Makes another handle of the same future.
impl<T: 'static> Clone for Future<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self {
            inner: Rc::clone(&self.inner),
        }
    }
}

impl<T: 'static> AsRef<Future<T>> for Future<T> {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Waits until the future is done, and clones its result.
impl<T: Clone + 'static> Delegate<Request, ()> for &Future<T> {
    type Output = T;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.wait_done(co)?;
        self.result()
    }
}

/// Waits until the future is done, and moves its result out.
impl<T: 'static> Delegate<Request, ()> for Future<T> {
    type Output = T;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<T> {
        self.wait_done(co)?;
        let result = self.inner.take("yield_from", Location::caller());
        // `self` is dropped before the result leaves: a panic of its destructor would leak that.
        drop(self);
        result
    }
}

impl<T: 'static> FutureData<T> {
    /// Writes where it was made, if it was made in debug mode.
    pub(crate) fn show_place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.made_at() {
            Some(at) => write!(f, " created at {at}"),
            None => Ok(()),
        }
    }
}

impl<T: 'static> fmt::Display for FutureData<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.role {
            Role::Task(data) => data.show(self, f),
            #[cfg(feature = "futures")]
            Role::Stackless(data) => data.show(self, f),
            Role::Other(composite) => {
                let name = composite.as_ref().map_or("Future", |it| it.name());
                write!(f, "<{name} {}", self.state().name())?;
                self.show_place(f)?;
                f.write_str(">")
            }
        }
    }
}

/// Shows the future as asyncio does: `<Future pending>`, or as the task that it is.
impl<T: 'static> fmt::Display for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// As `Display`.
impl<T: 'static> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T: 'static> Deref for Task<T> {
    type Target = Future<T>;

    fn deref(&self) -> &Future<T> {
        &self.0
    }
}
