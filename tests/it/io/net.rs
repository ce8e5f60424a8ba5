//! Sockets, and the reactor below them.
//!
//! Nearly every test runs with both reactors: the loop's own wait, and that of the poller alone.

mod byte_streams;
mod cancellation;
mod connecting;
mod datagrams;
mod edge_triggering;
mod halves_and_clones;
mod host_program;
mod length_of_waits;
mod listeners;
mod many_connections;
mod misuse;
mod names_of_addresses;
mod no_descriptors_left;
mod readers_and_writers;
mod short_transfers;
mod sock_functions;
mod system_calls;
mod timed_out_operations;
mod unix_sockets;
mod virtual_time;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType};
use yieldfrom::net::{TcpListener, TcpStream, UnixStream};
use yieldfrom::{
    Co, DeadlockError, EventLoop, LoopBuilder, Result, Task, Timeout, TimeoutError, sleep, timeout,
};

use crate::support::{Watchdog, millis, secs, settle};

/// Settings for loops with each of the reactors, and what these are called.
fn reactors() -> [(&'static str, LoopBuilder); 2] {
    [
        ("own", EventLoop::builder()),
        ("portable", EventLoop::builder().portable_reactor()),
    ]
}

/// Runs this with each reactor.
///
/// Nothing may hang, and at the end nothing may be left: no task, and no wait, so that waiting for
/// nothing is a deadlock.
fn both<F>(body: F)
where
    F: Fn(&Co) -> Result<()> + Copy + 'static,
{
    for (name, builder) in reactors() {
        run_with(name, builder, body);
    }
}

/// Runs this with each reactor in virtual time, in which what is not there at once never comes.
fn both_virtually<F>(body: F)
where
    F: Fn(&Co) -> Result<()> + Copy + 'static,
{
    for (name, builder) in reactors() {
        run_with(name, builder.virtual_clock(), body);
    }
}

fn run_with<F>(name: &'static str, builder: LoopBuilder, body: F)
where
    F: Fn(&Co) -> Result<()> + Copy + 'static,
{
    let _watchdog = Watchdog::start(name);
    let event_loop = builder.build().unwrap();
    let limit = Timeout::after(secs(1_000_000).min(patience(&event_loop)));
    let used = limit.clone();
    let result = event_loop.run_until_complete(move |co: &Co| co.yield_from(used.enter(body)));
    assert!(!limit.expired(), "it hangs ({name} reactor)");
    result.unwrap_or_else(|error| panic!("{error} ({name} reactor)"));
    assert_nothing_left(&event_loop);
}

/// Returns how long a test may take: long enough not to be noticed in virtual time.
fn patience(event_loop: &EventLoop) -> Duration {
    let before = event_loop.time();
    std::thread::yield_now();
    let is_virtual = event_loop.time() == before;
    secs(if is_virtual { 1_000_000 } else { 20 })
}

fn assert_nothing_left(event_loop: &EventLoop) {
    settle(event_loop);
    let left = event_loop.all_tasks();
    assert!(left.is_empty(), "left: {left:?}");
    let waited = event_loop.run_until_complete(event_loop.create_future::<()>());
    assert!(waited.unwrap_err().is::<DeadlockError>());
}

/// Runs this on two connected sockets, of TCP and of Unix, with each reactor.
///
/// Those of Unix come as `TcpStream`s, too, as only the system knows the difference.
fn streams<F>(body: F)
where
    F: Fn(&Co, TcpStream, TcpStream) -> Result<()> + Copy + 'static,
{
    both(move |co| {
        let (one, other) = tcp_pair()?;
        body(co, one, other)
    });
    both(move |co| {
        let (one, other) = unix_pair()?;
        body(co, one, other)
    });
}

/// Makes two sockets that are connected over TCP.
fn tcp_pair() -> Result<(TcpStream, TcpStream)> {
    let (one, other) = std_pair()?;
    Ok((TcpStream::from_std(one)?, TcpStream::from_std(other)?))
}

/// Makes two sockets of the standard library, connected over TCP.
fn std_pair() -> io::Result<(std::net::TcpStream, std::net::TcpStream)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let one = std::net::TcpStream::connect(listener.local_addr()?)?;
    Ok((one, listener.accept()?.0))
}

/// Makes two connected sockets of Unix, with the operations of any stream.
fn unix_pair() -> Result<(TcpStream, TcpStream)> {
    let (one, other) = UnixStream::pair()?;
    let (one, other) = (one.into_std()?, other.into_std()?);
    Ok((OwnedFd::from(one).into(), OwnedFd::from(other).into()))
}

/// A listener whose queue is full, so that connecting to it goes on for seconds.
struct Full {
    listener: std::net::TcpListener,
    _waiting: Vec<OwnedFd>,
}

/// Makes a socket of TCP that does not block, and is neither bound nor connected.
fn socket() -> io::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::INET, SocketType::STREAM);
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(family, kind, flags, None)?)
}

impl Full {
    fn new() -> io::Result<Self> {
        use rustix::net::{bind, connect, listen};
        let listener = socket()?;
        bind(&listener, &std::net::SocketAddr::from(([127, 0, 0, 1], 0)))?;
        listen(&listener, 0)?;
        let listener = std::net::TcpListener::from(listener);
        let address = listener.local_addr()?;
        let waiting = (0..4).map(|_| {
            let socket = socket()?;
            let _ = connect(&socket, &address);
            Ok(socket)
        });
        let _waiting = waiting.collect::<io::Result<_>>()?;
        Ok(Self { listener, _waiting })
    }
}

/// A path for a socket; what is there is removed at the end.
struct SocketPath(PathBuf);

impl SocketPath {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("yieldfrom-test-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Listens on a free port of this machine.
fn listen(co: &Co) -> Result<TcpListener> {
    co.yield_from(TcpListener::bind("127.0.0.1:0"))
}

/// Lets the loop look at its descriptors.
fn turns(co: &Co, n: usize) -> Result<()> {
    (0..n).try_for_each(|_| co.yield_from(sleep(Duration::from_micros(200))))
}

/// Waits for a task whose result cannot be cloned.
fn join<T: 'static>(co: &Co, task: &Task<T>) -> Result<T> {
    while !task.done() {
        turns(co, 1)?;
    }
    task.take_result()
}

/// Writes until there is no room left, and returns how much there was.
fn fill(co: &Co, stream: &TcpStream) -> Result<usize> {
    let (block, mut written) = (vec![b'x'; 64 << 10], 0);
    loop {
        let write = |co: &Co| co.yield_from(stream.write(&block));
        // On a busy machine it takes a while until the system has taken away what was written.
        match co.yield_from(timeout(millis(25), write)) {
            Ok(n) => written += n,
            Err(error) if error.is::<TimeoutError>() => return Ok(written),
            Err(error) => return Err(error),
        }
    }
}

/// Returns bytes of which no two short pieces are the same.
fn pattern(n: usize) -> Vec<u8> {
    let mut bytes = vec![0; n];
    fastrand::Rng::with_seed(n as u64).fill(&mut bytes);
    bytes
}

/// Returns the kind of an I/O error.
fn kind<T>(result: Result<T>) -> io::ErrorKind {
    match result {
        Ok(_) => panic!("it should have failed"),
        Err(error) => match error.downcast_ref::<io::Error>() {
            Some(error) => error.kind(),
            None => panic!("no error of the system: {error}"),
        },
    }
}
