//! The options, which are those of the book's `flags2`, and some more.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use examples::http::{self, Faults, Redirects};

use crate::codes::{Choice, Code, expand_cc_args};

/// The most requests that may be under way at once, whatever is asked for.
const MAX_CONCUR_REQ: usize = 1000;

/// Downloads flags for country codes. Default: top 20 countries by population.
///
/// Four programs do it, one after the other, which differ in their concurrency alone. The exit
/// status is 0 if all flags are there, or are not found; 1 if a download has failed, or files
/// differ.
#[derive(Debug, Parser)]
#[command(name = "flags", infer_long_args = true)]
pub(crate) struct Options {
    /// Country code or 1st letter (e.g. B for BA...BZ)
    #[arg(value_name = "CC")]
    cc: Vec<String>,

    /// Get all available flags (AD to ZW)
    #[arg(short, long)]
    all: bool,

    /// Get flags for every possible code (AA...ZZ)
    #[arg(short, long)]
    every: bool,

    /// Limit to N first codes
    #[arg(short, long, value_name = "N", value_parser = at_least_one)]
    limit: Option<usize>,

    /// Maximum concurrent requests, up to 1000 (the sequential form has one)
    #[arg(
        short,
        long = "max_req",
        visible_alias = "max-req",
        value_name = "CONCURRENT"
    )]
    #[arg(value_parser = at_least_one, default_value = "30")]
    max_req: usize,

    /// Output detailed progress info
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Server of the flags, as URL/br/br.gif; by default one in this process
    #[arg(long, value_name = "URL", value_parser = base_url)]
    pub(crate) base_url: Option<String>,

    /// Certificates of the servers of https that are trusted, in PEM form; by default those of browsers
    #[arg(long, value_name = "FILE", requires = "base_url")]
    cacert: Option<PathBuf>,

    /// Form of the program; all of them by default
    #[arg(long, value_name = "NAME")]
    form: Option<Form>,

    /// Use connections for more than one request
    #[arg(long)]
    keep_alive: bool,

    /// How long a request may take
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "30")]
    timeout: Duration,

    /// How long making a connection may take
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    connect_timeout: Duration,

    /// Folder for the flags, as DIR/FORM/br.gif; by default one that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,

    /// Write what the form flags2 does, or the one chosen, into this file: a page that plays it if
    /// its name ends with .html, a picture if it ends with .svg, otherwise a Chrome trace
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,

    /// Show no progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,

    /// How long the server in this process takes for each answer, in milliseconds
    #[arg(long, value_name = "MS", value_parser = milliseconds, default_value = "50")]
    #[arg(conflicts_with = "base_url")]
    pub(crate) delay: Duration,

    /// How the server in this process marks the end of a flag
    #[arg(
        long,
        value_name = "HOW",
        default_value = "length",
        conflicts_with = "base_url"
    )]
    pub(crate) framing: Framing,

    #[command(flatten)]
    pub(crate) faults: Faults,
}

/// A form of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One flag after the other
    Sequential,
    /// A pool of threads
    Threads,
    /// One thread, by `co.yield_from`
    Yieldfrom,
    /// The same with a limit by semaphore, counts, progress, and saving off the loop's thread
    Flags2,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.pad(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Framing {
    /// Its length is announced
    Length,
    /// It comes in chunks
    Chunked,
    /// The connection is closed
    Close,
}

impl From<Framing> for http::Framing {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Length => Self::Length,
            Framing::Chunked => Self::Chunked,
            Framing::Close => Self::UntilClose,
        }
    }
}

impl Options {
    /// Parses the command line, and returns the codes that it asks for. Ends the process if
    /// something is wrong with it.
    pub(crate) fn parse_all() -> (Self, Vec<Code>) {
        let options = Self::parse();
        match options.cc_list() {
            Ok(cc_list) => (options, cc_list),
            Err(error) => Self::command()
                .error(ErrorKind::ValueValidation, error)
                .exit(),
        }
    }

    fn cc_list(&self) -> Result<Vec<Code>, String> {
        if self.base_url.is_some() && !self.faults.are_none() {
            return Err(
                "only the server in this process makes faults: leave --base-url out".into(),
            );
        }
        if self.trace.is_some() && matches!(self.form, Some(Form::Sequential | Form::Threads)) {
            return Err("only the forms yieldfrom and flags2 have a loop to trace".into());
        }
        let choice = match self {
            Self { every: true, .. } => Choice::Every,
            Self { all: true, .. } => Choice::All,
            _ => Choice::Named,
        };
        expand_cc_args(choice, &self.cc, self.limit.unwrap_or(usize::MAX))
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.max_req.min(MAX_CONCUR_REQ)
    }

    pub(crate) fn forms(&self) -> &[Form] {
        self.form
            .as_ref()
            .map_or(Form::value_variants(), std::slice::from_ref)
    }

    pub(crate) fn trust(&self) -> yieldfrom::Result<http::Trust> {
        let file = self.cacert.as_deref();
        file.map_or_else(|| Ok(http::Trust::default()), http::Trust::in_file)
    }

    pub(crate) fn http(&self) -> http::Options {
        http::Options {
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            keep_alive: self.keep_alive,
            ..http::Options::default()
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err("must be an integer >= 1".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|&seconds: &f64| seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "must be a number of seconds > 0".to_owned())
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    let milliseconds = text.parse().map(Duration::from_millis);
    milliseconds.map_err(|_| "must be a whole number of milliseconds".to_owned())
}

fn base_url(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    match Redirects::new(trimmed, 0) {
        Ok(_) => Ok(trimmed.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
