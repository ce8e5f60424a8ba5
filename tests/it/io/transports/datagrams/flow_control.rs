//! Datagrams that the system does not take at once are queued, up to a limit.

use std::os::unix::net::UnixDatagram;
use std::panic;
use std::rc::Rc;

use yieldfrom::{Co, DatagramTransport, Result, create_datagram_endpoint_on};

use crate::support::{log_of, run_io, turns, until};

use super::Recorder;

#[test]
fn datagrams_of_no_bytes_are_queued_and_sent_before_the_end() {
    run_io(|co: &Co| {
        let (ours, theirs) = UnixDatagram::pair()?;
        let endpoint = create_datagram_endpoint_on(Recorder::default, ours);
        let (transport, recorder) = co.yield_from(endpoint)?;
        let mut sent = 0;
        while transport.get_write_buffer_size() == 0 && sent < 100_000 {
            transport.sendto(b"", None)?;
            sent += 1;
        }
        assert_eq!(transport.get_write_buffer_size(), 8, "one is queued");
        transport.close();
        turns(co, 50)?;
        assert!(!recorder.lost.is_set(), "some are still to be sent");
        theirs.set_nonblocking(true)?;
        let theirs = create_datagram_endpoint_on(Recorder::default, theirs);
        let (_keep, other) = co.yield_from(theirs)?;
        co.yield_from(recorder.lost.wait())?;
        until(co, || other.count.get() == sent)?;
        assert_eq!(transport.get_write_buffer_size(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_queue_of_datagrams_of_no_bytes_pauses_who_sends() {
    run_io(|co: &Co| {
        let (ours, theirs) = UnixDatagram::pair()?;
        let endpoint = create_datagram_endpoint_on(Recorder::default, ours);
        let (transport, recorder) = co.yield_from(endpoint)?;
        transport.set_write_buffer_limits(1000, None)?;
        for _ in 0..100_000 {
            transport.sendto(b"", None)?;
            if recorder.journal.take().contains(&"pause".to_owned()) {
                let theirs = create_datagram_endpoint_on(Recorder::default, theirs);
                let _keep = co.yield_from(theirs)?;
                return until(co, || recorder.journal.take() == ["resume"]);
            }
        }
        panic!("it was never paused");
    })
    .unwrap();
}

/// Returns an endpoint whose peer does not read, and that is full.
fn full(co: &Co) -> Result<(DatagramTransport, Rc<Recorder>, UnixDatagram, usize)> {
    let (ours, theirs) = UnixDatagram::pair()?;
    let endpoint = create_datagram_endpoint_on(Recorder::default, ours);
    let (transport, recorder) = co.yield_from(endpoint)?;
    recorder.journal.take();
    let mut sent = 0;
    while transport.get_write_buffer_size() <= 64 * 1024 {
        transport.sendto(&[7; 1000], None)?;
        sent += 1;
    }
    assert_eq!(recorder.journal.take(), ["pause"]);
    Ok((transport, recorder, theirs, sent))
}

#[test]
fn what_the_system_does_not_take_is_buffered_and_sent_later() {
    run_io(|co: &Co| {
        let (transport, recorder, theirs, sent) = full(co)?;
        transport.close();
        turns(co, 100)?;
        assert!(recorder.journal.take().is_empty() && transport.is_closing());
        let theirs = create_datagram_endpoint_on(Recorder::default, theirs);
        let (_keep, other) = co.yield_from(theirs)?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["resume", "lost"]);
        until(co, || other.count.get() == sent)
    })
    .unwrap();
}

#[test]
fn aborting_drops_what_is_buffered() {
    let (logged, result) = log_of(|| {
        run_io(|co: &Co| {
            let (transport, recorder, _theirs, _) = full(co)?;
            transport.abort();
            transport.abort();
            assert_eq!(transport.get_write_buffer_size(), 0);
            for _ in 0..6 {
                transport.sendto(b"lost", None)?;
            }
            co.yield_from(recorder.lost.wait())?;
            turns(co, 1)?;
            assert_eq!(recorder.journal.take(), ["lost"]);
            Ok(())
        })
    });
    result.unwrap();
    let warned = logged
        .iter()
        .filter(|line| line.starts_with("WARN sendto:"));
    assert_eq!(warned.count(), 2, "{logged:?}");
}

#[test]
fn limits_are_those_of_streams() {
    run_io(|co: &Co| {
        let (transport, recorder, _theirs, _) = full(co)?;
        transport.set_write_buffer_limits(None, 1 << 20)?;
        assert_eq!(recorder.journal.take(), ["resume"]);
        transport.set_write_buffer_limits(1, None)?;
        assert_eq!(recorder.journal.take(), ["pause"]);
        assert_eq!(transport.get_write_buffer_limits(), (0, 1));
        Ok(())
    })
    .unwrap();
}
