//! Asks the reference, `reference/generators.py`, for traces.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{io, thread};

use serde_json::Value as Json;

/// What a trace begins with where the reference has none.
const FAILED: &str = "the reference failed";

/// CPython running the reference: scenarios go in, traces come out.
#[derive(Debug)]
pub struct Reference(());

impl Reference {
    /// Finds the reference, unless there is no `python3` of a version that it can use.
    pub fn find() -> Option<Self> {
        let new_enough = "import sys; sys.exit(sys.version_info < (3, 11))";
        let checked = Command::new("python3")
            .args(["-c", new_enough])
            .status()
            .ok()?;
        checked.success().then_some(Self(()))
    }

    /// Returns the traces of scenarios; none where the reference has no trace, as CPython itself can crash:
    /// 3.11 does in some scenarios in which a generator operates on one that is running.
    ///
    /// # Errors
    ///
    /// The reference cannot be started.
    pub fn traces(&self, scenarios: &[Json]) -> io::Result<Vec<Option<String>>> {
        let mut traces = Vec::new();
        while traces.len() < scenarios.len() {
            let known = batch(&scenarios[traces.len()..])?;
            traces.extend(
                known
                    .into_iter()
                    .map(|trace| Some(trace).filter(|text| !text.starts_with(FAILED))),
            );
            if traces.len() < scenarios.len() {
                traces.push(None);
            }
        }
        Ok(traces)
    }

    /// Returns the trace of one scenario, if the reference can run it.
    pub fn trace(&self, scenario: &Json) -> Option<String> {
        self.traces(std::slice::from_ref(scenario)).ok()?.pop()?
    }
}

/// Has one process run scenarios, for as long as it lives.
fn batch(scenarios: &[Json]) -> io::Result<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/generators.py");
    let mut command = Command::new("python3");
    command
        .arg(script)
        .arg("--batch")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    let mut to = child.stdin.take().expect("piped");
    let from = child.stdout.take().expect("piped");
    // Written by another thread: with both pipes full, each side would wait for the other.
    let traces = thread::scope(|scope| {
        // That the other end has died is noticed by the reader.
        scope.spawn(move || scenarios.iter().try_for_each(|s| writeln!(to, "{s}")));
        BufReader::new(from)
            .lines()
            .map_while(|line| serde_json::from_str(&line.ok()?).ok())
            .collect()
    });
    child.wait()?;
    Ok(traces)
}
