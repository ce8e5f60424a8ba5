//! Kills at random moments.

use std::collections::HashSet;
use std::fs;
use std::process::Stdio;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::support::{Folder, LONG, REPLICATIONS_OF_LONG, SMALL, undisturbed_long};

/// `kill` of the standard library sends SIGKILL, which no program can catch.
#[test]
fn a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_been() {
    let folder = Folder::new();
    let mut random = Pcg64::seed_from_u64(1);
    let mut finished = HashSet::new();
    for round in 0..8 {
        let mut program = folder
            .command(LONG)
            .stderr(Stdio::null())
            .spawn()
            .expect("it can be run");
        let more = random.random_range(0..60);
        folder.wait_for_lines(finished.len() + more, &mut program);
        program.kill().expect("it can be killed");
        program.wait().expect("it ends");
        let lines: HashSet<String> = folder.lines().into_iter().collect();
        assert!(lines.is_superset(&finished), "round {round} loses nothing");
        finished = lines;
    }
    assert!(
        finished.len() < REPLICATIONS_OF_LONG,
        "it was always killed"
    );
    assert_eq!(folder.results(LONG), undisturbed_long());
    assert_eq!(folder.lines().len(), REPLICATIONS_OF_LONG, "none is twice");
}

/// A kill in the middle of a write leaves a part of a line: here every such part of two lines, and of the first line.
#[test]
fn a_journal_may_end_anywhere() {
    let folder = Folder::new();
    let results = folder.results(SMALL);
    let journal = fs::read(folder.journal()).expect("a journal");
    let first = journal.split_inclusive(|byte| *byte == b'\n').next();
    let first = first.expect("a line").len();
    let middle = journal.len() / 2;
    let lengths = (0..=first)
        .step_by(13)
        .chain((middle..middle + 400).step_by(13));
    for length in lengths.chain(first - 1..=first + 1) {
        fs::write(folder.journal(), &journal[..length]).expect("it can be written");
        assert_eq!(folder.results(SMALL), results, "{length} bytes");
        assert_eq!(folder.lines().len(), 40, "{length} bytes");
    }
}
