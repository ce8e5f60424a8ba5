//! A server that sends back what it receives.

mod ours;
mod peers;
mod raw_epoll;

use std::time::Duration;

use anyhow::Result;

use crate::measuring::meter::{Meter, Samples};
use crate::questions::{Case, Contestant, Measure, Question, number};
use crate::servers::ping_pong::{PingPong, Played, Player};
use crate::servers::system_calls;
use crate::servers::{Schedule, Server};

/// How much the servers receive at once: more than a message, so that a short read is seen as one.
const BUFFER: usize = 1024;
/// Yieldfrom's.
const STACK: usize = 64 << 10;

/// How long a run is,
const RUN: Duration = Duration::from_millis(40);
/// and how many messages a connection sends on average at the least, of which the first and the
/// last are not as the others.
const ROUNDS: usize = 10;

const SCRIPT: &str = include_str!("../peers/python/echo.py");
const GEVENT_SCRIPT: &str = include_str!("../peers/python/echo_gevent.py");

/// All servers, and what measures them.
pub(super) const fn servers(measure: Measure) -> [Contestant; 13] {
    [
        Contestant::server("yieldfrom", ours::stream).measured_by(measure),
        Contestant::server("yieldfrom-streams", ours::streams).measured_by(measure),
        Contestant::server("yieldfrom-portable", ours::portable).measured_by(measure),
        Contestant::server("raw-epoll", raw_epoll::serve).measured_by(measure),
        Contestant::server("tokio", peers::tokio).measured_by(measure),
        Contestant::server("smol", peers::smol).measured_by(measure),
        Contestant::server("monoio", peers::monoio).measured_by(measure),
        Contestant::server("threads", peers::threads).measured_by(measure),
        Contestant::server("may", peers::may).measured_by(measure),
        Contestant::go().measured_by(measure),
        Contestant::asyncio(SCRIPT).measured_by(measure),
        Contestant::uvloop(SCRIPT).measured_by(measure),
        Contestant::gevent(GEVENT_SCRIPT)
            .long()
            .measured_by(measure),
    ]
}

pub(crate) const QUESTION: Question = Question {
    name: "echo",
    about: "a server on one thread (yieldfrom's on stacks of 64 KiB; threads: one for each connection) sends back messages of 64 bytes; \
            a load on another processor sends the next on a connection when the last has come \
            back, and checks it; one-core: one connection, and the load on the server's \
            processor; rps: messages in a second; cpu: what the processor does in the server for \
            each; p50, p99: within what time half of them, or 99 of 100, are back; syscalls: the \
            server's system calls for each, counted in a run of their own",
    cases: &[
        Case::new("one-core rps", "req/s"),
        Case::new("one-core cpu", "CPU ns").joined(),
        Case::new("one-core syscalls", "calls").once(),
        Case::new("connections=1 rps", "req/s").long(),
        Case::new("connections=1 cpu", "CPU ns").joined().long(),
        Case::new("connections=1 p50", "us").joined().long(),
        Case::new("connections=1 p99", "us").joined().long(),
        Case::new("connections=1 syscalls", "calls").once().long(),
        Case::new("connections=100 rps", "req/s"),
        Case::new("connections=100 cpu", "CPU ns").joined(),
        Case::new("connections=100 p50", "us").joined(),
        Case::new("connections=100 p99", "us").joined(),
        Case::new("connections=100 syscalls", "calls").once(),
        Case::new("connections=1000 rps", "req/s").long(),
        Case::new("connections=1000 cpu", "CPU ns").joined().long(),
        Case::new("connections=1000 p50", "us").joined().long(),
        Case::new("connections=1000 p99", "us").joined().long(),
        Case::new("connections=1000 syscalls", "calls")
            .once()
            .long(),
    ],
    contestants: &servers(measured),
    repetitions: usize::MAX,
    seconds: 0.25,
};

/// Measures a server in the cases of the run that begins with `case`.
fn measured(case: &str, meter: &Meter, server: &Server) -> Result<Samples> {
    let (which, what) = case.split_once(' ').expect("the case is called so");
    let one_core = which == "one-core";
    if !one_core {
        server.leave_processor();
    }
    let connections = if one_core { 1 } else { number(which) };
    let mut load = PingPong::connect(server.address(), connections)?;
    load.play(RUN, ROUNDS)?;
    if what == "syscalls" {
        return counted(&mut load, server);
    }
    let runs = meter.several(|| Run::new(&mut load, server, RUN, ROUNDS))?;
    Ok(best(&runs, one_core))
}

/// Returns the best of the runs for each of the cases that they answer.
pub(super) fn best(runs: &[Run], one_core: bool) -> Samples {
    let least = |value: fn(&Run) -> f64| runs.iter().map(value).fold(f64::INFINITY, f64::min);
    let fastest = runs
        .iter()
        .max_by(|a, b| a.played.rate().total_cmp(&b.played.rate()))
        .expect("there is one at the least");
    let mut values = vec![fastest.played.rate(), least(Run::processor)];
    if !one_core {
        values.push(least(|run| run.played.percentile(50)));
        values.push(least(|run| run.played.percentile(99)));
    }
    let foreign = fastest.foreign(one_core);
    Samples { values, foreign }
}

/// Counts the server's system calls.
fn counted(load: &mut PingPong, server: &Server) -> Result<Samples> {
    let mut requests = 0.0;
    let calls = system_calls::count(server.process(), || {
        requests = load.play(RUN, ROUNDS)?.requests();
        Ok(())
    })?;
    Ok(Samples {
        values: vec![calls as f64 / requests],
        foreign: 0.0,
    })
}

/// A run, and what it has taken of the processors.
pub(super) struct Run {
    played: Played,
    server: Schedule,
    load: Schedule,
}

impl Run {
    pub(super) fn new<C: Player>(
        load: &mut PingPong<C>,
        server: &Server,
        at_least: Duration,
        rounds: usize,
    ) -> Result<Self> {
        // At both ends of the run the server waits: what it has taken is written down then.
        let idle = || std::thread::sleep(Duration::from_millis(1));
        idle();
        let before = (server.schedule()?, Schedule::own()?);
        let played = load.play(at_least, rounds)?;
        let own = Schedule::own()?;
        idle();
        Ok(Self {
            played,
            server: server.schedule()?.since(before.0),
            load: own.since(before.1),
        })
    }

    /// Returns the nanoseconds that the server's processor has worked for a message.
    fn processor(&self) -> f64 {
        self.server.worked.as_secs_f64() * 1e9 / self.played.requests()
    }

    /// Returns the share of the time in which the processors worked for somebody else.
    fn foreign(&self, one_core: bool) -> f64 {
        let took = self.played.took.as_secs_f64();
        if one_core {
            // One of the two waits while the other runs.
            let worked = self.server.worked + self.load.worked;
            (1.0 - worked.as_secs_f64() / took).max(0.0)
        } else {
            let waited = self.server.waited + self.load.waited;
            waited.as_secs_f64() / took
        }
    }
}
