//! The monitor, on loops that run, by clients that do what they like.

mod answers;
mod clients;
mod paths;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("yieldfrom-monitor-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("socket")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that looks at a loop.
struct Viewer(BufReader<UnixStream>);

impl Viewer {
    fn new(path: &Path) -> Self {
        Self(BufReader::new(UnixStream::connect(path).unwrap()))
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    fn ask(&mut self, request: &str) -> Value {
        self.send(format!("{request}\n").as_bytes());
        self.read()
    }

    /// Asks until an answer is as wanted: the loop answers when it likes.
    fn until(&mut self, request: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let answer = self.ask(request);
            if wanted(&answer) {
                return answer;
            }
        }
    }
}

/// Returns whether an answer has what the loop has just said.
fn is_new(answer: &Value) -> bool {
    answer["has_answered"] == true
}

fn task<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let tasks = answer["snapshot"]["tasks"].as_array().unwrap();
    let found = tasks.iter().find(|task| task["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {answer:#}"))
}
