//! Errors and panics in the methods of protocols.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use yieldfrom::{Co, Result, Transport, create_connection_on};

use crate::support::{Misdeed, Recorder, reporting_loop, run_io_on, turns, until};

/// Makes a connection whose protocol misbehaves in a method, and returns what was told of that.
fn misbehave(
    method: &'static str,
    how: Misdeed,
    body: impl FnOnce(&Co, Transport, Rc<Recorder>, UnixStream) -> Result<()> + 'static,
) -> Vec<String> {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, move |co: &Co| {
        let (ours, theirs) = UnixStream::pair()?;
        let factory = move || {
            let recorder = Recorder::default();
            recorder.misdeed.set(Some((method, how)));
            recorder
        };
        let (transport, recorder) = co.yield_from(create_connection_on(factory, ours))?;
        assert_eq!(recorder.journal.take(), ["made"]);
        body(co, transport, recorder, theirs)
    })
    .unwrap();
    reports.take()
}

fn both(check: impl Fn(Misdeed, &str)) {
    check(Misdeed::Fail, "misdeed");
    check(Misdeed::Panic, "panicked: misdeed");
}

#[test]
fn in_connection_made_are_reported_and_the_connection_goes_on() {
    both(|how, text| {
        let reports = misbehave("made", how, |co, _, recorder, mut theirs| {
            theirs.write_all(b"hello")?;
            until(co, || !recorder.received.borrow().is_empty())
        });
        assert_eq!(
            reports,
            [format!("protocol.connection_made() call failed.: {text}")]
        );
    });
}

#[test]
fn in_data_received_end_the_connection() {
    both(|how, text| {
        let told = text.to_owned();
        let reports = misbehave("data", how, move |co, transport, recorder, mut theirs| {
            theirs.write_all(b"hello")?;
            co.yield_from(recorder.lost.wait())?;
            let journal = recorder.journal.take();
            assert_eq!(journal, ["data hello".to_owned(), format!("lost {told}")]);
            turns(co, 1)?;
            assert!(transport.fd().is_none());
            assert_eq!(theirs.read(&mut [0; 1])?, 0);
            Ok(())
        });
        let message = "Fatal error: protocol.data_received() call failed.";
        assert_eq!(reports, [format!("{message}: {text}")]);
    });
}

#[test]
fn in_eof_received_end_the_connection() {
    both(|how, text| {
        let told = text.to_owned();
        let reports = misbehave("eof", how, move |co, _, recorder, theirs| {
            drop(theirs);
            co.yield_from(recorder.lost.wait())?;
            let journal = recorder.journal.take();
            assert_eq!(journal, ["eof".to_owned(), format!("lost {told}")]);
            Ok(())
        });
        let message = "Fatal error: protocol.eof_received() call failed.";
        assert_eq!(reports, [format!("{message}: {text}")]);
    });
}

#[test]
fn in_connection_lost_are_reported_and_the_socket_is_closed() {
    both(|how, text| {
        let reports = misbehave("lost", how, |co, transport, recorder, mut theirs| {
            transport.close();
            co.yield_from(recorder.lost.wait())?;
            turns(co, 1)?;
            assert_eq!(recorder.journal.take(), ["lost"]);
            assert_eq!(theirs.read(&mut [0; 1])?, 0);
            Ok(())
        });
        assert_eq!(
            reports,
            [format!("protocol.connection_lost() call failed.: {text}")]
        );
    });
}

#[test]
fn in_pause_writing_and_resume_writing_are_reported() {
    for (method, message) in [
        ("pause", "protocol.pause_writing() failed"),
        ("resume", "protocol.resume_writing() failed"),
    ] {
        both(|how, text| {
            let reports = misbehave(method, how, |co, transport, recorder, theirs| {
                transport.write(&vec![7; 1 << 20])?;
                let (_, other) = co.yield_from(create_connection_on(Recorder::default, theirs))?;
                until(co, || other.received.borrow().len() == 1 << 20)?;
                assert_eq!(recorder.journal.take(), ["pause", "resume"]);
                transport.write(b"more")?;
                until(co, || other.received.borrow().len() == (1 << 20) + 4)
            });
            assert_eq!(reports, [format!("{message}: {text}")]);
        });
    }
}
