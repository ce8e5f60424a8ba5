//! Three stages with queues between them: numbers, how long each takes, and the records.

pub(super) mod async_await;
pub(super) mod threads;
pub(super) mod yieldfrom;

/// Prints the numbers that take more of Collatz's steps to 1 than all before them.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How many numbers are tried.
    #[arg(long, default_value_t = 100)]
    numbers: u64,
}

/// How many items a queue takes.
const CAPACITY: usize = 128;

/// Returns how many of Collatz's steps it takes from a number to 1.
fn steps(number: u64) -> u64 {
    let mut value = number;
    let mut steps = 0;
    while value != 1 {
        value = match value % 2 {
            0 => value / 2,
            _ => 3 * value + 1,
        };
        steps += 1;
    }
    steps
}
