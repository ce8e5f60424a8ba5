//! The loop as text: what `--once` prints, and the lines above the table.

use std::fmt::Write;

use crate::answer::{Answer, Snapshot};
use crate::spans::{known, span};
use crate::tree::{Repeats, Row};

/// Returns the lines about the loop as a whole.
pub(crate) fn summary(answer: &Answer) -> Vec<String> {
    let process = &answer.process;
    let program = process.program.as_deref().unwrap_or("a program");
    let thread = process.thread.as_deref().unwrap_or("without a name");
    let mut lines = vec![
        format!("{program}, process {}, thread {thread}", process.pid),
        format!("loop: {}", answer.state()),
    ];
    match &answer.snapshot {
        Some(snapshot) => lines.extend(numbers(snapshot, answer.has_answered)),
        None => lines.push("It has not answered since somebody watches.".to_owned()),
    }
    lines
}

fn numbers(snapshot: &Snapshot, is_new: bool) -> Vec<String> {
    let (metrics, turns) = (&snapshot.metrics, &snapshot.turns);
    let rate = turns
        .per_second
        .map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}"));
    let age = match is_new {
        true => String::new(),
        false => format!(", {} ago", span(snapshot.age_seconds)),
    };
    vec![
        format!(
            "turns {} ({rate} a second)  p50 {}  p99 {}  longest {}",
            metrics.turns,
            known(turns.p50_seconds),
            known(turns.p99_seconds),
            known(turns.longest_seconds),
        ),
        format!(
            "tasks {} ({} made)  ready {}  timers {}  stacks {} ({} free)  jobs {}  threads {}",
            metrics.tasks,
            metrics.tasks_made,
            metrics.ready,
            metrics.timers,
            metrics.stacks,
            metrics.idle_stacks,
            metrics.jobs,
            metrics.threads,
        ),
        format!(
            "descriptors {} ({} waits)  child processes {}  loop time {}{age}",
            metrics.descriptors,
            metrics.descriptor_waits,
            metrics.children,
            span(snapshot.loop_time_seconds),
        ),
    ]
}

/// Returns the number of tasks that the monitor has left out, as a sentence.
pub(crate) fn left_out(answer: &Answer) -> Option<String> {
    let count = answer.snapshot.as_ref()?.tasks_left_out;
    (count > 0).then(|| format!("... and {count} more tasks; --limit shows more"))
}

/// Returns all of it: the summary, and the tasks with their chains.
pub(crate) fn whole(answer: &Answer, rows: &[Row]) -> String {
    let mut text = summary(answer).join("\n") + "\n";
    if answer.snapshot.is_some() {
        text.push('\n');
    }
    for row in rows {
        write_row(&mut text, answer, row);
    }
    text.extend(left_out(answer).map(|line| line + "\n"));
    without_controls(&text)
}

/// Replaces what a terminal would obey. A task may have its name from whoever talks to the program.
fn without_controls(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

fn write_row(text: &mut String, answer: &Answer, row: &Row) {
    let task = &answer.tasks()[row.task];
    let (head, name, note) = (&row.head, &task.name, row.repeats.note());
    let _ = write!(text, "{head}{name}{note}");
    if row.repeats != Repeats::Nothing {
        text.push('\n');
        return;
    }
    let _ = write!(text, " {}: {}", task.coroutine, task.reason(answer.tasks()));
    if task.waits_for.is_some() {
        let since = task
            .seconds
            .map_or_else(|| "since before".to_owned(), |s| format!("for {}", span(s)));
        let _ = write!(text, ", {since}");
    }
    text.push('\n');
    let bar = if row.has_more { "│" } else { " " };
    for place in &task.stack {
        let _ = writeln!(text, "{}{bar}    {place}", row.indent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_no_orders_to_the_terminal() {
        assert_eq!(without_controls("a\u{1b}[2J\nb"), "a\u{fffd}[2J\nb");
    }
}
