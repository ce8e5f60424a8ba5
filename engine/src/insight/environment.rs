//! `YIELDFROM_TRACE`: the loops of a program are recorded that does not know of it.

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::trace::{Format, Trace, TraceFile};
use yieldfrom_delegation::report;

const VARIABLE: &str = "YIELDFROM_TRACE";

/// No more loops of a process are recorded than these.
const MOST_LOOPS: usize = 100;

/// The file that a loop is recorded into because the environment says so.
#[derive(Default)]
pub(super) struct ByEnvironment {
    /// The file, once the loop has made a turn; none if there is no file for it.
    file: RefCell<Option<TraceFile>>,
    has_begun: Cell<bool>,
}

impl ByEnvironment {
    /// Returns a place for the file, if the environment asks for recordings.
    pub(super) fn find() -> Option<Self> {
        path().map(|_| Self::default())
    }

    /// Takes the next file: the loop makes its first turn.
    pub(super) fn begin(&self) {
        if !self.has_begun.replace(true) {
            let file = next_file();
            self.file.replace(file);
        }
    }

    /// Writes a recording, unless the loop has never run.
    pub(super) fn write(&self, trace: &Trace) {
        let file = self.file.take();
        if let Some(Err(error)) = file.map(|file| file.write(trace)) {
            report!(Error, "{VARIABLE}: {error}; the run was not recorded");
        }
    }
}

/// Returns the path that the environment has. It is looked at once.
fn path() -> Option<&'static Path> {
    static PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    static COMPLAINED: AtomicBool = AtomicBool::new(false);
    let path = PATH.get_or_init(|| {
        let value = std::env::var_os(VARIABLE).filter(|value| !value.is_empty())?;
        let path = PathBuf::from(value);
        // The program may change its folder.
        Some(std::path::absolute(&path).unwrap_or(path))
    });
    let path = path.as_deref()?;
    if Format::of(path).is_some() {
        return Some(path);
    }
    // Once, and outside of the above: a logger may make a loop.
    if !COMPLAINED.swap(true, Ordering::Relaxed) {
        complain(path.as_os_str());
    }
    None
}

fn complain(value: &OsStr) {
    let value = value.to_string_lossy();
    report!(
        Error,
        "{VARIABLE}={value}: the name has to end with .html, .json or .svg; nothing is recorded"
    );
}

fn next_file() -> Option<TraceFile> {
    static LOOPS: AtomicUsize = AtomicUsize::new(0);
    let number = LOOPS.fetch_add(1, Ordering::Relaxed) + 1;
    if number == MOST_LOOPS + 1 {
        report!(
            Warn,
            "{VARIABLE}: only the first {MOST_LOOPS} loops are recorded"
        );
    }
    let path = path().filter(|_| number <= MOST_LOOPS)?;
    match TraceFile::create(numbered(path, number)) {
        Ok(file) => Some(file),
        Err(error) => {
            report!(Error, "{VARIABLE}: {error}; the run is not recorded");
            None
        }
    }
}

/// Returns the path for the loop with this number: `run.html`, `run-2.html`, and so on.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let (Some(stem), Some(end), 2..) = (path.file_stem(), path.extension(), number) else {
        return path.to_owned();
    };
    let mut name = stem.to_owned();
    name.push(format!("-{number}."));
    name.push(end);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_loops_have_a_number_before_the_suffix() {
        let path = Path::new("/a.b/run.v1.html");
        let names = [1, 2, 13].map(|number| numbered(path, number));
        let expected = [
            "/a.b/run.v1.html",
            "/a.b/run.v1-2.html",
            "/a.b/run.v1-13.html",
        ];
        assert_eq!(names, expected.map(PathBuf::from));
    }
}
