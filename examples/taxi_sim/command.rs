//! The command: its options, its seed and its errors.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use num_bigint::BigInt;
use yieldfrom_delegation::{Error, Result};

use crate::options::Options;

/// Runs a simulation with the options from the command line.
///
/// Tells the seed afterwards, if it was not given.
pub(crate) fn run(name: &str, simulate: fn(&Options, &BigInt) -> Result<()>) -> ExitCode {
    let options = Options::parse();
    let seed = options.seed();
    // What cannot be written to standard error is lost: there is nobody left to tell.
    match simulate(&options, &seed) {
        Err(error) if is_broken_pipe(&error) => {}
        Err(error) => {
            let _ = writeln!(io::stderr(), "{name}: {error}");
            return ExitCode::FAILURE;
        }
        Ok(()) if options.seed_is_given() => {}
        Ok(()) => {
            let _ = writeln!(io::stderr(), "seed: {seed}");
        }
    }
    ExitCode::SUCCESS
}

/// Returns whether the reader has gone away, as `head` does: no reason to complain.
fn is_broken_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
