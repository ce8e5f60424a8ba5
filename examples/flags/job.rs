//! What all forms share: what to do, and what has come of it.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use examples::http::{self, HttpError};

use crate::codes::Code;
use crate::options::{Form, Options};

/// What a form is to do.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Where the flags are, without a slash at the end.
    pub(crate) base_url: String,
    /// Where they go.
    pub(crate) folder: PathBuf,
    /// How many requests may be under way at once.
    pub(crate) concurrency: usize,
    pub(crate) http: http::Options,
    /// Which servers of https it trusts.
    pub(crate) trust: http::Trust,
    /// Tell about each flag in a line.
    pub(crate) verbose: bool,
    /// Show a progress bar, if the form has one.
    pub(crate) progress: bool,
}

impl Job {
    pub(crate) fn new(
        options: &Options,
        form: Form,
        base_url: String,
        folder: PathBuf,
        flags: usize,
    ) -> yieldfrom::Result<Self> {
        Ok(Self {
            base_url,
            folder,
            concurrency: match form {
                Form::Sequential => 1,
                _ => options.concurrency().min(flags),
            },
            http: options.http(),
            trust: options.trust()?,
            verbose: options.verbose,
            progress: !options.no_progress,
        })
    }

    /// Returns where a flag is saved.
    pub(crate) fn path(&self, cc: Code) -> PathBuf {
        self.folder.join(format!("{}.gif", cc.lower()))
    }

    /// Tells that a flag is there.
    pub(crate) fn show(&self, cc: Code) {
        let end = if self.verbose { " OK\n" } else { " " };
        say(format!("{cc}{end}"));
    }
}

/// Prints something, at once. Whoever closes our standard output does not want to know.
pub(crate) fn say(text: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Saves a flag.
pub(crate) fn save_flag(image: &[u8], path: &Path) -> http::Result<()> {
    let failed = |error| HttpError::io(format!("write {}", path.display()), error);
    std::fs::write(path, image).map_err(failed)
}

/// What has come of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    NotFound,
    Error(String),
}

impl From<http::Result<()>> for Status {
    fn from(result: http::Result<()>) -> Self {
        result.map_err(yieldfrom::Error::from).into()
    }
}

impl From<yieldfrom::Result<()>> for Status {
    fn from(result: yieldfrom::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Ok,
            Err(error) if is_not_found(&error) => Self::NotFound,
            Err(error) => Self::Error(error.to_string()),
        }
    }
}

/// Returns whether a server has answered that there is no such flag.
pub(crate) fn is_not_found(error: &yieldfrom::Error) -> bool {
    let error = error.downcast_ref::<HttpError>();
    error.is_some_and(HttpError::is_not_found)
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => write!(f, "OK"),
            Self::NotFound => write!(f, "not found"),
            Self::Error(error) => write!(f, "{error}"),
        }
    }
}

/// What has come of all downloads of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    pub(crate) ok: Vec<Code>,
    pub(crate) not_found: usize,
    pub(crate) errors: Vec<(Code, String)>,
}

impl Counter {
    /// Counts a download, and tells about one that has failed.
    pub(crate) fn add(&mut self, job: &Job, cc: Code, status: impl Into<Status>) {
        let status = status.into();
        if job.verbose {
            match &status {
                Status::Ok => {}
                Status::NotFound => say(format!("{cc} {status}\n")),
                Status::Error(error) => say(format!("*** Error for {cc}: {error}\n")),
            }
        }
        match status {
            Status::Ok => self.ok.push(cc),
            Status::NotFound => self.not_found += 1,
            Status::Error(error) => self.errors.push((cc, error)),
        }
    }
}
