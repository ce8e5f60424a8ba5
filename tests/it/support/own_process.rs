//! Running a test again in a process of its own, and reading what a process wrote.

use std::env;
use std::process::{Command, Output};

const CHILD: &str = "YIELDFROM_TEST_CHILD";

/// Returns whether this process was started by [`again`].
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// The name by which [`again`] finds a test of the module in which this stands.
macro_rules! test_path {
    ($name:literal) => {
        &concat!(module_path!(), "::", $name)["it::".len()..]
    };
}
pub(crate) use test_path;

/// Returns a command that runs one test, named with its module, in a process of its own.
pub(crate) fn again(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test has a file"));
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1");
    command
}

/// Runs a test that could end the process in one of its own, and returns whether this is that.
pub(crate) fn in_a_child(test: &str) -> bool {
    if is_child() {
        return true;
    }
    let run = output(&mut again(test));
    assert!(run.status.success(), "{}: {}", run.status, stderr(&run));
    assert_one_test_ran(&run, test);
    false
}

/// Checks that a process ran a test: it does nothing, and ends well, if there is none of that name.
pub(crate) fn assert_one_test_ran(run: &Output, test: &str) {
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        said.contains("running 1 test"),
        "there is no test {test}: {said}"
    );
}

/// Runs a command and returns its output, whatever its status.
pub(crate) fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("can't run {command:?}: {error}"))
}

/// Returns what a process wrote to standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
