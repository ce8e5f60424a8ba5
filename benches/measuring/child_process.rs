//! Running a process to its end, which must come, and reading what it has printed.

use std::env;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use rustix::time::Timespec;

use crate::measuring::interrupt;

/// A child that takes longer than this, for a sample or to say its version, hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How often somebody who waits for a child looks whether an early end is asked for.
const GLANCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// The hidden option for the processor of a contestant's partner.
const OTHER: &str = "--other";

/// Runs a child to its end, and returns what it has printed.
///
/// # Errors
///
/// It takes too long, or an early end was asked for: then it is killed.
pub(crate) fn output(command: &mut Command, patience: Duration) -> Result<Output> {
    // Files, as a pipe that nobody reads would hold up whoever has much to say.
    let (mut out, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let command = command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(errors.try_clone()?);
    let mut child = command.spawn().context("can't start it")?;
    if let Err(error) = wait(&child, patience) {
        child.kill()?;
        child.wait()?;
        return Err(error);
    }
    let status = child.wait()?;
    if status.signal() == Some(Signal::INT.as_raw()) {
        // At a terminal, Ctrl-C is for children as well.
        interrupt::ask();
    }
    Ok(Output {
        status,
        stdout: written(&mut out)?,
        stderr: written(&mut errors)?,
    })
}

/// Waits until a child has ended, and reaps it not.
fn wait(child: &Child, patience: Duration) -> Result<()> {
    let pid = Pid::from_child(child);
    let process = pidfd_open(pid, PidfdFlags::empty()).context("can't watch the child")?;
    let start = Instant::now();
    loop {
        let mut ended = [PollFd::new(&process, PollFlags::IN)];
        match poll(&mut ended, Some(&GLANCE)) {
            Ok(1) => return Ok(()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if interrupt::asked() {
            bail!("interrupted");
        }
        if start.elapsed() > patience {
            bail!("it was killed as it has not ended within {patience:?}");
        }
    }
}

fn written(file: &mut File) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// Returns where this program is.
pub(crate) fn this_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        // This name stays valid when the program is compiled anew meanwhile.
        Ok("/proc/self/exe".into())
    } else {
        env::current_exe()
    }
}

/// Returns what runs this program, as it is there, as something else.
pub(crate) fn role(program: PathBuf, role: &str, which: &[&str], other: Option<usize>) -> Command {
    let mut command = Command::new(program);
    command.arg(role).args(which);
    if let Some(other) = other {
        command.arg(OTHER).arg(other.to_string());
    }
    // So that the last line says what has happened.
    command.env("RUST_BACKTRACE", "0");
    command
}

/// Returns the last line that a process has written about itself.
pub(crate) fn last_words(errors: &[u8]) -> Option<String> {
    let errors = String::from_utf8_lossy(errors);
    let mut lines = errors.lines().rev();
    // A panic ends with a note about backtraces.
    lines
        .find(|line| !line.trim().is_empty() && !line.starts_with("note:"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_child_that_hangs_is_killed() {
        let start = Instant::now();
        let error = output(&mut shell("exec sleep 100"), Duration::from_millis(1)).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(50));
        assert!(
            error.to_string().contains("has not ended within 1ms"),
            "{error}"
        );
    }

    #[test]
    fn a_child_may_say_more_than_a_pipe_holds() {
        let script = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; exit 3";
        let output = output(&mut shell(script), PATIENCE).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (output.stdout.len(), output.stderr.len()),
            (1_000_000, 1_000_000)
        );
    }
}
