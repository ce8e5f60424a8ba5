//! Scenarios whose traces CPython has to be asked for: invented at random, and systematic ones.
//!
//! `YIELDFROM_FUZZ=count` compares that many random scenarios and all combinations, from the seed in
//! `YIELDFROM_FUZZ_SEED` on.

use tests::language::generators::{Player, directed, parse, random};

use crate::support::comparison::Comparison;
use crate::support::scenarios::fair_trace;

/// How many statements a scenario may run: some would never end.
const BUDGET: u64 = 5_000;

const COMPARISON: Comparison = Comparison {
    reference: "generators",
    // What the language is about did not change since.
    versions: [(3, 11, 0), (4, 0, 0)],
    most_unknown: 1,
    play: |scenario| {
        fair_trace(scenario, |scenario, trace| {
            let player = Player::with_budget(parse(scenario).ok()?, trace, BUDGET);
            Some(player.play())
        })
    },
};

#[test]
fn random_scenarios_run_as_in_cpython() {
    COMPARISON.check_random(500, random::scenario);
}

#[test]
fn combined_scenarios_run_as_in_cpython() {
    // A step of 3 still meets every operation, reaction and setting.
    COMPARISON.check_combined(directed::scenarios(), 3, 1500);
}

#[test]
fn random_scenarios_come_to_what_is_interesting() {
    let scenarios = (1..400).map(random::scenario);
    COMPARISON.assert_traces_have(
        scenarios,
        4,
        &[
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
        ],
    );
}
