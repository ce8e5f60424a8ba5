//! Errors of this library among those of others: `anyhow`, `eyre`, `Box<dyn Error + Send + Sync>`; and errors
//! of other threads.

use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;

use yieldfrom::{
    Co, Error, EventLoop, Generator, Result, RuntimeError, SendError, TypeError, ValueError, bail,
    ensure, exception, gather, to_thread, try_to_thread,
};

use crate::support::run_virtual;

exception! {
    /// There is no such flag.
    #[derive(PartialOrd)]
    pub NotFound,
    Busy
}

fn fails(_: &Co) -> Result<()> {
    Err(Error::msg("no fuel"))
}
const FAILS: u32 = line!() - 2;

/// Checks what is left of the error of `fails`.
fn check(error: &SendError) {
    assert_eq!(error.to_string(), "no fuel");
    let frames = error.traceback();
    assert_eq!((frames[0].name(), frames[0].line()), (Some("fails"), FAILS));
    let shown = format!("{error:?}");
    assert!(
        shown.starts_with("Traceback (most recent call last):\n"),
        "{shown}"
    );
}

#[test]
fn anyhow_and_eyre_take_it_by_one_call() {
    fn by_anyhow() -> anyhow::Result<()> {
        run_virtual(fails).map_err(Error::into_send)?;
        Ok(())
    }
    fn by_eyre() -> eyre::Result<()> {
        Ok(run_virtual(fails).map_err(Error::into_send)?)
    }
    check(by_anyhow().unwrap_err().downcast_ref().unwrap());
    check(by_eyre().unwrap_err().downcast_ref().unwrap());
}

#[test]
fn boxes_take_it_by_a_question_mark() {
    fn local() -> Result<(), Box<dyn StdError>> {
        Ok(run_virtual(fails)?)
    }
    fn sendable() -> Result<(), Box<dyn StdError + Send + Sync>> {
        Ok(run_virtual(fails)?)
    }
    assert_eq!(local().unwrap_err().to_string(), "no fuel");
    check(sendable().unwrap_err().downcast_ref().unwrap());
}

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no number")
    }
}

impl StdError for Outer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn the_causes_are_kept_as_texts() {
    let error = Error::new(Outer("x".parse::<i32>().unwrap_err())).into_send();
    let cause = error.source().unwrap();
    assert_eq!(cause.to_string(), "invalid digit found in string");
    assert!(cause.source().is_none());
    assert!(format!("{error:?}").ends_with("Caused by: invalid digit found in string"));
}

/// An error that may be sent, but not shared.
#[derive(Debug)]
struct Broken(Cell<u32>);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken down")
    }
}

impl StdError for Broken {}

#[test]
fn the_error_of_a_job_keeps_its_type() {
    let error = EventLoop::new()
        .unwrap()
        .run_until_complete(|co: &Co| {
            let jobs = [1, 2].map(|n| try_to_thread(move || Err::<(), _>(Broken(Cell::new(n)))));
            co.yield_from(gather(jobs)).map(drop)
        })
        .unwrap_err();
    let broken = error.downcast_ref::<Broken>().unwrap();
    // Which of the two threads is first is not said.
    assert!([1, 2].contains(&broken.0.get()));
    assert_eq!(error.traceback().last().unwrap().line(), line!() - 6);
}

#[test]
fn a_job_with_a_result_of_its_own_is_left_alone() {
    let outcome = EventLoop::new()
        .unwrap()
        .run_until_complete(|co: &Co| co.yield_from(to_thread(|| Err::<(), _>(fmt::Error))));
    assert_eq!(outcome.unwrap(), Err(fmt::Error));
}

#[test]
fn an_error_of_another_threads_generators_comes_with_its_traceback() {
    let job = || -> Result<(), SendError> {
        let g: Generator<i32> = Generator::new(|_| {
            ensure!(1 > 2, "no fuel");
            Ok(())
        });
        g.next().map(drop).map_err(Error::into_send)
    };
    let made = line!() - 5;
    let error = EventLoop::new()
        .unwrap()
        .run_until_complete(move |co: &Co| co.yield_from(try_to_thread(job)))
        .unwrap_err();
    let waited = line!() - 2;
    let lines: Vec<_> = error.traceback().iter().map(|frame| frame.line()).collect();
    assert_eq!(lines, [waited, made]);
    assert_eq!(error.to_string(), "no fuel");
    let text = format!("{error:?}");
    assert!(text.ends_with("\nno fuel"), "{text}");
    assert_eq!(text.matches("Traceback").count(), 1, "{text}");
}

#[test]
fn a_program_defines_and_raises_exceptions() {
    fn fetch(_: &Co) -> Result<()> {
        bail!(NotFound::new("no flag of XX"))
    }
    let error = run_virtual(fetch).unwrap_err();
    let not_found = error.downcast_ref::<NotFound>();
    assert!(not_found > Some(&NotFound::new("a")) && !error.is::<Busy>());
    assert!(
        format!("{error:?}").ends_with("::NotFound: no flag of XX"),
        "{error:?}"
    );
    let busy = Error::new(Busy::new(String::from("busy")));
    assert_eq!(busy.to_string(), "busy");
    let raised: [Error; 3] = [
        ValueError::new("value").into(),
        TypeError::new("type").into(),
        RuntimeError::new("runtime").into(),
    ];
    assert_eq!(
        raised.map(|error| error.to_string()),
        ["value", "type", "runtime"]
    );
}
