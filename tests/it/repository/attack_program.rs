//! The command `attack` finds faults that are there on purpose.

use crate::support::attack;

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
