//! What is printed: tables, or lines of JSON.

use std::io::{self, Write};

use serde_json::json;

use crate::contest::Answer;
use crate::machine;
use crate::question::{Case, Question};

/// Prints about the machine and the versions of the contestants.
pub(crate) fn head(out: &mut impl Write, processor: Option<usize>) -> io::Result<()> {
    match processor {
        Some(number) => writeln!(out, "{}; all on processor {number}", machine::describe())?,
        None => writeln!(out, "{}; not bound to a processor", machine::describe())?,
    }
    writeln!(out, "{}", machine::versions())
}

/// Prints what a question is about.
pub(crate) fn question(out: &mut impl Write, question: &Question) -> io::Result<()> {
    writeln!(out, "\n{}: {}", question.name, question.about)
}

/// Prints the answers in one case side by side.
pub(crate) fn table(out: &mut impl Write, case: &Case, answers: &[Answer]) -> io::Result<()> {
    let ours = answers
        .iter()
        .find(|answer| answer.who == "yieldfrom")
        .map(Answer::median);
    for (i, answer) in answers.iter().enumerate() {
        let name = if i == 0 { case.name } else { "" };
        let (least, most) = answer.range();
        let range = format!("{}-{}", figure(least), figure(most));
        write!(
            out,
            "  {name:<20} {:<17} {:>10} {:<9} {range:>19}",
            answer.who,
            figure(answer.median()),
            case.unit
        )?;
        match ours {
            Some(ours) => writeln!(out, " {:>8}x", figure(answer.median() / ours))?,
            None => writeln!(out)?,
        }
    }
    out.flush()
}

/// Prints the answers in one case, an object on a line each.
pub(crate) fn json(
    out: &mut impl Write,
    question: &Question,
    case: &Case,
    answers: &[Answer],
) -> io::Result<()> {
    for answer in answers {
        let (who, value) = (json!(answer.who), json!(rounded(answer.median())));
        let (question, case, unit) = (json!(question.name), json!(case.name), json!(case.unit));
        // Written by hand, so that the keys keep this order.
        writeln!(
            out,
            r#"{{"question":{question},"case":{case},"who":{who},"value":{value},"unit":{unit}}}"#
        )?;
    }
    out.flush()
}

/// Writes a number with about three significant digits.
fn figure(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.2}M", value / 1e6),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 0.1 => format!("{value:.2}"),
        value => format!("{value:.4}"),
    }
}

/// Rounds to thousandths: more digits would claim too much.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
