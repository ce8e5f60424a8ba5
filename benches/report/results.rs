//! What a comparison has come to: the contents of `results.json`, and all that the page is made of.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measuring::contest::{self, Outcome};
use crate::questions;
use crate::report::groups::Group;

/// A comparison, finished or not.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Results {
    /// When it began, by UTC.
    pub(crate) date: String,
    pub(crate) took_seconds: u64,
    pub(crate) quick: bool,
    pub(crate) repetitions: usize,
    /// Of how many samples each repetition is the best.
    pub(crate) rounds: usize,
    pub(crate) machine: Machine,
    pub(crate) versions: BTreeMap<String, String>,
    /// Why these numbers are to be taken with care.
    pub(crate) warnings: Vec<String>,
    /// What was not asked, and why.
    pub(crate) left_out: Vec<String>,
    pub(crate) questions: Vec<Question>,
    pub(crate) twins: Vec<Twin>,
}

/// The machine, and what it had to do besides.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Machine {
    pub(crate) processors: String,
    pub(crate) kernel: String,
    pub(crate) memory_bytes: u64,
    /// Which processors were used.
    pub(crate) used: String,
    pub(crate) before: Load,
    pub(crate) after: Option<Load>,
}

/// What a machine does.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Load {
    /// How many processes could run, on average of the last minute.
    pub(crate) average: f64,
    /// The share of its processors' time that was used, while nothing was measured.
    pub(crate) busy: f64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) cases: Vec<Case>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) more_is_better: bool,
    /// Ordered by their groups.
    pub(crate) answers: Vec<Answer>,
    pub(crate) absent: Vec<Absent>,
    /// How great the load was, if it was the same for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) load: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) who: String,
    pub(crate) group: Group,
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// The median beside ours.
    pub(crate) ratio: Option<f64>,
    /// The best of each repetition, in ascending order.
    pub(crate) samples: Vec<f64>,
    /// Those of one operation, if they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instructions: Option<f64>,
}

/// Somebody who gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Absent {
    pub(crate) who: String,
    pub(crate) why: String,
}

/// A program that was written three times.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Twin {
    pub(crate) name: String,
    pub(crate) about: String,
    /// How many lines each form has, without comments and blank ones.
    pub(crate) lines: Vec<(String, usize)>,
    pub(crate) loads: Vec<TwinLoad>,
}

/// What was asked of a program.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TwinLoad {
    pub(crate) what: String,
    /// Whether all forms have printed the same.
    pub(crate) same_output: bool,
    pub(crate) runs: Vec<TwinRun>,
    pub(crate) absent: Vec<Absent>,
}

/// What one form has taken: the medians of its runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TwinRun {
    pub(crate) form: String,
    pub(crate) seconds: f64,
    /// What the processors have worked, for all threads.
    pub(crate) processor_seconds: f64,
    /// The most memory that was resident at once, with the page tables of the end.
    pub(crate) peak_bytes: f64,
}

impl Question {
    pub(crate) fn new(question: &questions::Question) -> Self {
        Self {
            name: question.name.to_owned(),
            about: question.about.to_owned(),
            cases: Vec::new(),
        }
    }

    /// Returns everybody who gave no answer, each reason once, with the cases.
    pub(crate) fn absent(&self) -> Vec<(&Absent, Vec<&str>)> {
        let mut all: Vec<(&Absent, Vec<&str>)> = Vec::new();
        for case in &self.cases {
            for absent in &case.absent {
                match all.iter_mut().find(|(known, _)| *known == absent) {
                    Some((_, cases)) => cases.push(&case.name),
                    None => all.push((absent, vec![&case.name])),
                }
            }
        }
        all
    }
}

impl From<Outcome> for Case {
    fn from(outcome: Outcome) -> Self {
        let Outcome {
            case,
            answers,
            absent,
            load,
        } = outcome;
        let answers = answers.into_iter().map(Answer::from).collect();
        let absent = absent.into_iter().map(|(who, why)| Absent {
            who: who.to_owned(),
            why,
        });
        let mut case = Self {
            name: case.name.to_owned(),
            unit: case.unit.to_owned(),
            more_is_better: case.more_is_better(),
            answers,
            absent: absent.collect(),
            load: load.map(|load| load.to_string()),
        };
        case.arrange();
        case
    }
}

impl Case {
    /// Orders the answers by their groups, and compares them with ours.
    pub(crate) fn arrange(&mut self) {
        self.answers.sort_by_key(|answer| answer.group);
        let ours = self.ours().map(|answer| answer.median);
        for answer in &mut self.answers {
            answer.ratio = ours
                .map(|ours| answer.median / ours)
                .filter(|ratio| ratio.is_finite());
        }
    }

    pub(crate) fn answer(&self, who: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.who == who)
    }

    /// Returns the answer that all others are compared with.
    pub(crate) fn ours(&self) -> Option<&Answer> {
        self.answer("yieldfrom")
    }
}

impl From<contest::Answer> for Answer {
    fn from(answer: contest::Answer) -> Self {
        let (least, most) = answer.range();
        Self {
            who: answer.who.to_owned(),
            group: Group::of(answer.who),
            median: answer.median(),
            least,
            most,
            ratio: None,
            samples: answer.samples,
            instructions: answer.instructions,
        }
    }
}

impl Results {
    pub(crate) fn case(&self, question: &str, case: &str) -> Option<&Case> {
        let question = self.questions.iter().find(|known| known.name == question)?;
        question.cases.iter().find(|known| known.name == case)
    }

    /// Returns everybody who gave no answer somewhere, each reason once, with the first question.
    pub(crate) fn absent(&self) -> Vec<(&Absent, &str)> {
        let mut all: Vec<(&Absent, &str)> = Vec::new();
        for question in &self.questions {
            for (absent, _) in question.absent() {
                if !all.iter().any(|(known, _)| *known == absent) {
                    all.push((absent, &question.name));
                }
            }
        }
        all
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Made-up results.

    use super::*;

    /// Makes an answer of samples in any order.
    pub(crate) fn answer(who: &str, samples: &[f64]) -> Answer {
        let mut samples = samples.to_vec();
        samples.sort_by(f64::total_cmp);
        Answer {
            who: who.to_owned(),
            group: Group::of(who),
            median: samples[samples.len() / 2],
            least: samples[0],
            most: samples[samples.len() - 1],
            ratio: None,
            samples,
            instructions: None,
        }
    }

    /// Makes a case of contestants and their samples.
    pub(crate) fn case(name: &str, unit: &str, answers: &[(&str, &[f64])]) -> Case {
        let mut case = Case {
            name: name.to_owned(),
            unit: unit.to_owned(),
            more_is_better: unit.ends_with("/s"),
            answers: answers
                .iter()
                .map(|(who, samples)| answer(who, samples))
                .collect(),
            absent: Vec::new(),
            load: None,
        };
        case.arrange();
        case
    }
}
