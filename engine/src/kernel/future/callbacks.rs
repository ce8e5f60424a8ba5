//! The done callbacks of a future.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use super::{Future, FutureData};
use crate::errors::panics;
use crate::kernel::event_loop::{Core, Place, Ready};

/// The done callbacks of a future, in the order in which they were added.
///
/// Most futures have at most one, so this is a single pointer. Further ones share a [`Several`].
#[derive(Default)]
pub(crate) struct Callbacks(Option<Rc<dyn Ready>>);

/// Several callbacks as one entry.
struct Several(RefCell<Vec<Rc<dyn Ready>>>);

impl Ready for Several {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        unreachable!("its parts are scheduled one by one")
    }

    fn schedule(self: Rc<Self>) {
        self.0.take().into_iter().for_each(Ready::schedule);
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Callbacks>")
    }

    fn parts(&self) -> Option<&RefCell<Vec<Rc<dyn Ready>>>> {
        Some(&self.0)
    }
}

/// Each callback may have a destructor that panics: all are dropped, one by one.
impl Drop for Several {
    fn drop(&mut self) {
        panics::drop_each(self.0.take());
    }
}

impl Callbacks {
    pub(crate) fn with(self, callback: Rc<dyn Ready>) -> Self {
        let Some(before) = self.0 else {
            return Self(Some(callback));
        };
        if let Some(parts) = before.parts() {
            parts.borrow_mut().push(callback);
            return Self(Some(before));
        }
        let both = RefCell::new(vec![before, callback]);
        Self(Some(Rc::new(Several(both))))
    }

    /// Removes the callback at this address, and returns it beside the others.
    pub(crate) fn without(self, address: *const ()) -> (Self, Option<Rc<dyn Ready>>) {
        let is_it = |callback: &Rc<dyn Ready>| Rc::as_ptr(callback).cast::<()>() == address;
        let Some(only) = self.0 else {
            return (self, None);
        };
        if is_it(&only) {
            return (Self(None), Some(only));
        }
        let removed = only.parts().and_then(|parts| {
            let mut parts = parts.borrow_mut();
            let at = parts.iter().position(is_it)?;
            Some(parts.remove(at))
        });
        (Self(Some(only)), removed)
    }

    #[inline]
    pub(crate) fn schedule(self) {
        if let Some(callback) = self.0 {
            callback.schedule();
        }
    }
}

/// Names a done callback, for [`remove_done_callback`](Future::remove_done_callback).
///
/// Python compares the functions themselves, which Rust's closures do not allow.
#[derive(Clone)]
pub struct CallbackId(Weak<dyn Ready>);

impl CallbackId {
    pub(super) fn new(callback: &Rc<impl Ready + 'static>) -> Self {
        let weak: Weak<dyn Ready> = Rc::<_>::downgrade(callback) as Weak<dyn Ready>;
        Self(weak)
    }

    /// The address stays taken for as long as the weak reference is there.
    pub(super) fn address(&self) -> *const () {
        self.0.as_ptr().cast()
    }
}

impl fmt::Debug for CallbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackId")
    }
}

type DoneFn<T> = Box<dyn FnOnce(&Future<T>)>;

/// A function to be called with the future that is done.
///
/// While the future is pending, the future holds the callback, so this refers to it weakly.
pub(super) struct DoneCallback<T: 'static> {
    callback: Cell<Option<DoneFn<T>>>,
    future: Weak<FutureData<T>>,
    /// The future, from when it is done until this has run.
    done: Cell<Option<Rc<FutureData<T>>>>,
    made_at: Place,
}

impl<T: 'static> DoneCallback<T> {
    pub(super) fn new(made_at: Place, future: &Rc<FutureData<T>>, callback: DoneFn<T>) -> Rc<Self> {
        Rc::new(Self {
            callback: Cell::new(Some(callback)),
            future: Rc::downgrade(future),
            done: Cell::new(None),
            made_at,
        })
    }
}

impl<T: 'static> Ready for DoneCallback<T> {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let (Some(callback), Some(inner)) = (self.callback.take(), self.done.take()) else {
            return;
        };
        let future = Future { inner };
        if let Err(payload) = panics::catch(|| callback(&future)) {
            let source = || format!("<DoneFn of {future} added at {}>", self.made_at);
            core.callback_panicked(source, payload);
        }
        drop(future);
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        if let Some(inner) = self.future.upgrade() {
            let core = Rc::clone(&inner.core);
            self.done.set(Some(inner));
            core.schedule(self);
        }
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<DoneFn added at {}>", self.made_at)
    }
}
