//! Overflows: the program dies, but says whose stack it was.

use std::hint::black_box;

use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::{Builder, Co, Generator, Result};

use crate::support::{again, is_child, output, stderr, test_path};

fn recurse(n: usize) -> usize {
    let frame = black_box([n; 64]);
    if frame[3] == usize::MAX {
        0
    } else {
        recurse(n + 1) + black_box(frame)[0]
    }
}

fn overflows(co: &Co<i32>) -> Result<()> {
    co.yield_(recurse(0) as i32)
}

/// Runs `test` as a child with either kind of guard and returns what it reports as it dies.
fn reports_of(test: &str) -> Vec<String> {
    ["", "mprotect"]
        .iter()
        .map(|guard| {
            let child = output(again(test).env("YIELDFROM_STACK_GUARD", guard));
            assert!(!child.status.success(), "it survived its overflow");
            stderr(&child)
        })
        .collect()
}

#[test]
fn an_overflow_is_reported_with_the_generator_and_its_stack_size() {
    if is_child() {
        let _ = Builder::new().stack_size(96 << 10).build(overflows).next();
        return;
    }
    for report in reports_of(test_path!(
        "an_overflow_is_reported_with_the_generator_and_its_stack_size"
    )) {
        assert!(report.contains("generator overflows (made at "), "{report}");
        assert!(report.contains(&format!("{}:", file!())), "{report}");
        assert!(
            report.contains("has overflowed its stack of 96 KiB"),
            "{report}"
        );
        assert!(report.contains("Builder::stack_size"), "{report}");
    }
}

#[test]
fn an_overflow_in_a_task_names_the_settings_of_coroutines() {
    let test = test_path!("an_overflow_in_a_task_names_the_settings_of_coroutines");
    if is_child() {
        let body = |_: &yieldfrom::Co| -> yieldfrom::Result<()> {
            black_box(recurse(0));
            Ok(())
        };
        let _ = yieldfrom::run(body);
        return;
    }
    for report in reports_of(test) {
        assert!(report.contains("::{closure} (made at "), "{report}");
        assert!(report.contains("CoroutineBuilder::stack_size"), "{report}");
        assert!(report.contains("LoopBuilder::stack_size"), "{report}");
    }
}

#[test]
fn an_overflow_in_a_delegate_names_the_delegate() {
    if is_child() {
        let g: Generator<i32> = Builder::new().name("delegator").build(|co| {
            let delegate = Builder::new()
                .name("culprit")
                .stack_size(64 << 10)
                .build(overflows);
            co.yield_from(delegate)
        });
        let _ = g.next();
        return;
    }
    for report in reports_of(test_path!("an_overflow_in_a_delegate_names_the_delegate")) {
        assert!(report.contains("generator culprit (made at "), "{report}");
        assert!(
            report.contains("stack of 64 KiB") && !report.contains("delegator"),
            "{report}"
        );
    }
}

#[test]
fn an_overflow_of_a_plain_thread_is_still_reported_by_the_standard_library() {
    if is_child() {
        let g: Generator<i32> = Generator::new(|co| co.yield_(1));
        assert_eq!(g.next().unwrap(), Yielded(1));
        println!("{}", recurse(0));
        return;
    }
    let test =
        test_path!("an_overflow_of_a_plain_thread_is_still_reported_by_the_standard_library");
    for report in reports_of(test) {
        // The thread has the name of the test, in which the word stands as well.
        let told = report.replace(test, "");
        assert!(
            told.contains("has overflowed its stack") && !told.contains("generator"),
            "{report}"
        );
    }
}
