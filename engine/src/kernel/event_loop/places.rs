//! Lines of the program: where futures and tasks were made, in debug mode, and where a call comes from.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::Location;

use yieldfrom_delegation::{Link, OverflowHelp};

use super::EventLoop;
use super::current::name_running_task;

/// A line of the program.
pub(crate) type Place = &'static Location<'static>;

/// The places, by the address of what was made there.
#[derive(Default)]
pub(crate) struct Places(RefCell<HashMap<*const (), Place>>);

impl Places {
    #[cold]
    pub(crate) fn set(&self, address: *const (), place: Place) {
        self.0.borrow_mut().insert(address, place);
    }

    pub(crate) fn get(&self, address: *const ()) -> Option<Place> {
        self.0.borrow().get(&address).copied()
    }

    #[cold]
    pub(crate) fn forget(&self, address: *const ()) {
        self.0.borrow_mut().remove(&address);
    }
}

/// Returns the line of the program that a call stands for.
///
/// That is the caller's, as a rule. Where the library makes the call, for an operation that became
/// a task, it is the line where that task waits, or where it was made.
#[track_caller]
pub(crate) fn caller() -> Place {
    let caller = Location::caller();
    if is_ours(caller) {
        of_current_task().unwrap_or(caller)
    } else {
        caller
    }
}

#[cold]
fn of_current_task() -> Option<Place> {
    let task = EventLoop::running()?.core().current_task()?;
    let stack = task.stack();
    let places = stack.iter().rev().map(Link::location);
    let mut places = places.chain([task.origin().location()]);
    places.find(|place| !is_ours(place))
}

/// Returns whether a line is one of the library's.
pub(crate) fn is_ours(place: Place) -> bool {
    root().is_some_and(|root| place.file().starts_with(root))
}

/// Returns the folder of the library's files.
fn root() -> Option<&'static str> {
    file!().strip_suffix("kernel/event_loop/places.rs")
}

/// Has reports speak of what the program sees: not of lines of the library, where an error that it makes
/// has the line of its user, and of its own settings.
pub(super) fn introduce_ourselves() {
    if let Some(root) = root() {
        yieldfrom_delegation::hide_lines_of(root);
    }
    yieldfrom_delegation::set_overflow_help(OverflowHelp {
        settings: "CoroutineBuilder::stack_size, or all coroutines of a loop with LoopBuilder::stack_size \
         (a generator that you drive: Builder::stack_size; a region: Blocking::stack_size)",
        running: name_running_task,
    });
}

#[cfg(test)]
mod tests {
    use crate::{Co, EventLoop};

    #[test]
    fn the_places_of_what_is_gone_are_forgotten() {
        let event_loop = EventLoop::builder().debug(true).build().unwrap();
        let future = event_loop.create_future::<i32>();
        event_loop.run_until_complete(|_: &Co| Ok(())).unwrap();
        assert_eq!(event_loop.core().places.0.borrow().len(), 1);
        drop(future);
        assert!(event_loop.core().places.0.borrow().is_empty());
    }
}
