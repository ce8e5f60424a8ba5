//! By the program itself: a report of a question that takes but a moment, instructions, and questions that
//! need two processors.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn report(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_versus"));
    command
        .args(["report", "--quick", "--out"])
        .arg(folder)
        .args(options);
    // The place does not depend on where it runs.
    command.current_dir("/");
    command
}

fn results(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("results.json")).expect("it is written");
    serde_json::from_str(&text).expect("it is JSON")
}

fn page(folder: &Path) -> String {
    let page = fs::read_to_string(folder.join("index.html")).expect("it is written");
    let document = scraper::Html::parse_document(&page);
    assert_eq!(document.errors, [""; 0]);
    document.root_element().text().collect()
}

#[test]
fn a_small_report_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = [
        "--markdown",
        "--repeat",
        "1",
        "roundtrip",
        "--case",
        "inlined",
    ];
    // Nobody finds Python there.
    let output = report(folder.path(), &options)
        .env("PATH", "/nowhere")
        .output();
    let output = output.expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.contains("cpython is left out: can't run python3"),
        "{errors}"
    );

    let results = results(folder.path());
    let case = &results["questions"][0]["cases"][0];
    assert_eq!(case["name"], "inlined");
    assert_eq!(case["answers"][0]["who"], "yieldfrom");
    assert!(
        case["answers"][0]["median"]
            .as_f64()
            .is_some_and(|median| median > 0.0)
    );
    assert_eq!(case["answers"][0]["ratio"], 1.0);
    let wins = &results["against_async"];
    let compared =
        ["ours", "theirs", "close"].map(|list| wins[list].as_array().expect("a list").len());
    assert_eq!(compared.iter().sum::<usize>(), 1);

    let page = page(folder.path());
    assert!(
        page.contains("can't run python3") && page.contains("the question taxi"),
        "{page}"
    );
    let printed = String::from_utf8_lossy(&output.stdout);
    let summary = fs::read_to_string(folder.path().join("summary.md")).expect("it is written");
    assert_eq!(printed, summary);
    assert!(
        summary.contains("| send to a generator that yields, ns |"),
        "{summary}"
    );
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_before_anything_is_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    let output = report(&file.join("report"), &[]).output().expect("it runs");
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.starts_with("versus: can't write the report to"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "nothing was measured: {errors}");
}

/// Reads what a child says until something has begun.
fn wait_for(child: &mut Child, words: &str) -> BufReader<std::process::ChildStderr> {
    let mut errors = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert!(
            errors.read_line(&mut line).expect("text") > 0,
            "it ends without {words}"
        );
    }
    errors
}

#[test]
fn ctrl_c_leaves_a_report_of_what_there_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = [
        "--repeat",
        "1000",
        "roundtrip",
        "switch",
        "--only",
        "yieldfrom",
    ];
    let mut command = report(folder.path(), &options);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
    let errors = wait_for(&mut child, "roundtrip inlined");
    // Twice, as whoever sends it to a group as well does.
    for _ in 0..2 {
        kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    }
    let said: Vec<_> = errors.lines().map(|line| line.expect("text")).collect();
    assert!(child.wait().expect("it ends").success(), "{said:?}");
    let asked = &results(folder.path())["questions"];
    assert_eq!(asked.as_array().expect("a list").len(), 1, "{asked}");
    assert!(page(folder.path()).contains("This run was interrupted"));
}

/// Asks what a send to a generator is, with its instructions.
fn instructions(path: Option<&str>) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_versus"));
    command.args(["--instructions", "--json", "--quick", "--repeat", "1"]);
    command.args(["roundtrip", "--case", "inlined", "--only", "yieldfrom"]);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command.output().expect("it runs")
}

#[test]
fn instructions_of_an_operation_are_counted() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: valgrind is not installed");
        return;
    }
    let output = instructions(None);
    let errors = String::from_utf8_lossy(&output.stderr);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("it is one object");
    let counted = answer["instructions"].as_f64();
    // A switch there, a switch back, and what is around them; the start of a process is a thousand times that.
    assert!(
        counted.is_some_and(|counted| (20.0..20_000.0).contains(&counted)),
        "{answer} {errors}"
    );
}

#[test]
fn without_valgrind_it_is_said_that_instructions_cannot_be_counted() {
    let output = instructions(Some("/nowhere"));
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("valgrind, which is not installed here"),
        "{errors}"
    );
    assert!(output.stdout.is_empty(), "nothing was measured");
}

/// Returns what two contestants answer to a question that needs two processors, and what is said besides.
fn on_two_processors(question: &str, who: [&str; 2]) -> (Vec<Value>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_versus"));
    command.args([question, "--json", "--quick", "--repeat", "1"]);
    command.args(["--only", who[0], "--only", who[1]]);
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers = lines.lines().map(serde_json::from_str);
    (answers.map(|line| line.expect("JSON")).collect(), errors)
}

#[test]
fn late_answers_are_counted_under_the_same_load_for_all() {
    let (answers, errors) = on_two_processors("latency", ["yieldfrom", "raw-epoll"]);
    if errors.contains("this needs two processors") {
        return;
    }
    assert!(
        errors.contains("latency: the load is ") && errors.contains(" messages a second, half of"),
        "{errors}"
    );
    for who in ["yieldfrom", "raw-epoll"] {
        let answers: Vec<_> = answers.iter().filter(|it| it["who"] == who).collect();
        let values: Vec<_> = answers.iter().map(|it| it["value"].as_f64()).collect();
        assert_eq!(values.len(), 3, "{errors}");
        assert!(values.is_sorted(), "{values:?}");
        assert!(values[0] > Some(0.0));
    }
}

#[test]
fn two_cores_can_be_busy() {
    let (answers, errors) = on_two_processors("two-cores", ["yieldfrom", "tokio"]);
    if errors.contains("this needs two processors") {
        return;
    }
    assert_eq!(answers.len(), 2, "{errors}");
    for answer in &answers {
        assert_eq!(
            (&answer["case"], &answer["unit"]),
            (&"yields".into(), &"ns".into())
        );
        assert!(answer["value"].as_f64() > Some(0.0), "{answer}");
    }
}
