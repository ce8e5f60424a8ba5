//! All programs with their lines, and what each form takes for a larger run.

use std::process::Output;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Form, TWIN};
use crate::measuring::child_process::{last_words, output, role, this_program};
use crate::measuring::interrupt;
use crate::measuring::progress::Progress;
use crate::report::results::{Absent, Twin, TwinLoad, TwinRun};

/// A program that is longer at work than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that was written three times.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    about: &'static str,
    /// The text of each form, in the order of [`Form::ALL`].
    sources: [&'static str; 3],
    /// The options of larger runs, and about how many seconds they take, all forms together.
    loads: &'static [(&'static [&'static str], f64)],
}

macro_rules! sources {
    ($name:literal) => {
        [
            include_str!(concat!($name, "/yieldfrom.rs")),
            include_str!(concat!($name, "/async_await.rs")),
            include_str!(concat!($name, "/threads.rs")),
        ]
    };
}

pub(crate) const PROGRAMS: [Program; 10] = [
    Program {
        name: "spinner",
        about: "An animation while something slow goes on, which takes three seconds whatever the form; \
                async/await: tokio",
        sources: sources!("spinner"),
        loads: &[(&[], 9.0)],
    },
    Program {
        name: "flags",
        about: "Twenty flags downloaded at once, again and again, from the server of the question flags, \
                which takes 10 ms for each; async/await: tokio",
        sources: sources!("flags"),
        loads: &[(&["--rounds", "50"], 2.5)],
    },
    Program {
        name: "chain",
        about: "Letters and numbers, one iterable after the other, every item printed; async/await: \
                async-stream on tokio",
        sources: sources!("chain"),
        loads: &[(&["--numbers", "1000000"], 1.0)],
    },
    Program {
        name: "taxi",
        about: "The taxi simulation, which prints what the example taxi_sim prints; async/await: genawaiter; \
                a thread for each taxi",
        sources: sources!("taxi"),
        loads: &[(&["--taxis", "100", "--end-time", "10000000"], 1.0)],
    },
    Program {
        name: "pipeline",
        about: "Three stages with queues of 128 between them; async/await: tokio; threads may use \
                several processors",
        sources: sources!("pipeline"),
        loads: &[(&["--numbers", "300000"], 1.5)],
    },
    Program {
        name: "recursion",
        about: "A tree walked by recursion, a value from every level: a random tree, and one that is as \
                deep as it has values; async/await: genawaiter and boxed futures; a thread may recurse \
                without any of it",
        sources: sources!("recursion"),
        loads: &[
            (&["--values", "200000"], 1.0),
            (&["--values", "3000", "--sorted"], 0.5),
        ],
    },
    Program {
        name: "https_get",
        about: "Pages by HTTPS, all at once, from a server that is a part of each program: a thread for each \
                connection; async/await: tokio-rustls",
        sources: sources!("https_get"),
        loads: &[(&["--pages", "200"], 3.0)],
    },
    Program {
        name: "redis_counter",
        about: "Workers that count in a redis-server, by the crate redis; yieldfrom: in regions, by an adapter of 80 \
                lines that is not counted; async/await: the crate's client for tokio",
        sources: sources!("redis_counter"),
        loads: &[(&["--workers", "50", "--times", "200"], 2.5)],
    },
    Program {
        name: "http_service",
        about: "A service over HTTP and its clients, by hyper, on yieldfrom's loop by the bridge and on tokio: what \
                the service answers and a client asks is the same async code, which is not counted; threads: \
                synchronous code by httparse, which is not counted either",
        sources: sources!("http_service"),
        loads: &[(&["--clients", "50", "--requests", "200"], 1.0)],
    },
    Program {
        name: "postgres_query",
        about: "Workers that write to a PostgreSQL server, by tokio-postgres, on yieldfrom's loop by the bridge and \
                on tokio; what is asked is the same async code, which is not counted; threads: the crate postgres",
        sources: sources!("postgres_query"),
        loads: &[(&["--workers", "20", "--times", "200"], 4.0)],
    },
];

/// Counts the lines that are neither blank nor a comment.
fn lines(source: &str) -> usize {
    let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    source.lines().filter(code).count()
}

impl Program {
    /// Estimates how long its runs take.
    pub(crate) fn duration(&self, repetitions: usize) -> Duration {
        let seconds: f64 = self.loads.iter().map(|(_, seconds)| seconds).sum();
        Duration::from_secs_f64(seconds * repetitions as f64)
    }

    fn with_lines(&self) -> Twin {
        let names = Form::ALL.iter().map(|form| form.name().to_owned());
        Twin {
            name: self.name.to_owned(),
            about: self.about.to_owned(),
            lines: names.zip(self.sources.map(lines)).collect(),
            loads: Vec::new(),
        }
    }
}

/// Runs all forms of a program, so often, and compares what they print.
pub(crate) fn compare(program: &Program, repetitions: usize, progress: &Progress) -> Twin {
    let mut twin = program.with_lines();
    for &(options, _) in program.loads {
        if !interrupt::asked() {
            twin.loads
                .push(load(program.name, options, repetitions, progress));
        }
    }
    twin
}

fn load(name: &str, options: &[&str], repetitions: usize, progress: &Progress) -> TwinLoad {
    let mut load = TwinLoad {
        what: [&[name], options].concat().join(" "),
        same_output: true,
        runs: Vec::new(),
        absent: Vec::new(),
    };
    let mut printed = None;
    for form in Form::ALL {
        match runs(name, form, options, repetitions) {
            Ok((run, text)) => {
                load.same_output &= *printed.get_or_insert(text.clone()) == text;
                load.runs.push(run);
            }
            Err(_) if interrupt::asked() => {}
            Err(error) => {
                let why = format!("{error:#}");
                progress.say(&format!(
                    "{}: {} is left out: {why}",
                    load.what,
                    form.name()
                ));
                let who = form.name().to_owned();
                load.absent.push(Absent { who, why });
            }
        }
    }
    if !load.same_output {
        progress.say(&format!(
            "{}: the forms have not printed the same",
            load.what
        ));
    }
    load
}

/// Runs a form so often; returns the medians of what it has taken, and what it prints.
fn runs(
    name: &str,
    form: Form,
    options: &[&str],
    repetitions: usize,
) -> Result<(TwinRun, Vec<u8>)> {
    let mut taken = Vec::new();
    let mut printed = Vec::new();
    for _ in 0..repetitions {
        let output = once(name, form, options)?;
        taken.push(measured(&output.stderr).context("it does not say what it has taken")?);
        printed = output.stdout;
    }
    let median = |which: usize| {
        let mut values: Vec<f64> = taken.iter().map(|taken| taken[which]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let run = TwinRun {
        form: form.name().to_owned(),
        seconds: median(0),
        processor_seconds: median(1),
        peak_bytes: median(2),
    };
    Ok((run, printed))
}

fn once(name: &str, form: Form, options: &[&str]) -> Result<Output> {
    let mut command = role(
        this_program()?,
        TWIN,
        &["--measure", name, form.name()],
        None,
    );
    let output = output(command.args(options), PATIENCE)?;
    if !output.status.success() {
        let words = last_words(&output.stderr);
        bail!(
            "{}: {}",
            output.status,
            words.as_deref().unwrap_or("it said nothing")
        );
    }
    Ok(output)
}

/// Reads the last line that a measured run writes to standard error.
fn measured(errors: &[u8]) -> Option<[f64; 3]> {
    let line = last_words(errors)?;
    let numbers: Result<Vec<f64>, _> = line.split(' ').map(str::parse).collect();
    numbers.ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_are_no_code() {
        assert_eq!(
            lines("//! About.\n\nuse a;\n    // Why.\n    b(); // what\n/// Doc.\nfn c() {}\n"),
            3
        );
    }

    #[test]
    fn forms_are_counted_in_their_order() {
        let names: Vec<_> = PROGRAMS.iter().map(|program| program.name).collect();
        assert_eq!(
            names,
            [
                "spinner",
                "flags",
                "chain",
                "taxi",
                "pipeline",
                "recursion",
                "https_get",
                "redis_counter",
                "http_service",
                "postgres_query"
            ]
        );
        for program in &PROGRAMS {
            let twin = program.with_lines();
            let forms: Vec<_> = twin.lines.iter().map(|(form, _)| form.as_str()).collect();
            assert_eq!(forms, ["yieldfrom", "async_await", "threads"]);
            let [ours, theirs, threads] = program.sources;
            assert!(
                // A crate for tokio does without its runtime, if it gets a stream.
                ours.contains("yieldfrom") && !ours.contains("tokio::spawn"),
                "{}",
                program.name
            );
            assert!(theirs.contains("async"), "{}", program.name);
            assert!(threads.contains("thread"), "{}", program.name);
        }
    }
}
