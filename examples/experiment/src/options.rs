//! The command line.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::journal::Header;
use crate::study::{Length, Patience, Shard, Study, positive};

/// How many customers a replication has, if the command line says nothing.
const CUSTOMERS: u64 = 20_000;

const HELP: &str = "\
Times are in units of the mean time of service. Each combination of --servers, --load and --patience is a point of the
study. A run that was killed goes on where it was if it is started again with the same options.";

/// A study of queues: M/M/c, and a bank whose customers have patience, beside the exact formulas.
#[derive(Debug, Parser)]
#[command(name = "experiment", after_help = HELP)]
pub(crate) struct Options {
    /// Numbers of servers
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,2,5",
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    servers: Vec<u32>,

    /// Rates of arrivals, as fractions of what all servers together can serve
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0.5,0.7,0.8,0.9", value_parser = positive)]
    load: Vec<f64>,

    /// Mean times after which customers leave the queue; `forever` for those who never do
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "forever,2"
    )]
    patience: Vec<Patience>,

    /// Replications of each point
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    replications: u64,

    /// Seed of the study, from which the seed of each replication is made
    #[arg(long, default_value_t = 42)]
    seed: u64,

    /// Customers that a replication measures [default: 20000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    customers: Option<u64>,

    /// Time that a replication measures, instead of a number of customers
    #[arg(long, value_name = "TIME", conflicts_with = "customers", value_parser = positive)]
    time: Option<f64>,

    /// Time before anything is measured
    #[arg(long, value_name = "TIME", default_value = "500", value_parser = not_negative)]
    warm_up: f64,

    /// Threads that compute [default: one for each core]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,

    /// Folder for the results
    #[arg(long, value_name = "FOLDER", default_value = "experiment-results")]
    pub(crate) out: PathBuf,

    /// File for the finished replications [default: a file in the folder, named after the study]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    /// Compute only every N-th replication, from the I-th on, into a journal for --merge
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,

    /// Compute nothing: make the results out of these journals
    #[arg(long, value_name = "JOURNAL", num_args = 1.., conflicts_with_all = ["servers", "load", "patience",
        "replications", "seed", "customers", "time", "warm_up", "threads", "journal", "shard"])]
    pub(crate) merge: Vec<PathBuf>,

    /// Print only errors
    #[arg(long)]
    pub(crate) quiet: bool,

    /// Seconds after which a rank that does not answer ends the run [default: none]
    #[cfg(feature = "mpi")]
    #[arg(long, value_name = "SECONDS", value_parser = positive)]
    pub(crate) time_limit: Option<f64>,
}

impl Options {
    /// Reads the command line.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let options = Self::try_parse()?;
        let lists = [
            repeated(&options.servers),
            repeated(&options.load),
            repeated(&options.patience),
        ];
        if let Some(value) = lists.into_iter().flatten().next() {
            let message = format!("the value {value} is in a list twice");
            return Err(Self::command().error(ErrorKind::ValueValidation, message));
        }
        Ok(options)
    }

    pub(crate) fn study(&self) -> Study {
        let customers = Length::Customers(self.customers.unwrap_or(CUSTOMERS));
        Study {
            seed: self.seed,
            servers: self.servers.clone(),
            loads: self.load.clone(),
            patience: self.patience.clone(),
            replications: self.replications,
            length: self.time.map_or(customers, Length::Time),
            warm_up: self.warm_up,
        }
    }

    /// Returns the file for the finished replications. Each study and each shard has its own by default.
    pub(crate) fn journal(&self, header: &Header) -> PathBuf {
        if let Some(path) = &self.journal {
            return path.clone();
        }
        let part = self
            .shard
            .map(|Shard { number, of }| format!("-shard-{number}-of-{of}"));
        let name = format!(
            "study-{:08x}{}.journal",
            header.fingerprint(),
            part.unwrap_or_default()
        );
        Path::join(&self.out, name)
    }
}

/// Returns a value that is in a list twice.
fn repeated<T: PartialEq + Display>(list: &[T]) -> Option<String> {
    let mut rest = list.iter().enumerate();
    let found = rest.find(|(index, value)| list[..*index].contains(value));
    found.map(|(_, value)| value.to_string())
}

fn not_negative(text: &str) -> Result<f64, String> {
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "expected a finite number, at least 0".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=10_000).contains(number));
    number.ok_or_else(|| "expected a number of threads, from 1 to 10000".to_owned())
}
