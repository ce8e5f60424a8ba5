//! Peers do what they are asked: they check it themselves, and who fails is left out.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Questions, and the cases of them that take but a moment.
const QUESTIONS: [&str; 8] = [
    "spawn",
    "gather",
    "wait",
    "lock",
    "semaphore",
    "channel",
    "wake-up",
    "start-up",
];
const CASES: [&str; 8] = [
    "one-by-one",
    "n=1000",
    "first-of=10",
    "tasks=100",
    "ping-pong",
    "one",
    "flood",
    "first-task",
];
const PEERS: [&str; 5] = ["monoio", "may", "go", "gevent", "processes"];

/// Whether a line says that somebody is not on this machine.
fn is_missing(line: &str) -> bool {
    ["versus: go is left out: ", "versus: gevent is left out: "]
        .iter()
        .any(|missing| line.starts_with(missing))
}

#[test]
fn peers_answer_what_they_are_asked() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_versus"));
    command.args(["--json", "--quick", "--repeat", "1"]);
    command.args(QUESTIONS);
    for case in CASES {
        command.args(["--case", case]);
    }
    for peer in PEERS {
        command.args(["--only", peer]);
    }
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let left_out = errors
        .lines()
        .filter(|line| line.contains(" is left out: "));
    let failed = |line: &&str| !line.contains(": not run: ") && !is_missing(line);
    assert_eq!(left_out.filter(failed).collect::<Vec<_>>(), [""; 0]);

    let answers = String::from_utf8(output.stdout).expect("it is text");
    let answers = answers
        .lines()
        .map(|line| -> Value { serde_json::from_str(line).expect("it is JSON") });
    let answers: Vec<_> = answers.collect();
    let of = |who: &str| -> BTreeSet<String> {
        let theirs = answers.iter().filter(|answer| answer["who"] == who);
        let place = |answer: &Value| format!("{} {}", answer["question"], answer["case"]);
        theirs
            .map(place)
            .map(|place| place.replace('"', ""))
            .collect()
    };
    let set = |places: &[&str]| places.iter().map(|&place| place.to_owned()).collect();
    assert_eq!(of("processes"), set(&["spawn one-by-one"]));
    let monoio = [
        "spawn one-by-one",
        "start-up first-task",
        "wake-up flood",
        "wake-up one",
    ];
    assert_eq!(of("monoio"), set(&monoio));
    // Locks and semaphores have the same case.
    assert_eq!(of("may").len(), CASES.len() + 1);
}
