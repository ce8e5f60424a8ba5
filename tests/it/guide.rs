//! Every program of the guide runs, and prints what its page shows below it.

use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The programs, named by the page and the line where they begin, and the outputs that are shown.
const PROGRAMS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/outputs.rs"));

/// Ends a program that hangs; no program needs a small part of it.
const LIMIT: Duration = Duration::from_secs(60);

fn started(name: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guide"));
    command.arg(name).stdin(Stdio::null());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    child.unwrap_or_else(|error| panic!("can't run {command:?}: {error}"))
}

/// Returns the output of a process, which is killed if it runs for too long.
fn output_of(mut child: Child) -> Output {
    let end = Instant::now() + LIMIT;
    while child
        .try_wait()
        .expect("a child can be waited for")
        .is_none()
    {
        if Instant::now() > end {
            child.kill().expect("a child can be killed");
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    child.wait_with_output().expect("a child has pipes")
}

/// Returns what is wrong with a run of a program, if anything is.
fn complaint(name: &str, shown: &str, run: &Output) -> Option<String> {
    if run.status.success() && run.stdout == shown.as_bytes() && run.stderr.is_empty() {
        return None;
    }
    let [printed, errors] = [&run.stdout, &run.stderr].map(|it| String::from_utf8_lossy(it));
    Some(format!(
        "engine/src/guide/{name} ended with {}\n\
         --- the page shows:\n{shown}--- the program printed:\n{printed}--- and to stderr:\n{errors}---\n",
        run.status
    ))
}

#[test]
fn every_program_prints_what_its_page_shows() {
    assert!(PROGRAMS.len() >= 32, "the programs were found");
    let complaints: Vec<_> = PROGRAMS
        .iter()
        .filter_map(|(name, shown)| complaint(name, shown, &output_of(started(name))))
        .collect();
    assert!(
        complaints.is_empty(),
        "{} of {} programs:\n{}",
        complaints.len(),
        PROGRAMS.len(),
        complaints.join("\n")
    );
}
