//! The command `attack`.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::fleet::{self, Worker};
use super::shrink::shrink;
use super::worker::{self, Target};
use super::{choices, fleet::CHILD};

const USAGE: &str = "usage: attack TARGET [--seed N] [--count N | --seconds N]
                     [--all] [--patience SECONDS]
       attack TARGET --replay N,N,...
       attack TARGET --seed N --here

The target is generators or loop.
Runs random programs, from the seed on, each on a thread of a child process. The first that fails
is made smaller, and written so that it can be replayed; with --all, those that fail are counted.
With --here, that of one seed runs in this process, and says what it does, as a replay does.
One that takes longer than the patience (60 seconds) hangs.";

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    target: Target,
    seed: u64,
    count: u64,
    seconds: Option<u64>,
    all: bool,
    patience: Duration,
    replay: Option<Vec<u32>>,
    child: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            target: Target::named(&args.next()?)?,
            seed: 1,
            count: 1_000,
            seconds: None,
            all: false,
            patience: Duration::from_secs(60),
            replay: None,
            child: false,
        };
        while let Some(arg) = args.next() {
            match &*arg {
                "--all" => options.all = true,
                CHILD => options.child = true,
                "--seed" => options.seed = args.next()?.parse().ok()?,
                "--patience" => options.patience = Duration::from_secs(args.next()?.parse().ok()?),
                "--count" => options.count = args.next()?.parse().ok()?,
                "--seconds" => options.seconds = Some(args.next()?.parse().ok()?),
                "--replay" => options.replay = Some(fleet::numbers(&args.next()?)?),
                "--here" => options.replay = Some(choices::of_seed(options.seed)),
                _ => return None,
            }
        }
        Some(options)
    }

    /// Returns the seeds to be tried: so many, or until the time is over.
    fn seeds(&self) -> impl Iterator<Item = u64> + use<> {
        let start = Instant::now();
        let limit = self.seconds.map(Duration::from_secs);
        let end = limit.map_or(self.seed.saturating_add(self.count), |_| u64::MAX);
        (self.seed..end).take_while(move |_| limit.is_none_or(|limit| start.elapsed() < limit))
    }
}

/// Runs the command with these arguments.
pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let Some(options) = Options::parse(args) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let found = match &options.replay {
        _ if options.child => fleet::serve(options.target).map(|()| false),
        Some(numbers) => Ok(replay(options.target, numbers.clone())),
        None => search(&options),
    };
    match found {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("attack: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one program in this process, says what it does, and returns whether it fails.
fn replay(target: Target, numbers: Vec<u32>) -> bool {
    let faults = worker::run(target, numbers, true);
    for fault in &faults {
        eprintln!("fault: {fault}");
    }
    !faults.is_empty()
}

/// Runs the programs of all seeds, and returns whether one fails.
fn search(options: &Options) -> io::Result<bool> {
    let mut worker = Worker::new(options.target, options.patience);
    let (mut ran, mut failed) = (0u64, 0u64);
    for seed in options.seeds() {
        ran += 1;
        let numbers = choices::of_seed(seed);
        if let Some(fault) = worker.run(&numbers)? {
            failed += 1;
            println!("seed {seed}: {fault}");
            if !options.all {
                report(&mut worker, numbers, &fault)?;
                break;
            }
        }
    }
    println!("{ran} programs, {failed} failed");
    Ok(failed > 0)
}

/// Makes a program that fails smaller, and says how to replay what is left.
fn report(worker: &mut Worker, numbers: Vec<u32>, fault: &str) -> io::Result<()> {
    let mut failure = Ok(());
    let small = shrink(numbers, |smaller| match worker.run(smaller) {
        Ok(found) => found.is_some_and(|found| kind(&found) == kind(fault)),
        Err(error) => {
            failure = Err(error);
            false
        }
    });
    failure?;
    let fault = worker.run(&small)?.unwrap_or_default();
    println!("the smallest: {fault}");
    println!(
        "replay it: cargo run -p tests --bin attack -- {} --replay {}",
        worker.target().name(),
        fleet::text(&small)
    );
    Ok(())
}

/// Returns what faults of one kind have in common: the beginning, without numbers.
fn kind(fault: &str) -> String {
    let letters = fault.chars().filter(|c| !c.is_ascii_digit());
    letters.take(60).collect()
}
