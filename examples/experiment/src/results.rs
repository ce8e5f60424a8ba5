//! The results of a study: its replications, and what they say about each point.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::erlang::{self, Exact};
use crate::models::Replication;
use crate::statistics::Interval;
use crate::study::{Job, Point, Shard, Study};

/// A finished replication.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) job: Job,
    pub(crate) seed: u64,
    pub(crate) measured: Replication,
}

/// All finished replications, in the order of points and numbers, whatever the order in which they were finished.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) study: Study,
    records: BTreeMap<Job, Record>,
}

/// What the replications of one point say.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) point: Point,
    pub(crate) replications: usize,
    /// One for each of `MEASURES`; `None` without a replication.
    pub(crate) found: [Option<Interval>; 4],
    pub(crate) exact: [Option<f64>; 4],
}

/// The names of what is measured.
pub(crate) const MEASURES: [&str; 4] = ["mean wait", "utilisation", "P(wait)", "reneged"];

impl Record {
    /// Checks that it is of this study, and of this part of it.
    pub(crate) fn check(&self, study: &Study, shard: Shard) -> Result<()> {
        let job = self.job;
        let is_of_it = study.has(job) && shard.has(&job, study.replications);
        ensure!(
            is_of_it && study.seed_of(job) == self.seed,
            "{self:?} is not of this study"
        );
        Ok(())
    }
}

impl Results {
    pub(crate) fn collect(study: &Study, records: Vec<Record>) -> Result<Self> {
        let mut results = Self::new(study.clone());
        records
            .into_iter()
            .try_for_each(|record| results.add(record))?;
        Ok(results)
    }

    pub(crate) fn new(study: Study) -> Self {
        Self {
            study,
            records: BTreeMap::new(),
        }
    }

    /// Adds a replication. One that is there already must be the same.
    pub(crate) fn add(&mut self, record: Record) -> Result<()> {
        match self.records.entry(record.job) {
            Entry::Vacant(entry) => {
                entry.insert(record);
            }
            Entry::Occupied(entry) if *entry.get() == record => {}
            Entry::Occupied(_) => bail!(
                "{} is there twice, with different results",
                self.study.describe(record.job)
            ),
        }
        Ok(())
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// Returns which of these jobs are not finished.
    pub(crate) fn missing(&self, jobs: impl Iterator<Item = Job>) -> Vec<Job> {
        jobs.filter(|job| !self.records.contains_key(job)).collect()
    }

    pub(crate) fn summaries(&self) -> Vec<Summary> {
        (0..self.study.points())
            .map(|point| self.summary(point))
            .collect()
    }

    fn summary(&self, point: usize) -> Summary {
        let [from, to] = [point, point + 1].map(|point| Job {
            point,
            replication: 0,
        });
        let measured: Vec<[f64; 4]> = self
            .records
            .range(from..to)
            .map(|(_, record)| record.measured.values())
            .collect();
        let of = |measure: usize| {
            measured
                .iter()
                .map(|values| values[measure])
                .collect::<Vec<_>>()
        };
        let point = self.study.point(point);
        Summary {
            point,
            replications: measured.len(),
            found: [0, 1, 2, 3].map(|measure| Interval::of(&of(measure))),
            exact: erlang::exact(&point).map_or([None; 4], |exact| exact.values().map(Some)),
        }
    }
}

impl Summary {
    /// Tells for each measure whether the exact value is in the interval; `None` where one of both is missing.
    pub(crate) fn agreements(&self) -> [Option<bool>; 4] {
        [0, 1, 2, 3].map(|measure| self.found[measure]?.holds(self.exact[measure]?))
    }
}

impl Replication {
    /// Returns one value for each of `MEASURES`.
    pub(crate) fn values(&self) -> [f64; 4] {
        [self.mean_wait, self.utilisation, self.waiting, self.reneged]
    }
}

impl Exact {
    /// Returns one value for each of `MEASURES`.
    pub(crate) fn values(&self) -> [f64; 4] {
        [self.mean_wait, self.utilisation, self.waiting, self.reneged]
    }
}
