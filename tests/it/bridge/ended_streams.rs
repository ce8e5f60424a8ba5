//! How async code ends a stream: flushes, and the end of writing.

use std::future::poll_fn;
use std::io;

use yieldfrom::streams::{PollWrite, Read, Write, pollable};
use yieldfrom::{Co, Result, from_std, sleep};

use crate::support::{Journal, run_virtual};

/// A stream that takes its time for each write, and for its end.
struct Slow(Journal);

impl Read for Slow {
    fn read_with(&self, co: &Co, _: &mut [u8]) -> Result<usize> {
        co.yield_from(sleep(1000))?;
        Ok(0)
    }
}

impl Write for Slow {
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        co.yield_from(sleep(1))?;
        self.0.note(format!("{} bytes", bytes.len()));
        Ok(bytes.len())
    }

    fn flush_with(&self, co: &Co) -> Result<()> {
        co.yield_from(sleep(1))?;
        self.0.note("flushed");
        Ok(())
    }

    fn close_writing_with(&self, co: &Co) -> Result<()> {
        co.yield_from(sleep(1))?;
        self.0.note("closed");
        Ok(())
    }
}

#[test]
fn a_flush_and_the_end_of_writing_wait_for_the_stream() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let stream = pollable(Slow(notes.clone()));
        co.yield_from(from_std(async {
            poll_fn(|context| stream.poll_write(context, b"taxi")).await?;
            notes.note("written");
            poll_fn(|context| stream.poll_flush(context)).await?;
            notes.note("on its way");
            poll_fn(|context| stream.poll_close_writing(context)).await?;
            notes.note("ended");
            io::Result::Ok(())
        }))??;
        Ok(())
    })
    .unwrap();
    let expected = [
        "written",
        "4 bytes",
        "flushed",
        "on its way",
        "closed",
        "ended",
    ];
    assert_eq!(journal.take(), expected);
}

/// A stream whose peer has gone when its writing is to be ended.
struct Gone;

impl Read for Gone {
    fn read_with(&self, _: &Co, _: &mut [u8]) -> Result<usize> {
        Ok(0)
    }
}

impl Write for Gone {
    fn write_with(&self, _: &Co, bytes: &[u8]) -> Result<usize> {
        Ok(bytes.len())
    }

    fn close_writing_with(&self, _: &Co) -> Result<()> {
        Err(io::Error::from(io::ErrorKind::NotConnected).into())
    }
}

#[test]
fn ending_the_writing_to_a_peer_that_is_gone_is_no_error() {
    run_virtual(|co| {
        let stream = pollable(Gone);
        let ended = poll_fn(|context| stream.poll_close_writing(context));
        co.yield_from(from_std(ended))??;
        Ok(())
    })
    .unwrap();
}
