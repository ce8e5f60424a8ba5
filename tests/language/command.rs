//! The commands that replay a scenario: their argument, and how they end.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::process;

use super::session::Stop;
use crate::json::Malformed;

/// What stops a command: unusable input, or something that is not the scenario's fault.
#[derive(Debug)]
pub struct Failure {
    message: String,
    status: i32,
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self {
            message: malformed.to_string(),
            status: 2,
        }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        let message = stop.to_string();
        let status = match stop {
            // Whoever read the trace has seen enough of it.
            Stop::Output(error) if error.kind() == ErrorKind::BrokenPipe => 0,
            Stop::Output(_) => 1,
            _ => 2,
        };
        Self { message, status }
    }
}

impl Failure {
    /// Makes a failure that has nothing to do with the scenario.
    pub fn other(error: impl fmt::Display) -> Self {
        Self {
            message: error.to_string(),
            status: 1,
        }
    }
}

/// Where a command writes the trace to.
pub type Out = BufWriter<io::StdoutLock<'static>>;

/// Replays the scenario that the command line names, by `play`, and ends the process.
///
/// What `play` makes it should forget rather than drop: there is no use in ending the bodies one
/// by one.
pub fn replay(program: &str, play: impl FnOnce(&[u8], Out) -> Result<(), Failure>) -> ! {
    let mut args = std::env::args_os().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        fail(format_args!("usage: {program} FILE"), 2);
    };
    let text = std::fs::read(&path).map_err(|error| Failure {
        message: format!(" {error}"),
        status: 2,
    });
    match text.and_then(|text| play(&text, BufWriter::new(io::stdout().lock()))) {
        Ok(()) | Err(Failure { status: 0, .. }) => process::exit(0),
        Err(Failure { message, status: 1 }) => {
            fail(format_args!("{program}: {message}"), 1);
        }
        Err(Failure { message, status }) => {
            let path = path.to_string_lossy();
            fail(format_args!("{program}: {path}:{message}"), status);
        }
    }
}

/// Ends the program with one line on standard error, which may be closed.
fn fail(message: fmt::Arguments<'_>, status: i32) -> ! {
    let _ = writeln!(io::stderr(), "{message}");
    process::exit(status)
}
