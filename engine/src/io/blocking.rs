//! Synchronous libraries in coroutines: their sockets suspend the task instead of the thread.
//!
//! A library that knows nothing of the loop can run in a coroutine if it takes a stream that is `Read + Write`.
//! [`blocking()`] opens a *region* around the call; in it, a [`TcpStream`] and a [`UnixStream`] of this module wait
//! by suspending the task, from whatever depth of the library. Other tasks run meanwhile, on the same thread.
//! [`wait`] waits for anything else, such as a sleep or a queue.
//!
//! ```
//! use std::io::{BufRead, BufReader, Write};
//! use yieldfrom::blocking::{self, blocking};
//! use yieldfrom::{Co, run_sync, start_server};
//!
//! run_sync(|co: &Co| {
//!     let server = co.yield_from(start_server(
//!         |co, reader, writer| {
//!             while let Some(line) = co.yield_from(reader.line())? {
//!                 writer.write(format!("{}\n", line.to_uppercase()).as_bytes())?;
//!             }
//!             Ok(())
//!         },
//!         ("127.0.0.1", 0),
//!     ))?;
//!     let address = server.local_addr()?;
//!
//!     // Nothing in here has heard of coroutines.
//!     let answer = co.yield_from(blocking(|| {
//!         let stream = blocking::TcpStream::connect(address)?;
//!         (&stream).write_all(b"hello\n")?;
//!         let mut answer = String::new();
//!         BufReader::new(stream).read_line(&mut answer)?;
//!         std::io::Result::Ok(answer)
//!     }))??;
//!     assert_eq!(answer, "HELLO\n");
//!     Ok(())
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! # Cancellation
//!
//! A library cannot swallow a cancellation. When the task is cancelled while a region waits, the operation of the
//! library fails with an [`io::Error`] of kind `ConnectionAborted`, whose source is an [`Interruption`]. Each later
//! operation of the region fails at once, and the `yield_from` of the region returns the cancellation, whatever the
//! closure has returned. Code that tries again for ever is unwound after 100 refusals, as by a panic. The same holds
//! when the coroutine is closed.
//!
//! Code that panics then, such as by `unwrap` of the error, is cancelled as well, after the panic's message. One
//! thing remains yours: a loop around a connection that remembers its failure, and fails again without an operation
//! of the region, never ends. Nothing can stop it there, so open a new connection for each try.
//!
//! # The rules of a region
//!
//! - **Nothing that belongs to the thread is held across a read or a write.** Another task runs meanwhile, on the same
//!   thread. If the library holds a guard of a `std::sync::Mutex` then, and the other task locks it, the thread waits
//!   for itself for ever. A `RefCell` panics, and `stdout().lock()` is re-entrant, so that lines mix.
//! - **The library waits by these sockets only.** `std::thread::sleep`, a file, a name looked up by std, or a socket of
//!   the library's own block the whole loop. [`to_thread`](crate::to_thread()) is for such code.
//! - **The region ends where it was opened.** A generator that code in a region drives by hand has another stack. There, the
//!   operations of this module fail. Threads that the library starts are outside as well.
//!
//! # Stacks
//!
//! Libraries need more stack than coroutines do. If less than [`STACK_SIZE`] bytes are left, the region gets a stack
//! of its own of that size; [`Blocking::stack_size`] sets another size. Only pages that are touched take memory.

mod region;
mod sources;
mod std_streams;
mod stream;

use std::fmt;
use std::io;
use std::panic::Location;

pub use region::Interruption;
pub(crate) use sources::BlockingSources;
pub use std_streams::{TcpStream, UnixStream};
pub use stream::Stream;

use crate::combine::on_own_stack;
use crate::kernel::{
    Co, Coroutine, CoroutineBuilder, IntoCoroutine, Place, Request, awaitable_coroutine,
    limited_code,
};
use region::{Here, Region, enter};
use yieldfrom_delegation::{Builder, Delegate, Result, stack};

/// The stack that a region has at least, in bytes, unless [`Blocking::stack_size`] sets another size: 512 KiB.
///
/// That is enough for compression in debug builds, the deepest of the libraries that were measured: it needs 300 KiB.
pub const STACK_SIZE: usize = 512 << 10;

/// What lies between the operations that the region needs: its guard page, and the frames that open it.
const MARGIN: usize = 16 << 10;

/// Runs synchronous code in a region of the current coroutine, where the sockets of [this module](self) suspend it.
///
/// `co.yield_from(blocking(|| ...))` returns what the closure returns. The closure may borrow. If it returns a
/// `Result` of its own, there are two to be unpacked: `co.yield_from(blocking(|| library_call()))??`.
///
/// # Errors
///
/// `yield_from` returns the error that was thrown in while the region waited, such as a cancellation, whatever the
/// closure has returned; an error for which [`is_stack`](crate::Error::is_stack) holds, if there is no stack; a
/// [`RuntimeError`](crate::RuntimeError) if a thread is ending, or this is not the stack of a coroutine.
///
/// # Panics
///
/// Panics if the closure does. In a task, the task fails and the loop goes on. A panic with a message in a region
/// that was interrupted before is a cancellation instead.
///
/// # Examples
///
/// ```
/// use yieldfrom::blocking::{self, blocking};
/// use yieldfrom::{Co, run_sync, sleep};
///
/// fn library(mut pause: impl FnMut()) -> u32 {
///     pause();
///     42
/// }
///
/// let answer = run_sync(|co: &Co| {
///     co.yield_from(blocking(|| library(|| blocking::wait(sleep(0.01)).unwrap())))
/// })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "spawn_blocking")]
#[doc(alias = "block_in_place")]
#[doc(alias = "monkey_patch")]
#[track_caller]
pub fn blocking<F: FnOnce() -> R, R>(body: F) -> Blocking<F> {
    Blocking {
        body,
        stack_size: STACK_SIZE,
        made_at: Location::caller(),
    }
}

/// Synchronous code that is going to run in a region: what [`blocking()`] returns.
#[must_use = "it runs when a coroutine delegates to it by yield_from, or when it becomes a task"]
pub struct Blocking<F> {
    body: F,
    stack_size: usize,
    made_at: Place,
}

impl<F> Blocking<F> {
    /// Sets how much stack the region has at least, in bytes: [`STACK_SIZE`] by default.
    ///
    /// If that much is not left where the region is opened, it runs on a stack of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::blocking::blocking;
    /// use yieldfrom::{Co, run_sync};
    ///
    /// fn depth(n: u32) -> u32 {
    ///     let frame = std::hint::black_box([n; 256]);
    ///     if n == 0 { 0 } else { depth(frame[0] - 1) + 1 }
    /// }
    ///
    /// let deep = |co: &Co| co.yield_from(blocking(|| depth(5_000)).stack_size(64 << 20));
    /// assert_eq!(run_sync(deep)?, 5_000);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    fn settings(&self, name: &'static str) -> CoroutineBuilder {
        let size = self.stack_size.saturating_add(MARGIN);
        CoroutineBuilder::new().name(name).stack_size(size)
    }
}

impl<F: FnOnce() -> R, R> Delegate<Request, ()> for Blocking<F> {
    type Output = R;

    fn delegate(self, co: &Co) -> Result<R> {
        let around = Region::around();
        if self.stack_size <= room() {
            return enter(co, around, self.body);
        }
        let settings = self.settings("blocking");
        on_own_stack(settings, self.made_at, || enter(co, around, self.body))?
    }
}

/// Returns how much of the caller's stack is free. Any other stack than a generator's counts as endless, so that no new one is
/// made for a region that [`enter`] refuses there.
fn room() -> usize {
    let left = stack::bounds().map_or(usize::MAX, |stack| stack::pointer() - stack.start);
    left.saturating_sub(MARGIN)
}

/// A task of a region alone has a stack of its size.
impl<R: 'static, F: FnOnce() -> R + 'static> IntoCoroutine for Blocking<F> {
    type Output = R;

    #[track_caller]
    fn into_coroutine(self) -> Coroutine<R> {
        let settings = self.settings(Builder::name_as_given::<F>());
        settings.build(move |co| enter(co, None, self.body))
    }
}

awaitable_coroutine!(Blocking<F>, [R: 'static, F: FnOnce() -> R + 'static], R);
limited_code!(Blocking<F>, [R, F: FnOnce() -> R], R;);

impl<F> fmt::Debug for Blocking<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking")
            .field("stack_size", &self.stack_size)
            .field("made_at", &self.made_at)
            .finish_non_exhaustive()
    }
}

/// Waits in a region for whatever a coroutine can delegate to: a sleep, a lock, a queue, a task.
///
/// Adapters between a library and the loop are made of it, such as a resolver that waits for
/// [`getaddrinfo`](crate::net::getaddrinfo).
///
/// # Errors
///
/// - The error of the delegate: an [`io::Error`] as it is; a [`TimeoutError`](crate::TimeoutError) as one of kind
///   `TimedOut`; others as [`into_send`](crate::Error::into_send) makes them, of kind `Other`.
/// - An [`Interruption`], if the task was cancelled or is being closed. If only what it waited for was cancelled,
///   that is an error of kind `Other`, and the region goes on.
/// - `Unsupported`: it was called outside of a region, or in a generator that code in a region drives by hand.
///
/// # Examples
///
/// ```
/// use yieldfrom::blocking::{self, blocking};
/// use yieldfrom::{Co, Queue, create_task, run_sync};
///
/// run_sync(|co: &Co| {
///     let queue = Queue::new();
///     let items = queue.clone();
///     create_task(move |co: &Co| co.yield_from(items.put(7)));
///     let item = co.yield_from(blocking(|| blocking::wait(queue.get())))??;
///     assert_eq!(item, 7);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn wait<D: Delegate<Request, ()>>(delegate: D) -> io::Result<D::Output> {
    const NAME: &str = "wait";
    match Here::find() {
        Here::Inside(region) => region.wait(NAME, |co| delegate.delegate(co)),
        Here::Above => Err(above(NAME)),
        Here::Outside => {
            let why = "wait: there is no coroutine to suspend; call it in co.yield_from(blocking(|| ...))";
            Err(io::Error::new(io::ErrorKind::Unsupported, why))
        }
    }
}

/// Makes the error of an operation on a stack that code in a region has resumed: only a part of the coroutine would
/// suspend.
#[cold]
fn above(operation: &str) -> io::Error {
    let why = format!(
        "{operation}: it cannot wait in a generator that is driven in a region; delegate to the generator by \
         yield_from, and open the region in it"
    );
    io::Error::new(io::ErrorKind::Unsupported, why)
}
