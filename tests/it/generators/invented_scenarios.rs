//! Scenarios whose traces CPython has to be asked for: invented at random, and systematic ones.
//!
//! `YIELDFROM_FUZZ=count` compares that many random scenarios and all combinations, from the seed in
//! `YIELDFROM_FUZZ_SEED` on.

use std::env;

use serde_json::Value as Json;
use tests::language::generators::{Player, directed, parse, random};
use tests::language::reference::Version;
use tests::language::session::{Stop, Trace};
use yieldfrom_delegation::stack;

use crate::support::comparison::{Comparison, number};

/// How many statements a scenario may run: some would never end.
const BUDGET: u64 = 5_000;
/// What the language is about did not change since.
const VERSIONS: [Version; 2] = [(3, 11, 0), (4, 0, 0)];

/// Runs a scenario in this process; none if it is not a fair one.
fn play(scenario: &Json) -> Option<String> {
    let parsed = parse(scenario.to_string().as_bytes()).ok()?;
    let trace = Trace::default();
    let before = stack::stats().live;
    let player = Player::with_budget(parsed, trace.clone(), BUDGET);
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
        number("YIELDFROM_FUZZ", 500),
        number("YIELDFROM_FUZZ_SEED", 1),
    );
    let Some(comparison) = Comparison::find("generators", VERSIONS, play) else {
        return;
    };
    let (compared, different) = comparison.compare((seed..seed + count).map(random::scenario), 1);
    eprintln!("{compared} of {count} random scenarios are fair and were compared");
    assert!(different.is_empty(), "{different:#?}");
    assert!(
        compared as u64 * 2 > count,
        "most of what is invented is not fair"
    );
}

#[test]
fn combined_scenarios_run_as_in_cpython() {
    // All take a while. A step of 3 still meets every operation, reaction and setting.
    let step = if env::var_os("YIELDFROM_FUZZ").is_some() {
        1
    } else {
        3
    };
    let Some(comparison) = Comparison::find("generators", VERSIONS, play) else {
        return;
    };
    let (compared, different) = comparison.compare(directed::scenarios().step_by(step), 1);
    eprintln!("{compared} combined scenarios were compared");
    assert!(different.is_empty(), "{different:#?}");
    assert!(compared * step > 1500, "{compared}");
}

#[test]
fn random_scenarios_come_to_what_is_interesting() {
    let traces: Vec<_> = (1..400)
        .filter_map(|seed| play(&random::scenario(seed)))
        .collect();
    for wanted in [
        "already executing",
        "just-started",
        "ignored GeneratorExit",
        "raised StopIteration",
        "has no send",
        "state RUNNING",
        "state CREATED",
        ": closed",
        ": stop",
        ": end",
        "emit finally",
        "emit caught",
    ] {
        let found = traces.iter().filter(|trace| trace.contains(wanted)).count();
        assert!(found >= 4, "{wanted}: {found}");
    }
}
