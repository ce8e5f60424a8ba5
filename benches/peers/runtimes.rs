//! The peers of the event loop, each on one thread unless it says otherwise.

use may::coroutine::JoinHandle;
use monoio::time::TimeDriver;
use monoio::utils::detect_uring;
use monoio::{FusionDriver, FusionRuntime, IoUringDriver, LegacyDriver, RuntimeBuilder};
use smol::LocalExecutor;
use tokio::runtime::{Builder, Runtime};

/// How many stacks may keeps: more than are in use at once, but where there are 10,000 tasks.
const POOL: usize = 2000;

/// Tokio's scheduler for one thread; the tasks must be `Send` all the same.
///
/// With timers and I/O, as `#[tokio::main]` makes it: our loop always has both.
pub(crate) fn tokio() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the runtime starts")
}

/// Runs a future and, meanwhile, an executor of smol's, whose tasks need not be `Send`.
///
/// Smol's own `block_on` looks after timers on this thread.
pub(crate) fn smol<T>(executor: &LocalExecutor<'static>, main: impl Future<Output = T>) -> T {
    smol::block_on(executor.run(main))
}

/// Monoio's runtime for one thread, by whichever driver the system has.
pub(crate) type Monoio = FusionRuntime<TimeDriver<IoUringDriver>, TimeDriver<LegacyDriver>>;

/// Monoio's runtime with timers, as the others have them; its tasks need not be `Send`.
pub(crate) fn monoio() -> Monoio {
    RuntimeBuilder::<FusionDriver>::new()
        .enable_timer()
        .build()
        .expect("the runtime starts")
}

/// Returns what monoio's runtime waits by on this machine.
pub(crate) fn monoio_driver() -> &'static str {
    if detect_uring() { "io_uring" } else { "epoll" }
}

/// May's scheduler with one worker, a thread of its own: closures and results must be `Send`.
///
/// Stacks have 32 KiB, as is may's default.
pub(crate) struct May(());

impl May {
    /// Starts the scheduler, of which a process has one.
    pub(crate) fn start() -> Self {
        Self::with_workers(1)
    }

    /// Starts it with so many workers, each of which is a thread.
    pub(crate) fn with_workers(workers: usize) -> Self {
        may::config().set_workers(workers).set_pool_capacity(POOL);
        // Pinned, the worker would leave the processor that all samples are taken on.
        may::config().set_worker_pin(false);
        let may = Self(());
        // All stacks that are kept are made by the first coroutine.
        may.run(|| ());
        may
    }

    /// Runs a coroutine and returns its result.
    pub(crate) fn run<T: Send + 'static>(&self, main: impl FnOnce() -> T + Send + 'static) -> T {
        joined(may::go!(main))
    }
}

/// Waits for a coroutine of may's.
pub(crate) fn joined<T>(handle: JoinHandle<T>) -> T {
    handle.join().expect("it does not panic")
}
