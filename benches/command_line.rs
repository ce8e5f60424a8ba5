//! The command line.

use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};

use crate::measuring::contest::{Contest, Outcome};
use crate::measuring::meter::Meter;
use crate::measuring::sampler::{self, Sampler};
use crate::measuring::{instructions, machine};
use crate::peers::processes;
use crate::questions::{Contestant, QUESTIONS, Question};
use crate::report::{self, Plan, terminal};
use crate::{servers, twins};

/// Stands for all questions.
const ALL: &str = "all";
/// Stands for all questions whose names begin with it.
const SERVICES: &str = "services";
const REPETITIONS: u16 = 5;
const QUICK_REPETITIONS: u16 = 3;

const METHOD: &str = "\
Every sample is taken in a process of its own, all bound to one processor (but two-cores and cost have two). A \
contestant does its operations for 2 ms, 40 times, and the fastest run is its \
sample. What measures a server, or what serves a client, is one more process, on \
another processor. A repetition has three rounds, in which every contestant gives one sample, in \
turn; the best of the three counts. Printed are the medians of the repetitions, the \
smallest and the largest, and the ratio to yieldfrom. \
With --instructions, the last column has the instructions of one operation, with its share of what is done \
around a batch of them: the process does so many, and in another process twice as many, and the difference counts. \
Contestants that are not on this machine are left out, with a word on standard error.";

/// Asks questions of all contestants and prints their answers side by side.
#[derive(Debug, Parser)]
#[command(name = "versus", after_help = METHOD, subcommand_negates_reqs = true)]
struct Args {
    /// What to ask; `services` asks all questions about services, `all` asks everything.
    #[arg(value_name = "QUESTION", value_parser = names(), required_unless_present_any = ["sample", "serve"])]
    questions: Vec<String>,
    /// Print one JSON object for each result, and nothing else.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    choice: Choice,
    /// Take one sample in this process: question, case, contestant.
    #[arg(long, hide = true, num_args = 3, conflicts_with = "questions")]
    sample: Option<Vec<String>>,
    /// Be the server for one sample: question, case, contestant.
    #[arg(long, hide = true, num_args = 3, conflicts_with_all = ["questions", "sample"])]
    serve: Option<Vec<String>>,
    /// Take no sample, but two runs of so many operations; of none: find how many are enough.
    #[arg(long, hide = true, num_args = 2, requires = "sample")]
    count: Option<Vec<u64>>,
    /// How many messages there are in a second, for a sample under load.
    #[arg(long, hide = true, requires = "sample")]
    load: Option<f64>,
    /// The processor of a contestant's partner, for a sample or a server.
    #[arg(long, hide = true)]
    other: Option<usize>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// How much is asked, and of whom.
#[derive(Clone, Debug, clap::Args)]
struct Choice {
    /// How many repetitions the medians are of: 5, or 3 in a quick report.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    repeat: Option<u16>,
    /// Take shorter samples, and one round in a repetition; of a report, leave out what takes long.
    #[arg(long)]
    quick: bool,
    /// Count instructions as well, by valgrind: those of one operation, where they can be counted.
    #[arg(long)]
    instructions: bool,
    /// Ask only this contestant; may be given several times.
    #[arg(long, value_name = "WHO", value_parser = contestants())]
    only: Vec<String>,
    /// Ask only this case; may be given several times.
    #[arg(long = "case", value_name = "CASE", value_parser = cases())]
    cases: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Asks everything and writes a report: target/versus/index.html in the workspace.
    ///
    /// Beside the page are results.json, with all samples, and summary.md, the main table. The
    /// files grow with every question; Ctrl-C ends the run with what there is.
    Report {
        /// Ask only these.
        #[arg(value_name = "QUESTION", value_parser = names_and_twins())]
        questions: Vec<String>,
        #[command(flatten)]
        choice: Choice,
        /// Write the report to this folder instead.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Print the main table as Markdown at the end.
        #[arg(long)]
        markdown: bool,
    },
}

fn names() -> PossibleValuesParser {
    unique(questions().chain([SERVICES, ALL]))
}

fn names_and_twins() -> PossibleValuesParser {
    unique(questions().chain([SERVICES, report::TWINS, ALL]))
}

fn questions() -> impl Iterator<Item = &'static str> {
    QUESTIONS.iter().map(|question| question.name)
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
    if let Some(ended) = processes::role().or_else(twins::role) {
        return ended;
    }
    let mut args = Args::parse();
    let command = args.command.take();
    let outcome = match (&args.sample, &args.serve, command) {
        (Some(sample), _, _) => take_sample(sample, &args),
        (None, Some(server), _) => serve(server, args.other),
        (None, None, Some(command)) => report(command),
        (None, None, None) => compare(args),
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
    if let Some(counting) = args.count.as_deref().and_then(instructions::counting) {
        return sampler::be_counted(question, case, contestant, counting);
    }
    let mut meter = Meter::new(args.choice.quick);
    meter.load = args.load;
    sampler::take_sample(question, case, contestant, meter, args.other)
}

fn serve(server: &[String], other: Option<usize>) -> Result<()> {
    let (question, case, contestant) = found(server)?;
    servers::serve(question, case, contestant, other)
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
    let counted = args.choice.instructions;
    if counted {
        instructions::check()?;
    }
    let mut out = io::stdout().lock();
    let processors = machine::bind();
    if !args.json {
        terminal::head(&mut out, processors)?;
    }
    let mut contest = Contest::new(
        args.choice.repeat.unwrap_or(REPETITIONS).into(),
        Sampler::new(args.choice.quick, processors),
        args.choice.only,
        args.choice.cases,
    );
    contest.instructions = counted;
    for question in chosen(&single(args.questions)) {
        ask(&mut contest, question, args.json, &mut out)?;
    }
    if let Some(warning) = contest.sampler.warning() {
        eprintln!("versus: {warning}");
    }
    Ok(())
}

fn report(command: Command) -> Result<()> {
    let Command::Report {
        mut questions,
        choice,
        out,
        markdown,
    } = command;
    if questions.iter().any(|name| name == ALL) {
        questions.clear();
    }
    let questions = single(questions);
    let usual = if choice.quick {
        QUICK_REPETITIONS
    } else {
        REPETITIONS
    };
    report::run(Plan {
        questions,
        cases: choice.cases,
        only: choice.only,
        quick: choice.quick,
        instructions: choice.instructions,
        repetitions: choice.repeat.unwrap_or(usual).into(),
        folder: out,
        markdown,
    })
}

/// Returns the names with those of single questions in place of a name that stands for several.
fn single(names: Vec<String>) -> Vec<String> {
    let of_services = |name: &&str| name.starts_with(SERVICES);
    let mut all = Vec::new();
    for name in names {
        if name == SERVICES {
            all.extend(questions().filter(of_services).map(str::to_owned));
        } else {
            all.push(name);
        }
    }
    all
}

/// Returns the questions by these names, each once.
fn chosen(names: &[String]) -> impl Iterator<Item = &'static Question> {
    let all = names.iter().any(|name| name == ALL);
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
        terminal::question(out, question)?;
    }
    for run in question.runs() {
        for (i, outcome) in contest.ask(question, run).into_iter().enumerate() {
            let Outcome {
                case,
                answers,
                load,
                ..
            } = outcome;
            if let Some(load) = load.filter(|_| i == 0) {
                contest
                    .progress
                    .say(&format!("{}: the load is {load}", question.name));
            }
            if json {
                terminal::json(out, question, case, &answers)?;
            } else {
                terminal::table(out, case, &answers, contest.instructions)?;
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
