//! Contestants that are Python scripts.
//!
//! A script defines `contestant(case)`, which returns a function that does so many
//! operations, or `sample(case)`, which measures by itself. What takes the time, in
//! `python/meter.py`, is the twin of `measuring/meter.rs`.

use std::process::Command;

use crate::measuring::child_process::{PATIENCE, output};

const METER: &str = include_str!("python/meter.py");

/// Returns what runs `script`, after a prelude, for one sample.
pub(crate) fn command(prelude: &str, script: &str, case: &str, quick: bool) -> Command {
    let mut command = Command::new("python3");
    // The script defines the contestant before the meter, which comes last, asks for it.
    command
        .arg("-c")
        .arg(format!("{prelude}\n{script}\n{METER}"))
        .arg(case);
    if quick {
        command.arg("quick");
    }
    command
}

/// Returns the version of Python, or of one of its packages, or why there is none.
pub(crate) fn version(package: Option<&str>) -> Result<String, String> {
    let script = match package {
        None => "import platform; print(platform.python_version())".to_owned(),
        Some(name) => format!("import {name}; print({name}.__version__)"),
    };
    let mut python = Command::new("python3");
    let output = output(python.arg("-c").arg(script), PATIENCE);
    match (output, package) {
        (Ok(output), _) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        (Ok(_), Some(name)) => Err(format!("python3 has no package {name}")),
        (Ok(output), None) => Err(format!("python3 does not work: {}", output.status)),
        (Err(error), _) => Err(format!("can't run python3: {error:#}")),
    }
}
