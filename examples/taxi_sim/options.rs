//! The options, as Python's argparse takes them.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;

use clap::Parser;
use examples::int;
use num_bigint::BigInt;

use crate::pace::{self, Pace};
use crate::print::Print;
use crate::progress::Progress;
use crate::summary::Summary;
use crate::timeline::Timeline;
use crate::{Observer, Time};

/// The end time of a run that prints its events.
const DEFAULT_END_TIME: Time = 180;

/// Simulates a fleet of taxis.
///
/// Each leaves the garage, makes some trips and goes home. Taxi 0 makes two trips,
/// every other one two more than the one before it.
#[derive(Debug, Parser)]
#[command(args_override_self = true, infer_long_args = true)]
pub(crate) struct Options {
    /// Minute at which to stop; 180 by default, with --summary none
    #[arg(short, long, value_name = "MINUTE", value_parser = int::parse_saturating)]
    #[arg(allow_hyphen_values = true)]
    end_time: Option<Time>,

    /// Number of taxis
    #[arg(short, long, value_name = "N", value_parser = int::parse_saturating)]
    #[arg(allow_hyphen_values = true, default_value = "3")]
    taxis: i64,

    /// Seed of the random numbers, an integer of any size, which makes a run repeatable
    #[arg(short, long, value_name = "SEED", value_parser = int::parse)]
    #[arg(allow_hyphen_values = true)]
    seed: Option<BigInt>,

    /// Let a minute of the simulation take so many seconds of real time; half a second if only -d is
    /// given
    #[arg(short, long, value_name = "SECONDS", value_parser = pace::parse_seconds)]
    #[arg(num_args = 0..=1, default_missing_value = "0.5")]
    delay: Option<f64>,

    /// Print figures at the end instead of the events
    ///
    /// Taxi i makes (i % 10 + 1) * 2 trips then, so that a big fleet comes to an end
    /// too; for up to ten taxis that is the same simulation. It runs to the last
    /// event unless --end-time is given.
    #[arg(long)]
    summary: bool,

    /// Draw what the taxis did, the first 1000 of them, as an SVG picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Write what happens into this file: a page that plays it (.html), a picture (.svg) or a Chrome trace
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

impl Options {
    pub(crate) fn end_time(&self) -> Time {
        self.end_time.unwrap_or(if self.summary {
            Time::MAX
        } else {
            DEFAULT_END_TIME
        })
    }

    /// Returns where a recording goes, if one is asked for.
    pub(crate) fn trace(&self) -> Option<&PathBuf> {
        self.trace.as_ref()
    }

    /// Returns the number of taxis: none if it is negative, as with Python's `range`.
    pub(crate) fn taxis(&self) -> usize {
        usize::try_from(self.taxis).unwrap_or(0)
    }

    /// Returns how many trips a taxi makes.
    pub(crate) fn trips(&self, ident: usize) -> usize {
        let rank = if self.summary { ident % 10 } else { ident };
        (rank + 1) * 2
    }

    /// Returns the seed, or draws one if there is none.
    pub(crate) fn seed(&self) -> BigInt {
        self.seed.clone().unwrap_or_else(|| random_seed().into())
    }

    pub(crate) fn seed_is_given(&self) -> bool {
        self.seed.is_some()
    }

    /// Makes the observers that were asked for.
    pub(crate) fn observers(&self, seed: &BigInt) -> io::Result<Vec<Box<dyn Observer>>> {
        let mut observers: Vec<Box<dyn Observer>> = Vec::new();
        let delay = self.delay.filter(|delay| *delay > 0.0);
        if let Some(delay) = delay {
            observers.push(Box::new(Pace::new(delay))); // the first: the others are told in time
        }
        if let Some(path) = &self.svg {
            observers.push(Box::new(Timeline::create(path, self.taxis(), seed)?));
        }
        if self.summary {
            observers.push(Box::new(Progress::new(self.taxis(), self.end_time())));
            observers.push(Box::new(Summary::new()));
        } else {
            observers.push(Box::new(Print::new(delay.is_some())));
        }
        Ok(observers)
    }
}

/// Draws a seed from the operating system, short enough to be typed again.
fn random_seed() -> u32 {
    // The standard library has no random numbers, but keys its hashers with random ones.
    RandomState::new().hash_one(()) as u32
}

/// Names the operation that an error comes from, and leaves its kind as it is.
pub(crate) fn during(operation: &str) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{operation}: {error}"))
}
