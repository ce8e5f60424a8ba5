//! What is logged while a test runs, kept for the thread that logs it.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::Once;

thread_local! {
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what each thread logs, for its own test.
struct Collect;

impl log::Log for Collect {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}", record.level(), record.args());
        // Destructors of other thread locals log, too.
        let _ = LOGGED.try_with(|logged| logged.borrow_mut().push(line));
    }

    fn flush(&self) {}
}

/// Returns what `f` logs on this thread, and what it returns.
///
/// Without the reports of what is slow: on a busy machine, or where a panic prints its backtrace,
/// anything may be.
pub(crate) fn log_of<R>(f: impl FnOnce() -> R) -> (Vec<String>, R) {
    let (mut logged, result) = log_with_slow(f);
    logged.retain(|line| !line.starts_with("WARN Executing "));
    (logged, result)
}

/// Returns all that `f` logs on this thread, and what it returns.
pub(crate) fn log_with_slow<R>(f: impl FnOnce() -> R) -> (Vec<String>, R) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::set_logger(&Collect).expect("no other logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
    LOGGED.take();
    let result = f();
    (LOGGED.take(), result)
}

/// Returns how a line of the calling file is named in what is logged.
#[track_caller]
pub(crate) fn at(line: u32) -> String {
    format!("{}:{line}", Location::caller().file())
}
