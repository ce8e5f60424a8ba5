//! Event-loop scenarios whose traces CPython has to be asked for: invented at random, and
//! systematic ones.
//!
//! `YIELDFROM_FUZZ` and `YIELDFROM_FUZZ_SEED` are as for generator scenarios.

use tests::language::event_loop::{Player, directed, parse, random};

use crate::support::comparison::Comparison;
use crate::support::scenarios::fair_trace;

/// How many statements a scenario may run: some would never end.
const BUDGET: u64 = 3_000;

const COMPARISON: Comparison = Comparison {
    reference: "event_loop",
    // Before, semaphores were different; after, `wait_for` is.
    versions: [(3, 11, 7), (3, 12, 0)],
    // asyncio has callbacks that raise exceptions where a scenario interferes with what they work on.
    most_unknown: 5,
    play: |scenario| {
        fair_trace(scenario, |scenario, trace| {
            let player = Player::with_budget(parse(scenario).ok()?, trace, BUDGET).unwrap();
            Some(player.play())
        })
    },
};

#[test]
fn random_scenarios_run_as_in_cpython() {
    COMPARISON.check_random(250, random::scenario);
}

#[test]
fn combined_scenarios_run_as_in_cpython() {
    // A step of 7 still meets every way to wait, moment and reaction.
    COMPARISON.check_combined(directed::scenarios(), 7, 2000);
}

#[test]
fn random_scenarios_come_to_what_is_interesting() {
    let scenarios = (1..200).map(random::scenario);
    COMPARISON.assert_traces_have(
        scenarios,
        3,
        &[
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
        ],
    );
}
