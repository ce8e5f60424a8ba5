//! The Rust files of the workspace, and which of their lines are code.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the folder of the workspace.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

/// Adds all Rust files below a folder to `found`.
pub(super) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the names, from the root of the workspace on, and the texts of all Rust files below
/// these folders.
pub(super) fn read_all(folders: &[&str]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in folders {
        sources(&root().join(folder), &mut files);
    }
    files.sort();
    files
        .iter()
        .map(|path| (name_of(path), read(path)))
        .collect()
}

fn name_of(path: &Path) -> String {
    let below = path.strip_prefix(root()).expect("below the root");
    below.to_string_lossy().replace('\\', "/")
}

pub(super) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// Returns how many lines of code a file has: without blank lines, comments, and the unit tests at
/// its end.
pub(super) fn lines_of_code(text: &str) -> usize {
    let code = text
        .split_once("#[cfg(test)]\nmod ")
        .map_or(text, |(code, _)| code);
    code.lines()
        .filter(|line| !line.trim().is_empty() && !is_comment(line))
        .count()
}

#[test]
fn blank_lines_comments_and_unit_tests_are_no_code() {
    let text = "//! What it is.\n\nuse a::b;\n\n/// Does it.\nfn f() {\n    // Because.\n    b();\n}\n\n\
                #[cfg(test)]\nmod tests {\n    #[test]\n    fn g() {}\n}\n";
    assert_eq!(lines_of_code(text), 4);
    assert_eq!(lines_of_code("fn f() {} // the end\n"), 1);
}
