//! What a connection weighs on which nothing happens.

use anyhow::Result;

use super::echo;
use crate::measuring::machine;
use crate::measuring::meter::{Meter, Samples};
use crate::questions::{Case, Question, number};
use crate::servers::Server;
use crate::servers::ping_pong::PingPong;

/// Descriptors that a process has besides, generously.
const OTHERS: u64 = 100;

pub(crate) const QUESTION: Question = Question {
    name: "idle-connections",
    about: "n connections at once to the servers of `echo`, each of which waits for the next message \
            with a buffer of 1 KiB, as far as it has one of its own: what the server's process has \
            grown by, resident and page tables, for each; what is the system's own is not counted",
    cases: &[Case::new("n=10000", "bytes").once()],
    contestants: &echo::servers(measured),
    repetitions: 1,
    seconds: 2.3,
};

fn measured(case: &str, _meter: &Meter, server: &Server) -> Result<Samples> {
    let n = number(case);
    machine::raise_descriptors(n as u64 + OTHERS)?;
    server.leave_processor();
    // Whatever the first connection needs is there before.
    let first = PingPong::connect(server.address(), 1)?;
    let before = server.memory();
    let connections = PingPong::connect(server.address(), n)?;
    let grown = server.memory() - before;
    drop((first, connections));
    Ok(Samples {
        values: vec![grown / n as f64],
        foreign: 0.0,
    })
}
