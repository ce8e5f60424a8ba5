//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::answer::Answer;
use crate::tree::{Arrangement, Row};

/// Shows an event loop of the library yieldfrom that runs.
#[derive(Debug, Parser)]
#[command(name = "top")]
pub(crate) struct Options {
    /// The socket of the program's monitor.
    pub(crate) path: PathBuf,
    /// Prints the loop once, as text, and ends.
    #[arg(long)]
    pub(crate) once: bool,
    /// Prints the monitor's answer, which is a line of JSON, and ends.
    #[arg(long)]
    pub(crate) json: bool,
    /// Watches for so many seconds before it prints, so that there are turns and waits to be timed.
    #[arg(long, value_name = "SECONDS", default_value = "0.2", value_parser = span)]
    pub(crate) watch: Duration,
    /// Looks at the loop every so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    pub(crate) interval: Duration,
    /// Shows at most so many tasks, up to 10,000.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) limit: usize,
    /// Sorts tasks that stand side by side.
    #[arg(long, value_enum, default_value_t = Order::Number)]
    pub(crate) sort: Order,
    /// Shows only tasks with this text in their name, chain or wait, and the tasks that wait for these.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) filter: String,
    /// Shows a list, not a tree of who waits for whom.
    #[arg(long)]
    pub(crate) flat: bool,
}

/// By what tasks are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// By their numbers, which is the order of their making.
    #[default]
    Number,
    /// By their names.
    Name,
    /// By how long they wait, the longest first.
    Wait,
    /// By what they wait for.
    Reason,
}

impl Order {
    /// Returns the one that follows, round and round.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Number => Self::Name,
            Self::Name => Self::Wait,
            Self::Wait => Self::Reason,
            Self::Reason => Self::Number,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Name => "name",
            Self::Wait => "wait",
            Self::Reason => "reason",
        }
    }
}

fn seconds(text: &str, least: f64) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    if !(least..=3600.0).contains(&seconds) {
        return Err(format!("it is not between {least} and 3600 seconds"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

fn interval(text: &str) -> Result<Duration, String> {
    seconds(text, 0.1)
}

fn span(text: &str) -> Result<Duration, String> {
    seconds(text, 0.0)
}

impl Options {
    pub(crate) fn arrangement(&self) -> Arrangement {
        Arrangement {
            order: self.sort,
            filter: self.filter.clone(),
            is_flat: self.flat,
            ..Arrangement::default()
        }
    }

    pub(crate) fn arrange(&self, answer: &Answer) -> Vec<Row> {
        self.arrangement().rows(answer.tasks())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        <Options as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn intervals_are_numbers_of_seconds() {
        assert_eq!(interval("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(span("0"), Ok(Duration::ZERO));
        for wrong in ["", "x", "0", "-1", "nan", "inf", "4000"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_orders_come_round() {
        let mut order = Order::Number;
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(order.name());
            order = order.next();
        }
        assert_eq!(seen, ["number", "name", "wait", "reason"]);
        assert_eq!(order, Order::Number);
    }
}
