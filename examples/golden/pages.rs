//! Pages that play the runs of examples: what they hold, and that the examples print the same with them.

use std::collections::HashMap;
use std::fs;

use serde_json::Value;

use crate::harness::{run, scratch, stdout};
use crate::simulations::SIMULATIONS;

/// Runs an example with `--trace`, and returns the data of the page. It prints what it prints without.
fn page(name: &str, args: &[&str]) -> Value {
    let path = scratch(&format!("{name}.html"));
    let with_trace = [args, &["--trace", path.to_str().unwrap()]].concat();
    assert_eq!(stdout(name, &with_trace), stdout(name, args), "{name}");
    let page = fs::read_to_string(&path).expect("it was written");
    let (_, data) = page.split_once(r#"id="recording">"#).expect("a script");
    let (data, _) = data.split_once("</script>").expect("its end");
    let page: Value = serde_json::from_str(data).expect("it is JSON");
    assert_eq!(
        (&page["version"], &page["title"]),
        (&1.into(), &name.into())
    );
    page
}

/// Returns how many tracks of each kind there are.
fn tracks(page: &Value) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for track in page["tracks"].as_array().unwrap() {
        *counts.entry(track["kind"].as_str().unwrap()).or_default() += 1;
    }
    counts
}

fn events<'a>(page: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = page["events"].as_array().unwrap().iter();
    all.filter(move |event| event[1] == kind)
}

#[test]
fn the_spinner_is_cancelled_by_the_supervisor() {
    let page = page("spinner", &["--virtual-time"]);
    assert_eq!(
        (&page["kind"], &page["unit"]),
        (&"loop".into(), &"simulated".into())
    );
    assert_eq!(page["duration"], 3_000_000_000u64);
    assert_eq!(
        tracks(&page),
        HashMap::from([("task", 2), ("timer", 2), ("callback", 1)])
    );
    let name = |track: &Value| page["tracks"][track.as_u64().unwrap() as usize]["name"].clone();
    let cancelled: Vec<_> = events(&page, "cancel").collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(
        (name(&cancelled[0][2]), name(&cancelled[0][3])),
        ("Task-2".into(), "Task-1".into())
    );
    let slept = |wait: &&Value| wait[1] == "sleep 0.1 s" || wait[1] == "sleep 3 s";
    assert_eq!(
        page["waits"]
            .as_array()
            .unwrap()
            .iter()
            .filter(slept)
            .count(),
        2
    );
    let sources = page["sources"].as_array().unwrap();
    let line = |source: &Value| {
        source[2]
            .as_str()
            .unwrap()
            .contains("match co.yield_from(sleep(0.1)) {")
    };
    assert!(sources.iter().any(line), "{sources:?}");
}

#[test]
fn taxis_that_are_generators_are_sent_times_and_yield_events() {
    let page = page("taxi_sim", &["--seed", "3", "--end-time", "60"]);
    assert_eq!(page["kind"], "generators");
    assert_eq!(tracks(&page), HashMap::from([("generator", 3)]));
    let first = events(&page, "begin")
        .find(|event| event[3] == "send")
        .unwrap();
    assert!(first[4].as_str().unwrap().parse::<i64>().is_ok(), "{first}");
    let yielded = events(&page, "end")
        .find(|event| event[3] == "yielded")
        .unwrap();
    assert_eq!(
        yielded[6],
        "Event { time: 0, proc: 0, action: LeaveGarage }"
    );
    let closed = events(&page, "begin")
        .filter(|event| event[3] == "close")
        .count();
    assert!(closed > 0, "those that are out at the end");
}

#[test]
fn taxis_that_are_tasks_sleep_until_their_events() {
    let page = page("taxi_sim_loop", &["--seed", "3", "--end-time", "120"]);
    assert_eq!(page["kind"], "loop");
    assert!(tracks(&page)["task"] >= 3);
    assert!(events(&page, "timer").count() > 20);
}

#[test]
fn simulations_have_a_track_for_each_process() {
    for name in SIMULATIONS.into_iter().chain(["event_latency"]) {
        let page = page(name, &[]);
        assert_eq!(
            (&page["kind"], &page["unit"]),
            (&"simulation".into(), &"simulated".into())
        );
        assert!(tracks(&page)["process"] > 1, "{name}");
        assert!(
            events(&page, "begin").all(|event| event[3] == "resume"),
            "{name}"
        );
    }
}

#[test]
fn a_page_that_cannot_be_written_is_said_before_the_run() {
    for name in [
        "taxi_sim",
        "taxi_sim_loop",
        "carwash",
        "event_latency",
        "chat",
    ] {
        let output = run(name, &["--trace", "/no/such/folder/run.html"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("/no/such/folder/run.html"), "{errors}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            !printed.contains("taxi: 0") && !printed.contains("Serving"),
            "{printed}"
        );
    }
}
