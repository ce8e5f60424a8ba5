//! Tracebacks of errors: the line that made them, and the delegations that they have left.

mod methods;
mod shown;
mod waits;

use yieldfrom::{
    Co, Coroutine, Error, FrameSummary, Generator, Result, bail, coroutine, yield_now,
};

use crate::support::run_virtual;

/// Returns the frames as their names and lines, the outermost first. All must be of this folder.
fn frames_of(error: &Error) -> Vec<(String, u32)> {
    let frames = error.traceback();
    let ours = |frame: &FrameSummary| frame.file().contains("tracebacks");
    assert!(frames.iter().all(ours), "{error:?}");
    let frame = |frame: FrameSummary| (frame.name().unwrap_or("").to_owned(), frame.line());
    frames.into_iter().map(frame).collect()
}

const PARSE: u32 = line!() + 3;
/// Is simply called, so it has a line but no frame.
fn parse(text: &str) -> Result<i32> {
    Ok(text.parse()?)
}

/// The innermost of five delegations.
fn one(co: &Co) -> Result<i32> {
    co.yield_from(yield_now())?;
    parse("x")
}

const TWO: u32 = line!() + 2;
fn two(co: &Co) -> Result<i32> {
    co.yield_from(one)
}

const THREE: u32 = line!() + 2;
fn three() -> Coroutine<i32> {
    coroutine(|co| co.yield_from(two))
}

const FOUR: u32 = line!() + 2;
fn four(co: &Co) -> Result<i32> {
    let outcome = co.yield_from(three());
    co.yield_from(yield_now())?; // cleans up, which is not where it has failed
    outcome
}

const FIVE: u32 = line!() + 2;
fn five(co: &Co) -> Result<i32> {
    co.yield_from(Generator::new(four))
}

/// Returns the frames of the error of `five`, below these.
fn below<const N: usize>(outer: [(&str, u32); N]) -> Vec<(String, u32)> {
    let inner = [
        ("five", FIVE),
        ("four", FOUR),
        ("three", THREE),
        ("two", TWO),
        ("one", PARSE),
    ];
    let frames = outer.into_iter().chain(inner);
    frames.map(|(name, line)| (name.to_owned(), line)).collect()
}

#[test]
fn a_failure_five_delegations_deep_has_five_lines() {
    let error = run_virtual(five).unwrap_err();
    assert_eq!(frames_of(&error), below([]));
    assert!(error.is::<std::num::ParseIntError>());
    assert!(error.traceback().iter().all(FrameSummary::is_exact));
}

#[test]
fn each_way_to_make_an_error_notes_its_line() {
    type Maker = fn() -> Result<()>;
    let here = line!();
    let makers: [Maker; 7] = [
        || Err(std::fmt::Error)?,
        || Err(Error::from(std::fmt::Error)),
        || Err(Error::new(std::fmt::Error)),
        || Err(Error::msg("no fuel")),
        || Err(Error::stop_iteration(std::fmt::Error)),
        || bail!("no fuel for {}", "taxis"),
        || bail!(std::fmt::Error),
    ];
    for (maker, line) in makers.into_iter().zip(here + 2..) {
        let made = maker().unwrap_err();
        assert_eq!(frames_of(&made), [(String::new(), line)]);
        let left = run_virtual(move |_: &Co| maker()).unwrap_err();
        assert_eq!(frames_of(&left)[0].1, line, "{left:?}");
    }
}

#[test]
fn a_line_of_the_standard_library_is_not_shown() {
    let here = line!() + 2;
    let error = run_virtual(|co: &Co| {
        co.yield_from(yield_now())?;
        "x".parse::<i32>().map_err(Error::from)
    });
    let error = error.unwrap_err();
    let frames = error.traceback();
    assert_eq!((frames.len(), frames[0].line()), (1, here));
    assert!(!frames[0].is_exact());
    let shown = format!("after line {here}, in ");
    assert!(frames[0].to_string().contains(&shown), "{}", frames[0]);
    let unmoved = "x".parse::<i32>().map_err(Error::from);
    assert_eq!(unmoved.unwrap_err().traceback(), []);
}

#[test]
fn cancellations_and_exits_collect_nothing() {
    fn fails(co: &Co, error: Error) -> Result<()> {
        co.yield_from(move |co: &Co| {
            co.yield_from(Generator::new(move |_: &Co| Err::<(), _>(error)))
        })
    }
    for error in [Error::cancelled(), Error::generator_exit()] {
        let raised = error.clone();
        let g = Generator::new(move |co: &Co| fails(co, raised));
        let left = g.next().unwrap_err();
        assert_eq!(left.traceback(), []);
        assert!(left.ptr_eq(&error), "it is no copy");
    }
}

#[test]
fn an_error_that_is_thrown_in_begins_at_the_yield() {
    let g = Generator::<i32>::new(|co| co.yield_(1));
    let suspended = line!() - 1;
    g.next().unwrap();
    let error = g.throw(Error::msg("thrown")).unwrap_err();
    let thrown = line!() - 1;
    let lines: Vec<_> = frames_of(&error)
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    assert_eq!(lines, [suspended, thrown]);
}

#[test]
fn a_wrapped_stop_iteration_keeps_the_line() {
    let raised = Generator::<i32>::new(|_| Err(Error::stop_iteration(std::fmt::Error)));
    let here = line!() - 1;
    let error = raised.next().unwrap_err();
    assert!(error.is_raised_stop_iteration());
    assert_eq!(frames_of(&error)[0].1, here);
}
