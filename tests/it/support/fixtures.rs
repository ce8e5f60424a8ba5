//! What the tests of the event loop share: loops in virtual time, journals, and counted values.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{Co, EventLoop, Result};

/// Makes a loop whose time costs nothing.
pub(crate) fn virtual_loop() -> EventLoop {
    EventLoop::builder().virtual_clock().build().unwrap()
}

/// Runs this on a virtual loop of its own.
pub(crate) fn run_virtual<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Result<T> {
    virtual_loop().run_until_complete(body)
}

pub(crate) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(crate) fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Makes turns until nothing is ready; time stands still.
pub(crate) fn settle(event_loop: &EventLoop) {
    while event_loop.time_to_next() == Some(Duration::ZERO) {
        event_loop.turn(Some(Duration::ZERO)).unwrap();
    }
}

pub(crate) fn failed_with<E: std::error::Error + 'static, T>(result: Result<T>) -> bool {
    result.is_err_and(|error| error.is::<E>())
}

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Journal(Rc<RefCell<Vec<String>>>);

impl Journal {
    pub(crate) fn note(&self, what: impl Display) {
        self.0.borrow_mut().push(what.to_string());
    }

    /// Returns a value that notes its end.
    pub(crate) fn guard(&self, name: impl Display) -> Noted {
        Noted(self.clone(), name.to_string())
    }

    pub(crate) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Notes when it is dropped.
pub(crate) struct Noted(Journal, String);

impl Noted {
    /// Returns the journal, borrowed from this value: whoever has it must be gone before this is.
    pub(crate) fn journal(&self) -> &Journal {
        &self.0
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.note(format!("drop {}", self.1));
    }
}

/// Counts the values that are alive.
#[derive(Default)]
pub(crate) struct Census(Rc<()>);

impl Census {
    /// Returns a value that counts.
    pub(crate) fn one(&self) -> Rc<()> {
        Rc::clone(&self.0)
    }

    pub(crate) fn live(&self) -> usize {
        Rc::strong_count(&self.0) - 1
    }
}
