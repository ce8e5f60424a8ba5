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

/// Prints the answers in one case side by side; with their instructions, if those were asked for.
pub(crate) fn table(
    out: &mut impl Write,
    case: &Case,
    answers: &[Answer],
    instructions: bool,
) -> io::Result<()> {
    let ours = answers
        .iter()
        .find(|answer| answer.who == "yieldfrom")
        .map(Answer::median);
    for (i, answer) in answers.iter().enumerate() {
        let name = if i == 0 { case.name } else { "" };
        row(out, name, answer, case.unit)?;
        match ours {
            Some(ours) => write!(out, " {:>8}x", figure(answer.median() / ours))?,
            None if instructions => write!(out, "{:10}", "")?,
            None => {}
        }
        if instructions {
            write!(out, " {:>12}", counted(answer.instructions))?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// Prints an answer, without its end.
fn row(out: &mut impl Write, name: &str, answer: &Answer, unit: &str) -> io::Result<()> {
    let (least, most) = answer.range();
    let range = format!("{}-{}", figure(least), figure(most));
    write!(
        out,
        "  {name:<25} {:<18} {:>10} {unit:<9} {range:>19}",
        answer.who,
        figure(answer.median()),
    )
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
        write!(
            out,
            r#"{{"question":{question},"case":{case},"who":{who},"value":{value},"unit":{unit}"#
        )?;
        if let Some(instructions) = answer.instructions {
            write!(out, r#","instructions":{}"#, json!(rounded(instructions)))?;
        }
        writeln!(out, "}}")?;
    }
    out.flush()
}

/// Writes how many instructions there are, more exactly than times: counts repeat.
pub(crate) fn counted(instructions: Option<f64>) -> String {
    match instructions {
        None => "-".to_owned(),
        Some(few) if few < 1000.0 => format!("{few:.1} instr"),
        Some(many) => format!("{many:.0} instr"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::QUESTIONS;

    fn answers() -> [Answer; 2] {
        let answer = |who, instructions| Answer {
            who,
            samples: vec![10.0],
            instructions,
        };
        [answer("yieldfrom", Some(81.02)), answer("go", None)]
    }

    #[test]
    fn instructions_stand_at_the_end_where_they_were_counted() {
        let mut text = Vec::new();
        table(&mut text, &QUESTIONS[0].cases[0], &answers(), true).unwrap();
        let text = String::from_utf8(text).unwrap();
        let ends: Vec<_> = text
            .lines()
            .map(|line| line.rsplit_once("x ").unwrap().1.trim())
            .collect();
        assert_eq!(ends, ["81.0 instr", "-"]);
    }

    #[test]
    fn each_line_of_json_is_an_object_with_the_instructions_that_were_counted() {
        let mut text = Vec::new();
        json(&mut text, QUESTIONS[0], &QUESTIONS[0].cases[0], &answers()).unwrap();
        let text = String::from_utf8(text).unwrap();
        let counted: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|object| object.get("instructions").cloned())
            .collect();
        assert_eq!(counted, [Some(json!(81.02)), None]);
    }
}
