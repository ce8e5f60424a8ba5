//! A server of HTTP/1.1, and a load on another processor.

mod by_hand;
mod by_hyper;

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::measuring::machine;
use crate::measuring::meter::{Meter, Samples};
use crate::questions::echo::{Run, best};
use crate::questions::{Case, Contestant, Question, number};
use crate::servers::http::{fixed_rate, ping_pong};
use crate::servers::{Schedule, Server};

pub(crate) use by_hand::serve as serve_by_hand;

/// How many connections there are under the same load for all.
const CONNECTIONS: usize = 32;
/// How long a run is, and how many requests it has on a connection at the least.
const RUN: Duration = Duration::from_millis(40);
const ROUNDS: usize = 10;
/// How long one under the same load is, how many requests it has at the least, and how much of that comes before.
const LONG_RUN: Duration = Duration::from_millis(500);
const FEWEST: usize = 10_000;
const WARM_UP: usize = 10;
/// Descriptors that a process has besides, generously.
const OTHERS: u64 = 100;

pub(crate) const QUESTION: Question = Question {
    name: "services-http-server",
    about: "a server on one thread answers requests for items of some 50 bytes of JSON over HTTP/1.1; connections \
            are kept alive; a load on another processor asks for the next item on a connection when the last has \
            come, and checks it (yieldfrom: hyper by the bridge, a task without a stack for each connection; tokio: \
            hyper; yieldfrom-blocking, may, threads: the synchronous code by httparse, in regions, in coroutines \
            with stacks and in threads; go: net/http); rps: requests in a second; cpu: what the processor does in \
            the server for each; p50, p99: within what time half of them, or 99 of 100, are back; load: the same \
            under a load that sends by a schedule, half as much as the slowest bears, counted from when each was to \
            be sent; idle: what the server's process has grown by for each of so many connections that have had one \
            answer",
    cases: &[
        Case::new("connections=1 rps", "req/s").long(),
        Case::new("connections=1 cpu", "CPU ns").joined().long(),
        Case::new("connections=1 p50", "us").joined().long(),
        Case::new("connections=1 p99", "us").joined().long(),
        Case::new("connections=32 rps", "req/s"),
        Case::new("connections=32 cpu", "CPU ns").joined(),
        Case::new("connections=32 p50", "us").joined(),
        Case::new("connections=32 p99", "us").joined(),
        Case::new("load p50", "us")
            .under_load("services-http-server", "connections=32 rps")
            .long(),
        Case::new("load p99", "us").joined().long(),
        Case::new("load p999", "us").joined().long(),
        Case::new("idle n=2000", "bytes").once(),
    ],
    contestants: &[
        Contestant::server("yieldfrom", by_hyper::yieldfrom).measured_by(measured),
        Contestant::server("yieldfrom-blocking", by_hand::yieldfrom).measured_by(measured),
        Contestant::server("tokio", by_hyper::tokio).measured_by(measured),
        Contestant::server("threads", by_hand::threads)
            .long()
            .measured_by(measured),
        Contestant::server("may", by_hand::may).measured_by(measured),
        Contestant::go().measured_by(measured),
    ],
    repetitions: usize::MAX,
    seconds: 0.2,
};

/// Measures a server in the cases of the run that begins with `case`.
fn measured(case: &str, meter: &Meter, server: &Server) -> Result<Samples> {
    match case.split_once(' ') {
        Some(("load", _)) => under_load(meter, server),
        Some(("idle", many)) => idle(number(many), server),
        Some((connections, _)) => asked(number(connections), meter, server),
        None => unreachable!("the case is called so"),
    }
}

fn asked(connections: usize, meter: &Meter, server: &Server) -> Result<Samples> {
    server.leave_processor();
    let mut load = ping_pong(server.address(), connections)?;
    load.play(RUN, ROUNDS)?;
    let runs = meter.several(|| Run::new(&mut load, server, RUN, ROUNDS))?;
    Ok(best(&runs, false))
}

fn under_load(meter: &Meter, server: &Server) -> Result<Samples> {
    let per_second = meter.load.context("nobody says how great the load is")?;
    ensure!(server.can_be_left(), "this needs two processors");
    server.leave_processor();
    let mut load = fixed_rate(server.address(), CONNECTIONS)?;
    let requests = ((LONG_RUN.as_secs_f64() * per_second) as usize).max(FEWEST);
    load.play(per_second, requests / WARM_UP)?;
    let before = (server.schedule()?, Schedule::own()?);
    let played = load.play(per_second, requests)?;
    let waited =
        server.schedule()?.since(before.0).waited + Schedule::own()?.since(before.1).waited;
    Ok(Samples {
        values: [500, 990, 999].map(|part| played.per_mille(part)).into(),
        foreign: waited.as_secs_f64() / played.took.as_secs_f64(),
    })
}

/// Measures what a connection weighs that is kept alive.
fn idle(count: usize, server: &Server) -> Result<Samples> {
    machine::raise_descriptors(count as u64 + OTHERS)?;
    server.leave_processor();
    // Whatever the first connection needs is there before.
    let first = ping_pong(server.address(), 1)?;
    let before = server.memory();
    let connections = ping_pong(server.address(), count)?;
    let grown = server.memory() - before;
    drop((first, connections));
    Ok(Samples {
        values: vec![grown / count as f64],
        foreign: 0.0,
    })
}
