//! A reader that is fed by hand. What it reads is compared with CPython elsewhere.

use yieldfrom::{
    Co, Error, IncompleteReadError, LimitOverrunError, Result, RuntimeError, StreamReader,
    TimeoutError, ValueError, create_task, wait_for,
};

use crate::support::{failed_with, run_virtual, secs, turns};

fn reader(limit: usize, data: &[u8]) -> StreamReader {
    let reader = StreamReader::new(limit).unwrap();
    reader.feed_data(data).unwrap();
    reader
}

#[test]
fn only_one_may_wait() {
    run_virtual(|co: &Co| {
        let reader = reader(10, b"");
        let first = create_task(reader.read(5));
        turns(co, 1)?;
        assert_eq!(format!("{reader:?}"), "<StreamReader waiting limit=10>");
        for second in [
            co.yield_from(reader.read(1)),
            co.yield_from(reader.read(None)),
            co.yield_from(reader.readline()),
            co.yield_from(reader.readuntil(b";")),
            co.yield_from(reader.readexactly(1)),
        ] {
            assert!(failed_with::<RuntimeError, _>(second));
        }
        assert_eq!(co.yield_from(reader.read(0))?, b"", "nothing to wait for");
        reader.feed_data(b"for the first")?;
        assert_eq!(co.yield_from(first)?, b"for t");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_read_that_is_cancelled_loses_nothing() {
    run_virtual(|co: &Co| {
        let reader = reader(100, b"");
        type Start = fn(&StreamReader) -> yieldfrom::Task<Vec<u8>>;
        let starts: [Start; 4] = [
            |reader| create_task(reader.read(None)),
            |reader| create_task(reader.readline()),
            |reader| create_task(reader.readuntil(b";")),
            |reader| create_task(reader.readexactly(50)),
        ];
        for (i, start) in starts.iter().enumerate() {
            let read = start(&reader);
            turns(co, 1)?;
            reader.feed_data(&[b'a' + i as u8; 3])?;
            turns(co, 2)?;
            read.cancel();
            turns(co, 1)?;
            assert!(read.cancelled());
            let woken_and_cancelled = start(&reader);
            turns(co, 1)?;
            reader.feed_data(b"-")?;
            woken_and_cancelled.cancel();
            turns(co, 2)?;
            assert!(woken_and_cancelled.cancelled());
        }
        reader.feed_eof();
        assert_eq!(co.yield_from(reader.read(None))?, b"aaa-bbb-ccc-ddd-");
        assert!(reader.at_eof());
        Ok(())
    })
    .unwrap();
}

#[test]
fn reads_can_be_given_a_time() {
    run_virtual(|co: &Co| {
        let reader = reader(100, b"half a li");
        let late = co.yield_from(wait_for(reader.readline(), secs(1)));
        assert!(failed_with::<TimeoutError, _>(late));
        reader.feed_data(b"ne\n")?;
        let line = co.yield_from(wait_for(reader.readline(), secs(1)))?;
        assert_eq!(line, b"half a line\n");
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_came_before_an_exception_is_read_by_who_waits() {
    run_virtual(|co: &Co| {
        let reader = reader(100, b"");
        let read = create_task(reader.read(10));
        turns(co, 1)?;
        reader.feed_data(b"before")?;
        reader.set_exception(Error::msg("unplugged"));
        assert_eq!(co.yield_from(read)?, b"before");
        let later = co.yield_from(reader.read(10)).unwrap_err();
        assert_eq!(later.to_string(), "unplugged");
        assert!(format!("{reader:?}").ends_with("limit=100 exception=unplugged>"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_exception_after_too_little_data_is_not_waited_out() {
    run_virtual(|co: &Co| {
        let reader = reader(100, b"");
        let read = create_task(reader.readexactly(10));
        turns(co, 1)?;
        reader.feed_data(b"too little")?;
        reader.feed_data(b"")?;
        let other = create_task(reader.readexactly(10));
        turns(co, 1)?;
        reader.set_exception(Error::msg("unplugged"));
        assert_eq!(co.yield_from(read)?, b"too little");
        let error = co.yield_from(other).unwrap_err();
        assert_eq!(error.to_string(), "unplugged");
        Ok(())
    })
    .unwrap();
}

#[test]
fn two_readers_do_not_disturb_each_other() {
    run_virtual(|co: &Co| {
        let reader = reader(100, b"");
        let first = create_task(reader.readuntil(b"ab"));
        turns(co, 1)?;
        reader.feed_data(b"xxx")?;
        turns(co, 2)?;
        // Takes what the first has searched, while that waits.
        assert_eq!(co.yield_from(reader.read(3))?, b"xxx");
        reader.feed_data(b"ab")?;
        assert_eq!(co.yield_from(first)?, b"ab");

        let first = create_task(reader.read(3));
        turns(co, 1)?;
        let second = reader.clone();
        // Begins before the first, which is woken, has its turn.
        let second = create_task(move |co: &Co| {
            let data = co.yield_from(second.read(3))?;
            Ok([data, co.yield_from(second.read(3))?])
        });
        reader.feed_data(b"one")?;
        let stolen = co.yield_from(first);
        assert!(
            failed_with::<RuntimeError, _>(stolen),
            "and not an empty read"
        );
        reader.feed_data(b"two")?;
        assert_eq!(co.yield_from(second)?, [b"one", b"two"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn lines_over_the_limit_are_dropped_as_in_cpython() {
    run_virtual(|co: &Co| {
        let found = reader(3, b"line1\nline2\n");
        assert!(failed_with::<ValueError, _>(
            co.yield_from(found.readline())
        ));
        found.feed_eof();
        assert_eq!(co.yield_from(found.read(None))?, b"line2\n");
        let missing = reader(3, b"li");
        missing.feed_data(b"ne1")?;
        let error = co.yield_from(missing.readline()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("readline: no separator in 5 bytes"),
            "{error}"
        );
        missing.feed_data(b"2\n")?;
        assert_eq!(co.yield_from(missing.readline())?, b"2\n");
        Ok(())
    })
    .unwrap();
}

#[test]
fn errors_say_what_is_left() {
    run_virtual(|co: &Co| {
        let reader = reader(4, b"somedataAA");
        let overrun = co.yield_from(reader.readuntil(b"AAA")).unwrap_err();
        assert_eq!(
            overrun
                .downcast_ref::<LimitOverrunError>()
                .unwrap()
                .consumed(),
            8
        );
        assert_eq!(
            co.yield_from(reader.readexactly(8))?,
            b"somedata",
            "it stays"
        );
        reader.feed_eof();
        let end = co.yield_from(reader.readuntil(b"AAA")).unwrap_err();
        let incomplete = end.downcast_ref::<IncompleteReadError>().unwrap();
        assert_eq!(
            (incomplete.partial(), incomplete.expected()),
            (&b"AA"[..], None)
        );
        assert_eq!(co.yield_from(reader.read(9))?, b"");
        assert!(failed_with::<ValueError, _>(
            co.yield_from(reader.readuntil(b""))
        ));
        assert!(failed_with::<RuntimeError, _>(reader.feed_data(b"more")));
        assert!(failed_with::<ValueError, _>(StreamReader::new(0)));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_reader_may_be_shared_by_loops_one_after_the_other() {
    let reader = reader(10, b"");
    let fed = reader.clone();
    let wait = move |co: &Co| co.yield_from(wait_for(reader.readexactly(3), secs(1)));
    assert!(failed_with::<TimeoutError, _>(run_virtual(wait)));
    fed.feed_data(b"abc").unwrap();
    let read = move |co: &Co| -> Result<Vec<u8>> { co.yield_from(fed.readexactly(3)) };
    assert_eq!(run_virtual(read).unwrap(), b"abc");
}
