//! Values that stay on their thread, with handles that may go to others.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use super::table::{Table, this_thread};
use crate::errors::RuntimeError;
use crate::kernel::{Call, EventLoop, Inbox};
use yieldfrom_delegation::Result;

thread_local! {
    /// The values of the thread, by their number.
    static VALUES: RefCell<Table<Entry>> = const { RefCell::new(Table::new()) };
}

struct Entry {
    value: Rc<dyn Any>,
    /// The loop to which the value goes back from other threads.
    inbox: Weak<Inbox>,
}

/// Returns whether a value of a loop may be on another thread. If it is dropped there, a call comes from there.
pub(super) fn may_come_home(inbox: &Arc<Inbox>) -> bool {
    let look = |values: &RefCell<Table<Entry>>| {
        let values = values.borrow();
        let mut inboxes = values.0.iter().map(|(_, entry)| entry.inbox.as_ptr());
        inboxes.any(|known| ptr::eq(known, Arc::as_ptr(inbox)))
    };
    VALUES.try_with(look).unwrap_or(false)
}

/// Makes `Send` and `Sync` of a value that must stay on its thread: a handle, by which only that thread uses the value.
///
/// Many async crates ask for streams and timers that are `Send`, though they use them on one thread. What belongs to a loop is
/// not `Send`. This is a handle that is. On the thread where it was made, [`with`](Portable::with) gives the value.
/// On another one, it is an error.
///
/// The value is dropped with the handle. If that is dropped on another thread, a call goes to the loop that was current when it
/// was made, and the value is dropped there. If that loop is closed, the value stays until its thread ends. As such a
/// call may come at any time, a loop with such a value finds no [`DeadlockError`](crate::DeadlockError).
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use yieldfrom::bridge::Portable;
///
/// let count = Portable::new(Rc::new(Cell::new(1)));
/// count.with(|count| count.set(2))?;
/// let count = std::thread::spawn(move || {
///     assert!(count.with(|_| ()).is_err());
///     count
/// });
/// assert_eq!(count.join().unwrap().with(|count| count.get())?, 2);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Portable<T: 'static> {
    home: u64,
    number: usize,
    inbox: Weak<Inbox>,
    value: PhantomData<fn() -> T>,
}

impl<T: 'static> Portable<T> {
    /// Keeps a value for its thread.
    pub fn new(value: T) -> Self {
        let event_loop = EventLoop::current_or_closed();
        let inbox = event_loop.core().inbox.as_ref();
        let inbox = inbox.map_or_else(Weak::new, Arc::downgrade);
        let entry = Entry {
            value: Rc::new(value),
            inbox: Weak::clone(&inbox),
        };
        let number = VALUES.try_with(|values| values.borrow_mut().0.insert(entry));
        Self {
            home: this_thread(),
            // In a thread that is ending, the value is gone already.
            number: number.unwrap_or(usize::MAX),
            inbox,
            value: PhantomData,
        }
    }

    /// Calls a function with the value.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: this is not the thread of the value.
    pub fn with<R>(&self, use_it: impl FnOnce(&T) -> R) -> Result<R> {
        let value = (this_thread() == self.home)
            .then(|| get(self.number))
            .flatten();
        let value = value.and_then(|value| value.downcast::<T>().ok());
        let value = value.ok_or_else(|| {
            RuntimeError::new(
                "Portable::with: the value can be used on the thread of its loop only",
            )
        })?;
        Ok(use_it(&value))
    }
}

fn get(number: usize) -> Option<Rc<dyn Any>> {
    let look = |values: &RefCell<Table<Entry>>| {
        let values = values.borrow();
        Some(Rc::clone(&values.0.get(number)?.value))
    };
    VALUES.try_with(look).ok().flatten()
}

/// Takes a value out of the table, for the caller to drop.
fn take(number: usize) -> Option<Entry> {
    let take = |values: &RefCell<Table<_>>| values.borrow_mut().0.try_remove(number);
    VALUES.try_with(take).ok().flatten()
}

impl<T: 'static> Drop for Portable<T> {
    fn drop(&mut self) {
        let number = self.number;
        if this_thread() == self.home {
            drop(take(number));
        } else if let Some(inbox) = self.inbox.upgrade() {
            let call = Call {
                callback: Box::new(move || drop(take(number))),
                made_at: Location::caller(),
            };
            // A closed loop leaves the value to its thread.
            let _ = inbox.send(call);
        }
    }
}

impl<T: 'static> fmt::Debug for Portable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Portable {}>", std::any::type_name::<T>())
    }
}
