//! How connections end: closed, aborted, reset.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use yieldfrom::{Co, Protocol, Result, Transport, create_connection, create_connection_on, net};

use crate::support::{Recorder, log_of, reporting_loop, run_io, run_io_on, turns, until};

/// More than any socket takes at once.
const MUCH: usize = 4 << 20;

fn pair(co: &Co) -> Result<(Transport, Rc<Recorder>, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    let (transport, recorder) = co.yield_from(create_connection_on(Recorder::default, ours))?;
    recorder.journal.take();
    Ok((transport, recorder, theirs))
}

/// Returns both ends of a connection over TCP, of which the other closes by a reset.
fn tcp(co: &Co) -> Result<(Transport, Rc<Recorder>, net::TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let connection = create_connection(Recorder::default, listener.local_addr()?);
    let (transport, recorder) = co.yield_from(connection)?;
    let theirs = net::TcpStream::from_std(listener.accept()?.0)?;
    theirs.set_linger(Some(std::time::Duration::ZERO))?;
    recorder.journal.take();
    Ok((transport, recorder, theirs))
}

#[test]
fn closing_tells_in_a_later_turn_and_once() {
    run_io(|co: &Co| {
        let (transport, recorder, mut theirs) = pair(co)?;
        transport.write(b"bye")?;
        transport.close();
        assert!(transport.is_closing() && recorder.journal.take().is_empty());
        transport.close();
        transport.abort();
        turns(co, 3)?;
        assert_eq!(recorder.journal.take(), ["lost"]);
        let mut text = String::new();
        theirs.read_to_string(&mut text)?;
        assert_eq!(text, "bye");
        Ok(())
    })
    .unwrap();
}

#[test]
fn closing_writes_what_is_buffered_first() {
    run_io(|co: &Co| {
        let (transport, recorder, theirs) = pair(co)?;
        transport.write(&vec![7; MUCH])?;
        assert!(transport.get_write_buffer_size() > 0);
        transport.close();
        turns(co, 100)?;
        assert_eq!(recorder.journal.take(), ["pause"], "the peer does not read");
        let (_, other) = co.yield_from(create_connection_on(Recorder::default, theirs))?;
        co.yield_from(other.lost.wait())?;
        assert_eq!(other.received.borrow().len(), MUCH);
        assert_eq!(recorder.journal.take(), ["resume", "lost"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_half_is_ended_after_what_is_buffered() {
    run_io(|co: &Co| {
        let (transport, recorder, theirs) = pair(co)?;
        transport.write(&vec![7; MUCH])?;
        transport.write_eof()?;
        let (_, other) = co.yield_from(create_connection_on(Recorder::default, theirs))?;
        co.yield_from(other.lost.wait())?;
        assert_eq!(other.received.borrow().len(), MUCH);
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["pause", "resume", "eof", "lost"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn aborting_drops_what_is_buffered() {
    run_io(|co: &Co| {
        let (transport, recorder, mut theirs) = pair(co)?;
        transport.write(&vec![7; MUCH])?;
        transport.close();
        transport.abort();
        assert_eq!(transport.get_write_buffer_size(), 0);
        transport.abort();
        co.yield_from(recorder.lost.wait())?;
        turns(co, 2)?;
        assert_eq!(recorder.journal.take(), ["pause", "lost"]);
        assert!(theirs.read_to_end(&mut Vec::new())? < MUCH);
        Ok(())
    })
    .unwrap();
}

#[test]
fn data_is_not_received_after_closing() {
    run_io(|co: &Co| {
        let (transport, recorder, mut theirs) = pair(co)?;
        theirs.write_all(b"late")?;
        transport.close();
        turns(co, 5)?;
        assert_eq!(recorder.journal.take(), ["lost"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_protocol_may_close_at_once() {
    struct Refuse(Recorder);
    impl Protocol for Refuse {
        fn connection_made(&self, transport: &Transport) -> Result<()> {
            transport.close();
            self.0.connection_made(transport)
        }

        fn connection_lost(&self, error: Option<&yieldfrom::Error>) -> Result<()> {
            self.0.connection_lost(error)
        }
    }
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let factory = || Refuse(Recorder::default());
        let (_, refuse) = co.yield_from(create_connection_on(factory, ours))?;
        co.yield_from(refuse.0.lost.wait())?;
        turns(co, 1)?;
        assert_eq!(refuse.0.journal.take(), ["made", "lost"]);
        assert_eq!(theirs.read(&mut [0; 1])?, 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn writes_after_the_loss_are_logged_from_the_fifth_on() {
    let (logged, result) = log_of(|| {
        run_io(|co: &Co| {
            let (transport, recorder, _theirs) = pair(co)?;
            transport.abort();
            for _ in 0..3 {
                transport.write(b"lost")?;
            }
            co.yield_from(recorder.lost.wait())?;
            turns(co, 1)?;
            for _ in 0..4 {
                transport.write(b"lost")?;
            }
            Ok(())
        })
    });
    result.unwrap();
    let warned = logged.iter().filter(|line| line.starts_with("WARN write:"));
    assert_eq!(warned.count(), 3, "{logged:?}");
}

#[test]
fn a_reset_is_told_to_the_protocol_and_to_nobody_else() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let (transport, recorder, theirs) = tcp(co)?;
        drop(theirs);
        co.yield_from(recorder.lost.wait())?;
        let lost = recorder.journal.take();
        assert!(
            lost.len() == 1 && lost[0].starts_with("lost read: "),
            "{lost:?}"
        );
        assert!(transport.is_closing());
        Ok(())
    })
    .unwrap();
    assert!(reports.take().is_empty());
}

#[test]
fn a_reset_while_much_is_buffered_ends_it_too() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let (transport, recorder, theirs) = tcp(co)?;
        transport.write(&vec![7; 64 << 20])?;
        transport.pause_reading();
        assert!(transport.get_write_buffer_size() > 0);
        turns(co, 50)?;
        drop(theirs);
        co.yield_from(recorder.lost.wait())?;
        let told = recorder.journal.take();
        assert!(
            told.len() == 2 && told[1].starts_with("lost write: "),
            "{told:?}"
        );
        assert_eq!(transport.get_write_buffer_size(), 0);
        Ok(())
    })
    .unwrap();
    assert!(reports.take().is_empty());
}

#[test]
fn a_write_to_a_peer_that_has_gone_ends_it_in_a_later_turn() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let (transport, recorder, theirs) = pair(co)?;
        transport.pause_reading();
        drop(theirs);
        transport.write(b"anybody?")?;
        assert!(transport.is_closing() && recorder.journal.take().is_empty());
        co.yield_from(recorder.lost.wait())?;
        let lost = recorder.journal.take();
        assert!(lost[0].starts_with("lost write: Broken pipe"), "{lost:?}");
        Ok(())
    })
    .unwrap();
    assert!(reports.take().is_empty());
}

#[test]
fn the_error_of_a_loss_keeps_its_kind() {
    struct Kind(Recorder);
    impl Protocol for Kind {
        fn connection_lost(&self, error: Option<&yieldfrom::Error>) -> Result<()> {
            let error = error.and_then(|error| error.downcast_ref::<std::io::Error>());
            let kind = error.map(std::io::Error::kind);
            assert_eq!(kind, Some(ErrorKind::BrokenPipe));
            self.0.connection_lost(None)
        }
    }
    run_io(|co: &Co| {
        let (ours, theirs) = UnixStream::pair()?;
        let factory = || Kind(Recorder::default());
        let (transport, kind) = co.yield_from(create_connection_on(factory, ours))?;
        drop(theirs);
        transport.write(b"anybody?")?;
        until(co, || kind.0.lost.is_set())
    })
    .unwrap();
}
