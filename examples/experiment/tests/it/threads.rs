//! The results do not depend on the number of threads.

use std::fs;

use crate::support::{Folder, SMALL, fail, succeed, undisturbed};

#[test]
fn any_number_of_threads_gives_the_same_files() {
    let one = undisturbed(&[SMALL, &["--threads=1"]].concat());
    for threads in ["--threads=2", "--threads=4"] {
        assert_eq!(undisturbed(&[SMALL, &[threads]].concat()), one, "{threads}");
    }
    assert_eq!(one[0].lines().count(), 41);
    assert_ne!(undisturbed(&[SMALL, &["--seed=43"]].concat())[0], one[0]);
}

/// The seed of a replication depends on its point and its number only.
#[test]
fn a_smaller_study_is_a_part_of_a_larger_one() {
    let large = undisturbed(SMALL);
    let small = undisturbed(&[
        "--servers=2",
        "--load=0.8",
        "--replications=3",
        "--customers=100",
        "--warm-up=10",
    ]);
    let lines: Vec<&str> = small[0].lines().collect();
    assert_eq!(lines.len(), 7);
    for line in lines {
        assert!(large[0].lines().any(|other| other == line), "{line}");
    }
}

#[test]
fn a_study_that_is_finished_is_not_computed_again() {
    let folder = Folder::new();
    let results = folder.results(SMALL);
    let journal = fs::read(folder.journal()).expect("a journal");
    assert_eq!(folder.lines().len(), 40);
    let output = succeed(&mut folder.command(SMALL));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("40 of 40 replications are in"), "{said}");
    assert_eq!(fs::read(folder.journal()).expect("a journal"), journal);
    assert_eq!(folder.files(), results);
}

#[test]
fn the_study_of_a_default_journal_is_continued_and_another_has_its_own() {
    let folder = Folder::new();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_experiment"));
        command.arg("--out").arg(folder.path("results"));
        let output = succeed(command.args(SMALL).args(arguments));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(run(&[]), "");
    assert_eq!(run(&["--seed=7"]), "");
    assert!(run(&[]).contains("40 of 40 replications are in"));
}

#[test]
fn a_replication_that_fails_ends_the_run_with_its_point_and_number() {
    let folder = Folder::new();
    let said = fail(&mut folder.command(&["--time=1e-9", "--warm-up=0", "--threads=1"]));
    let expected = "experiment: servers=1 load=0.5 patience=forever, replication 0 (seed ";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("no customer came"), "{said}");
}
