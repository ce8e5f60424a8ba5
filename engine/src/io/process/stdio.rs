//! Where the standard streams of a child process go.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::errors::ValueError;
use yieldfrom_delegation::Result;

/// Where a standard stream of a child process goes, or comes from: [`PIPE`], [`DEVNULL`],
/// [`STDOUT`], or a descriptor, such as that of a file.
///
/// [`CreateSubprocess::stdout`](super::CreateSubprocess::stdout) has an example.
#[derive(Debug)]
pub struct Stdio(pub(super) StdioKind);

#[derive(Debug)]
pub(super) enum StdioKind {
    Pipe,
    Null,
    Merged,
    Descriptor(OwnedFd),
}

/// A pipe to this process; its end is in the [`Process`](super::Process).
pub const PIPE: Stdio = Stdio(StdioKind::Pipe);

/// Nothing: `/dev/null`.
pub const DEVNULL: Stdio = Stdio(StdioKind::Null);

/// For standard error only: where standard output goes.
pub const STDOUT: Stdio = Stdio(StdioKind::Merged);

impl From<OwnedFd> for Stdio {
    fn from(fd: OwnedFd) -> Self {
        Self(StdioKind::Descriptor(fd))
    }
}

impl From<File> for Stdio {
    fn from(file: File) -> Self {
        Self(StdioKind::Descriptor(file.into()))
    }
}

/// Returns where standard output and standard error go together, and this process's end of the pipe
/// if that is one.
pub(super) fn merge(stdout: Option<Stdio>) -> io::Result<(Stdio, Stdio, Option<OwnedFd>)> {
    let (to, end) = match stdout {
        Some(Stdio(StdioKind::Pipe)) => {
            let (ours, theirs) = io::pipe()?;
            (OwnedFd::from(theirs), Some(ours.into()))
        }
        Some(Stdio(StdioKind::Descriptor(fd))) => (fd, None),
        Some(Stdio(StdioKind::Null)) => return Ok((DEVNULL, DEVNULL, None)),
        Some(Stdio(StdioKind::Merged)) => return Ok((STDOUT, STDOUT, None)),
        None => (io::stdout().as_fd().try_clone_to_owned()?, None),
    };
    Ok((to.try_clone()?.into(), to.into(), end))
}

impl Stdio {
    pub(super) fn into_std(self, operation: &str) -> Result<std::process::Stdio> {
        Ok(match self.0 {
            StdioKind::Pipe => std::process::Stdio::piped(),
            StdioKind::Null => std::process::Stdio::null(),
            StdioKind::Descriptor(fd) => fd.into(),
            StdioKind::Merged => {
                let why = format!("{operation}: STDOUT is for stderr only");
                return Err(ValueError::new(why).into());
            }
        })
    }
}
