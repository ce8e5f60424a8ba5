//! The checker finds violations that are planted, and names their lines.

use super::{FORBIDDEN, HOUSE, Root, violations};

const LIB: &str = "
pub mod guide {}

pub use crate::threads::wrap_future;
pub use errors::{ValueError, RuntimeError as Misuse};
pub use io::streams::{self, StreamReader, open::{open_connection, Opened as Open}};
pub use io::{SockRecv, net};
pub use kernel::{EventLoop, Task};
pub(crate) use sync::Queue;
pub use assemble::LoopBuilder;
pub use yieldfrom_delegation as delegation;
pub use yieldfrom_delegation::{Error, Result};
";

/// Returns what is found in a file, without its name.
fn found(file: &str, text: &str) -> Vec<String> {
    let file = format!("{HOUSE}{file}");
    let found = violations(&file, text, &Root::of(LIB));
    let without = |line: &String| line.strip_prefix(&file).expect("its name").to_owned();
    found.iter().map(without).collect()
}

#[test]
fn an_import_is_found() {
    let text = "//! A file.\n\nuse std::rc::Rc;\nuse crate::io::net;\n";
    assert_eq!(
        violations("engine/src/kernel/task.rs", text, &Root::of(LIB)),
        ["engine/src/kernel/task.rs:4: kernel names io: crate::io::net"]
    );
    let grouped = "use crate::{\n    errors::ValueError,\n    sync::Event,\n    io::{\n        net::{self, \
                   TcpStream},\n        sock as s,\n    },\n};\nuse crate::threads::*;\n";
    assert_eq!(
        found("kernel.rs", grouped),
        [
            ":3: kernel names sync: crate::sync::Event",
            ":4: kernel names io: crate::io::net",
            ":4: kernel names io: crate::io::net::TcpStream",
            ":4: kernel names io: crate::io::sock",
            ":9: kernel names threads: crate::threads::*",
        ]
    );
}

#[test]
fn a_path_in_code_is_found() {
    let text = "fn f(event: &crate::sync::Event) -> Vec<crate::io::Sock<u8>> {\n    \
                g('\"', \"'\", |x| crate::signal::listen::<u8>(x))\n}\n\
                macro_rules! m { () => { $crate::combine::sleep() } }\n";
    assert_eq!(
        found("kernel/task/part.rs", text),
        [
            ":1: kernel names sync: crate::sync::Event",
            ":1: kernel names io: crate::io::Sock",
            ":2: kernel names signal: crate::signal::listen",
            ":4: kernel names combine: crate::combine::sleep",
        ]
    );
}

#[test]
fn whoever_climbs_to_the_root_is_found() {
    let text = "use super::super::io::net;\nuse super::super::super::sync;\nuse super::task::Task;\n\
                mod inner {\n    use super::super::super::super::threads::Job;\n    use super::io;\n}\n";
    assert_eq!(
        found("kernel/future/reason.rs", text),
        [
            ":2: kernel names sync: crate::sync",
            ":5: kernel names threads: crate::threads::Job",
        ]
    );
    assert_eq!(
        found("kernel/future.rs", text),
        [
            ":1: kernel names io: crate::io::net",
            ":2: kernel names sync: crate::sync",
            ":5: kernel names threads: crate::threads::Job",
        ]
    );
    let everything = "use super::*;\nuse super::{sync::Event, errors};\n";
    assert_eq!(
        found("kernel.rs", everything),
        [
            ":1: kernel names what lib.rs does not export: crate::*",
            ":2: kernel names sync: crate::sync::Event",
        ]
    );
}

#[test]
fn a_name_at_the_root_belongs_to_its_room() {
    let text = "use crate::{Error, Misuse, Queue, Task, ValueError, delegation::Co, net};\n\
                use crate::streams::StreamWriter;\nuse crate::{Open, open_connection, wrap_future};\n\
                use crate::RuntimeError;\n";
    assert_eq!(
        found("kernel/task.rs", text),
        [
            ":1: kernel names sync: crate::Queue",
            ":1: kernel names io: crate::net",
            ":2: kernel names io: crate::streams::StreamWriter",
            ":3: kernel names io: crate::Open",
            ":3: kernel names io: crate::open_connection",
            ":3: kernel names threads: crate::wrap_future",
            ":4: kernel names what lib.rs does not export: crate::RuntimeError",
        ]
    );
}

#[test]
fn comments_strings_and_unit_tests_may_say_everything() {
    let text = "//! See [`crate::io::net`].\n/* crate::io /* crate::sync */ */\n\
                /// Not `crate::io`.\n#[doc = \"crate::io::net\"]\nfn f() -> &'static str {\n    \
                // crate::io::net\n    r#\"a \" of crate::io::net\"#\n}\n\
                pub(crate) fn g() {}\npub(in crate::kernel) fn h() {}\n\
                #[cfg(test)]\nmod tests {\n    use crate::io::net;\n}\n";
    assert_eq!(found("kernel/task.rs", text), [""; 0]);
}

#[test]
fn every_forbidden_room_is_found() {
    for (room, forbidden) in FORBIDDEN {
        for (other, _) in FORBIDDEN.iter().filter(|(other, _)| *other != "lib") {
            let text = format!("use crate::{other}::Thing;\n");
            let expected = match forbidden.contains(other) {
                true => vec![format!(":1: {room} names {other}: crate::{other}::Thing")],
                false => Vec::new(),
            };
            assert_eq!(found(&format!("{room}.rs"), &text), expected);
            assert_eq!(found(&format!("{room}/part.rs"), &text), expected);
        }
    }
}

#[test]
fn a_room_that_has_no_layer_is_found() {
    assert_eq!(found("cellar/wine.rs", ""), [": cellar is in no layer"]);
}

#[test]
fn a_macro_at_the_root_belongs_to_the_room_of_its_file() {
    let mut root = Root::of(LIB);
    let [kernel, io] = ["kernel/a.rs", "io/b.rs"].map(|file| format!("{HOUSE}{file}"));
    root.add_macros(
        &kernel,
        "#[macro_export]\nmacro_rules! low {\n    () => {};\n}\n",
    );
    root.add_macros(
        &io,
        "#[macro_export]\nmacro_rules! high {\n    () => {};\n}\n",
    );
    let text = "macro_rules! m { () => { $crate::low!(); $crate::high!() } }\n";
    assert_eq!(
        violations(&kernel, text, &root),
        [format!("{kernel}:1: kernel names io: crate::high")]
    );
}
