//! What the compiler says of frequent mistakes: each program here does not compile.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A mistake, and what the compiler says of it.
struct Mistake {
    body: &'static str,
    says: &'static [&'static str],
}

const MISTAKES: [Mistake; 10] = [
    Mistake {
        body: "fn wait(co: &Co, task: Task<NoClone>) -> Result<NoClone> { co.yield_from(&task) }",
        says: &[
            "`&yieldfrom::Task<NoClone>` cannot be delegated to",
            "gives a clone: the type of the result needs `Clone`",
        ],
    },
    Mistake {
        body: "fn wait(task: &Task<NoClone>) { drop(wait_for(task, None)) }",
        says: &[
            "`&yieldfrom::Task<NoClone>` cannot be waited for",
            "gives a clone: the type of the result needs `Clone`",
        ],
    },
    Mistake {
        body: "fn wait(co: &Co) -> Result<i32> { co.yield_from(42) }",
        says: &["`{integer}` cannot be delegated to by a body that yields `yieldfrom::Request`"],
    },
    Mistake {
        body: "fn wait(co: &Co, g: Generator<i32>) -> Result<()> { co.yield_from(g) }",
        says: &[
            "`yieldfrom::Generator<i32>` cannot be delegated to",
            "a `Generator` whose values have the same types",
        ],
    },
    Mistake {
        body: "fn wait(co: &Co) -> Result<i32> { co.yield_from(async { 1 }) }",
        says: &["a future of async/await is delegated to by `from_std(future)`"],
    },
    Mistake {
        body: "fn make() { drop(create_task(42)); }",
        says: &[
            "`{integer}` is no coroutine",
            "expected a coroutine, or a function or closure that takes `&Co`",
        ],
    },
    Mistake {
        body: "fn make(task: Task<i32>) { drop(create_task(task)); }",
        says: &[
            "`yieldfrom::Task<i32>` is no coroutine",
            "a task or a future runs already: wait for it by `yield_from`",
        ],
    },
    Mistake {
        body: "fn make() { drop(wait_for(async { 1 }, None)); }",
        says: &["a future of async/await is waited for by `from_std(future)`"],
    },
    Mistake {
        // No attribute reaches this one, as `gather` takes lists and tuples.
        body: "fn make() { drop(gather([async { 1 }])); }",
        says: &["expected a `FnOnce(&Co<yieldfrom::Request>)` closure, found `{async block"],
    },
    Mistake {
        // No attribute reaches this one. It must not hide what the compiler says by itself.
        body: "fn make() { drop(create_task(|_: &Co| 42)); }",
        says: &["to return `Result<_, Error>`, but it returns `{integer}`"],
    },
];

/// Returns the library that was built for this test: the newest one beside it.
fn library() -> PathBuf {
    let test = env::current_exe().expect("a test has a file");
    let folder = test.parent().expect("a file is in a folder");
    let files = fs::read_dir(folder).expect("readable").flatten();
    let is_library = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("libyieldfrom-") && name.ends_with(".rlib"))
    };
    let libraries = files.map(|file| file.path()).filter(is_library);
    let built_at = |path: &PathBuf| fs::metadata(path).and_then(|it| it.modified()).ok();
    libraries
        .max_by_key(built_at)
        .expect("the library was built")
}

/// Returns what the compiler says of a program, which must not compile.
fn errors_of(body: &str, library: &Path) -> String {
    let compiler = Path::new(env!("CARGO")).with_file_name("rustc");
    let mut dependencies = std::ffi::OsString::from("dependency=");
    dependencies.push(library.parent().expect("a file is in a folder"));
    let mut external = std::ffi::OsString::from("yieldfrom=");
    external.push(library);
    let mut compiling = Command::new(compiler)
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=mistake"])
        .args(["--emit=metadata", "--out-dir", env!("CARGO_TARGET_TMPDIR")])
        .arg("-L")
        .arg(dependencies)
        .arg("--extern")
        .arg(external)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the compiler stands beside cargo");
    let mut input = compiling.stdin.take().expect("it is piped");
    writeln!(input, "use yieldfrom::*; pub struct NoClone; pub {body}")
        .expect("the compiler reads");
    drop(input);
    let output = compiling.wait_with_output().expect("the compiler ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it compiles: {body}");
    said
}

#[test]
fn the_compiler_says_what_is_wrong() {
    let library = library();
    for Mistake { body, says } in MISTAKES {
        let said = errors_of(body, &library);
        for text in says {
            assert!(said.contains(text), "{body}: {text}\n{said}");
        }
    }
}
