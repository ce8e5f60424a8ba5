//! Every program of the guide and of the README runs, and prints what its page shows below it.

use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The programs, named by the page and the line where they begin, and the outputs that the pages show.
const PROGRAMS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/outputs.rs"));

/// How long a program may run before it counts as hanging. Each needs a small part of this.
const LIMIT: Duration = Duration::from_secs(60);

fn start(name: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guide"));
    command.arg(name).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    child.unwrap_or_else(|error| panic!("can't run {command:?}: {error}"))
}

/// Returns whether the process ends within the limit. Kills it if it does not.
fn ends(child: &mut Child) -> bool {
    let deadline = Instant::now() + LIMIT;
    while child.try_wait().expect("a child has a status").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("a child can be killed");
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Runs a program, and returns what is wrong with its run, if anything is.
fn complaint(name: &str, shown: &str) -> Option<String> {
    let mut child = start(name);
    let ended = ends(&mut child);
    let run = child.wait_with_output().expect("a child has pipes");
    if run.status.success() && run.stdout == shown.as_bytes() && run.stderr.is_empty() {
        return None;
    }
    let end = if ended {
        run.status.to_string()
    } else {
        format!("killed after {LIMIT:?}")
    };
    Some(describe(name, shown, &end, &run))
}

fn describe(name: &str, shown: &str, end: &str, run: &Output) -> String {
    let [printed, errors] = [&run.stdout, &run.stderr].map(|it| String::from_utf8_lossy(it));
    format!(
        "{name}: {end}\n\
         --- the page shows\n{shown}\
         --- the program printed\n{printed}\
         --- and to standard error\n{errors}---\n"
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
