//! Generators: a body that can be resumed, as a shared handle.

mod driver;
mod handle;
mod state;

pub use driver::{Driver, Unresolved};
pub use state::{GeneratorState, State};

use crate::chain::{self, Unfinished};
use crate::coroutine::{End, Message, Shared};
use crate::error::{Error, Result};
use crate::status::Status;

/// A generator as Python has it: a body on a stack of its own, suspended at every yield.
///
/// It yields `Y`, is sent `S`, and returns `R`. Like every Python object it is a
/// reference: clones refer to the same generator, and methods take `&self`. When the
/// last reference goes away, a suspended generator is closed.
///
/// `S::default()` plays Python's `None`: it is what [`next`](Generator::next) sends.
///
/// | | Created | Running | Suspended | Closed |
/// | --- | --- | --- | --- | --- |
/// | `next` | starts the body | `is_already_executing` | resumes it | `is_finished` |
/// | `send` | `is_just_started` | `is_already_executing` | resumes it | `is_finished` |
/// | `throw` | closes it, gives the error | `is_already_executing` | raises it at the yield | gives the error |
/// | `close` | closes it | `is_already_executing` | raises `GeneratorExit` at the yield | nothing |
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
/// average.next()?; // to the first yield
/// assert_eq!(average.send(10.0)?, Yielded(10.0));
/// assert_eq!(average.send(30.0)?, Yielded(20.0));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
///
/// It stays on its thread, and its body borrows nothing:
///
/// ```compile_fail
/// fn send<T: Send>() {}
/// send::<yieldfrom_delegation::Generator<i32>>();
/// ```
///
/// ```compile_fail
/// let x = 5;
/// let borrowed = &x;
/// let g = yieldfrom_delegation::Generator::<i32>::new(|co| co.yield_(*borrowed));
/// ```
#[must_use = "a generator does nothing until it is driven by next"]
pub struct Generator<Y: 'static, S: Default + 'static = (), R: 'static = ()> {
    pub(crate) shared: Shared<Y, S, R>,
}

impl<Y: 'static, S: Default + 'static, R: 'static> Generator<Y, S, R> {
    /// Resumes the generator until its next yield or its end, as Python's `next(g)`.
    ///
    /// It sends `S::default()`; the first call starts the body.
    ///
    /// # Errors
    ///
    /// - What the body failed with.
    /// - [`is_already_executing`](Error::is_already_executing): it is running.
    /// - [`is_finished`](Error::is_finished): it had ended before.
    /// - [`is_stack`](Error::is_stack): there is no stack for it. It stays as it was
    ///   and can be tried again.
    ///
    /// # Panics
    ///
    /// Panics if the body does. The generator is closed then.
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

    /// Resumes the generator with a value, which becomes the result of its yield: PEP 342's `send`.
    ///
    /// A value without content (of size zero, such as `()`) is Python's `None`:
    /// sending it is the same as [`next`](Generator::next).
    ///
    /// # Errors
    ///
    /// As `next`, and [`is_just_started`](Error::is_just_started): it has not
    /// started, so that no yield waits for the value. It stays as it was.
    ///
    /// # Panics
    ///
    /// Panics if the body does.
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

    /// Raises an error where the generator is suspended, and returns what comes next: PEP 342's
    /// `throw`.
    ///
    /// A generator that delegates passes it on to its delegate; `GeneratorExit`
    /// closes the delegate first (PEP 380). One that has not started is closed
    /// without running.
    ///
    /// # Errors
    ///
    /// - `error` itself, if the body does not handle it, or has not started, or had ended.
    /// - What else the body fails with.
    /// - [`is_already_executing`](Error::is_already_executing): it is running; `error` is dropped.
    ///
    /// # Panics
    ///
    /// Panics if the body does.
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
        let error = error.into();
        if error.is_generator_exit() {
            return self.throw_exit(error);
        }
        self.resume(Message::Throw(error))
    }

    /// Ends the generator: raises `GeneratorExit` where it is suspended: PEP 342's `close`.
    ///
    /// Its delegates are closed first, innermost first. A body complies by
    /// returning (what it returns is lost) or by passing the error on. One that has
    /// not started is closed without running; one that has ended is left alone.
    ///
    /// # Errors
    ///
    /// - [`is_ignored_exit`](Error::is_ignored_exit): the body yielded instead of
    ///   ending. It is suspended there, and can be used further.
    /// - What else the body fails with.
    /// - [`is_already_executing`](Error::is_already_executing): it is running.
    ///
    /// # Panics
    ///
    /// Panics if the body does.
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
        match self.shared.node().status() {
            Status::Created => self.shared.discard(),
            Status::Closed => {}
            _ => match chain::close(self.shared.node()) {
                Ok(()) => drop(self.shared.take_result()),
                Err(end) => return end.raise(),
            },
        }
        Ok(())
    }

    /// Returns where the generator is in its life.
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
        let node = self.shared.node();
        match node.status() {
            Status::Created => State::Created,
            Status::Closed => State::Closed,
            _ if chain::is_running(node) => State::Running,
            _ => State::Suspended,
        }
    }

    /// Advances the generator to its first yield, drops that value, and returns the generator.
    ///
    /// What Python programs use a priming decorator for: the result is ready for
    /// [`send`](Generator::send).
    ///
    /// # Errors
    ///
    /// As [`next`](Generator::next), and [`is_finished`](Error::is_finished) if the
    /// body returned without a yield.
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
            // Dropped by name: a panic of its destructor would leak a result that is on its way out.
            GeneratorState::Yielded(value) => {
                drop(value);
                Ok(self)
            }
            GeneratorState::Complete(_) => Err(Error::finished()),
        }
    }

    /// Fetches the generator's stack into the processor's cache, for a `next` soon.
    ///
    /// Among many thousand generators that are resumed in no particular order, a
    /// resume waits for memory. Whoever knows the next ones, such as a simulation with
    /// its event queue, can have that happen while the current one runs. A hint: it
    /// changes nothing that can be observed, and costs a few nanoseconds.
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

    /// Fetches into the cache what [`prefetch`](Generator::prefetch) looks at, for a call of that
    /// soon.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    /// g.prefetch_state(); // then, some other generators later:
    /// g.prefetch();
    /// g.next()?;
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[inline]
    pub fn prefetch_state(&self) {
        let node: *const u8 = std::ptr::from_ref(self.shared.node()).cast();
        crate::coroutine::prefetch(node);
        crate::coroutine::prefetch(node.wrapping_add(64));
    }

    #[inline(always)]
    fn resume(&self, message: Message<S>) -> Result<GeneratorState<Y, R>> {
        match chain::resume(self.shared.node(), message) {
            Ok(value) => Ok(GeneratorState::Yielded(value)),
            Err(unfinished) => self.finish(unfinished),
        }
    }

    /// Does what there is to do when a resume does not come to a yield at once.
    #[inline(never)]
    fn finish(&self, unfinished: Unfinished<'_, Y, S>) -> Result<GeneratorState<Y, R>> {
        let node = self.shared.node();
        if node.status() == Status::Created {
            match unfinished {
                Unfinished::Start(Message::Send(_)) => return Err(Error::just_started()),
                Unfinished::Start(Message::Throw(error)) => {
                    self.shared.discard();
                    // To Python it was raised where the body begins, and has left it.
                    return Err(error.leaving_body());
                }
                _ => self.shared.start()?,
            }
        }
        self.outcome(chain::finish(node, unfinished))
    }

    #[inline(never)]
    fn throw_exit(&self, exit: Error) -> Result<GeneratorState<Y, R>> {
        if self.shared.node().status() == Status::Created {
            self.shared.discard();
            return Err(exit);
        }
        self.outcome(chain::throw_exit(self.shared.node(), exit))
    }

    #[inline]
    fn outcome(&self, outcome: Result<Y, End>) -> Result<GeneratorState<Y, R>> {
        match outcome {
            Ok(value) => Ok(GeneratorState::Yielded(value)),
            Err(End::Returned) => Ok(GeneratorState::Complete(
                self.shared.take_result().expect("the body has returned"),
            )),
            Err(end) => end.raise(),
        }
    }
}
