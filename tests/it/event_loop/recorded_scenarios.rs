//! The event-loop scenarios that came with their traces.

use std::fs;
use std::path::{Path, PathBuf};

use tests::language::event_loop::{Player, parse};
use tests::language::session::Trace;
use yieldfrom_delegation::stack;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/event-loop");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    files
}

fn player(file: &Path, trace: &Trace) -> Player {
    let scenario = parse(&fs::read(file).unwrap()).unwrap();
    Player::new(scenario, trace.clone()).unwrap()
}

#[test]
fn traces_are_those_of_cpython() {
    let files = files();
    assert_eq!(files.len(), 30);
    for file in files {
        let trace = Trace::default();
        player(&file, &trace).play().unwrap();
        let expected = fs::read_to_string(file.with_extension("trace")).unwrap();
        assert_eq!(trace.text(), expected, "{}", file.display());
    }
}

#[test]
fn a_dropped_player_leaves_no_stack_in_use() {
    let before = stack::stats().live;
    for file in files() {
        let player = player(&file, &Trace::default());
        player.play().unwrap();
        drop(player);
        assert_eq!(stack::stats().live, before, "{}", file.display());
    }
}
