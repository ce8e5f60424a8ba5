//! Protecting a future from the cancellation of a task that waits for it.

use std::panic::Location;
use std::rc::{Rc, Weak};

use crate::kernel::{
    AwaitableResult, Cancelling, Composite, EventLoop, Future, FutureData, Place, Role, WaitKind,
    Waitable, ensure_future,
};
use yieldfrom_delegation::Result;

/// Returns a future that ends as the given one does, but whose cancellation does not reach it.
///
/// This is asyncio's `shield`. A coroutine becomes a task at once; a future that is done already is
/// returned itself, if it is given by value. When the shield is cancelled, the future that it protects goes on.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, create_task, shield, sleep_with};
///
/// EventLoop::builder().virtual_clock().run(|co: &Co| {
///     let save = create_task(|co: &Co| co.yield_from(sleep_with(Duration::from_millis(1), "saved")));
///     let shielded = shield(&save);
///     shielded.cancel();
///     assert!(co.yield_from(shielded).unwrap_err().is_cancelled());
///     assert_eq!(co.yield_from(save)?, "saved");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[track_caller]
pub fn shield<A: AwaitableResult>(awaitable: A) -> Future<A::Output> {
    let inner: Future<A::Output> = ensure_future(awaitable).into();
    let event_loop = inner.get_loop();
    if inner.done() {
        return match A::KEEPS_RESULT && !inner.cancelled() {
            // Whoever waits for the shield takes the result, which must not be that of the inner future.
            true => finished(&event_loop, A::outcome(&inner, Location::caller())),
            false => inner,
        };
    }
    let outer = Future::cyclic(&event_loop, |outer| Shield {
        outer: Weak::clone(outer),
        inner: Rc::downgrade(&inner.inner),
    });
    // As in asyncio, the callback of the inner future keeps the outer one alive.
    let shield = outer.clone();
    let made_at = Location::caller();
    let inner_done = inner.add_done_callback(move |inner| pass_on::<A>(inner, &shield, made_at));
    outer.add_done_callback(move |_| {
        if !inner.done() {
            inner.remove_done_callback(&inner_done);
        }
    });
    outer
}

/// Returns a future that is done.
#[track_caller]
fn finished<T: 'static>(event_loop: &EventLoop, outcome: Result<T>) -> Future<T> {
    let future = Future::with_role(event_loop, Role::Other(None));
    drop(future.inner.finish(outcome));
    future
}

/// The two futures of a shield.
struct Shield<T: 'static> {
    outer: Weak<FutureData<T>>,
    inner: Weak<FutureData<T>>,
}

impl<T: 'static> Composite for Shield<T> {
    fn can_cancel(&self, _: u32) -> bool {
        true
    }

    fn cancel(&self, _: &mut Cancelling) -> bool {
        let outer = self.outer.upgrade();
        outer.is_some_and(|outer| outer.end_cancelled())
    }

    fn name(&self) -> &'static str {
        "Future"
    }

    fn purpose(&self) -> (WaitKind, &'static str) {
        (WaitKind::Futures, "shield")
    }

    fn awaited(&self, all: &mut Vec<Rc<dyn Waitable>>) {
        all.extend(self.inner.upgrade().map(|inner| inner as Rc<dyn Waitable>));
    }
}

fn pass_on<A: AwaitableResult>(
    inner: &Future<A::Output>,
    outer: &Future<A::Output>,
    made_at: Place,
) {
    if outer.cancelled() {
        // If the inner one has failed, its error stays unseen, and is reported.
    } else if inner.cancelled() {
        outer.cancel();
    } else {
        drop(outer.inner.finish(A::outcome(inner, made_at)));
    }
}
