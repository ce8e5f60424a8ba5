//! Scenarios whose traces SimPy has to be asked for, invented at random.
//!
//! `YIELDFROM_FUZZ=count` compares that many, from the seed in `YIELDFROM_FUZZ_SEED` on.

use std::process::{Command, Stdio};

use tests::language::simulation::{play, random};
use yieldfrom_delegation::stack;

use crate::support::comparison::Comparison;

const COMPARISON: Comparison = Comparison {
    reference: "simulation",
    // SimPy asks for the first.
    versions: [(3, 8, 0), (4, 0, 0)],
    // SimPy cannot interrupt a process whose event has ended a run by failing.
    most_unknown: 20,
    play: |scenario| {
        let before = stack::stats().live;
        let trace = play(scenario);
        assert_eq!(
            stack::stats().live,
            before,
            "a stack is still in use after {scenario}"
        );
        trace
    },
};

/// Returns whether the machine's Python has a SimPy that does what 4.1.2 does.
fn has_simpy() -> bool {
    let check = "import simpy, sys; sys.exit(tuple(map(int, simpy.__version__.split('.')[:3])) < (4, 1, 2))";
    let checked = Command::new("python3")
        .args(["-c", check])
        .stderr(Stdio::null())
        .status();
    checked.is_ok_and(|status| status.success())
}

#[test]
fn random_scenarios_run_as_in_simpy() {
    if !has_simpy() {
        eprintln!("skipped: there is no python3 with simpy from version 4.1.2 on");
        return;
    }
    COMPARISON.check_random(400, random::scenario);
}

#[test]
fn random_scenarios_come_to_what_is_interesting() {
    let scenarios = (1..400).map(random::scenario);
    COMPARISON.assert_traces_have(
        scenarios,
        4,
        &[
            "preempted by",
            "caught Interrupt(",
            "fails Failure(",
            "fails Interrupt(",
            "Interrupt(subscribed",
            "run Failure(",
            "until_event RuntimeError",
            "until_event Failure(",
            "step ok",
            "interrupt RuntimeError",
            "succeed RuntimeError",
            "trigger RuntimeError",
            "called Failure(",
            "got {}",
            "got {-1}",
            "not for itself",
        ],
    );
}
