//! Services answer, on our loop and on tokio, whatever is asked of them.

use std::process::Command;

use serde_json::Value;

/// Asks the services; returns which contestant answers what, and what is said besides.
fn asked(options: &[&str]) -> (Vec<String>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_versus"));
    command.args(["--json", "--quick", "--repeat", "1"]);
    let output = command.args(options).output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).expect("it is text");
    let answered = |line: &str| {
        let answer: Value = serde_json::from_str(line).expect("it is JSON");
        assert!(answer["value"].as_f64() > Some(0.0), "{answer}");
        format!("{} {}", answer["case"], answer["who"]).replace('"', "")
    };
    (lines.lines().map(answered).collect(), errors)
}

/// Returns the lines of what every contestant answers in every case.
fn all(cases: &[&str], contestants: &[&str]) -> Vec<String> {
    let of = |case: &&str| {
        let case = (*case).to_owned();
        contestants.iter().map(move |who| format!("{case} {who}"))
    };
    cases.iter().flat_map(of).collect()
}

#[test]
fn futures_are_awaited_and_spawned_everywhere() {
    let who = ["yieldfrom", "yieldfrom-task", "tokio", "smol"];
    let only = who.map(|who| ["--only", who]).concat();
    let (answered, errors) = asked(&[&["futures"], &only[..]].concat());
    let cases = ["await", "spawn batch=1000", "spawn one-by-one", "wake"];
    let mut expected = all(&cases, &who);
    expected.insert(who.len(), "ready yieldfrom".to_owned());
    assert_eq!(answered, expected, "{errors}");
}

#[test]
fn both_ends_of_http_answer() {
    let who = ["yieldfrom", "tokio"];
    let (answered, errors) = asked(&["services-http", "--only", "yieldfrom", "--only", "tokio"]);
    assert_eq!(
        answered,
        all(&["connections=1", "connections=32"], &who),
        "{errors}"
    );
}

#[test]
fn servers_of_http_answer() {
    let cases = ["connections=32 rps", "connections=32 cpu", "idle n=2000"];
    let choice = cases.map(|case| ["--case", case]).concat();
    let (answered, errors) = asked(&[&["services-http-server"], &choice[..]].concat());
    for who in ["yieldfrom", "yieldfrom-blocking", "tokio", "threads", "may"] {
        for case in cases {
            assert!(
                answered.contains(&format!("{case} {who}")),
                "{who}: {errors}"
            );
        }
    }
}

#[test]
fn queries_are_answered_and_late_under_the_same_load() {
    let cases = [
        "connections=8 queries",
        "connections=8 cpu",
        "load p50",
        "load p999",
    ];
    let choice = cases.map(|case| ["--case", case]).concat();
    let (answered, errors) = asked(&[&["services-postgres"], &choice[..]].concat());
    if errors.contains("PostgreSQL is not installed") {
        eprintln!("skipped: PostgreSQL is not installed");
        return;
    }
    assert_eq!(answered, all(&cases, &["yieldfrom", "tokio"]), "{errors}");
}

#[test]
fn their_name_stands_for_all_of_them() {
    let (answered, errors) = asked(&["services", "--case", "connections=1", "--only", "tokio"]);
    assert_eq!(answered, ["connections=1 tokio"], "{errors}");
}
