//! Iterables, one after the other: what a generator is for.

pub(super) mod async_await;
pub(super) mod threads;
pub(super) mod yieldfrom;

/// Prints all items of two iterables, letters and numbers.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How many numbers there are.
    #[arg(long, default_value_t = 3)]
    numbers: u64,
}
