//! test_events: terminals as the ends of transports.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use yieldfrom::{Co, Result, connect_read_pipe, connect_write_pipe};

use crate::support::{Recorder, reporting_loop, run_io_on, until};

/// Returns the two ends of a terminal that passes bytes on as they are.
fn terminal() -> Result<(OwnedFd, File)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let end = File::options()
        .read(true)
        .write(true)
        .open(name.to_str()?)?;
    let mut settings = tcgetattr(&end)?;
    settings.make_raw();
    tcsetattr(&end, OptionalActions::Now, &settings)?;
    Ok((master, end))
}

#[test]
fn a_terminal_is_read_until_it_hangs_up() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let (master, mut end) = terminal()?;
        let (_transport, recorder) = co.yield_from(connect_read_pipe(Recorder::default, master))?;
        for text in ["1", "2345"] {
            end.write_all(text.as_bytes())?;
            until(co, || recorder.received.take() == text.as_bytes())?;
        }
        drop(end);
        co.yield_from(recorder.lost.wait())?;
        let told = recorder.journal.take();
        assert_eq!(told[..3], ["made", "data 1", "data 2345"]);
        // The system tells of it by an error, as CPython passes it on.
        assert!(
            told[3].starts_with("lost read: Input/output error"),
            "{told:?}"
        );
        Ok(())
    })
    .unwrap();
    assert!(reports.take().is_empty(), "it is the usual end");
}

#[test]
fn a_terminal_is_written() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let (master, mut end) = terminal()?;
        let (transport, recorder) = co.yield_from(connect_write_pipe(Recorder::default, master))?;
        for text in ["1", "2345"] {
            transport.write(text.as_bytes())?;
            let mut buffer = [0; 9];
            let n = end.read(&mut buffer)?;
            assert_eq!(&buffer[..n], text.as_bytes());
        }
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["made", "lost"]);
        Ok(())
    })
    .unwrap();
    assert!(reports.take().is_empty());
}
