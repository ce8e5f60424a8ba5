//! Runs programs in child processes, and notices how these end.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::worker::{self, Target};

/// A process runs so many programs: what they leak is given back with it.
const MOST: usize = 5_000;

/// How the fault of a program that does not end is called.
const HANGS: &str = "it hangs";

/// The argument that makes a process a child.
pub(super) const CHILD: &str = "--child";

/// A process that runs programs, one after the other.
pub(super) struct Worker {
    target: Target,
    /// A program that is not over by then hangs. Most take a millisecond.
    patience: Duration,
    running: Option<Running>,
}

struct Running {
    child: Child,
    programs: ChildStdin,
    answers: Receiver<String>,
    ran: usize,
}

impl Worker {
    pub(super) fn new(target: Target, patience: Duration) -> Self {
        Self {
            target,
            patience,
            running: None,
        }
    }

    pub(super) fn target(&self) -> Target {
        self.target
    }

    /// Runs a program, and returns what was wrong with it.
    pub(super) fn run(&mut self, numbers: &[u32]) -> io::Result<Option<String>> {
        // A machine may stand still for a while: what hangs, hangs twice.
        match self.run_once(numbers)? {
            Some(fault) if fault.starts_with(HANGS) => self.run_once(numbers),
            found => Ok(found),
        }
    }

    fn run_once(&mut self, numbers: &[u32]) -> io::Result<Option<String>> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => Running::start(self.target)?,
        };
        match running.ask(numbers, self.patience) {
            Ok(answer) => {
                if running.ran < MOST {
                    self.running = Some(running);
                } else {
                    running.end()?;
                }
                Ok((!answer.is_empty()).then_some(answer))
            }
            Err(RecvTimeoutError::Timeout) => {
                running.child.kill()?;
                running.end()?;
                Ok(Some(format!("{HANGS}: not over in {:?}", self.patience)))
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = running.end()?;
                Ok(Some(format!("the process ended with {status}")))
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.end();
        }
    }
}

impl Running {
    fn start(target: Target) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args([target.name(), CHILD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let programs = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            programs,
            answers,
            ran: 0,
        })
    }

    fn ask(&mut self, numbers: &[u32], patience: Duration) -> Result<String, RecvTimeoutError> {
        self.ran += 1;
        let line = writeln!(self.programs, "{}", text(numbers));
        if line.is_err() {
            return Err(RecvTimeoutError::Disconnected);
        }
        self.answers.recv_timeout(patience)
    }

    fn end(mut self) -> io::Result<ExitStatus> {
        drop(self.programs);
        self.child.wait()
    }
}

/// Runs the programs that come in, one a line, and answers each with a line of its faults.
pub(super) fn serve(target: Target) -> io::Result<()> {
    let mut out = io::stdout();
    for line in io::stdin().lines() {
        let faults = worker::run(target, numbers(&line?).unwrap_or_default(), false);
        writeln!(out, "{}", faults.join("; ").replace('\n', " "))?;
        out.flush()?;
    }
    Ok(())
}

/// Writes numbers as text.
pub(super) fn text(numbers: &[u32]) -> String {
    let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
    numbers.join(",")
}

/// Reads numbers that [`text`] has written.
pub(super) fn numbers(text: &str) -> Option<Vec<u32>> {
    let words = text.trim().split(',').filter(|word| !word.is_empty());
    words.map(|word| word.parse().ok()).collect()
}
