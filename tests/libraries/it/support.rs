//! What the tests of several libraries need.

mod cancellation;
mod crowd;
mod hosts;
#[path = "../../it/support/own_process.rs"]
mod own_process;
mod real_time;
#[path = "../../it/support/watchdog.rs"]
mod watchdog;

pub(crate) use cancellation::{
    assert_cannot_be_swallowed, cancel_at_random, cancel_later_and_later, later_and_later,
};
pub(crate) use crowd::{MEMBERS, crowd};
pub(crate) use hosts::{Host, SilentHost, ThreadHost};
pub(crate) use own_process::{in_a_child, test_path};
pub(crate) use real_time::{chain_of, open_descriptors, run, threads, until};
