//! Runs the examples' programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Returns the command that runs an example, from the same build as this test.
pub(crate) fn command(name: &str) -> Command {
    let test = std::env::current_exe().expect("find the test's own program");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("tests are built into PROFILE/deps");
    let program = profile
        .join("examples")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    let hint = "build the examples first: cargo build -p examples --examples";
    assert!(program.exists(), "{} is missing; {hint}", program.display());
    Command::new(program)
}

/// Runs an example to its end.
pub(crate) fn run(name: &str, args: &[&str]) -> Output {
    command(name).args(args).output().expect("run the example")
}

/// Runs an example that must succeed, and returns what it prints.
pub(crate) fn stdout(name: &str, args: &[&str]) -> String {
    let output = run(name, args);
    assert!(output.status.success(), "{name} {args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("examples print UTF-8")
}

/// Checks that an example prints what a golden file holds, and nothing on standard error.
pub(crate) fn check(name: &str, args: &[&str], golden: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(golden);
    let expected = std::fs::read(&path).expect("read the golden file");
    let output = run(name, args);
    let text = String::from_utf8_lossy;
    assert_eq!(text(&output.stdout), text(&expected), "{name} {args:?}");
    assert_eq!(text(&output.stderr), "", "{name} {args:?}");
    assert!(
        output.status.success(),
        "{name} {args:?}: {}",
        output.status
    );
}

/// Returns a path for a file that a test makes.
pub(crate) fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
