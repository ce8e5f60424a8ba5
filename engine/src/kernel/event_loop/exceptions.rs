//! The exception handler, which gets errors that the program would not see otherwise, and the task
//! factory.

use std::rc::Rc;

use super::{Core, ErrorContext, EventLoop, Place};
use crate::errors::Panicked;
use crate::errors::panics::{self, Payload};
use crate::kernel::task::{AnyTask, Task};
use yieldfrom_delegation::{Error, report};

type HandlerFn = dyn Fn(&EventLoop, &ErrorContext);

/// An exception handler, and where it was set.
#[derive(Clone)]
pub(super) struct ExceptionHandler {
    call: Rc<HandlerFn>,
    set_at: Place,
}

impl ExceptionHandler {
    pub(super) fn new(call: Rc<HandlerFn>, set_at: Place) -> Self {
        Self { call, set_at }
    }
}

pub(super) type TaskFactory = Rc<dyn Fn(&EventLoop, &AnyTask)>;

impl Core {
    /// Passes an error on to the exception handler.
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
            report!(
                target: "yieldfrom::event_loop", Error,
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
    /// ends the run, since nothing is left that could report it.
    #[cold]
    pub(super) fn report_panic(self: &Rc<Self>, context: impl FnOnce() -> ErrorContext) {
        self.reporting.set(true);
        self.call_exception_handler(&context());
        self.reporting.set(false);
    }

    /// Tells the task factory, which is the program's, that a task was made.
    #[inline(always)]
    pub(crate) fn tell_task_factory<T>(self: &Rc<Self>, task: &Task<T>) {
        if self.task_factory.borrow().is_some() {
            self.call_task_factory(&task.to_any());
        }
    }

    #[cold]
    fn call_task_factory(self: &Rc<Self>, task: &AnyTask) {
        let factory = self.task_factory.borrow().clone();
        if let Some(factory) = factory {
            factory(&EventLoop::of(self), task);
        }
    }
}

pub(super) fn log_context(context: &ErrorContext) {
    report!(target: "yieldfrom::event_loop", Error, "{context}");
}
