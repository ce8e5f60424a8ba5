//! The three forms of every twin print the same, to the byte.

use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const FORMS: [&str; 3] = ["yieldfrom", "async_await", "threads"];
/// A program that is longer at work than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn start(name: &str, form: &str, options: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twins"));
    let command = command.args([name, form]).args(options);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Waits until a program has ended; one that hangs is killed, and fails the test.
fn ended(child: Child) -> Output {
    let pid = rustix::process::Pid::from_child(&child);
    let watchdog = thread::spawn(move || {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            thread::park_timeout(PATIENCE - start.elapsed());
            if start.elapsed() < PATIENCE {
                return;
            }
        }
        // The child is not reaped before this thread has ended or been told to.
        _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    });
    let output = child.wait_with_output().expect("it ends");
    watchdog.thread().unpark();
    output
}

/// Returns whether debug mode reports by it that a step has taken long, as each does while others have the processor.
fn is_of_a_busy_machine(line: &str) -> bool {
    line.starts_with("Executing <") && line.ends_with(" seconds")
}

/// Returns what a form prints.
fn printed(name: &str, form: &str, options: &[&str]) -> String {
    let output = ended(start(name, form, options));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name} {form} {options:?}: {errors}"
    );
    let said = errors.lines().filter(|line| !is_of_a_busy_machine(line));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [""; 0],
        "{name} {form} {options:?}"
    );
    String::from_utf8(output.stdout).expect("it is text")
}

/// Runs all forms; returns what they print, all the same.
fn same(name: &str, options: &[&str]) -> String {
    let [ours, theirs, threads] = FORMS.map(|form| printed(name, form, options));
    assert_eq!(
        ours, theirs,
        "{name} {options:?}: yieldfrom and async/await"
    );
    assert_eq!(ours, threads, "{name} {options:?}: yieldfrom and threads");
    ours
}

#[test]
fn chain() {
    assert_eq!(same("chain", &[]), "A\nB\nC\n0\n1\n2\n");
    assert_eq!(same("chain", &["--numbers", "1000"]).lines().count(), 1003);
    assert_eq!(same("chain", &["--numbers", "0"]), "A\nB\nC\n");
}

#[test]
fn taxi() {
    let seed_3 = include_str!("../../examples/golden/taxi_seed3_end120.txt");
    assert_eq!(same("taxi", &["--seed", "3", "--end-time", "120"]), seed_3);
    let options = ["-s", "42", "-t", "7", "-e", "60"];
    let seed_42 = include_str!("../../examples/golden/taxi_seed42_taxis7_end60.txt");
    assert_eq!(same("taxi", &options), seed_42);
    let options = ["--seed", "10", "--taxis", "2"];
    let seed_10 = include_str!("../../examples/golden/taxi_seed10_taxis2.txt");
    assert_eq!(same("taxi", &options), seed_10);
    assert_eq!(same("taxi", &["--taxis", "0"]), "*** end of events ***\n");
}

#[test]
fn pipeline() {
    let records = "1 takes 0 steps\n2 takes 1 steps\n3 takes 7 steps\n6 takes 8 steps\n\
                   7 takes 16 steps\n9 takes 19 steps\n";
    assert_eq!(same("pipeline", &["--numbers", "10"]), records);
    // More than the queues hold.
    assert!(same("pipeline", &["--numbers", "1000"]).ends_with("871 takes 178 steps\n"));
    assert_eq!(same("pipeline", &["--numbers", "0"]), "");
}

#[test]
fn recursion() {
    let in_order = |count: u64| {
        (0..count)
            .map(|value| format!("{value}\n"))
            .collect::<String>()
    };
    assert_eq!(same("recursion", &[]), in_order(10));
    assert_eq!(
        same("recursion", &["--values", "500", "--sorted"]),
        in_order(500)
    );
    assert_eq!(same("recursion", &["--values", "0"]), "");
}

#[test]
fn flags() {
    let flags = same("flags", &["--rounds", "2"]);
    assert_eq!(flags.lines().count(), 40);
    let brazil = include_bytes!("../../examples/flags/gifs/br/br.gif").len();
    assert!(flags.contains(&format!("/br/br.gif {brazil}\n")), "{flags}");
}

#[test]
fn https_get() {
    let pages = "/pages/0: HTTP/1.0 200 OK, 0 bytes\n/pages/1: HTTP/1.0 200 OK, 800 bytes\n\
                 /pages/2: HTTP/1.0 200 OK, 1600 bytes\n";
    assert_eq!(same("https_get", &[]), pages);
    assert_eq!(same("https_get", &["--pages", "0"]), "");
    // TLS has at most 16 KiB in a record.
    let last = same("https_get", &["--pages", "40"]);
    assert!(last.ends_with("/pages/39: HTTP/1.0 200 OK, 31200 bytes\n"));
}

#[test]
fn redis_counter() {
    if Command::new("redis-server")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("skipped: redis-server is not installed");
        return;
    }
    let counts = "worker 0: 10\nworker 1: 10\nworker 2: 10\nworker 3: 10\ntotal: 40\n";
    assert_eq!(same("redis_counter", &[]), counts);
    assert_eq!(same("redis_counter", &["--workers", "0"]), "total: 0\n");
}

#[test]
fn without_a_redis_server_it_is_said_that_it_is_missing() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twins"));
    let command = command.args(["redis_counter", "threads"]);
    let output = command.env("PATH", "/nowhere").output().expect("it runs");
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("redis_counter is skipped")
            && errors.contains("redis-server is not installed"),
        "{errors}"
    );
}

#[test]
fn http_service() {
    let items = "client 0: 2 items, 98 bytes, the last is {\"id\":1,\"name\":\"item 1\",\"tags\":[\"small\",\"quick\"]}\n";
    let all = same("http_service", &[]);
    assert!(all.starts_with(items) && all.lines().count() == 3, "{all}");
    assert_eq!(same("http_service", &["--clients", "0"]), "");
    let many = ["--clients", "20", "--requests", "10"];
    let last = "{\"id\":1909,\"name\":\"item 1909\",\"tags\":[\"small\",\"quick\"]}\n";
    assert!(same("http_service", &many).ends_with(last));
}

#[test]
fn postgres_query() {
    let first = ended(start("postgres_query", "threads", &["--workers", "0"]));
    let errors = String::from_utf8_lossy(&first.stderr);
    if errors.contains("PostgreSQL is not installed") {
        assert!(errors.contains("postgres_query is skipped"), "{errors}");
        eprintln!("skipped: PostgreSQL is not installed");
        return;
    }
    let sums = "worker 0: 55\nworker 1: 55\nworker 2: 55\nworker 3: 55\ntotal: 220\n";
    assert_eq!(same("postgres_query", &[]), sums);
    assert_eq!(same("postgres_query", &["--workers", "0"]), "total: 0\n");
}

/// In real time: a busy machine may be late, so that pictures stay longer the next time.
#[test]
fn spinner() {
    let shown = |picture: &str| {
        FORMS.map(|form| printed("spinner", form, &["--pictures", "3", "--picture", picture]))
    };
    let back = "\x08".repeat(11);
    let picture = |char| format!("{char} thinking!{back}");
    let blank = format!("{}{back}", " ".repeat(11));
    let expected = ["|", "/", "-"].map(picture).concat() + &blank + "Answer: 42\n";
    let all = [expected.clone(), expected.clone(), expected];
    let tries = ["20", "80", "320"].map(|picture| move || shown(picture));
    let last = tries
        .iter()
        .map(|shown| shown())
        .find(|shown| *shown == all);
    assert!(
        last.is_some(),
        "the pictures are not those expected, however slow"
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let output = ended(start("flags", "threads", &["--server", "127.0.0.1:1"]));
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("twins: "), "{errors}");
}
