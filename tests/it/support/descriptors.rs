//! Counting descriptors, and running out of them.

use std::env;
use std::fs::{self, File};
use std::process::Command;

use super::own_process::{again, assert_one_test_ran, output};

/// Returns how many descriptors this process has: of use in a process of its own only.
pub(crate) fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Runs a test in a process that may have few descriptors.
pub(crate) fn with_few_descriptors(test: &str) {
    let plain = again(test);
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 60; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args(plain.get_args());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    let output = output(&mut command);
    assert!(output.status.success(), "{output:?}");
    assert_one_test_ran(&output, test);
}

/// Opens files until there are no descriptors left.
pub(crate) fn take_all_descriptors() -> Vec<File> {
    std::iter::repeat_with(|| File::open("/dev/null"))
        .map_while(|file| file.ok())
        .collect()
}
