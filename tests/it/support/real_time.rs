//! Loops in real time.

use yieldfrom::{Co, ErrorContext, EventLoop, Result, wait_for, yield_now};

use super::fixtures::{Journal, secs};

/// Runs this on a loop of its own, in real time; what hangs, fails.
pub(crate) fn run_io<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Result<T> {
    run_io_on(&EventLoop::new().unwrap(), body)
}

pub(crate) fn run_io_on<T: 'static>(
    event_loop: &EventLoop,
    body: impl FnOnce(&Co) -> Result<T> + 'static,
) -> Result<T> {
    event_loop.run_until_complete(wait_for(body, secs(20)))
}

/// Returns a loop, and the reports to its exception handler.
pub(crate) fn reporting_loop() -> (EventLoop, Journal) {
    let (event_loop, journal) = (EventLoop::new().unwrap(), Journal::default());
    let reports = journal.clone();
    event_loop.set_exception_handler(Some(Box::new(move |_, context: &ErrorContext| {
        let error = context.get_error().map(|error| format!(": {error}"));
        reports.note(format!(
            "{}{}",
            context.message(),
            error.unwrap_or_default()
        ));
    })));
    (event_loop, journal)
}

/// Lets turns pass until something is the case.
pub(crate) fn until(co: &Co, mut holds: impl FnMut() -> bool) -> Result<()> {
    while !holds() {
        co.yield_from(yield_now())?;
    }
    Ok(())
}

pub(crate) fn turns(co: &Co, n: usize) -> Result<()> {
    (0..n).try_for_each(|_| co.yield_from(yield_now()))
}
