//! The threads of this process.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use anyhow::{Result, anyhow};
use rayon::prelude::*;

use super::{Outcome, run_job};
use crate::results::Record;
use crate::study::{Job, Study};

/// So many results may wait for the journal. More would be lost by a kill.
const WAITING: usize = 4;

/// Computes the jobs. After a failure none is begun, and the results of those that have begun are still taken.
pub(super) fn run(
    study: &Study,
    jobs: &[Job],
    threads: Option<usize>,
    take: &mut dyn FnMut(Record) -> Result<()>,
) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()?;
    let (sender, receiver) = sync_channel(WAITING);
    thread::scope(|scope| {
        scope.spawn(|| pool.install(|| compute(study, jobs, sender)));
        let mut failure = None;
        // If `take` fails, this returns and drops the receiver, which ends the threads.
        for outcome in receiver {
            match outcome {
                Ok(record) => take(record)?,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(failure) => Err(anyhow!(failure.describe(study))),
            None => Ok(()),
        }
    })
}

fn compute(study: &Study, jobs: &[Job], sender: SyncSender<Outcome>) {
    // One by one, as some take much longer than others.
    let jobs = jobs.par_iter().with_max_len(1);
    // The error only ends the others: the receiver has got it, or is gone.
    let _: Result<(), ()> = jobs.try_for_each_with(sender, |sender, job| {
        let outcome = run_job(study, *job);
        let has_failed = outcome.is_err();
        let is_sent = sender.send(outcome).is_ok();
        if is_sent && !has_failed {
            Ok(())
        } else {
            Err(())
        }
    });
}
