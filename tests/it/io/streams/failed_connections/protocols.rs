//! A protocol gets the answer that came before a reset, and then the loss.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::rc::Rc;

use yieldfrom::{Co, Error, Result, create_connection_on, net};

use crate::support::{Recorder, reporting_loop, run_io, run_io_on, turns};

use super::{answer_and_reset, connected, tcp};

fn protocol(co: &Co) -> Result<(yieldfrom::Transport, Rc<Recorder>, TcpStream)> {
    let (ours, theirs) = tcp()?;
    let (transport, recorder) = co.yield_from(create_connection_on(Recorder::default, ours))?;
    Ok((transport, recorder, theirs))
}

#[test]
fn a_protocol_gets_the_answer_before_the_loss() {
    run_io(|co: &Co| {
        for is_paused in [false, true] {
            let (transport, recorder, theirs) = protocol(co)?;
            if is_paused {
                transport.pause_reading();
            }
            answer_and_reset(theirs, b"answer\n")?;
            transport.write(b"more")?;
            assert!(transport.is_closing());
            co.yield_from(recorder.lost.wait())?;
            let journal = recorder.journal.take();
            assert_eq!(journal[..2], ["made", "data answer\n"]);
            assert!(journal[2].starts_with("lost write: "), "{journal:?}");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_protocol_that_closes_gets_no_more() {
    run_io(|co: &Co| {
        let (transport, recorder, theirs) = protocol(co)?;
        answer_and_reset(theirs, b"answer\n")?;
        transport.write(b"more")?;
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take().len(), 2, "made and lost");
        let (transport, recorder, theirs) = protocol(co)?;
        answer_and_reset(theirs, b"answer\n")?;
        transport.close();
        transport.write(b"more")?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take().len(), 2);
        Ok(())
    })
    .unwrap();
}

/// Fails at the first data.
#[derive(Default)]
struct Failing(RefCell<usize>, yieldfrom::Event);

impl yieldfrom::Protocol for Failing {
    fn data_received(&self, _: &[u8]) -> Result<()> {
        *self.0.borrow_mut() += 1;
        Err(Error::msg("misdeed"))
    }

    fn connection_lost(&self, _: Option<&Error>) -> Result<()> {
        self.1.set();
        Ok(())
    }
}

#[test]
fn a_protocol_that_fails_gets_no_more() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let (ours, theirs) = tcp()?;
        let made = create_connection_on(Failing::default, ours);
        let (transport, failing) = co.yield_from(made)?;
        answer_and_reset(theirs, &[7; 300_000])?;
        transport.write(b"more")?;
        co.yield_from(failing.1.wait())?;
        assert_eq!(*failing.0.borrow(), 1);
        Ok(())
    })
    .unwrap();
    let reports = reports.take();
    assert!(
        reports.len() == 1 && reports[0].contains("misdeed"),
        "{reports:?}"
    );
}

#[test]
fn a_socket_gives_the_answer_after_a_write_has_failed() {
    run_io(|co: &Co| {
        let (ours, theirs) = tcp()?;
        let ours = net::TcpStream::from_std(ours)?;
        answer_and_reset(theirs, b"answer\n")?;
        let error = co.yield_from(ours.write_all(b"more")).unwrap_err();
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        assert!(matches!(
            kind,
            Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
        ));
        let mut answer = [0; 7];
        co.yield_from(ours.read_exact(&mut answer))?;
        assert_eq!(&answer, b"answer\n");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_reset_after_the_end_is_told_to_who_writes() {
    run_io(|co: &Co| {
        let ((reader, writer), mut theirs) = connected(co)?;
        writer.write(b"request")?;
        theirs.read_exact(&mut [0; 7])?;
        theirs.write_all(b"answer\n")?;
        theirs.shutdown(std::net::Shutdown::Write)?;
        assert_eq!(co.yield_from(reader.read(None))?, b"answer\n");
        drop(theirs);
        while !writer.is_closing() {
            writer.write(b"more")?;
            turns(co, 1)?;
        }
        assert!(co.yield_from(writer.wait_closed()).is_err());
        Ok(())
    })
    .unwrap();
}
