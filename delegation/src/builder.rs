//! `Builder` and `Generator::new`: how a generator is made, and with which settings.

use std::any::type_name;
use std::borrow::Cow;
use std::cell::Cell;
use std::panic::Location;

use crate::co::Co;
use crate::coroutine::Shared;
use crate::error::Result;
use crate::generator::Generator;
use crate::label::{AsGiven, Label, Name};
use crate::stack;

/// Settings for a generator: its name and the size of its stack.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Builder, Generator};
///
/// let settings = Builder::new().name("counter").stack_size(64 << 10);
/// let g: Generator<i32> = settings.build(|co| co.yield_(1));
/// assert_eq!(g.name(), "counter");
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
    /// Returns the default settings: the name of the body's function, and [`stack::DEFAULT_SIZE`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name that reports show. The default is the name of the body's function.
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

    /// Shows a body of this type as the closure that it is: `main::{closure}`. The default is the name of
    /// the function in which the closure stands, which is a generator function as a rule.
    ///
    /// A library calls this when its user has given the closure.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Builder, Co, Generator, Result};
    ///
    /// fn generator<F: FnOnce(&Co<i32>) -> Result<()> + 'static>(body: F) -> Generator<i32> {
    ///     Builder::new().named_as_given::<F>().build(body)
    /// }
    ///
    /// assert!(generator(|co| co.yield_(1)).name().ends_with("::{closure}"));
    /// ```
    #[inline]
    pub fn named_as_given<F>(mut self) -> Self {
        self.name = Some(Cow::Borrowed(Self::name_as_given::<F>()));
        self
    }

    /// Returns the name that [`named_as_given`](Self::named_as_given) sets, for a library that forgets the type of
    /// its user's closure before it makes the generator.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Builder, Co, Generator, Result};
    ///
    /// fn name<F: FnOnce(&Co<i32>) -> Result<()>>(_: F) -> &'static str {
    ///     Builder::name_as_given::<F>()
    /// }
    ///
    /// let name = name(|co| co.yield_(1));
    /// let g: Generator<i32> = Builder::new().name(name).build(|co| co.yield_(2));
    /// assert!(g.name().ends_with("::{closure}"));
    /// ```
    #[inline]
    pub fn name_as_given<F>() -> &'static str {
        type_name::<AsGiven<F>>()
    }

    /// Sets the size of the stack in bytes of address space. The guard page is part of it.
    ///
    /// The size is rounded up to whole pages. Only pages that the body touches take memory. With a
    /// size below [`stack::MIN_SIZE`], or above the free address space, the generator cannot start:
    /// its first `next` returns an error ([`Error::is_stack`](crate::Error::is_stack)). The default
    /// is [`stack::DEFAULT_SIZE`].
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Creates a generator with these settings. Like [`Generator::new`], it runs nothing yet.
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
    /// Creates a generator. The first [`next`](Generator::next) takes a stack and starts the body.
    ///
    /// The stack will have [`stack::DEFAULT_SIZE`](crate::stack::DEFAULT_SIZE) bytes. [`Builder`]
    /// sets another size.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let g: Generator<i32> = Generator::new(|co| {
    ///     println!("started");
    ///     co.yield_(1)
    /// });
    /// assert_eq!(g.next()?.yielded(), Some(1)); // prints "started"
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[track_caller]
    pub fn new<F>(body: F) -> Self
    where
        F: FnOnce(&Co<Y, S>) -> Result<R> + 'static,
    {
        Builder::new().build(body)
    }
}
