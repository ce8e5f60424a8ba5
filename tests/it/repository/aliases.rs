//! The names that readers who come from elsewhere search the documentation for.

use super::source_files::read_all;

/// What is searched for, as an alias of a name of ours or as a name itself.
const SEARCHED: [&str; 16] = [
    "CancelledError",
    "GeneratorExit",
    "JoinHandle",
    "JoinSet",
    "Mutex",
    "Runner",
    "StopIteration",
    "await",
    "contextvars",
    "get_stack",
    "join_all",
    "mpsc",
    "oneshot",
    "select",
    "spawn_blocking",
    "task_local",
];

#[test]
fn what_people_search_for_is_found() {
    let sources = read_all(&["engine/src", "delegation/src"]);
    for name in SEARCHED {
        let alias = format!("#[doc(alias = \"{name}\")]");
        let is_there = sources.iter().any(|(_, text)| text.contains(&alias));
        assert!(is_there, "nothing has {alias}");
    }
}
