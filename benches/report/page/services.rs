//! Services by libraries of async/await: our loop beside tokio, in one table.

use maud::{Markup, html};

use crate::report::results::{Case, Results, Twin};
use crate::report::terminal::figure;

/// The contestants that stand against each other: a library on our loop, and the same on tokio.
const BRIDGED: &str = "yieldfrom-futures";
const OURS: &str = "yieldfrom";
const THEIRS: &str = "tokio";

/// What a row says, with its question, its case, and who is ours there.
const ROWS: &[(&str, &str, &str, &str)] = &[
    (
        "HTTP, both ends, 1 connection: the processor's ns for a request",
        "services-http",
        "connections=1",
        OURS,
    ),
    (
        "HTTP, both ends, 32 connections: the processor's ns for a request",
        "services-http",
        "connections=32",
        OURS,
    ),
    (
        "HTTP server, 1 connection, requests/s",
        "services-http-server",
        "connections=1 rps",
        OURS,
    ),
    (
        "HTTP server, 32 connections, requests/s",
        "services-http-server",
        "connections=32 rps",
        OURS,
    ),
    (
        "HTTP server, 32 connections: its processor's ns for a request",
        "services-http-server",
        "connections=32 cpu",
        OURS,
    ),
    (
        "HTTP server, the same load for all: half of the requests within, us",
        "services-http-server",
        "load p50",
        OURS,
    ),
    (
        "HTTP server, the same load for all: 99 of 100 within, us",
        "services-http-server",
        "load p99",
        OURS,
    ),
    (
        "HTTP server, the same load for all: 999 of 1000 within, us",
        "services-http-server",
        "load p999",
        OURS,
    ),
    (
        "HTTP server: memory of an idle connection, bytes",
        "services-http-server",
        "idle n=2000",
        OURS,
    ),
    (
        "PostgreSQL, 1 connection, queries/s",
        "services-postgres",
        "connections=1 queries",
        OURS,
    ),
    (
        "PostgreSQL, 8 connections, queries/s",
        "services-postgres",
        "connections=8 queries",
        OURS,
    ),
    (
        "PostgreSQL, 8 connections: the client's processor's ns for a query",
        "services-postgres",
        "connections=8 cpu",
        OURS,
    ),
    (
        "PostgreSQL, the same load for all: half of the answers within, us",
        "services-postgres",
        "load p50",
        OURS,
    ),
    (
        "PostgreSQL, the same load for all: 99 of 100 within, us",
        "services-postgres",
        "load p99",
        OURS,
    ),
    (
        "PostgreSQL, the same load for all: 999 of 1000 within, us",
        "services-postgres",
        "load p999",
        OURS,
    ),
    (
        "Redis, 50 connections, commands/s",
        "redis",
        "commands",
        BRIDGED,
    ),
    (
        "Redis, 50 connections: the client's processor's ns for a command",
        "redis",
        "cpu",
        BRIDGED,
    ),
    (
        "TLS, both ends, 1 connection: the processor's ns for a message and its answer",
        "tls",
        "connections=1",
        BRIDGED,
    ),
    (
        "TLS, both ends, 100 connections: the processor's ns for a message and its answer",
        "tls",
        "connections=100",
        BRIDGED,
    ),
];

/// The programs that are services of this kind.
const TWINS: &[&str] = &["http_service", "postgres_query"];

/// A row: what it says, ours, theirs, and how many times better ours is.
type Row = (&'static str, f64, f64, f64);

/// Returns the rows of what this run has asked of both.
fn rows(results: &Results) -> Vec<Row> {
    let row = |&(label, question, case, who): &(&'static str, &str, &str, &str)| {
        let case: &Case = results.case(question, case)?;
        let (ours, theirs) = (case.answer(who)?.median, case.answer(THEIRS)?.median);
        let factor = if case.more_is_better {
            ours / theirs
        } else {
            theirs / ours
        };
        Some((label, ours, theirs, factor))
    };
    ROWS.iter().filter_map(row).collect()
}

/// Returns the questions of the rows that were asked.
fn asked(results: &Results) -> impl Iterator<Item = &str> {
    let is_row = |name: &str| ROWS.iter().any(|(_, question, ..)| *question == name);
    let questions = results.questions.iter();
    let asked = questions.filter(move |it| is_row(&it.name) && !it.cases.is_empty());
    asked.map(|question| question.name.as_str())
}

/// Returns whether there is anything to be said.
pub(super) fn are_there(results: &Results) -> bool {
    !rows(results).is_empty()
}

/// What both come to, and how long the programs are that both can run.
pub(super) fn services(results: &Results) -> Markup {
    html! {
        @if are_there(results) {
            h2 id="services" { "Services" }
            p {
                "The same libraries of async/await on two loops: hyper, tokio-postgres, the crate redis and tokio-rustls run on "
                "yieldfrom's loop, by its bridge and its adapters, and on tokio's current-thread runtime. What they do is the "
                "same on both, so a ratio near one is what you can expect. Above one, yieldfrom is better by so many times. "
                "What each row measures, and everybody else:"
                @for name in asked(results) { " " a href={ "#" (name) } { (name) } }
                "."
            }
            div.scroll {
                table {
                    thead { tr { th {} th.number { "yieldfrom" } th.number { "tokio" } th.number { "yieldfrom is better by" } } }
                    tbody {
                        @for (label, ours, theirs, factor) in rows(results) {
                            tr {
                                td.wrap { (label) } td.number { (figure(ours)) } td.number { (figure(theirs)) }
                                td.number { (figure(factor)) "\u{d7}" }
                            }
                        }
                        @for twin in &results.twins { (lines(twin)) }
                    }
                }
            }
        }
    }
}

/// How many lines a program takes on each loop, without the service itself, which both share.
fn lines(twin: &Twin) -> Markup {
    let of = |form| twin.lines.iter().find(|(name, _)| name == form);
    let both = of("yieldfrom").zip(of("async_await"));
    html! {
        @if let Some(((_, ours), (_, theirs))) = both.filter(|_| TWINS.contains(&twin.name.as_str())) {
            tr {
                td { "lines of the program " (twin.name) } td.number { (ours) } td.number { (theirs) }
                td.number { (figure(*theirs as f64 / *ours as f64)) "\u{d7}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::QUESTIONS;
    use crate::report::results::Question;
    use crate::report::results::samples::case;
    use crate::twins::PROGRAMS;

    #[test]
    fn the_rows_are_cases_that_both_answer() {
        for (label, question, case, who) in ROWS {
            let known = QUESTIONS.iter().find(|known| known.name == *question);
            let known = known.unwrap_or_else(|| panic!("{label}"));
            let case = known.cases.iter().find(|known| known.name == *case);
            let run = std::slice::from_ref(case.unwrap_or_else(|| panic!("{label}")));
            for who in [who, THEIRS] {
                let contestant = known.contestant(who);
                assert!(contestant.is_some_and(|it| it.answers(run)), "{label}");
            }
        }
        for name in TWINS {
            assert!(PROGRAMS.iter().any(|program| program.name == *name));
        }
    }

    #[test]
    fn ours_is_better_by_more_in_a_second_or_by_less_of_the_rest() {
        let answers: [(&str, &[f64]); 2] = [("yieldfrom", &[300.0]), ("tokio", &[200.0])];
        let names = ["connections=32 rps", "connections=32 cpu"];
        let cases = ["req/s", "CPU ns"].iter().zip(names);
        let question = Question {
            name: "services-http-server".to_owned(),
            about: String::new(),
            cases: cases
                .map(|(unit, name)| case(name, unit, &answers))
                .collect(),
        };
        let results = Results {
            questions: vec![question],
            ..Results::default()
        };
        let factors: Vec<_> = rows(&results).iter().map(|row| row.3).collect();
        assert_eq!(factors, [1.5, 200.0 / 300.0]);
    }
}
