//! Scenarios that came with their traces, by SimPy 4.1.2: here they are compared where there is no SimPy, too.

use std::io::Write;

use tests::language::simulation::play;

use crate::support::scenarios::Recorded;

const RECORDED: Recorded = Recorded {
    folder: "simulation",
    play: |scenario, mut trace| {
        let scenario = serde_json::from_slice(scenario).unwrap();
        let played = play(&scenario).expect("it names what it has");
        trace.write_all(played.as_bytes()).unwrap();
    },
};

#[test]
fn traces_are_those_of_simpy() {
    RECORDED.assert_traces(12);
}
