//! The program, its files, and how to kill it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Nothing takes so long: it hangs.
const LIMIT: Duration = Duration::from_secs(100);

/// The time between two looks for what a test waits for.
const PAUSE: Duration = Duration::from_millis(1);

/// A study of 40 replications, which takes no time.
pub(crate) const SMALL: &[&str] = &[
    "--servers=1,2",
    "--load=0.5,0.8",
    "--replications=5",
    "--customers=100",
    "--warm-up=10",
];

/// A study of 480 replications, which takes long enough to be killed in the middle.
pub(crate) const LONG: &[&str] = &["--customers=800", "--warm-up=50"];
pub(crate) const REPLICATIONS_OF_LONG: usize = 480;

/// A folder for a study, gone when this is dropped.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path("journal")
    }

    /// Returns the command that runs a study with its results and its journal in this folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_experiment"));
        command.args(self.arguments(arguments));
        command
    }

    pub(crate) fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let place = |option: &str, name| format!("{option}={}", self.path(name).display());
        let mut all = vec![place("--out", "results"), place("--journal", "journal")];
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        all
    }

    /// Runs a study, which must succeed, and returns what is in the files of the results.
    pub(crate) fn results(&self, arguments: &[&str]) -> Vec<String> {
        succeed(&mut self.command(arguments));
        self.files()
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let files = ["replications.csv", "summary.csv", "wait.svg"];
        let read = |name| fs::read_to_string(self.path("results").join(name)).expect(name);
        files.map(read).to_vec()
    }

    /// Returns the whole lines of the journal, without the first one.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.journal()).unwrap_or_default();
        let lines = text.split_inclusive('\n').skip(1);
        let whole = lines.filter(|line| line.ends_with('\n'));
        whole.map(str::to_owned).collect()
    }

    /// Waits until the journal has so many lines, or the program has ended.
    pub(crate) fn wait_for_lines(&self, count: usize, program: &mut Child) {
        wait_until("a line of the journal", || {
            self.lines().len() >= count || program.try_wait().expect("its state").is_some()
        });
    }
}

/// Returns the results of a study that nobody disturbs.
pub(crate) fn undisturbed(arguments: &[&str]) -> Vec<String> {
    Folder::new().results(arguments)
}

/// Returns the results of the long study, which is computed only once.
pub(crate) fn undisturbed_long() -> Vec<String> {
    static RESULTS: OnceLock<Vec<String>> = OnceLock::new();
    RESULTS.get_or_init(|| undisturbed(LONG)).clone()
}

pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    output
}

/// Runs what must not succeed, and returns what it says.
pub(crate) fn fail(command: &mut Command) -> String {
    let output = command.output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code().map(|code| code == 0),
        Some(false),
        "{said}"
    );
    said
}

/// Returns a line of a journal with this text.
pub(crate) fn journal_line(text: &str) -> String {
    format!("{:08x} {text}\n", crc32fast::hash(text.as_bytes()))
}

/// Changes the text of one line of a journal, so that the line is still whole.
pub(crate) fn forge(journal: &Path, line: usize, from: &str, to: &str) {
    let text = fs::read_to_string(journal).expect("a journal");
    let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    let (_, old) = lines[line].trim_end().split_once(' ').expect("a checksum");
    let new = old.replace(from, to);
    assert_ne!(old, new, "there is no {from}");
    lines[line] = journal_line(&new);
    fs::write(journal, lines.concat()).expect("it can be written");
}

pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < LIMIT, "{what} does not come");
        thread::sleep(PAUSE);
    }
}
