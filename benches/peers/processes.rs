//! Contestants that are processes: this program once more, which does nothing, or nothing but wait.

use std::env;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::process::{Child, Command, ExitCode};

use anyhow::{Context, Result};

use crate::measuring::child_process::this_program;

/// The hidden options by which this program does nothing.
const NOTHING: &str = "--nothing";
const WAIT: &str = "--wait";

/// Does nothing if this process was started for that.
pub(crate) fn role() -> Option<ExitCode> {
    match env::args_os().nth(1)?.to_str()? {
        NOTHING => Some(ExitCode::SUCCESS),
        WAIT => Some(wait()),
        _ => None,
    }
}

/// Says that it is there, and waits until its input ends.
fn wait() -> ExitCode {
    let said = io::stdout().write_all(b"!");
    let said = said.and_then(|()| io::stdout().flush());
    match said.and_then(|()| io::stdin().read(&mut [0])) {
        Ok(0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Starts a process that ends at once.
///
/// # Panics
///
/// The system has no room for it: here and below, then there is no sample.
pub(crate) fn start() -> Child {
    this_program()
        .and_then(|program| Command::new(program).arg(NOTHING).spawn())
        .expect("this system has room for a process")
}

/// Waits for a process to end.
pub(crate) fn joined(mut child: Child) {
    let status = child.wait().expect("it is a child");
    assert!(status.success(), "a process has ended with {status}");
}

/// Processes that wait, all for the same.
pub(crate) struct Waiting {
    pub(crate) children: Vec<Child>,
    /// Their input, which ends with this.
    input: PipeWriter,
}

impl Waiting {
    /// Starts so many, and returns when all of them wait.
    pub(crate) fn start(count: usize) -> Result<Self> {
        let (read, input) = io::pipe()?;
        let (mut heard, say) = io::pipe()?;
        let child = |_| Self::child(&read, &say).context("this system has no room for it");
        let children = (0..count).map(child).collect::<Result<_>>()?;
        // Only they are to have it, so that this does not wait for one that has ended.
        drop(say);
        heard.read_exact(&mut vec![0; count])?;
        Ok(Self { children, input })
    }

    fn child(input: &PipeReader, output: &PipeWriter) -> io::Result<Child> {
        let mut command = Command::new(this_program()?);
        let command = command.arg(WAIT).stdin(input.try_clone()?);
        command.stdout(output.try_clone()?).spawn()
    }

    /// Lets them end.
    pub(crate) fn end(self) {
        drop(self.input);
        self.children.into_iter().for_each(joined);
    }
}
