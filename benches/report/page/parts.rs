//! The parts of the page that are computed from all results together.

use maud::{Markup, html};

use crate::report::groups::Group;
use crate::report::main_table::Summary;
use crate::report::results::{Question, Results};
use crate::report::terminal::figure;
use crate::report::wins::{Win, Wins};

/// Who wins where, against async/await and against threads.
pub(super) fn wins(results: &Results) -> Markup {
    let wins = Wins::against(Group::Async, results);
    let threads = Wins::against(Group::Threads, results);
    html! {
        h2 id="wins" { "Who wins where" }
        p {
            "Computed from this run alone. In every case that contestants of async/await have answered, "
            "the best of them stands against yieldfrom. One wins if all its samples are better than all of "
            "the other's, and the medians differ by more than noise; by how many times is said on the left."
        }
        div.sides {
            (list("Where async/await wins", &wins.theirs))
            (list("Where yieldfrom wins", &wins.ours))
        }
        (list("Too close to tell", &wins.close))
        @if threads != Wins::default() {
            div.sides {
                (list("Where threads win", &threads.theirs))
                (list("Where yieldfrom wins against threads", &threads.ours))
            }
            @if !threads.close.is_empty() {
                (list("Threads: too close to tell", &threads.close))
            }
        }
    }
}

fn list(title: &str, wins: &[Win]) -> Markup {
    html! {
        div {
            h3 { (title) " (" (wins.len()) ")" }
            @if wins.is_empty() { p.faint { "Nowhere in this run." } } @else { (rows(wins)) }
        }
    }
}

fn rows(wins: &[Win]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th.number { "by" } th { "question" } th { "case" } th.number { "yieldfrom" }
                        th.number { "the best rival" } th { "unit" } th { "who" }
                    }
                }
                tbody {
                    @for win in wins {
                        tr {
                            td.number { (figure(win.factor)) "\u{d7}" }
                            td { a href={ "#" (win.question) } { (win.question) } }
                            td { (win.case) }
                            td.number { (figure(win.ours)) }
                            td.number { (figure(win.theirs)) }
                            td { (win.unit) }
                            td { (win.rival) }
                        }
                    }
                }
            }
        }
    }
}

/// The main table.
pub(super) fn summary(summary: &Summary) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th {}
                        @for column in &summary.columns { th.number { (column) } }
                    }
                }
                tbody {
                    @for (label, cells) in &summary.rows {
                        tr { td.wrap { (label) } @for cell in cells { td.number { (cell) } } }
                    }
                }
            }
        }
        p.faint { (summary.note) }
    }
}

/// Who gave no answer to a question, and why.
pub(super) fn left_out(question: &Question) -> Markup {
    let absent = question.absent();
    html! {
        @if !absent.is_empty() {
            p.faint { "Left out:" }
            ul.faint {
                @for (absent, cases) in &absent {
                    li {
                        (absent.who)
                        @if cases.len() < question.cases.len() { " (" (cases.join(", ")) ")" }
                        ": " (absent.why)
                    }
                }
            }
        }
    }
}

/// Who could not take part, or not everywhere, and what was not asked.
pub(super) fn absent(results: &Results) -> Markup {
    let absent = results.absent();
    html! {
        h2 id="absent" { "Who was not there" }
        @if absent.is_empty() { p { "Everybody was there, and answered." } } @else {
            div.scroll {
                table {
                    thead { tr { th { "who" } th { "why" } th { "first in" } } }
                    tbody {
                        @for (absent, place) in &absent {
                            tr { td { (absent.who) } td.wrap { (absent.why) } td { (place) } }
                        }
                    }
                }
            }
        }
        @if !results.left_out.is_empty() {
            p { "This run has left out:" }
            ul { @for what in &results.left_out { li { (what) } } }
        }
    }
}

/// How it was measured.
pub(super) fn method(results: &Results) -> Markup {
    html! {
        h2 id="method" { "How it was measured" }
        p {
            "Every sample is taken in a process of its own, all bound to one processor (those of two-cores and cost: "
            "to two). A contestant does its "
            "operations for 2 ms, up to 40 times, and the fastest run is its sample. What measures a server, or "
            "what serves a client, is one more process, on another processor. In each of "
            (results.repetitions) " repetitions every contestant gives " (results.rounds)
            " samples, in turn, of which the best counts. The median, the least and the most of the repetitions "
            "are shown, and the median beside that of yieldfrom. A dark line in a bar is the spread. What is "
            "counted and not timed, as bytes and system calls are, is counted once."
        }
        p { "The kinds of contestants:" }
        ul {
            @for group in Group::ALL { li { b { (group.title()) } ": " (group.about()) "." } }
        }
        p { "All medians, spreads and samples are in " code { "results.json" } ", beside this page." }
    }
}
