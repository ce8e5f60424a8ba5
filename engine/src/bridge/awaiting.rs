//! Futures, tasks, coroutines and sleeps of this crate in async code.

use std::cell::Cell;
use std::fmt;
use std::future::IntoFuture;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::kept::WakerCell;
use crate::errors::RuntimeError;
use crate::kernel::{
    AwaitableResult, Co, Core, Coroutine, EventLoop, Future, IntoCoroutine, Operation, Place,
    Ready, Task, Waitable, create_task,
};
use crate::threads::Job;
use yieldfrom_delegation::Result;

/// What wakes async code when a future of this crate is done.
struct Listener {
    waker: WakerCell,
    is_wanted: Cell<bool>,
}

impl Listener {
    fn new() -> Rc<Self> {
        Rc::new(Self {
            waker: WakerCell::default(),
            is_wanted: Cell::new(true),
        })
    }
}

impl Ready for Listener {
    fn run(self: Rc<Self>, _: &Rc<Core>) {
        unreachable!("it wakes at once")
    }

    fn schedule(self: Rc<Self>) {
        self.waker.wake();
    }

    fn is_wanted(&self) -> bool {
        self.is_wanted.get()
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Awaiting>")
    }
}

/// A future, task, coroutine or operation of this crate that async code waits for by `.await`.
///
/// Its output is a [`Result`]: the value, or the error. `task.await` moves the result out, `(&task).await` clones it.
/// Dropping it, as `select!` does with the branch that loses, leaves a future or task alone, as dropping its handle does.
/// A coroutine that is awaited, or an operation such as [`to_thread`](crate::to_thread()), becomes a task, which nobody
/// else has: dropping cancels that.
///
/// When the loop of a pending future is closed, the next poll is an error; closing wakes nobody.
///
/// It belongs to the loop's thread. There any executor may poll it, if something runs the loop. For code on other threads, there
/// is [`run_coroutine_threadsafe`](crate::LoopHandle::run_coroutine_threadsafe), whose future can be awaited
/// everywhere.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Coroutine, coroutine, run_sync, spawn_std};
///
/// fn double(x: i32) -> Coroutine<i32> {
///     coroutine(move |_| Ok(2 * x))
/// }
///
/// let answer = run_sync(|co: &Co| co.yield_from(spawn_std(async { double(21).await }))?)?;
/// assert_eq!(answer, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "its result comes when it is awaited"]
pub struct Awaiting<T: 'static> {
    future: Future<T>,
    outcome: fn(&Future<T>, Place) -> Result<T>,
    made_at: Place,
    listener: Option<Rc<Listener>>,
    /// Whether nobody else has the task.
    is_own: bool,
}

impl<T: 'static> Awaiting<T> {
    #[track_caller]
    pub(super) fn new(future: Future<T>, outcome: fn(&Future<T>, Place) -> Result<T>) -> Self {
        Self {
            future,
            outcome,
            made_at: Location::caller(),
            listener: None,
            is_own: false,
        }
    }

    pub(super) fn future(&self) -> &Future<T> {
        &self.future
    }

    /// Has the context's waker woken when the future is done.
    fn listen(&mut self, context: &Context<'_>) -> Result<()> {
        self.future.inner.core.check_open("await")?;
        let listener = match &self.listener {
            Some(listener) => listener,
            None => {
                let listener = self.begin()?;
                self.listener.insert(listener)
            }
        };
        listener.waker.set(context);
        Ok(())
    }

    /// Begins to listen, unless the future could never be done while its waiter waits.
    fn begin(&self) -> Result<Rc<Listener>> {
        let current = EventLoop::running().and_then(|event_loop| event_loop.current_task());
        if current.is_some_and(|task| task.0.address() == self.future.inner.address()) {
            return Err(RuntimeError::new("await: a task cannot wait for itself").into());
        }
        let listener = Listener::new();
        let callback = Rc::clone(&listener) as Rc<dyn Ready>;
        self.future.inner.add_callback(callback);
        Ok(listener)
    }
}

impl<T: 'static> std::future::Future for Awaiting<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if !self.future.done() {
            self.listen(context)?;
        }
        if self.future.done() {
            return Poll::Ready((self.outcome)(&self.future, self.made_at));
        }
        Poll::Pending
    }
}

impl<T: 'static> Drop for Awaiting<T> {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.is_wanted.set(false);
            let address = Rc::as_ptr(&listener).cast();
            self.future.inner.drop_callback(address);
        }
        if self.is_own {
            self.future.cancel();
        }
    }
}

impl<T: 'static> fmt::Debug for Awaiting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Awaiting {}>", self.future)
    }
}

/// Implements `IntoFuture` for what is a future of this crate.
macro_rules! awaited {
    ($([$($generics:tt)*] $type:ty, $into:expr;)*) => {$(
        impl<$($generics)*> IntoFuture for $type {
            type Output = Result<T>;
            type IntoFuture = Awaiting<T>;

            #[track_caller]
            fn into_future(self) -> Awaiting<T> {
                Awaiting::new($into(self), <$type as AwaitableResult>::outcome)
            }
        }
    )*};
}

awaited! {
    [T: 'static] Future<T>, std::convert::identity;
    [T: Clone + 'static] &Future<T>, Future::clone;
    [T: 'static] Task<T>, Future::from;
    [T: Clone + 'static] &Task<T>, |task: &Task<T>| Future::from(task.clone());
    [T: 'static] Job<T>, Future::from;
}

/// Makes a task that nobody else has, which is cancelled when the wait is dropped.
#[track_caller]
fn own_task<C: IntoCoroutine>(coroutine: C) -> Awaiting<C::Output> {
    let mut awaiting = create_task(coroutine).into_future();
    awaiting.is_own = true;
    awaiting
}

/// It becomes a task, which is cancelled when the wait is dropped.
impl<T: 'static> IntoFuture for Coroutine<T> {
    type Output = Result<T>;
    type IntoFuture = Awaiting<T>;

    #[track_caller]
    fn into_future(self) -> Awaiting<T> {
        own_task(self)
    }
}

/// It becomes a task, which is cancelled when the wait is dropped.
impl<T: 'static, F: FnOnce(&Co) -> Result<T> + 'static> IntoFuture for Operation<F> {
    type Output = Result<T>;
    type IntoFuture = Awaiting<T>;

    #[track_caller]
    fn into_future(self) -> Awaiting<T> {
        own_task(self)
    }
}
