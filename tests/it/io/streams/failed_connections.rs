//! Connections that fail: what came before is given first, then the error.

mod protocols;

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use yieldfrom::{
    Co, Error, IncompleteReadError, Result, StreamReader, StreamWriter, Task, create_task,
    open_connection_on,
};

use crate::support::{reporting_loop, run_io, run_io_on, run_virtual, turns};

type Start = fn(&StreamReader) -> Task<Vec<u8>>;

/// Every read that "answer\n" completes.
const COMPLETE: [Start; 6] = [
    |reader| create_task(reader.read(100)),
    |reader| create_task(reader.read(None)),
    |reader| create_task(reader.readline()),
    |reader| create_task(reader.readexactly(7)),
    |reader| create_task(reader.readuntil(b"\n")),
    |reader| create_task(reader.readuntil(b"er\n")),
];

/// Every read that "answer" does not complete, and whether it gives that all the same.
const PARTIAL: [(Start, bool); 5] = [
    (|reader| create_task(reader.read(100)), true),
    (|reader| create_task(reader.read(None)), true),
    (|reader| create_task(reader.readline()), true),
    (|reader| create_task(reader.readexactly(7)), false),
    (|reader| create_task(reader.readuntil(b"\n")), false),
];

fn unplugged() -> Error {
    Error::msg("unplugged")
}

fn fed(data: &[u8]) -> StreamReader {
    let reader = StreamReader::new(100).unwrap();
    reader.feed_data(data).unwrap();
    reader
}

/// All reads fail with this from now on, also those that ask for nothing.
fn all_fail(co: &Co, reader: &StreamReader, text: &str) -> Result<()> {
    let nothing: [Start; 2] = [
        |reader| create_task(reader.read(0)),
        |reader| create_task(reader.readexactly(0)),
    ];
    for start in COMPLETE.iter().chain(&nothing) {
        let error = co.yield_from(start(reader)).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    Ok(())
}

fn check_partial(result: Result<Vec<u8>>, is_given: bool) {
    if is_given {
        return assert_eq!(result.unwrap(), b"answer");
    }
    let error = result.unwrap_err();
    let incomplete = error.downcast_ref::<IncompleteReadError>().unwrap();
    assert_eq!(incomplete.partial(), b"answer");
}

#[test]
fn every_read_gives_what_is_there_before_the_exception() {
    run_virtual(|co: &Co| {
        for start in COMPLETE {
            let reader = fed(b"answer\n");
            reader.set_exception(unplugged());
            assert!(!reader.at_eof());
            assert_eq!(co.yield_from(start(&reader))?, b"answer\n");
            all_fail(co, &reader, "unplugged")?;
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn every_read_gives_what_is_left_before_the_exception() {
    run_virtual(|co: &Co| {
        for (start, is_given) in PARTIAL {
            let reader = fed(b"answer");
            reader.set_exception(unplugged());
            check_partial(co.yield_from(start(&reader)), is_given);
            all_fail(co, &reader, "unplugged")?;
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_read_that_waits_when_the_exception_comes_gives_what_came_before() {
    run_virtual(|co: &Co| {
        for (start, is_given) in PARTIAL {
            for pause in 0..3 {
                let reader = StreamReader::new(100)?;
                let read = start(&reader);
                turns(co, 1)?;
                reader.feed_data(b"answer")?;
                turns(co, pause)?;
                reader.set_exception(unplugged());
                check_partial(co.yield_from(read), is_given);
                all_fail(co, &reader, "unplugged")?;
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn several_reads_take_the_data_apart_before_the_exception() {
    run_virtual(|co: &Co| {
        let reader = fed(b"one\ntwo\nthree");
        reader.set_exception(unplugged());
        assert_eq!(co.yield_from(reader.read(0))?, b"");
        assert_eq!(co.yield_from(reader.readexactly(0))?, b"");
        assert_eq!(co.yield_from(reader.readline())?, b"one\n");
        assert_eq!(co.yield_from(reader.read(2))?, b"tw");
        assert_eq!(co.yield_from(reader.readuntil(b"\n"))?, b"o\n");
        assert_eq!(co.yield_from(reader.readexactly(4))?, b"thre");
        assert_eq!(co.yield_from(reader.read(None))?, b"e");
        all_fail(co, &reader, "unplugged")
    })
    .unwrap();
}

#[test]
fn an_exception_after_the_end_is_given_as_well() {
    run_virtual(|co: &Co| {
        let reader = fed(b"answer\n");
        reader.feed_eof();
        reader.set_exception(unplugged());
        assert_eq!(co.yield_from(reader.read(None))?, b"answer\n");
        all_fail(co, &reader, "unplugged")
    })
    .unwrap();
}

#[test]
fn an_exception_ends_a_wait_with_nothing_before_it() {
    run_virtual(|co: &Co| {
        for start in COMPLETE {
            let reader = StreamReader::new(100)?;
            let read = start(&reader);
            turns(co, 1)?;
            reader.set_exception(unplugged());
            let error = co.yield_from(read).unwrap_err();
            assert_eq!(error.to_string(), "unplugged");
        }
        Ok(())
    })
    .unwrap();
}

/// Returns two connected sockets, of which the second resets the connection when it is dropped.
fn tcp() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    let theirs = listener.accept()?.0;
    rustix::net::sockopt::set_socket_linger(&theirs, Some(Duration::ZERO))?;
    Ok((ours, theirs))
}

/// Answers, and resets the connection by dropping its end.
fn answer_and_reset(mut theirs: impl Write, answer: &[u8]) -> io::Result<()> {
    theirs.write_all(answer)
}

type Ends = (StreamReader, StreamWriter);

fn connected(co: &Co) -> Result<(Ends, TcpStream)> {
    let (ours, theirs) = tcp()?;
    Ok((co.yield_from(open_connection_on(ours))?, theirs))
}

#[test]
fn the_answer_before_a_reset_can_be_read() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        for start in COMPLETE {
            let ((reader, writer), theirs) = connected(co)?;
            answer_and_reset(theirs, b"answer\n")?;
            assert!(co.yield_from(writer.wait_closed()).is_err());
            assert_eq!(co.yield_from(start(&reader))?, b"answer\n");
            all_fail(co, &reader, "reset")?;
        }
        Ok(())
    })
    .unwrap();
    assert!(reports.take().is_empty());
}

#[test]
fn an_answer_that_the_system_has_when_a_write_fails_can_be_read() {
    run_io(|co: &Co| {
        for start in COMPLETE {
            let ((reader, writer), theirs) = connected(co)?;
            // The loop has found nothing to read, and no turn passes before the write fails.
            turns(co, 3)?;
            answer_and_reset(theirs, b"answer\n")?;
            writer.write(b"more")?;
            assert!(writer.is_closing());
            assert_eq!(co.yield_from(start(&reader))?, b"answer\n");
            all_fail(co, &reader, "reset")?;
            assert!(co.yield_from(writer.drain()).is_err());
            assert!(co.yield_from(writer.wait_closed()).is_err());
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_long_answer_that_the_system_has_when_a_write_fails_can_be_read() {
    run_io(|co: &Co| {
        let (ours, theirs) = UnixStream::pair()?;
        let (reader, writer) = co.yield_from(open_connection_on(ours))?;
        writer.write(b"a request that nobody reads")?;
        let answer = vec![7; 150_000];
        answer_and_reset(theirs, &answer)?;
        writer.write(b"more")?;
        assert!(writer.is_closing());
        assert!(co.yield_from(reader.read(None))? == answer);
        all_fail(co, &reader, "")
    })
    .unwrap();
}

#[test]
fn an_answer_before_a_buffered_write_fails_can_be_read() {
    run_io(|co: &Co| {
        let ((reader, writer), theirs) = connected(co)?;
        writer.write(&vec![7; 64 << 20])?;
        assert!(writer.transport().get_write_buffer_size() > 0);
        answer_and_reset(theirs, b"answer\n")?;
        assert_eq!(co.yield_from(reader.readline())?, b"answer\n");
        let error = co.yield_from(reader.readline()).unwrap_err();
        assert!(error.is::<io::Error>(), "{error}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_unix_socket_gives_the_answer_first_as_well() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (reader, writer) = co.yield_from(open_connection_on(ours))?;
        writer.write(b"a request that nobody reads")?;
        theirs.write_all(b"answer\n")?;
        drop(theirs);
        writer.write(b"more")?;
        assert!(writer.is_closing());
        assert_eq!(co.yield_from(reader.readline())?, b"answer\n");
        all_fail(co, &reader, "")
    })
    .unwrap();
}
