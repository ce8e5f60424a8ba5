//! Names of hosts, and their addresses.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Target;
use crate::errors::panics;
use crate::kernel::{Core, EventLoop, Request, coroutine_operations};
use crate::threads::{Executors, Job};
use crate::{Co, Delegate, Result};

/// Finds the addresses of a host, without blocking the loop: asyncio's `loop.getaddrinfo`.
///
/// They come in the system's order of preference, each with the given port. A numeric address is
/// itself, at once. Others are looked up by the system's resolver, on one of up to eight threads
/// that the loop has for this. A lookup cannot be stopped: one that is cancelled, or whose loop is
/// closed, goes on unheeded.
///
/// # Errors
///
/// - An `std::io::Error` that names the host: it has no address, or the resolver cannot be
///   reached.
/// - `is_cancelled`: the task was cancelled.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::getaddrinfo;
/// use yieldfrom::{Co, run_sync};
///
/// run_sync(|co: &Co| {
///     assert_eq!(co.yield_from(getaddrinfo("::1", 80))?, ["[::1]:80".parse()?]);
///     assert!(co.yield_from(getaddrinfo("localhost", 80))?.iter().all(|a| a.ip().is_loopback()));
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn getaddrinfo(host: impl Into<String>, port: u16) -> GetAddrInfo {
    GetAddrInfo {
        core: None,
        host: host.into(),
        port,
    }
}

impl EventLoop {
    /// Finds the addresses of a host, see [`getaddrinfo`].
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::EventLoop;
    ///
    /// let event_loop = EventLoop::new()?;
    /// let addresses = event_loop.run_until_complete(event_loop.getaddrinfo("127.0.0.1", 80))?;
    /// assert_eq!(addresses, ["127.0.0.1:80".parse()?]);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn getaddrinfo(&self, host: impl Into<String>, port: u16) -> GetAddrInfo {
        GetAddrInfo {
            core: Some(Rc::clone(self.core())),
            host: host.into(),
            port,
        }
    }
}

/// Looks a name up, when delegated to: see [`getaddrinfo`].
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct GetAddrInfo {
    /// None: the loop on which it is waited for.
    core: Option<Rc<Core>>,
    host: String,
    port: u16,
}

impl fmt::Debug for GetAddrInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GetAddrInfo({:?}, {})", self.host, self.port)
    }
}

impl Delegate<Request, ()> for GetAddrInfo {
    type Output = Vec<SocketAddr>;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Vec<SocketAddr>> {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let core = match self.core {
            Some(core) => core,
            None => Rc::clone(EventLoop::current_or_closed().core()),
        };
        let told = core
            .in_debug_mode()
            .then(|| (Instant::now(), self.host.clone()));
        let found = co.yield_from(lookup(&core, self.host, self.port))?;
        if let Some((began, host)) = told {
            tell(&core, &host, began.elapsed(), &found);
        }
        Ok(found?)
    }
}

/// Tells in debug mode how long a look-up took.
fn tell(core: &Core, host: &str, took: Duration, found: &io::Result<Vec<SocketAddr>>) {
    let level = if took >= core.slow_callback_duration() {
        log::Level::Info
    } else {
        log::Level::Debug
    };
    let seconds = took.as_secs_f64();
    let outcome = match found {
        Ok(addresses) => format!("{addresses:?}"),
        Err(error) => error.to_string(),
    };
    panics::contain(|| {
        log::log!(target: "yieldfrom::net", level, "Looking up {host} took {seconds:.3} seconds: {outcome}");
    });
}

/// Finds the addresses that a target stands for.
#[track_caller]
pub(crate) fn resolve(co: &Co, target: Target) -> Result<Vec<SocketAddr>> {
    match target {
        Target::Addresses(addresses) => Ok(addresses),
        Target::Name(host, port) => getaddrinfo(host, port).delegate(co),
    }
}

/// Begins to look a name up, on a thread.
pub(crate) fn lookup(core: &Rc<Core>, host: String, port: u16) -> Job<io::Result<Vec<SocketAddr>>> {
    lookup_by(core, host, port, |host, port| {
        Ok((host, port).to_socket_addrs()?.collect())
    })
}

fn lookup_by(
    core: &Rc<Core>,
    host: String,
    port: u16,
    resolve: impl FnOnce(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> Job<io::Result<Vec<SocketAddr>>> {
    let pool = match core.part::<Executors>("getaddrinfo") {
        Ok(executors) => executors.lookup_pool(),
        Err(error) => return Job::failed(&EventLoop::of(core), error),
    };
    let future = pool.submit(move || {
        let found = resolve(&host, port).and_then(|found| {
            if found.is_empty() {
                let why = "it has no address";
                return Err(io::Error::new(io::ErrorKind::NotFound, why));
            }
            Ok(found)
        });
        found.map_err(|error| io::Error::new(error.kind(), Unresolvable { host, error }))
    });
    Job::new("getaddrinfo", core, future, None)
}

/// Says which host it was.
#[derive(Debug)]
struct Unresolvable {
    host: String,
    error: io::Error,
}

impl fmt::Display for Unresolvable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, error } = self;
        write!(
            f,
            "getaddrinfo: cannot resolve {host}: {error}; check the name"
        )
    }
}

/// The resolver's error is part of the text, and so not the source: reports would show it twice.
impl StdError for Unresolvable {}

coroutine_operations! {
    [] GetAddrInfo => Vec<SocketAddr>, "getaddrinfo", |this| move |co: &Co| co.yield_from(this);
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};

    use super::*;
    use crate::{TimeoutError, wait_for};

    fn local(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn executors(event_loop: &EventLoop) -> &Executors {
        event_loop.core().part("test").unwrap()
    }

    #[test]
    fn a_resolver_that_hangs_keeps_no_loop_from_closing_nor_other_jobs_from_running() {
        let event_loop = EventLoop::new().unwrap();
        let (open, opened) = mpsc::channel::<()>();
        let opened = Arc::new(Mutex::new(opened));
        let (began, begins) = mpsc::channel();
        let hanging: Vec<_> = (0..8)
            .map(|_| {
                let (opened, began) = (Arc::clone(&opened), began.clone());
                let hang = move |_: &str, port| {
                    began.send(()).unwrap();
                    let _ = opened.lock().unwrap().recv();
                    Ok(vec![local(port)])
                };
                let job = lookup_by(event_loop.core(), "slow.example".into(), 80, hang);
                begins.recv_timeout(Duration::from_secs(60)).unwrap();
                job
            })
            .collect();
        let ninth = lookup_by(
            event_loop.core(),
            "slow.example".into(),
            80,
            |_, _| unreachable!(),
        );
        for job in hanging.into_iter().chain([ninth]) {
            let limited = wait_for(job, Duration::from_millis(1));
            let error = event_loop.run_until_complete(limited).unwrap_err();
            assert!(error.is::<TimeoutError>());
        }
        let pool = executors(&event_loop).lookup_pool();
        assert_eq!(pool.size(), (8, 8));
        let job = event_loop.run_in_executor(None, || 42);
        assert_eq!(event_loop.run_until_complete(job).unwrap(), 42);
        let began = Instant::now();
        event_loop.close().unwrap();
        assert!(began.elapsed() < Duration::from_secs(60));
        drop(open);
        pool.join();
    }

    #[test]
    fn errors_name_the_host_and_keep_their_kind() {
        let event_loop = EventLoop::new().unwrap();
        let fail = |_: &str, _| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"));
        let job = lookup_by(event_loop.core(), "far.example".into(), 80, fail);
        let error = event_loop.run_until_complete(job).unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let text = "getaddrinfo: cannot resolve far.example: no answer; check the name";
        assert_eq!(error.to_string(), text);
        let nothing = |_: &str, _| Ok(Vec::new());
        let job = lookup_by(event_loop.core(), "far.example".into(), 80, nothing);
        let error = event_loop.run_until_complete(job).unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn numeric_addresses_need_no_thread() {
        let event_loop = EventLoop::new().unwrap();
        for host in ["127.0.0.1", "::1", "255.255.255.255"] {
            let found = event_loop.run_until_complete(getaddrinfo(host, 7)).unwrap();
            assert_eq!(found, [SocketAddr::new(host.parse().unwrap(), 7)]);
        }
        assert!(executors(&event_loop).lookups.borrow().is_none());
    }

    #[test]
    fn names_that_cannot_be_are_errors() {
        let event_loop = EventLoop::new().unwrap();
        for host in ["", "a\0b", "300.1.2.3", "no where", "-", &"x".repeat(5_000)] {
            let error = event_loop
                .run_until_complete(event_loop.getaddrinfo(host, 7))
                .unwrap_err();
            assert!(error.downcast_ref::<io::Error>().is_some(), "{host:?}");
        }
        event_loop.close().unwrap();
        let closed = event_loop.getaddrinfo("localhost", 7);
        assert!(
            EventLoop::new()
                .unwrap()
                .run_until_complete(closed)
                .is_err()
        );
    }
}
