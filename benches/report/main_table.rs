//! The main table: a row for each of the most important cases.

use std::fmt::Write;

use crate::report::results::Results;
use crate::report::terminal::figure;

/// What a row says, with its question and case.
const ROWS: &[(&str, &str, &str)] = &[
    (
        "switch between 100 tasks, ns",
        "switch",
        "tasks=100 inlined",
    ),
    (
        "the same in a function that is not inlined, ns",
        "switch",
        "tasks=100 helper",
    ),
    (
        "switch between 10,000 tasks, ns",
        "switch",
        "tasks=10000 inlined",
    ),
    (
        "switch between 100 tasks on each of two processors, ns",
        "two-cores",
        "yields",
    ),
    (
        "spawn and join a task, 1,000 at a time, ns",
        "spawn",
        "batch=1000",
    ),
    (
        "a message and its way back, ns for each of the two",
        "channel",
        "ping-pong",
    ),
    (
        "a message through a queue of capacity 128, ns",
        "channel",
        "stream",
    ),
    (
        "a sleep among 1,000,000, warm, the processor's ns",
        "timers",
        "warm",
    ),
    ("memory of a sleeping task, bytes", "idle-memory", "n=10000"),
    (
        "echo, 100 connections, requests/s",
        "echo",
        "connections=100 rps",
    ),
    (
        "echo, half the load that the slowest bears, 99 of 100 within, us",
        "latency",
        "p99",
    ),
    ("await in an async block, ns", "futures", "await"),
    (
        "an HTTP server by hyper, 32 connections, requests/s",
        "services-http-server",
        "connections=32 rps",
    ),
    (
        "queries by tokio-postgres, 8 connections, queries/s",
        "services-postgres",
        "connections=8 queries",
    ),
    ("20 flags at once, 50 ms each, s", "flags", "delay=50"),
    (
        "send to a generator that yields, ns",
        "roundtrip",
        "inlined",
    ),
    (
        "the same in a function that is not inlined, ns",
        "roundtrip",
        "helper",
    ),
    (
        "yield through 1,000 delegations, ns",
        "delegation",
        "depth=1000",
    ),
    (
        "create a generator on a new stack, run, end, ns",
        "create",
        "cold",
    ),
    (
        "taxi simulation, 10,000 taxis, events/s",
        "taxi",
        "taxis=10000",
    ),
    (
        "clean build of a program that spawns a task, s",
        "cost",
        "build",
    ),
    ("its size, bytes", "cost", "size"),
];

/// The columns, each with who stands in it: the first that has answered.
const COLUMNS: &[(&str, &[&str])] = &[
    ("yieldfrom", &["yieldfrom"]),
    ("tokio", &["tokio", "async-boxed", "async-boxpin", "async"]),
    ("smol", &["smol"]),
    ("threads", &["threads"]),
    ("Python", &["asyncio", "cpython"]),
    ("Go", &["go"]),
];

/// Marks contestants of async/await that are polled by hand.
const BY_HAND: &str = "*";
const NOTE: &str = "*: no runtime, but boxed futures that are polled by hand.";

/// The main table, for a page or for a README.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) columns: Vec<String>,
    /// What a row says, and its cells.
    pub(crate) rows: Vec<(String, Vec<String>)>,
    pub(crate) note: String,
}

/// Makes the main table of those of its rows that this run has asked.
pub(crate) fn summary(results: &Results) -> Summary {
    let columns = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
    let rows = ROWS.iter().filter_map(|&(label, question, case)| {
        let case = results.case(question, case)?;
        let cell = |&(_, whom): &(_, &[&str])| {
            let answer = whom.iter().find_map(|who| case.answer(who));
            answer.map_or_else(String::new, |answer| {
                let by_hand = answer.who.starts_with("async") && answer.who != "asyncio";
                let mark = if by_hand { BY_HAND } else { "" };
                format!("{}{mark}", thousands(answer.median))
            })
        };
        Some((label.to_owned(), COLUMNS.iter().map(cell).collect()))
    });
    Summary {
        columns: columns.collect(),
        rows: rows.collect(),
        note: NOTE.to_owned(),
    }
}

/// Writes the main table as Markdown, with a paragraph that says what it is.
pub(crate) fn markdown(results: &Results) -> String {
    let summary = summary(results);
    let mut text = format!("{}\n\n", about(results));
    let mut row = |label: &str, cells: &[String]| {
        // Writing to a string does not fail.
        _ = writeln!(text, "| {label} | {} |", cells.join(" | "));
    };
    row("", &summary.columns);
    row("---", &vec!["---:".to_owned(); summary.columns.len()]);
    for (label, cells) in &summary.rows {
        row(label, cells);
    }
    text + "\n\\" + &summary.note + "\n"
}

/// Says what was measured, when and where.
fn about(results: &Results) -> String {
    let version = |name: &str| {
        let version = results.versions.get(name);
        version
            .map(|version| format!(", {name} {version}"))
            .unwrap_or_default()
    };
    let versions = ["rustc", "tokio", "smol", "Go", "Python"]
        .map(version)
        .concat();
    let day = results.date.split('T').next().unwrap_or_default();
    let quick = if results.quick { " of a quick run" } else { "" };
    format!(
        "Medians of {} repetitions{quick}, {day}, on {}, {}{versions}.",
        results.repetitions, results.machine.processors, results.machine.kernel
    )
}

/// Writes a number with about three digits, and commas between thousands.
fn thousands(value: f64) -> String {
    if !(1000.0..1e6).contains(&value) {
        return figure(value);
    }
    let digits = format!("{value:.0}");
    let (first, last) = digits.split_at(digits.len() - 3);
    format!("{first},{last}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::QUESTIONS;
    use crate::report::results::samples::case;
    use crate::report::results::{Machine, Question};

    #[test]
    fn the_rows_are_cases_that_there_are() {
        for (label, question, case) in ROWS {
            let question = QUESTIONS.iter().find(|known| known.name == *question);
            let cases = question.map_or(&[][..], |question| question.cases);
            assert!(cases.iter().any(|known| known.name == *case), "{label}");
        }
    }

    #[test]
    fn a_table_is_made_of_what_there_is() {
        let answers: [(&str, &[f64]); 4] = [
            ("yieldfrom", &[8.8]),
            ("async-boxpin", &[3555.4]),
            ("cpython", &[32_176.0]),
            ("naive-forwarding", &[18_343.0]),
        ];
        let results = Results {
            date: "2026-11-21T16:00:00Z".to_owned(),
            repetitions: 5,
            machine: Machine {
                processors: "2 x Zen".to_owned(),
                kernel: "Linux 6.18".to_owned(),
                ..Machine::default()
            },
            versions: [("tokio".to_owned(), "1.54".to_owned())].into(),
            questions: vec![Question {
                name: "delegation".to_owned(),
                about: String::new(),
                cases: vec![case("depth=1000", "ns", &answers)],
            }],
            ..Results::default()
        };
        let expected = "\
Medians of 5 repetitions, 2026-11-21, on 2 x Zen, Linux 6.18, tokio 1.54.

|  | yieldfrom | tokio | smol | threads | Python | Go |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| yield through 1,000 delegations, ns | 8.80 | 3,555* |  |  | 32,176 |  |

\\*: no runtime, but boxed futures that are polled by hand.
";
        assert_eq!(markdown(&results), expected);
    }
}
