//! The predicates that tell the exceptions of generators and tasks apart.

use super::{Error, Repr};

impl Error {
    /// Returns whether this is PEP 342's `GeneratorExit`, the exception that a close throws into
    /// the body.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let g: Generator<i32> = Generator::new(|co| {
    ///     let error = co.yield_(1).unwrap_err();
    ///     assert!(error.is_generator_exit());
    ///     Err(error)
    /// });
    /// g.next()?;
    /// g.close()?;
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[doc(alias = "GeneratorExit")]
    #[inline]
    pub fn is_generator_exit(&self) -> bool {
        matches!(self.0.repr, Repr::GeneratorExit(_))
    }

    /// Returns whether this is asyncio's `CancelledError`, the exception that cancels a task. See
    /// [`Error::cancelled`] for an example.
    #[doc(alias = "CancelledError")]
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.repr, Repr::Cancelled)
    }

    /// Returns whether an operation failed because the generator was running.
    ///
    /// Python raises `ValueError('generator already executing')`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use yieldfrom_delegation::Generator;
    ///
    /// let itself = Rc::new(RefCell::new(None::<Generator<i32>>));
    /// let handle = itself.clone();
    /// let g = Generator::new(move |co| {
    ///     let g = handle.take().unwrap();
    ///     assert!(g.next().unwrap_err().is_already_executing());
    ///     co.yield_(1)
    /// });
    /// itself.replace(Some(g.clone()));
    /// g.next()?;
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[doc(alias = "ValueError")]
    pub fn is_already_executing(&self) -> bool {
        matches!(self.repr(), Repr::AlreadyExecuting)
    }

    /// Returns whether a value was sent to a generator that had not started.
    ///
    /// Python raises `TypeError("can't send non-None value to a just-started generator")`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let g: Generator<i32, i32> = Generator::new(|co| co.yield_(1).map(drop));
    /// assert!(g.send(5).unwrap_err().is_just_started());
    /// ```
    pub fn is_just_started(&self) -> bool {
        matches!(self.repr(), Repr::JustStarted)
    }

    /// Returns whether a body yielded although it was being closed, instead of ending.
    ///
    /// Python raises `RuntimeError('generator ignored GeneratorExit')`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let g: Generator<i32> = Generator::new(|co| {
    ///     let _ = co.yield_(1);
    ///     co.yield_(2)
    /// });
    /// g.next()?;
    /// assert!(g.close().unwrap_err().is_ignored_exit());
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn is_ignored_exit(&self) -> bool {
        matches!(self.repr(), Repr::IgnoredExit)
    }

    /// Returns whether the generator had ended before: Python's `StopIteration`.
    ///
    /// An operation delivers the result of a body once, as
    /// [`Complete`](crate::GeneratorState::Complete). Later operations on the generator fail with
    /// this error, and so does a delegation to it.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let g: Generator<i32> = Generator::new(|_| Ok(()));
    /// g.next()?;
    /// assert!(g.next().unwrap_err().is_finished());
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    #[doc(alias = "StopIteration")]
    pub fn is_finished(&self) -> bool {
        matches!(self.repr(), Repr::Finished(_))
    }

    /// Returns whether a body tried to fail with a `StopIteration`.
    ///
    /// PEP 479 raises `RuntimeError('generator raised StopIteration')`. An error of which
    /// [`is_finished`](Error::is_finished) is true does not leave a body, because it would look
    /// like the end of that body. Instead this error leaves it. If the `StopIteration` carries
    /// another error, that is the [`source`](Error::source).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let short: Generator<i32> = Generator::new(|_| Ok(()));
    /// let g: Generator<i32> = Generator::new(move |_| {
    ///     short.next()?;
    ///     short.next()?; // fails: `short` has ended
    ///     Ok(())
    /// });
    /// assert!(g.next().unwrap_err().is_raised_stop_iteration());
    /// ```
    pub fn is_raised_stop_iteration(&self) -> bool {
        matches!(self.repr(), Repr::RaisedStopIteration(_))
    }

    /// Returns whether a value was sent to a generator that delegates to an iterator.
    ///
    /// An iterator has only `next`, so PEP 380 raises `AttributeError` here.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{iter, Generator};
    ///
    /// let g: Generator<char, i32> = Generator::new(|co| co.yield_from(iter("abc".chars())));
    /// g.next()?;
    /// assert!(g.send(1).unwrap_err().is_no_send());
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn is_no_send(&self) -> bool {
        matches!(self.repr(), Repr::NoSend)
    }

    /// Returns whether a body tried to suspend while a panic unwinds its thread.
    ///
    /// A destructor that runs during a panic may drive a generator, but only to its end: the first
    /// yield in the body fails with this error. If the body could suspend, it might take the panic
    /// with it, and its thread would count as panicking for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    /// use yieldfrom_delegation::Generator;
    ///
    /// struct Drives(Generator<i32>);
    ///
    /// impl Drop for Drives {
    ///     fn drop(&mut self) {
    ///         assert!(self.0.next().unwrap_err().is_panicking());
    ///     }
    /// }
    ///
    /// let drives = Drives(Generator::new(|co| co.yield_(1)));
    /// let panic = catch_unwind(AssertUnwindSafe(|| {
    ///     let _drives = drives;
    ///     resume_unwind(Box::new("a panic"))
    /// }));
    /// assert!(panic.is_err());
    /// ```
    pub fn is_panicking(&self) -> bool {
        matches!(self.repr(), Repr::Panicking)
    }

    /// Returns whether a [`Co`](crate::Co) was used while its body did not run.
    ///
    /// A `Co` suspends its own body. Other code can get this `Co`, for example through a scoped
    /// thread local. While the body is suspended, that code cannot suspend it again.
    pub fn is_not_running(&self) -> bool {
        matches!(self.repr(), Repr::NotRunning)
    }

    /// Returns whether a forced unwinding has ended the body.
    ///
    /// The drop of a generator unwinds the body if it yields instead of ending. A body can catch
    /// the payload of this unwinding. If it throws the payload later, in itself or in another body,
    /// that body fails with this error.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    /// use std::{cell::RefCell, rc::Rc};
    /// use yieldfrom_delegation::Generator;
    ///
    /// let kept = Rc::new(RefCell::new(None));
    /// let keeps = kept.clone();
    /// let stubborn: Generator<i32> = Generator::new(move |co| {
    ///     let yields = AssertUnwindSafe(|| loop {
    ///         let _ = co.yield_(1);
    ///     });
    ///     keeps.replace(catch_unwind::<_, ()>(yields).err());
    ///     Ok(())
    /// });
    /// stubborn.next()?;
    /// drop(stubborn);
    ///
    /// let thrower: Generator<i32> = Generator::new(move |_| resume_unwind(kept.take().unwrap()));
    /// assert!(thrower.next().unwrap_err().is_unwound());
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn is_unwound(&self) -> bool {
        matches!(self.repr(), Repr::Unwound)
    }

    /// Returns whether the generator could get no stack, or its stack was given up.
    ///
    /// A stack is given up in two cases. Its thread destroys its thread locals, and the body may
    /// have borrowed one. Or the body goes on for ever while a panic unwinds the thread that drives
    /// it. The generator is then leaked with a warning.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Builder, Generator};
    ///
    /// let g: Generator<i32> = Builder::new().stack_size(0).build(|co| co.yield_(1));
    /// assert!(g.next().unwrap_err().is_stack());
    /// ```
    pub fn is_stack(&self) -> bool {
        matches!(self.repr(), Repr::Stack(_) | Repr::GivenUp)
    }
}
