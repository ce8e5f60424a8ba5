//! A done callback that many futures have in common.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::{AnyFuture, FutureObject};
use crate::errors::panics;
use crate::kernel::event_loop::{Core, Place, Ready};
use crate::kernel::on_drop::OnDrop;

/// The code that follows several futures by one [`SharedCallback`]. It gives each of them a number.
pub(crate) trait Follower {
    /// Returns the future with this number.
    fn future(&self, number: u32) -> Option<AnyFuture>;

    /// Is called through the loop when a future is done, as each done callback.
    fn future_done(&self, number: u32, future: &AnyFuture);

    /// Is called when no more calls can come, as no future and no queue has the callback any more.
    fn end(&self) {}
}

/// A done callback that many futures have in common.
///
/// A callback of its own for each future would take two allocations each; this takes one for all. In the
/// ready queue, it has one entry for each future that is done, as asyncio's callbacks have.
pub(crate) struct SharedCallback<F> {
    pub(crate) follower: F,
    /// The futures that are done, until it has run for them. They are in the order of the entries in
    /// the ready queue, so an entry finds its future in front.
    done: RefCell<VecDeque<(u32, AnyFuture)>>,
    stopped: Cell<bool>,
    made_at: Place,
}

impl<F: Follower + 'static> SharedCallback<F> {
    /// Makes a callback on behalf of a line of the program.
    pub(crate) fn new(made_at: Place, follower: F) -> Rc<Self> {
        Rc::new(Self {
            follower,
            done: RefCell::default(),
            stopped: Cell::new(false),
            made_at,
        })
    }

    /// Returns the line of the program on behalf of which it was made.
    pub(crate) fn made_at(&self) -> Place {
        self.made_at
    }

    /// Adds this to the done callbacks of a future, which must not have it yet.
    #[inline]
    pub(crate) fn follow(self: &Rc<Self>, number: u32, future: &dyn FutureObject) {
        let entry = Rc::clone(self) as Rc<dyn Ready>;
        future.add_numbered_callback(entry, number);
    }

    /// Removes this from the futures that have it. It still runs for those that are done.
    pub(crate) fn unfollow<'a>(&self, futures: impl IntoIterator<Item = &'a dyn FutureObject>) {
        self.stopped.set(true);
        let address = std::ptr::from_ref(self).cast();
        for future in futures {
            future.drop_callback(address);
        }
    }
}

impl<F: Follower + 'static> Ready for SharedCallback<F> {
    fn run(self: Rc<Self>, core: &Rc<Core>) {
        let next = self.done.borrow_mut().pop_front();
        let Some((number, future)) = next else {
            return;
        };
        let called = panics::catch(|| {
            let _end = OnDrop::new(|| {
                if Rc::strong_count(&self) == 1 {
                    self.follower.end();
                }
            });
            self.follower.future_done(number, &future);
        });
        if let Err(payload) = called {
            let source = || format!("<DoneFn of {future} added at {}>", self.made_at);
            core.callback_panicked(source, payload);
        }
        drop(future);
        core.ended.keep(self);
    }

    fn schedule(self: Rc<Self>) {
        unreachable!("it is scheduled for a future")
    }

    fn future_done(self: Rc<Self>, number: u32) {
        if self.stopped.get() {
            return;
        }
        let Some(future) = self.follower.future(number) else {
            return;
        };
        let Some(core) = future.core().map(Rc::clone) else {
            return;
        };
        if !core.is_closed() {
            self.done.borrow_mut().push_back((number, future));
            core.schedule(self);
        }
    }

    fn is_wanted(&self) -> bool {
        !self.stopped.get()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<DoneFn added at {}>", self.made_at)
    }
}
