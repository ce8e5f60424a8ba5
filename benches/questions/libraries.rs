//! What a synchronous library costs that waits in a region, against code that knows the loop.

mod message;
pub(super) mod ours;
pub(crate) mod redis;
mod sync;
pub(crate) mod tls;
pub(super) mod tokio;

use std::time::Duration;

use crate::measuring::meter::{Meter, Sample, processor_time};
use crate::questions::{Case, Contestant, Question};

pub(crate) use redis::QUESTION as REDIS;
pub(crate) use tls::QUESTION as TLS;

/// How much is received at once: more than a message, so that a short read is seen as one.
const BUFFER: usize = 1024;

/// How many operations all connections have together in a batch. The tasks of a batch are made once,
/// so they count little.
const BATCH: usize = 2000;

const CASES: &[Case] = &[
    Case::new("connections=1", "CPU ns"),
    Case::new("connections=100", "CPU ns"),
];

pub(crate) const ECHO: Question = Question {
    name: "regions",
    about: "messages of 64 bytes go to a server and back over TCP, both ends on one thread and one loop, and are checked; \
            yieldfrom: by yield_from, on stacks of 64 KiB; yieldfrom-blocking: by std's Read and Write in regions, on \
            theirs of 512 KiB; the processor's ns for each",
    cases: CASES,
    contestants: &[
        Contestant::rust("yieldfrom", ours::plain),
        Contestant::rust("yieldfrom-blocking", ours::blocking),
        Contestant::rust("tokio", tokio::plain),
    ],
    repetitions: usize::MAX,
    seconds: 0.3,
};

/// Measures what the processor does for an operation; `batch` does so many on each connection.
pub(super) fn processor(meter: &Meter, connections: usize, mut batch: impl FnMut(usize)) -> Sample {
    measured(meter, connections, |each| {
        let before = processor_time();
        batch(each);
        processor_time() - before
    })
}

/// Measures an operation; `batch` does so many on each connection, and returns how long that takes.
fn measured(meter: &Meter, connections: usize, mut batch: impl FnMut(usize) -> Duration) -> Sample {
    let each = BATCH / connections;
    meter.batches(connections * each, || batch(each))
}
