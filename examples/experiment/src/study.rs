//! What is studied: the points of a grid, the replications of each, and their seeds.

use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

/// A grid of parameters, and how each of its points is simulated. The unit of time is the mean time of service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Study {
    pub(crate) seed: u64,
    pub(crate) servers: Vec<u32>,
    pub(crate) loads: Vec<f64>,
    pub(crate) patience: Vec<Patience>,
    /// How many replications each point has.
    pub(crate) replications: u64,
    pub(crate) length: Length,
    pub(crate) warm_up: f64,
}

/// How long a customer waits before it leaves without service.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum Patience {
    /// The model is M/M/c.
    Forever,
    /// An exponential time with this mean. The model is the bank with reneging, M/M/c+M.
    Mean(f64),
}

/// How much of a replication is measured, after its warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Length {
    /// So many customers.
    Customers(u64),
    /// The customers that arrive in this time.
    Time(f64),
}

/// A point of the grid, with all that a model needs beside a seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) servers: u32,
    /// The rate of arrivals divided by the rate at which all servers together can serve.
    pub(crate) load: f64,
    pub(crate) patience: Patience,
    pub(crate) length: Length,
    pub(crate) warm_up: f64,
}

/// One replication of one point: what a worker is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) point: usize,
    pub(crate) replication: u64,
}

/// The part of a study that one of several independent runs computes: every `of`-th replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Shard {
    /// From 1 to `of`.
    pub(crate) number: u64,
    pub(crate) of: u64,
}

impl Study {
    pub(crate) fn points(&self) -> usize {
        self.patience.len() * self.servers.len() * self.loads.len()
    }

    /// Returns the point with this number. The load changes fastest, the patience slowest.
    pub(crate) fn point(&self, number: usize) -> Point {
        let (rest, load) = (number / self.loads.len(), number % self.loads.len());
        let (patience, servers) = (rest / self.servers.len(), rest % self.servers.len());
        Point {
            servers: self.servers[servers],
            load: self.loads[load],
            patience: self.patience[patience],
            length: self.length,
            warm_up: self.warm_up,
        }
    }

    /// Returns all replications of all points, in the order of the results.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = Job> + use<> {
        let replications = self.replications;
        (0..self.points()).flat_map(move |point| {
            (0..replications).map(move |replication| Job { point, replication })
        })
    }

    /// Returns the replications of one shard.
    pub(crate) fn jobs_of(&self, shard: Shard) -> impl Iterator<Item = Job> + use<> {
        let replications = self.replications;
        self.jobs().filter(move |job| shard.has(job, replications))
    }

    pub(crate) fn has(&self, job: Job) -> bool {
        job.point < self.points() && job.replication < self.replications
    }

    /// Returns the seed of a replication. It depends on the study's seed, on the point's parameters and on the
    /// replication's number alone. So another point in the grid, or more replications, change no other seed.
    pub(crate) fn seed_of(&self, job: Job) -> u64 {
        let mut hasher = SipHasher24::new_with_keys(self.seed, job.replication);
        hasher.write(self.point(job.point).to_string().as_bytes());
        hasher.finish()
    }

    pub(crate) fn describe(&self, job: Job) -> String {
        let Job { point, replication } = job;
        format!("{}, replication {replication}", self.point(point))
    }
}

impl Point {
    /// Returns the servers, the load and the patience.
    pub(crate) fn fields(&self) -> [String; 3] {
        [
            self.servers.to_string(),
            self.load.to_string(),
            self.patience.to_string(),
        ]
    }

    /// Tells whether the queue grows without bound.
    pub(crate) fn is_unstable(&self) -> bool {
        self.patience == Patience::Forever && self.load >= 1.0
    }
}

impl Shard {
    pub(crate) const WHOLE: Self = Self { number: 1, of: 1 };

    /// Tells whether a job belongs to this shard, if each point has so many replications.
    pub(crate) fn has(self, job: &Job, replications: u64) -> bool {
        let index = job.point as u64 * replications + job.replication;
        index % self.of == self.number - 1
    }
}

/// The text is hashed into seeds: it is part of the results.
impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            servers,
            load,
            patience,
            ..
        } = self;
        write!(f, "servers={servers} load={load} patience={patience}")
    }
}

impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::Mean(mean) => mean.fmt(f),
        }
    }
}

impl FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "forever" => Ok(Self::Forever),
            _ => positive(text)
                .map(Self::Mean)
                .map_err(|error| format!("{error}, or `forever`")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of) = text
            .split_once('/')
            .ok_or("expected two numbers, as in 2/4")?;
        let read = |text: &str| text.parse().map_err(|_| format!("`{text}` is no number"));
        let (number, of) = (read(number)?, read(of)?);
        match 1 <= number && number <= of {
            true => Ok(Self { number, of }),
            false => Err(format!("the shards of {of} have the numbers 1 to {of}")),
        }
    }
}

/// Reads a number that is finite and above zero.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "expected a finite number above 0".to_owned())
}

macro_rules! as_text {
    ($($kind:ty)*) => {$(
        impl From<$kind> for String {
            fn from(value: $kind) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $kind {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
    )*};
}

// In a journal they stand as on the command line.
as_text!(Patience Shard);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn study() -> Study {
        Study {
            seed: 42,
            servers: vec![1, 2],
            loads: vec![0.5, 0.9],
            patience: vec![Patience::Forever, Patience::Mean(2.5)],
            replications: 5,
            length: Length::Customers(10),
            warm_up: 0.0,
        }
    }

    #[test]
    fn seeds_differ() {
        let study = study();
        let seeds: HashSet<u64> = study.jobs().map(|job| study.seed_of(job)).collect();
        assert_eq!(seeds.len(), 40);
    }

    #[test]
    fn seeds_do_not_depend_on_the_rest_of_the_grid() {
        let (whole, mut part, mut other) = (study(), study(), study());
        (part.servers, part.loads, part.replications) = (vec![2], vec![0.9], 2);
        other.seed = 43;
        assert_eq!(part.point(1), whole.point(7));
        let of = |study: &Study, point| {
            let replication = 1;
            study.seed_of(Job { point, replication })
        };
        assert_eq!(of(&part, 1), of(&whole, 7));
        assert_ne!(of(&other, 7), of(&whole, 7));
    }

    #[test]
    fn seeds_stay_the_same_for_ever() {
        let seed = study().seed_of(Job {
            point: 7,
            replication: 4,
        });
        assert_eq!(seed, 8_092_993_575_494_775_111);
    }

    #[test]
    fn each_job_is_in_one_shard() {
        let study = study();
        for of in [1, 2, 3, 7, 50] {
            let shards = (1..=of).flat_map(|number| study.jobs_of(Shard { number, of }));
            let mut jobs: Vec<Job> = shards.collect();
            jobs.sort();
            assert!(jobs.into_iter().eq(study.jobs()), "{of} shards");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = serde_json::to_string(&study()).expect("JSON");
        assert!(text.contains(r#""patience":["forever","2.5"]"#), "{text}");
        assert_eq!(
            serde_json::from_str::<Study>(&text).expect("a study"),
            study()
        );
        for wrong in ["0/4", "5/4", "4", "a/b", "-1/4", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
        for wrong in ["0", "-1", "inf", "NaN", "long"] {
            assert!(wrong.parse::<Patience>().is_err(), "{wrong}");
        }
    }
}
