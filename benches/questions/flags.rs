//! The downloads of the book: twenty flags, one after the other or all at once.

mod clients;
pub(crate) mod flag;
mod server;

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::measuring::meter::{Meter, Sample, Samples};
use crate::questions::{Case, Contestant, Question};

pub(crate) const QUESTION: Question = Question {
    name: "flags",
    about: "the flags of the 20 most populous countries are downloaded by HTTP, each by a connection of its own, \
            and compared with what they should be; sequential: one after the other; all others: \
            20 at once; the server, on another processor, waits so many ms before each response; \
            seconds for all 20",
    cases: &[
        Case::new("delay=0", "s"),
        Case::new("delay=10", "s").long(),
        Case::new("delay=50", "s"),
        Case::new("delay=200", "s").long(),
    ],
    contestants: &[
        Contestant::client("yieldfrom", clients::yieldfrom, server::serve),
        Contestant::client("sequential", clients::sequential, server::serve),
        Contestant::client("threads", clients::threads, server::serve),
        Contestant::client("tokio", clients::tokio, server::serve),
        Contestant::client("smol", clients::smol, server::serve),
    ],
    repetitions: usize::MAX,
    seconds: 0.4,
};

/// Measures what downloads all flags.
fn measured(meter: &Meter, mut download: impl FnMut() -> Result<()>) -> Result<Samples> {
    let runs = meter.several(|| {
        let start = Instant::now();
        download()?;
        Ok(start.elapsed())
    })?;
    let fastest = runs.into_iter().min().unwrap_or(Duration::MAX);
    // Others' work counts little: it is waiting that takes the time.
    Ok(Sample::count(fastest.as_secs_f64()).into())
}
