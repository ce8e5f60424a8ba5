//! An animation while something slow goes on.

pub(super) mod async_await;
pub(super) mod threads;
pub(super) mod yieldfrom;

use std::io::{Result, Write, stdout};
use std::time::Duration;

/// Shows an animation for a while.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How long a picture stays, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 100)]
    picture: u64,
    /// How many pictures are shown until the work is done.
    #[arg(long, default_value_t = 30)]
    pictures: u32,
}

impl Options {
    fn picture(&self) -> Duration {
        Duration::from_millis(self.picture)
    }

    /// How long the work takes, which ends halfway between two pictures.
    fn work(&self) -> Duration {
        self.picture() * self.pictures - self.picture() / 2
    }
}

/// Shows a picture and goes back to where it began.
fn show(status: &str) -> Result<()> {
    let mut out = stdout();
    write!(out, "{status}{}", "\x08".repeat(status.len()))?;
    out.flush()
}
