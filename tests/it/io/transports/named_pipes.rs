//! Named pipes, whose writers come and go.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use yieldfrom::streams::{open_read_pipe, open_write_pipe};
use yieldfrom::{Co, Result, Transport, connect_read_pipe, connect_write_pipe, create_task};

use super::pipes::both;
use crate::support::{Recorder, turns, until};

/// A named pipe, which is removed at the end.
struct Fifo(PathBuf);

impl Fifo {
    fn new() -> Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("yieldfrom-fifo-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mode = Mode::RUSR | Mode::WUSR;
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, mode, 0)?;
        Ok(Self(path))
    }

    fn open(&self, flags: OFlags) -> Result<File> {
        let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::open(&self.0, flags, Mode::empty())?))
    }

    fn reader(&self) -> Result<File> {
        self.open(OFlags::RDONLY)
    }

    fn writer(&self) -> Result<File> {
        self.open(OFlags::WRONLY)
    }

    fn reading(&self, co: &Co) -> Result<(Transport, Rc<Recorder>)> {
        co.yield_from(connect_read_pipe(Recorder::default, self.reader()?))
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_reader_waits_for_its_first_writer() {
    both(|co| {
        let fifo = Fifo::new()?;
        let (transport, recorder) = fifo.reading(co)?;
        turns(co, 50)?;
        assert_eq!(recorder.journal.take(), ["made"]);
        assert!(transport.is_reading());
        let mut writer = fifo.writer()?;
        turns(co, 50)?;
        assert!(recorder.journal.take().is_empty(), "it has come");
        writer.write_all(b"one")?;
        until(co, || *recorder.received.borrow() == b"one")?;
        drop(writer);
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["data one", "eof", "lost"]);
        Ok(())
    });
}

#[test]
fn the_end_comes_after_the_last_of_several_writers() {
    both(|co| {
        let fifo = Fifo::new()?;
        let (_transport, recorder) = fifo.reading(co)?;
        turns(co, 3)?;
        let (mut one, mut other) = (fifo.writer()?, fifo.writer()?);
        one.write_all(b"one")?;
        drop(one);
        until(co, || *recorder.received.borrow() == b"one")?;
        turns(co, 50)?;
        assert!(!recorder.lost.is_set());
        other.write_all(b"two")?;
        drop(other);
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(*recorder.received.borrow(), b"onetwo");
        Ok(())
    });
}

#[test]
fn a_writer_that_writes_nothing_ends_it_too() {
    both(|co| {
        let fifo = Fifo::new()?;
        let (_transport, recorder) = fifo.reading(co)?;
        turns(co, 50)?;
        drop(fifo.writer()?);
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["made", "eof", "lost"]);
        Ok(())
    });
}

#[test]
fn writers_that_came_and_went_before_the_loop_looked_are_heard() {
    both(|co| {
        let fifo = Fifo::new()?;
        let reader = fifo.reader()?;
        fifo.writer()?.write_all(b"one")?;
        fifo.writer()?.write_all(b"two")?;
        let (_, recorder) = co.yield_from(connect_read_pipe(Recorder::default, reader))?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(*recorder.received.borrow(), b"onetwo");
        let reader = fifo.reader()?;
        drop(fifo.writer()?);
        let (_, recorder) = co.yield_from(connect_read_pipe(Recorder::default, reader))?;
        co.yield_from(recorder.lost.wait())
    });
}

#[test]
fn a_second_reader_waits_for_writers_of_its_own() {
    both(|co| {
        let fifo = Fifo::new()?;
        for text in ["one", "two"] {
            let (_transport, recorder) = fifo.reading(co)?;
            turns(co, 50)?;
            assert!(
                !recorder.lost.is_set(),
                "the first reader's writer has left"
            );
            fifo.writer()?.write_all(text.as_bytes())?;
            co.yield_from(recorder.lost.wait())?;
            assert_eq!(*recorder.received.borrow(), text.as_bytes());
        }
        Ok(())
    });
}

#[test]
fn a_paused_reader_waits_as_well() {
    both(|co| {
        let fifo = Fifo::new()?;
        let (transport, recorder) = fifo.reading(co)?;
        transport.pause_reading();
        turns(co, 50)?;
        transport.resume_reading();
        turns(co, 50)?;
        transport.pause_reading();
        fifo.writer()?.write_all(b"one")?;
        turns(co, 50)?;
        assert_eq!(recorder.journal.take(), ["made"]);
        transport.resume_reading();
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["data one", "eof", "lost"]);
        Ok(())
    });
}

#[test]
fn who_reads_and_writes_never_sees_the_end() {
    both(|co| {
        let fifo = Fifo::new()?;
        let kept = fifo.open(OFlags::RDWR)?;
        let (transport, recorder) = co.yield_from(connect_read_pipe(Recorder::default, kept))?;
        for text in ["one", "two"] {
            fifo.writer()?.write_all(text.as_bytes())?;
            until(co, || *recorder.received.borrow() == text.as_bytes())?;
            recorder.received.take();
            turns(co, 50)?;
        }
        assert!(!transport.is_closing());
        Ok(())
    });
}

#[test]
fn every_read_of_a_stream_waits_for_the_first_writer() {
    both(|co| {
        let fifo = Fifo::new()?;
        for n in 0..4 {
            let reader = co.yield_from(open_read_pipe(fifo.reader()?))?;
            let same = reader.clone();
            let read = create_task(move |co: &Co| match n {
                0 => co.yield_from(same.readline()),
                1 => co.yield_from(same.readexactly(6)),
                2 => co.yield_from(same.readuntil(b"\n")),
                _ => co.yield_from(same.read(None)),
            });
            turns(co, 50)?;
            assert!(!reader.at_eof() && !read.done());
            fifo.writer()?.write_all(b"start\n")?;
            assert_eq!(co.yield_from(read)?, b"start\n");
            assert_eq!(co.yield_from(reader.read(1))?, b"");
        }
        Ok(())
    });
}

#[test]
fn a_descriptor_that_is_watched_is_not_ready_before_its_first_writer() {
    both(|co| {
        let fifo = Fifo::new()?;
        let reader = Rc::new(fifo.reader()?);
        let (event_loop, calls) = (yieldfrom::get_running_loop()?, Rc::new(AtomicUsize::new(0)));
        let counted = Rc::clone(&calls);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        event_loop.add_reader(&reader, count)?;
        turns(co, 50)?;
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        fifo.writer()?.write_all(b"one")?;
        until(co, || calls.load(Ordering::Relaxed) > 0)?;
        assert!(event_loop.remove_reader(&reader));
        Ok(())
    });
}

#[test]
fn a_writer_whose_readers_have_left_is_closed() {
    both(|co| {
        let fifo = Fifo::new()?;
        assert!(fifo.writer().is_err(), "nobody has come");
        let reader = fifo.reader()?;
        let writer = fifo.writer()?;
        drop(reader);
        let (_, recorder) = co.yield_from(connect_write_pipe(Recorder::default, writer))?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["made", "lost"]);
        Ok(())
    });
}

#[test]
fn a_writer_that_reads_as_well_stays_open_without_a_reader() {
    both(|co| {
        let fifo = Fifo::new()?;
        let writer = co.yield_from(open_write_pipe(fifo.open(OFlags::RDWR)?))?;
        writer.write(b"start\n")?;
        turns(co, 50)?;
        assert!(!writer.is_closing());
        let reader = co.yield_from(open_read_pipe(fifo.reader()?))?;
        assert_eq!(co.yield_from(reader.readline())?, b"start\n");
        Ok(())
    });
}

#[test]
fn a_terminal_whose_user_types_the_end_is_at_its_end() {
    both(|co| {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?.into_string()?;
        let slave = rustix::fs::open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let (_, recorder) = co.yield_from(connect_read_pipe(Recorder::default, slave))?;
        File::from(master.try_clone()?).write_all(b"one\n\x04")?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(*recorder.received.borrow(), b"one\n");
        Ok(())
    });
}

#[test]
fn standard_input_can_be_a_named_pipe() {
    both(|co| {
        let fifo = Fifo::new()?;
        // As a shell opens `program < fifo`, in a thread, as that waits for the writer.
        let path = fifo.0.clone();
        let opening = std::thread::spawn(move || File::open(path));
        let mut writer = open_blocking(&fifo.0)?;
        let reader = co.yield_from(open_read_pipe(opening.join().unwrap()?))?;
        turns(co, 10)?;
        writer.write_all(b"one")?;
        drop(writer);
        assert_eq!(co.yield_from(reader.read(None))?, b"one");
        Ok(())
    });
}

fn open_blocking(path: &Path) -> Result<File> {
    Ok(OpenOptions::new().write(true).open(path)?)
}
