//! A direction that is closed, by the peer, by a reset or here, wakes whoever waits in it.

use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{Co, create_task};

use crate::io::net::{both, kind, streams, tcp_pair, turns};

use super::waiting_read;

/// Returns more than the system takes, however long it needs to take that.
fn too_much() -> Vec<u8> {
    vec![b'x'; 64 << 20]
}

#[test]
fn writing_to_a_peer_that_has_closed_fails_soon() {
    streams(|co, one, other| {
        drop(other);
        let mut last = Ok(());
        for _ in 0..100 {
            last = co.yield_from(one.write_all(b"abc"));
            if last.is_err() {
                break;
            }
        }
        let kind = kind(last);
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
        assert!(matches!(kind, BrokenPipe | ConnectionReset), "{kind:?}");
        Ok(())
    });
}

#[test]
fn a_peer_that_closes_wakes_who_waits_for_room() {
    streams(|co, one, other| {
        let writer = create_task(move |co: &Co| co.yield_from(one.write_all(&too_much())));
        turns(co, 2)?;
        assert!(!writer.done());
        drop(other);
        let kind = kind(co.yield_from(writer));
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
        assert!(matches!(kind, BrokenPipe | ConnectionReset), "{kind:?}");
        Ok(())
    });
}

#[test]
fn each_direction_can_be_closed_by_itself() {
    streams(|co, one, other| {
        one.shutdown(Shutdown::Write)?;
        assert_eq!(co.yield_from(other.read(&mut [0; 9]))?, 0);
        for _ in 0..3 {
            co.yield_from(other.write_all(b"abc"))?;
            co.yield_from(one.read_exact(&mut [0; 3]))?;
            turns(co, 1)?;
        }
        other.shutdown(Shutdown::Write)?;
        assert_eq!(co.yield_from(one.read(&mut [0; 9]))?, 0);
        assert_eq!(
            kind(co.yield_from(one.write_all(b"a"))),
            std::io::ErrorKind::BrokenPipe
        );
        Ok(())
    });
}

#[test]
fn closing_a_direction_here_wakes_who_waits_in_it() {
    streams(|co, one, _other| {
        let one = Rc::new(one);
        let reader = waiting_read(co, &one, 100)?;
        let writing = Rc::clone(&one);
        let writer = create_task(move |co: &Co| co.yield_from(writing.write_all(&too_much())));
        turns(co, 2)?;
        assert!(!writer.done());
        one.shutdown(Shutdown::Read)?;
        assert_eq!(co.yield_from(reader)?, 0);
        one.shutdown(Shutdown::Write)?;
        assert_eq!(kind(co.yield_from(writer)), std::io::ErrorKind::BrokenPipe);
        Ok(())
    });
}

#[test]
fn a_reset_wakes_reader_and_writer() {
    both(|co| {
        let (one, other) = tcp_pair()?;
        let one = Rc::new(one);
        let (reading, writing) = (Rc::clone(&one), Rc::clone(&one));
        let reader = create_task(move |co: &Co| co.yield_from(reading.read(&mut [0; 9])));
        let writer = create_task(move |co: &Co| co.yield_from(writing.write_all(&too_much())));
        turns(co, 2)?;
        assert!(!reader.done() && !writer.done());
        other.set_linger(Some(Duration::ZERO))?;
        drop(other);
        // The first of the two takes the error; for the other, the connection is at its end.
        let read = co.yield_from(reader);
        let written = kind(co.yield_from(writer));
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
        assert!(
            matches!(written, BrokenPipe | ConnectionReset),
            "{written:?}"
        );
        assert!(matches!(read, Ok(0)) || kind(read) == ConnectionReset);
        Ok(())
    });
}

#[test]
fn data_before_a_reset_does_not_hide_it() {
    both(|co| {
        let (one, other) = tcp_pair()?;
        let one = Rc::new(one);
        let reader = waiting_read(co, &one, 100)?;
        co.yield_from(other.write_all(b"abc"))?;
        other.set_linger(Some(Duration::ZERO))?;
        drop(other);
        if let Ok(n) = co.yield_from(reader) {
            assert_eq!(n, 3);
            let end = co.yield_from(one.read(&mut [0; 9]));
            assert_eq!(kind(end), std::io::ErrorKind::ConnectionReset);
        }
        Ok(())
    });
}
