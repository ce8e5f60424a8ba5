//! A study of queues by simulation, from one core to a cluster.
//!
//! A grid of parameters times a number of replications. Each replication has a seed of its own, and so the results are
//! the same to the byte, whoever computes them: threads, ranks of MPI, or shards that are merged.
//!
//! ```text
//! $ cargo run --release -p experiment
//! ```
//!
//! `--help` and `examples/experiment/README.md` say more.

mod erlang;
mod journal;
mod merge;
mod models;
mod options;
mod output;
mod progress;
mod results;
mod statistics;
mod study;
mod workers;

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::journal::{Header, Journal};
use crate::options::Options;
use crate::progress::Progress;
use crate::results::Results;
use crate::study::{Job, Shard};
use crate::workers::Workers;

/// Computes what the journal does not have yet, and returns what it has then.
fn compute(options: &Options, workers: &Workers, header: &Header) -> Result<Results> {
    let (path, study) = (options.journal(header), &header.study);
    let (mut journal, finished) = Journal::open(&path, header)?;
    let all: Vec<Job> = study.jobs_of(header.shard).collect();
    let missing = Results::collect(study, finished)?.missing(all.iter().copied());
    let finished = all.len() - missing.len();
    if finished > 0 && !options.quiet {
        let (all, path) = (all.len(), path.display());
        eprintln!("{finished} of {all} replications are in {path} already");
    }
    let progress = Progress::start(options.quiet, all.len(), finished);
    workers.run(study, &missing, options, &mut |record| {
        record.check(study, header.shard)?;
        journal.append(&record)?;
        progress.advance();
        Ok(())
    })?;
    // What is in the file is what counts. The lock ends only when it has been read.
    journal.sync()?;
    Results::collect(study, journal::read(&path)?.records)
}

/// Runs a study, or one shard of it, whose results are for a merge.
fn lead(options: &Options, workers: &Workers) -> Result<()> {
    let header = Header::new(options.study(), options.shard.unwrap_or(Shard::WHOLE));
    let results = compute(options, workers, &header)?;
    match options.shard {
        None => output::write(&results, options),
        Some(_) if options.quiet => Ok(()),
        Some(shard) => output::say(&format!(
            "shard {shard}: {} replications are in {}; --merge makes the results when all shards are there\n",
            results.records().count(),
            options.journal(&header).display()
        )),
    }
}

fn act(options: &Options, workers: &Workers) -> Result<()> {
    match workers.is_leader() {
        false => workers.serve(&options.study()),
        true if !options.merge.is_empty() => merge::merge(options),
        true => lead(options, workers),
    }
}

fn main() -> ExitCode {
    let workers = match Workers::join().context("start MPI") {
        Ok(workers) => workers,
        Err(error) => {
            eprintln!("experiment: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let options = match Options::read() {
        Ok(options) => options,
        Err(error) => {
            // All ranks have the same command line, and one of them is to complain.
            if workers.is_leader() {
                let _ = error.print();
            }
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    match act(&options, &workers) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("experiment: {error:#}");
            ExitCode::FAILURE
        }
    }
}
