//! Ranks of MPI: rank 0 leads, and the others compute.
//!
//! The leader gives each rank two jobs, and a new one for each result, so that no rank waits for the next message. Who
//! waits looks for a message from time to time instead of spinning, so the leader needs no core of its own.
//!
//! If a rank dies, it is the launcher that notices: mpirun names the rank and kills the others. For launchers that do not,
//! and for ranks that hang, there is `--time-limit`.

use std::cell::Cell;
use std::collections::VecDeque;
use std::slice;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use mpi::environment::Universe;
use mpi::point_to_point::{Message, Status};
use mpi::topology::{Rank, SimpleCommunicator};
use mpi::traits::{Communicator, Destination, MatchedReceiveVec, Source};
use mpi::{Tag, Threading};

use super::{Failure, Outcome, run_job};
use crate::options::Options;
use crate::results::Record;
use crate::study::{Job, Study};

const LEADER: Rank = 0;

/// A job for a rank: the numbers of its point and of its replication.
const JOB: Tag = 1;
/// There are no more jobs.
const END: Tag = 2;
/// An `Outcome` for the leader, as JSON.
const OUTCOME: Tag = 3;

/// How many jobs a rank has at a time.
const AHEAD: usize = 2;
/// The time between two looks for a message.
const PAUSE: Duration = Duration::from_micros(100);

/// The processes that MPI has started together.
pub(super) struct Ranks {
    world: SimpleCommunicator,
    /// Whether nobody waits for anybody, except that the others wait for the leader.
    is_in_order: Cell<bool>,
    /// Whether the leader has told this rank that there are no more jobs.
    is_dismissed: Cell<bool>,
    /// Ends MPI when it is dropped, and so stands last.
    _universe: Universe,
}

impl Ranks {
    pub(super) fn join() -> Result<Self> {
        // With a single rank, threads compute, and do not call MPI.
        let joined = mpi::initialize_with_threading(Threading::Funneled);
        let (universe, _) = joined.context("it was started already")?;
        Ok(Self {
            world: universe.world(),
            is_in_order: Cell::new(true),
            is_dismissed: Cell::new(false),
            _universe: universe,
        })
    }

    pub(super) fn is_leader(&self) -> bool {
        self.world.rank() == LEADER
    }

    pub(super) fn are_several(&self) -> bool {
        self.world.size() > 1
    }

    fn others(&self) -> impl Iterator<Item = Rank> + use<> {
        (0..self.world.size()).filter(|rank| *rank != LEADER)
    }

    /// Computes the leader's jobs until it has no more.
    pub(super) fn serve(&self, study: &Study) -> Result<()> {
        while let Some(job) = self.next_job()? {
            let outcome = serde_json::to_vec(&run_job(study, job))?;
            self.world
                .process_at_rank(LEADER)
                .send_with_tag(&outcome[..], OUTCOME);
        }
        Ok(())
    }

    /// Waits for a job; `None` if there are no more.
    fn next_job(&self) -> Result<Option<Job>> {
        let leader = self.world.process_at_rank(LEADER);
        let message = loop {
            match leader.immediate_matched_probe() {
                Some(message) => break message,
                None => thread::sleep(PAUSE),
            }
        };
        let (numbers, status) = message.matched_receive_vec::<u64>();
        match (status.tag(), &numbers[..]) {
            (END, _) => {
                self.is_dismissed.set(true);
                Ok(None)
            }
            (JOB, &[point, replication]) => Ok(Some(Job {
                point: usize::try_from(point)?,
                replication,
            })),
            (tag, _) => bail!(
                "a message of the leader with tag {tag} and {} numbers",
                numbers.len()
            ),
        }
    }

    /// Has the others compute the jobs. After a failure no job is given, and those that are given are waited for.
    pub(super) fn run(
        &self,
        study: &Study,
        jobs: &[Job],
        options: &Options,
        take: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        let limit = options.time_limit.map(Duration::from_secs_f64);
        let mut dealer = Dealer::new(self, study, jobs);
        self.is_in_order.set(false);
        dealer.deal_to_all();
        while dealer.is_waiting() {
            let anybody = self.world.any_process();
            match anybody.immediate_matched_probe_with_tag(OUTCOME) {
                Some(message) => dealer.receive(message, take)?,
                None => thread::sleep(PAUSE),
            }
            if let Some(limit) = limit {
                dealer.check_time(limit)?;
            }
        }
        self.is_in_order.set(true);
        dealer.failure.map_or(Ok(()), Err)
    }
}

/// Ends all ranks: in good order, or at once if somebody would wait for ever.
impl Drop for Ranks {
    fn drop(&mut self) {
        if thread::panicking() || !self.is_in_order.get() {
            self.world.abort(1);
        }
        if self.is_leader() {
            for rank in self.others() {
                self.world
                    .process_at_rank(rank)
                    .send_with_tag(&[] as &[u64], END);
            }
        }
        // A rank that did not want to serve: it has a bad command line, as the leader has.
        while !self.is_leader() && !self.is_dismissed.get() {
            if self.next_job().is_err() {
                self.world.abort(1);
            }
        }
    }
}

/// Gives jobs to the ranks, and receives results.
struct Dealer<'a> {
    ranks: &'a Ranks,
    study: &'a Study,
    jobs: slice::Iter<'a, Job>,
    /// What each rank has to do.
    hands: Vec<Hand>,
    /// The first failure.
    failure: Option<anyhow::Error>,
}

/// What a rank has to do.
struct Hand {
    /// In the order in which it does them.
    jobs: VecDeque<Job>,
    /// When it got its first job, or answered for the last time.
    since: Instant,
}

impl<'a> Dealer<'a> {
    fn new(ranks: &'a Ranks, study: &'a Study, jobs: &'a [Job]) -> Self {
        let hand = |_| Hand {
            jobs: VecDeque::new(),
            since: Instant::now(),
        };
        let hands = (0..ranks.world.size()).map(hand).collect();
        Self {
            ranks,
            study,
            jobs: jobs.iter(),
            hands,
            failure: None,
        }
    }

    fn deal_to_all(&mut self) {
        for _ in 0..AHEAD {
            for rank in self.ranks.others() {
                self.deal(rank);
            }
        }
    }

    /// Gives a rank the next job, if there is one.
    fn deal(&mut self, rank: Rank) {
        let next = if self.failure.is_none() {
            self.jobs.next()
        } else {
            None
        };
        let Some(&job) = next else {
            return;
        };
        let message = [job.point as u64, job.replication];
        self.ranks
            .world
            .process_at_rank(rank)
            .send_with_tag(&message[..], JOB);
        self.hands[rank as usize].jobs.push_back(job);
    }

    fn is_waiting(&self) -> bool {
        self.hands.iter().any(|hand| !hand.jobs.is_empty())
    }

    fn receive(
        &mut self,
        message: (Message, Status),
        take: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        let (text, status) = message.matched_receive_vec::<u8>();
        let rank = status.source_rank();
        let outcome: Outcome =
            serde_json::from_slice(&text).with_context(|| format!("read what rank {rank} sent"))?;
        let hand = &mut self.hands[rank as usize];
        hand.jobs.pop_front();
        hand.since = Instant::now();
        match outcome {
            Ok(record) => take(record)?,
            Err(failure) => self.note(rank, &failure),
        }
        self.deal(rank);
        Ok(())
    }

    fn note(&mut self, rank: Rank, failure: &Failure) {
        let message = failure.describe(self.study);
        self.failure
            .get_or_insert_with(|| anyhow!("rank {rank}: {message}"));
    }

    /// Fails if a rank has not answered in time.
    fn check_time(&self, limit: Duration) -> Result<()> {
        for (rank, hand) in self.hands.iter().enumerate() {
            if let Some(job) = hand.jobs.front()
                && hand.since.elapsed() > limit
            {
                let job = self.study.describe(*job);
                bail!(
                    "rank {rank} has not answered for {} seconds; it has {job}",
                    limit.as_secs_f64()
                );
            }
        }
        Ok(())
    }
}
