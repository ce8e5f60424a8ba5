//! Compares what this library does with scenarios with what CPython does.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value as Json;
use tests::language::reference::{Reference, Version};
use tests::language::shrink;

/// How many scenarios that differ are made small and written to files: each takes seconds.
const MOST_RECORDED: usize = 3;

/// A language, with both who run it.
pub(crate) struct Comparison {
    reference: Reference,
    /// Runs a scenario in this process; none if it is not a fair one.
    play: fn(&Json) -> Option<String>,
}

impl Comparison {
    /// Finds the reference of that name, for versions of Python from `first` to before `end`.
    /// Says so if there is none.
    pub(crate) fn find(
        reference: &str,
        [first, end]: [Version; 2],
        play: fn(&Json) -> Option<String>,
    ) -> Option<Self> {
        let Some(reference) = Reference::find(reference, first, end) else {
            eprintln!("skipped: there is no python3 from version {first:?} on, before {end:?}");
            return None;
        };
        Some(Self { reference, play })
    }

    /// Returns whether both sides run the scenario, and do not agree.
    fn differs(&self, scenario: &Json) -> bool {
        let Some(ours) = (self.play)(scenario) else {
            return false;
        };
        self.reference
            .trace(scenario)
            .is_some_and(|theirs| theirs != ours)
    }

    /// Compares scenarios, writes small ones of those that differ to files, and returns their
    /// number and these. `most_unknown` of a thousand the reference may fail to run.
    pub(crate) fn compare(
        &self,
        scenarios: impl Iterator<Item = Json>,
        most_unknown: usize,
    ) -> (usize, Vec<PathBuf>) {
        let (mut compared, mut unknown, mut different) = (0, 0, Vec::new());
        let mut fair = scenarios
            .filter_map(|scenario| Some(((self.play)(&scenario)?, scenario)))
            .peekable();
        while fair.peek().is_some() {
            let (ours, batch): (Vec<_>, Vec<_>) = fair.by_ref().take(500).unzip();
            let theirs = self.reference.traces(&batch).unwrap();
            compared += batch.len();
            unknown += theirs.iter().filter(|theirs| theirs.is_none()).count();
            for ((ours, theirs), scenario) in ours.iter().zip(&theirs).zip(batch) {
                let differs = theirs.as_ref().is_some_and(|theirs| theirs != ours);
                if differs && different.len() < MOST_RECORDED {
                    different.push(self.record(scenario));
                }
            }
        }
        assert!(
            unknown <= 1 + compared * most_unknown / 1000,
            "the reference failed in {unknown} of {compared} scenarios"
        );
        (compared - unknown, different)
    }

    /// Writes a scenario that differs, made as small as it gets, to a file.
    fn record(&self, scenario: Json) -> PathBuf {
        let small = shrink::shrink(scenario, |smaller| self.differs(smaller));
        let theirs = self.reference.trace(&small).unwrap_or_default();
        let name = small["name"]
            .as_str()
            .unwrap_or("scenario")
            .replace(' ', "-");
        let file = env::temp_dir().join(format!("yieldfrom-{name}.json"));
        fs::write(&file, serde_json::to_string_pretty(&small).unwrap()).unwrap();
        fs::write(file.with_extension("trace"), &theirs).unwrap();
        let ours = (self.play)(&small).unwrap_or_default();
        eprintln!(
            "{}:\n{small:#}\nCPython:\n{theirs}here:\n{ours}",
            file.display()
        );
        file
    }
}

/// Reads a number from the environment.
pub(crate) fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |value| value.parse().expect("a number"))
}
