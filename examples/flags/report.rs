//! What is printed before and after.

use std::path::Path;
use std::time::Duration;

use examples::http::{self, HttpError};

use crate::codes::Code;
use crate::data;
use crate::job::{Counter, Job, say};
use crate::options::{Form, Options};

/// Prints a line, as `println!` does, but does not mind if nobody reads it.
macro_rules! say_line {
    ($($text:tt)*) => { say(format!($($text)*) + "\n") };
}

/// How many differences or errors are printed.
const SHOWN: usize = 5;

/// What has come of a form.
#[derive(Debug)]
pub(crate) struct Run {
    form: Form,
    pub(crate) job: Job,
    counter: Counter,
    elapsed: Duration,
    /// The files that are not what they should be.
    differences: Vec<String>,
}

impl Run {
    pub(crate) fn new(
        form: Form,
        job: Job,
        counter: Counter,
        elapsed: Duration,
        differences: Vec<String>,
    ) -> Self {
        Self {
            form,
            job,
            counter,
            elapsed,
            differences,
        }
    }

    fn is_good(&self) -> bool {
        self.counter.errors.is_empty() && self.differences.is_empty()
    }
}

/// Says what is going to be downloaded, from where.
pub(crate) fn print_plan(cc_list: &[Code], base_url: &str, options: &Options) {
    match &options.base_url {
        Some(url) => say_line!("site: {url}"),
        None => say_line!(
            "site: {base_url}, in this process; each answer takes {:?}",
            options.delay
        ),
    }
    let codes: Vec<_> = cc_list.iter().map(Code::to_string).collect();
    let flags = plural(codes.len(), "flag");
    match codes.as_slice() {
        [first, .., last] if codes.len() > 10 => {
            say_line!("Searching for {flags}: from {first} to {last}");
        }
        codes => say_line!("Searching for {flags}: {}", codes.join(", ")),
    }
    let connections = plural(options.concurrency().min(cc_list.len()), "connection");
    say_line!("{connections} at once, at most, but for the sequential form.");
}

/// Compares the files with the flags in this program, or else with those of the first form.
///
/// Returns what is wrong.
pub(crate) fn verify(
    job: &Job,
    counter: &Counter,
    embedded: bool,
    reference: Option<&Path>,
) -> http::Result<Vec<String>> {
    let mut differences = Vec::new();
    for &cc in &counter.ok {
        let saved = read(&job.path(cc))?;
        let same = match (embedded, reference) {
            (true, _) => saved.as_deref() == data::flag(cc),
            (false, Some(folder)) => {
                let first = read(&folder.join(format!("{}.gif", cc.lower())))?;
                // What the first form did not get, nothing can be said about.
                first.is_none() || first == saved
            }
            (false, None) => saved.is_some(),
        };
        if !same {
            let path = job.path(cc);
            differences.push(format!("{} is not what it should be", path.display()));
        }
    }
    Ok(differences)
}

fn read(path: &Path) -> http::Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(HttpError::io(format!("read {}", path.display()), error)),
    }
}

/// Prints a table of the runs, and what went wrong; returns whether nothing did.
pub(crate) fn print_runs(runs: &[Run]) -> bool {
    let title = [
        "form",
        "connections",
        "flags",
        "not found",
        "errors",
        "seconds",
        "ratio",
    ];
    say("\n\n");
    print_row(title.map(str::to_owned));
    for run in runs {
        let slowest = runs.first().map_or(run.elapsed, |first| first.elapsed);
        let seconds = run.elapsed.as_secs_f64();
        print_row([
            run.form.to_string(),
            run.job.concurrency.to_string(),
            run.counter.ok.len().to_string(),
            run.counter.not_found.to_string(),
            run.counter.errors.len().to_string(),
            format!("{seconds:.3}"),
            format!("{:.1}x", slowest.as_secs_f64() / seconds),
        ]);
    }
    say("\n");
    for run in runs {
        print_problems(run);
    }
    let good = runs.iter().all(Run::is_good);
    if runs.iter().all(|run| run.differences.is_empty()) {
        let which = if good {
            "Every file"
        } else {
            "Every file that came"
        };
        say_line!("{which} has the right bytes.");
    }
    good
}

fn print_row(cells: [String; 7]) {
    let [form, connections, flags, not_found, errors, seconds, ratio] = cells;
    say_line!(
        "{form:<12}{connections:>12}{flags:>8}{not_found:>11}{errors:>8}{seconds:>10}{ratio:>8}"
    );
}

fn print_problems(run: &Run) {
    let Counter { errors, .. } = &run.counter;
    for (cc, error) in errors.iter().take(SHOWN) {
        say_line!("{}: {cc}: {error}", run.form);
    }
    for difference in run.differences.iter().take(SHOWN) {
        say_line!("{}: {difference}", run.form);
    }
    for problems in [errors.len(), run.differences.len()] {
        if problems > SHOWN {
            say_line!("{}: ... and {} more", run.form, problems - SHOWN);
        }
    }
}

fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
