//! The documents name files that exist.

use std::fs;

use super::source_files::{root, sources};

const DOCUMENTS: [&str; 4] = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "README.md",
    "tests/MUTANTS.md",
];

/// Returns the names of Rust files that stand between backticks.
fn named_files(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let words = quoted.flat_map(|it| it.split([' ', '\n', ',']));
    let is_file = |word: &&str| word.ends_with(".rs") && !word.contains(['{', '*', '<', 'N']);
    words.filter(is_file).collect()
}

#[test]
fn every_rust_file_that_a_document_names_exists() {
    let mut files = Vec::new();
    for folder in ["delegation", "engine", "examples", "tests", "benches"] {
        sources(&root().join(folder), &mut files);
    }
    let mut missing = Vec::new();
    let mut count = 0;
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).expect("readable");
        for name in named_files(&text) {
            count += 1;
            if !files.iter().any(|file| file.ends_with(name)) {
                missing.push(format!("{document} names {name}"));
            }
        }
    }
    assert!(count > 50, "the names were found: {count}");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn names_are_found_in_backticks_only() {
    let text = "See `a/b.rs` and `c.rs`, `d.rs`.\n`e` f.rs `g.rs (h)`";
    assert_eq!(named_files(text), ["a/b.rs", "c.rs", "d.rs", "g.rs"]);
}
