//! Runs a generator scenario, and prints its trace.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process;

use tests::generators::{Player, Stop, parse};

/// What stops the program: unusable input, or output that cannot be written.
enum Failure {
    Input(String),
    Output(io::Error),
}

fn main() {
    let mut args = std::env::args_os().skip(1);
    let (Some(path), None) = (args.next(), args.next()) else {
        fail("usage: replay-generators FILE", 2);
    };
    let path = path.to_string_lossy();
    match replay(&path) {
        Ok(()) => process::exit(0),
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => process::exit(0),
        Err(Failure::Output(error)) => fail(
            &format!("replay-generators: cannot write the trace: {error}"),
            1,
        ),
        Err(Failure::Input(why)) => fail(&format!("replay-generators: {path}:{why}"), 2),
    }
}

fn replay(path: &str) -> Result<(), Failure> {
    let text = std::fs::read(path).map_err(|error| Failure::Input(format!(" {error}")))?;
    let scenario = parse(&text).map_err(|malformed| Failure::Input(malformed.to_string()))?;
    let player = Player::new(scenario, BufWriter::new(io::stdout().lock()));
    let outcome = player.play();
    // The process ends here: there is no use in ending the bodies one by one.
    std::mem::forget(player);
    match outcome {
        Ok(()) => Ok(()),
        Err(Stop::Output(error)) => Err(Failure::Output(error)),
        Err(stop) => Err(Failure::Input(stop.to_string())),
    }
}

/// Ends the program with one line on standard error, which may be closed.
fn fail(message: &str, status: i32) -> ! {
    let _ = writeln!(io::stderr(), "{message}");
    process::exit(status)
}
