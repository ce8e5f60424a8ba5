//! Lines of text, by `StreamReader::line`.

use yieldfrom::{Co, Result, StreamReader, ValueError, create_task};

use crate::support::{failed_with, run_virtual, turns};

fn lines(co: &Co, reader: &StreamReader) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    while let Some(line) = co.yield_from(reader.line())? {
        lines.push(line);
    }
    Ok(lines)
}

#[test]
fn lines_have_no_ends_and_the_stream_has_one() {
    let cases: [(&[u8], &[&str]); 6] = [
        (b"", &[]),
        (b"\n", &[""]),
        (b"one\ntwo\n", &["one", "two"]),
        (b"one\r\n\r\ntwo", &["one", "", "two"]),
        (b"a\rb\n\r\r\n", &["a\rb", "\r"]),
        (b"last\r", &["last\r"]),
    ];
    for (data, expected) in cases {
        run_virtual(move |co: &Co| {
            let reader = StreamReader::new(100)?;
            reader.feed_data(data)?;
            reader.feed_eof();
            assert_eq!(lines(co, &reader)?, expected);
            assert_eq!(co.yield_from(reader.line())?, None, "again");
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn a_line_that_is_no_text_or_too_long_is_dropped() {
    run_virtual(|co: &Co| {
        let reader = StreamReader::new(10)?;
        reader.feed_data(b"abc\xff\nfine\nmuch too long\nfine")?;
        reader.feed_eof();
        let error = co.yield_from(reader.line()).unwrap_err();
        assert!(error.is::<ValueError>(), "{error}");
        assert!(error.to_string().starts_with("line: "), "{error}");
        assert!(error.to_string().contains("not valid UTF-8 from byte 3"));
        assert_eq!(co.yield_from(reader.line())?.as_deref(), Some("fine"));
        let error = co.yield_from(reader.line());
        assert!(format!("{error:?}").contains("line: the separator comes after"));
        assert!(failed_with::<ValueError, _>(error));
        assert_eq!(lines(co, &reader)?, ["fine"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_line_that_is_cancelled_stays() {
    run_virtual(|co: &Co| {
        let reader = StreamReader::new(10)?;
        reader.feed_data(b"li")?;
        for is_woken in [false, true] {
            let read = create_task(reader.line());
            turns(co, 1)?;
            if is_woken {
                reader.feed_data(b"ne\n")?;
            }
            read.cancel();
            turns(co, 2)?;
            assert!(read.cancelled());
        }
        assert_eq!(co.yield_from(reader.line())?.as_deref(), Some("line"));
        Ok(())
    })
    .unwrap();
}
