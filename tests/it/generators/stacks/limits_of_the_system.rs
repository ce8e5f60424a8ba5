//! How many stacks the system gives, and what happens when it gives no more. Each test runs in a
//! process of its own.

use std::thread;

use crate::support::{again, assert_one_test_ran, in_a_child, is_child, output, stderr, test_path};

use super::suspended;

/// Returns how many mappings the process has.
#[cfg(target_os = "linux")]
fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps")
        .expect("procfs is mounted")
        .lines()
        .count()
}

#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_stacks_take_few_mappings() {
    if !in_a_child(test_path!("a_hundred_thousand_stacks_take_few_mappings")) {
        return;
    }
    let before = mappings();
    let generators: Vec<_> = (0..100_000)
        .map_while(|_| suspended(64 << 10).ok())
        .collect();
    if generators.len() < 100_000 {
        println!("skipped: this kernel has no guards by advice");
        return;
    }
    assert!(
        mappings() - before < 100,
        "{} mappings",
        mappings() - before
    );
}

#[test]
#[cfg(target_os = "linux")]
fn guards_by_protection_stop_with_an_error_before_mappings_run_out() {
    if !is_child() {
        let test = test_path!("guards_by_protection_stop_with_an_error_before_mappings_run_out");
        let child = output(again(test).env("YIELDFROM_STACK_GUARD", "mprotect"));
        assert!(child.status.success(), "{}", stderr(&child));
        assert_one_test_ran(&child, test);
        return;
    }
    let most: usize = std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    if most > 1_000_000 {
        println!("skipped: vm.max_map_count is {most}");
        return;
    }
    let mut generators = Vec::new();
    let error = loop {
        match suspended(64 << 10) {
            Ok(g) => generators.push(g),
            Err(error) => break error,
        }
    };
    assert!(
        error.is_stack() && error.to_string().contains("vm.max_map_count"),
        "{error}"
    );
    assert!(
        generators.len() > most / 4 && mappings() < most * 19 / 20,
        "{} of {most}",
        mappings()
    );
    generators.pop();
    let _ = suspended(64 << 10).expect("one that was given back can be taken");
    thread::spawn(|| ())
        .join()
        .expect("there are mappings left for a thread");
}

#[test]
#[cfg(target_os = "linux")]
fn running_out_of_address_space_is_an_error() {
    if !is_child() {
        let mut shell = std::process::Command::new("sh");
        let test = test_path!("running_out_of_address_space_is_an_error");
        let child = again(test);
        shell
            .args(["-c", "ulimit -v 4000000 && exec \"$0\" \"$@\""])
            .arg(child.get_program());
        shell
            .args(child.get_args())
            .env("YIELDFROM_TEST_CHILD", "1");
        let child = output(&mut shell);
        assert!(child.status.success(), "{}", stderr(&child));
        assert_one_test_ran(&child, test);
        return;
    }
    let mut generators = Vec::new();
    let error = loop {
        match suspended(1 << 20) {
            Ok(g) => generators.push(g),
            Err(error) => break error,
        }
    };
    assert!(
        error.is_stack() && error.to_string().contains("1024 KiB"),
        "{error}"
    );
    assert!(generators.len() > 1_000, "only {}", generators.len());
}
