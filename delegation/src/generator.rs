//! `Generator`: a handle by which a body is resumed, thrown into and closed.

mod driver;
mod handle;
pub mod recorder;
mod state;

pub use driver::{Driver, Unresolved};
pub use state::{GeneratorState, State};

use std::mem;

use crate::chain::{self, Unfinished};
use crate::coroutine::{End, Message, Shared};
use crate::error::{Error, Result};
use crate::status::Status;
use recorder::{Operation, Outcome, nothing, of_error, of_message, operate, record, records};

/// A generator, as in Python: a body on a stack of its own, which every yield suspends.
///
/// It yields values of type `Y`, is sent values of type `S`, and returns an `R`. Like a Python
/// object, it is a reference: clones refer to the same generator, and methods take `&self`. When
/// the last reference is dropped, a suspended generator is closed.
///
/// `S::default()` stands for Python's `None`: [`next`](Generator::next) sends it.
///
/// The table shows each operation in each [`State`], with the predicate of the [`Error`] that it
/// returns:
///
/// | | Created | Running | Suspended | Closed |
/// | --- | --- | --- | --- | --- |
/// | `next` | starts the body | `is_already_executing` | resumes it | `is_finished` |
/// | `send` | `is_just_started` | `is_already_executing` | resumes it | `is_finished` |
/// | `throw` | closes it, returns the error | `is_already_executing` | raises it at the yield | returns the error |
/// | `close` | closes it | `is_already_executing` | raises `GeneratorExit` at the yield | does nothing |
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Generator, GeneratorState::*};
///
/// let average: Generator<f64, f64> = Generator::new(|co| {
///     let (mut total, mut count, mut average) = (0.0, 0.0, 0.0);
///     loop {
///         total += co.yield_(average)?;
///         count += 1.0;
///         average = total / count;
///     }
/// });
/// average.next()?; // runs to the first yield
/// assert_eq!(average.send(10.0)?, Yielded(10.0));
/// assert_eq!(average.send(30.0)?, Yielded(20.0));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
///
/// A generator stays on its thread, so this does not compile:
///
/// ```compile_fail
/// fn send<T: Send>() {}
/// send::<yieldfrom_delegation::Generator<i32>>();
/// ```
///
/// The body borrows nothing, so this does not compile either:
///
/// ```compile_fail
/// let x = 5;
/// let borrowed = &x;
/// let g = yieldfrom_delegation::Generator::<i32>::new(|co| co.yield_(*borrowed));
/// ```
#[doc(alias = "coroutine")]
#[must_use = "a generator does nothing until it is driven by next"]
pub struct Generator<Y: 'static, S: Default + 'static = (), R: 'static = ()> {
    pub(crate) shared: Shared<Y, S, R>,
}

impl<Y: 'static, S: Default + 'static, R: 'static> Generator<Y, S, R> {
    /// Resumes the generator until its next yield or its end, as Python's `next(g)` does.
    ///
    /// It sends `S::default()`. The first call starts the body.
    ///
    /// # Errors
    ///
    /// - The error that the body fails with.
    /// - [`is_already_executing`](Error::is_already_executing): the generator is running.
    /// - [`is_finished`](Error::is_finished): the generator had ended before.
    /// - [`is_stack`](Error::is_stack): there is no stack for the body. The generator does not
    ///   change, and you can try again.
    ///
    /// # Panics
    ///
    /// Panics if the body panics. The generator is closed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Generator, GeneratorState::*};
    ///
    /// let g: Generator<_, (), _> = Generator::new(|co| {
    ///     co.yield_('a')?;
    ///     Ok("done")
    /// });
    /// assert_eq!(g.next()?, Yielded('a'));
    /// assert_eq!(g.next()?, Complete("done"));
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline(always)]
    pub fn next(&self) -> Result<GeneratorState<Y, R>> {
        self.resume(Message::Next(S::default()))
    }

    /// Resumes the generator with a value, which the yield returns: PEP 342's `send`.
    ///
    /// A value of size zero, such as `()`, counts as Python's `None`: to send it is the same as
    /// [`next`](Generator::next).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`next`](Generator::next), and
    /// [`is_just_started`](Error::is_just_started): the generator has not started, so no yield
    /// waits for the value. The generator does not change.
    ///
    /// # Panics
    ///
    /// Panics if the body panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Generator, GeneratorState::*};
    ///
    /// let echo: Generator<_, i32> = Generator::new(|co| {
    ///     let mut x = 0;
    ///     loop { x = co.yield_(x)?; }
    /// });
    /// echo.next()?;
    /// assert_eq!(echo.send(5)?, Yielded(5));
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline(always)]
    pub fn send(&self, value: S) -> Result<GeneratorState<Y, R>> {
        self.resume(if size_of::<S>() == 0 {
            Message::Next(value)
        } else {
            Message::Send(value)
        })
    }

    /// Raises an error at the yield where the generator is suspended, and resumes it: PEP 342's
    /// `throw`.
    ///
    /// Like `next`, it returns the next yielded value, or the result. If the generator delegates,
    /// the delegate gets the error. `GeneratorExit` closes the delegate first, as PEP 380 says. A
    /// generator that has not started is closed without running.
    ///
    /// # Errors
    ///
    /// - `error` itself, if the body does not handle it, has not started, or had ended.
    /// - Another error that the body fails with.
    /// - [`is_already_executing`](Error::is_already_executing): the generator is running. `error`
    ///   is dropped.
    ///
    /// # Panics
    ///
    /// Panics if the body panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Error, Generator, GeneratorState::*};
    ///
    /// let g: Generator<_> = Generator::new(|co| {
    ///     loop {
    ///         if let Err(error) = co.yield_("fine").map(drop) {
    ///             assert!(error.is::<std::fmt::Error>());
    ///             co.yield_("caught")?;
    ///         }
    ///     }
    /// });
    /// g.next()?;
    /// assert_eq!(g.throw(std::fmt::Error)?, Yielded("caught"));
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline]
    pub fn throw(&self, error: impl Into<Error>) -> Result<GeneratorState<Y, R>> {
        let mut error = error.into();
        if error.is_generator_exit() {
            return self.throw_exit(error);
        }
        if error.is_traced() {
            // The line that made it is none of the body's.
            error.come_to(None);
        }
        self.resume(Message::Throw(error))
    }

    /// Ends the generator: raises `GeneratorExit` at the yield where it is suspended, as PEP 342's
    /// `close` does.
    ///
    /// Delegates are closed first, beginning with the innermost. The body should return (the result
    /// is dropped) or pass the error on. A generator that has not started is closed without
    /// running. If the generator has ended, `close` does nothing.
    ///
    /// # Errors
    ///
    /// - [`is_ignored_exit`](Error::is_ignored_exit): the body yielded instead of ending. It is
    ///   suspended at that yield, and the generator can still be used.
    /// - Another error that the body fails with.
    /// - [`is_already_executing`](Error::is_already_executing): the generator is running.
    ///
    /// # Panics
    ///
    /// Panics if the body panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Generator, State};
    ///
    /// let g: Generator<i32> = Generator::new(|co| {
    ///     let end = co.yield_(1);
    ///     println!("cleaning up");
    ///     end
    /// });
    /// g.next()?;
    /// g.close()?;
    /// assert_eq!(g.state(), State::Closed);
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline]
    pub fn close(&self) -> Result<()> {
        let node = self.shared.node();
        let close = |()| {
            match node.status() {
                Status::Created => self.shared.discard(),
                Status::Closed => {}
                _ => match chain::close(node) {
                    Ok(()) => drop(self.shared.take_result()),
                    Err(end) => return end.raise(),
                },
            }
            Ok(())
        };
        operate(
            node,
            Operation::Close,
            ((), nothing),
            close,
            Outcome::of_close,
        )
    }

    /// Returns the [`State`] of the generator, as Python's `inspect.getgeneratorstate` does.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Generator, State};
    ///
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// assert_eq!(g.state(), State::Created);
    /// g.next()?;
    /// assert_eq!(g.state(), State::Suspended);
    /// g.next()?;
    /// assert_eq!(g.state(), State::Closed);
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn state(&self) -> State {
        State::of(self.shared.node())
    }

    /// Resumes the generator to its first yield, drops the value, and returns the generator.
    ///
    /// After this, the generator is ready for [`send`](Generator::send). Python programs use a
    /// priming decorator for it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`next`](Generator::next), and [`is_finished`](Error::is_finished) if
    /// the body returned without a yield.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Generator, GeneratorState::*};
    ///
    /// let double = Generator::<i32, i32>::new(|co| {
    ///     let mut x = 0;
    ///     loop { x = 2 * co.yield_(x)?; }
    /// })
    /// .primed()?;
    /// assert_eq!(double.send(4)?, Yielded(8));
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn primed(self) -> Result<Self> {
        match self.next()? {
            // An explicit drop: if the end of the scope dropped the value and its destructor
            // panicked, the returned generator would leak.
            GeneratorState::Yielded(value) => {
                drop(value);
                Ok(self)
            }
            GeneratorState::Complete(_) => Err(Error::finished()),
        }
    }

    /// Fetches the generator's stack into the processor's cache, because a `next` follows soon.
    ///
    /// When a program resumes many thousand generators in no particular order, each resume waits
    /// for memory. A scheduler that knows the next generators, such as a simulation with its event
    /// queue, can fetch their stacks while the current one runs. This is a hint: it changes nothing
    /// that a program can observe, and it costs a few nanoseconds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let new = |n| Generator::new(move |co| co.yield_(n));
    /// let generators: [Generator<i32>; 3] = [new(0), new(1), new(2)];
    /// for i in 0..3 {
    ///     generators[(i + 1) % 3].prefetch();
    ///     generators[i].next()?;
    /// }
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline]
    pub fn prefetch(&self) {
        self.shared.node().prefetch();
    }

    /// Fetches the fields that [`prefetch`](Generator::prefetch) reads into the cache. Call this
    /// some generators before `prefetch`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// g.prefetch_state();
    /// // ... resume some other generators ...
    /// g.prefetch();
    /// g.next()?;
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline]
    pub fn prefetch_state(&self) {
        let node: *const u8 = std::ptr::from_ref(self.shared.node()).cast();
        crate::stack::prefetch(node);
        crate::stack::prefetch(node.wrapping_add(64));
    }

    #[inline(always)]
    fn resume(&self, message: Message<S>) -> Result<GeneratorState<Y, R>> {
        match chain::resume(self.shared.node(), message) {
            Ok(value) => Ok(GeneratorState::Yielded(value)),
            Err(unfinished) => self.finish::<true>(unfinished),
        }
    }

    /// Completes a resume that did not yield at once. With `TELL`, it reports to a recorder; drivers
    /// do not.
    #[inline(never)]
    fn finish<const TELL: bool>(
        &self,
        unfinished: Unfinished<'_, Y, S>,
    ) -> Result<GeneratorState<Y, R>> {
        let outcome = match unfinished {
            Unfinished::Start(message) => return self.begin::<TELL>(message),
            Unfinished::Resumed(leaf, resumed) => chain::go_on(self.shared.node(), leaf, resumed),
        };
        self.outcome(outcome)
    }

    /// Resumes a generator whose innermost delegate is not known, or cannot be resumed now.
    #[inline(never)]
    fn begin<const TELL: bool>(&self, message: Message<S>) -> Result<GeneratorState<Y, R>> {
        let node = self.shared.node();
        if TELL && records(node) {
            return self.begin_recorded(message);
        }
        if node.status() == Status::Created {
            match message {
                Message::Send(_) => return Err(Error::just_started()),
                Message::Throw(error) => {
                    self.shared.discard();
                    // In Python, the error is raised at the beginning of the body and leaves it.
                    return Err(error.leaving_body());
                }
                _ => self.shared.start()?,
            }
        }
        self.outcome(chain::begin(node, message))
    }

    #[cold]
    #[inline(never)]
    fn begin_recorded(&self, message: Message<S>) -> Result<GeneratorState<Y, R>> {
        let operation = Operation::of(&message);
        let begin = |message| self.begin::<false>(message);
        record(
            self.shared.node(),
            operation,
            (message, of_message),
            begin,
            Outcome::of_resume,
        )
    }

    #[inline(never)]
    fn throw_exit(&self, exit: Error) -> Result<GeneratorState<Y, R>> {
        let node = self.shared.node();
        let throw = |exit| {
            if node.status() == Status::Created {
                self.shared.discard();
                return Err(exit);
            }
            self.outcome(chain::throw_exit(node, exit))
        };
        operate(
            node,
            Operation::Throw,
            (exit, of_error),
            throw,
            Outcome::of_resume,
        )
    }

    #[inline]
    fn outcome(&self, outcome: Result<Y, End>) -> Result<GeneratorState<Y, R>> {
        match outcome {
            Ok(value) => Ok(GeneratorState::Yielded(value)),
            Err(End::Returned) => {
                // There is nothing to drop in it, which the compiler does not see: 20 instructions.
                mem::forget(outcome);
                let result = self.shared.take_result();
                Ok(GeneratorState::Complete(
                    result.expect("the body has returned"),
                ))
            }
            Err(end) => end.raise(),
        }
    }
}
