//! Repetitions: every contestant gives a sample in turn.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::child::Sampler;
use crate::go;
use crate::meter::Samples;
use crate::python;
use crate::question::{Case, Contestant, How, Question};

/// No more than this is spent on a contestant in a case.
const PATIENCE: Duration = Duration::from_secs(40);
/// Who takes longer than this has only one round in a repetition.
const LONG: Duration = Duration::from_secs(1);

/// What is to be asked of whom, and how often.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) repetitions: usize,
    pub(crate) sampler: Sampler,
    /// Contestants that take part; none stands for all.
    pub(crate) only: Vec<String>,
    /// Cases that are asked; none stands for all.
    pub(crate) cases: Vec<String>,
    /// Which versions Python's packages and Go have, or why they are absent.
    versions: HashMap<&'static str, Result<String, String>>,
}

/// The samples of one contestant in one case.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) who: &'static str,
    /// The best of each repetition, in ascending order; never empty.
    samples: Vec<f64>,
}

impl Answer {
    pub(crate) fn median(&self) -> f64 {
        let middle = self.samples.len() / 2;
        if self.samples.len() % 2 == 1 {
            self.samples[middle]
        } else {
            f64::midpoint(self.samples[middle - 1], self.samples[middle])
        }
    }

    pub(crate) fn range(&self) -> (f64, f64) {
        (self.samples[0], self.samples[self.samples.len() - 1])
    }
}

/// A contestant in the cases of a run, and what it has given so far.
struct Turn {
    contestant: &'static Contestant,
    /// The best of each repetition, in each case.
    samples: Vec<Vec<f64>>,
    spent: Duration,
    /// How long the last sample took.
    took: Duration,
}

impl Turn {
    fn new(contestant: &'static Contestant) -> Self {
        Self {
            contestant,
            samples: Vec::new(),
            spent: Duration::ZERO,
            took: Duration::ZERO,
        }
    }

    /// Takes the next sample of a repetition, unless the contestant has had its time.
    fn take(
        &mut self,
        repetition: usize,
        run: &[Case],
        sample: impl FnOnce(&Contestant) -> Result<Samples>,
    ) -> Result<()> {
        let again = repetition < self.samples.len();
        if self.spent > PATIENCE || again && self.took > LONG {
            return Ok(());
        }
        let start = Instant::now();
        let values = sample(self.contestant)?.values;
        self.took = start.elapsed();
        self.spent += self.took;
        match self.samples.get_mut(repetition) {
            Some(best) => {
                for ((best, value), case) in best.iter_mut().zip(values).zip(run) {
                    *best = case.better(*best, value);
                }
            }
            None => self.samples.push(values),
        }
        Ok(())
    }

    /// Returns the answer in one of the run's cases.
    fn answer(&self, case: usize) -> Answer {
        let mut samples: Vec<_> = self.samples.iter().map(|values| values[case]).collect();
        samples.sort_by(f64::total_cmp);
        Answer {
            who: self.contestant.who,
            samples,
        }
    }
}

impl Contest {
    pub(crate) fn new(
        repetitions: usize,
        sampler: Sampler,
        only: Vec<String>,
        cases: Vec<String>,
    ) -> Self {
        Self {
            repetitions,
            sampler,
            only,
            cases,
            versions: HashMap::new(),
        }
    }

    fn wants(&self, case: &Case) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|name| name == case.name)
    }

    /// Asks all contestants the cases of one run; returns the answers in those that are wanted.
    pub(crate) fn ask(
        &mut self,
        question: &'static Question,
        run: &'static [Case],
    ) -> Vec<(&'static Case, Vec<Answer>)> {
        if !run.iter().any(|case| self.wants(case)) {
            return Vec::new();
        }
        let turns = self.turns(question, run);
        let answers = |case| turns.iter().map(|turn| turn.answer(case)).collect();
        let cases = run.iter().enumerate();
        cases
            .filter(|(_, case)| self.wants(case))
            .map(|(i, case)| (case, answers(i)))
            .collect()
    }

    /// Takes all samples of a run.
    fn turns(&mut self, question: &'static Question, run: &'static [Case]) -> Vec<Turn> {
        let wanted = question
            .contestants
            .iter()
            .filter(|contestant| contestant.answers(run));
        let wanted: Vec<_> = wanted
            .filter(|contestant| self.takes_part(contestant))
            .collect();
        let mut turns: Vec<_> = wanted.into_iter().map(Turn::new).collect();
        let (repetitions, rounds) = if run[0].is_once() {
            (1, 1)
        } else {
            let repetitions = self.repetitions.min(question.repetitions);
            (repetitions, self.sampler.rounds())
        };
        for repetition in 0..repetitions {
            for _ in 0..rounds {
                turns.retain_mut(|turn| self.sampled(turn, repetition, question, run));
            }
        }
        turns
    }

    /// Takes a contestant's next sample; returns false, and says so, if that fails.
    fn sampled(
        &mut self,
        turn: &mut Turn,
        repetition: usize,
        question: &Question,
        run: &[Case],
    ) -> bool {
        let sampler = &mut self.sampler;
        let sample = |contestant: &Contestant| sampler.sample(question, run, contestant);
        let Err(error) = turn.take(repetition, run, sample) else {
            return true;
        };
        let (question, case, who) = (question.name, run[0].name, turn.contestant.who);
        eprintln!("versus: {question} {case}: {who} is left out: {error:#}");
        false
    }

    /// Returns whether a contestant is wanted, and there; says so once if it is not there.
    fn takes_part(&mut self, contestant: &Contestant) -> bool {
        if !self.only.is_empty() && !self.only.iter().any(|who| who == contestant.who) {
            return false;
        }
        let ask: &dyn Fn() -> Result<String, String> = match contestant.how {
            How::Python { package, .. } => &move || python::version(package),
            How::Go => &go::version,
            How::Rust(_) | How::Server(_) | How::Client { .. } | How::Absent(_) => {
                return true;
            }
        };
        let version = self.versions.entry(contestant.who).or_insert_with(|| {
            let version = ask();
            match &version {
                Ok(version) => eprintln!("versus: {} is {version}", contestant.who),
                Err(why) => eprintln!("versus: {} is left out: {why}", contestant.who),
            }
            version
        });
        version.is_ok()
    }
}
