//! A process that has no descriptors left.
//!
//! Each test runs in a process of its own, with a limit.

use std::fs::File;
use std::io::ErrorKind;
use std::net::TcpStream as StdStream;
use std::rc::Rc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use yieldfrom::net::{TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream, getaddrinfo};
use yieldfrom::{Co, Result, create_task, get_running_loop, sleep};

use super::{SocketPath, both, both_virtually, join, listen};
use crate::support::{in_a_child, log_of, millis, open_descriptors, secs, test_path};

/// Takes all descriptors that this process may have; few, from now on.
fn exhaust() -> Vec<File> {
    let hard = getrlimit(Resource::Nofile).maximum;
    let few = open_descriptors() as u64 + 20;
    let limit = Rlimit {
        current: Some(few),
        maximum: hard,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

/// Lifts the limit again.
fn recover() {
    let hard = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit {
        current: hard,
        maximum: hard,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
}

fn is_pause(line: &&String) -> bool {
    line.starts_with("ERROR") && line.contains("accept: ") && line.contains("again in 1s")
}

#[test]
fn accepting_pauses_and_goes_on() {
    if !in_a_child(test_path!("accepting_pauses_and_goes_on")) {
        return;
    }
    let (logged, ()) = log_of(|| {
        both_virtually(|co| {
            let listener = listen(co)?;
            let waiting: Vec<_> = (0..10)
                .map(|_| StdStream::connect(listener.local_addr()?).map_err(Into::into))
                .collect::<Result<_>>()?;
            let taken = exhaust();
            let freeing = create_task(move |co: &Co| {
                co.yield_from(sleep(millis(3500)))?;
                drop(taken);
                recover();
                Ok(())
            });
            for peer in &waiting {
                let (_stream, address) = co.yield_from(listener.accept())?;
                assert_eq!(address, peer.local_addr()?);
                assert_eq!(get_running_loop()?.time(), secs(4));
            }
            co.yield_from(freeing)
        });
    });
    let pauses = logged.iter().filter(is_pause).count();
    assert_eq!(pauses, 2 * 4, "one a second, with each reactor: {logged:?}");
}

#[test]
fn accepting_pauses_on_unix_sockets_and_can_be_cancelled() {
    if !in_a_child(test_path!(
        "accepting_pauses_on_unix_sockets_and_can_be_cancelled"
    )) {
        return;
    }
    both_virtually(|co| {
        let path = SocketPath::new();
        let listener = UnixListener::bind(&path.0)?;
        let _peer = std::os::unix::net::UnixStream::connect(&path.0)?;
        let taken = exhaust();
        let (_, limited) = log_of(|| {
            co.yield_from(yieldfrom::timeout(millis(500), |co| {
                co.yield_from(listener.accept())
            }))
        });
        assert!(limited.unwrap_err().is::<yieldfrom::TimeoutError>());
        drop(taken);
        recover();
        co.yield_from(listener.accept()).map(drop)
    });
}

#[test]
fn others_go_on_while_accepting_pauses() {
    if !in_a_child(test_path!("others_go_on_while_accepting_pauses")) {
        return;
    }
    both(|co| {
        let listener = Rc::new(listen(co)?);
        let _peer = StdStream::connect(listener.local_addr()?)?;
        let (one, other) = UnixStream::pair()?;
        let taken = exhaust();
        let accepting = Rc::clone(&listener);
        let accepter = create_task(move |co: &Co| co.yield_from(accepting.accept()).map(drop));
        let event_loop = get_running_loop()?.lend();
        let mut slow = 0;
        for _ in 0..100 {
            let began = event_loop.time();
            co.yield_from(one.write_all(b"abc"))?;
            co.yield_from(other.read_exact(&mut [0; 3]))?;
            co.yield_from(sleep(Duration::from_micros(100)))?;
            slow += usize::from(event_loop.time() - began > millis(900));
        }
        assert!(slow < 20, "the pause blocks {slow} of 100 rounds");
        drop(taken);
        recover();
        assert!(!accepter.done());
        co.yield_from(accepter)
    });
}

#[test]
fn all_else_fails_and_says_what() {
    if !in_a_child(test_path!("all_else_fails_and_says_what")) {
        return;
    }
    both(|co| {
        let path = SocketPath::new();
        let listener = listen(co)?;
        let unix = UnixListener::bind(&path.0)?;
        let to = listener.local_addr()?;
        // The executor has its thread by now.
        co.yield_from(getaddrinfo("localhost", 1))?;
        let taken = exhaust();
        let failed = [
            (
                "connect to",
                co.yield_from(TcpStream::connect(to)).map(drop),
            ),
            (
                "connect to",
                co.yield_from(UnixStream::connect(&path.0)).map(drop),
            ),
            (
                "listen on",
                co.yield_from(TcpListener::bind("127.0.0.1:0")).map(drop),
            ),
            (
                "listen on",
                UnixListener::bind("/tmp/yieldfrom-never").map(drop),
            ),
            (
                "bind to",
                co.yield_from(UdpSocket::bind("127.0.0.1:0")).map(drop),
            ),
            ("try_clone", listener.try_clone().map(drop)),
            ("pair", UnixStream::pair().map(drop)),
            ("", yieldfrom::EventLoop::new().map(drop)),
        ];
        drop(taken);
        recover();
        for (i, (operation, result)) in failed.into_iter().enumerate() {
            let text = result.unwrap_err().to_string();
            assert!(text.contains(operation), "{i}: {text}");
            assert!(text.contains("os error 24"), "{i}: {text}");
        }
        drop(unix);
        let accepting = create_task(listener.accept());
        let _stream = co.yield_from(TcpStream::connect(to))?;
        join(co, &accepting).map(drop)
    });
}

#[test]
fn looking_names_up_without_descriptors_fails() {
    if !in_a_child(test_path!("looking_names_up_without_descriptors_fails")) {
        return;
    }
    both(|co| {
        let taken = exhaust();
        let found = co.yield_from(getaddrinfo("no.such.host.invalid", 1));
        drop(taken);
        recover();
        assert_ne!(super::kind(found), ErrorKind::WouldBlock);
        Ok(())
    });
}
