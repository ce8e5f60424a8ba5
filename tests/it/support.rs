//! What tests of several folders need.

mod attack;
mod descriptors;
mod fixtures;
mod logs;
mod own_process;
mod real_time;
mod recorder;
mod watchdog;

pub(crate) mod comparison;
pub(crate) mod replay;
pub(crate) mod scenarios;

pub(crate) use attack::attack;
pub(crate) use descriptors::{open_descriptors, take_all_descriptors, with_few_descriptors};
pub(crate) use fixtures::{
    Census, Journal, failed_with, millis, run_virtual, secs, settle, virtual_loop,
};
pub(crate) use logs::{at, log_of, log_with_slow};
pub(crate) use own_process::{
    again, assert_one_test_ran, in_a_child, is_child, output, stderr, test_path,
};
pub(crate) use real_time::{reporting_loop, run_io, run_io_on, turns, until};
pub(crate) use recorder::{Misdeed, Recorder};
pub(crate) use watchdog::Watchdog;
