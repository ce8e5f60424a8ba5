//! Flow control: when protocols are paused.

use std::os::unix::net::UnixStream;
use std::rc::Rc;

use yieldfrom::{Co, Protocol, Result, Transport, ValueError, create_connection_on};

use crate::support::{Recorder, failed_with, run_io, turns, until};

fn pair(co: &Co) -> Result<(Transport, Rc<Recorder>, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    let (transport, recorder) = co.yield_from(create_connection_on(Recorder::default, ours))?;
    recorder.journal.take();
    Ok((transport, recorder, theirs))
}

/// Fills what the system takes, so that every further byte is buffered.
fn fill(transport: &Transport) -> Result<usize> {
    let mut written = 0;
    while transport.get_write_buffer_size() == 0 {
        transport.write(&[7; 1000])?;
        written += 1000;
    }
    Ok(written)
}

#[test]
fn a_protocol_is_paused_above_the_high_water_mark_and_resumed_at_the_low_one() {
    run_io(|co: &Co| {
        let (transport, recorder, theirs) = pair(co)?;
        let mut written = fill(&transport)?;
        let left = 64 * 1024 - transport.get_write_buffer_size();
        transport.write(&vec![7; left])?;
        assert_eq!(transport.get_write_buffer_size(), 64 * 1024);
        assert!(recorder.journal.take().is_empty(), "at the mark it goes on");
        transport.write(b"!")?;
        assert_eq!(recorder.journal.take(), ["pause"]);
        transport.write(b"!")?;
        turns(co, 100)?;
        assert!(recorder.journal.take().is_empty(), "once");
        written += left + 2;
        let (_, other) = co.yield_from(create_connection_on(Recorder::default, theirs))?;
        until(co, || !recorder.journal.take().is_empty())?;
        assert!(transport.get_write_buffer_size() <= 16 * 1024);
        until(co, || other.received.borrow().len() == written)?;
        assert!(recorder.journal.take().is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn new_limits_apply_to_what_is_buffered() {
    run_io(|co: &Co| {
        let (transport, recorder, _theirs) = pair(co)?;
        fill(&transport)?;
        transport.write(&[7; 1000])?;
        transport.set_write_buffer_limits(500, None)?;
        assert_eq!(recorder.journal.take(), ["pause"]);
        assert_eq!(transport.get_write_buffer_limits(), (125, 500));
        transport.set_write_buffer_limits(None, 5000)?;
        assert_eq!(recorder.journal.take(), ["resume"]);
        assert_eq!(transport.get_write_buffer_limits(), (5000, 20_000));
        assert!(failed_with::<ValueError, _>(
            transport.set_write_buffer_limits(1, 2)
        ));
        assert_eq!(transport.get_write_buffer_limits(), (5000, 20_000));
        Ok(())
    })
    .unwrap();
}

#[test]
fn with_a_high_water_mark_of_zero_whatever_is_buffered_pauses() {
    run_io(|co: &Co| {
        let (transport, recorder, _theirs) = pair(co)?;
        transport.set_write_buffer_limits(0, None)?;
        transport.write(b"at once")?;
        assert!(recorder.journal.take().is_empty(), "nothing was buffered");
        fill(&transport)?;
        assert_eq!(recorder.journal.take(), ["pause"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_protocol_that_is_resumed_may_write_and_be_paused_again() {
    /// Writes as much as it may, until it has written enough.
    struct Pour(Recorder, usize);
    impl Pour {
        fn pour(&self) -> Result<()> {
            let transport = self.0.transport.borrow().clone().unwrap();
            let paused = |it: &Self| it.0.keep_open.get();
            while !paused(self) && self.0.received.borrow().len() < self.1 {
                self.0.received.borrow_mut().extend_from_slice(&[7; 10_000]);
                transport.write(&[7; 10_000])?;
            }
            if !paused(self) {
                transport.close();
            }
            Ok(())
        }
    }
    impl Protocol for Pour {
        fn connection_made(&self, transport: &Transport) -> Result<()> {
            self.0.connection_made(transport)?;
            self.pour()
        }

        fn pause_writing(&self) -> Result<()> {
            self.0.keep_open.set(true);
            self.0.pause_writing()
        }

        fn resume_writing(&self) -> Result<()> {
            self.0.keep_open.set(false);
            self.0.resume_writing()?;
            self.pour()
        }
    }
    run_io(|co: &Co| {
        let (ours, theirs) = UnixStream::pair()?;
        let factory = || Pour(Recorder::default(), 3_000_000);
        let (transport, pour) = co.yield_from(create_connection_on(factory, ours))?;
        let (_, other) = co.yield_from(create_connection_on(Recorder::default, theirs))?;
        let mut most = 0;
        until(co, || {
            most = most.max(transport.get_write_buffer_size());
            other.lost.is_set()
        })?;
        assert_eq!(other.received.borrow().len(), 3_000_000);
        assert!(most <= 64 * 1024 + 10_000, "{most} bytes were buffered");
        let told = pour.0.journal.take();
        let expected = ["pause", "resume"].into_iter().cycle();
        assert!(told.len() > 5 && told[0] == "made");
        assert!(
            told[1..]
                .iter()
                .zip(expected)
                .all(|(told, expected)| told == expected)
        );
        Ok(())
    })
    .unwrap();
}
