//! Panics of code that is not the library's: destructors, callbacks, handlers, loggers.
//!
//! - The payload of a panic belongs to user code, and its destructor may panic as well. A [`Payload`]
//!   holds it, and can be dropped anywhere.
//! - A panic that leaves a destructor while the thread unwinds ends the process. So a destructor calls
//!   code that may panic only by [`contain`] or with [`Panics`].
//! - Where several things are dropped or called and one panics, the others are still dropped or
//!   called. Afterwards [`Panics`] goes on with the first panic.

use std::any::Any;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::{mem, thread};

/// The payload of a panic.
pub(crate) struct Payload(Option<Box<dyn Any + Send>>);

impl Payload {
    /// Goes on with the panic.
    pub(crate) fn resume(self) -> ! {
        panic::resume_unwind(self.into_inner())
    }

    pub(crate) fn into_inner(mut self) -> Box<dyn Any + Send> {
        let content = self.0.take();
        content.expect("only the methods that consume it empty it")
    }

    pub(crate) fn get(&self) -> Option<&(dyn Any + Send)> {
        self.0.as_deref()
    }
}

impl From<Box<dyn Any + Send>> for Payload {
    fn from(content: Box<dyn Any + Send>) -> Self {
        Self(Some(content))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload")
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        let content = self.0.take();
        if let Err(next) = panic::catch_unwind(AssertUnwindSafe(|| drop(content))) {
            // Dropping the new payload may panic with another one, and so on for ever.
            mem::forget(next);
        }
    }
}

/// Calls code that may panic, and returns the payload if it does.
#[inline(always)]
pub(crate) fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Payload> {
    panic::catch_unwind(AssertUnwindSafe(call)).map_err(Payload::from)
}

/// Calls code that may panic where no panic may leave. The program's panic hook has reported it.
pub(crate) fn contain(call: impl FnOnce()) {
    drop(catch(call));
}

/// The panics of several calls.
#[derive(Default)]
pub(crate) struct Panics(Option<Payload>);

impl Panics {
    /// Calls code that may panic.
    pub(crate) fn catch<R>(&mut self, call: impl FnOnce() -> R) -> Option<R> {
        match catch(call) {
            Ok(result) => Some(result),
            Err(payload) => {
                self.0.get_or_insert(payload);
                None
            }
        }
    }

    /// Drops each of these.
    pub(crate) fn drop_each<T>(&mut self, items: impl IntoIterator<Item = T>) {
        for item in items {
            self.catch(|| drop(item));
        }
    }

    /// Goes on with the first panic, if there was one, and the thread does not unwind already.
    pub(crate) fn resume(self) {
        if let Some(payload) = self.0
            && !thread::panicking()
        {
            payload.resume();
        }
    }
}

/// Drops each of these, and then goes on with the first panic.
pub(crate) fn drop_each<T>(items: impl IntoIterator<Item = T>) {
    let mut panics = Panics::default();
    panics.drop_each(items);
    panics.resume();
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    /// Panics with its like when it is dropped.
    struct Chain;

    impl Drop for Chain {
        fn drop(&mut self) {
            panic::resume_unwind(Box::new(Chain));
        }
    }

    struct Counted(Rc<Cell<u32>>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            panic::resume_unwind(Box::new(self.0.get()));
        }
    }

    #[test]
    fn a_payload_is_dropped_without_a_panic() {
        contain(|| panic::panic_any(Chain));
        let caught: Result<(), Payload> = catch(|| panic::resume_unwind(Box::new(Chain)));
        drop(caught.expect_err("it has panicked"));
    }

    #[test]
    fn all_are_dropped_and_the_first_panic_goes_on() {
        let count = Rc::new(Cell::new(0));
        let three = [0; 3].map(|_| Counted(Rc::clone(&count)));
        let payload = catch(|| drop_each(three)).expect_err("all of them panic");
        assert_eq!(payload.into_inner().downcast_ref::<u32>(), Some(&1));
        assert_eq!(count.get(), 3);
    }

    #[test]
    fn no_panic_leaves_while_the_thread_unwinds() {
        struct DropsEach(Rc<Cell<u32>>);
        impl Drop for DropsEach {
            fn drop(&mut self) {
                drop_each([Counted(Rc::clone(&self.0)), Counted(Rc::clone(&self.0))]);
            }
        }
        let count = Rc::new(Cell::new(0));
        let inner = Rc::clone(&count);
        let caught: Result<(), Payload> = catch(|| {
            let _later = DropsEach(inner);
            panic::resume_unwind(Box::new("outer"))
        });
        let payload = caught.expect_err("it has panicked");
        assert_eq!(payload.into_inner().downcast_ref::<&str>(), Some(&"outer"));
        assert_eq!(count.get(), 2);
    }
}
