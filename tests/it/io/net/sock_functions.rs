//! `sock_recv` and its like, on sockets that are nobody's.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::rc::Rc;

use yieldfrom::net::{Address, TcpStream};
use yieldfrom::{Co, EventLoop, Result, RuntimeError, ValueError, create_task, get_running_loop};

use super::{SocketPath, both, kind, pattern, reactors, socket, std_pair, turns};
use crate::support::failed_with;

/// Returns the running loop: a handle for tasks, that does not keep it.
fn here() -> Result<EventLoop> {
    get_running_loop()
}

/// Returns two connected sockets that do not block: of TCP, and of Unix.
fn pairs() -> Result<[(OwnedFd, OwnedFd); 2]> {
    let (one, other) = std_pair()?;
    let (third, fourth) = UnixStream::pair()?;
    one.set_nonblocking(true)?;
    other.set_nonblocking(true)?;
    third.set_nonblocking(true)?;
    fourth.set_nonblocking(true)?;
    Ok([(one.into(), other.into()), (third.into(), fourth.into())])
}

#[test]
fn what_is_sent_is_received() {
    both(|co| {
        for (one, other) in pairs()? {
            let receiver = create_task(move |co: &Co| {
                let first = co.yield_from(here()?.sock_recv(&other, 100))?;
                let mut buffer = [0; 2];
                let n = co.yield_from(here()?.sock_recv_into(&other, &mut buffer))?;
                let end = co.yield_from(here()?.sock_recv(&other, 100))?;
                Ok((first, buffer, n, end))
            });
            turns(co, 2)?;
            co.yield_from(here()?.sock_sendall(&one, b"abc"))?;
            turns(co, 2)?;
            co.yield_from(here()?.sock_sendall(&one, b"de"))?;
            drop(one);
            let (first, buffer, n, end) = co.yield_from(receiver)?;
            assert_eq!(
                (&*first, &buffer, n, &*end),
                (&b"abc"[..], b"de", 2, &b""[..])
            );
        }
        Ok(())
    });
}

#[test]
fn much_is_sent_and_received_in_both_directions_at_once() {
    both(|co| {
        for (one, other) in pairs()? {
            let sent = Rc::new(pattern(1 << 20));
            let (one, other) = (Rc::new(one), Rc::new(other));
            let mut tasks = Vec::new();
            for (from, to) in [(&one, &other), (&other, &one)] {
                let (from, to) = (Rc::clone(from), Rc::clone(to));
                let (bytes, expected) = (Rc::clone(&sent), Rc::clone(&sent));
                tasks.push(create_task(move |co: &Co| {
                    co.yield_from(here()?.sock_sendall(&*from, &bytes))
                }));
                tasks.push(create_task(move |co: &Co| {
                    let mut all = Vec::new();
                    while all.len() < expected.len() {
                        all.extend(co.yield_from(here()?.sock_recv(&*to, 30_000))?);
                    }
                    assert!(all == *expected);
                    Ok(())
                }));
            }
            co.yield_from(yieldfrom::gather(tasks))?;
        }
        Ok(())
    });
}

#[test]
fn several_tasks_wait_for_one_socket() {
    both(|co| {
        for (one, other) in pairs()? {
            let other = Rc::new(other);
            let tasks: Vec<_> = (0..10)
                .map(|_| {
                    let other = Rc::clone(&other);
                    create_task(move |co: &Co| co.yield_from(here()?.sock_recv(&*other, 1)))
                })
                .collect();
            turns(co, 2)?;
            for byte in 0..10 {
                co.yield_from(here()?.sock_sendall(&one, &[byte]))?;
                turns(co, 1)?;
            }
            let mut bytes = co.yield_from(yieldfrom::gather(tasks))?.concat();
            bytes.sort_unstable();
            assert!(bytes.into_iter().eq(0..10));
        }
        Ok(())
    });
}

#[test]
fn connecting_and_accepting_give_what_net_can_use() {
    both(|co| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let to = listener.local_addr()?;
        let accepting = create_task(move |co: &Co| {
            let (peer, address) = co.yield_from(here()?.sock_accept(&listener))?;
            Ok((Rc::new(TcpStream::from(peer)), address))
        });
        turns(co, 2)?;
        let one = socket()?;
        co.yield_from(here()?.sock_connect(&one, to))?;
        let one = TcpStream::from(one);
        let (other, address) = co.yield_from(accepting)?;
        assert_eq!(address, Address::from(one.local_addr()?));
        co.yield_from(other.write_all(b"abc"))?;
        co.yield_from(one.read_exact(&mut [0; 3]))
    });
}

#[test]
fn connecting_and_accepting_work_over_unix_sockets() {
    both(|co| {
        let path = SocketPath::new();
        let listener = UnixListener::bind(&path.0)?;
        listener.set_nonblocking(true)?;
        let accepting = create_task(move |co: &Co| {
            let (peer, address) = co.yield_from(here()?.sock_accept(&listener))?;
            assert!(address.path().is_none() && address.ip().is_none());
            co.yield_from(here()?.sock_sendall(&peer, b"abc"))
        });
        turns(co, 2)?;
        let flags = rustix::net::SocketFlags::NONBLOCK;
        let (family, kind) = (
            rustix::net::AddressFamily::UNIX,
            rustix::net::SocketType::STREAM,
        );
        let one = rustix::net::socket_with(family, kind, flags, None)?;
        let to = Address::try_from(&*path.0)?;
        co.yield_from(here()?.sock_connect(&one, to))?;
        assert_eq!(co.yield_from(here()?.sock_recv(&one, 9))?, b"abc");
        co.yield_from(accepting)
    });
}

#[test]
fn a_failed_connection_names_the_address() {
    both(|co| {
        let closed = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let one = socket()?;
        let error = co
            .yield_from(here()?.sock_connect(&one, closed))
            .unwrap_err();
        assert!(error.to_string().contains(&closed.to_string()), "{error}");
        assert_eq!(kind::<()>(Err(error)), ErrorKind::ConnectionRefused);
        let path = SocketPath::new();
        let wrong = co.yield_from(here()?.sock_connect(&one, Address::try_from(&*path.0)?));
        assert!(wrong.is_err(), "the socket is of another family");
        Ok(())
    });
}

#[test]
fn a_socket_that_blocks_is_refused_by_every_operation() {
    both(|co| {
        let (one, _other) = std_pair()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let event_loop = here()?.lend();
        let to: SocketAddr = listener.local_addr()?;
        let refused = [
            co.yield_from(event_loop.sock_recv(&one, 9)).map(drop),
            co.yield_from(event_loop.sock_recv_into(&one, &mut [0; 9]))
                .map(drop),
            co.yield_from(event_loop.sock_sendall(&one, b"abc")),
            co.yield_from(event_loop.sock_connect(&one, to)),
            co.yield_from(event_loop.sock_accept(&listener)).map(drop),
        ];
        for result in refused {
            let error = result.unwrap_err();
            assert!(error.is::<ValueError>(), "{error}");
            assert!(
                error.to_string().contains("set_nonblocking(true)"),
                "{error}"
            );
        }
        Ok(())
    });
}

#[test]
fn another_loops_operation_is_refused() {
    for (_, builder) in reactors() {
        let (other, event_loop) = (builder.clone().build().unwrap(), builder.build().unwrap());
        let (one, _peer) = std_pair().unwrap();
        one.set_nonblocking(true).unwrap();
        let result =
            event_loop.run_until_complete(move |co: &Co| co.yield_from(other.sock_recv(&one, 9)));
        assert!(failed_with::<RuntimeError, _>(result));
    }
}

#[test]
fn what_is_no_socket_is_an_error_of_the_system() {
    both(|co| {
        let (reader, _writer) = std::io::pipe()?;
        let flags = rustix::fs::OFlags::NONBLOCK;
        rustix::fs::fcntl_setfl(&reader, flags)?;
        let error = co.yield_from(here()?.sock_recv(&reader, 9)).unwrap_err();
        assert!(error.to_string().starts_with("sock_recv: "), "{error}");
        Ok(())
    });
}

#[test]
fn a_reader_and_an_operation_share_a_socket() {
    both(|co| {
        let (one, mut other) = std_pair()?;
        one.set_nonblocking(true)?;
        let (one, event_loop) = (Rc::new(one), here()?);
        let called = Rc::new(std::cell::Cell::new(0));
        let counting = Rc::clone(&called);
        event_loop.add_reader(&one, move || counting.set(counting.get() + 1))?;
        // Waiting for room does not disturb the reader.
        let (writing, sent) = (Rc::clone(&one), pattern(8 << 20));
        let n = sent.len();
        let writer =
            create_task(move |co: &Co| co.yield_from(here()?.sock_sendall(&*writing, &sent)));
        turns(co, 2)?;
        assert_eq!((called.get(), writer.done()), (0, false));
        other.write_all(b"abc")?;
        turns(co, 2)?;
        assert!(called.get() > 0);
        let reading = std::thread::spawn(move || {
            other.read_exact(&mut vec![0; n]).unwrap();
            other
        });
        co.yield_from(writer)?;
        assert!(event_loop.remove_reader(&one));
        assert_eq!(co.yield_from(event_loop.sock_recv(&*one, 9))?, b"abc");
        drop(reading.join().unwrap());
        assert_eq!(co.yield_from(event_loop.sock_recv(&*one, 9))?, b"");
        Ok(())
    });
}

#[test]
fn a_limit_may_be_absurd() {
    both(|co| {
        let (one, other) = UnixStream::pair()?;
        one.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        for limit in [usize::MAX, 1 << 40, 300 << 10] {
            co.yield_from(here()?.sock_sendall(&one, b"abc"))?;
            assert_eq!(co.yield_from(here()?.sock_recv(&other, limit))?, b"abc");
        }
        assert_eq!(co.yield_from(here()?.sock_recv(&other, 0))?, b"");
        assert_eq!(co.yield_from(here()?.sock_recv_into(&other, &mut []))?, 0);
        Ok(())
    });
}
