//! The programs of the guide: the one that the first argument names, such as `generators.md:10`, in a
//! process of its own and on its main thread. `build.rs` makes the modules, and `it/repository/guide.rs` runs them.

use std::env;
use std::process::ExitCode;
use std::time::Duration;

/// A program's name, and its `main`.
type Program = (&'static str, fn() -> ExitCode);

include!(concat!(env!("OUT_DIR"), "/programs.rs"));

/// How long a program may run before it counts as hanging. Each needs a small part of this.
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let wanted = env::args().nth(1).unwrap_or_default();
    if let Some((_, run)) = PROGRAMS.iter().find(|(name, _)| *name == wanted) {
        tests::time_limit::start(LIMIT);
        return run();
    }
    eprintln!("usage: guide PROGRAM");
    for (name, _) in PROGRAMS {
        eprintln!("{name}");
    }
    ExitCode::FAILURE
}
