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

/// Asks the questions about synchronous libraries. Returns who answers which, and what is said besides.
fn libraries(path: Option<&str>) -> (Vec<String>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_versus"));
    command.args([
        "--json", "--quick", "--repeat", "1", "regions", "tls", "redis",
    ]);
    command.args(["--case", "connections=1", "--case", "cpu"]);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).expect("it is text");
    let answered = |line: &str| {
        let answer: Value = serde_json::from_str(line).expect("it is JSON");
        assert!(answer["value"].as_f64() > Some(0.0), "{answer}");
        format!("{} {}", answer["question"], answer["who"]).replace('"', "")
    };
    (lines.lines().map(answered).collect(), errors)
}

const OVER_TCP: [&str; 7] = [
    "regions yieldfrom",
    "regions yieldfrom-blocking",
    "regions tokio",
    "tls yieldfrom",
    "tls yieldfrom-blocking",
    "tls yieldfrom-futures",
    "tls tokio",
];

#[test]
fn synchronous_libraries_answer_what_they_are_asked() {
    if Command::new("redis-server")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: redis-server is not installed");
        return;
    }
    let (answered, errors) = libraries(None);
    let redis = ["redis yieldfrom", "redis yieldfrom-futures", "redis tokio"];
    assert_eq!(answered, [&OVER_TCP[..], &redis].concat(), "{errors}");
}

#[test]
fn without_a_redis_server_the_question_says_that_it_is_missing() {
    let (answered, errors) = libraries(Some("/nowhere"));
    assert_eq!(answered, OVER_TCP, "{errors}");
    for who in ["yieldfrom", "yieldfrom-futures", "tokio"] {
        let said = format!("redis cpu: {who} is left out: ");
        let line = errors.lines().find(|line| line.contains(&said));
        assert!(
            line.is_some_and(|line| line.contains("redis-server is not installed")),
            "{errors}"
        );
    }
}

/// The cases of simulations that take but a moment, with who cannot answer them.
const SIMULATIONS: [(&str, &[&str]); 5] = [
    ("timeouts n=1000", &[]),
    ("mmc", &["nexosim"]),
    ("interrupts", &[]),
    ("conditions", &["nexosim"]),
    ("store", &["nexosim"]),
];

/// Asks peers about simulations. Returns who answers what, and what is said besides.
fn simulations(path: Option<&str>) -> (BTreeSet<String>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_versus"));
    command.args(["--json", "--quick", "--repeat", "1", "simulation"]);
    for (case, _) in SIMULATIONS {
        command.args(["--case", case]);
    }
    for peer in SIMULATORS {
        command.args(["--only", peer]);
    }
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).expect("it is text");
    let answered = |line: &str| {
        let answer: Value = serde_json::from_str(line).expect("it is JSON");
        assert!(answer["value"].as_f64() > Some(0.0), "{answer}");
        assert_eq!(answer["unit"], "ns");
        format!("{} {}", answer["case"], answer["who"]).replace('"', "")
    };
    (lines.lines().map(answered).collect(), errors)
}

const SIMULATORS: [&str; 5] = ["enum", "odem-rs", "simu-des", "nexosim", "simpy"];

/// Returns the answers that are expected of all peers but one.
fn simulated(but: Option<&str>) -> BTreeSet<String> {
    let peers = |&(case, unable): &(&str, &'static [&str])| {
        let able = |who: &&str| !unable.contains(who) && Some(*who) != but;
        let able = SIMULATORS.into_iter().filter(able);
        able.map(|who| format!("{case} {who}")).collect::<Vec<_>>()
    };
    SIMULATIONS.iter().flat_map(peers).collect()
}

#[test]
fn simulations_come_to_the_end_that_they_have_to_come_to() {
    let (answered, errors) = simulations(None);
    let missing = errors.contains("versus: simpy is left out: ");
    if missing {
        eprintln!("not compared with SimPy: python3 has no package simpy");
    }
    let expected = simulated(missing.then_some("simpy"));
    assert_eq!(answered, expected, "{errors}");
}

#[test]
fn without_python_simulations_say_that_simpy_is_missing() {
    let (answered, errors) = simulations(Some("/nowhere"));
    assert_eq!(answered, simulated(Some("simpy")), "{errors}");
    assert!(
        errors.contains("simpy is left out: can't run python3"),
        "{errors}"
    );
}
