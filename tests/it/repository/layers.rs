//! The layers of the engine: no room of `engine/src` names a room above it.
//!
//! A room is a file there, with the folder beside it: `errors` is the ground, `kernel` and `simulation` stand on it,
//! then come `combine`, `sync`, `threads` and `insight`, then `bridge`, then `io` and `signal`. On top, `assemble` and
//! `lib.rs` may name everything.

mod named_paths;
mod planted_violations;

use std::collections::{HashMap, HashSet};

use super::source_files::read_all;
use named_paths::{NamedPath, exports, named_paths};

/// The folder of the rooms.
const HOUSE: &str = "engine/src/";
const TOP: &str = "assemble";

/// Each room, with the rooms that it must not name.
const FORBIDDEN: [(&str, &[&str]); 13] = [
    (
        "errors",
        &[
            "kernel",
            "simulation",
            "combine",
            "sync",
            "threads",
            "insight",
            "bridge",
            "io",
            "signal",
            TOP,
        ],
    ),
    (
        "kernel",
        &[
            "simulation",
            "combine",
            "sync",
            "threads",
            "insight",
            "bridge",
            "io",
            "signal",
            TOP,
        ],
    ),
    (
        "simulation",
        &[
            "kernel", "combine", "sync", "threads", "insight", "bridge", "io", "signal", TOP,
        ],
    ),
    ("combine", &["bridge", "io", "signal", TOP]),
    ("sync", &["bridge", "io", "signal", TOP]),
    ("threads", &["bridge", "io", "signal", TOP]),
    ("insight", &["bridge", "io", "signal", TOP]),
    ("bridge", &["io", "signal", TOP]),
    ("io", &[TOP]),
    ("signal", &[TOP]),
    (TOP, &[]),
    ("guide", &[]),
    ("lib", &[]),
];

/// Returns the room in which a file stands, if it is one of the engine's.
fn room_of(file: &str) -> Option<&str> {
    let below = file.strip_prefix(HOUSE)?;
    below.split('/').next()?.split('.').next()
}

/// Returns the path of the module that a file is, without `crate`.
fn module_of(file: &str) -> Vec<String> {
    let below = file.strip_prefix(HOUSE).unwrap_or(file);
    let path = below.trim_end_matches(".rs");
    let names = path.split('/').filter(|name| *name != "lib");
    names.map(str::to_owned).collect()
}

/// What a name at the root of the crate leads to.
#[derive(Debug)]
struct Root {
    rooms: HashSet<&'static str>,
    /// Of each name that `lib.rs` takes from elsewhere, the first part of where it is from.
    exports: HashMap<String, String>,
}

impl Root {
    /// Reads the text of `lib.rs`.
    fn of(lib: &str) -> Self {
        Self {
            rooms: FORBIDDEN.iter().map(|(room, _)| *room).collect(),
            exports: exports(lib),
        }
    }

    /// Adds the macros that a file puts at the root of the crate.
    fn add_macros(&mut self, file: &str, text: &str) {
        let lines: Vec<_> = text.lines().collect();
        let exported = lines.windows(2).filter(|two| two[0] == "#[macro_export]");
        for two in exported {
            let name = two[1].strip_prefix("macro_rules! ");
            let name = name.and_then(|rest| rest.strip_suffix(" {"));
            if let (Some(name), Some(room)) = (name, room_of(file)) {
                self.exports.insert(name.to_owned(), room.to_owned());
            }
        }
    }

    /// Returns the room, or the other crate, to which a path belongs; none if nobody knows.
    fn owner(&self, path: &NamedPath) -> Option<&str> {
        let first = path.parts.first()?;
        let room = self.rooms.get(first.as_str()).copied();
        room.or_else(|| self.exports.get(first).map(String::as_str))
    }
}

/// Returns what is wrong in a file: the lines that name a room which this one must not name.
fn violations(file: &str, text: &str, root: &Root) -> Vec<String> {
    let Some(room) = room_of(file) else {
        return Vec::new();
    };
    let Some((_, forbidden)) = FORBIDDEN.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{file}: {room} is in no layer")];
    };
    if forbidden.is_empty() {
        return Vec::new();
    }
    let paths = named_paths(text, &module_of(file));
    paths
        .iter()
        .filter_map(|path| {
            let what = match root.owner(path) {
                Some(owner) if forbidden.contains(&owner) => owner,
                Some(_) => return None,
                None => "what lib.rs does not export",
            };
            Some(format!("{file}:{}: {room} names {what}: {path}", path.line))
        })
        .collect()
}

#[test]
fn no_room_names_a_room_above_it() {
    let files = read_all(&["engine/src"]);
    let (_, lib) = files
        .iter()
        .find(|(name, _)| name == "engine/src/lib.rs")
        .expect("the root of the crate");
    let mut root = Root::of(lib);
    for (name, text) in &files {
        root.add_macros(name, text);
    }
    let broken: Vec<_> = files
        .iter()
        .flat_map(|(name, text)| violations(name, text, &root))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    for (room, _) in FORBIDDEN {
        let lives = files.iter().any(|(name, _)| room_of(name) == Some(room));
        assert!(lives, "there is no room {room}");
    }
}
