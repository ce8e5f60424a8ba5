//! The command line.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use clap::builder::PossibleValuesParser;

use crate::child::{self, Sampler};
use crate::contest::Contest;
use crate::question::{Contestant, Question};
use crate::questions::QUESTIONS;
use crate::{machine, report, server};

const METHOD: &str = "\
Every sample is taken in a process of its own, all bound to one processor. A \
contestant does its operations for 2 ms, 40 times, and the fastest run is its \
sample. What measures a server, or what serves a client, is one more process, on \
another processor. A repetition has three rounds, in which every contestant gives one sample, in \
turn; the best of the three counts. Printed are the medians of the repetitions, the \
smallest and the largest, and the ratio to yieldfrom. \
Contestants that are not on this machine are left out, with a word on standard error.";

/// Asks questions of all contestants and prints their answers side by side.
#[derive(Debug, Parser)]
#[command(name = "versus", after_help = METHOD)]
struct Args {
    /// What to ask; `all` asks everything.
    #[arg(value_name = "QUESTION", value_parser = names(), required_unless_present_any = ["sample", "serve"])]
    questions: Vec<String>,
    /// Print one JSON object for each result, and nothing else.
    #[arg(long)]
    json: bool,
    /// How many repetitions the medians are of.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    repeat: u16,
    /// Take shorter samples, and one round in a repetition.
    #[arg(long)]
    quick: bool,
    /// Ask only this contestant; may be given several times.
    #[arg(long, value_name = "WHO", value_parser = contestants())]
    only: Vec<String>,
    /// Ask only this case; may be given several times.
    #[arg(long = "case", value_name = "CASE", value_parser = cases())]
    cases: Vec<String>,
    /// Take one sample in this process: question, case, contestant.
    #[arg(long, hide = true, num_args = 3, conflicts_with = "questions")]
    sample: Option<Vec<String>>,
    /// Be the server for one sample: question, case, contestant.
    #[arg(long, hide = true, num_args = 3, conflicts_with_all = ["questions", "sample"])]
    serve: Option<Vec<String>>,
    /// The processor of a contestant's partner, for a sample or a server.
    #[arg(long, hide = true)]
    other: Option<usize>,
}

fn names() -> PossibleValuesParser {
    QUESTIONS
        .iter()
        .map(|question| question.name)
        .chain(["all"])
        .collect::<Vec<_>>()
        .into()
}

fn contestants() -> PossibleValuesParser {
    unique(
        QUESTIONS
            .iter()
            .flat_map(|question| question.contestants)
            .map(|contestant| contestant.who),
    )
}

fn cases() -> PossibleValuesParser {
    unique(
        QUESTIONS
            .iter()
            .flat_map(|question| question.cases)
            .map(|case| case.name),
    )
}

fn unique(values: impl Iterator<Item = &'static str>) -> PossibleValuesParser {
    let mut unique = Vec::new();
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    unique.into()
}

/// Runs the program `versus`.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match (&args.sample, &args.serve) {
        (Some(sample), _) => take_sample(sample, &args),
        (None, Some(server)) => serve(server, args.other),
        (None, None) => compare(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("versus: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn take_sample(sample: &[String], args: &Args) -> Result<()> {
    let (question, case, contestant) = found(sample)?;
    child::take_sample(question, case, contestant, args.quick, args.other)
}

fn serve(server: &[String], other: Option<usize>) -> Result<()> {
    let (question, case, contestant) = found(server)?;
    server::serve(question, case, contestant, other)
}

/// Returns the question, case and contestant of these names.
fn found(names: &[String]) -> Result<(&'static Question, &str, &'static Contestant)> {
    let [question, case, who] = names else {
        unreachable!("clap counts them")
    };
    let question = QUESTIONS.iter().find(|known| known.name == question);
    let question = *question.context("no such question")?;
    let contestant = question.contestant(who).context("no such contestant")?;
    Ok((question, case, contestant))
}

fn compare(args: Args) -> Result<()> {
    let mut out = io::stdout().lock();
    let processors = machine::bind();
    if !args.json {
        report::head(&mut out, processors)?;
    }
    let mut contest = Contest::new(
        args.repeat.into(),
        Sampler::new(args.quick, processors),
        args.only,
        args.cases,
    );
    for question in chosen(&args.questions) {
        ask(&mut contest, question, args.json, &mut out)?;
    }
    if let Some(warning) = contest.sampler.warning() {
        eprintln!("versus: {warning}");
    }
    Ok(())
}

/// Returns the questions by these names, each once.
fn chosen(names: &[String]) -> impl Iterator<Item = &'static Question> {
    let all = names.iter().any(|name| name == "all");
    QUESTIONS
        .iter()
        .copied()
        .filter(move |question| all || names.iter().any(|name| name == question.name))
}

fn ask(
    contest: &mut Contest,
    question: &'static Question,
    json: bool,
    out: &mut impl Write,
) -> Result<()> {
    if !json {
        report::question(out, question)?;
    }
    for run in question.runs() {
        for (case, answers) in contest.ask(question, run) {
            if json {
                report::json(out, question, case, &answers)?;
            } else {
                report::table(out, case, &answers)?;
            }
        }
    }
    Ok(())
}

/// Returns whether it is only that nobody reads on.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
