//! How the failures of the protocol are told apart.

use super::{Error, Repr};

impl Error {
    /// Returns whether this is the exception of a close: PEP 342's `GeneratorExit`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Co, Generator, Result};
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
    #[inline]
    pub fn is_generator_exit(&self) -> bool {
        matches!(*self.0, Repr::GeneratorExit(_))
    }

    /// Returns whether this is asyncio's `CancelledError`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Error;
    /// assert!(!Error::generator_exit().is_cancelled());
    /// ```
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        matches!(*self.0, Repr::Cancelled)
    }

    /// Returns whether a running generator was operated on.
    ///
    /// Python's `ValueError('generator already executing')`.
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
    pub fn is_already_executing(&self) -> bool {
        matches!(*self.0, Repr::AlreadyExecuting)
    }

    /// Returns whether a value was sent to a generator that had not started.
    ///
    /// Python's `TypeError("can't send non-None value to a just-started generator")`.
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
        matches!(*self.0, Repr::JustStarted)
    }

    /// Returns whether a body yielded where it should have ended.
    ///
    /// Python's `RuntimeError('generator ignored GeneratorExit')`.
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
        matches!(*self.0, Repr::IgnoredExit)
    }

    /// Returns whether the generator had ended already: Python's `StopIteration`.
    ///
    /// The value with which a body ends is delivered once, as
    /// [`Complete`](crate::GeneratorState::Complete); later operations get this
    /// error, and so does whoever delegates to a generator that has ended.
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
    pub fn is_finished(&self) -> bool {
        matches!(*self.0, Repr::Finished(_))
    }

    /// Returns whether a body let a `StopIteration` escape.
    ///
    /// PEP 479's `RuntimeError('generator raised StopIteration')`: an error of
    /// which [`is_finished`](Error::is_finished) holds does not leave a body, or
    /// it would look like that body's own end. It is this error's `source`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::Generator;
    ///
    /// let short: Generator<i32> = Generator::new(|_| Ok(()));
    /// let g: Generator<i32> = Generator::new(move |_| {
    ///     short.next()?;
    ///     short.next()?; // fails: it has ended
    ///     Ok(())
    /// });
    /// assert!(g.next().unwrap_err().is_raised_stop_iteration());
    /// ```
    pub fn is_raised_stop_iteration(&self) -> bool {
        matches!(*self.0, Repr::RaisedStopIteration(_))
    }

    /// Returns whether a value was sent where an iterator is delegated to.
    ///
    /// PEP 380: an iterator has only *next*, so that sending raises Python's
    /// `AttributeError`.
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
        matches!(*self.0, Repr::NoSend)
    }

    /// Returns whether a body tried to suspend while a panic unwinds its thread.
    ///
    /// A destructor that runs during a panic may drive a generator, but only to its end: the
    /// first yield in its body gets this error. Otherwise a panic that is being unwound could be
    /// left behind in a suspended body, and its thread would count as panicking for ever.
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
        matches!(*self.0, Repr::Panicking)
    }

    /// Returns whether a [`Co`](crate::Co) was used while its body did not run.
    ///
    /// A `Co` suspends its own body. Code that gets at the `Co` of another body, for example
    /// through a scoped thread local, cannot suspend that body while it is suspended already.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Error, Generator};
    /// let g: Generator<i32> = Generator::new(|co| {
    ///     let end = co.yield_(1);
    ///     assert!(!end.as_ref().is_err_and(Error::is_not_running)); // this body runs
    ///     end
    /// });
    /// g.next()?;
    /// g.close()?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn is_not_running(&self) -> bool {
        matches!(*self.0, Repr::NotRunning)
    }

    /// Returns whether a body was ended by a forced unwinding.
    ///
    /// A drop unwinds a body that yields instead of ending. A body that catches the payload of
    /// that unwinding, and throws it later, in itself or elsewhere, fails with this error.
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
        matches!(*self.0, Repr::Unwound)
    }

    /// Returns whether there was no stack to be had for a generator, or its stack was given up.
    ///
    /// A stack is given up when its thread destroys its thread locals, as the body may have
    /// borrowed one; and when a body goes on for ever though a panic unwinds the thread that
    /// drives it. The generator is then leaked with a warning.
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
        matches!(*self.0, Repr::Stack(_) | Repr::GivenUp)
    }
}
