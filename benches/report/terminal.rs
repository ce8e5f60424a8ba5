//! What is printed: tables, or lines of JSON.

use std::io::{self, Write};

use serde_json::json;

use crate::measuring::contest::Answer;
use crate::measuring::machine::{self, Processors};
use crate::questions::{Case, Question};

/// Prints about the machine and the versions of the contestants.
pub(crate) fn head(out: &mut impl Write, processors: Processors) -> io::Result<()> {
    writeln!(out, "{}; {processors}", machine::describe())?;
    writeln!(out, "{}", machine::version_line())
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
            "  {name:<25} {:<18} {:>10} {:<9} {range:>19}",
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
pub(crate) fn figure(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.2}M", value / 1e6),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 0.1 => format!("{value:.2}"),
        value if value >= 0.01 => format!("{value:.4}"),
        value if value >= 0.001 => format!("{value:.5}"),
        value => format!("{value:.6}"),
    }
}

/// Rounds to thousandths, or below 1 to four significant digits: more would claim too much.
fn rounded(value: f64) -> f64 {
    let mut scale = 1000.0;
    while value != 0.0 && (value * scale).abs() < 1000.0 {
        scale *= 10.0;
    }
    (value * scale).round() / scale
}
