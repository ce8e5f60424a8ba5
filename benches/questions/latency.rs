//! How late a server is that has as much to do as all others.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::echo;
use crate::measuring::meter::{Meter, Samples};
use crate::questions::{Case, Question};
use crate::servers::fixed_rate::FixedRate;
use crate::servers::{Schedule, Server};

const CONNECTIONS: usize = 100;
/// How long a run is,
const RUN: Duration = Duration::from_millis(500);
/// and how many messages it has at the least: ten of them are later than p999.
const FEWEST: usize = 10_000;
/// How much of that comes before, and is not measured.
const WARM_UP: usize = 10;

pub(crate) const QUESTION: Question = Question {
    name: "latency",
    about: "the servers of `echo`, 100 connections, all under the same load: messages of 64 bytes are sent by a \
            schedule, half as many in a second as the slowest bears; within what time 50 of 100 \
            (p50), 99 of 100 (p99), 999 of 1000 (p999) are back, counted from when each was to be sent",
    cases: &[
        Case::new("p50", "us")
            .under_load("echo", "connections=100 rps")
            .long(),
        Case::new("p99", "us").joined().long(),
        Case::new("p999", "us").joined().long(),
    ],
    contestants: &echo::servers(measured),
    repetitions: usize::MAX,
    seconds: 0.8,
};

fn measured(_case: &str, meter: &Meter, server: &Server) -> Result<Samples> {
    let per_second = meter.load.context("nobody says how great the load is")?;
    ensure!(server.can_be_left(), "this needs two processors");
    server.leave_processor();
    let mut load = FixedRate::connect(server.address(), CONNECTIONS)?;
    let messages = ((RUN.as_secs_f64() * per_second) as usize).max(FEWEST);
    load.play(per_second, messages / WARM_UP)?;
    let before = (server.schedule()?, Schedule::own()?);
    let played = load.play(per_second, messages)?;
    let waited =
        server.schedule()?.since(before.0).waited + Schedule::own()?.since(before.1).waited;
    Ok(Samples {
        values: [500, 990, 999].map(|part| played.per_mille(part)).into(),
        foreign: waited.as_secs_f64() / played.took.as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::QUESTIONS;

    #[test]
    fn the_load_comes_from_a_run_that_everybody_here_answers() {
        let (question, case) = QUESTION.cases[0].load().unwrap();
        let question = QUESTIONS.iter().find(|known| known.name == question);
        let question = question.unwrap();
        let run = question.runs().find(|run| run[0].name == case).unwrap();
        assert!(run[0].more_is_better());
        for contestant in QUESTION.contestants {
            let there = question.contestant(contestant.who).unwrap();
            assert!(there.answers(run), "{}", contestant.who);
        }
    }
}
