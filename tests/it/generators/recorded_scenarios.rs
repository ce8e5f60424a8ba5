//! The scenarios that came with their traces.

use tests::language::generators::{Player, parse};

use super::recorders::Installed;
use crate::support::scenarios::Recorded;

const RECORDED: Recorded = Recorded {
    folder: "generators",
    play: |scenario, trace| Player::new(parse(scenario).unwrap(), trace).play().unwrap(),
};

#[test]
fn traces_are_those_of_cpython() {
    RECORDED.assert_traces(30);
}

#[test]
fn a_recorder_changes_nothing() {
    let recorded = Recorded {
        play: |scenario, trace| {
            let _installed = Installed::new(|generator, _| drop(generator.delegation_chain()));
            (RECORDED.play)(scenario, trace);
        },
        ..RECORDED
    };
    recorded.assert_traces(30);
}

#[test]
fn a_dropped_player_leaves_no_stack_in_use() {
    RECORDED.assert_no_stack_is_left();
}
