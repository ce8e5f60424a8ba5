//! Random attacks, as many as fit into some seconds; the command `attack` runs more of them.

use std::process::{Command, Output};

use crate::support::output;

fn attack(target: &str, count: u32) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attack"));
    command.args([target, "--seed", "1", "--count", &count.to_string()]);
    // Nothing takes long; but a machine may stand still.
    command.args(["--patience", "300"]);
    let output = output(&mut command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, said)
}

#[test]
fn generators_bear_every_misuse() {
    let (output, said) = attack("generators", 4_000);
    assert!(output.status.success(), "{said}");
}

#[test]
fn loops_bear_every_misuse() {
    let (output, said) = attack("loop", 1_500);
    assert!(output.status.success(), "{said}");
}

/// An attack that finds nothing proves nothing, unless it would have found something.
#[test]
fn faults_are_found_and_made_small() {
    for (target, fault) in [
        ("itself-leaks", "are never dropped"),
        ("itself-aborts", "the process ended with signal: 6"),
        ("itself-panics", "a panic that nobody planned"),
        ("itself-suspends", "1 stacks are still in use"),
    ] {
        let (output, said) = attack(target, 10);
        assert!(!output.status.success(), "{said}");
        let small = said.lines().find(|line| line.starts_with("the smallest: "));
        assert!(small.is_some_and(|small| small.contains(fault)), "{said}");
        assert!(said.contains(&format!("{target} --replay 0\n")), "{said}");
    }
}
