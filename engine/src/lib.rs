#![doc = include_str!("../README.md")]
//!
//! # Where to read on
//!
//! | | |
//! | --- | --- |
//! | [`guide`] | the book: from the first generator to stacks and measurements, each page with programs |
//! | [`guide::coming_from_asyncio`] | every name of asyncio 3.4, and ours |
//! | [`guide::coming_from_async_await`] | the idioms of tokio and smol, and ours; when not to use this crate |
//! | [`delegation`] | the generators by themselves, with PEP 380's rules |
//! | [`sync`], [`net`], [`streams`], [`transport`] | locks and queues; sockets; readers and writers; protocols |
//!
//! # From asyncio, in short
//!
//! | asyncio | here |
//! | --- | --- |
//! | `@coroutine def f(x): ...` | `fn f(x) -> Coroutine<T> { coroutine(move \|co\| ...) }`, or `fn f(co: &Co) -> Result<T>` |
//! | `r = yield from f(x)` | `let r = co.yield_from(f(x))?;` |
//! | `except CancelledError` | `Err(error) if error.is_cancelled()` |
//! | `get_event_loop()`, `loop.run_until_complete(f)` | [`get_event_loop`], [`EventLoop::run_until_complete`] |
//! | `asyncio.run(main())` | [`run`] |
//! | `loop.call_later(0.1, f)` | [`call_later(0.1, f)`](EventLoop::call_later) |
//! | `async(f)`, `create_task(f)` | [`ensure_future`], [`create_task`] |
//! | `wait(fs)`, `gather(*fs)`, `wait_for(f, t)` | [`wait`](wait()), [`gather`](gather()), [`wait_for`] |
//! | `Lock`, `Event`, `Queue`, ... | [`sync`] |
//! | `open_connection(host, port)`, `start_server(f, host, port)` | [`open_connection`], [`start_server`] |
//! | `loop.run_in_executor(None, f)` | [`EventLoop::run_in_executor`], [`to_thread`](to_thread()) |
//!
//! Exceptions are values: `?` passes them on, and an unhandled one is the coroutine's result.
//! A future that is given by value has its result moved out; one that is given by reference keeps it, and gives
//! a clone. A loop keeps its tasks alive. A run that could never end, as
//! nothing is left that could wake the loop, ends with a [`DeadlockError`]. Behaviour is that of 3.11;
//! where 3.11 has a bug, it is that of the version that mends it. [A
//! table](crate::guide::coming_from_asyncio#where-we-differ-from-311) has these bugs.
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
//! As long as no logger is installed, such as `env_logger`, errors and warnings go to standard error,
//! as by the last-resort handler of Python's `logging`.
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `signal` | handlers of signals, and Ctrl-C that cancels the main task first: the module `signal` |
//! | `process` | child processes: the module `process` |
//! | `futures` | futures of async/await in coroutines, and the other way round: the module `bridge` |
//! | `tls` | encrypted sockets, streams and transports: the module `tls` |
//! | `monitor` | a Unix socket by which `top` and other programs look at a loop while it runs: `LoopBuilder::monitor` |
//! | `trace` | a timeline of a run, as a Chrome trace or as a picture: the module `trace` |
//! | `simulation` | discrete-event simulation with processes, as in SimPy: the module `simulation` |
//! | `simulation-statistics`, `simulation-random`, `simulation-pictures`, `simulation-progress` | what people who simulate need beside it: `simulation::statistics`, `random`, `pictures` and `progress` |
//! | `native-switch` | a faster switch between stacks, see [`delegation`](yieldfrom_delegation#the-switch) |

mod assemble;
#[cfg(feature = "futures")]
pub mod bridge;
mod combine;
mod errors;
pub mod guide;
mod insight;
mod io;
mod kernel;
#[cfg(feature = "signal")]
pub mod signal;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod sync;
mod threads;

pub use assemble::{LoopBuilder, block_on, run, run_sync};
#[cfg(feature = "futures")]
pub use bridge::{from_std, spawn_std};
pub use combine::{
    ALL_COMPLETED, AsCompleted, Branch, FIRST_COMPLETED, FIRST_EXCEPTION, First, Gather, Interval,
    List, NextCompleted, ReturnWhen, ScopedTask, Sleep, TaskGroup, TaskGroupHandle, TaskSet,
    Timeout, Tuple, Wait, WaitFor, WaitItem, WaitOutcome, as_completed, first, gather,
    gather_return_exceptions, gather_with, interval, shield, sleep, sleep_with, task_group,
    timeout, timeout_at, wait, wait_for, yield_now,
};
pub use errors::{
    BrokenBarrierError, ExceptionGroup, IncompleteReadError, InvalidStateError, KeyboardInterrupt,
    LimitOverrunError, Panicked, QueueEmpty, QueueFull, QueueShutDown, RuntimeError, TimeoutError,
    TypeError, ValueError,
};
#[cfg(feature = "trace")]
pub use insight::trace::{self, Trace, TraceFile, TraceOptions};
pub use insight::{DeadlockError, LoopMetrics, WatchdogReport, debug};
#[cfg(feature = "trace")]
pub use insight::{GeneratorRecording, record_generators};
#[cfg(all(feature = "trace", feature = "simulation"))]
pub use insight::{SimulationRecording, record_simulation};
pub use io::blocking::{self, blocking};
pub use io::net;
#[cfg(feature = "process")]
pub use io::process;
pub use io::streams::{
    self, StreamReader, StreamWriter, open_connection, open_connection_on, open_unix_connection,
    start_server, start_server_on, start_unix_server,
};
#[cfg(feature = "tls")]
pub use io::tls;
pub use io::transport::{
    self, DatagramProtocol, DatagramTransport, Protocol, Server, Transport,
    connect_accepted_socket, connect_read_pipe, connect_write_pipe, create_connection,
    create_connection_on, create_datagram_endpoint, create_datagram_endpoint_on, create_server,
    create_server_on, create_unix_connection, create_unix_server,
};
pub use kernel::{
    AnyTask, Awaitable, AwaitableResult, CallbackId, Co, Context, ContextVar, Coroutine,
    CoroutineBuilder, ErrorContext, EventLoop, Future, Handle, IntoCoroutine, IntoDelay,
    IntoTimeout, Limited, Operation, Request, Task, TimerHandle, Token, all_tasks, copy_context,
    coroutine, create_task, current_task, ensure_future, get_event_loop, get_running_loop,
    new_event_loop, no_suspend, set_event_loop, spawn,
};
pub use sync::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore,
};
pub use threads::{
    ConcurrentError, ConcurrentFuture, Job, LoopHandle, ThreadPoolExecutor, ToThread, to_thread,
    try_to_thread, wrap_future,
};

pub use yieldfrom_delegation as delegation;
pub use yieldfrom_delegation::{
    Builder, Delegate, Driver, Error, FrameSummary, Generator, GeneratorState, Iter, Link, Result,
    SendError, State, Unresolved, bail, ensure, exception, iter,
};
