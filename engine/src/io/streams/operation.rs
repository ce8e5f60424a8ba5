//! The operations that open streams, and their common option.

use std::fmt;

use super::DEFAULT_LIMIT;
use crate::errors::ValueError;
use crate::kernel::{
    Co, Coroutine, CoroutineBuilder, IntoCoroutine, Request, awaitable_coroutine, limited_code,
};
use yieldfrom_delegation::{Delegate, Result};

/// An operation that opens streams, such as [`open_unix_connection`](super::open_unix_connection).
///
/// Its option is the limit for lines. It does nothing until a coroutine delegates to it by
/// `yield_from`, or until it becomes a task.
#[must_use = "it opens nothing until a coroutine delegates to it by yield_from"]
pub struct StreamOperation<T> {
    name: &'static str,
    limit: usize,
    open: Box<Open<T>>,
}

/// Opens streams, with a limit for lines.
type Open<T> = dyn FnOnce(&Co, usize) -> Result<T>;

/// The option that all streams have.
macro_rules! limit_option {
    () => {
        /// Sets how long a line may be, in bytes: 65,536 by default. The reader holds at most about
        /// twice as much, see [`StreamReader`](crate::StreamReader).
        ///
        /// # Examples
        ///
        /// ```
        /// let connection = yieldfrom::open_connection("example.org:80").limit(1 << 20);
        /// ```
        pub fn limit(mut self, bytes: usize) -> Self {
            self.limit = bytes;
            self
        }
    };
}
pub(super) use limit_option;

impl<T> StreamOperation<T> {
    /// Makes an operation. `open` gets the limit, which is not zero.
    pub(super) fn new(
        name: &'static str,
        open: impl FnOnce(&Co, usize) -> Result<T> + 'static,
    ) -> Self {
        Self {
            name,
            limit: DEFAULT_LIMIT,
            open: Box::new(open),
        }
    }

    limit_option!();
}

/// Returns the limit, or an error if it is zero.
pub(crate) fn checked_limit(limit: usize) -> Result<usize> {
    if limit == 0 {
        let why = "limit: zero bytes leave no room for any data; give at least one";
        return Err(ValueError::new(why).into());
    }
    Ok(limit)
}

impl<T> fmt::Debug for StreamOperation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<StreamOperation {}>", self.name)
    }
}

impl<T> Delegate<Request, ()> for StreamOperation<T> {
    type Output = T;

    fn delegate(self, co: &Co) -> Result<T> {
        (self.open)(co, checked_limit(self.limit)?)
    }
}

impl<T: 'static> IntoCoroutine for StreamOperation<T> {
    type Output = T;

    #[track_caller]
    fn into_coroutine(self) -> Coroutine<T> {
        let builder = CoroutineBuilder::new().name(self.name);
        builder.build(|co| self.delegate(co))
    }
}

awaitable_coroutine!(StreamOperation<T>, [T: 'static], T);
limited_code! {
    StreamOperation<T>, [T: 'static], T;
}
