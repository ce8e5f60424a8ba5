//! What the monitor answers: one line of JSON for each line of a request.

use std::process;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::link::MonitorLink;
use super::snapshot::{Snapshot, TaskNote};
use super::turn_times::TurnNumbers;
use crate::debug::{TaskReport, WaitKind};
use crate::insight::LoopMetrics;
use crate::insight::watch::RunningEntry;
use crate::kernel::Nanos;
use yieldfrom_delegation::Link;

/// Is part of each answer. It changes when a field changes its meaning or goes away.
const VERSION: u32 = 1;
/// How long a loop may take to come round.
const PATIENCE: Duration = Duration::from_millis(100);
/// How many tasks an answer has if the request does not say, and at most.
const USUAL_TASKS: usize = 1_000;
const MOST_TASKS: usize = 10_000;
/// The loop spends one part in so many on snapshots.
const SHARE: Nanos = 20;

/// Answers requests about one loop.
pub(super) struct Answerer {
    link: Arc<MonitorLink>,
    thread: Option<String>,
    /// How many tasks the last request wanted.
    last_limit: usize,
}

/// A request that was understood.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Snapshot(usize),
    Help,
}

impl Request {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let request = match (words.next()?, words.next()) {
            ("snapshot", None) => Self::Snapshot(USUAL_TASKS),
            ("snapshot", Some(limit)) => Self::Snapshot(limit.parse().ok()?),
            ("help", None) => Self::Help,
            _ => return None,
        };
        words.next().is_none().then_some(request)
    }
}

impl Answerer {
    /// Is called on the loop's thread.
    pub(super) fn new(link: Arc<MonitorLink>) -> Self {
        Self {
            link,
            thread: thread::current().name().map(str::to_owned),
            last_limit: 0,
        }
    }

    /// Returns the answer, without the end of its line.
    pub(super) fn answer(&mut self, request: &str) -> Vec<u8> {
        let answer = match Request::parse(request) {
            Some(Request::Snapshot(limit)) => self.snapshot(limit.min(MOST_TASKS)),
            Some(Request::Help) => json!({
                "version": VERSION,
                "requests": {
                    "snapshot": "the loop and up to 1000 of its tasks",
                    "snapshot N": "the same with up to N tasks; at most 10000",
                    "help": "this list",
                },
            }),
            None => error("no such request; send `help` for a list"),
        };
        answer.to_string().into_bytes()
    }

    fn snapshot(&mut self, limit: usize) -> Value {
        let has_answered = self.is_fresh_enough(limit) || {
            self.last_limit = limit;
            self.link.ask(limit, PATIENCE)
        };
        let now = self.link.now();
        let snapshot = self.link.last();
        json!({
            "version": VERSION,
            "process": {
                "pid": process::id(),
                "program": std::env::args_os().next().map(|name| name.to_string_lossy().into_owned()),
                "thread": self.thread,
            },
            "is_running": self.link.pulse.is_running(),
            "has_answered": has_answered,
            "entry": self.link.pulse.entry().map(|entry| self.entry(now, entry)),
            "snapshot": snapshot.map(|it| describe_snapshot(&it, limit, now)),
        })
    }

    /// Returns whether the last snapshot was so expensive, and is so new, that it is to do.
    fn is_fresh_enough(&self, limit: usize) -> bool {
        let last = self.link.last().filter(|_| self.last_limit >= limit);
        last.is_some_and(|last| {
            let age = self.link.now().saturating_sub(last.taken);
            age < last.took.saturating_mul(SHARE)
        })
    }

    /// Describes the entry that runs.
    fn entry(&self, now: Nanos, entry: RunningEntry) -> Value {
        let name = self.link.pulse.name_of(entry.number);
        let task = name.task.as_ref();
        json!({
            "task": task.map(|task| &task.name),
            "what": task.map_or(&name.callback, |task| &task.origin),
            "seconds": seconds(now.saturating_sub(entry.since)),
        })
    }
}

fn error(why: &str) -> Value {
    json!({ "version": VERSION, "error": why })
}

/// Returns an error as a whole line.
pub(super) fn error_line(why: &str) -> Vec<u8> {
    format!("{}\n", error(why)).into_bytes()
}

fn seconds(time: Nanos) -> f64 {
    Duration::from_nanos(time).as_secs_f64()
}

/// Describes a snapshot with up to `limit` tasks. The snapshot may have more, as another client may have asked for more.
fn describe_snapshot(snapshot: &Snapshot, limit: usize, now: Nanos) -> Value {
    let tasks = snapshot.report.tasks();
    let tasks = &tasks[..tasks.len().min(limit)];
    let left_out = snapshot.metrics.tasks.saturating_sub(tasks.len());
    let both = tasks.iter().zip(&snapshot.notes);
    let tasks: Vec<Value> = both.map(|(it, note)| task(snapshot, it, note)).collect();
    json!({
        "age_seconds": seconds(now.saturating_sub(snapshot.taken)),
        "took_seconds": seconds(snapshot.took),
        "loop_time_seconds": seconds(snapshot.loop_time),
        "watched_seconds": seconds(snapshot.taken.saturating_sub(snapshot.watched_since)),
        "metrics": metrics(&snapshot.metrics),
        "turns": turns(snapshot.turns),
        "tasks": tasks,
        "tasks_left_out": left_out,
    })
}

fn metrics(metrics: &LoopMetrics) -> Value {
    json!({
        "turns": metrics.turns,
        "entries": metrics.entries,
        "polls": metrics.polls,
        "idle_seconds": metrics.idle_time.as_secs_f64(),
        "tasks": metrics.tasks,
        "tasks_made": metrics.tasks_made,
        "ready": metrics.ready,
        "timers": metrics.timers,
        "descriptors": metrics.descriptors,
        "descriptor_waits": metrics.descriptor_waits,
        "jobs": metrics.jobs,
        "children": metrics.children,
        "threads": metrics.threads,
        "stacks": metrics.stacks,
        "idle_stacks": metrics.idle_stacks,
    })
}

fn turns(turns: TurnNumbers) -> Value {
    let span = seconds(turns.span);
    let rate = (span > 0.0).then(|| turns.count as f64 / span);
    let has_some = turns.count > 0;
    json!({
        "window_seconds": span,
        "per_second": rate,
        "p50_seconds": has_some.then(|| seconds(turns.median)),
        "p99_seconds": has_some.then(|| seconds(turns.p99)),
        "longest_seconds": has_some.then(|| seconds(turns.longest)),
    })
}

fn task(snapshot: &Snapshot, task: &TaskReport, note: &TaskNote) -> Value {
    let number = |&index: &usize| snapshot.notes.get(index).map(|note| note.number);
    let waits_for = &task.waits_for;
    let is_waiting = waits_for.kind() != WaitKind::Nothing;
    let waits = is_waiting.then(|| {
        json!({
            "kind": format!("{:?}", waits_for.kind()).to_lowercase(),
            "what": waits_for.to_string(),
            "holder": waits_for.holder.as_ref().and_then(number),
        })
    });
    let span = note
        .since
        .map(|since| seconds(snapshot.taken.saturating_sub(since)));
    json!({
        "number": note.number,
        "name": task.name(),
        "coroutine": place(task.origin()),
        "state": if is_waiting { "waiting" } else { "ready" },
        "waits_for": waits,
        "seconds": span,
        "awaits": task.awaits.iter().filter_map(number).collect::<Vec<_>>(),
        "stack": task.stack().iter().map(place).collect::<Vec<_>>(),
    })
}

fn place(link: &Link) -> Value {
    json!({ "name": link.call(), "file": link.file(), "line": link.line() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_words() {
        assert_eq!(
            Request::parse("snapshot"),
            Some(Request::Snapshot(USUAL_TASKS))
        );
        assert_eq!(Request::parse(" snapshot  7 "), Some(Request::Snapshot(7)));
        assert_eq!(Request::parse("help"), Some(Request::Help));
        let garbage = [
            "",
            "snapshot x",
            "snapshot 1 2",
            "help me",
            "GET / HTTP/1.1",
            "snapshot -1",
        ];
        garbage
            .iter()
            .for_each(|line| assert_eq!(Request::parse(line), None, "{line}"));
    }
}
