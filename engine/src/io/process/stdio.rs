//! Where the standard streams of a child process go.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::Result;
use crate::errors::ValueError;

/// Where a standard stream of a child process goes: [`PIPE`], [`DEVNULL`], [`STDOUT`], or a
/// descriptor, such as that of a file. Without any, it is this process's own.
///
/// # Examples
///
/// See [`CreateSubprocess::stdout`](super::CreateSubprocess::stdout).
#[derive(Debug)]
pub struct Stdio(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    Pipe,
    Null,
    Merged,
    Descriptor(OwnedFd),
}

/// A pipe to this process, whose end is in the [`Process`](super::Process).
///
/// # Examples
///
/// See [`CreateSubprocess::stdout`](super::CreateSubprocess::stdout).
pub const PIPE: Stdio = Stdio(Kind::Pipe);

/// Nothing: `/dev/null`.
///
/// # Examples
///
/// See [`CreateSubprocess::stdout`](super::CreateSubprocess::stdout).
pub const DEVNULL: Stdio = Stdio(Kind::Null);

/// For standard error only: where standard output goes.
///
/// # Examples
///
/// See [`CreateSubprocess::stderr`](super::CreateSubprocess::stderr).
pub const STDOUT: Stdio = Stdio(Kind::Merged);

impl From<OwnedFd> for Stdio {
    fn from(fd: OwnedFd) -> Self {
        Self(Kind::Descriptor(fd))
    }
}

impl From<File> for Stdio {
    fn from(file: File) -> Self {
        Self(Kind::Descriptor(file.into()))
    }
}

/// Returns what standard output and standard error are together, and the end of the pipe if it is
/// one.
pub(super) fn merge(stdout: Option<Stdio>) -> io::Result<(Stdio, Option<OwnedFd>)> {
    match stdout {
        Some(Stdio(Kind::Pipe)) => {
            let (ours, theirs) = io::pipe()?;
            Ok((OwnedFd::from(theirs).into(), Some(ours.into())))
        }
        Some(other) => Ok((other, None)),
        None => Ok((io::stdout().as_fd().try_clone_to_owned()?.into(), None)),
    }
}

impl Stdio {
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(match &self.0 {
            Kind::Pipe => Kind::Pipe,
            Kind::Null => Kind::Null,
            Kind::Merged => Kind::Merged,
            Kind::Descriptor(fd) => Kind::Descriptor(fd.try_clone()?),
        }))
    }

    pub(super) fn into_std(self, operation: &str) -> Result<std::process::Stdio> {
        Ok(match self.0 {
            Kind::Pipe => std::process::Stdio::piped(),
            Kind::Null => std::process::Stdio::null(),
            Kind::Descriptor(fd) => fd.into(),
            Kind::Merged => {
                let why = format!("{operation}: STDOUT is for stderr only");
                return Err(ValueError::new(why).into());
            }
        })
    }
}
