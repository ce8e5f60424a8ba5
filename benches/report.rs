//! The whole comparison: asks every question, and writes the report.

pub(crate) mod groups;
pub(crate) mod results;
pub(crate) mod terminal;

mod folder;
mod main_table;
mod page;
mod wins;

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::measuring::contest::Contest;
use crate::measuring::instructions;
use crate::measuring::interrupt;
use crate::measuring::machine::{self, Neighbours, Processors};
use crate::measuring::progress::Progress;
use crate::measuring::sampler::Sampler;
use crate::questions::{Case, How, QUESTIONS, Question};
use crate::twins::{self, PROGRAMS, Program};
use folder::Folder;
use results::{Load, Machine, Results};

/// Stands for the twins, among the questions.
pub(crate) const TWINS: &str = "twins";
/// For how long the machine is watched before and after.
const WATCH: Duration = Duration::from_secs(1);
/// It is idle if its processors work for less than this share meanwhile.
const IDLE: f64 = 0.05;
/// How much longer a sample takes that is not a quick one, about.
const THOROUGH: f64 = 1.5;
/// How many seconds it takes to count somebody's instructions, about.
const COUNTING: f64 = 3.0;

/// What is asked, and how.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Questions that are asked; none stands for all.
    pub(crate) questions: Vec<String>,
    pub(crate) cases: Vec<String>,
    pub(crate) only: Vec<String>,
    pub(crate) quick: bool,
    /// Whether instructions are counted.
    pub(crate) instructions: bool,
    pub(crate) repetitions: usize,
    /// Where the report goes, if it does not go to the usual place.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) markdown: bool,
}

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
        let sampler = Sampler::new(plan.quick, Processors::default());
        let mut contest = Contest::new(
            plan.repetitions,
            sampler,
            plan.only.clone(),
            plan.cases.clone(),
        );
        contest.instructions = plan.instructions;
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

impl Plan {
    /// Returns the twins that are run: all, if nothing else was asked for by name.
    fn twins(&self) -> &'static [Program] {
        let all = self.questions.is_empty() && self.cases.is_empty() && self.only.is_empty();
        if all || self.questions.iter().any(|name| name == TWINS) {
            &PROGRAMS
        } else {
            &[]
        }
    }

    fn twin_repetitions(&self) -> usize {
        if self.quick { 1 } else { self.repetitions }
    }

    fn questions(&self) -> Vec<&'static Question> {
        let wanted = |question: &&Question| {
            self.questions.is_empty() || self.questions.iter().any(|name| name == question.name)
        };
        let questions = QUESTIONS.iter().copied().filter(wanted);
        questions
            .filter(|question| self.runs(question).next().is_some())
            .collect()
    }

    /// Returns the runs of a question that are asked.
    fn runs(&self, question: &'static Question) -> impl Iterator<Item = &'static [Case]> {
        question
            .runs()
            .filter(|run| run.iter().any(|case| self.wants(case)))
    }

    fn wants(&self, case: &Case) -> bool {
        if self.cases.is_empty() {
            !(self.quick && case.is_long())
        } else {
            self.cases.iter().any(|name| name == case.name)
        }
    }

    /// Says what is not asked, a line for each question.
    fn left_out(&self) -> Vec<String> {
        let cases = |question: &Question| -> Vec<&str> {
            let asked = self.questions.is_empty()
                || self.questions.iter().any(|name| name == question.name);
            let cases = question.cases.iter();
            cases
                .filter(|case| !(asked && self.wants(case)))
                .map(|case| case.name)
                .collect()
        };
        let line = |question: &&Question| {
            let cases = cases(question);
            match cases.len() {
                0 => None,
                n if n == question.cases.len() => Some(format!("the question {}", question.name)),
                _ => Some(format!(
                    "of the question {}: {}",
                    question.name,
                    cases.join(", ")
                )),
            }
        };
        let mut lines: Vec<_> = QUESTIONS.iter().filter_map(line).collect();
        if !self.only.is_empty() {
            lines.push(format!("everybody but {}", self.only.join(", ")));
        }
        lines
    }
}

/// Estimates how long all that is planned takes.
fn expected(plan: &Plan, contest: &Contest) -> Duration {
    let runs = |question| plan.runs(question).map(move |run| (question, run));
    let questions: Duration = plan
        .questions()
        .into_iter()
        .flat_map(runs)
        .map(|(question, run)| duration(question, run, plan, contest))
        .sum();
    let repetitions = plan.twin_repetitions();
    let twins = plan
        .twins()
        .iter()
        .map(|program| program.duration(repetitions));
    questions + twins.sum::<Duration>()
}

/// Estimates how long a run takes.
fn duration(question: &Question, run: &[Case], plan: &Plan, contest: &Contest) -> Duration {
    let contestants = question.contestants.iter().filter(|contestant| {
        let wanted = plan.only.is_empty() || plan.only.iter().any(|who| who == contestant.who);
        let absent = matches!(contestant.how, How::Absent(_));
        wanted && !absent && contestant.answers(run)
    });
    let (repetitions, mut rounds) = contest.samples(question, run);
    if question.seconds > 1.0 {
        // Whoever takes long has one round.
        rounds = 1;
    }
    let contestants = contestants.count();
    let samples = (contestants * repetitions * rounds) as f64;
    let pace = if plan.quick { 1.0 } else { THOROUGH };
    let counting = if plan.instructions { COUNTING } else { 0.0 };
    Duration::from_secs_f64(samples * question.seconds * pace + contestants as f64 * counting)
}

#[cfg(test)]
mod tests;
