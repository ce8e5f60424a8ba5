//! Runs the command `attack`.

use std::process::{Command, Output};

use super::own_process::output;

/// Runs that many random programs, and returns how this ended, and what it said.
pub(crate) fn attack(target: &str, count: u32) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attack"));
    command.args([target, "--seed", "1", "--count", &count.to_string()]);
    // Nothing takes long; but a machine may stand still.
    command.args(["--patience", "300"]);
    let output = output(&mut command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, said)
}
