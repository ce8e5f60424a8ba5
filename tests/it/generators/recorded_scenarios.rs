//! The scenarios that came with their traces.

use std::fs;
use std::path::{Path, PathBuf};

use tests::language::generators::{Player, parse};
use tests::language::session::Trace;
use yieldfrom_delegation::stack;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/generators");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    files
}

#[test]
fn traces_are_those_of_cpython() {
    let files = files();
    assert_eq!(files.len(), 30);
    for file in files {
        let trace = Trace::default();
        let scenario = parse(&fs::read(&file).unwrap()).unwrap();
        Player::new(scenario, trace.clone()).play().unwrap();
        let expected = fs::read_to_string(file.with_extension("trace")).unwrap();
        assert_eq!(trace.text(), expected, "{}", file.display());
    }
}

#[test]
fn a_dropped_player_leaves_no_stack_in_use() {
    let before = stack::stats().live;
    for file in files() {
        let player = Player::new(parse(&fs::read(&file).unwrap()).unwrap(), Trace::default());
        player.play().unwrap();
        drop(player);
        assert_eq!(stack::stats().live, before, "{}", file.display());
    }
}
