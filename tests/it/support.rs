//! What several tests need: what was logged, and running a test again in a process of its own.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::process::{Command, Output};
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

const CHILD: &str = "YIELDFROM_TEST_CHILD";

/// Returns whether this process was started by [`again`].
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Returns how many descriptors this process has: of use in a process of its own only.
pub(crate) fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Returns a command that runs one test, named with its module, in a process of its own.
pub(crate) fn again(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test has a file"));
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1");
    command
}

/// Runs a command and returns its output, whatever its status.
pub(crate) fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("can't run {command:?}: {error}"))
}

/// Returns what a process wrote to standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
