//! Child processes.
//!
//! Nearly every test runs with children that are waited for by pidfd, with both reactors, and by a
//! thread.

mod communicate_again;
mod exit;
mod leaks;
mod options;
mod refused_starts;
mod subprocess_protocols;
mod talking;

use std::fs;
use std::time::{Duration, Instant};

use yieldfrom::process::{CreateSubprocess, create_subprocess_exec, create_subprocess_shell};
use yieldfrom::{Co, EventLoop, Result, sleep, wait_for};

use crate::support::{millis, secs};

/// How children are waited for.
#[derive(Clone, Copy, Debug)]
struct How {
    by_thread: bool,
}

impl How {
    fn exec(self, program: &str, args: &[&str]) -> CreateSubprocess {
        self.set(create_subprocess_exec(program, args))
    }

    fn shell(self, command: &str) -> CreateSubprocess {
        self.set(create_subprocess_shell(command))
    }

    fn set(self, create: CreateSubprocess) -> CreateSubprocess {
        if self.by_thread {
            create.wait_by_thread()
        } else {
            create
        }
    }
}

/// Runs this in all ways; what hangs, fails.
fn each<F>(body: F)
where
    F: Fn(&Co, How) -> Result<()> + Copy + 'static,
{
    for (by_thread, portable) in [(false, false), (true, false), (false, true)] {
        let how = How { by_thread };
        let builder = EventLoop::builder();
        let builder = if portable {
            builder.portable_reactor()
        } else {
            builder
        };
        let event_loop = builder.build().unwrap();
        let limited = wait_for(move |co: &Co| body(co, how), secs(20));
        let result = event_loop.run_until_complete(limited);
        result.unwrap_or_else(|error| panic!("{error} ({how:?}, portable: {portable})"));
        event_loop.close().unwrap();
    }
}

/// Lets some milliseconds pass.
fn a_while(co: &Co) -> Result<()> {
    co.yield_from(sleep(millis(5)))
}

/// Lets time pass until something is the case.
fn until(co: &Co, mut holds: impl FnMut() -> bool) -> Result<()> {
    while !holds() {
        co.yield_from(sleep(Duration::from_micros(200)))?;
    }
    Ok(())
}

/// Waits until something is the case, while no loop runs.
fn until_blocking(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < secs(60), "it hangs");
        std::thread::sleep(millis(1));
    }
}

/// Returns the state of a process, such as `Z`; none if there is none.
fn state(pid: u32) -> Option<char> {
    stat(&pid.to_string()).map(|(state, _)| state)
}

fn stat(pid: &str) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit(')').next()?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

/// Returns the states of this process's children.
fn children() -> Vec<char> {
    let entries = fs::read_dir("/proc").unwrap();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter_map(|name| stat(&name))
        .filter(|(_, parent)| *parent == std::process::id())
        .map(|(state, _)| state)
        .collect()
}
