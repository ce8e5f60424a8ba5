//! Journals that must not be continued.

use std::fs::{self, File};

use crate::support::{Folder, SMALL, fail, forge};

/// Runs a study with a journal that is not good, which the program must leave as it is.
fn refuse(folder: &Folder, arguments: &[&str]) -> String {
    let journal = fs::read(folder.journal()).expect("a journal");
    let said = fail(&mut folder.command(arguments));
    assert_eq!(fs::read(folder.journal()).expect("it is there"), journal);
    let path = folder.journal();
    let expected = format!("experiment: open the journal {}: ", path.display());
    let rest = said.strip_prefix(&expected);
    rest.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
fn a_journal_of_another_study_is_refused() {
    let folder = Folder::new();
    folder.results(SMALL);
    for other in ["--seed=7", "--patience=3"] {
        let said = refuse(&folder, &[SMALL, &[other]].concat());
        assert!(
            said.starts_with("it is of another study: {\"seed\":42,"),
            "{other}: {said}"
        );
    }
    let said = refuse(&folder, &[SMALL, &["--shard=1/2"]].concat());
    assert!(
        said.starts_with("it is of shard 1/1, and this run is shard 1/2"),
        "{said}"
    );
}

#[test]
fn a_journal_of_another_version_is_refused() {
    for (field, says) in [
        ("format", "it has format 99, and this program writes "),
        (
            "models",
            "its models are of version 99, and this program's of ",
        ),
    ] {
        let folder = Folder::new();
        folder.results(SMALL);
        forge(
            &folder.journal(),
            0,
            &format!("\"{field}\":1"),
            &format!("\"{field}\":99"),
        );
        let said = refuse(&folder, SMALL);
        assert!(said.starts_with(says), "{said}");
    }
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let folder = Folder::new();
    for text in ["a thesis", "a thesis\nof two lines\n", "\n", "0000000"] {
        fs::write(folder.journal(), text).expect("it can be written");
        let said = refuse(&folder, SMALL);
        assert!(
            said.starts_with("it is no journal of this program"),
            "{said}"
        );
    }
}

#[test]
fn two_runs_do_not_write_one_journal() {
    let folder = Folder::new();
    let results = folder.results(SMALL);
    let writer = File::open(folder.journal()).expect("a journal");
    fs4::FileExt::try_lock(&writer).expect("nobody else has it");
    let said = refuse(&folder, SMALL);
    assert_eq!(said, "another process is writing to it\n");
    drop(writer);
    assert_eq!(folder.results(SMALL), results);
}

#[test]
fn a_line_that_no_kill_has_damaged_is_an_error() {
    let folder = Folder::new();
    folder.results(SMALL);
    let text = fs::read_to_string(folder.journal()).expect("a journal");
    let line = text.lines().nth(2).expect("a third line");
    let damaged = text.replace(line, &line.replace("customers", "customer5"));
    fs::write(folder.journal(), damaged).expect("it can be written");
    let said = refuse(&folder, SMALL);
    assert!(
        said.starts_with("line 4: the line before it is damaged"),
        "{said}"
    );
}

#[test]
fn a_replication_that_is_not_of_the_study_is_an_error() {
    let folder = Folder::new();
    folder.results(SMALL);
    forge(&folder.journal(), 5, "\"seed\":", "\"seed\":1,\"old\":");
    let said = refuse(&folder, SMALL);
    assert!(
        said.starts_with("line 6: ") && said.contains("is not of this study"),
        "{said}"
    );
}
