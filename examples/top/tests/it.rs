//! `top` beside a real program.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A folder, and a program in it that has a monitor, and ends with this.
struct Program {
    folder: PathBuf,
    child: Option<Child>,
    input: Option<ChildStdin>,
}

impl Program {
    /// Makes the folder only.
    fn none() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("top-{}-{count}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Self {
            folder,
            child: None,
            input: None,
        }
    }

    /// Starts the program, and waits until it can be looked at.
    fn start() -> Self {
        let mut program = Self::none();
        let mut child = Command::new(env!("CARGO_BIN_EXE_busy"))
            .env("YIELDFROM_MONITOR", program.socket())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        program.input = child.stdin.take();
        program.child = Some(child);
        // All its tasks have begun when the workers queue for the lock.
        program.until(|it| {
            it["snapshot"]["metrics"]["tasks"] == 7 && it["snapshot"]["metrics"]["stacks"] == 7
        });
        program
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Looks until the answer is as wanted.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let run = top(&self.socket(), &["--json", "--watch", "0"]);
            if let Ok(answer) = serde_json::from_slice(&run.stdout)
                && wanted(&answer)
            {
                return answer;
            }
        }
    }

    /// Has the program end, and waits for that.
    fn end(&mut self) {
        drop(self.input.take());
        if let Some(mut child) = self.child.take() {
            assert!(child.wait().unwrap().success());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn top(path: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_top"));
    command.arg(path).args(options).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn refusal(path: &Path) -> String {
    let run = top(path, &["--once"]);
    assert!(!run.status.success() && run.stdout.is_empty());
    let error = text(&run.stderr);
    assert!(
        error.starts_with("top: ") && error.contains(path.to_str().unwrap()),
        "{error}"
    );
    error
}

#[test]
fn once_shows_the_tasks_of_a_program() {
    let mut program = Program::start();
    let run = top(&program.socket(), &["--once"]);
    let shown = text(&run.stdout);
    assert!(run.status.success(), "{}", text(&run.stderr));
    for part in [
        "loop: running",
        "\nturns ",
        "tasks 7 (7 made)",
        "worker 3 ",
        "held by worker ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(
        shown.contains("\n├─ Task-5 poll()"),
        "those who wait stand above: {shown}"
    );
    assert!(
        shown.contains("│       nap() at examples/top/src/busy.rs:"),
        "{shown}"
    );
    program.end();
    assert!(!program.socket().exists(), "the loop was closed");
}

#[test]
fn options_sort_filter_and_limit() {
    let program = Program::start();
    let tasks = |options: &[&str]| {
        let shown = text(&top(&program.socket(), options).stdout);
        let (_, tasks) = shown.split_once("\n\n").unwrap();
        let heads = tasks.lines().filter(|line| !line.starts_with("     "));
        heads.map(str::to_owned).collect::<Vec<_>>()
    };
    let workers = tasks(&["--once", "--flat", "--filter", "WORKER"]);
    assert_eq!(workers.len(), 3, "{workers:?}");
    assert!(workers[0].starts_with("worker 1 "));
    let by_name = tasks(&["--once", "--flat", "--sort", "name"]);
    assert!(by_name[0].starts_with("Task-1 ") && by_name[6].starts_with("worker 3 "));
    let few = tasks(&["--once", "--flat", "--limit", "2"]);
    assert_eq!(few.len(), 3);
    assert_eq!(few[2], "... and 5 more tasks; --limit shows more");
}

#[test]
fn a_program_that_is_held_is_shown_with_what_holds_it() {
    let mut program = Program::start();
    // It is known what runs if somebody watched before: an open connection.
    let _watching = std::os::unix::net::UnixStream::connect(program.socket()).unwrap();
    program.until(|it| it["snapshot"]["turns"]["p50_seconds"].is_number());
    program.say("hold");
    let held = program.until(|it| it["has_answered"] == false);
    assert_eq!(held["entry"]["task"], "Task-1", "{held:#}");
    let shown = text(&top(&program.socket(), &["--once"]).stdout);
    assert!(shown.contains("\nloop: held for "), "{shown}");
    assert!(
        shown.contains("by Task-1 main::{closure} at examples/top/src/busy.rs:"),
        "{shown}"
    );
    assert!(shown.contains(" ago\n"), "{shown}");
    program.say("go on");
    program.until(|it| it["has_answered"] == true);
    program.end();
}

#[test]
fn errors_say_what_to_do() {
    let mut program = Program::none();
    assert!(refusal(&program.socket()).contains("YIELDFROM_MONITOR"));
    drop(UnixListener::bind(program.socket()).unwrap());
    assert!(refusal(&program.socket()).contains("the program has ended"));
    program.end();
    assert!(!refusal(&program.folder).is_empty());
}

#[test]
fn output_that_is_no_terminal_is_refused() {
    let program = Program::start();
    let run = top(&program.socket(), &[]);
    assert!(!run.status.success());
    assert_eq!(
        text(&run.stderr),
        "top: standard output is no terminal; use --once or --json\n"
    );
}

#[test]
fn who_is_no_monitor_is_told_from_one() {
    let program = Program::none();
    let listener = UnixListener::bind(program.socket()).unwrap();
    for (answer, why) in [
        ("HTTP/1.1 400 Bad Request\n", "no monitor"),
        ("{\"version\":2}\n", "version 2"),
        ("{\"version\":1,\"error\":\"too many\"}\n", "too many"),
        ("{\"version\":1}\n", "a strange answer"),
        ("", "the program has ended, or has closed its loop"),
    ] {
        let (path, mine) = (program.socket(), listener.try_clone().unwrap());
        let served = std::thread::spawn(move || {
            let (mut stream, _) = mine.accept().unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let error = refusal(&path);
        assert!(error.contains(why), "{why}: {error}");
        served.join().unwrap();
    }
}
