//! What the loop tells about errors, and about itself.

use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use super::{Core, ErrorContext, EventLoop, Place};
use crate::Error;
use crate::errors::Panicked;
use crate::errors::panics::{self, Payload};
use crate::insight::debug::Report;
use crate::kernel::task::AnyTask;

type HandlerFn = dyn Fn(&EventLoop, &ErrorContext);

/// An exception handler, and where it was set.
#[derive(Clone)]
pub(super) struct ExceptionHandler {
    call: Rc<HandlerFn>,
    set_at: Place,
}

pub(super) type TaskFactory = Rc<dyn Fn(&EventLoop, &AnyTask)>;

impl Core {
    /// Passes on an error that nobody else will see.
    ///
    /// The core is shared, but this may be called while it is being dropped with its last future,
    /// so that it takes no part in the handler's lifetime.
    pub(crate) fn call_exception_handler(self: &Rc<Self>, context: &ErrorContext) {
        let handler = self.exception_handler.borrow().clone();
        let Some(handler) = handler else {
            return log_context(context);
        };
        let (event_loop, set_at) = (EventLoop::of(self), handler.set_at);
        // What it has captured may be dropped here as well, if it has set another handler.
        let called = panics::catch(move || {
            (handler.call)(&event_loop, context);
            drop(handler);
        });
        if called.is_err() {
            log::error!(
                target: "yieldfrom::event_loop",
                "the exception handler set at {set_at} panicked while it dealt with: {context}"
            );
        }
    }

    /// Reports the panic of a callback, to which the loop is the only caller.
    #[cold]
    pub(crate) fn callback_panicked(
        self: &Rc<Self>,
        source: impl FnOnce() -> String,
        payload: Payload,
    ) {
        self.report_panic(|| {
            ErrorContext::new("Exception in callback")
                .source(source())
                .error(Error::new(Panicked::new(payload)))
        });
    }

    /// Reports a panic that has come to the loop: only while it runs. A panic of the report itself
    /// ends the run, as there is nobody left to whom it could be reported.
    #[cold]
    pub(super) fn report_panic(self: &Rc<Self>, context: impl FnOnce() -> ErrorContext) {
        self.reporting.set(true);
        self.call_exception_handler(&context());
        self.reporting.set(false);
    }

    pub(super) fn call_task_factory(self: &Rc<Self>, task: &AnyTask) {
        let factory = self.task_factory.borrow().clone();
        if let Some(factory) = factory {
            factory(&EventLoop::of(self), task);
        }
    }

    #[inline(always)]
    pub(super) fn has_task_factory(&self) -> bool {
        self.task_factory.borrow().is_some()
    }
}

fn log_context(context: &ErrorContext) {
    log::error!(target: "yieldfrom::event_loop", "{context}");
}

impl EventLoop {
    /// Sets who is told of errors that nobody else will see; none for the default, which logs
    /// them through the crate `log` as errors.
    ///
    /// Such are errors of tasks and futures that nobody retrieved, panics of callbacks, and tasks
    /// that were destroyed while they were pending. asyncio's `set_exception_handler`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::RefCell, rc::Rc};
    /// use yieldfrom::{Error, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let seen = Rc::new(RefCell::new(Vec::new()));
    /// let log = seen.clone();
    /// event_loop.set_exception_handler(Some(Box::new(move |_, context| {
    ///     log.borrow_mut().push(context.message().to_string());
    /// })));
    /// let future = event_loop.create_future::<i32>();
    /// future.set_exception(Error::msg("no fuel"))?;
    /// drop(future);
    /// assert_eq!(*seen.borrow(), ["Future exception was never retrieved"]);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[allow(clippy::type_complexity, reason = "it is the signature of a function")]
    #[track_caller]
    pub fn set_exception_handler(&self, handler: Option<Box<dyn Fn(&EventLoop, &ErrorContext)>>) {
        let set_at = Location::caller();
        let handler = handler.map(|call| ExceptionHandler {
            call: call.into(),
            set_at,
        });
        let before = self.core().exception_handler.replace(handler);
        drop(before);
    }

    /// Tells the exception handler of an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{ErrorContext, EventLoop};
    ///
    /// EventLoop::new()?.call_exception_handler(&ErrorContext::new("no answer")); // is logged
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn call_exception_handler(&self, context: &ErrorContext) {
        self.core().call_exception_handler(context);
    }

    /// Does what is done where no handler is set: logs the error.
    ///
    /// # Examples
    ///
    /// A handler that adds something to the default:
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// event_loop.set_exception_handler(Some(Box::new(|event_loop, context| {
    ///     event_loop.default_exception_handler(context);
    ///     event_loop.stop();
    /// })));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn default_exception_handler(&self, context: &ErrorContext) {
        log_context(context);
    }

    /// Sets what is done with each new task of this loop, right after it is made; none for
    /// nothing.
    ///
    /// The counterpart of asyncio's `set_task_factory`. A factory there returns a task class of
    /// its own; here it gets the task, whatever its result type, and can name it, record it or
    /// cancel it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    /// use yieldfrom::{Co, EventLoop};
    ///
    /// let event_loop = EventLoop::new()?;
    /// let count = Rc::new(Cell::new(0));
    /// let counter = count.clone();
    /// event_loop.set_task_factory(Some(Box::new(move |_, _task| counter.set(counter.get() + 1))));
    /// event_loop.run_until_complete(|_: &Co| Ok(()))?;
    /// assert_eq!(count.get(), 1);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[allow(clippy::type_complexity, reason = "it is the signature of a function")]
    pub fn set_task_factory(&self, factory: Option<Box<dyn Fn(&EventLoop, &AnyTask)>>) {
        let factory = factory.map(TaskFactory::from);
        let before = self.core().task_factory.replace(factory);
        drop(before);
    }

    /// Returns what each task waits for, and who waits for whom.
    ///
    /// It can be asked for at any time: by a callback, by a task, or between two runs. What 3.14's
    /// `python -m asyncio pstree` shows from outside.
    ///
    /// # Examples
    ///
    /// See [`debug`](crate::debug).
    pub fn report(&self) -> Report {
        self.core().report()
    }

    /// Sets debug mode, which tells more, at some cost.
    ///
    /// - Futures and tasks that are made from then on say where they were made.
    /// - Every callback is timed by itself. Otherwise, while a loop runs more than sixty thousand
    ///   callbacks in a second, up to eight that follow each other are timed together, and a report
    ///   of a slow one names all of them.
    /// - Each wait of the loop is logged, with its length: as information if it is over a second,
    ///   otherwise for debugging only. So is each look-up of a name, which is information from
    ///   [`slow_callback_duration`](EventLoop::set_slow_callback_duration) on.
    ///
    /// What asyncio checks in debug mode only, the library checks always: coroutines that were
    /// never awaited, and sockets that block. That another thread calls a method of a loop does
    /// not compile.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::new()?;
    /// event_loop.set_debug(true);
    /// assert!(event_loop.get_debug());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn set_debug(&self, on: bool) {
        self.core().debug.set(on);
    }

    /// Returns whether the loop is in debug mode.
    ///
    /// # Examples
    ///
    /// See [`set_debug`](EventLoop::set_debug).
    pub fn get_debug(&self) -> bool {
        self.core().debug.get()
    }

    /// Sets how long a callback or a task's step may hold the loop before it is logged with its
    /// source line: 0.1 seconds by default. `Duration::MAX` switches the reports off.
    ///
    /// A task is shown as it is after the step. asyncio's `slow_callback_duration`, which there works
    /// in debug mode only. Here, outside of debug mode, a loop that runs very many callbacks may name
    /// several, see [`set_debug`](EventLoop::set_debug).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// # use yieldfrom::EventLoop;
    /// EventLoop::new()?.set_slow_callback_duration(Duration::from_millis(20));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn set_slow_callback_duration(&self, duration: Duration) {
        self.core().slow_callback_duration.set(duration);
    }
}
