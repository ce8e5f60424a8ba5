//! Timelines of the spinner and of the flag downloads.

use std::fs;
use std::path::Path;

use roxmltree::Document;
use serde_json::Value;

use crate::harness::{run, scratch, stdout};

/// The slices of a Chrome trace, and the names of its tracks.
struct Chrome {
    slices: Vec<Value>,
    tracks: Vec<String>,
}

fn read(path: &Path) -> Chrome {
    let whole: Value = serde_json::from_slice(&fs::read(path).expect("it was written")).unwrap();
    let events = whole["traceEvents"].as_array().expect("an array");
    let all = |key: &str, value: &str| {
        let wanted = events.iter().filter(|event| event[key] == value);
        wanted.cloned().collect::<Vec<_>>()
    };
    assert_eq!(all("ph", "s").len(), all("ph", "f").len());
    assert!(all("ph", "B").is_empty() && all("ph", "E").is_empty());
    let name = |event: &Value| event["args"]["name"].as_str().unwrap().to_owned();
    Chrome {
        slices: all("ph", "X"),
        tracks: all("name", "thread_name").iter().map(name).collect(),
    }
}

impl Chrome {
    /// Returns the events of a track, which follow each other in time, as name and milliseconds.
    fn on(&self, track: &str) -> Vec<(String, f64)> {
        let number = self.tracks.iter().position(|name| name == track);
        let number = number.unwrap_or_else(|| panic!("{track}: {:?}", self.tracks));
        let slices = self.slices.iter().filter(|slice| slice["tid"] == number);
        let mut last = 0.0;
        slices
            .map(|slice| {
                let (begin, took) = (
                    slice["ts"].as_f64().unwrap(),
                    slice["dur"].as_f64().unwrap(),
                );
                assert!(took >= 0.0 && last <= begin + 0.01, "{slice} after {last}");
                last = begin + took;
                (slice["name"].as_str().unwrap().to_owned(), took / 1e3)
            })
            .collect()
    }
}

#[test]
fn the_spinners_timeline_shows_its_steps_and_sleeps() {
    let path = scratch("spinner.json");
    let printed = stdout(
        "spinner",
        &["--virtual-time", "--trace", path.to_str().unwrap()],
    );
    assert!(printed.ends_with("Answer: 42\n"));
    let chrome = read(&path);
    assert_eq!(
        chrome.tracks,
        ["event loop", "Task-1 supervisor()", "Task-2 spin()"]
    );
    let supervisor = chrome.on("Task-1 supervisor()");
    let expected = [("supervisor", 0.0), ("sleep", 3_000.0), ("supervisor", 0.0)];
    let expected = expected.map(|(name, took)| (name.to_owned(), took));
    assert_eq!(supervisor, expected);
    let spin = chrome.on("Task-2 spin()");
    let sleeps = spin
        .iter()
        .filter(|(name, took)| name == "sleep" && *took == 100.0);
    assert_eq!(sleeps.count(), 30);
    let steps = spin.iter().filter(|(name, _)| name == "spin").count();
    assert_eq!(steps, 31, "{spin:?}");
}

#[test]
fn the_spinners_picture_shows_them_too() {
    let path = scratch("spinner.svg");
    stdout(
        "spinner",
        &["--virtual-time", "--trace", path.to_str().unwrap()],
    );
    let picture = fs::read_to_string(&path).unwrap();
    let document = Document::parse(&picture).expect("it is XML");
    let bars = |class: &str| {
        let bars = document
            .descendants()
            .filter(|node| node.has_tag_name("rect"));
        bars.filter(|bar| bar.attribute("class") == Some(class))
            .count()
    };
    // With the one in the legend.
    assert_eq!(bars("sleep"), 1 + 1 + 30);
    for text in ["Task-1 supervisor()", "Task-2 spin()", "2 s"] {
        assert!(picture.contains(text), "{text}");
    }
}

#[test]
fn a_timeline_that_cannot_be_written_is_said_before_the_run() {
    let output = run(
        "spinner",
        &["--virtual-time", "--trace", "/no/such/folder/spinner.json"],
    );
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "{output:?}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("/no/such/folder/spinner.json"), "{errors}");
    let output = run("flags", &["--trace", "/no/such/folder/flags.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{output:?}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("flags: ") && errors.contains("/no/such/folder/flags.json"));
}

#[test]
fn a_full_disk_is_said_after_the_result() {
    let output = run("spinner", &["--virtual-time", "--trace", "/dev/full"]);
    assert!(!output.status.success());
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.ends_with("Answer: 42\n"), "{printed}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/full"));
    let args = [
        "--limit",
        "2",
        "--delay",
        "1",
        "--no-progress",
        "--trace",
        "/dev/full",
    ];
    let output = run("flags", &args);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("flags2"),
        "{output:?}"
    );
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("/dev/full"),
        "{output:?}"
    );
}

#[test]
fn the_flags_timeline_shows_every_download() {
    for form in ["yieldfrom", "flags2"] {
        let path = scratch(&format!("flags_{form}.json"));
        let trace = path.to_str().unwrap();
        let args = [
            "--limit",
            "5",
            "--delay",
            "5",
            "--no-progress",
            "--trace",
            trace,
        ];
        let form_args = [&args[..], &["--form", form]].concat();
        stdout("flags", &form_args);
        let chrome = read(&path);
        let downloads = chrome
            .tracks
            .iter()
            .filter(|name| name.ends_with(" download_one()"));
        let downloads: Vec<&String> = downloads.collect();
        assert_eq!(downloads.len(), 5, "{form}: {:?}", chrome.tracks);
        for download in downloads {
            let slices = chrome.on(download);
            let reads = |(name, _): &&(String, f64)| name == "StreamReader.read";
            assert!(
                slices.iter().any(|slice| reads(&slice)),
                "{form}: {slices:?}"
            );
            let saved = slices.iter().any(|(name, _)| name == "run_in_executor");
            assert_eq!(saved, form == "flags2", "{slices:?}");
        }
    }
}

#[test]
fn a_form_without_a_loop_has_no_timeline() {
    for form in ["sequential", "threads"] {
        let output = run("flags", &["--form", form, "--trace", "none.json"]);
        assert_eq!(output.status.code(), Some(2));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("have a loop to trace"), "{errors}");
        assert!(!Path::new("none.json").exists());
    }
}
