//! The whole comparison: asks every question, and writes the report.

pub(crate) mod groups;
pub(crate) mod results;
pub(crate) mod terminal;

mod folder;
mod main_table;
mod page;
mod plan;
mod wins;

use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::measuring::contest::Contest;
use crate::measuring::instructions;
use crate::measuring::interrupt;
use crate::measuring::machine::{self, Neighbours, Processors};
use crate::measuring::progress::Progress;
use crate::measuring::sampler::Sampler;
use crate::twins;
use folder::Folder;
pub(crate) use plan::Plan;
use plan::{duration, expected};
use results::{Load, Machine, Results};

/// Stands for the twins, among the questions.
pub(crate) const TWINS: &str = "twins";
/// For how long the machine is watched before and after.
const WATCH: Duration = Duration::from_secs(1);
/// It is idle if its processors work for less than this share meanwhile.
const IDLE: f64 = 0.05;

/// Asks all that is planned and writes the report, which grows with every answer.
///
/// # Errors
///
/// The report cannot be written; this is found before anything is measured.
pub(crate) fn run(plan: Plan) -> Result<()> {
    let folder = Folder::open(plan.folder.clone())?;
    if plan.instructions {
        instructions::check()?;
    }
    interrupt::listen()?;
    let mut report = Report::new(plan, folder);
    report.run_twins();
    report.bind();
    report.ask_all()?;
    report.finish()
}

struct Report {
    plan: Plan,
    folder: Folder,
    contest: Contest,
    results: Results,
}

impl Report {
    fn new(plan: Plan, folder: Folder) -> Self {
        let before = load();
        let mut contest = plan.contest();
        let results = Results {
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            quick: plan.quick,
            repetitions: plan.repetitions,
            rounds: contest.sampler.rounds(),
            machine: Machine {
                processors: machine::processors(),
                kernel: machine::kernel(),
                memory_bytes: machine::memory_bytes(),
                before,
                ..Machine::default()
            },
            versions: machine::versions().collect(),
            ..Results::default()
        };
        contest.progress = Progress::of(expected(&plan, &contest));
        Self {
            plan,
            folder,
            contest,
            results,
        }
    }

    /// Runs the programs that were written three times, on all processors.
    fn run_twins(&mut self) {
        let repetitions = self.plan.twin_repetitions();
        for program in self.plan.twins() {
            if interrupt::asked() {
                return;
            }
            let progress = &self.contest.progress;
            progress.begin(&format!("twins {}", program.name));
            let twin = twins::compare(program, repetitions, progress);
            self.results.twins.push(twin);
            progress.end(program.duration(repetitions));
        }
    }

    /// Leaves all but one or two processors alone, from now on.
    fn bind(&mut self) {
        let processors = machine::bind();
        self.contest.sampler = Sampler::new(self.plan.quick, processors);
        self.results.machine.used = processors.to_string();
    }

    fn ask_all(&mut self) -> Result<()> {
        for question in self.plan.questions() {
            self.results
                .questions
                .push(results::Question::new(question));
            for run in self.plan.runs(question) {
                if interrupt::asked() {
                    return Ok(());
                }
                self.contest
                    .progress
                    .begin(&format!("{} {}", question.name, run[0].name));
                let outcomes = self.contest.ask(question, run);
                self.contest
                    .progress
                    .end(duration(question, run, &self.plan, &self.contest));
                let asked = self.results.questions.last_mut().expect("it was pushed");
                // An early end may leave nothing of a case; that somebody was absent is worth a word.
                let some = outcomes.into_iter().map(results::Case::from);
                asked.cases.extend(
                    some.filter(|case| !(case.answers.is_empty() && case.absent.is_empty())),
                );
            }
            self.note();
            self.folder.write(&self.results)?;
        }
        Ok(())
    }

    /// Writes down what is known besides the answers.
    fn note(&mut self) {
        let results = &mut self.results;
        results.took_seconds = self.contest.progress.elapsed().as_secs();
        for (&who, version) in &self.contest.versions {
            if let Ok(version) = version {
                let name = match who {
                    "go" => "Go",
                    "cpython" | "asyncio" => "Python",
                    package => package,
                };
                results.versions.insert(name.to_owned(), version.clone());
            }
        }
        results.warnings.clear();
        for (when, load) in [
            ("before", Some(results.machine.before)),
            ("after", results.machine.after),
        ] {
            if let Some(load) = load.filter(|load| load.busy > IDLE) {
                let busy = 100.0 * load.busy;
                let warning = format!(
                    "The machine was not idle {when} this run: its processors were {busy:.0} % busy."
                );
                results.warnings.push(warning);
            }
        }
        results.warnings.extend(self.contest.sampler.warning());
        results.left_out = self.plan.left_out();
        if interrupt::asked() {
            let warning = "This run was interrupted: what comes after its last answer is missing.";
            results.warnings.push(warning.to_owned());
        }
    }

    fn finish(mut self) -> Result<()> {
        self.contest.progress.finish();
        if !interrupt::asked() {
            self.results.machine.after = Some(load());
        }
        self.note();
        self.folder.write(&self.results)?;
        for warning in &self.results.warnings {
            self.contest.progress.say(warning);
        }
        let took = Duration::from_secs(self.results.took_seconds);
        let (page, took) = (self.folder.page(), humantime::format_duration(took));
        self.contest
            .progress
            .say(&format!("{} is written, after {took}", page.display()));
        if self.plan.markdown {
            print!("{}", main_table::markdown(&self.results));
        }
        Ok(())
    }
}

/// Watches the machine while it should have nothing to do.
fn load() -> Load {
    let everywhere = Processors::default();
    let before = Neighbours::now(everywhere);
    thread::sleep(WATCH);
    Load {
        average: machine::load_average(),
        busy: Neighbours::now(everywhere).busy_since(before),
    }
}

#[cfg(test)]
mod tests;
