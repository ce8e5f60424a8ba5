//! The processors that measure, and what the machine is called.

use std::fmt::{self, Display};
use std::{fs, iter};

use anyhow::{Result, bail, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::peers::runtimes;

/// The processors that are used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Processors {
    /// The one that measures, if it is always the same.
    pub(crate) measuring: Option<usize>,
    /// That of a contestant's partner, where there is a second one.
    pub(crate) other: Option<usize>,
}

impl fmt::Display for Processors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.measuring, self.other) {
            (Some(number), Some(other)) => write!(
                f,
                "all on processor {number}, the partners of servers and clients on {other}"
            ),
            (Some(number), None) => write!(f, "all on processor {number}"),
            (None, _) => write!(f, "not bound to a processor"),
        }
    }
}

/// Binds this process and its children to one processor.
///
/// Of those it may use, the last: the first one serves most interrupts. Where the
/// system does not allow that, the numbers are merely less steady.
pub(crate) fn bind() -> Processors {
    let Ok(allowed) = sched_getaffinity(None) else {
        return Processors::default();
    };
    let mut last = (0..CpuSet::MAX_CPU)
        .rev()
        .filter(|&cpu| allowed.is_set(cpu));
    let measuring = last.next().filter(|&cpu| move_to(cpu));
    let other = measuring.and(last.next());
    Processors { measuring, other }
}

/// Binds the thread that calls, and those it starts from now on; returns whether it could.
pub(crate) fn move_to(processor: usize) -> bool {
    let mut only = CpuSet::new();
    only.set(processor);
    sched_setaffinity(None, &only).is_ok()
}

/// Binds the thread that calls to these processors.
///
/// # Errors
///
/// There are not two of them, or the system does not allow that.
pub(crate) fn use_both(processors: Processors) -> Result<()> {
    let (Some(measuring), Some(other)) = (processors.measuring, processors.other) else {
        bail!("this needs two processors")
    };
    let mut both = CpuSet::new();
    both.set(measuring);
    both.set(other);
    Ok(sched_setaffinity(None, &both)?)
}

/// Allows this process and its children as many descriptors as the system lets it.
///
/// # Errors
///
/// Fewer than `wanted`.
pub(crate) fn raise_descriptors(wanted: u64) -> Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, limit)?;
    if let Some(most) = maximum {
        ensure!(
            most >= wanted,
            "a process may have {most} descriptors here, and {wanted} are needed: see `ulimit -Hn`"
        );
    }
    Ok(())
}

/// What the processors have done that do not measure, in the system's ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neighbours {
    busy: f64,
    total: f64,
}

impl Neighbours {
    /// Looks at all processors but those that are used.
    pub(crate) fn now(used: Processors) -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let mut sums = Self {
            busy: 0.0,
            total: 0.0,
        };
        for (number, line) in text
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with("cpu"))
            .enumerate()
        {
            if used.measuring != Some(number) && used.other != Some(number) {
                let ticks: Vec<f64> = line
                    .split(' ')
                    .skip(1)
                    .filter_map(|ticks| ticks.parse().ok())
                    .collect();
                let idle: f64 = ticks.iter().skip(3).take(2).sum();
                let total: f64 = ticks.iter().take(8).sum();
                sums.busy += total - idle;
                sums.total += total;
            }
        }
        sums
    }

    /// Returns the share of time since `before` in which they worked.
    pub(crate) fn busy_since(self, before: Self) -> f64 {
        let total = self.total - before.total;
        if total > 0.0 {
            (self.busy - before.busy) / total
        } else {
            0.0
        }
    }
}

/// Returns the bytes of memory that this process has, page tables included.
pub(crate) fn memory() -> f64 {
    memory_of("self")
}

/// Returns the most bytes of memory that this process has had, and its page tables.
pub(crate) fn peak_memory() -> f64 {
    sum_of("self", ["VmHWM:", "VmPTE:"])
}

/// Returns the bytes of memory that a process has, page tables included.
pub(crate) fn memory_of(process: impl Display) -> f64 {
    sum_of(process, ["VmRSS:", "VmPTE:"])
}

/// Returns the bytes of memory that no other process shares with this one, page tables included.
pub(crate) fn private_memory_of(process: u32) -> f64 {
    let private = ["Private_Clean:", "Private_Dirty:"];
    sum_in(process, "smaps_rollup", private) + sum_in(process, "status", ["VmPTE:"])
}

/// Returns the sum of what the system says of a process's memory.
fn sum_of(process: impl Display, names: [&str; 2]) -> f64 {
    sum_in(process, "status", names)
}

fn sum_in<const N: usize>(process: impl Display, file: &str, names: [&str; N]) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/{file}"))
        .expect("this system tells what a process has");
    let kib = |name: &str| -> f64 {
        let value = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .expect("the system tells it");
        value
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number")
    };
    names.map(kib).iter().sum::<f64>() * 1024.0
}

/// Describes the machine in a line.
pub(crate) fn describe() -> String {
    format!("{}, {}", processors(), kernel())
}

/// Says how many processors there are, and of which make.
pub(crate) fn processors() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut models = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name"));
    let model = models.next().map_or("processor of unknown make", |name| {
        name.trim_start_matches([' ', '\t', ':'])
    });
    format!("{} x {model}", models.count() + 1)
}

/// Names the system and its version.
pub(crate) fn kernel() -> String {
    let system = rustix::system::uname();
    let (name, release) = (
        system.sysname().to_string_lossy(),
        system.release().to_string_lossy(),
    );
    format!("{name} {release}")
}

/// Returns how much memory the machine has.
pub(crate) fn memory_bytes() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram as u64 * u64::from(info.mem_unit)
}

/// Returns how many processes could run, on average of the last minute.
pub(crate) fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let average = text
        .split(' ')
        .next()
        .and_then(|average| average.parse().ok());
    average.unwrap_or_default()
}

/// Names the compiler and the versions of the crates that are compared, in a line.
pub(crate) fn version_line() -> String {
    let named = |(name, version)| format!("{name} {version}");
    versions().map(named).collect::<Vec<_>>().join(", ")
}

/// Names the compiler and the versions of the crates that are compared.
pub(crate) fn versions() -> impl Iterator<Item = (String, String)> {
    const LOCK: &str = include_str!("../../Cargo.lock");
    const CRATES: [&str; 12] = [
        "yieldfrom",
        "corosensei",
        "generator",
        "genawaiter",
        "nexosim",
        "odem-rs",
        "simu-des",
        "tokio",
        "async-stream",
        "smol",
        "monoio",
        "may",
    ];
    let ours = LOCK
        .split("[[package]]")
        .find(|package| package.contains("name = \"benches\""));
    let version = move |name: &str| {
        // A crate that is locked in two versions stands with its version among our dependencies.
        let ambiguous = format!("\"{name} ");
        let locked = format!("name = \"{name}\"\nversion = \"");
        let rest = ours
            .and_then(|ours| ours.split_once(&ambiguous))
            .or_else(|| LOCK.split_once(&locked));
        rest.and_then(|(_, rest)| rest.split_once('"'))
            .map_or("?", |(version, _)| version)
    };
    let compiler = env!("COMPILER").trim_start_matches("rustc ");
    let crates = CRATES.map(|name| match name {
        "monoio" => {
            let driver = runtimes::monoio_driver();
            (name.to_owned(), format!("{} by {driver}", version(name)))
        }
        _ => (name.to_owned(), version(name).to_owned()),
    });
    iter::once(("rustc".to_owned(), compiler.to_owned())).chain(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_versions_are_known() {
        for (name, version) in versions() {
            assert!(
                version.starts_with(|c: char| c.is_ascii_digit()),
                "{name} {version}"
            );
        }
    }
}
