//! Streams, tasks and timers for hyper 1.
//!
//! [`Io`] is a stream for hyper.
//!
//! # Examples
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http_body_util::Full;
//! use hyper::body::{Bytes, Incoming};
//! use hyper::{Request, Response, client, server, service::service_fn};
//! use yieldfrom::net::UnixStream;
//! use yieldfrom::{Co, from_std, run_sync, spawn_std};
//! use yieldfrom_adapters::hyper::Io;
//!
//! async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(Response::new(Full::from("hello")))
//! }
//!
//! run_sync(|co: &Co| {
//!     let (near, far) = UnixStream::pair()?;
//!     let http = server::conn::http1::Builder::new();
//!     let server = spawn_std(http.serve_connection(Io::new(far), service_fn(hello)));
//!     let (mut client, connection) = co.yield_from(from_std(client::conn::http1::handshake(Io::new(near))))??;
//!     let connection = spawn_std(connection);
//!     let request = Request::new(Full::<Bytes>::default());
//!     let response = co.yield_from(from_std(client.send_request(request)))??;
//!     assert_eq!(response.status(), 200);
//!     drop((client, response));
//!     co.yield_from(connection)??;
//!     Ok(co.yield_from(server)??)
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{self, ReadBufCursor};
use yieldfrom::bridge::{Portable, Slept};
use yieldfrom::streams::{PollRead, PollWrite};
use yieldfrom::{sleep, spawn_std};

pub use crate::io::Io;

/// How many bytes a read takes at most. hyper's buffers may not be initialised, so the bytes go through one that is.
const BLOCK: usize = 16 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<S: PollRead> rt::Read for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // It is taken out meanwhile: the stream may be the program's own, and read another one.
        let mut scratch = SCRATCH.take();
        scratch.resize(BLOCK, 0);
        let wanted = buffer.remaining().min(BLOCK);
        let read = self.0.poll_read(context, &mut scratch[..wanted]);
        if let Poll::Ready(Ok(n)) = read {
            buffer.put_slice(&scratch[..n]);
        }
        SCRATCH.set(scratch);
        read.map_ok(drop)
    }
}

impl<S: PollWrite> rt::Write for Io<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_close_writing(context)
    }
}

/// Makes tasks for hyper by [`spawn_std`], as HTTP/2 asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> rt::Executor<F> for Executor
where
    F: Future<Output: 'static> + 'static,
{
    fn execute(&self, future: F) {
        spawn_std(future);
    }
}

/// Timers of the running loop for hyper, for its limits of time.
///
/// In virtual time, what hyper measures itself by `Instant` is real time all the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

impl rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        let now = self.now();
        self.sleep_until(now.checked_add(duration).unwrap_or(now + A_LONG_TIME))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        let slept = Portable::new(RefCell::new(None));
        Box::pin(Sleep { deadline, slept })
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, new_deadline: Instant) {
        *sleep = self.sleep_until(new_deadline);
    }
}

/// Where an `Instant` cannot be as late as is asked for.
const A_LONG_TIME: Duration = Duration::from_secs(1 << 30);

/// hyper asks for a sleep that is `Send`.
struct Sleep {
    deadline: Instant,
    /// None before the first poll.
    slept: Portable<RefCell<Option<Slept>>>,
}

impl Sleep {
    fn poll_here(
        &self,
        slept: &RefCell<Option<Slept>>,
        context: &mut Context<'_>,
    ) -> Poll<yieldfrom::Result<()>> {
        let mut kept = slept.borrow_mut();
        let slept = kept.get_or_insert_with(|| {
            let delay = self.deadline.saturating_duration_since(Instant::now());
            sleep(delay).into_future()
        });
        let polled = Pin::new(slept).poll(context);
        if polled.is_ready() {
            // A poll after the end begins anew, and is over soon.
            *kept = None;
        }
        polled
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let slept = self.slept.with(|slept| self.poll_here(slept, context));
        match slept {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(()))) => {}
            // Without a loop, time cannot be waited for. A limit that is over at once is noticed; one that never comes is not.
            Ok(Poll::Ready(Err(error))) | Err(error) => {
                log::error!("a timer of hyper counts as over: {error}");
            }
        }
        Poll::Ready(())
    }
}

impl rt::Sleep for Sleep {}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Sleep until {:?}>", self.deadline)
    }
}
