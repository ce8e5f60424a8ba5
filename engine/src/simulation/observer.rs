//! `Observer`: who is told of what processes do.

use std::rc::Rc;

use super::any_process::AnyProcess;
use super::event::AnyEvent;

/// A type that is told what the processes of an environment do. [`Env::observe`](super::Env::observe) installs it.
///
/// Its functions are called in the middle of a step. They may look at everything and make events, but not run the
/// environment. While an environment has no observer, that costs one look at a cell.
#[expect(
    unused_variables,
    reason = "the functions do nothing unless they are implemented"
)]
pub trait Observer {
    /// Is called when a process was made. It begins later, at the same time.
    fn started(&self, now: f64, process: &AnyProcess) {}

    /// Is called before a process goes on.
    fn resumed(&self, now: f64, process: &AnyProcess) {}

    /// Is called when a process waits for an event.
    fn suspended(&self, now: f64, process: &AnyProcess, target: &AnyEvent) {}

    /// Is called when a process has ended. [`AnyProcess::to_any`] has its value or its error.
    fn ended(&self, now: f64, process: &AnyProcess) {}
}

/// Removes an observer. One that was added twice stays once.
pub(super) fn remove_one<O: ?Sized>(observers: &mut Vec<Rc<O>>, observer: &Rc<O>) {
    let is_it = |known: &Rc<O>| Rc::ptr_eq(known, observer);
    if let Some(place) = observers.iter().position(is_it) {
        // Whoever removes it still has it, so this drops nothing of the program.
        observers.remove(place);
    }
}
