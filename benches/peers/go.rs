//! Contestants that are goroutines: one program for all questions, in the folder `go`.
//!
//! It is compiled by the `go` on this machine, beside the program that compares, when it
//! is first asked for. What takes its time, in `go/meter.go`, is the twin of `measuring/meter.rs`.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::measuring::child_process::{PATIENCE, output};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/go");

/// Returns what runs the program for one sample.
pub(crate) fn command(
    question: &str,
    case: &str,
    quick: bool,
    processors: usize,
) -> io::Result<Command> {
    let mut command = Command::new(program()?);
    // As the others, goroutines have one processor to themselves, unless two are asked for.
    command.env("GOMAXPROCS", processors.to_string());
    command.args([question, case]);
    if quick {
        command.arg("quick");
    }
    Ok(command)
}

/// Compiles the program and returns the version of Go, or why there is none.
pub(crate) fn version() -> Result<String, String> {
    let version = run(go().args(["env", "GOVERSION"]))?;
    let program = program().map_err(|error| error.to_string())?;
    run(go()
        .args(["build", "-buildvcs=false", "-o"])
        .arg(program)
        .arg("."))?;
    Ok(version)
}

fn go() -> Command {
    let mut command = Command::new("go");
    // What is there will do: nothing is to be fetched.
    command.current_dir(SOURCES).env("GOTOOLCHAIN", "local");
    command
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = output(command, PATIENCE).map_err(|error| format!("can't run go: {error:#}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("go does not work: {}", errors.trim()))
    }
}

/// Returns where the program is: beside this one.
fn program() -> io::Result<PathBuf> {
    Ok(env::current_exe()?.with_file_name("versus-go"))
}
