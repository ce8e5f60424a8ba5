//! Faults that a server makes on purpose.

use std::hash::{DefaultHasher, Hash, Hasher};

use clap::Args;

/// What a server does instead of answering as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers that it has failed.
    Error,
    /// It resets the connection in the middle of the body.
    Reset,
    /// It closes the connection in the middle of the body.
    Truncate,
    /// It sends the body in a hundred pieces, a hundredth of a second apart.
    Slow,
    /// It sends half of the body, and then nothing.
    Stall,
    /// It sends something that is not HTTP.
    Garbage,
    /// It redirects in a circle.
    Redirect,
    /// It sends headers without end.
    Endless,
}

/// How often a server makes faults: rates from 0 (never) to 1 (always).
///
/// Which path is hit by which fault depends on nothing but the path and the seed: a client that
/// asks again, in whatever order, gets the same.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Faults that the server makes, as rates from 0 to 1")]
pub struct Faults {
    /// Answers "500 Internal Server Error"
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub error_rate: f64,
    /// Resets in the middle of the body
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub reset_rate: f64,
    /// Bodies that are shorter than announced
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub truncate_rate: f64,
    /// Bodies that take a second more
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub slow_rate: f64,
    /// Bodies that stop in the middle
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub stall_rate: f64,
    /// Answers that are not HTTP
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub garbage_rate: f64,
    /// Redirects that lead in a circle
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub redirect_rate: f64,
    /// Headers without end
    #[arg(long, value_name = "RATE", value_parser = rate, default_value = "0")]
    pub endless_rate: f64,
    /// Number that decides which files the faults hit
    #[arg(long, value_name = "SEED", default_value = "0")]
    pub fault_seed: u64,
}

impl Faults {
    /// Returns the fault that hits a path, if any does.
    pub fn of(&self, path: &str) -> Option<Fault> {
        let mut hasher = DefaultHasher::new();
        (self.fault_seed, path).hash(&mut hasher);
        let mut place = hasher.finish() as f64 / 2f64.powi(64);
        let rates = self.rates();
        let hit = rates.into_iter().find(|(rate, _)| {
            place -= rate;
            place < 0.0
        });
        hit.map(|(_, fault)| fault)
    }

    /// Returns whether all rates are zero.
    pub fn are_none(&self) -> bool {
        self.rates().iter().all(|(rate, _)| *rate == 0.0)
    }

    fn rates(&self) -> [(f64, Fault); 8] {
        [
            (self.error_rate, Fault::Error),
            (self.reset_rate, Fault::Reset),
            (self.truncate_rate, Fault::Truncate),
            (self.slow_rate, Fault::Slow),
            (self.stall_rate, Fault::Stall),
            (self.garbage_rate, Fault::Garbage),
            (self.redirect_rate, Fault::Redirect),
            (self.endless_rate, Fault::Endless),
        ]
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(rate),
        _ => Err("a rate is a number from 0 to 1".to_owned()),
    }
}
