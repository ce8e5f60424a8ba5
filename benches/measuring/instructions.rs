//! Counts the instructions of an operation, by callgrind.
//!
//! A contestant does some operations, and twice as many in another process. What the second has more
//! are the instructions of its operations, without the start of the process. Such counts
//! repeat, whatever else the machine does. The system's own instructions are not among them.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};

use crate::measuring::child_process::{PATIENCE, last_words, output, role};
use crate::measuring::meter::Counting;
use crate::measuring::sampler::SAMPLE;
use crate::peers::native;
use crate::questions::{Contestant, How, Question};

const VALGRIND: &str = "valgrind";
/// So many instructions are long beside what differs from one process to the next.
const ENOUGH: f64 = 1e7;
/// How many threads there may be at once: some questions have a thousand.
const THREADS: &str = "--max-threads=2000";
/// The hidden option for a process that is counted.
const COUNT: &str = "--count";

/// Makes sure that something can count.
///
/// # Errors
///
/// Valgrind is not there.
pub(crate) fn check() -> Result<()> {
    let version = output(Command::new(VALGRIND).arg("--version"), PATIENCE);
    let works = version.is_ok_and(|version| version.status.success());
    ensure!(
        works,
        "instructions are counted by valgrind, which is not installed here: install it, or leave out --instructions"
    );
    Ok(())
}

/// Returns the instructions of one operation; nothing, where these can't be counted.
pub(crate) fn of_operation(
    question: &Question,
    case: &str,
    contestant: &Contestant,
) -> Result<Option<f64>> {
    let (program, who) = match contestant.how {
        How::Rust(_) => (env::current_exe()?, contestant.who),
        How::Native => (native::program()?, "yieldfrom"),
        // Nobody else counts its operations.
        _ => return Ok(None),
    };
    let which = [question.name, case, who];
    let Some(parts) = parts(program.clone(), &which)? else {
        return Ok(None);
    };
    let difference = |first, less, more| -> Result<f64> {
        let less = counted(program.clone(), &which, first, less)?;
        let more = counted(program.clone(), &which, first, more)?;
        ensure!(more > less, "more operations have no more");
        Ok(more - less)
    };
    // The first one alone tells how many are enough: by its time, there would be others each time.
    let mut instructions = difference(1, 0, 1)?;
    let count = enough(instructions);
    if count > 1 {
        instructions = difference(count, count, 2 * count)? / count as f64;
    }
    Ok(Some(instructions / parts))
}

/// Returns how many operations are counted, if one has so many instructions: a power of two.
fn enough(instructions: f64) -> u64 {
    let count = (ENOUGH / instructions) as u64;
    1 << count.max(1).ilog2()
}

/// Asks a contestant how many operations a call or a batch has; nothing, if they cannot be counted.
fn parts(program: PathBuf, which: &[&str]) -> Result<Option<f64>> {
    let mut command = role(program, SAMPLE, which, None);
    let output = ended(command.args([COUNT, "0", "0"]))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let parts = Some(text.trim()).filter(|text| !text.is_empty());
    Ok(parts.map(str::parse).transpose()?)
}

/// Returns the instructions of a process that does operations in two runs, the first of which warms up,
/// or in one.
fn counted(program: PathBuf, which: &[&str], first: u64, second: u64) -> Result<f64> {
    let it = role(program, SAMPLE, which, None);
    let mut command = Command::new(VALGRIND);
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(THREADS)
        .arg(it.get_program())
        .args(it.get_args())
        .args([COUNT, &first.to_string(), &second.to_string()]);
    let output = ended(&mut command)?;
    collected(&String::from_utf8_lossy(&output.stderr)).context("callgrind does not say a number")
}

fn ended(command: &mut Command) -> Result<Output> {
    let output = output(command, PATIENCE)?;
    if !output.status.success() {
        let words = last_words(&output.stderr).unwrap_or_default();
        bail!("{}: {words}", output.status);
    }
    Ok(output)
}

/// Reads what callgrind says at its end.
fn collected(said: &str) -> Option<f64> {
    let number = |line: &str| line.split_once("Collected : ")?.1.trim().parse().ok();
    said.lines().find_map(number)
}

/// Returns what the hidden option says.
pub(crate) fn counting(count: &[u64]) -> Option<Counting> {
    match count {
        [0, _] => Some(Counting::Find),
        &[first, second] => Some(Counting::Do(
            first,
            Some(second).filter(|&second| second > 0),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_large_operations_are_enough_and_many_small_ones() {
        assert_eq!([1e9, 4e6, 80.0].map(enough), [1, 2, 65536]);
    }

    #[test]
    fn the_number_of_callgrind_is_found() {
        let said = "==7== Callgrind\n==7== Events    : Ir\n==7== Collected : 12345\n";
        assert_eq!(collected(said), Some(12345.0));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
