//! What all transports have: how far their end has come, and reports.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use super::flow::Flow;
use super::protocol::guarded;
use crate::errors::panics;
use crate::kernel::{Core, ErrorContext, Place};
use crate::{Error, Result};

/// From so many writes after the loss of a connection on, each is logged.
const TOO_MANY_WRITES: usize = 5;

pub(super) struct Base {
    pub(super) core: Rc<Core>,
    /// The line of the program for which it was made: with its protocol, or the server's factory.
    pub(super) made_at: Place,
    pub(super) flow: Flow,
    /// Whether it was closed, or has failed.
    pub(super) closing: Cell<bool>,
    /// Whether reading is paused.
    pub(super) paused: Cell<bool>,
    /// Not zero once `connection_lost` is due: then one more for each write since.
    lost: Cell<usize>,
    /// What `connection_lost` is going to be told.
    failure: RefCell<Option<Error>>,
}

impl Base {
    pub(super) fn new(made_at: Place, core: &Rc<Core>) -> Self {
        Self {
            core: Rc::clone(core),
            made_at,
            flow: Flow::default(),
            closing: Cell::new(false),
            paused: Cell::new(false),
            lost: Cell::new(0),
            failure: RefCell::default(),
        }
    }

    #[inline]
    pub(super) fn is_lost(&self) -> bool {
        self.lost.get() > 0
    }

    #[inline]
    pub(super) fn is_reading(&self) -> bool {
        !self.closing.get() && !self.paused.get()
    }

    /// Notes that `connection_lost` is due now; returns false if it was before.
    pub(super) fn lose(&self, error: Option<Error>) -> bool {
        if self.is_lost() {
            return false;
        }
        self.closing.set(true);
        self.lost.set(1);
        let none = self.failure.replace(error);
        drop(none);
        true
    }

    pub(super) fn take_failure(&self) -> Option<Error> {
        self.failure.take()
    }

    /// Notes that somebody writes though the connection is lost.
    #[cold]
    pub(super) fn note_lost_write(&self, operation: &str, transport: &dyn std::fmt::Debug) {
        let count = self.lost.get();
        if count >= TOO_MANY_WRITES {
            panics::contain(|| {
                log::warn!(
                    target: "yieldfrom::transport",
                    "{operation}: the connection is lost, and the data is dropped: {transport:?}"
                );
            });
        }
        self.lost.set(count + 1);
    }

    /// Calls a method of a protocol whose errors change nothing.
    pub(super) fn call(
        &self,
        message: &str,
        transport: &dyn std::fmt::Debug,
        method: impl FnOnce() -> Result<()>,
    ) {
        if let Err(error) = guarded(method) {
            self.report(message, error, transport);
        }
    }

    /// Shows the transport with the line for which it was made.
    #[cold]
    pub(super) fn show(&self, transport: &dyn std::fmt::Debug) -> String {
        format!("{transport:?} created at {}", self.made_at)
    }

    #[cold]
    pub(super) fn report(&self, message: &str, error: Error, transport: &dyn std::fmt::Debug) {
        let context = ErrorContext::new(message)
            .error(error)
            .source(self.show(transport));
        self.core.call_exception_handler(&context);
    }

    /// Reports what ends a connection, unless it is what happens when a peer goes away.
    pub(super) fn report_fatal(
        &self,
        message: &str,
        error: &Error,
        transport: &dyn std::fmt::Debug,
    ) {
        let gone = error.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
            )
        });
        if gone {
            panics::contain(|| {
                log::debug!(target: "yieldfrom::transport", "{message} {transport:?}: {error}");
            });
        } else {
            self.report(message, error.clone(), transport);
        }
    }
}
