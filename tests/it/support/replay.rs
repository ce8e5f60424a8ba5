//! Runs the programs that replay scenarios.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs, process};

/// A program that replays scenarios.
pub(crate) struct Program {
    pub(crate) path: &'static str,
    /// What its messages begin with.
    pub(crate) name: &'static str,
}

impl Program {
    fn command(&self) -> Command {
        Command::new(self.path)
    }

    pub(crate) fn replay(&self, file: &Path) -> Output {
        self.command().arg(file).output().unwrap()
    }

    /// Checks that the program prints this trace, and nothing else.
    pub(crate) fn assert_prints(&self, file: &Path, trace: &str) {
        let output = self.replay(file);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), trace);
        assert_eq!(output.status.code(), Some(0));
    }

    /// Checks that the program prints the trace that came with a scenario.
    pub(crate) fn assert_prints_recorded(&self, scenario: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let file = folder.join(scenario);
        let trace = fs::read_to_string(file.with_extension("trace")).unwrap();
        self.assert_prints(&file, &trace);
    }

    /// Checks what the program says about a file that is missing.
    pub(crate) fn assert_names_missing_file(&self) {
        let output = self.replay(Path::new("no/such/file.json"));
        let message = String::from_utf8(output.stderr).unwrap();
        let beginning = format!("{}: no/such/file.json: ", self.name);
        assert!(message.starts_with(&beginning), "{message}");
        assert_eq!(message.lines().count(), 1);
        assert_eq!(output.status.code(), Some(2));
    }

    /// Checks what the program says about another number of arguments than one.
    pub(crate) fn assert_refuses(&self, arguments: &[&str]) {
        let output = self.command().args(arguments).output().unwrap();
        let usage = format!("usage: {} FILE\n", self.name);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), usage);
        assert_eq!(output.status.code(), Some(2));
    }

    /// Checks that the program complains in one line that names the file and the line, and prints
    /// `trace` before.
    pub(crate) fn assert_complains(
        &self,
        name: &str,
        text: impl AsRef<[u8]>,
        complaint: &str,
        trace: &str,
    ) {
        let file = File::new(name, text);
        let output = self.replay(&file.0);
        let expected = format!("{}: {}:{complaint}\n", self.name, file.0.display());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), trace);
        assert_eq!(output.status.code(), Some(2));
    }

    /// Checks that the program ends without a word when nobody reads more than `first` of a trace
    /// that has no end.
    pub(crate) fn assert_ends_with_its_reader(&self, file: &Path, first: &str) {
        let mut child = self
            .command()
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut read = vec![0; first.len()];
        child.stdout.take().unwrap().read_exact(&mut read).unwrap();
        assert_eq!(read, first.as_bytes());
        // The reading end is closed by now.
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty());
    }
}

/// A file that is gone when this is dropped.
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    pub(crate) fn new(name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = env::temp_dir().join(format!("yieldfrom-{}-{name}.json", process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
