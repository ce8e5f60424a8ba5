//! The list of a future's done callbacks.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::FutureData;
use crate::errors::panics;
use crate::kernel::event_loop::{Core, Ready};

/// The done callbacks of a future, in the order in which they were added.
///
/// Most futures have at most one, so this is a single pointer. Several share a [`CallbackList`].
#[derive(Default)]
pub(crate) struct Callbacks(Option<Rc<dyn Ready>>);

/// One callback of several.
struct Callback {
    entry: Rc<dyn Ready>,
    /// The number by which the callback knows the future.
    number: u32,
}

/// Several callbacks as one.
///
/// A callback that is removed stays in the list, and says that it is not wanted when it is asked. When
/// more than half of the list may be unwanted, those are thrown out. So a removal takes the same time on
/// average with ten thousand callbacks as with two.
pub(crate) struct CallbackList {
    callbacks: RefCell<Vec<Callback>>,
    unwanted: Cell<usize>,
}

impl CallbackList {
    /// Counts a callback that is not wanted any more, and returns those to be dropped.
    fn remove_one(&self) -> Vec<Callback> {
        let mut callbacks = self.callbacks.borrow_mut();
        self.unwanted.set(self.unwanted.get() + 1);
        if self.unwanted.get() * 2 <= callbacks.len() {
            return Vec::new();
        }
        self.unwanted.set(0);
        let is_unwanted = |callback: &mut Callback| !callback.entry.is_wanted();
        callbacks.extract_if(.., is_unwanted).collect()
    }
}

impl Ready for CallbackList {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        unreachable!("its callbacks are scheduled one by one")
    }

    fn schedule(self: Rc<Self>) {
        for callback in self.callbacks.take() {
            callback.entry.future_done(callback.number);
        }
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Callbacks>")
    }

    fn as_list(&self) -> Option<&CallbackList> {
        Some(self)
    }
}

/// Each callback may have a destructor that panics: all are dropped, one by one.
impl Drop for CallbackList {
    fn drop(&mut self) {
        panics::drop_each(self.callbacks.take());
    }
}

impl Callbacks {
    /// Adds a callback under a number; the future keeps the number of its only callback in `only`.
    #[inline]
    pub(super) fn add(this: &Cell<Self>, only: &Cell<u32>, entry: Rc<dyn Ready>, number: u32) {
        match this.take().0 {
            None => {
                only.set(number);
                this.set(Self(Some(entry)));
            }
            Some(before) => {
                let all = Self::with(before, only.get(), entry, number);
                this.set(Self(Some(all)));
            }
        }
    }

    #[inline(never)]
    fn with(before: Rc<dyn Ready>, only: u32, entry: Rc<dyn Ready>, number: u32) -> Rc<dyn Ready> {
        let added = Callback { entry, number };
        if let Some(list) = before.as_list() {
            list.callbacks.borrow_mut().push(added);
            return before;
        }
        let first = Callback {
            entry: before,
            number: only,
        };
        Rc::new(CallbackList {
            callbacks: RefCell::new(vec![first, added]),
            unwanted: Cell::new(0),
        })
    }

    /// Removes the callback at this address, which is not wanted any more.
    ///
    /// Callbacks may have destructors of the program, which find the others in place.
    #[inline]
    pub(super) fn remove(this: &Cell<Self>, address: *const ()) {
        match this.take().0 {
            None => {}
            Some(only) if Rc::as_ptr(&only).cast::<()>() == address => drop(only),
            Some(other) => Self::remove_of_several(this, other),
        }
    }

    #[inline(never)]
    fn remove_of_several(this: &Cell<Self>, callbacks: Rc<dyn Ready>) {
        let unwanted = callbacks.as_list().map(CallbackList::remove_one);
        this.set(Self(Some(callbacks)));
        panics::drop_each(unwanted.into_iter().flatten());
    }

    /// Tells each callback that the future is done; if there is only one, its number is `only`.
    #[inline]
    pub(super) fn schedule(self, only: u32) {
        if let Some(callback) = self.0 {
            callback.future_done(only);
        }
    }
}

impl<T: 'static> FutureData<T> {
    pub(crate) fn add_callback(&self, callback: Rc<dyn Ready>) {
        self.add_numbered_callback(callback, 0);
    }

    /// Adds a callback, which is told this number when the future is done.
    #[inline]
    pub(crate) fn add_numbered_callback(&self, callback: Rc<dyn Ready>, number: u32) {
        if self.is_done() {
            return callback.future_done(number);
        }
        Callbacks::add(&self.callbacks, &self.callback_number, callback, number);
    }

    pub(crate) fn take_callbacks(&self) -> Callbacks {
        self.callbacks.take()
    }

    /// Lets go of the callback at this address, which is not wanted any more.
    #[inline]
    pub(crate) fn drop_callback(&self, address: *const ()) {
        Callbacks::remove(&self.callbacks, address);
    }

    /// Marks it, and returns whether it was marked before.
    #[inline]
    pub(crate) fn mark(&self) -> bool {
        self.is_marked.replace(true)
    }

    #[inline]
    pub(crate) fn unmark(&self) {
        self.is_marked.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;
    use crate::EventLoop;
    use crate::kernel::future::{AnyFuture, Follower, Future, SharedCallback, Waitable};

    /// Returns how many callbacks the future has, with those that are not wanted any more.
    fn count<T>(future: &Future<T>) -> usize {
        let callbacks = future.inner.take_callbacks();
        let list = callbacks.0.as_ref().and_then(|entry| entry.as_list());
        let count = list.map_or(usize::from(callbacks.0.is_some()), |list| {
            list.callbacks.borrow().len()
        });
        future.inner.callbacks.set(callbacks);
        count
    }

    #[test]
    fn callbacks_that_are_removed_do_not_pile_up() {
        let event_loop = EventLoop::new().unwrap();
        let future = event_loop.create_future::<()>();
        let kept = future.add_done_callback(|_| ());
        let mut ids = Vec::new();
        for _ in 0..1000 {
            ids.push(future.add_done_callback(|_| ()));
        }
        for id in ids {
            assert_eq!(future.remove_done_callback(&id), 1);
            assert_eq!(future.remove_done_callback(&id), 0);
        }
        assert!(count(&future) <= 2, "{}", count(&future));
        assert_eq!(future.remove_done_callback(&kept), 1);
        assert_eq!(count(&future), 0);
    }

    #[test]
    fn those_that_are_left_run_in_order() {
        let event_loop = EventLoop::new().unwrap();
        let future = event_loop.create_future::<()>();
        let ran = Rc::new(RefCell::new(Vec::new()));
        let add = |number: usize| {
            let ran = Rc::clone(&ran);
            future.add_done_callback(move |_| ran.borrow_mut().push(number))
        };
        let ids: Vec<_> = (0..100).map(add).collect();
        for (number, id) in ids.iter().enumerate() {
            if number % 3 > 0 {
                future.remove_done_callback(id);
            }
        }
        let other = event_loop.create_future::<()>();
        assert_eq!(other.remove_done_callback(&ids[0]), 0);
        future.set_result(()).unwrap();
        assert_eq!(future.remove_done_callback(&ids[0]), 0);
        event_loop.run_until_complete(&future).unwrap();
        assert_eq!(*ran.borrow(), (0..100).step_by(3).collect::<Vec<_>>());
    }

    /// Notes the numbers of the futures that are done.
    struct Noting(Vec<Future<()>>, RefCell<Vec<u32>>);

    impl Follower for Noting {
        fn future(&self, number: u32) -> Option<AnyFuture> {
            let future = self.0.get(number as usize)?;
            Some(Rc::clone(&future.inner) as _)
        }

        fn future_done(&self, number: u32, future: &AnyFuture) {
            assert_eq!(future.address(), self.0[number as usize].inner.address());
            self.1.borrow_mut().push(number);
        }
    }

    #[test]
    fn shared_callbacks_find_their_futures_and_leave_nothing_behind() {
        let event_loop = EventLoop::new().unwrap();
        let futures: Vec<_> = (0..3).map(|_| event_loop.create_future()).collect();
        let follow = |_| {
            let noting = Noting(futures.clone(), RefCell::default());
            let callback = SharedCallback::new(Location::caller(), noting);
            (0..)
                .zip(&futures)
                .for_each(|(n, future)| callback.follow(n, &*future.inner));
            callback
        };
        let callbacks: Vec<_> = (0..100).map(follow).collect();
        assert_eq!(count(&futures[1]), 100);
        futures[2].set_result(()).unwrap();
        futures[0].set_result(()).unwrap();
        callbacks[1..].iter().for_each(|callback| {
            callback.unfollow(futures.iter().map(|future| &*future.inner as _))
        });
        assert!(count(&futures[1]) <= 2, "{}", count(&futures[1]));
        futures[1].set_result(()).unwrap();
        event_loop.run_until_complete(&futures[1]).unwrap();
        assert_eq!(*callbacks[0].follower.1.borrow(), [2, 0, 1]);
        assert_eq!(*callbacks[99].follower.1.borrow(), [2, 0]);
    }
}
