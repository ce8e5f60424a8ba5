//! Peers that misbehave.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use yieldfrom::{
    Co, Error, IncompleteReadError, LimitOverrunError, Result, ValueError, create_task, net,
    open_connection, open_connection_on,
};

use super::{Ends, pair};
use crate::support::{failed_with, reporting_loop, run_io, run_io_on, turns};

fn kind(error: &Error) -> Option<ErrorKind> {
    error
        .downcast_ref::<std::io::Error>()
        .map(std::io::Error::kind)
}

/// Returns a connection over TCP, and the other end, which resets it when it is dropped.
fn tcp(co: &Co) -> Result<(Ends, net::TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let ends = co.yield_from(open_connection(listener.local_addr()?))?;
    let theirs = net::TcpStream::from_std(listener.accept()?.0)?;
    theirs.set_linger(Some(Duration::ZERO))?;
    Ok((ends, theirs))
}

#[test]
fn a_reset_is_an_error_for_who_reads_and_for_who_comes_later() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let ((reader, writer), theirs) = tcp(co)?;
        let read = create_task(reader.read(10));
        let closed = create_task(writer.wait_closed());
        turns(co, 5)?;
        drop(theirs);
        let reset = Some(ErrorKind::ConnectionReset);
        assert_eq!(kind(&co.yield_from(read).unwrap_err()), reset);
        assert_eq!(kind(&co.yield_from(closed).unwrap_err()), reset);
        assert_eq!(kind(&co.yield_from(reader.readline()).unwrap_err()), reset);
        assert_eq!(kind(&co.yield_from(writer.drain()).unwrap_err()), reset);
        assert_eq!(
            kind(&co.yield_from(writer.wait_closed()).unwrap_err()),
            reset
        );
        assert_eq!(reader.exception().as_ref().and_then(kind), reset);
        Ok(())
    })
    .unwrap();
    assert!(reports.take().is_empty(), "it is told to whoever asks");
}

#[test]
fn a_reset_ends_a_drain() {
    run_io(|co: &Co| {
        let ((_reader, writer), theirs) = tcp(co)?;
        writer.write(&vec![7; 64 << 20])?;
        let drains = [(); 2].map(|()| create_task(writer.drain()));
        turns(co, 5)?;
        drop(theirs);
        for drain in drains {
            let error = co.yield_from(drain).unwrap_err();
            assert!(matches!(
                kind(&error),
                Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
            ));
        }
        assert_eq!(writer.transport().get_write_buffer_size(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_only_writes_and_drains_comes_to_know_of_the_end() {
    run_io(|co: &Co| {
        let (ours, theirs) = UnixStream::pair()?;
        let (_reader, writer) = co.yield_from(open_connection_on(ours))?;
        drop(theirs);
        let mut written = 0;
        let error = loop {
            writer.write(b"anybody?")?;
            written += 1;
            if let Err(error) = co.yield_from(writer.drain()) {
                break error;
            }
        };
        assert_eq!(kind(&error), Some(ErrorKind::ConnectionReset), "as CPython");
        assert_eq!(written, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn after_a_close_of_ones_own_drain_says_so() {
    run_io(|co: &Co| {
        let ((_reader, writer), _theirs) = pair(co)?;
        writer.close();
        assert!(writer.is_closing());
        let error = co.yield_from(writer.drain()).unwrap_err();
        assert_eq!(kind(&error), Some(ErrorKind::ConnectionReset));
        assert!(error.to_string().starts_with("drain: "));
        co.yield_from(writer.wait_closed())
    })
    .unwrap();
}

#[test]
fn a_body_that_is_shorter_than_announced() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (reader, _writer) = co.yield_from(open_connection_on(ours))?;
        theirs.write_all(b"0010only")?;
        drop(theirs);
        assert_eq!(co.yield_from(reader.readexactly(4))?, b"0010");
        let error = co.yield_from(reader.readexactly(10)).unwrap_err();
        let incomplete = error.downcast_ref::<IncompleteReadError>().unwrap();
        assert_eq!(incomplete.partial(), b"only");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_peer_that_sends_one_byte_at_a_time() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (reader, _writer) = co.yield_from(open_connection_on(ours))?;
        let line = create_task(reader.readline());
        for byte in b"slow but steady\n" {
            assert!(!line.done());
            theirs.write_all(&[*byte])?;
            turns(co, 70)?;
        }
        assert_eq!(co.yield_from(line)?, b"slow but steady\n");
        let text = b"Host: here\r\n\r\nbody";
        let head = create_task(reader.readuntil(b"\r\n\r\n"));
        for byte in text {
            theirs.write_all(&[*byte])?;
            turns(co, 70)?;
        }
        assert_eq!(co.yield_from(head)?, &text[..14]);
        assert_eq!(co.yield_from(reader.readexactly(4))?, b"body");
        Ok(())
    })
    .unwrap();
}

#[test]
fn lines_that_are_too_long() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (reader, _writer) = co.yield_from(open_connection_on(ours).limit(1000))?;
        theirs.write_all(&[b'x'; 5000])?;
        let error = co.yield_from(reader.readuntil(b"\n")).unwrap_err();
        let consumed = error
            .downcast_ref::<LimitOverrunError>()
            .unwrap()
            .consumed();
        assert_eq!(co.yield_from(reader.readexactly(consumed))?.len(), consumed);
        theirs.write_all(&[b'x'; 5000])?;
        theirs.write_all(b"\nshort\n")?;
        let mut refused = 0;
        let line = loop {
            match co.yield_from(reader.readline()) {
                Ok(line) => break line,
                Err(error) => assert!(error.is::<ValueError>()),
            }
            refused += 1;
        };
        assert!((1..=20).contains(&refused), "{refused}");
        assert!(line.ends_with(b"\n") && line.len() <= 1001);
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_endless_line_fills_no_memory() {
    run_io(|co: &Co| {
        let ((_keep, writer), (reader, _writer)) = pair(co)?;
        let pour = create_task(move |co: &Co| -> Result<()> {
            for _ in 0..1000 {
                writer.write(&[b'x'; 10_000])?;
                co.yield_from(writer.drain())?;
            }
            Ok(())
        });
        let mut refused = 0;
        while !pour.done() {
            let line = co.yield_from(reader.readline());
            if failed_with::<ValueError, _>(line) {
                refused += 1;
            }
        }
        assert!(refused > 20, "{refused}");
        co.yield_from(pour)
    })
    .unwrap();
}

#[test]
fn a_peer_that_closes_without_reading() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (reader, writer) = co.yield_from(open_connection_on(ours))?;
        writer.write(b"request")?;
        theirs.read_exact(&mut [0; 3])?;
        drop(theirs);
        // With unread data, a Unix socket is reset.
        let read = co.yield_from(reader.read(None));
        assert_eq!(
            read.as_ref().err().and_then(kind),
            Some(ErrorKind::ConnectionReset)
        );
        Ok(())
    })
    .unwrap();
}
