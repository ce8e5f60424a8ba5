//! Timeouts of streams, and streams that do not wait at all.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType};
use yieldfrom::blocking::{TcpStream, UnixStream, blocking};
use yieldfrom::{create_task, get_running_loop};

use crate::support::{run_io, run_virtual, secs};

#[test]
fn a_read_and_a_write_fail_after_their_timeouts_of_the_loops_time() {
    run_virtual(|co| {
        co.yield_from(blocking(|| {
            let event_loop = get_running_loop()?;
            let (mut one, other) = UnixStream::pair()?;
            one.set_read_timeout(Some(secs(5)))?;
            one.set_write_timeout(Some(secs(7)))?;
            assert_eq!(one.read_timeout()?, Some(secs(5)));
            let error = one.read(&mut [0]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "as std's");
            assert_eq!(error.to_string(), "read: timed out after 5s");
            assert_eq!(event_loop.time(), secs(5));
            // The clone is the same socket.
            let error = loop {
                if let Err(error) = one.try_clone()?.write(&[0; 1 << 16]) {
                    break error;
                }
            };
            assert_eq!(error.to_string(), "write: timed out after 7s");
            assert_eq!(event_loop.time(), secs(12));
            drop(event_loop);
            // It can still be used.
            (&other).write_all(&[1])?;
            one.read_exact(&mut [0])?;
            one.set_read_timeout(None)?;
            assert_eq!(one.read_timeout()?, None);
            let zero = one.set_write_timeout(Some(Duration::ZERO)).unwrap_err();
            assert_eq!(zero.kind(), ErrorKind::InvalidInput);
            yieldfrom::Result::Ok(())
        }))?
    })
    .unwrap();
}

#[test]
fn bytes_that_come_before_the_timeout_are_read() {
    run_io(|co| {
        let (mut one, mut other) = UnixStream::pair()?;
        one.set_read_timeout(Some(secs(3600)))?;
        let task = create_task(blocking(move || {
            let mut bytes = [0; 2];
            one.read_exact(&mut bytes).map(|()| bytes)
        }));
        for byte in [1, 2] {
            co.yield_from(yieldfrom::yield_now())?;
            other.write_all(&[byte])?;
        }
        assert_eq!(co.yield_from(task)??, [1, 2]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_stream_that_does_not_block_fails_at_once_everywhere() {
    let (mut one, mut other) = UnixStream::pair().unwrap();
    one.set_nonblocking(true).unwrap();
    assert_eq!(
        one.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    run_io(move |co| {
        co.yield_from(blocking(|| {
            assert_eq!(
                one.read(&mut [0]).unwrap_err().kind(),
                ErrorKind::WouldBlock
            );
            other.write_all(&[1]).unwrap();
            assert_eq!(one.read(&mut [0]).unwrap(), 1);
        }))
    })
    .unwrap();
}

#[test]
fn a_read_outside_of_a_region_has_a_timeout_too() {
    let (mut one, mut other) = UnixStream::pair().unwrap();
    one.set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    let error = one.read(&mut [0]).unwrap_err();
    assert_eq!(error.to_string(), "read: timed out after 1ms");
    other.write_all(&[1]).unwrap();
    one.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_connection_that_is_not_answered_in_time_times_out() {
    // A listener whose queue is full does not answer.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let waiting = (0..8).map(|_| {
        let kind = (
            AddressFamily::INET,
            SocketType::STREAM,
            SocketFlags::NONBLOCK,
        );
        let socket = rustix::net::socket_with(kind.0, kind.1, kind.2, None).unwrap();
        let _ = rustix::net::connect(&socket, &address);
        socket
    });
    let _waiting: Vec<_> = waiting.collect();
    run_virtual(move |co| {
        co.yield_from(blocking(|| {
            let error = TcpStream::connect_timeout(&address, secs(3)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert_eq!(get_running_loop().unwrap().time(), secs(3));
        }))
    })
    .unwrap();
}
