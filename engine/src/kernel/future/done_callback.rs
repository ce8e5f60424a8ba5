//! A done callback that the program has added.

use std::cell::Cell;
use std::fmt;
use std::rc::{Rc, Weak};

use super::{Future, FutureData};
use crate::errors::panics;
use crate::kernel::context::Snapshot;
use crate::kernel::event_loop::{Core, Place, Ready};

/// Names a done callback, for [`remove_done_callback`](Future::remove_done_callback).
///
/// Python compares the functions themselves, which Rust's closures do not allow.
#[derive(Clone)]
pub struct CallbackId(Weak<dyn Removable>);

impl CallbackId {
    pub(super) fn new<T: 'static>(callback: &Rc<DoneCallback<T>>) -> Self {
        let weak: Weak<dyn Removable> = Rc::<_>::downgrade(callback) as Weak<dyn Removable>;
        Self(weak)
    }

    /// Removes the callback, and returns its address, if the future at `future` has it.
    pub(super) fn remove(&self, future: *const ()) -> Option<*const ()> {
        let callback = self.0.upgrade()?;
        callback
            .remove(future)
            .then(|| Rc::as_ptr(&callback).cast())
    }
}

impl fmt::Debug for CallbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackId")
    }
}

/// A done callback of a future of whatever type.
trait Removable {
    /// Drops the function, if the future at this address has this callback; returns whether it has.
    fn remove(&self, future: *const ()) -> bool;
}

type DoneFn<T> = Box<dyn FnOnce(&Future<T>)>;

/// A function to be called with the future that is done.
///
/// While the future is pending, the future holds the callback, so this refers to it weakly.
pub(super) struct DoneCallback<T: 'static> {
    /// None when it has run, or was removed.
    callback: Cell<Option<DoneFn<T>>>,
    future: Weak<FutureData<T>>,
    /// The future, from when it is done until this has run.
    done: Cell<Option<Rc<FutureData<T>>>>,
    context: Snapshot,
    made_at: Place,
}

impl<T: 'static> DoneCallback<T> {
    pub(super) fn new(made_at: Place, future: &Rc<FutureData<T>>, callback: DoneFn<T>) -> Rc<Self> {
        Rc::new(Self {
            callback: Cell::new(Some(callback)),
            future: Rc::downgrade(future),
            done: Cell::new(None),
            context: Snapshot::take(),
            made_at,
        })
    }
}

/// Returns whether there is something in the cell.
fn is_some<C>(cell: &Cell<Option<C>>) -> bool {
    let content = cell.take();
    let is_some = content.is_some();
    cell.set(content);
    is_some
}

impl<T: 'static> Removable for DoneCallback<T> {
    fn remove(&self, future: *const ()) -> bool {
        if self.future.as_ptr().cast() != future || is_some(&self.done) {
            return false;
        }
        // It may have a destructor of the program, which finds the future complete.
        self.callback.take().is_some()
    }
}

impl<T: 'static> Ready for DoneCallback<T> {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let (Some(callback), Some(inner)) = (self.callback.take(), self.done.take()) else {
            return;
        };
        let future = Future { inner };
        if let Err(payload) = panics::catch(|| self.context.call(|| callback(&future))) {
            let source = || format!("<DoneFn of {future} added at {}>", self.made_at);
            core.callback_panicked(source, payload);
        }
        drop(future);
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        if self.is_wanted()
            && let Some(inner) = self.future.upgrade()
        {
            let core = Rc::clone(&inner.core);
            self.done.set(Some(inner));
            core.schedule(self);
        }
    }

    fn is_wanted(&self) -> bool {
        is_some(&self.callback)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<DoneFn added at {}>", self.made_at)
    }
}
