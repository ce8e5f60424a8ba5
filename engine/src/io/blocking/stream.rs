//! Sockets for synchronous libraries.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::above;
use super::region::{Here, Region};
use super::sources::{Home, Socket};
use crate::errors::panics;
use crate::io::source::{Source, poll_within, timed_out};
use crate::kernel::Direction;
use yieldfrom_delegation::report;

/// A connected socket for synchronous libraries: a [`TcpStream`](super::TcpStream) or a
/// [`UnixStream`](super::UnixStream).
///
/// In a region it suspends the coroutine where std's socket would block the thread. Outside of a region it blocks the
/// thread as std's does, and logs that once as a warning. It is `Send` and `Sync`. Once a region has used it,
/// it belongs to the loop of that region: other threads get an error, until that loop is closed.
///
/// Clones by [`try_clone`](Self::try_clone) are the same socket. It is closed when the last one is dropped, on
/// whatever thread.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use yieldfrom::blocking::{UnixStream, blocking};
/// use yieldfrom::{Co, create_task, run_sync};
///
/// run_sync(|co: &Co| {
///     let (mut one, mut other) = UnixStream::pair()?;
///     let echo = create_task(blocking(move || {
///         let mut buffer = [0; 5];
///         other.read_exact(&mut buffer)?; // suspends the task
///         other.write_all(&buffer)
///     }));
///     let answer = co.yield_from(blocking(move || {
///         one.write_all(b"hello")?;
///         std::io::read_to_string(one)
///     }))??;
///     assert_eq!(answer, "hello");
///     co.yield_from(echo)??;
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Stream<S>(Arc<Shared<S>>);

struct Shared<S> {
    /// Is dropped first: the loop forgets the socket before that is closed.
    home: OnceLock<Home>,
    socket: Arc<S>,
    limits: [Limit; 2],
    is_nonblocking: AtomicBool,
    has_warned: AtomicBool,
}

/// A timeout in nanoseconds; zero is none.
#[derive(Default)]
struct Limit(AtomicU64);

impl Limit {
    fn get(&self) -> Option<Duration> {
        let nanos = self.0.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }

    fn set(&self, limit: Option<Duration>, operation: &str) -> io::Result<()> {
        if limit.is_some_and(|limit| limit.is_zero()) {
            let why = format!("{operation}: the timeout is zero; with None there is no limit");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let nanos = limit.map_or(0, |limit| limit.as_nanos().try_into().unwrap_or(u64::MAX));
        self.0.store(nanos, Ordering::Relaxed);
        Ok(())
    }
}

impl<S> Stream<S> {
    /// Takes over a socket that does not block.
    pub(super) fn new(socket: S) -> Self {
        Self(Arc::new(Shared {
            home: OnceLock::new(),
            socket: Arc::new(socket),
            limits: Default::default(),
            is_nonblocking: AtomicBool::new(false),
            has_warned: AtomicBool::new(false),
        }))
    }

    /// Makes another handle of the same socket, which has the same timeouts. It uses no other descriptor.
    ///
    /// # Errors
    ///
    /// None; it returns a `Result` as std's method does.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(Arc::clone(&self.0)))
    }

    /// Returns the socket itself, such as for options. It does not block: its reads and writes fail with `WouldBlock`.
    pub fn get_ref(&self) -> &S {
        &self.0.socket
    }

    /// Returns after which time a read fails; `None` is never.
    ///
    /// # Errors
    ///
    /// None; it returns a `Result` as std's method does.
    pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.0.limit(Direction::Read).get())
    }

    /// Returns after which time a write fails; `None` is never.
    ///
    /// # Errors
    ///
    /// None; it returns a `Result` as std's method does.
    pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.0.limit(Direction::Write).get())
    }

    /// Sets after which time of waiting a read fails, with kind `WouldBlock` as std's on Unix. It counts in the time of
    /// the loop.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for zero.
    pub fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.0.limit(Direction::Read).set(limit, "set_read_timeout")
    }

    /// Sets after which time of waiting a write fails, as [`set_read_timeout`](Self::set_read_timeout) does for a read.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for zero.
    pub fn set_write_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.0
            .limit(Direction::Write)
            .set(limit, "set_write_timeout")
    }

    /// Sets whether an operation that would have to wait fails with `WouldBlock` instead.
    ///
    /// # Errors
    ///
    /// None; it returns a `Result` as std's method does.
    pub fn set_nonblocking(&self, on: bool) -> io::Result<()> {
        self.0.is_nonblocking.store(on, Ordering::Relaxed);
        Ok(())
    }
}

impl<S> Shared<S> {
    fn limit(&self, direction: Direction) -> &Limit {
        match direction {
            Direction::Read => &self.limits[0],
            Direction::Write => &self.limits[1],
        }
    }
}

impl<S: AsFd + Send + Sync + 'static> Stream<S> {
    /// Transfers some bytes, and waits for that as it can where it is called. Fewer bytes than `wanted` show that the
    /// next transfer would have to wait.
    #[inline]
    pub(super) fn transfer(
        &self,
        direction: Direction,
        name: &'static str,
        wanted: usize,
        mut operation: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let shared = &*self.0;
        let mut operation = || operation(&shared.socket);
        match Here::find() {
            Here::Inside(region) if !shared.is_nonblocking.load(Ordering::Relaxed) => {
                shared.transfer_in(&region, direction, name, wanted, operation)
            }
            Here::Inside(region) => region.check(name).and_then(|()| operation()),
            Here::Above => Err(above(name)),
            Here::Outside => shared.block(direction, name, operation),
        }
    }
}

impl<S: AsFd + Send + Sync + 'static> Shared<S> {
    #[inline]
    fn transfer_in(
        &self,
        region: &Rc<Region>,
        direction: Direction,
        name: &'static str,
        wanted: usize,
        mut operation: impl FnMut() -> io::Result<usize>,
    ) -> io::Result<usize> {
        let source = self.source(region, name)?;
        let limit = self.limit(direction).get();
        region.wait(name, |co| match limit {
            None => source.transfer(co, direction, name, wanted, |_| operation()),
            Some(limit) => {
                source.transfer_within(co, direction, name, wanted, limit, |_| operation())
            }
        })
    }

    /// Returns the socket of the loop on which the region runs.
    fn source(&self, region: &Region, name: &str) -> io::Result<Rc<Source<Socket>>> {
        let Some(sources) = &region.sources else {
            return Err(unsupported(format!(
                "{name}: it works inside a running event loop only"
            )));
        };
        let home = self
            .home
            .get_or_init(|| sources.add(Arc::clone(&self.socket) as Socket));
        sources
            .get(home)
            .ok_or_else(|| unsupported(format!("{name}: the stream belongs to another event loop, which may be closed; make one stream for each loop")))
    }

    /// Waits by blocking the thread.
    #[cold]
    fn block(
        &self,
        direction: Direction,
        name: &str,
        mut operation: impl FnMut() -> io::Result<usize>,
    ) -> io::Result<usize> {
        if self.home.get().is_some_and(Home::is_elsewhere) {
            return Err(unsupported(format!(
                "{name}: the stream belongs to the event loop of another thread; make one stream for each thread"
            )));
        }
        let limit = self.limit(direction).get();
        let began = Instant::now();
        loop {
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            if self.is_nonblocking.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.warn(name);
            let left = limit.map(|limit| limit.saturating_sub(began.elapsed()));
            match poll_within(&*self.socket, direction, left) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(timed_out(name, limit.unwrap_or_default()));
                }
                result => result?,
            }
        }
    }

    /// Says once that the thread is blocked.
    fn warn(&self, operation: &str) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            panics::contain(|| {
                report!(
                    target: "yieldfrom::blocking", Warn,
                    "{operation} of a blocking stream blocks its thread, as it is called outside of a region; call it in \
                     co.yield_from(blocking(|| ...))"
                );
            });
        }
    }
}

fn unsupported(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}

impl<S: AsFd> AsFd for Stream<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.socket.as_fd()
    }
}

/// For options of the socket. Code that reads or writes the descriptor itself, such as a library in C, does not
/// suspend.
impl<S: AsRawFd> AsRawFd for Stream<S> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.socket.as_raw_fd()
    }
}

impl<S: fmt::Debug> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::Stream")
            .field(&self.0.socket)
            .finish()
    }
}
