//! Rules of this repository that a person could forget.

use std::fs;

use super::source_files::{is_comment, lines_of_code, read_all, root};

const FOLDERS: [&str; 5] = ["delegation", "engine", "examples", "tests", "benches"];

/// The most lines of code that a file may have.
const MOST_LINES: usize = 300;

const UNSAFE_MAY_STAND_IN: [&str; 8] = [
    "delegation/src/coroutine",
    "delegation/src/stack",
    // The crate `polling` asks for it where a descriptor is registered.
    "engine/src/kernel/event_loop/reactor/epoll",
    "engine/src/kernel/event_loop/reactor/portable",
    "engine/src/signal/action.rs",
    "engine/src/combine/task_group/scope.rs",
    "engine/src/io/blocking/region.rs",
    "engine/src/io/net/system_names.rs",
];

fn check(mut rule: impl FnMut(&str, &str) -> Vec<String>) {
    let files = read_all(&FOLDERS);
    assert!(files.len() > 20, "the sources were found");
    let broken: Vec<_> = files
        .iter()
        .flat_map(|(name, text)| rule(name, text))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn is_of_a_library(name: &str) -> bool {
    name.starts_with("delegation/src") || name.starts_with("engine/src")
}

#[test]
fn files_are_short_enough_to_be_read() {
    check(|name, text| match lines_of_code(text) {
        n if n > MOST_LINES => vec![format!("{name} has {n} lines of code: split it")],
        _ => Vec::new(),
    });
}

#[test]
fn unsafe_stands_in_the_named_modules_only() {
    check(|name, text| {
        let allowed = UNSAFE_MAY_STAND_IN
            .iter()
            .any(|module| name.starts_with(module));
        if allowed || !is_of_a_library(name) {
            return Vec::new();
        }
        let allowing = text
            .lines()
            .filter(|line| !is_comment(line) && line.contains("unsafe_code"));
        allowing
            .map(|_| format!("{name} allows unsafe code"))
            .collect()
    });
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    check(|name, text| {
        let lines: Vec<&str> = text.lines().collect();
        let opens = |line: &str| {
            !is_comment(line) && (line.contains("unsafe {") || line.contains("unsafe impl"))
        };
        let unexplained = (0..lines.len()).filter(|&i| {
            opens(lines[i])
                && !lines[i.saturating_sub(6)..=i]
                    .iter()
                    .any(|line| line.contains("SAFETY:"))
        });
        unexplained
            .filter(|_| !name.ends_with("tidy.rs"))
            .map(|i| format!("{name}:{} has no SAFETY comment", i + 1))
            .collect()
    });
}

/// The one place that prints, for programs without a logger.
const LAST_RESORT: &str = "delegation/src/last_resort.rs";

#[test]
fn the_libraries_report_to_programs_without_a_logger() {
    let forbidden = ["log::error!", "log::warn!"];
    check(|name, text| {
        if !is_of_a_library(name) || name == LAST_RESORT {
            return Vec::new();
        }
        let code = text.lines().filter(|line| !is_comment(line));
        code.filter(|line| forbidden.iter().any(|word| line.contains(word)))
            .map(|line| format!("{name}: {}: use report!", line.trim()))
            .collect()
    });
}

#[test]
fn the_libraries_print_nothing_and_have_no_mutable_statics() {
    let forbidden = [
        concat!("static", " mut "),
        concat!("print", "ln!"),
        concat!("print", "!("),
        concat!("todo", "!("),
        concat!("dbg", "!("),
    ];
    check(|name, text| {
        if !is_of_a_library(name) {
            return Vec::new();
        }
        let code = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !is_comment(line));
        code.filter(|(_, line)| forbidden.iter().any(|word| line.contains(word)))
            .map(|(i, line)| format!("{name}:{}: {}", i + 1, line.trim()))
            .collect()
    });
}

#[test]
fn the_changelog_names_the_version() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("readable");
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = "))
        .expect("a version");
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).expect("readable");
    assert!(changelog.contains(version.trim_matches('"')));
}
