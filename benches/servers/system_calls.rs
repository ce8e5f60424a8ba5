//! Counts a server's system calls: by perf, or else by strace.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::measuring::child_process::last_words;

const EVENT: &str = "raw_syscalls:sys_enter";
/// How long strace may take to attach itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Returns how many system calls a process makes while `load` runs.
///
/// All of its threads count. What makes the process work should begin and end in `load`.
pub(crate) fn count(process: u32, load: impl FnOnce() -> Result<()>) -> Result<u64> {
    match Perf::attach(process) {
        Ok(perf) => {
            load()?;
            perf.finish()
        }
        Err(perf) => {
            let strace = Strace::attach(process);
            let strace =
                strace.with_context(|| format!("can't use perf ({perf:#}), nor strace"))?;
            load()?;
            strace.finish()
        }
    }
}

/// A counter that follows the threads of a process. Dropping it ends it.
struct Counter(Child);

impl Counter {
    fn start(command: &mut Command) -> Result<Self> {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(Self(command.spawn()?))
    }

    /// Interrupts it and returns what it has reported.
    fn report(mut self) -> Result<String> {
        kill_process(Pid::from_child(&self.0), Signal::INT)?;
        let mut report = String::new();
        let mut pipe = self.0.stderr.take().expect("it is piped");
        pipe.read_to_string(&mut report)?;
        Ok(report)
    }

    /// Returns why it does not count.
    fn complaint(self) -> String {
        let words = self.report().ok();
        let words = words.and_then(|report| last_words(report.as_bytes()));
        words.unwrap_or("it does not say why".to_owned())
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The kernel counts: the process runs as fast as ever.
struct Perf {
    counter: Counter,
    control: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Perf {
    fn attach(process: u32) -> Result<Self> {
        let mut command = Command::new("perf");
        // It is told by pipes when to count, and says when it does.
        command
            .args(["stat", "--control", "fd:0,1", "--delay", "-1"])
            .args(["-x", ",", "-e", EVENT, "-p", &process.to_string()]);
        let mut counter = Counter::start(&mut command)?;
        let control = counter.0.stdin.take().expect("it is piped");
        let answers = BufReader::new(counter.0.stdout.take().expect("it is piped"));
        let mut perf = Self {
            counter,
            control,
            answers,
        };
        if perf.tell("enable").is_err() {
            bail!("{}", perf.counter.complaint());
        }
        Ok(perf)
    }

    fn tell(&mut self, what: &str) -> Result<()> {
        writeln!(self.control, "{what}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(answer.contains("ack"), "perf does not obey: {answer:?}");
        Ok(())
    }

    fn finish(mut self) -> Result<u64> {
        self.tell("disable")?;
        let report = self.counter.report()?;
        let line = report.lines().find(|line| line.contains(EVENT));
        line.and_then(|line| line.split(',').next())
            .and_then(|count| count.parse().ok())
            .with_context(|| format!("perf has counted nothing: {report:?}"))
    }
}

/// The process stops at each call: what it does may depend on that.
struct Strace(Counter);

impl Strace {
    fn attach(process: u32) -> Result<Self> {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-c", "-U", "calls,name", "-p"]);
        let mut counter = Counter::start(command.arg(process.to_string()))?;
        let start = Instant::now();
        while !is_traced(process)? {
            if counter.0.try_wait()?.is_some() || start.elapsed() > PATIENCE {
                bail!("strace does not attach: {}", counter.complaint());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Self(counter))
    }

    fn finish(self) -> Result<u64> {
        let report = self.0.report()?;
        let mut lines = report.lines().rev().map(str::trim);
        lines
            .find_map(|line| line.strip_suffix("total"))
            .and_then(|count| count.trim().parse().ok())
            .with_context(|| format!("strace has counted nothing: {report:?}"))
    }
}

/// Returns whether all threads of a process are traced.
fn is_traced(process: u32) -> Result<bool> {
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let status = fs::read_to_string(thread?.path().join("status"))?;
        if status.contains("TracerPid:\t0\n") {
            return Ok(false);
        }
    }
    Ok(true)
}
