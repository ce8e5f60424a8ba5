//! Looking up the addresses of hosts.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Target;
use super::system_names::names_of;
use crate::errors::{describe, panics};
use crate::kernel::{Co, Core, EventLoop, Operation, Request, coroutine_operations};
use crate::threads::{Executors, Job};
use yieldfrom_delegation::{Delegate, Result};

/// Finds the addresses of a host, without blocking the loop: asyncio's `loop.getaddrinfo`.
///
/// The addresses come in the system's order of preference, each with the given port. If the host is
/// a numeric address, that is the result, at once. The system's resolver looks other hosts up, on
/// one of up to eight threads that the loop has for this. A lookup cannot be stopped: when it is
/// cancelled or its loop is closed, its thread goes on, and the result is dropped.
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
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub fn getaddrinfo(
    host: impl Into<String>,
    port: u16,
) -> Operation<impl FnOnce(&Co) -> Result<Vec<SocketAddr>> + 'static> {
    let host = host.into();
    Operation::new("getaddrinfo", move |co| look_up(co, None, host, port))
}

/// Finds the names of an address, without blocking the loop: asyncio's `loop.getnameinfo`.
///
/// The result is the name of the host and that of the service, such as `("localhost", "http")`; a number where there
/// is no name. The system's resolver finds them, on one of the threads that [`getaddrinfo`] uses.
///
/// # Errors
///
/// `yield_from` gives an `std::io::Error` that names the address: the resolver cannot be reached, or there is no name
/// and [`name_required`](GetNameInfo::name_required) was called.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::getnameinfo;
/// use yieldfrom::{Co, run};
///
/// run(|co: &Co| {
///     let names = getnameinfo(([127, 0, 0, 1], 7)).numeric_host().numeric_service();
///     assert_eq!(co.yield_from(names)?, ("127.0.0.1".to_owned(), "7".to_owned()));
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn getnameinfo(address: impl Into<SocketAddr>) -> GetNameInfo {
    GetNameInfo {
        address: address.into(),
        flags: 0,
    }
}

/// The operation of [`getnameinfo`], and its options.
#[derive(Clone, Copy, Debug)]
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
pub struct GetNameInfo {
    address: SocketAddr,
    flags: i32,
}

impl GetNameInfo {
    /// Gives the number of the host instead of its name: `NI_NUMERICHOST`.
    pub fn numeric_host(mut self) -> Self {
        self.flags |= libc::NI_NUMERICHOST;
        self
    }

    /// Gives the number of the port instead of the service's name: `NI_NUMERICSERV`.
    pub fn numeric_service(mut self) -> Self {
        self.flags |= libc::NI_NUMERICSERV;
        self
    }

    /// Fails if the host has no name: `NI_NAMEREQD`.
    pub fn name_required(mut self) -> Self {
        self.flags |= libc::NI_NAMEREQD;
        self
    }
}

impl Delegate<Request, ()> for GetNameInfo {
    type Output = (String, String);

    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let event_loop = EventLoop::current_or_closed();
        let core = Rc::clone(event_loop.core());
        drop(event_loop);
        let pool = core.part::<Executors>("getnameinfo")?.lookup_pool();
        let future = pool.submit(move || names_of(self.address, self.flags));
        Ok(Job::new("getnameinfo", &core, future, None).delegate(co)??)
    }
}

coroutine_operations! {
    [] GetNameInfo => (String, String), "getnameinfo";
}

/// Looks a host up, by a thread of this loop or else of the running one.
pub(crate) fn look_up(
    co: &Co,
    core: Option<Rc<Core>>,
    host: String,
    port: u16,
) -> Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let core = core.unwrap_or_else(|| Rc::clone(EventLoop::current_or_closed().core()));
    let logged = core.in_debug_mode().then(|| (Instant::now(), host.clone()));
    let resolve = |host: &str, port| Ok((host, port).to_socket_addrs()?.collect());
    let found = start_lookup(&core, host, port, resolve).delegate(co)?;
    if let Some((began, host)) = logged {
        log_lookup(&core, &host, began.elapsed(), &found);
    }
    Ok(found?)
}

/// Logs how long a lookup took: at level info if that is long, else at level debug.
fn log_lookup(core: &Core, host: &str, took: Duration, found: &io::Result<Vec<SocketAddr>>) {
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
pub(crate) fn resolve(co: &Co, target: Target) -> Result<Vec<SocketAddr>> {
    match target {
        Target::Addresses(addresses) => Ok(addresses),
        Target::Name(host, port) => look_up(co, None, host, port),
    }
}

/// Calls a function with each address of a target, until it succeeds with one.
pub(super) fn on_first<R>(
    co: &Co,
    target: Target,
    operation: &str,
    mut act: impl FnMut(SocketAddr) -> io::Result<R>,
) -> Result<R> {
    let why = format!("{operation} {target}: there is no address");
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, why);
    for address in resolve(co, target)? {
        match act(address) {
            Ok(result) => return Ok(result),
            Err(error) => last = describe(error, format!("{operation} {address}")),
        }
    }
    Err(last.into())
}

/// Starts to look a host up, on a thread.
fn start_lookup(
    core: &Rc<Core>,
    host: String,
    port: u16,
    resolve: impl FnOnce(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> Job<io::Result<Vec<SocketAddr>>> {
    let pool = match core.part::<Executors>("getaddrinfo") {
        Ok(executors) => executors.lookup_pool(),
        Err(error) => return Job::refused(&EventLoop::of(core), error),
    };
    let future = pool.submit(move || match resolve(&host, port) {
        Ok(found) if found.is_empty() => {
            let none = io::Error::new(io::ErrorKind::NotFound, "it has no address");
            Err(unresolvable(&host, &none))
        }
        found => found.map_err(|error| unresolvable(&host, &error)),
    });
    Job::new("getaddrinfo", core, future, None)
}

/// Says which host it was. The resolver's error is a part of the text; reports would show it twice
/// if it were the source as well.
fn unresolvable(host: &str, error: &io::Error) -> io::Error {
    let why = format!("getaddrinfo: cannot resolve {host}: {error}; check the name");
    io::Error::new(error.kind(), why)
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
                let job = start_lookup(event_loop.core(), "slow.example".into(), 80, hang);
                begins.recv_timeout(Duration::from_secs(60)).unwrap();
                job
            })
            .collect();
        let ninth = start_lookup(
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
        let job = start_lookup(event_loop.core(), "far.example".into(), 80, fail);
        let error = event_loop.run_until_complete(job).unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let text = "getaddrinfo: cannot resolve far.example: no answer; check the name";
        assert_eq!(error.to_string(), text);
        let nothing = |_: &str, _| Ok(Vec::new());
        let job = start_lookup(event_loop.core(), "far.example".into(), 80, nothing);
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
