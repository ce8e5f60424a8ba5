//! The report for a browser: one page that needs nothing besides itself.

mod chart;
mod parts;
mod programs;
mod services;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::groups::Group;
use crate::report::main_table;
use crate::report::results::{Case, Load, Question, Results};
use crate::report::terminal::{self, figure};

const STYLE: &str = include_str!("page/style.css");

/// Writes the page.
pub(crate) fn page(results: &Results) -> String {
    let questions: Vec<_> = (results.questions.iter())
        .filter(|question| !question.cases.is_empty())
        .collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "yieldfrom and others, " (results.date) }
                style { (PreEscaped(STYLE)) (PreEscaped(chart::theme())) }
            }
            body {
                (head(results))
                (parts::wins(results))
                h2 id="summary" { "The main table" }
                (parts::summary(&main_table::summary(results)))
                (services::services(results))
                (programs::twins(&results.twins))
                @for question in &questions { (section(question)) }
                (parts::absent(results))
                (parts::method(results))
            }
        }
    };
    page.into_string()
}

/// What was measured, when, where, and how far that can be trusted.
fn head(results: &Results) -> Markup {
    html! {
        h1 { "yieldfrom, beside async/await, threads and others" }
        p.faint {
            (results.date) ", " (results.took_seconds) " s"
            @if results.quick { ", a quick run: short samples, and not every case" }
            ", " (results.repetitions) " repetitions, each the best of " (results.rounds) " samples"
        }
        @for warning in &results.warnings { p.warning { (warning) } }
        (machine(results))
        nav {
            a href="#wins" { "Who wins where" } br;
            a href="#summary" { "The main table" } br;
            @if services::are_there(results) { a href="#services" { "Services" } br; }
            @if !results.twins.is_empty() { a href="#twins" { "The same programs three times" } br; }
            @for question in results.questions.iter().filter(|question| !question.cases.is_empty()) {
                a href={ "#" (question.name) } { (question.name) } br;
            }
            a href="#absent" { "Who was not there" } br;
            a href="#method" { "How it was measured" }
        }
    }
}

fn machine(results: &Results) -> Markup {
    let machine = &results.machine;
    let load = |load: &Load| {
        format!(
            "{:.1} % busy, load average {:.2}",
            100.0 * load.busy,
            load.average
        )
    };
    let versions: Vec<_> = (results.versions.iter())
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let rows = [
        ("processors", machine.processors.clone()),
        ("used", machine.used.clone()),
        ("kernel", machine.kernel.clone()),
        (
            "memory",
            format!(
                "{:.1} GiB",
                machine.memory_bytes as f64 / f64::from(1 << 30)
            ),
        ),
        ("before", load(&machine.before)),
        (
            "after",
            machine
                .after
                .as_ref()
                .map_or("not measured".to_owned(), load),
        ),
        ("versions", versions.join(", ")),
    ];
    html! {
        div.scroll {
            table #machine {
                tbody {
                    @for (name, value) in rows { tr { th { (name) } td.wrap { (value) } } }
                }
            }
        }
    }
}

/// A question: what it is about, charts, and all figures.
fn section(question: &Question) -> Markup {
    html! {
        section {
            h2 id=(question.name) { (question.name) }
            p { (question.about) "." }
            @if let Some(load) = question.cases.iter().find_map(|case| case.load.as_ref()) {
                p { "The load is " (load) "." }
            }
            (legend(question))
            div.charts { @for case in &question.cases { (picture(case)) } }
            (figures(question))
            (parts::left_out(question))
        }
    }
}

fn legend(question: &Question) -> Markup {
    let answers = || question.cases.iter().flat_map(|case| &case.answers);
    let groups = Group::ALL
        .into_iter()
        .filter(|&group| answers().any(|answer| answer.group == group));
    html! {
        p.faint {
            @for group in groups {
                span.group style={ "background:" (chart::variable(group)) } {} (group.title()) " \u{a0} "
            }
        }
    }
}

fn picture(case: &Case) -> Markup {
    let better = if case.more_is_better {
        "more is better"
    } else {
        "less is better"
    };
    html! {
        @if let Some(svg) = chart::draw(case) {
            figure {
                figcaption { (case.name) span.faint { ", " (case.unit) ", " (better) } }
                (PreEscaped(svg))
            }
        }
    }
}

fn figures(question: &Question) -> Markup {
    let mut answers = question.cases.iter().flat_map(|case| &case.answers);
    let counted = answers.any(|answer| answer.instructions.is_some());
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th { "case" } th { "who" } th { "kind" }
                        th.number { "median" } th { "unit" } th.number { "spread" }
                        th.number { "of ours" } th.number { "samples" }
                        @if counted { th.number { "of one operation" } }
                    }
                }
                @for case in &question.cases {
                    tbody {
                        @for (i, answer) in case.answers.iter().enumerate() {
                            tr.ours[answer.who == "yieldfrom"] {
                                td { @if i == 0 { (case.name) } }
                                td { (answer.who) }
                                td {
                                    span.group style={ "background:" (chart::variable(answer.group)) } {}
                                    (answer.group.title())
                                }
                                td.number { (figure(answer.median)) }
                                td { (case.unit) }
                                td.number { (figure(answer.least)) " \u{2013} " (figure(answer.most)) }
                                td.number { @if let Some(ratio) = answer.ratio { (figure(ratio)) "\u{d7}" } }
                                td.number { (answer.samples.len()) }
                                @if counted { td.number { (terminal::counted(answer.instructions)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
