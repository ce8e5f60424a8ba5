//! Samples, each taken in a process of its own.

use std::env;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use rustix::time::Timespec;

use crate::machine::{Neighbours, Processors};
use crate::meter::{Meter, Samples};
use crate::question::{Case, Contestant, How, Question};
use crate::server::Server;
use crate::{go, interrupt, python};

/// A sample was disturbed if the processor worked for others for more than this share of it,
const MOST_FOREIGN: f64 = 0.02;
/// or if the other processors were busy for more than this share: they share memory, caches,
/// and, in virtual machines, often the core.
const MOST_BUSY: f64 = 0.2;

/// A child that takes longer than this, for a sample or to say its version, hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How often somebody who waits for a child looks whether an early end is asked for.
const GLANCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// The hidden option by which this program runs itself for one sample.
const SAMPLE: &str = "--sample";
/// The hidden option for the processor of a contestant's partner.
const OTHER: &str = "--other";

/// Takes samples in children of this process.
#[derive(Debug)]
pub(crate) struct Sampler {
    quick: bool,
    processors: Processors,
    /// How many samples were taken, and how many of these were disturbed.
    taken: usize,
    disturbed: usize,
}

impl Sampler {
    pub(crate) fn new(quick: bool, processors: Processors) -> Self {
        Self {
            quick,
            processors,
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
        if !contestant.has_partner() {
            used.other = None;
        }
        let before = Neighbours::now(used);
        let sample = self.run(question, run, contestant)?;
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
                go::command(question.name, case, self.quick)?
            }
            _ => self.itself(&[question.name, case, contestant.who])?,
        };
        let output = output(&mut command, PATIENCE)?;
        if !output.status.success() {
            let words = last_words(&output.stderr);
            let words = words.as_deref().unwrap_or("it said nothing");
            bail!("{}: {words}", output.status);
        }
        parse(&String::from_utf8_lossy(&output.stdout))
            .filter(|samples| samples.values.len() == run.len())
            .context("it does not print a sample")
    }

    /// Returns what runs this program for one sample.
    fn itself(&self, which: &[&str]) -> Result<Command> {
        let mut command = this_program(SAMPLE, which, self.processors.other)?;
        if self.quick {
            command.arg("--quick");
        }
        Ok(command)
    }
}

/// Runs a child to its end, and returns what it has printed.
///
/// # Errors
///
/// It takes too long, or an early end was asked for: then it is killed.
pub(crate) fn output(command: &mut Command, patience: Duration) -> Result<Output> {
    // Files, as a pipe that nobody reads would hold up whoever has much to say.
    let (mut out, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let command = command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(errors.try_clone()?);
    let mut child = command.spawn().context("can't start it")?;
    if let Err(error) = wait(&child, patience) {
        child.kill()?;
        child.wait()?;
        return Err(error);
    }
    let status = child.wait()?;
    if status.signal() == Some(Signal::INT.as_raw()) {
        // At a terminal, Ctrl-C is for children as well.
        interrupt::ask();
    }
    Ok(Output {
        status,
        stdout: written(&mut out)?,
        stderr: written(&mut errors)?,
    })
}

/// Waits until a child has ended, and reaps it not.
fn wait(child: &Child, patience: Duration) -> Result<()> {
    let pid = Pid::from_child(child);
    let process = pidfd_open(pid, PidfdFlags::empty()).context("can't watch the child")?;
    let start = Instant::now();
    loop {
        let mut ended = [PollFd::new(&process, PollFlags::IN)];
        match poll(&mut ended, Some(&GLANCE)) {
            Ok(1) => return Ok(()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if interrupt::asked() {
            bail!("interrupted");
        }
        if start.elapsed() > patience {
            bail!("it was killed as it has not ended within {patience:?}");
        }
    }
}

fn written(file: &mut File) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// Returns what runs this program as something else.
pub(crate) fn this_program(role: &str, which: &[&str], other: Option<usize>) -> Result<Command> {
    // This name stays valid when the program is compiled anew meanwhile.
    let link = "/proc/self/exe";
    let program = if cfg!(target_os = "linux") {
        link.into()
    } else {
        env::current_exe()?
    };
    let mut command = Command::new(program);
    command.arg(role).args(which);
    if let Some(other) = other {
        command.arg(OTHER).arg(other.to_string());
    }
    // So that the last line says what has happened.
    command.env("RUST_BACKTRACE", "0");
    Ok(command)
}

/// Returns the last line that a process has written about itself.
pub(crate) fn last_words(errors: &[u8]) -> Option<String> {
    let errors = String::from_utf8_lossy(errors);
    let mut lines = errors.lines().rev();
    // A panic ends with a note about backtraces.
    lines
        .find(|line| !line.trim().is_empty() && !line.starts_with("note:"))
        .map(str::to_owned)
}

/// Takes a sample in this process and prints it: what a child does.
pub(crate) fn take_sample(
    question: &Question,
    case: &str,
    contestant: &Contestant,
    quick: bool,
    other: Option<usize>,
) -> Result<()> {
    let meter = Meter::new(quick);
    let start = || Server::start(question, case, contestant, other);
    let samples = match (contestant.measure, contestant.how) {
        (Some(measure), _) => start()?.used(|server| measure(case, &meter, server))?,
        (None, How::Client { run, .. }) => start()?
            .used(|server| run(server.address(), case, &meter))?
            .into(),
        (None, How::Rust(run)) => run(case, &meter).into(),
        _ => bail!("{} is no part of this program", contestant.who),
    };
    let values: Vec<_> = samples.values.iter().map(f64::to_string).collect();
    println!("{} {}", values.join(" "), samples.foreign);
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

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_child_that_hangs_is_killed() {
        let start = Instant::now();
        let error = output(&mut shell("exec sleep 100"), Duration::from_millis(1)).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(50));
        assert!(
            error.to_string().contains("has not ended within 1ms"),
            "{error}"
        );
    }

    #[test]
    fn a_child_may_say_more_than_a_pipe_holds() {
        let script = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; exit 3";
        let output = output(&mut shell(script), PATIENCE).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (output.stdout.len(), output.stderr.len()),
            (1_000_000, 1_000_000)
        );
    }

    #[test]
    fn samples_are_read_with_their_foreign_time() {
        let samples = parse("1.5 2 0.25\n").unwrap();
        assert_eq!((samples.values, samples.foreign), (vec![1.5, 2.0], 0.25));
        assert!(parse("").is_none() && parse("fast").is_none());
    }
}
