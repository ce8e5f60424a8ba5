//! Compares what this library does with scenarios with what CPython does.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value as Json;
use tests::language::reference::{Reference, Version};
use tests::language::shrink;

/// How many scenarios that differ are made small and written to files: each takes seconds.
const MOST_RECORDED: usize = 3;

/// What CPython does with scenarios of one language, and this library.
pub(crate) struct Comparison {
    /// The name of the reference.
    pub(crate) reference: &'static str,
    /// The versions of Python that agree: from the first to before the second.
    pub(crate) versions: [Version; 2],
    /// In how many of a thousand scenarios the reference may fail.
    pub(crate) most_unknown: usize,
    /// Runs a scenario in this process; none if it is not a fair one.
    pub(crate) play: fn(&Json) -> Option<String>,
}

impl Comparison {
    /// Checks that scenarios that are invented from seeds run as in CPython. `count` holds unless
    /// `YIELDFROM_FUZZ` is set.
    pub(crate) fn check_random(&self, count: u64, invent: fn(u64) -> Json) {
        let (count, seed) = (
            number("YIELDFROM_FUZZ", count),
            number("YIELDFROM_FUZZ_SEED", 1),
        );
        let Some(compared) = self.check((seed..seed + count).map(invent)) else {
            return;
        };
        eprintln!("{compared} of {count} random scenarios are fair and were compared");
        assert!(
            compared as u64 * 2 > count,
            "most of what is invented is not fair"
        );
    }

    /// Checks that systematic scenarios run as in CPython: one of each `step`, as all take a while,
    /// and all if `YIELDFROM_FUZZ` is set. Of all, more than `least` must have been compared.
    pub(crate) fn check_combined(
        &self,
        scenarios: impl Iterator<Item = Json>,
        step: usize,
        least: usize,
    ) {
        let step = if env::var_os("YIELDFROM_FUZZ").is_some() {
            1
        } else {
            step
        };
        let Some(compared) = self.check(scenarios.step_by(step)) else {
            return;
        };
        eprintln!("{compared} combined scenarios were compared");
        assert!(compared * step > least, "{compared}");
    }

    /// Checks that each of the texts is in the traces of this number of scenarios at least.
    pub(crate) fn assert_traces_have(
        &self,
        scenarios: impl Iterator<Item = Json>,
        least: usize,
        texts: &[&str],
    ) {
        let traces: Vec<_> = scenarios
            .filter_map(|scenario| (self.play)(&scenario))
            .collect();
        for wanted in texts {
            let found = traces.iter().filter(|trace| trace.contains(wanted)).count();
            assert!(found >= least, "{wanted}: {found}");
        }
    }

    /// Checks that scenarios run as in CPython, and returns how many were compared: none, with a
    /// message, if there is no CPython.
    fn check(&self, scenarios: impl Iterator<Item = Json>) -> Option<usize> {
        let [first, end] = self.versions;
        let Some(reference) = Reference::find(self.reference, first, end) else {
            eprintln!("skipped: there is no python3 from version {first:?} on, before {end:?}");
            return None;
        };
        let (compared, different) = self.compare(&reference, scenarios);
        assert!(different.is_empty(), "{different:#?}");
        Some(compared)
    }

    /// Returns whether both sides run the scenario, and do not agree.
    fn differs(&self, reference: &Reference, scenario: &Json) -> bool {
        let Some(ours) = (self.play)(scenario) else {
            return false;
        };
        reference
            .trace(scenario)
            .is_some_and(|theirs| theirs != ours)
    }

    /// Compares scenarios, writes small ones of those that differ to files, and returns their
    /// number and these.
    fn compare(
        &self,
        reference: &Reference,
        scenarios: impl Iterator<Item = Json>,
    ) -> (usize, Vec<PathBuf>) {
        let (mut compared, mut unknown, mut different) = (0, 0, Vec::new());
        let mut fair = scenarios
            .filter_map(|scenario| Some(((self.play)(&scenario)?, scenario)))
            .peekable();
        while fair.peek().is_some() {
            let (ours, batch): (Vec<_>, Vec<_>) = fair.by_ref().take(500).unzip();
            let theirs = reference.traces(&batch).unwrap();
            compared += batch.len();
            unknown += theirs.iter().filter(|theirs| theirs.is_none()).count();
            for ((ours, theirs), scenario) in ours.iter().zip(&theirs).zip(batch) {
                let differs = theirs.as_ref().is_some_and(|theirs| theirs != ours);
                if differs && different.len() < MOST_RECORDED {
                    different.push(self.record(reference, scenario));
                }
            }
        }
        assert!(
            unknown <= 1 + compared * self.most_unknown / 1000,
            "the reference failed in {unknown} of {compared} scenarios"
        );
        (compared - unknown, different)
    }

    /// Writes a scenario that differs, made as small as it gets, to a file.
    fn record(&self, reference: &Reference, scenario: Json) -> PathBuf {
        let small = shrink::shrink(scenario, |smaller| self.differs(reference, smaller));
        let theirs = reference.trace(&small).unwrap_or_default();
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
fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |value| value.parse().expect("a number"))
}
