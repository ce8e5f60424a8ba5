//! Samples, each taken in a process of its own.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::measuring::child_process::{PATIENCE, last_words, output, role, this_program};
use crate::measuring::machine::{self, Neighbours, Processors};
use crate::measuring::meter::{Counting, Meter, Samples};
use crate::peers::{go, native, python};
use crate::questions::{Case, Contestant, How, Question};
use crate::servers::Server;

/// A sample was disturbed if the processor worked for others for more than this share of it,
const MOST_FOREIGN: f64 = 0.02;
/// or if the other processors were busy for more than this share: they share memory, caches,
/// and, in virtual machines, often the core.
const MOST_BUSY: f64 = 0.2;

/// A child hangs that takes longer than this for a sample that takes long.
const LONG: Duration = Duration::from_secs(900);

/// The hidden option by which this program runs itself for one sample.
pub(crate) const SAMPLE: &str = "--sample";
/// The hidden option for the load that is the same for all.
const LOAD: &str = "--load";

/// Takes samples in children of this process.
#[derive(Debug)]
pub(crate) struct Sampler {
    quick: bool,
    processors: Processors,
    /// How many messages there are in a second, where that is the same for all.
    pub(crate) load: Option<f64>,
    /// How many samples were taken, and how many of these were disturbed.
    taken: usize,
    disturbed: usize,
}

impl Sampler {
    pub(crate) fn new(quick: bool, processors: Processors) -> Self {
        Self {
            quick,
            processors,
            load: None,
            taken: 0,
            disturbed: 0,
        }
    }

    pub(crate) fn is_quick(&self) -> bool {
        self.quick
    }

    /// Returns how many samples of a repetition the best is taken of.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    /// Takes one sample of what a run answers.
    pub(crate) fn sample(
        &mut self,
        question: &Question,
        run: &[Case],
        contestant: &Contestant,
    ) -> Result<Samples> {
        let mut used = self.processors;
        let both = run[0].is_on_two_processors();
        if !(both || contestant.has_partner()) {
            used.other = None;
        }
        let before = Neighbours::now(used);
        if both {
            machine::use_both(self.processors)?;
        }
        let sample = self.run(question, run, contestant);
        if let Some(measuring) = self.processors.measuring.filter(|_| both) {
            machine::move_to(measuring);
        }
        let sample = sample?;
        let busy = Neighbours::now(used).busy_since(before);
        self.taken += 1;
        self.disturbed += usize::from(sample.foreign > MOST_FOREIGN || busy > MOST_BUSY);
        Ok(sample)
    }

    /// Says how trustworthy the samples are, if they are not.
    pub(crate) fn warning(&self) -> Option<String> {
        let (taken, disturbed) = (self.taken, self.disturbed);
        (2 * disturbed > taken)
            .then(|| format!("{disturbed} of {taken} samples were disturbed by other processes: these numbers are rough"))
    }

    fn run(&self, question: &Question, run: &[Case], contestant: &Contestant) -> Result<Samples> {
        // It knows which cases go with that.
        let case = run[0].name;
        let mut command = match contestant.how {
            How::Absent(why) => bail!("not run: {why}"),
            How::Python {
                prelude, script, ..
            } if contestant.measure.is_none() => python::command(prelude, script, case, self.quick),
            How::Go if contestant.measure.is_none() => {
                let processors = 1 + usize::from(run[0].is_on_two_processors());
                go::command(question.name, case, self.quick, processors)?
            }
            How::Native => self.sample_of(native::program()?, &[question.name, case, "yieldfrom"]),
            _ => self.sample_of(this_program()?, &[question.name, case, contestant.who]),
        };
        let patience = if run[0].is_long() { LONG } else { PATIENCE };
        let output = output(&mut command, patience)?;
        if !output.status.success() {
            let words = last_words(&output.stderr);
            let words = words.as_deref().unwrap_or("it said nothing");
            bail!("{}: {words}", output.status);
        }
        parse(&String::from_utf8_lossy(&output.stdout))
            .filter(|samples| samples.values.len() == run.len())
            .context("it does not print a sample")
    }

    /// Returns what runs this program, as it is there, for one sample.
    fn sample_of(&self, program: PathBuf, which: &[&str]) -> Command {
        let mut command = role(program, SAMPLE, which, self.processors.other);
        if self.quick {
            command.arg("--quick");
        }
        if let Some(load) = self.load {
            command.arg(LOAD).arg(load.to_string());
        }
        command
    }
}

/// Takes a sample in this process and prints it: what a child does.
pub(crate) fn take_sample(
    question: &Question,
    case: &str,
    contestant: &Contestant,
    meter: Meter,
    other: Option<usize>,
) -> Result<()> {
    let start = || Server::start(question, case, contestant, other);
    let samples = match (contestant.measure, contestant.how) {
        (Some(measure), _) => start()?.used(|server| measure(case, &meter, server))?,
        (None, How::Client { run, .. }) => {
            start()?.used(|server| run(server.address(), case, &meter))?
        }
        (None, How::Rust(run)) => run(case, &meter).into(),
        (None, How::Several(run)) => run(case, &meter)?,
        _ => bail!("{} is no part of this program", contestant.who),
    };
    let values: Vec<_> = samples.values.iter().map(f64::to_string).collect();
    println!("{} {}", values.join(" "), samples.foreign);
    Ok(())
}

/// Does so much in this process that its instructions can be counted; if that is to be found, prints it.
pub(crate) fn be_counted(
    question: &Question,
    case: &str,
    contestant: &Contestant,
    counting: Counting,
) -> Result<()> {
    let How::Rust(run) = contestant.how else {
        bail!("{} of {} cannot be counted", contestant.who, question.name)
    };
    if let Some(parts) = run(case, &Meter::counting(counting)).parts {
        println!("{parts}");
    }
    Ok(())
}

/// Reads what a child prints: what it has come to in each case, and the share of foreign time.
fn parse(text: &str) -> Option<Samples> {
    let numbers: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    let mut values = numbers.ok()?;
    let foreign = values.pop()?;
    Some(Samples { values, foreign })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_foreign_time() {
        let samples = parse("1.5 2 0.25\n").unwrap();
        assert_eq!((samples.values, samples.foreign), (vec![1.5, 2.0], 0.25));
        assert!(parse("").is_none() && parse("fast").is_none());
    }
}
