//! Python 3.4's generator-based asyncio, rebuilt on stackful coroutines.
//!
//! A *coroutine* is a body on a stack of its own ([`coroutine`], or simply a function that takes a
//! [`&Co`](Co)). Wherever it is, it waits by `co.yield_from(...)`: for another coroutine, a
//! [`Future`], a [`Task`], a [`sleep`]. That suspends the whole chain of calls, explicitly and at
//! no other place, and the [`EventLoop`] runs what is ready meanwhile, on one thread. No
//! async/await, no function colours, no locks between suspensions.
//!
//! ```
//! use std::time::Duration;
//! use yieldfrom::{Co, Coroutine, EventLoop, Result, coroutine, ensure_future, sleep};
//!
//! fn spin(msg: &'static str) -> Coroutine<usize> {
//!     coroutine(move |co| {
//!         let mut turns = 0;
//!         loop {
//!             // Here would be a step of an animation in front of `msg`.
//!             match co.yield_from(sleep(Duration::from_millis(100))) {
//!                 Ok(()) => turns += msg.len(),
//!                 Err(error) if error.is_cancelled() => return Ok(turns),
//!                 Err(error) => return Err(error),
//!             }
//!         }
//!     })
//! }
//!
//! fn slow_function(co: &Co) -> Result<i32> {
//!     co.yield_from(sleep(Duration::from_secs(3)))?; // pretend to wait for I/O
//!     Ok(42)
//! }
//!
//! fn supervisor(co: &Co) -> Result<i32> {
//!     let spinner = ensure_future(spin("thinking!"));
//!     println!("spinner object: {spinner}"); // <Task pending coro=<spin() running at ...>>
//!     let result = co.yield_from(slow_function)?;
//!     spinner.cancel(); // raises an error at its `sleep`
//!     Ok(result)
//! }
//!
//! // In virtual time, so that the three seconds pass at once; `EventLoop::new` takes real time.
//! let event_loop = EventLoop::builder().virtual_clock().build()?;
//! assert_eq!(event_loop.run_until_complete(supervisor)?, 42);
//! event_loop.close()?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! # From asyncio
//!
//! | asyncio | here |
//! | --- | --- |
//! | `@coroutine def f(x): ...` | `fn f(x) -> Coroutine<T> { coroutine(move \|co\| ...) }`, or `fn f(co: &Co) -> Result<T>` |
//! | `r = yield from f(x)` | `let r = co.yield_from(f(x))?;` |
//! | `yield` | [`co.yield_from(yield_now())?`](yield_now) |
//! | `except CancelledError` | `Err(error) if error.is_cancelled()` |
//! | `except TimeoutError` | `Err(error) if error.is::<TimeoutError>()`, see [`TimeoutError`] |
//! | `get_event_loop()`, `loop.run_until_complete(f)` | [`get_event_loop`], [`EventLoop::run_until_complete`] |
//! | `asyncio.run(main())`, `Runner` | [`run`], [`LoopBuilder::run`] |
//! | `loop.call_soon(f, x)` | [`event_loop.call_soon(move \|\| f(x))`](EventLoop::call_soon) |
//! | `loop.call_later(0.1, f)`, `call_at` | [`call_later`](EventLoop::call_later), [`call_at`](EventLoop::call_at) with a `Duration` |
//! | `loop.time()` | [`EventLoop::time`]: a `Duration` since the loop's clock began |
//! | `async(f)`, `ensure_future(f)`, `create_task(f)` | [`ensure_future`], [`create_task`], [`EventLoop::create_task`] |
//! | `Task.current_task()`, `Task.all_tasks()` | [`current_task`], [`all_tasks`] |
//! | `Future`, `Task` | [`Future`], [`Task`], which dereferences to its future |
//! | `sleep(d, result)` | [`sleep`], [`sleep_with`] |
//! | `wait(fs, timeout=t, return_when=w)` | [`wait(fs).timeout(t).return_when(w)`](wait()) |
//! | `wait_for(f, t)` | [`wait_for`] |
//! | `gather(*fs)`, `return_exceptions=True` | [`gather`](gather()), [`gather_return_exceptions`] |
//! | `as_completed(fs)`, `shield(f)` | [`as_completed`](as_completed()), [`shield`](shield()) |
//! | `async with timeout(t):`, `TaskGroup()` | [`timeout`](timeout()), [`task_group`](task_group()) |
//! | `Lock`, `Event`, `Condition`, `Semaphore`, `Queue`, ... | [`sync`] |
//! | `call_soon_threadsafe`, `run_coroutine_threadsafe` | [`LoopHandle`] |
//! | `loop.set_debug(True)`, `PYTHONASYNCIODEBUG=1` | [`EventLoop::set_debug`], `YIELDFROM_DEBUG=1` |
//! | `python -m asyncio pstree` (3.14) | [`EventLoop::report`], see [`debug`] |
//! | `loop.set_exception_handler(h)` | [`EventLoop::set_exception_handler`] |
//! | `loop.run_in_executor(None, f)`, `to_thread(f)` | [`EventLoop::run_in_executor`], [`to_thread`](to_thread()) |
//! | `wrap_future(f)` | [`wrap_future`](wrap_future()) |
//! | `open_connection(host, port)`, `start_server(f, host, port)` | [`open_connection`], [`start_server`], see [`streams`] |
//! | `loop.create_connection(p, host, port)`, `create_server`, ... | [`create_connection`], [`create_server`], see [`transport`] |
//! | `loop.create_datagram_endpoint(p, ...)` | [`create_datagram_endpoint`] |
//! | `loop.add_reader(fd, f)`, `add_writer`, `sock_recv`, ... | [`EventLoop::add_reader`], [`EventLoop::sock_recv`], for any descriptor |
//! | `loop.getaddrinfo(host, port)` | [`net::getaddrinfo`] |
//! | (sockets of their own that coroutines wait for) | [`net`], with the names of the standard library |
//! | `loop.add_signal_handler(signal.SIGTERM, f)` | `EventLoop::add_signal_handler`, with the feature `signal` |
//! | `except KeyboardInterrupt` | `Err(error) if error.is::<KeyboardInterrupt>()`, see [`KeyboardInterrupt`] |
//! | a test loop whose time is set by hand | [`LoopBuilder::virtual_clock`] |
//!
//! Where Python 3.4 had bugs, behaviour is that of 3.11: `wait_for` waits for what it cancels,
//! locks lose no wake-up, a cancellation is not caught by accident.
//!
//! # What is different from Python
//!
//! Exceptions are values: `?` passes them on, and an unhandled one is the coroutine's result.
//! Results of futures are given out as clones, and moved by [`take_result`](Future::take_result)
//! where they cannot be cloned. A loop keeps its tasks alive. A run that could never end, as
//! nothing is left that could wake the loop, ends with a [`DeadlockError`], which names the tasks
//! that wait for each other.
//!
//! # Sockets
//!
//! There are three layers, all on one edge-triggered reactor: [`net`] has sockets like the standard
//! library's, whose operations a coroutine waits for; [`streams`] are asyncio's readers and writers,
//! with buffers, lines and flow control; [`transport`] is asyncio's layer of callbacks, below the
//! streams. What blocks the thread, such as files, goes to an executor: [`to_thread`](to_thread()).
//!
//! ```
//! use yieldfrom::{Co, StreamReader, StreamWriter, open_connection, run, start_server};
//!
//! fn shout(reader: StreamReader, writer: StreamWriter) -> impl FnOnce(&Co) -> yieldfrom::Result<()> {
//!     move |co: &Co| {
//!         let line = co.yield_from(reader.readline())?;
//!         writer.write(&line.to_ascii_uppercase())?;
//!         co.yield_from(writer.drain())
//!     }
//! }
//!
//! run(|co: &Co| {
//!     let server = co.yield_from(start_server(shout, "127.0.0.1:0"))?;
//!     let address = server.sockets()[0].ip().unwrap();
//!     let (reader, writer) = co.yield_from(open_connection(address))?;
//!     writer.write(b"hello\n")?;
//!     assert_eq!(co.yield_from(reader.readline())?, b"HELLO\n");
//!     server.close();
//!     co.yield_from(server.wait_closed())
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! # Cancellation
//!
//! [`cancel`](Future::cancel) raises an error where the task is suspended, innermost first; it is
//! passed on to what the task waits for. A body may catch it, do something else first, or go on.
//! As that happens at a `yield_from` only, data that is changed between two of them is never left
//! half changed.
//!
//! # Nothing is silent
//!
//! Errors that nobody retrieved, coroutines that were never started, tasks that were destroyed
//! while pending, and callbacks that hold the loop for long go to the crate `log` (or to
//! [`set_exception_handler`](EventLoop::set_exception_handler)), with their line in the source.
//! Install a logger, such as `env_logger`, to see them.

mod as_completed;
mod awaitable;
mod coroutines;
pub mod debug;
mod errors;
mod event_loop;
mod executor;
mod future;
mod gather;
mod handle;
pub mod net;
mod shield;
#[cfg(feature = "signal")]
pub mod signal;
mod sleep;
mod sock;
mod source;
pub mod streams;
pub mod sync;
mod task;
mod task_group;
mod timeout;
pub mod transport;
mod wait;
mod wait_for;

pub use as_completed::{AsCompleted, NextCompleted, as_completed};
pub use awaitable::{Awaitable, IntoCoroutine};
pub use coroutines::{Coroutine, CoroutineBuilder, Request, coroutine};
pub use errors::{
    BrokenBarrierError, DeadlockError, ExceptionGroup, IncompleteReadError, InvalidStateError,
    KeyboardInterrupt, LimitOverrunError, Panicked, QueueEmpty, QueueFull, QueueShutDown,
    RuntimeError, TimeoutError, TypeError, ValueError,
};
pub use event_loop::{
    ConcurrentError, ConcurrentFuture, Context, EventLoop, LoopBuilder, LoopHandle, get_event_loop,
    get_running_loop, new_event_loop, run, run_sync, set_event_loop,
};
pub use executor::{Job, ShutdownDefaultExecutor, ThreadPoolExecutor, to_thread, wrap_future};
pub use future::{CallbackId, Future};
pub use gather::{gather, gather_return_exceptions, gather_with};
pub use handle::{Handle, TimerHandle};
pub use shield::shield;
pub use sleep::{Sleep, SleepWith, YieldNow, sleep, sleep_with, yield_now};
pub use sock::{SockAccept, SockConnect, SockRecv, SockRecvInto, SockSendall};
pub use streams::{
    StreamReader, StreamWriter, open_connection, open_connection_on, open_unix_connection,
    start_server, start_server_on, start_unix_server,
};
pub use sync::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore,
};
pub use task::{AnyTask, Task, all_tasks, create_task, current_task, ensure_future};
pub use task_group::{Grouped, TaskGroup, task_group};
pub use timeout::{Limited, Timeout, timeout, timeout_at};
pub use transport::{
    DatagramProtocol, DatagramTransport, Protocol, Server, Transport, connect_accepted_socket,
    create_connection, create_connection_on, create_datagram_endpoint, create_datagram_endpoint_on,
    create_server, create_server_on, create_unix_connection, create_unix_server,
};
pub use wait::{ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, ReturnWhen, Wait, Waited, wait};
pub use wait_for::{WaitFor, wait_for};

pub use yieldfrom_delegation as delegation;
pub use yieldfrom_delegation::{
    Builder, Delegate, Driver, Error, Generator, GeneratorState, Iter, Link, Result, State,
    Unresolved, iter,
};

/// What a body gets to suspend with: [`delegation::Co`], by default that of a task's coroutine.
///
/// `Co` alone is the one that coroutines get, whose delegates are futures, sleeps and other
/// coroutines; `Co<i32>` is that of a generator of numbers.
pub type Co<Y = Request, S = ()> = yieldfrom_delegation::Co<Y, S>;
