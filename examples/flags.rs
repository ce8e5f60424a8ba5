//! Flags of the world, downloaded by four programs that differ in their concurrency alone.
//!
//! The downloads of "Fluent Python", chapters 17 and 18:
//!
//! | form | how it waits |
//! | --- | --- |
//! | `sequential` | blocks: one flag after the other |
//! | `threads` | blocks, in a pool of threads |
//! | `yieldfrom` | one thread: `wait` for all downloads, each `co.yield_from(...)` lets others run |
//! | `flags2` | the same with a semaphore, `as_completed`, a progress bar, files saved in an executor |
//!
//! Without arguments all four get the flags of the 20 most populous countries, from a server in
//! the same process that takes 50 ms for each answer. Every file is compared, byte by byte.
//!
//! ```text
//! cargo run --release --example flags
//! cargo run --release --example flags -- --all --delay 200 --max_req 100
//! cargo run --release --example flags -- --form flags2 --trace flags.svg
//! cargo run --release --example flags -- BR IN U --form yieldfrom --output downloads
//! cargo run --release --example flags -- --base-url http://localhost:8000 --form flags2
//! cargo run --release --example flags --features tls -- --base-url https://localhost:8443 --cacert cert.pem
//! ```

#[path = "flags/codes.rs"]
mod codes;
#[path = "flags/data.rs"]
mod data;
#[path = "flags/flags2.rs"]
mod flags2;
#[path = "flags/yieldfrom.rs"]
mod flags_yieldfrom;
#[path = "flags/job.rs"]
mod job;
#[path = "flags/options.rs"]
mod options;
#[path = "flags/progress.rs"]
mod progress;
#[path = "flags/recording.rs"]
mod recording;
#[path = "flags/report.rs"]
mod report;
#[path = "flags/sequential.rs"]
mod sequential;
#[path = "flags/threads.rs"]
mod threads;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use examples::http::server::{Background, Site};
use examples::http::{Files, HttpError};
use yieldfrom::Result;

use crate::codes::Code;
use crate::job::{Counter, Job, say};
use crate::options::{Form, Options};
use crate::recording::Recording;
use crate::report::{Run, print_plan, print_runs, verify};

/// Downloads with each form, and returns whether all went well.
fn download(options: &Options, cc_list: &[Code]) -> Result<bool> {
    let mut recording = Recording::create(options.trace.as_deref())?;
    let result = download_by_each(options, cc_list, &mut recording);
    let written = recording.write();
    let all_went_well = result?;
    written.map(|()| all_went_well)
}

fn download_by_each(
    options: &Options,
    cc_list: &[Code],
    recording: &mut Recording,
) -> Result<bool> {
    let destination = Destination::new(options.output.as_deref())?;
    let server = match &options.base_url {
        Some(_) => None,
        None => Some(Background::start(embedded_site(options))?),
    };
    let embedded_url = server.as_ref().map(Background::url);
    let base_url = options
        .base_url
        .clone()
        .or(embedded_url)
        .unwrap_or_default();
    print_plan(cc_list, &base_url, options);
    let mut runs: Vec<Run> = Vec::new();
    for &form in options.forms() {
        let folder = destination.folder(form)?;
        let job = Job::new(options, form, base_url.clone(), folder, cc_list.len())?;
        let start = Instant::now();
        let counter = download_many(form, job.clone(), cc_list, recording)?;
        let elapsed = start.elapsed();
        let reference = runs.first().map(|run: &Run| run.job.folder.as_path());
        let differences = verify(&job, &counter, server.is_some(), reference)?;
        runs.push(Run::new(form, job, counter, elapsed, differences));
    }
    Ok(print_runs(&runs))
}

fn download_many(
    form: Form,
    job: Job,
    cc_list: &[Code],
    recording: &mut Recording,
) -> Result<Counter> {
    say(format!("\n{form}:\n"));
    match form {
        Form::Sequential => Ok(sequential::download_many(&job, cc_list)),
        Form::Threads => threads::download_many(job, cc_list),
        Form::Yieldfrom => flags_yieldfrom::download_many(&Rc::new(job), cc_list, recording),
        Form::Flags2 => flags2::download_many(&Rc::new(job), cc_list, recording),
    }
}

fn embedded_site(options: &Options) -> Site {
    Site {
        delay: options.delay,
        faults: options.faults.clone(),
        framing: options.framing.into(),
        ..Site::new(Files::Embedded(data::file))
    }
}

/// Where the files go: a folder for each form.
enum Destination {
    Given(PathBuf),
    /// Removed at the end.
    Temporary(tempfile::TempDir),
}

impl Destination {
    fn new(output: Option<&Path>) -> io::Result<Self> {
        match output {
            Some(path) => Ok(Self::Given(path.to_owned())),
            None => Ok(Self::Temporary(tempfile::tempdir()?)),
        }
    }

    /// Makes the folder of a form, if it is not there.
    fn folder(&self, form: Form) -> std::result::Result<PathBuf, HttpError> {
        let base = match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        };
        let folder = base.join(form.to_string());
        let operation = format!("create the folder {}", folder.display());
        match std::fs::create_dir_all(&folder) {
            Err(error) => Err(HttpError::io(operation, error)),
            Ok(()) => Ok(folder),
        }
    }
}

fn main() -> ExitCode {
    let (options, cc_list) = Options::parse_all();
    match download(&options, &cc_list) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("flags: {error}");
            ExitCode::FAILURE
        }
    }
}
