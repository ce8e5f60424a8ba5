//! What becomes of errors and warnings when the program has no logger.
//!
//! They go to standard error, as the last-resort handler of Python's `logging` does: the message alone, from
//! the level WARNING on. Both crates log such things by the macro [`report!`](crate::report), and nothing
//! else in them prints.

use std::fmt;
use std::io::{self, Write};
use std::mem::size_of_val;

use log::{Level, LevelFilter, Metadata};

/// Logs an error or a warning; if the program has no logger, writes the message to standard error.
///
/// It is for libraries whose programs would be silent otherwise. It takes what the macros of the crate
/// `log` take, after a level, which is `Error` or `Warn`.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::report;
///
/// report!(Warn, "the taxi {} has no fuel", 7);
/// report!(target: "taxi", Error, "the taxi {} is lost", 7);
/// ```
#[macro_export]
macro_rules! report {
    (target: $target:expr, $level:ident, $($message:tt)+) => {
        if $crate::last_resort::applies() {
            $crate::last_resort::write(::std::format_args!($($message)+));
        } else {
            $crate::last_resort::log::log!(
                target: $target,
                $crate::last_resort::log::Level::$level,
                $($message)+
            );
        }
    };
    ($level:ident, $($message:tt)+) => {
        $crate::report!(target: ::std::module_path!(), $level, $($message)+)
    };
}

pub use log;

/// Returns whether the program has no logger, so that the messages go to standard error.
///
/// The crate `log` does not tell. Its own logger, which stands there until another is installed, has no
/// data and wants nothing. A program may have switched its logger off, which is not the same: that one
/// has data, or wants errors all the same.
pub fn applies() -> bool {
    if log::max_level() != LevelFilter::Off {
        return false;
    }
    let logger = log::logger();
    let error = Metadata::builder().level(Level::Error).target("").build();
    size_of_val(logger) == 0 && !logger.enabled(&error)
}

/// Returns whether a warning with this target is shown anywhere.
pub fn shows_warnings(target: &str) -> bool {
    log::log_enabled!(target: target, Level::Warn) || applies()
}

/// Writes a message to standard error, or nothing if that is closed.
pub fn write(message: fmt::Arguments<'_>) {
    // What is shown may be the program's, and may print as well. So this comes before the lock is taken.
    let line = format!("{message}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}
