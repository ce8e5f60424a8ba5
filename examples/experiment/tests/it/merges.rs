//! Shards, and the results out of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Folder, SMALL, fail, forge, succeed, undisturbed};

/// Computes the shards of a study, each in a folder of its own.
fn shards(of: usize) -> Vec<Folder> {
    let compute = |number| {
        let folder = Folder::new();
        let shard = format!("--shard={number}/{of}");
        succeed(&mut folder.command(&[SMALL, &[&shard]].concat()));
        assert!(!folder.path("results").exists(), "that is for the merge");
        folder
    };
    (1..=of).map(compute).collect()
}

/// Returns the command that merges journals into a folder.
fn merge<'a>(into: &Folder, journals: impl IntoIterator<Item = &'a Folder>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_experiment"));
    command
        .arg("--out")
        .arg(into.path("results"))
        .arg("--merge");
    command.args(journals.into_iter().map(Folder::journal));
    command
}

#[test]
fn merged_shards_are_the_whole_study() {
    let whole = undisturbed(SMALL);
    for of in [1, 3, 7] {
        let (into, shards) = (Folder::new(), shards(of));
        let sizes: Vec<usize> = shards.iter().map(|shard| shard.lines().len()).collect();
        assert!(
            sizes.iter().all(|size| size.abs_diff(40 / of) <= 1),
            "{sizes:?}"
        );
        succeed(&mut merge(&into, shards.iter().rev()));
        assert_eq!(into.files(), whole, "{of} shards");
    }
}

#[test]
fn a_journal_may_be_given_twice() {
    let (into, shards) = (Folder::new(), shards(2));
    succeed(&mut merge(&into, shards.iter().chain(&shards)));
    assert_eq!(into.files(), undisturbed(SMALL));
}

#[test]
fn a_missing_shard_is_named_and_the_results_are_made_of_the_others() {
    let (into, shards) = (Folder::new(), shards(3));
    let said = fail(&mut merge(&into, [&shards[0], &shards[2]]));
    let what = "13 of 40 replications are missing, and the results are made without them:";
    assert!(said.contains(what), "{said}");
    assert!(said.contains("the journal of shard 2/3\n"), "{said}");
    assert!(
        said.contains("servers=1 load=0.5 patience=forever: replications 1, 4\n"),
        "{said}"
    );
    assert_eq!(into.files()[0].lines().count(), 28);
}

#[test]
fn a_replication_that_is_missing_in_a_shard_is_named() {
    let (into, shards) = (Folder::new(), shards(2));
    let journal = fs::read(shards[0].journal()).expect("a journal");
    let torn = &journal[..journal.len() - 10];
    fs::write(shards[0].journal(), torn).expect("it can be written");
    let said = fail(&mut merge(&into, &shards));
    assert!(said.contains("the last line of "), "{said}");
    assert!(said.contains("1 of 40 replications are missing"), "{said}");
    assert!(!said.contains("the journal of shard"), "{said}");
    let left = fs::read(shards[0].journal()).expect("a journal");
    assert_eq!(left, torn, "a merge only reads");
}

#[test]
fn doubles_that_differ_are_refused() {
    let (into, shards) = (Folder::new(), shards(1));
    let other = Folder::new();
    fs::copy(shards[0].journal(), other.journal()).expect("it can be copied");
    forge(&other.journal(), 7, "\"mean_wait\":", "\"mean_wait\":1");
    let said = fail(&mut merge(&into, [&shards[0], &other]));
    assert!(
        said.contains("is there twice, with different results"),
        "{said}"
    );
    assert!(
        said.contains(&name(&other.journal())) && said.contains("replication "),
        "{said}"
    );
    assert!(!into.path("results").exists());
}

#[test]
fn different_studies_are_refused() {
    let (into, shards) = (Folder::new(), shards(1));
    let other = Folder::new();
    other.results(&[SMALL, &["--seed=7"]].concat());
    let said = fail(&mut merge(&into, [&shards[0], &other]));
    assert!(said.contains("are of different studies"), "{said}");
    let nothing = Folder::new();
    let said = fail(&mut merge(&into, [&nothing]));
    assert!(said.contains(&name(&nothing.journal())), "{said}");
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
