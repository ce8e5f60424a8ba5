//! This program once more, built with the feature `native-switch`.
//!
//! A build has one switch between stacks. So the contestant with the other one is in another build,
//! which cargo makes beside this one when it is first asked for.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::measuring::child_process::{last_words, output};

/// The first build compiles all peers again, which takes minutes.
const PATIENCE: Duration = Duration::from_secs(1200);
pub(crate) const FEATURE: &str = "native-switch";

/// Builds the program, and returns which switch it has, or why there is none.
pub(crate) fn version() -> Result<String, String> {
    let failed = |why: &dyn std::fmt::Display| format!("can't build it with {FEATURE}: {why}");
    let folder = folder().map_err(|error| failed(&error))?;
    let output = output(build().arg("--target-dir").arg(folder), PATIENCE);
    let output = output.map_err(|error| failed(&format!("{error:#}")))?;
    if output.status.success() {
        Ok(format!("this program with {FEATURE}"))
    } else {
        let words = last_words(&output.stderr).unwrap_or_default();
        Err(failed(&words.trim()))
    }
}

/// Returns what runs the cargo that has built this program, or the one there is.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn build() -> Command {
    let mut command = cargo();
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["build", "--quiet", "--bin", "versus", "--features", FEATURE]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    command
}

/// Returns where the program is.
pub(crate) fn program() -> io::Result<PathBuf> {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    Ok(folder()?.join(profile).join("versus"))
}

/// Returns the folder for the build: beside this program, but not in the way of other builds.
fn folder() -> io::Result<PathBuf> {
    Ok(env::current_exe()?.with_file_name("versus-native"))
}
