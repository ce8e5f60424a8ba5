//! Rules of this repository that a person could forget.

use std::fs;
use std::path::{Path, PathBuf};

const UNSAFE_MAY_STAND_IN: [&str; 4] = [
    "delegation/src/coroutine",
    "delegation/src/stack",
    // The crate `polling` asks for it where a descriptor is registered.
    "engine/src/kernel/event_loop/reactor/epoll",
    "engine/src/kernel/event_loop/reactor/portable",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn check(mut rule: impl FnMut(&str, &str) -> Vec<String>) {
    let mut files = Vec::new();
    for folder in ["delegation", "engine", "examples", "tests", "benches"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 20, "the sources were found");
    let mut broken = Vec::new();
    for path in files {
        let name = path
            .strip_prefix(root())
            .expect("below the root")
            .to_string_lossy()
            .replace('\\', "/");
        broken.extend(rule(&name, &fs::read_to_string(&path).expect("readable")));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

#[test]
fn files_are_short_enough_to_be_read() {
    check(|name, text| match text.lines().count() {
        n if n > 450 => vec![format!("{name} has {n} lines: split it")],
        _ => Vec::new(),
    });
}

#[test]
fn unsafe_stands_in_the_named_modules_only() {
    check(|name, text| {
        let allowed = UNSAFE_MAY_STAND_IN
            .iter()
            .any(|module| name.starts_with(module));
        if allowed || !(name.starts_with("delegation/src") || name.starts_with("engine/src")) {
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

#[test]
fn the_libraries_print_nothing_and_have_no_mutable_statics() {
    let forbidden = [
        concat!("static", " mut "),
        concat!("print", "ln!"),
        concat!("todo", "!("),
        concat!("dbg", "!("),
    ];
    check(|name, text| {
        if !(name.starts_with("delegation/src") || name.starts_with("engine/src")) {
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
