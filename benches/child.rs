//! Samples, each taken in a process of its own.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::go;
use crate::machine::Neighbours;
use crate::meter::{Meter, Sample};
use crate::python;
use crate::question::{Case, Contestant, How, Question};

/// A sample was disturbed if the processor worked for others for more than this share of it,
const MOST_FOREIGN: f64 = 0.02;
/// or if the other processors were busy for more than this share: they share memory, caches,
/// and, in virtual machines, often the core.
const MOST_BUSY: f64 = 0.2;

/// The hidden option by which this program runs itself for one sample.
const SAMPLE: &str = "--sample";

/// Takes samples in children of this process.
#[derive(Debug)]
pub(crate) struct Sampler {
    quick: bool,
    /// The processor that measures, if it is always the same.
    processor: Option<usize>,
    /// How many samples were taken, and how many of these were disturbed.
    taken: usize,
    disturbed: usize,
}

impl Sampler {
    pub(crate) fn new(quick: bool, processor: Option<usize>) -> Self {
        Self {
            quick,
            processor,
            taken: 0,
            disturbed: 0,
        }
    }

    /// Returns how many samples of a repetition the best is taken of.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    /// Takes one sample.
    pub(crate) fn sample(
        &mut self,
        question: &Question,
        case: &Case,
        contestant: &Contestant,
    ) -> Result<Sample> {
        let before = Neighbours::now(self.processor);
        let sample = self.run(question, case, contestant)?;
        let busy = Neighbours::now(self.processor).busy_since(before);
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

    fn run(&self, question: &Question, case: &Case, contestant: &Contestant) -> Result<Sample> {
        let mut command = match contestant.how {
            How::Rust(_) => self.itself(&[question.name, case.name, contestant.who])?,
            How::Python {
                prelude, script, ..
            } => python::command(prelude, script, case.name, self.quick),
            How::Go => go::command(question.name, case.name, self.quick)?,
            How::Absent(why) => bail!("not run: {why}"),
        };
        let output = command.output().context("can't start it")?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            let last = errors
                .lines()
                .rev()
                // A panic ends with a note about backtraces.
                .find(|line| !line.trim().is_empty() && !line.starts_with("note:"));
            bail!("{}: {}", output.status, last.unwrap_or("it said nothing"));
        }
        parse(&String::from_utf8_lossy(&output.stdout)).context("it does not print a sample")
    }

    /// Returns what runs this program for one sample.
    fn itself(&self, which: &[&str]) -> Result<Command> {
        // This name stays valid when the program is compiled anew meanwhile.
        let link = "/proc/self/exe";
        let program = if cfg!(target_os = "linux") {
            link.into()
        } else {
            env::current_exe()?
        };
        let mut command = Command::new(program);
        command.arg(SAMPLE).args(which);
        // So that the last line says what has happened.
        command.env("RUST_BACKTRACE", "0");
        if self.quick {
            command.arg("--quick");
        }
        Ok(command)
    }
}

/// Takes a sample in this process and prints it: what a child does.
pub(crate) fn take_sample(question: &Question, case: &str, who: &str, quick: bool) -> Result<()> {
    let contestant = question
        .contestants
        .iter()
        .find(|contestant| contestant.who == who);
    let Some(Contestant {
        how: How::Rust(run),
        ..
    }) = contestant
    else {
        bail!("no such contestant: {who}")
    };
    let sample = run(case, &Meter::new(quick));
    println!("{} {}", sample.value, sample.foreign);
    Ok(())
}

fn parse(text: &str) -> Option<Sample> {
    let (value, foreign) = text.trim().split_once(' ')?;
    Some(Sample {
        value: value.parse().ok()?,
        foreign: foreign.parse().ok()?,
    })
}
