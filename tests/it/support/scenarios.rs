//! Plays scenarios in this process.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tests::language::session::{Stop, Trace};
use yieldfrom_delegation::stack;

/// The scenarios of one language that came with their traces.
pub(crate) struct Recorded {
    /// Their folder in `scenarios`.
    pub(crate) folder: &'static str,
    /// Plays a scenario to its end, and drops its player.
    pub(crate) play: fn(&[u8], Trace),
}

impl Recorded {
    fn files(&self) -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let entries = fs::read_dir(folder.join(self.folder)).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|it| it == "json"));
        files.sort();
        files
    }

    /// Checks that there are so many, and that their traces are the recorded ones.
    pub(crate) fn assert_traces(&self, count: usize) {
        let files = self.files();
        assert_eq!(files.len(), count);
        for file in files {
            let trace = Trace::default();
            (self.play)(&fs::read(&file).unwrap(), trace.clone());
            let expected = fs::read_to_string(file.with_extension("trace")).unwrap();
            assert_eq!(trace.text(), expected, "{}", file.display());
        }
    }

    /// Checks that no stack is in use when a player is gone.
    pub(crate) fn assert_no_stack_is_left(&self) {
        let before = stack::stats().live;
        for file in self.files() {
            (self.play)(&fs::read(&file).unwrap(), Trace::default());
            assert_eq!(stack::stats().live, before, "{}", file.display());
        }
    }
}

/// Plays a scenario that may be an unfair one, and returns its trace if it is not.
///
/// `play` makes a player, plays, and drops the player; it returns none if there is no such scenario.
pub(crate) fn fair_trace(
    scenario: &Json,
    play: impl FnOnce(&[u8], Trace) -> Option<Result<(), Stop>>,
) -> Option<String> {
    let trace = Trace::default();
    let before = stack::stats().live;
    match play(scenario.to_string().as_bytes(), trace.clone())? {
        Ok(()) => assert_eq!(
            stack::stats().live,
            before,
            "a stack is still in use after {scenario}"
        ),
        Err(Stop::Output(error)) => panic!("{error}"),
        Err(_) => return None,
    }
    Some(trace.text())
}
