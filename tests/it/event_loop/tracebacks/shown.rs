//! How tracebacks are shown: by `{error:?}`, and in the log.

use std::fmt;

use yieldfrom::{Co, Error, QueueEmpty, Result};

use super::{PARSE, TWO, five, one, two};
use crate::support::{log_of, run_virtual, settle, virtual_loop};

#[test]
fn debug_shows_the_traceback_and_display_the_message() {
    let error = run_virtual(two).unwrap_err();
    let file = file!().replace("tracebacks/shown.rs", "tracebacks.rs");
    let expected = format!(
        "Traceback (most recent call last):\n  \
           File \"{file}\", line {TWO}, in two\n  \
           File \"{file}\", line {PARSE}, in one\n\
         core::num::error::ParseIntError: invalid digit found in string \
         (ParseIntError {{ kind: InvalidDigit }})"
    );
    assert_eq!(format!("{error:?}"), expected);
    assert_eq!(error.to_string(), "invalid digit found in string");
}

#[derive(Debug)]
struct Broken(fmt::Error);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken down")
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn the_causes_come_last() {
    let text = format!("{:?}", Error::new(Broken(fmt::Error)));
    let end = "Broken: broken down (Broken(Error))\nCaused by: an error occurred when formatting an argument";
    assert!(text.ends_with(end), "{text}");
}

/// Returns the last line of what is shown of an error.
fn last_line(error: Error) -> String {
    let text = format!("{error:?}");
    text.lines().last().unwrap_or_default().to_owned()
}

#[derive(Debug)]
struct Lost(&'static str);

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Lost {}

#[test]
fn the_last_line_says_nothing_twice() {
    assert_eq!(last_line(Error::msg("no fuel")), "no fuel");
    assert_eq!(last_line(Error::cancelled()), "cancelled");
    let empty = "yieldfrom::errors::QueueEmpty: the queue is empty";
    assert_eq!(last_line(Error::new(QueueEmpty)), empty);
    let lost = last_line(Error::new(Lost("where \"are\" we?")));
    assert!(lost.ends_with("::Lost: where \"are\" we?"), "{lost}");
    let several = last_line(Error::new(Lost("one\ntwo")));
    assert_eq!(several, "two");
}

#[derive(Debug)]
struct Large([u8; 10_000]);

impl fmt::Display for Large {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "too large: {}", self.0.len())
    }
}

impl std::error::Error for Large {}

#[test]
fn much_data_is_shown_in_short() {
    let last = last_line(Error::new(Large([7; 10_000])));
    assert!(
        last.contains("::Large: too large: 10000 (Large([7, 7, "),
        "{last}"
    );
    assert!(last.ends_with("...)") && last.len() < 1000, "{last}");
}

#[test]
fn a_box_shows_the_traceback_too() {
    let error = Error::msg("no fuel");
    let shown = format!("{error:?}");
    assert!(shown.starts_with("Traceback"), "{shown}");
    let sendable: Box<dyn std::error::Error + Send + Sync> = error.clone().into();
    let local: Box<dyn std::error::Error> = error.into();
    assert_eq!(
        [format!("{local:?}"), format!("{sendable:?}")],
        [&*shown, &*shown]
    );
    assert_eq!(local.to_string(), "no fuel");
}

fn recurse(co: &Co, n: u32) -> Result<()> {
    if n == 0 {
        return Err(Error::msg("the end"));
    }
    co.yield_from(|co: &Co| recurse(co, n - 1))
}

#[test]
fn a_recursion_is_shown_in_short() {
    let error = run_virtual(|co: &Co| recurse(co, 10)).unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.contains("[Previous line repeated 6 more times]\n"),
        "{text}"
    );
    assert!(text.lines().count() < 10, "{text}");
    assert_eq!(error.traceback().len(), 11);
}

#[test]
fn the_log_shows_the_traceback() {
    let (logged, ()) = log_of(|| {
        let event_loop = virtual_loop();
        drop(event_loop.create_task(five));
        drop(event_loop.create_task(one));
        settle(&event_loop);
    });
    let begins = "ERROR Task exception was never retrieved: <Task finished";
    for text in &logged {
        assert!(text.starts_with(begins), "{text}");
        assert!(
            text.contains(">\nTraceback (most recent call last):\n  File "),
            "{text}"
        );
    }
    assert_eq!(logged.len(), 2);
}
