//! Repetitions: every contestant gives a sample in turn.

mod load;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::measuring::instructions;
use crate::measuring::interrupt;
use crate::measuring::meter::Samples;
use crate::measuring::progress::Progress;
use crate::measuring::sampler::Sampler;
use crate::peers::{go, native, python};
use crate::questions::{Case, Contestant, How, Question};
use load::Load;

/// No more than this is spent on a contestant in a case,
const PATIENCE: Duration = Duration::from_secs(40);
/// or than this, if samples are to be quick.
const QUICK_PATIENCE: Duration = Duration::from_secs(5);
/// Whoever takes longer than this has only one round in a repetition.
const LONG: Duration = Duration::from_secs(1);

/// What is to be asked of whom, and how often.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) repetitions: usize,
    pub(crate) sampler: Sampler,
    /// Whether the instructions of an operation are counted as well.
    pub(crate) instructions: bool,
    /// Contestants that take part; none stands for all.
    pub(crate) only: Vec<String>,
    /// Cases that are asked; none stands for all.
    pub(crate) cases: Vec<String>,
    /// Whether those are left out that a quick report does without.
    pub(crate) brief: bool,
    pub(crate) progress: Progress,
    /// Which versions Python's packages and Go have, or why they are absent.
    pub(crate) versions: BTreeMap<&'static str, Result<String, String>>,
}

/// What has become of a case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) case: &'static Case,
    pub(crate) answers: Vec<Answer>,
    /// Whoever was wanted and has given no answer, and why.
    pub(crate) absent: Vec<(&'static str, String)>,
    /// How great the load was, if it was the same for all.
    pub(crate) load: Option<Load>,
}

/// The samples of one contestant in one case.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) who: &'static str,
    /// The best of each repetition, in ascending order; never empty.
    pub(crate) samples: Vec<f64>,
    /// The instructions of one operation, if they were counted.
    pub(crate) instructions: Option<f64>,
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
    instructions: Option<f64>,
}

impl Turn {
    fn new(contestant: &'static Contestant) -> Self {
        Self {
            contestant,
            samples: Vec::new(),
            spent: Duration::ZERO,
            took: Duration::ZERO,
            instructions: None,
        }
    }

    /// Takes the next sample of a repetition, unless the contestant has had its time.
    fn take(
        &mut self,
        repetition: usize,
        run: &[Case],
        patience: Duration,
        sample: impl FnOnce(&Contestant) -> Result<Samples>,
    ) -> Result<()> {
        let again = repetition < self.samples.len();
        if self.spent > patience || again && self.took > LONG {
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
            instructions: self.instructions,
        }
    }
}

impl Contest {
    /// Prepares a contest that tells nothing of its progress.
    pub(crate) fn new(
        repetitions: usize,
        sampler: Sampler,
        only: Vec<String>,
        cases: Vec<String>,
    ) -> Self {
        Self {
            repetitions,
            sampler,
            instructions: false,
            only,
            cases,
            brief: false,
            progress: Progress::silent(),
            versions: BTreeMap::new(),
        }
    }

    pub(crate) fn wants(&self, case: &Case) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|name| name == case.name)
    }

    /// Asks all contestants the cases of one run; returns the answers in those that are wanted.
    pub(crate) fn ask(
        &mut self,
        question: &'static Question,
        run: &'static [Case],
    ) -> Vec<Outcome> {
        if !run.iter().any(|case| self.wants(case)) {
            return Vec::new();
        }
        let mut absent = Vec::new();
        let mut turns = self.present(question, run, &mut absent);
        let load = self.choose_load(&mut turns, run, &mut absent);
        self.take_turns(&mut turns, question, run, &mut absent);
        let answers = |case| turns.iter().map(|turn| turn.answer(case)).collect();
        let cases = run.iter().enumerate();
        cases
            .filter(|(_, case)| self.wants(case))
            .map(|(i, case)| Outcome {
                case,
                answers: answers(i),
                absent: absent.clone(),
                load,
            })
            .collect()
    }

    /// Returns how often a contestant gives a sample of a run: repetitions, and rounds in each.
    pub(crate) fn samples(&self, question: &Question, run: &[Case]) -> (usize, usize) {
        if run[0].is_once() {
            (1, 1)
        } else {
            let repetitions = self.repetitions.min(question.repetitions);
            (repetitions, self.sampler.rounds())
        }
    }

    /// Returns the contestants that answer these cases, were asked for, and can run on this machine.
    fn present(
        &mut self,
        question: &'static Question,
        run: &'static [Case],
        absent: &mut Vec<(&'static str, String)>,
    ) -> Vec<Turn> {
        let mut turns = Vec::new();
        for contestant in question.contestants {
            if contestant.answers(run) && self.is_wanted(contestant) {
                match self.presence(contestant) {
                    Ok(()) => turns.push(Turn::new(contestant)),
                    Err(_) if interrupt::asked() => {}
                    Err(why) => absent.push((contestant.who, why)),
                }
            }
        }
        turns
    }

    /// Takes all samples of a run, or those until an early end is asked for.
    fn take_turns(
        &mut self,
        turns: &mut Vec<Turn>,
        question: &'static Question,
        run: &'static [Case],
        absent: &mut Vec<(&'static str, String)>,
    ) {
        let (repetitions, rounds) = self.samples(question, run);
        for repetition in 0..repetitions {
            for _ in 0..rounds {
                turns.retain_mut(|turn| {
                    let sampled = self.sampled(turn, repetition, question, run);
                    sampled
                        .map_err(|why| absent.push((turn.contestant.who, why)))
                        .is_ok()
                });
            }
        }
        turns.retain(|turn| !turn.samples.is_empty());
        if self.instructions {
            for turn in turns {
                turn.instructions = self.counted(turn.contestant, question, run);
            }
        }
    }

    /// Counts the instructions of a contestant, where that can be done; says why it fails.
    fn counted(&self, contestant: &Contestant, question: &Question, run: &[Case]) -> Option<f64> {
        if interrupt::asked() {
            return None;
        }
        let (case, who) = (run[0].name, contestant.who);
        let counted = instructions::of_operation(question, case, contestant);
        counted.unwrap_or_else(|error| {
            if !interrupt::asked() {
                let question = question.name;
                self.progress.say(&format!(
                    "{question} {case}: the instructions of {who} are not counted: {error:#}"
                ));
            }
            None
        })
    }

    /// Takes a contestant's next sample; says, and returns, why that fails.
    fn sampled(
        &mut self,
        turn: &mut Turn,
        repetition: usize,
        question: &Question,
        run: &[Case],
    ) -> Result<(), String> {
        if interrupt::asked() {
            return Ok(());
        }
        let patience = self.patience();
        let sampler = &mut self.sampler;
        let sample = |contestant: &Contestant| sampler.sample(question, run, contestant);
        let Err(error) = turn.take(repetition, run, patience, sample) else {
            return Ok(());
        };
        if interrupt::asked() {
            return Ok(());
        }
        let (question, case, who) = (question.name, run[0].name, turn.contestant.who);
        let why = format!("{error:#}");
        self.progress
            .say(&format!("{question} {case}: {who} is left out: {why}"));
        Err(why)
    }

    /// Returns how much is spent on a contestant in a case before no more is begun.
    pub(crate) fn patience(&self) -> Duration {
        if self.sampler.is_quick() {
            QUICK_PATIENCE
        } else {
            PATIENCE
        }
    }

    pub(crate) fn is_wanted(&self, contestant: &Contestant) -> bool {
        if self.only.is_empty() {
            !(self.brief && contestant.is_long())
        } else {
            self.only.iter().any(|who| who == contestant.who)
        }
    }

    /// Returns whether a contestant is there, or why not; says so once.
    pub(crate) fn presence(&mut self, contestant: &Contestant) -> Result<(), String> {
        let ask: &dyn Fn() -> Result<String, String> = match contestant.how {
            How::Python { package, .. } => &move || python::version(package),
            How::Go => &go::version,
            How::Native => &native::version,
            How::Rust(_)
            | How::Several(_)
            | How::Server(_)
            | How::Client { .. }
            | How::Absent(_) => {
                return Ok(());
            }
        };
        let (who, progress) = (contestant.who, &self.progress);
        let version = self.versions.entry(who).or_insert_with(|| {
            let version = ask();
            match &version {
                Ok(version) => progress.say(&format!("{who} is {version}")),
                Err(why) => progress.say(&format!("{who} is left out: {why}")),
            }
            version
        });
        version.clone().map(drop)
    }
}
