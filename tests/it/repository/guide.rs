//! Every program of the guide and of the README runs, and prints what its page shows below it.

use std::process::{Command, Output, Stdio};

use crate::support::output;

/// The programs, named by the page and the line where they begin, and the outputs that the pages show.
const PROGRAMS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/outputs.rs"));

/// Runs a program, and returns what is wrong with its run, if anything is.
fn complaint(name: &str, shown: &str) -> Option<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guide"));
    command.arg(name).env("RUST_BACKTRACE", "0");
    let run = output(command.stdin(Stdio::null()));
    if run.status.success() && run.stdout == shown.as_bytes() && run.stderr.is_empty() {
        return None;
    }
    Some(describe(name, shown, &run))
}

fn describe(name: &str, shown: &str, run: &Output) -> String {
    let [printed, errors] = [&run.stdout, &run.stderr].map(|it| String::from_utf8_lossy(it));
    format!(
        "{name}: {}\n\
         --- the page shows\n{shown}\
         --- the program printed\n{printed}\
         --- and to standard error\n{errors}---\n",
        run.status
    )
}

#[test]
fn every_program_prints_what_its_page_shows() {
    assert!(PROGRAMS.len() >= 34, "the programs were found");
    let runs = PROGRAMS.iter();
    let complaints: Vec<_> = runs
        .filter_map(|(name, shown)| complaint(name, shown))
        .collect();
    assert!(
        complaints.is_empty(),
        "{} of {} programs differ:\n{}",
        complaints.len(),
        PROGRAMS.len(),
        complaints.join("\n")
    );
}
