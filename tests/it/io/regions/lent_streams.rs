//! Streams that are lent to synchronous code together with their coroutine.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};

use yieldfrom::net::UnixStream;
use yieldfrom::{Co, Error, Result, TimeoutError, create_task, sleep, timeout, yield_now};

use crate::support::{run_io, run_virtual, secs};

#[test]
fn synchronous_code_reads_and_writes_a_stream_that_it_borrows() {
    run_io(|co| {
        let (one, other) = UnixStream::pair()?;
        let echo = create_task(move |co: &Co| {
            let mut lines = BufReader::new(other.with(co)).lines();
            while let Some(line) = lines.next().transpose()? {
                writeln!(other.with(co), "{line}!")?;
            }
            Ok(())
        });
        let mut stream = one.with(co);
        stream.write_all(b"ab\n")?;
        stream.flush()?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        assert_eq!(&answer, b"ab!\n");
        stream.finish()?;
        drop(one);
        co.yield_from(echo)
    })
    .unwrap();
}

/// Waits for a byte that never comes; returns what `after` makes of the stream and of the error of the library.
fn interrupted(
    after: impl FnOnce(yieldfrom::streams::With<'_, UnixStream>, std::io::Error) -> Result<()> + 'static,
) -> Error {
    run_virtual(|co| {
        let (one, _other) = UnixStream::pair()?;
        let task = create_task(move |co: &Co| {
            let mut stream = one.with(co);
            let error = stream.read(&mut [0]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
            assert_eq!(
                stream.write(&[0]).unwrap_err().kind(),
                ErrorKind::ConnectionAborted
            );
            after(stream, error)?;
            co.yield_from(sleep(secs(3600)))
        });
        co.yield_from(yield_now())?;
        task.cancel();
        co.yield_from(task)
    })
    .unwrap_err()
}

#[test]
fn a_cancellation_is_given_by_finish_and_comes_again_without_it() {
    assert!(interrupted(|stream, _| stream.finish()).is_cancelled());
    assert!(
        interrupted(|_, _| Ok(())).is_cancelled(),
        "it comes again at the next wait"
    );
    let passed_on = interrupted(|_, error| Err(error.into()));
    assert!(passed_on.to_string().contains("cancelled"), "{passed_on}");
}

#[test]
fn a_timeout_around_a_lent_stream_is_a_timeout() {
    run_virtual(|co| {
        let (one, _other) = UnixStream::pair()?;
        let late = timeout(1, |co| {
            let mut stream = one.with(co);
            let read = stream.read(&mut [0]);
            stream.finish()?;
            Ok(read?)
        });
        assert!(co.yield_from(late).unwrap_err().is::<TimeoutError>());
        co.yield_from(sleep(1))
    })
    .unwrap();
}
