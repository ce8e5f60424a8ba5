//! What a report asks, what it leaves out, and how long that takes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::slice;
use std::time::Duration;

use super::TWINS;
use crate::measuring::contest::Contest;
use crate::measuring::machine::Processors;
use crate::measuring::sampler::Sampler;
use crate::questions::{Case, How, QUESTIONS, Question};
use crate::twins::{PROGRAMS, Program};

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

impl Plan {
    /// Returns the contest that answers it, on whichever processors.
    pub(super) fn contest(&self) -> Contest {
        let sampler = Sampler::new(self.quick, Processors::default());
        let (only, cases) = (self.only.clone(), self.cases.clone());
        let mut contest = Contest::new(self.repetitions, sampler, only, cases);
        contest.brief = self.quick;
        contest.instructions = self.instructions;
        contest
    }

    /// Returns the twins that are run: all, if nothing else was asked for by name.
    pub(super) fn twins(&self) -> &'static [Program] {
        let all = self.questions.is_empty() && self.cases.is_empty() && self.only.is_empty();
        if all || self.questions.iter().any(|name| name == TWINS) {
            &PROGRAMS
        } else {
            &[]
        }
    }

    pub(super) fn twin_repetitions(&self) -> usize {
        if self.quick { 1 } else { self.repetitions }
    }

    pub(super) fn questions(&self) -> Vec<&'static Question> {
        let wanted = |question: &&Question| {
            self.questions.is_empty() || self.questions.iter().any(|name| name == question.name)
        };
        let questions = QUESTIONS.iter().copied().filter(wanted);
        questions
            .filter(|question| self.runs(question).next().is_some())
            .collect()
    }

    /// Returns the runs of a question that are asked.
    pub(super) fn runs(
        &self,
        question: &'static Question,
    ) -> impl Iterator<Item = &'static [Case]> {
        question
            .runs()
            .filter(|run| run.iter().any(|case| self.wants(case)))
    }

    pub(super) fn wants(&self, case: &Case) -> bool {
        if self.cases.is_empty() {
            !(self.quick && case.is_long())
        } else {
            self.cases.iter().any(|name| name == case.name)
        }
    }

    /// Says what is not asked, a line for each question.
    pub(super) fn left_out(&self) -> Vec<String> {
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
        } else if self.quick {
            lines.extend(self.contestants_left_out());
        }
        lines
    }

    /// Lists the contestants that a quick report leaves out of some cases, one in a line.
    pub(super) fn contestants_left_out(&self) -> Vec<String> {
        let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for question in self.questions() {
            let cases = question.cases.iter().filter(|case| self.wants(case));
            let cases: Vec<_> = cases.map(slice::from_ref).collect();
            for contestant in question.contestants.iter().filter(|who| who.is_long()) {
                if cases.iter().any(|case| contestant.answers(case)) {
                    places
                        .entry(contestant.who)
                        .or_default()
                        .push(question.name);
                }
            }
        }
        let line = |(who, places): (_, Vec<&str>)| format!("{who} in {}", places.join(", "));
        places.into_iter().map(line).collect()
    }
}

/// Estimates how long all that is planned takes.
pub(super) fn expected(plan: &Plan, contest: &Contest) -> Duration {
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
pub(super) fn duration(
    question: &Question,
    run: &[Case],
    plan: &Plan,
    contest: &Contest,
) -> Duration {
    let contestants = question.contestants.iter().filter(|contestant| {
        let absent = matches!(contestant.how, How::Absent(_));
        contest.is_wanted(contestant) && !absent && contestant.answers(run)
    });
    let (mut repetitions, mut rounds) = contest.samples(question, run);
    if question.seconds > 1.0 {
        // Whoever takes long has one round, and no more repetitions when its time is over.
        rounds = 1;
        let begun = 1 + (contest.patience().as_secs_f64() / question.seconds) as usize;
        repetitions = repetitions.min(begun);
    }
    let contestants = contestants.count();
    let samples = (contestants * repetitions * rounds) as f64;
    let pace = if plan.quick { 1.0 } else { THOROUGH };
    let counting = if plan.instructions { COUNTING } else { 0.0 };
    Duration::from_secs_f64(samples * question.seconds * pace + contestants as f64 * counting)
}
