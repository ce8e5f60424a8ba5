//! What it costs to depend on somebody: the build, and the size of the program.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::measuring::child_process::{last_words, output};
use crate::measuring::meter::Samples;
use crate::peers::native;
use crate::questions::{Case, Contestant, Question};

/// A build that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(800);
const LOCK: &str = include_str!("../../Cargo.lock");
/// What the program prints.
const ANSWER: &str = "42";

pub(crate) const QUESTION: Question = Question {
    name: "cost",
    about: "a program that spawns a task (threads: a thread), awaits it and prints what it returns, as a package of \
            its own; build: from nothing, with all that it depends on, in the release profile, on two \
            processors; size: of the program, stripped; tokio has the features that its other answers here need",
    cases: &[
        Case::new("build", "s").on_two_processors().long(),
        Case::new("size", "bytes").joined().long(),
    ],
    contestants: &[
        Contestant::several("yieldfrom", |_, _| yieldfrom(&[])),
        Contestant::several("yieldfrom-native", |_, _| yieldfrom(&[native::FEATURE])),
        Contestant::several("tokio", |_, _| tokio()),
        Contestant::several("smol", |_, _| smol()),
        Contestant::several("threads", |_, _| threads()),
        Contestant::several("may", |_, _| may()),
    ],
    repetitions: 1,
    seconds: 30.0,
};

fn yieldfrom(features: &[&str]) -> Result<Samples> {
    let engine = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine");
    ensure!(
        Path::new(engine).is_dir(),
        "{engine} is gone, where the library was"
    );
    let dependency = format!("yieldfrom = {{ path = {engine:?}, features = {features:?} }}");
    let main = "\
use yieldfrom::{Co, EventLoop};

fn main() {
    let event_loop = EventLoop::new().unwrap();
    let task = event_loop.create_task(|_: &Co| Ok(42));
    println!(\"{}\", event_loop.run_until_complete(task).unwrap());
}
";
    built(&dependency, main)
}

fn tokio() -> Result<Samples> {
    let dependency = r#"tokio = { version = "1", default-features = false, features = ["io-util", "macros", "net", "rt", "sync", "time"] }"#;
    let main = "\
#[tokio::main(flavor = \"current_thread\")]
async fn main() {
    println!(\"{}\", tokio::spawn(async { 42 }).await.unwrap());
}
";
    built(dependency, main)
}

fn smol() -> Result<Samples> {
    let main = "\
fn main() {
    let executor = smol::LocalExecutor::new();
    let task = executor.spawn(async { 42 });
    println!(\"{}\", smol::block_on(executor.run(task)));
}
";
    built(r#"smol = "2""#, main)
}

fn threads() -> Result<Samples> {
    let main = "\
fn main() {
    println!(\"{}\", std::thread::spawn(|| 42).join().unwrap());
}
";
    built("", main)
}

fn may() -> Result<Samples> {
    let main = "\
fn main() {
    println!(\"{}\", may::go!(|| 42).join().unwrap());
}
";
    built(r#"may = "0.3""#, main)
}

/// Builds a package in a new folder; returns the seconds that it takes, and the size of the program.
fn built(dependency: &str, main: &str) -> Result<Samples> {
    let folder = tempfile::tempdir()?;
    let path = folder.path();
    write(path, dependency, main)?;
    let start = Instant::now();
    done(build(path)).context("can't build it")?;
    let took = start.elapsed().as_secs_f64();
    let program = path.join("target/release/cost");
    let size = fs::metadata(&program)?.len();
    let printed = done(Command::new(program))?;
    ensure!(printed.trim() == ANSWER, "it prints {printed:?}");
    Ok(Samples {
        values: vec![took, size as f64],
        foreign: 0.0,
    })
}

/// Writes a package, with everything that it depends on in the versions that this one has.
fn write(folder: &Path, dependency: &str, main: &str) -> Result<()> {
    let manifest = format!(
        r#"[package]
name = "cost"
version = "0.0.0"
edition = "2024"

[[bin]]
name = "cost"
path = "main.rs"

[dependencies]
{dependency}

[profile.release]
strip = true

[workspace]
"#
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("Cargo.lock"), LOCK)?;
    fs::write(folder.join("main.rs"), main)?;
    Ok(())
}

fn build(folder: &Path) -> Command {
    let mut command = native::cargo();
    // What is there will do: nothing is to be fetched.
    command
        .current_dir(folder)
        .args(["build", "--release", "--offline", "--quiet"])
        .args(["--target-dir", "target"]);
    command
}

/// Runs a command to its good end, and returns what it prints.
fn done(mut command: Command) -> Result<String> {
    let output = output(&mut command, PATIENCE)?;
    let words = last_words(&output.stderr).unwrap_or_default();
    ensure!(output.status.success(), "{}: {words}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_built_and_measured() {
        let samples = threads().unwrap();
        assert!(samples.values[0] > 0.0);
        assert!(samples.values[1] > 10_000.0, "{samples:?}");
    }

    #[test]
    fn what_cannot_be_built_or_says_something_else_is_no_answer() {
        let error = built("", "fn main() { nothing }").unwrap_err();
        assert!(format!("{error:#}").contains("can't build it"), "{error:#}");
        let error = built("", "fn main() { println!(\"41\"); }").unwrap_err();
        assert!(error.to_string().contains("41"), "{error:#}");
    }
}
