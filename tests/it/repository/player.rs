//! The page that plays recordings: all its files are in it, and each can be read.

use std::fs;
use std::path::PathBuf;

use super::source_files::{lines_of_code, read, root};

const FOLDER: &str = "engine/src/insight/trace/player";

/// The most lines of code that a file may have.
const MOST_LINES: usize = 300;

fn files() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join(FOLDER)).expect("the folder of the page");
    let files = folder.map(|entry| entry.expect("readable").path());
    let files: Vec<_> = files.collect();
    assert!(files.len() > 10, "the files were found");
    files
}

#[test]
fn the_page_is_made_of_all_files_of_its_folder() {
    let maker = read(&root().join(FOLDER).with_extension("rs"));
    for file in files() {
        let name = file.file_name().and_then(|name| name.to_str());
        let included = format!("include_str!(\"player/{}\")", name.expect("a name"));
        assert!(maker.contains(&included), "{included}");
    }
}

#[test]
fn the_files_of_the_page_are_short_enough_to_be_read() {
    for file in files() {
        let lines = lines_of_code(&read(&file));
        assert!(lines <= MOST_LINES, "{}: {lines} lines", file.display());
    }
}
