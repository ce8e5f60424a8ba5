//! A program built with `panic = "abort"`: dropping must not abort it.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::support::{output, stderr};

#[test]
fn dropping_a_body_that_refuses_to_end_leaks_it_instead_of_aborting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abort");
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(root).args([
        "build",
        "--quiet",
        "--package",
        "tests",
        "--bin",
        "drop-refusing",
    ]);
    build
        .env("CARGO_PROFILE_DEV_PANIC", "abort")
        .arg("--target-dir")
        .arg(&target);
    let built = output(&mut build);
    assert!(built.status.success(), "{}", stderr(&built));

    let run = output(&mut Command::new(target.join("debug/drop-refusing")));
    assert!(run.status.success(), "{}", stderr(&run));
    let said = String::from_utf8_lossy(&run.stdout);
    assert_eq!(
        said,
        "exit\nexit refused\nclosed by value: 1 leaked\n",
        "{}",
        stderr(&run)
    );
}
