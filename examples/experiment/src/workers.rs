//! Who computes: the threads of this process, or other ranks of MPI.

#[cfg(feature = "mpi")]
mod mpi;
mod threads;

use std::any::Any;
#[cfg(not(feature = "mpi"))]
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::models::{self, Replication};
use crate::options::Options;
use crate::results::Record;
use crate::study::{Job, Study};

/// What a worker returns for a job.
type Outcome = Result<Record, Failure>;

/// A replication that has ended with an error or a panic.
#[derive(Debug, Serialize, Deserialize)]
struct Failure {
    job: Job,
    seed: u64,
    message: String,
}

/// Those who compute.
pub(crate) struct Workers {
    #[cfg(feature = "mpi")]
    ranks: mpi::Ranks,
}

impl Workers {
    /// Joins the other ranks, if the program is built with MPI and started by it.
    pub(crate) fn join() -> Result<Self> {
        #[cfg(not(feature = "mpi"))]
        refuse_ranks()?;
        Ok(Self {
            #[cfg(feature = "mpi")]
            ranks: mpi::Ranks::join()?,
        })
    }

    /// Tells whether this process leads: it has the journal and writes the results.
    pub(crate) fn is_leader(&self) -> bool {
        #[cfg(feature = "mpi")]
        return self.ranks.is_leader();
        #[cfg(not(feature = "mpi"))]
        true
    }

    /// Computes jobs until the leader has no more. Only those who do not lead call this.
    pub(crate) fn serve(&self, study: &Study) -> Result<()> {
        #[cfg(feature = "mpi")]
        self.ranks.serve(study)?;
        let _ = study;
        Ok(())
    }

    /// Computes these jobs, in any order, and gives each result to `take` on this thread.
    pub(crate) fn run(
        &self,
        study: &Study,
        jobs: &[Job],
        options: &Options,
        take: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        #[cfg(feature = "mpi")]
        if self.ranks.are_several() {
            return self.ranks.run(study, jobs, options, take);
        }
        threads::run(study, jobs, options.threads, take)
    }
}

/// Fails if MPI has started several processes: without it, each would lead, and all want the same journal.
#[cfg(not(feature = "mpi"))]
fn refuse_ranks() -> Result<()> {
    // OpenMPI has the first one; MPICH and Intel MPI have the second one.
    let size = |name| env::var(name).ok()?.parse::<u32>().ok();
    let sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"].map(size);
    let are_several = sizes.into_iter().flatten().any(|size| size > 1);
    anyhow::ensure!(
        !are_several,
        "this program is built without it: build it with --features mpi"
    );
    Ok(())
}

impl Failure {
    /// Returns the message of the whole run.
    fn describe(&self, study: &Study) -> String {
        format!(
            "{} (seed {}): {}",
            study.describe(self.job),
            self.seed,
            self.message
        )
    }
}

/// Runs a job, and catches its panic.
fn run_job(study: &Study, job: Job) -> Outcome {
    let seed = study.seed_of(job);
    let measured = guarded(|| models::replicate(&study.point(job.point), seed));
    match measured {
        Ok(measured) => Ok(Record {
            job,
            seed,
            measured,
        }),
        Err(message) => Err(Failure { job, seed, message }),
    }
}

fn guarded(replicate: impl FnOnce() -> Result<Replication>) -> Result<Replication, String> {
    match catch_unwind(AssertUnwindSafe(replicate)) {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(payload) => Err(format!("it panicked: {}", text_of(&*payload))),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref().copied())
        .unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn errors_and_panics_are_messages() {
        let message = |result: Result<Replication, String>| result.expect_err("it fails");
        assert_eq!(message(guarded(|| bail!("no luck"))), "no luck");
        assert_eq!(
            message(guarded(|| panic!("no luck"))),
            "it panicked: no luck"
        );
        let number = 7;
        assert_eq!(
            message(guarded(|| panic!("no {number}"))),
            "it panicked: no 7"
        );
    }
}
