//! Panics of user code that the library calls: destructors of values, errors and payloads.

use std::any::Any;
use std::mem;
use std::panic::{self, AssertUnwindSafe};

/// The payload of a panic.
type Payload = Box<dyn Any + Send>;

/// The number of payloads that `contain` drops, if the drop of each one panics again. The next one
/// is leaked.
const MOST_PAYLOADS: usize = 10;

/// Calls a function that may panic, and returns the payload if it does.
pub(crate) fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Payload> {
    panic::catch_unwind(AssertUnwindSafe(call))
}

/// Calls a function that may panic, at a place that no panic may leave.
pub(crate) fn contain(call: impl FnOnce()) {
    let mut panicked = catch(call);
    for _ in 0..MOST_PAYLOADS {
        let Err(payload) = panicked else { return };
        panicked = catch(|| drop(payload));
    }
    mem::forget(panicked);
}

/// Drops a value at a place that no panic may leave.
pub(crate) fn drop_quietly<T>(value: T) {
    contain(|| drop(value));
}

/// Drops each item, then returns the outcome.
///
/// If a destructor panics, the others still run. The first panic goes on, and the outcome is
/// dropped. Later panics are swallowed, because a second panic on its way out would abort the
/// program.
#[cold]
#[inline(never)]
pub(crate) fn drop_each<T>(items: Vec<Box<dyn Any>>, outcome: T) -> T {
    let mut first = None;
    for item in items {
        match catch(|| drop(item)) {
            Err(payload) if first.is_none() => first = Some(payload),
            later => drop_quietly(later),
        }
    }
    let Some(first) = first else {
        return outcome;
    };
    drop_quietly(outcome);
    panic::resume_unwind(first)
}
