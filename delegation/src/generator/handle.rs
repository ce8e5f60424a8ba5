//! Reports, comparison, and trait impls of `Generator`: `Clone`, `Drop`, iterators, `Debug`.

use std::borrow::Cow;
use std::fmt;
use std::iter::FusedIterator;
use std::mem;
use std::panic::{self, Location};
use std::thread;

use super::recorder::{Operation, Outcome, nothing, operate};
use super::{Generator, GeneratorState, State};
use crate::chain;
use crate::coroutine::{End, Node, Shared};
use crate::error::Result;
use crate::label::{Link, RawLink, short_name};
use crate::panics;

use crate::status::Status;

/// Returns the delegations of a root that are under way.
pub(super) fn delegation_chain<Y: 'static, S: 'static>(root: &Node<Y, S>) -> Vec<Link> {
    let mut links = Vec::new();
    append_links(root, &mut links);
    links.iter().map(RawLink::to_link).collect()
}

/// Appends the delegations of a root that are under way.
pub(super) fn append_links<Y: 'static, S: 'static>(root: &Node<Y, S>, links: &mut Vec<RawLink>) {
    if root.status() == Status::Closed {
        return;
    }
    chain::for_each_node(root, |node| {
        let start = links.len();
        let mut at = node.location();
        node.for_each_frame(|frame| {
            links.push(RawLink::of_type(frame.name, at));
            at = frame.called_at;
        });
        links.push(RawLink::of_label(&node.label().name, at));
        links[start..].reverse();
    });
}

impl<Y: 'static, S: Default + 'static, R: 'static> Generator<Y, S, R> {
    /// Returns the delegations that are under way, from the outermost to the innermost.
    ///
    /// Each [`Link`] has the name of a body and its line: for the last one the line of its yield,
    /// for the others the line of their `yield_from`. A generator that has not started has one
    /// link, with the place where it was made. A closed generator has none. While the generator
    /// runs, the innermost line is that of its last suspension.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Co, Generator, Result};
    ///
    /// fn inner(co: &Co<i32>) -> Result<()> { co.yield_(1) }
    /// fn outer(co: &Co<i32>) -> Result<()> { co.yield_from(Generator::new(inner)) }
    ///
    /// let g = Generator::new(outer);
    /// g.next()?;
    /// let chain = g.delegation_chain();
    /// let names: Vec<_> = chain.iter().map(|link| link.name()).collect();
    /// assert_eq!(names, ["outer", "inner"]);
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn delegation_chain(&self) -> Vec<Link> {
        delegation_chain(self.shared.node())
    }

    /// Appends what [`delegation_chain`](Generator::delegation_chain) returns, in a form that is cheap to collect.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// let mut links = Vec::new();
    /// g.append_links(&mut links);
    /// assert_eq!(links[0].to_link(), g.delegation_chain()[0]);
    /// ```
    pub fn append_links(&self, links: &mut Vec<RawLink>) {
        append_links(self.shared.node(), links);
    }

    /// Returns the name of the body's function, or the name set by
    /// [`Builder::name`](crate::Builder::name).
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Co, Generator, Result};
    /// fn spin(co: &Co<i32>) -> Result<()> { co.yield_(1) }
    ///
    /// assert_eq!(Generator::new(spin).name(), "spin");
    /// ```
    pub fn name(&self) -> Cow<'_, str> {
        short_name(&self.shared.node().label().name).into()
    }

    /// Returns the name of the body, and the place where the generator was made.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1)); let here = line!();
    /// g.next()?;
    /// assert_eq!(g.origin().line(), here);
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn origin(&self) -> Link {
        let label = self.shared.node().label();
        Link::new(&label.name, label.made_at.get())
    }

    /// Sets the place that reports show as the origin of the generator. The default is the line
    /// that made it.
    ///
    /// A library calls this when it makes a generator on behalf of its user.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::Location;
    /// use yieldfrom_delegation::Generator;
    ///
    /// #[track_caller]
    /// fn counter() -> Generator<i32> {
    ///     let caller = Location::caller();
    ///     let g = Generator::new(|co| co.yield_(1));
    ///     g.set_origin(caller);
    ///     g
    /// }
    ///
    /// let g = counter();
    /// assert_eq!(g.origin().line(), line!() - 1);
    /// ```
    pub fn set_origin(&self, place: &'static Location<'static>) {
        self.shared.node().set_made_at(place);
    }

    /// Ends the generator as the drop of its last handle does, even if other handles exist.
    ///
    /// A suspended generator is closed. If its body yields instead of ending, the body is unwound.
    /// Errors are logged. If the generator is running, this does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Generator, State};
    ///
    /// let stubborn: Generator<i32> = Generator::new(|co| {
    ///     loop {
    ///         let _ = co.yield_(1);
    ///     }
    /// });
    /// stubborn.next()?;
    /// assert!(stubborn.close().is_err());
    /// stubborn.abandon();
    /// assert_eq!(stubborn.state(), State::Closed);
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn abandon(&self) {
        match self.state() {
            State::Created => self.shared.discard(),
            State::Suspended => self.end(),
            State::Running | State::Closed => {}
        }
    }

    /// Returns whether both handles refer to the same generator, as Python's `is` does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// assert!(g.ptr_eq(&g.clone()));
    /// ```
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.shared.ptr_eq(&other.shared)
    }

    /// Returns the address that stands for this generator while it exists. That of its body's [`Co`](crate::Co) is
    /// [the same](crate::Co::generator_address).
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<usize> = Generator::new(|co| co.yield_(co.generator_address().addr()));
    /// assert_eq!(g.next()?.yielded(), Some(g.address().addr()));
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline(always)]
    pub fn address(&self) -> *const () {
        std::ptr::from_ref(self.shared.node()).cast()
    }

    /// Ends a body that has a stack, when the last handle is dropped.
    ///
    /// If the body has not ended after that, the whole generator is leaked: other objects may still
    /// refer to the frames on its stack, and these frames refer to its node.
    #[cold]
    fn dispose(&self) {
        struct LeakUnlessClosed<'a, Y: 'static, S: 'static, R: 'static>(&'a Shared<Y, S, R>);
        impl<Y, S, R> Drop for LeakUnlessClosed<'_, Y, S, R> {
            fn drop(&mut self) {
                if self.0.node().status() != Status::Closed {
                    mem::forget(self.0.clone());
                }
            }
        }
        let _leak = LeakUnlessClosed(&self.shared);
        let Err(payload) = panics::catch(|| self.end()) else {
            return;
        };
        // A destructor of a yielded value may have panicked, for example. The body must end all the
        // same.
        if self.shared.node().status() != Status::Closed {
            panics::contain(|| self.end_after_panic());
        }
        // If a second panic left this destructor, the program would abort.
        if thread::panicking() {
            panics::drop_quietly(payload);
        } else {
            panic::resume_unwind(payload);
        }
    }

    /// Unwinds the body. If that does not end it, warns that it is leaked.
    fn end_after_panic(&self) {
        let node = self.shared.node();
        if matches!(node.status(), Status::Suspended | Status::Delegating) {
            // A panic here is not reported, because the first panic goes on.
            panics::contain(|| chain::unwind(node));
        }
        if node.status() != Status::Closed {
            self.warn_of_leak();
        }
    }

    /// Closes a suspended body, or unwinds it.
    fn end(&self) {
        let node = self.shared.node();
        match node.status() {
            // The body runs: its thread exits from within it.
            Status::Running => return,
            Status::GivenUp => return self.warn_of_leak(),
            _ => {}
        }
        let close = |()| chain::close(node);
        match operate(
            node,
            Operation::Close,
            ((), nothing),
            close,
            Outcome::of_end,
        ) {
            Ok(()) => {}
            Err(End::Panicked(payload)) => {
                panics::drop_quietly(payload);
                crate::report!(
                    Error,
                    "panic ignored in generator {} that was dropped",
                    self.name()
                );
            }
            Err(_) if node.status() != Status::Closed => {
                if cfg!(panic = "unwind") {
                    chain::unwind(node);
                }
                if node.status() != Status::Closed {
                    self.warn_of_leak();
                }
            }
            Err(end) => {
                let error = end.raise::<()>().unwrap_err();
                crate::report!(
                    Warn,
                    "error ignored in generator {} that was dropped: {error:?}",
                    self.name()
                );
            }
        }
    }

    fn warn_of_leak(&self) {
        let why = match self.shared.node().status() {
            Status::GivenUp => "cannot be ended any more",
            _ => "does not end",
        };
        crate::report!(
            Warn,
            "generator {} (made at {}) was dropped but {why}: its stack is leaked",
            self.name(),
            self.shared.node().label().made_at.get()
        );
    }
}

/// Makes another handle of the same generator.
impl<Y: 'static, S: Default + 'static, R: 'static> Clone for Generator<Y, S, R> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

/// Closes a suspended generator when its last handle is dropped.
///
/// It does the same as [`close`](Generator::close), and logs errors. A body that yields instead of
/// ending is unwound. The generator is leaked, with a warning, in three cases: the body catches
/// even the unwinding; the program is built with `panic = "abort"`, which cannot unwind; or the
/// thread is destroying its thread locals, which the body may have borrowed.
impl<Y: 'static, S: Default + 'static, R: 'static> Drop for Generator<Y, S, R> {
    #[inline]
    fn drop(&mut self) {
        let has_stack = !matches!(
            self.shared.node().status(),
            Status::Created | Status::Closed
        );
        if has_stack && self.shared.is_last() {
            self.dispose();
        }
    }
}

/// Drives the generator as a for loop in Python does: yields values until the body returns or
/// fails.
///
/// The result of the body is dropped, as in Python. After an error there are no more items.
impl<Y: 'static, R: 'static> Iterator for Generator<Y, (), R> {
    type Item = Result<Y>;

    #[inline]
    fn next(&mut self) -> Option<Result<Y>> {
        match Generator::next(self) {
            Ok(GeneratorState::Yielded(value)) => Some(Ok(value)),
            Ok(GeneratorState::Complete(_)) => None,
            Err(error) if error.is_finished() => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl<Y: 'static, R: 'static> FusedIterator for Generator<Y, (), R> {}

/// Drives the generator as a for loop in Python does, and leaves the handle to the caller.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Generator, iter};
///
/// let g: Generator<i32> = Generator::new(|co| co.yield_from(iter(1..)));
/// for n in &g {
///     if n? == 3 {
///         break;
///     }
/// }
/// assert_eq!(g.next()?.yielded(), Some(4));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
impl<Y: 'static, R: 'static> IntoIterator for &Generator<Y, (), R> {
    type Item = Result<Y>;
    type IntoIter = Generator<Y, (), R>;

    fn into_iter(self) -> Self::IntoIter {
        self.clone()
    }
}

/// Shows the state and the delegation chain, for example `<Generator suspended outer() at a.rs:4 ->
/// inner() at a.rs:3>`.
impl<Y: 'static, S: Default + 'static, R: 'static> fmt::Debug for Generator<Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state() {
            State::Created => "created",
            State::Running => "running",
            State::Suspended => "suspended",
            State::Closed => return write!(f, "<Generator closed {}>", self.origin().call()),
        };
        write!(f, "<Generator {state}")?;
        for (i, link) in self.delegation_chain().iter().enumerate() {
            write!(f, "{}{link}", if i == 0 { " " } else { " -> " })?;
        }
        f.write_str(">")
    }
}
