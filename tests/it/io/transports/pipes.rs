//! The ends of pipes as transports.

mod writing_ends;

use std::fs::File;
use std::io::{ErrorKind, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use yieldfrom::streams::{open_read_pipe, open_write_pipe};
use yieldfrom::{
    Co, Error, EventLoop, Result, RuntimeError, Transport, ValueError, connect_read_pipe,
    connect_write_pipe,
};

use crate::support::{
    Recorder, failed_with, reporting_loop, run_io, run_io_on, settle, turns, until,
};

type Ends<T> = (Transport, Rc<Recorder>, T);

fn reading(co: &Co) -> Result<Ends<PipeWriter>> {
    let (ours, theirs) = pipe()?;
    let (transport, recorder) = co.yield_from(connect_read_pipe(Recorder::default, ours))?;
    Ok((transport, recorder, theirs))
}

fn writing(co: &Co) -> Result<Ends<PipeReader>> {
    let (theirs, ours) = pipe()?;
    let (transport, recorder) = co.yield_from(connect_write_pipe(Recorder::default, ours))?;
    Ok((transport, recorder, theirs))
}

/// Runs this with each reactor; nothing may be reported.
pub(super) fn both(body: impl Fn(&Co) -> Result<()> + Copy + 'static) {
    for builder in [
        EventLoop::builder(),
        EventLoop::builder().portable_reactor(),
    ] {
        let event_loop = builder.build().unwrap();
        event_loop.set_exception_handler(Some(Box::new(|_, context| panic!("{context}"))));
        run_io_on(&event_loop, body).unwrap();
    }
}

#[test]
fn data_comes_and_then_the_end() {
    both(|co| {
        let (transport, recorder, mut writer) = reading(co)?;
        assert!(transport.is_reading() && !transport.can_write_eof());
        for text in ["one", "two"] {
            writer.write_all(text.as_bytes())?;
            until(co, || recorder.received.take() == text.as_bytes())?;
        }
        drop(writer);
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(
            recorder.journal.take(),
            ["made", "data one", "data two", "eof", "lost"]
        );
        turns(co, 1)?;
        assert!(transport.is_closing() && transport.fd().is_none());
        Ok(())
    });
}

#[test]
fn the_end_is_the_end_whatever_the_protocol_answers() {
    both(|co| {
        let (transport, recorder, writer) = reading(co)?;
        recorder.keep_open.set(true);
        drop(writer);
        co.yield_from(recorder.lost.wait())?;
        assert!(transport.is_closing());
        assert_eq!(recorder.journal.take(), ["made", "eof", "lost"]);
        Ok(())
    });
}

#[test]
fn much_data_comes_in_order() {
    both(|co| {
        let (_transport, recorder, mut writer) = reading(co)?;
        let data: Vec<u8> = (0..1_000_000_u32).map(|i| (i / 3) as u8).collect();
        let copy = data.clone();
        let thread = std::thread::spawn(move || writer.write_all(&copy));
        co.yield_from(recorder.lost.wait())?;
        thread.join().unwrap()?;
        assert!(*recorder.received.borrow() == data);
        Ok(())
    });
}

#[test]
fn reading_pauses_and_goes_on() {
    both(|co| {
        let (transport, recorder, mut writer) = reading(co)?;
        transport.pause_reading();
        assert!(!transport.is_reading());
        writer.write_all(b"abc")?;
        turns(co, 200)?;
        assert!(recorder.received.borrow().is_empty());
        transport.resume_reading();
        until(co, || !recorder.received.borrow().is_empty())?;
        transport.pause_reading();
        drop(writer);
        turns(co, 200)?;
        assert!(!recorder.lost.is_set());
        transport.resume_reading();
        co.yield_from(recorder.lost.wait())
    });
}

#[test]
fn a_reading_end_is_closed_without_an_error_and_writes_nothing() {
    both(|co| {
        let (transport, recorder, mut writer) = reading(co)?;
        assert!(failed_with::<RuntimeError, _>(transport.write(b"abc")));
        assert!(failed_with::<RuntimeError, _>(transport.write_eof()));
        transport.close();
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        turns(co, 1)?;
        assert_eq!(recorder.journal.take(), ["made", "lost"]);
        assert_eq!(
            writer.write(b"abc").unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
        Ok(())
    });
}

#[test]
fn sockets_are_as_good_as_pipes() {
    both(|co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (_, recorder) = co.yield_from(connect_read_pipe(Recorder::default, ours))?;
        theirs.write_all(b"abc")?;
        until(co, || *recorder.received.borrow() == b"abc")?;
        drop(theirs);
        co.yield_from(recorder.lost.wait())?;
        let (ours, mut theirs) = UnixStream::pair()?;
        let (transport, recorder) = co.yield_from(connect_write_pipe(Recorder::default, ours))?;
        transport.write(b"abc")?;
        theirs.read_exact(&mut [0; 3])?;
        drop(theirs);
        co.yield_from(recorder.lost.wait())
    });
}

#[test]
fn devices_work_also_those_that_are_always_ready() {
    both(|co| {
        let null = File::open("/dev/null")?;
        let (_, recorder) = co.yield_from(connect_read_pipe(Recorder::default, null))?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["made", "eof", "lost"]);
        let zero = File::open("/dev/zero")?;
        let (transport, recorder) = co.yield_from(connect_read_pipe(Recorder::default, zero))?;
        until(co, || recorder.received.borrow().len() > 1_000_000)?;
        transport.pause_reading();
        let before = recorder.received.borrow().len();
        turns(co, 10)?;
        assert_eq!(recorder.received.borrow().len(), before);
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        let null = File::options().write(true).open("/dev/null")?;
        let (transport, recorder) = co.yield_from(connect_write_pipe(Recorder::default, null))?;
        transport.write(&[0; 1_000_000])?;
        turns(co, 2)?;
        transport.write_eof()?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["made", "lost"]);
        Ok(())
    });
}

#[test]
fn a_terminal_that_is_left_ends_quietly() {
    both(|co| {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?.into_string()?;
        let mut slave = File::options().read(true).write(true).open(path)?;
        let (_, recorder) = co.yield_from(connect_read_pipe(Recorder::default, master))?;
        slave.write_all(b"abc")?;
        until(co, || *recorder.received.borrow() == b"abc")?;
        drop(slave);
        co.yield_from(recorder.lost.wait())?;
        let journal = recorder.journal.take();
        assert!(
            journal.last().unwrap().starts_with("lost read: "),
            "{journal:?}"
        );
        Ok(())
    });
}

#[test]
fn pipes_are_streams_as_well() {
    both(|co| {
        let (reader, writer) = pipe()?;
        let reader = co.yield_from(open_read_pipe(reader).limit(1000))?;
        let writer = co.yield_from(open_write_pipe(writer))?;
        let data = vec![b'x'; 500_000];
        writer.write(&data)?;
        writer.close();
        assert!(co.yield_from(reader.read(None))? == data);
        co.yield_from(writer.wait_closed())?;
        let (reader, writer) = pipe()?;
        let writer = co.yield_from(open_write_pipe(writer))?;
        drop(reader);
        co.yield_from(writer.wait_closed())?;
        let refused = co.yield_from(open_read_pipe(File::open("/etc/passwd")?));
        assert!(failed_with::<ValueError, _>(refused));
        let limitless = co.yield_from(open_read_pipe(pipe()?.0).limit(0));
        assert!(failed_with::<ValueError, _>(limitless));
        Ok(())
    });
}

#[test]
fn what_cannot_be_waited_for_is_refused_and_says_why() {
    run_io(|co: &Co| {
        for path in ["/etc/passwd", "/"] {
            let open = || File::open(path).map(OwnedFd::from);
            let reading = co.yield_from(connect_read_pipe(Recorder::default, open()?));
            let writing = co.yield_from(connect_write_pipe(Recorder::default, open()?));
            for (name, made) in [
                ("connect_read_pipe", reading),
                ("connect_write_pipe", writing),
            ] {
                let error: Error = made.map(drop).unwrap_err();
                assert!(error.is::<ValueError>(), "{error}");
                let text = error.to_string();
                assert!(
                    text.starts_with(name) && text.contains("nor a socket"),
                    "{text}"
                );
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wrong_end_fails_and_is_reported() {
    let (event_loop, journal) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let (_reader, writer) = pipe()?;
        let wrong = connect_read_pipe(Recorder::default, writer);
        let (_, recorder) = co.yield_from(wrong)?;
        co.yield_from(recorder.lost.wait())
    })
    .unwrap();
    let reports = journal.take();
    assert!(
        reports[0].starts_with("Fatal read error on pipe transport: read: "),
        "{reports:?}"
    );
}

#[test]
fn closing_the_loop_closes_pipes() {
    let event_loop = EventLoop::new().unwrap();
    let made = |co: &Co| {
        let (transport, _, writer) = reading(co)?;
        let other = writing(co)?;
        Ok((transport, writer, other.0, other.2))
    };
    let task = event_loop.create_task(made);
    while !task.done() {
        settle(&event_loop);
    }
    let (reading, mut writer, writing, mut reader) = task.take_result().unwrap();
    assert!(reading.with_fd(|fd| fd.as_raw_fd()).is_some());
    event_loop.close().unwrap();
    assert!(reading.fd().is_none() && writing.fd().is_none());
    assert_eq!(
        writer.write(b"abc").unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    assert_eq!(reader.read(&mut [0; 3]).unwrap(), 0);
}
