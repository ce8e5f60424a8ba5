//! Event-loop scenarios whose traces CPython has to be asked for: invented at random, and
//! systematic ones.
//!
//! `YIELDFROM_FUZZ` and `YIELDFROM_FUZZ_SEED` are as for generator scenarios.

use std::env;

use serde_json::Value as Json;
use tests::language::event_loop::{Player, directed, parse, random};
use tests::language::reference::Version;
use tests::language::session::{Stop, Trace};
use yieldfrom_delegation::stack;

use crate::support::comparison::{Comparison, number};

/// How many statements a scenario may run: some would never end.
const BUDGET: u64 = 3_000;
/// Before, semaphores were different; after, `wait_for` is.
const VERSIONS: [Version; 2] = [(3, 11, 7), (3, 12, 0)];
/// In how many of a thousand scenarios the reference may fail: asyncio has callbacks that raise
/// exceptions where a scenario interferes with what they work on.
const MOST_UNKNOWN: usize = 5;

/// Runs a scenario in this process; none if it is not a fair one.
fn play(scenario: &Json) -> Option<String> {
    let parsed = parse(scenario.to_string().as_bytes()).ok()?;
    let trace = Trace::default();
    let before = stack::stats().live;
    let player = Player::with_budget(parsed, trace.clone(), BUDGET).unwrap();
    let outcome = player.play();
    drop(player);
    match outcome {
        Ok(()) => assert_eq!(
            stack::stats().live,
            before,
            "a stack is still in use after {scenario}"
        ),
        Err(Stop::Output(error)) => panic!("{error}"),
        Err(_) => return None,
    }
    Some(trace.text())
}

#[test]
fn random_scenarios_run_as_in_cpython() {
    let (count, seed) = (
        number("YIELDFROM_FUZZ", 250),
        number("YIELDFROM_FUZZ_SEED", 1),
    );
    let Some(comparison) = Comparison::find("event_loop", VERSIONS, play) else {
        return;
    };
    let scenarios = (seed..seed + count).map(random::scenario);
    let (compared, different) = comparison.compare(scenarios, MOST_UNKNOWN);
    eprintln!("{compared} of {count} random scenarios are fair and were compared");
    assert!(different.is_empty(), "{different:#?}");
    assert!(
        compared as u64 * 2 > count,
        "most of what is invented is not fair"
    );
}

#[test]
fn combined_scenarios_run_as_in_cpython() {
    // All take a while. A step of 7 still meets every way to wait, moment and reaction.
    let step = if env::var_os("YIELDFROM_FUZZ").is_some() {
        1
    } else {
        7
    };
    let Some(comparison) = Comparison::find("event_loop", VERSIONS, play) else {
        return;
    };
    let scenarios = directed::scenarios().step_by(step);
    let (compared, different) = comparison.compare(scenarios, MOST_UNKNOWN);
    eprintln!("{compared} combined scenarios were compared");
    assert!(different.is_empty(), "{different:#?}");
    assert!(compared * step > 2000, "{compared}");
}

#[test]
fn random_scenarios_come_to_what_is_interesting() {
    let traces: Vec<_> = (1..200)
        .filter_map(|seed| play(&random::scenario(seed)))
        .collect();
    for wanted in [
        "caught CancelledError()",
        "caught TimeoutError()",
        "guarded RuntimeError()",
        "guarded InvalidStateError()",
        "guarded ValueError()",
        "guarded QueueEmpty()",
        "guarded QueueFull()",
        "- raise CancelledError()",
        "- raise RuntimeError()",
        "- stopped",
        "- return",
        "callback",
        "finally",
        "L locked 1",
        " Q get",
        " E wait",
        " round",
        "g0 [",
        "pending [",
        "40 - ",
    ] {
        let found = traces.iter().filter(|trace| trace.contains(wanted)).count();
        assert!(found >= 3, "{wanted}: {found}");
    }
}
