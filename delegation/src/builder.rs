//! How a generator is made, and with what settings.

use std::any::type_name;
use std::borrow::Cow;
use std::cell::Cell;
use std::panic::Location;

use crate::co::Co;
use crate::coroutine::Shared;
use crate::error::Result;
use crate::generator::Generator;
use crate::label::{Label, Name};
use crate::stack;

/// Settings for a generator: its name and the size of its stack.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Builder, Generator};
///
/// let g: Generator<i32> = Builder::new().name("counter").stack_size(64 << 10).build(|co|
/// co.yield_(1)); assert_eq!(g.name(), "counter");
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    name: Option<Cow<'static, str>>,
    stack_size: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            name: None,
            stack_size: stack::DEFAULT_SIZE,
        }
    }
}

impl Builder {
    /// Starts from the defaults: the body's own name, and [`stack::DEFAULT_SIZE`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Builder, Generator};
    /// let g: Generator<i32> = Builder::new().build(|co| co.yield_(1));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name that reports use, instead of the function's.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Builder, Generator};
    /// let g: Generator<i32> = Builder::new().name(format!("taxi {}", 7)).build(|co| co.yield_(1));
    /// assert_eq!(g.name(), "taxi 7");
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the stack's size in bytes of address space, its guard page included.
    ///
    /// Rounded up to whole pages. Only pages that are touched take memory. A size
    /// below [`stack::MIN_SIZE`], or larger than there is room for, becomes an error
    /// when the generator is started.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Builder, Generator};
    /// let deep: Generator<i32> = Builder::new().stack_size(8 << 20).build(|co| co.yield_(1));
    /// deep.next()?;
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Creates a generator with these settings.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Builder, Generator};
    /// let g: Generator<i32> = Builder::new().name("one").build(|co| co.yield_(1));
    /// ```
    #[track_caller]
    pub fn build<Y, S, R, F>(self, body: F) -> Generator<Y, S, R>
    where
        Y: 'static,
        S: Default + 'static,
        R: 'static,
        F: FnOnce(&Co<Y, S>) -> Result<R> + 'static,
    {
        let name = match self.name {
            None => Name::Static(type_name::<F>()),
            Some(Cow::Borrowed(name)) => Name::Static(name),
            Some(given) => Name::Given(Box::new(given)),
        };
        let label = Label {
            name,
            made_at: Cell::new(Location::caller()),
        };
        let body = |suspender| body(&Co { suspender });
        Generator {
            shared: Shared::new(label, self.stack_size, body),
        }
    }
}

impl<Y: 'static, S: Default + 'static, R: 'static> Generator<Y, S, R> {
    /// Creates a generator. Its body does not run, and no stack is taken, before the first `next`.
    ///
    /// Its stack will have [`stack::DEFAULT_SIZE`](crate::stack::DEFAULT_SIZE) bytes; [`Builder`]
    /// makes other ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let g: Generator<i32> = Generator::new(|_| unreachable!("never started"));
    /// drop(g);
    /// ```
    #[track_caller]
    pub fn new<F>(body: F) -> Self
    where
        F: FnOnce(&Co<Y, S>) -> Result<R> + 'static,
    {
        Builder::new().build(body)
    }
}
