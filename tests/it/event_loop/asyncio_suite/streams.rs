//! test_streams: a reader that is fed by hand.

use yieldfrom::{Error, IncompleteReadError, StreamReader, create_task, yield_now};

use crate::support::run_virtual;

fn reader(data: &[u8]) -> StreamReader {
    let reader = StreamReader::new(64 << 10).unwrap();
    reader.feed_data(data).unwrap();
    reader
}

#[test]
fn at_eof_is_the_end_with_nothing_left() {
    run_virtual(|co| {
        let reader = reader(b"");
        assert!(!reader.at_eof());
        reader.feed_data(b"some data\n")?;
        reader.feed_eof();
        assert!(!reader.at_eof(), "there is data");
        assert_eq!(co.yield_from(reader.readline())?, b"some data\n");
        assert!(reader.at_eof());
        assert_eq!(co.yield_from(reader.readline())?, b"");
        Ok(())
    })
    .unwrap();
}

#[test]
fn read_gives_what_is_there_and_readline_waits_for_the_rest() {
    run_virtual(|co| {
        let reader = reader(b"line1");
        assert_eq!(co.yield_from(reader.read(5))?, b"line1");
        let line = create_task(reader.readline());
        for chunk in [&b"chunk1 "[..], b"chunk2 ", b"chunk3 ", b"\nchunk4"] {
            co.yield_from(yield_now())?;
            assert!(!line.done());
            reader.feed_data(chunk)?;
        }
        assert_eq!(co.yield_from(line)?, b"chunk1 chunk2 chunk3 \n");
        reader.feed_eof();
        assert_eq!(
            co.yield_from(reader.readline())?,
            b"chunk4",
            "the last one has no end"
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn exactly_nothing_is_there_at_once_and_too_little_is_in_the_error() {
    run_virtual(|co| {
        let reader = reader(b"some data");
        assert_eq!(co.yield_from(reader.readexactly(0))?, b"");
        assert_eq!(co.yield_from(reader.read(0))?, b"");
        reader.feed_eof();
        let error = co.yield_from(reader.readexactly(18)).unwrap_err();
        let incomplete = error.downcast_ref::<IncompleteReadError>().unwrap();
        assert_eq!(
            (incomplete.partial(), incomplete.expected()),
            (&b"some data"[..], Some(18))
        );
        assert!(reader.at_eof(), "what was read is in the error only");
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_exception_is_raised_in_each_read() {
    run_virtual(|co| {
        let reader = reader(b"line\n");
        assert!(reader.exception().is_none());
        let waiting = {
            let empty = StreamReader::new(10)?;
            let waiting = create_task(empty.readline());
            co.yield_from(yield_now())?;
            empty.set_exception(Error::msg("unplugged"));
            waiting
        };
        assert_eq!(co.yield_from(waiting).unwrap_err().to_string(), "unplugged");
        reader.set_exception(Error::msg("unplugged"));
        // Unlike asyncio's, it gives what came before first.
        assert_eq!(co.yield_from(reader.read(2))?, b"li");
        assert_eq!(co.yield_from(reader.readline())?, b"ne\n");
        for result in [
            co.yield_from(reader.read(2)),
            co.yield_from(reader.readline()),
            co.yield_from(reader.readexactly(2)),
        ] {
            assert_eq!(result.unwrap_err().to_string(), "unplugged");
        }
        assert_eq!(reader.exception().unwrap().to_string(), "unplugged");
        Ok(())
    })
    .unwrap();
}

#[test]
fn read_takes_lines_apart_and_readline_takes_one_of_several() {
    run_virtual(|co| {
        let reader = reader(b"line1\nline2\nline3\n");
        assert_eq!(co.yield_from(reader.read(8))?, b"line1\nli");
        assert_eq!(co.yield_from(reader.readline())?, b"ne2\n");
        reader.feed_data(b"and\nmore")?;
        assert_eq!(co.yield_from(reader.readline())?, b"line3\n");
        reader.feed_eof();
        assert_eq!(co.yield_from(reader.read(None))?, b"and\nmore");
        assert_eq!(co.yield_from(reader.read(10))?, b"");
        Ok(())
    })
    .unwrap();
}
