//! Asks the references, scripts in `reference`, for traces.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{io, thread};

use serde_json::Value as Json;

/// What a trace begins with where the reference has none.
const FAILED: &str = "the reference failed";

/// A version of Python: major, minor, micro.
pub type Version = (u32, u32, u32);

/// CPython running a reference: scenarios go in, traces come out.
#[derive(Debug)]
pub struct Reference {
    script: PathBuf,
}

impl Reference {
    /// Finds the reference of that name, unless there is no `python3` whose version is at least
    /// `first`, and below `end`.
    pub fn find(name: &str, first: Version, end: Version) -> Option<Self> {
        let check = format!("import sys; sys.exit(not {first:?} <= sys.version_info < {end:?})");
        let checked = Command::new("python3").args(["-c", &check]).status().ok()?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
        let script = folder.join(name).with_extension("py");
        checked.success().then_some(Self { script })
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
            let known = self.batch(&scenarios[traces.len()..])?;
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

    /// Has one process run scenarios, for as long as it lives.
    fn batch(&self, scenarios: &[Json]) -> io::Result<Vec<String>> {
        let mut command = Command::new("python3");
        command
            .arg(&self.script)
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
}
