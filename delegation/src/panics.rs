//! Panics of code that is not the library's: destructors of values, errors and payloads.

use std::any::Any;
use std::mem;
use std::panic::{self, AssertUnwindSafe};

/// What a panic carries.
type Payload = Box<dyn Any + Send>;

/// How many payloads are dropped of which each panics with the next.
const MOST_PAYLOADS: usize = 10;

/// Calls what may panic, and returns what it panicked with.
pub(crate) fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Payload> {
    panic::catch_unwind(AssertUnwindSafe(call))
}

/// Calls what may panic where no panic may leave.
pub(crate) fn contain(call: impl FnOnce()) {
    let mut panicked = catch(call);
    for _ in 0..MOST_PAYLOADS {
        let Err(payload) = panicked else { return };
        panicked = catch(|| drop(payload));
    }
    mem::forget(panicked);
}

/// Drops a value where no panic may leave.
pub(crate) fn drop_quietly<T>(value: T) {
    contain(|| drop(value));
}

/// Drops each of these, then returns the outcome.
///
/// A destructor that panics does not keep the others from running. The first panic goes on, and the
/// outcome is dropped. What panics after it is not told, as a second panic on its way out would
/// abort the program.
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
