//! What the tests of several crates need.

mod descriptors;
#[path = "../../it/support/own_process.rs"]
mod own_process;
#[expect(dead_code, reason = "the tests of `libraries` use the rest")]
#[path = "../../libraries/it/support/real_time.rs"]
mod real_time;
#[path = "../../it/support/watchdog.rs"]
mod watchdog;

use yieldfrom::{Co, Error, Result, from_std};

pub(crate) use descriptors::may_open;
pub(crate) use own_process::{in_a_child, test_path};
pub(crate) use real_time::{open_descriptors, run, until};
pub(crate) use watchdog::Watchdog;

/// Waits for a future whose output is a result.
pub(crate) fn finished<T, E: Into<Error>>(
    co: &Co,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T> {
    co.yield_from(from_std(future))?.map_err(Into::into)
}
