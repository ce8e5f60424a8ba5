//! The processor that measures, and what the machine is called.

use std::fs;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Binds this process and its children to one processor, and returns its number.
///
/// Of those it may use, the last: the first one serves most interrupts. Where the
/// system does not allow that, the numbers are merely less steady.
pub(crate) fn bind() -> Option<usize> {
    let allowed = sched_getaffinity(None).ok()?;
    let last = (0..CpuSet::MAX_CPU)
        .rev()
        .find(|&cpu| allowed.is_set(cpu))?;
    let mut only = CpuSet::new();
    only.set(last);
    sched_setaffinity(None, &only).ok()?;
    Some(last)
}

/// What the processors have done that do not measure, in the system's ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neighbours {
    busy: f64,
    total: f64,
}

impl Neighbours {
    /// Looks at all processors but the one that measures.
    pub(crate) fn now(measuring: Option<usize>) -> Self {
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
            if measuring != Some(number) {
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
    let status =
        fs::read_to_string("/proc/self/status").expect("this system tells what a process has");
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
    (kib("VmRSS:") + kib("VmPTE:")) * 1024.0
}

/// Describes the machine in a line.
pub(crate) fn describe() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut models = cpus
        .lines()
        .filter_map(|line| line.strip_prefix("model name"));
    let model = models.next().map_or("processor of unknown make", |name| {
        name.trim_start_matches([' ', '\t', ':'])
    });
    let system = rustix::system::uname();
    let (name, release) = (
        system.sysname().to_string_lossy(),
        system.release().to_string_lossy(),
    );
    format!("{} x {model}, {name} {release}", models.count() + 1)
}

/// Names the compiler and the versions of the crates that are compared.
pub(crate) fn versions() -> String {
    const LOCK: &str = include_str!("../Cargo.lock");
    const CRATES: [&str; 7] = [
        "corosensei",
        "generator",
        "genawaiter",
        "nexosim",
        "tokio",
        "smol",
        "may",
    ];
    let ours = LOCK
        .split("[[package]]")
        .find(|package| package.contains("name = \"benches\""));
    let version = |name: &str| {
        // A crate that is locked in two versions stands with its version among our dependencies.
        let ambiguous = format!("\"{name} ");
        let locked = format!("name = \"{name}\"\nversion = \"");
        let rest = ours
            .and_then(|ours| ours.split_once(&ambiguous))
            .or_else(|| LOCK.split_once(&locked));
        rest.and_then(|(_, rest)| rest.split_once('"'))
            .map_or("?", |(version, _)| version)
    };
    let crates = CRATES.map(|name| format!("{name} {}", version(name)));
    format!("{}, {}", env!("COMPILER"), crates.join(", "))
}
