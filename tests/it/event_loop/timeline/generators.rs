//! Generators that are driven by hand: recorded by themselves, and in the trace of a loop.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use serde_json::{Value, json};
use yieldfrom::trace::TraceOptions;
use yieldfrom::{
    Builder, Co, CoroutineBuilder, EventLoop, Generator, Result, RuntimeError, create_task,
    record_generators, sleep, yield_now,
};

use super::Chrome;
use super::page::Page;
use super::trace_files::{picture, read};
use crate::support::{failed_with, secs};

/// The line of its yield.
const YIELD: u32 = line!() + 6;

/// Yields the average of what it was sent.
fn averager(co: &Co<f64, f64>) -> Result<()> {
    let (mut total, mut count, mut average) = (0.0, 0.0, 0.0);
    loop {
        total += co.yield_(average)?;
        count += 1.0;
        average = total / count;
    }
}

/// Drives an averager by hand in each step.
fn reporter(co: &Co<f64>) -> Result<()> {
    let average = Generator::new(averager).primed()?;
    for n in [10.0, 30.0] {
        let value = average.send(n)?.yielded().expect("it yields for ever");
        co.yield_(value)?;
    }
    Ok(())
}

/// Returns the operations on a track with their arguments.
fn operations<'a>(chrome: &'a Chrome, name: &str) -> Vec<(&'a str, &'a Value)> {
    let track = chrome.track(name);
    let all = chrome.all("X", "generator").into_iter();
    all.filter(|event| event["tid"] == track)
        .map(|event| (event["name"].as_str().unwrap(), &event["args"]))
        .collect()
}

fn at(line: u32) -> String {
    format!("{}:{line}", file!())
}

#[test]
fn each_operation_is_an_event_with_the_line_of_the_yield() {
    let recording = record_generators(None).unwrap();
    let average = Generator::new(averager);
    let made = line!() - 1;
    average.next().unwrap();
    average.send(10.0).unwrap();
    average.close().unwrap();
    let trace = recording.stop();
    average.next().unwrap_err();
    let chrome = Chrome::of(&trace);
    let (made, suspended) = (at(made), at(YIELD));
    let yielded = json!({ "made": made, "outcome": "yielded", "suspended": suspended });
    let closed = json!({ "made": made, "outcome": "returned", "ended": true });
    let expected = [("next", &yielded), ("send", &yielded), ("close", &closed)];
    assert_eq!(operations(&chrome, "Generator-1 averager()"), expected);
    assert_eq!(chrome.whole["otherData"]["clock"], "monotonic");
    let has_loop = |event: &Value| event["args"]["name"] == "event loop";
    assert!(!chrome.events().iter().any(has_loop));
    assert_eq!(trace.generator_names(), ["averager"]);
    assert!(trace.task_names().is_empty());
}

/// Checks that what an arrow leads to lies inside of what it comes from.
fn check_arrows(chrome: &Chrome) -> usize {
    let find = |end: &Value| {
        let is_it = |event: &&Value| {
            event["ph"] == "X" && event["tid"] == end["tid"] && event["ts"] == end["ts"]
        };
        let event = chrome.events().iter().rfind(is_it).unwrap();
        let begin = event["ts"].as_f64().unwrap();
        (begin, begin + event["dur"].as_f64().unwrap())
    };
    let (starts, ends) = (chrome.all("s", "drive"), chrome.all("f", "drive"));
    for (from, to) in starts.iter().zip(&ends) {
        let (outer, inner) = (find(from), find(to));
        assert!(
            outer.0 <= inner.0 && inner.1 <= outer.1 + 0.01,
            "{from} {to}"
        );
    }
    starts.len()
}

#[test]
fn operations_inside_operations_lie_there() {
    let recording = record_generators(None).unwrap();
    for value in Generator::new(reporter) {
        value.unwrap();
    }
    let trace = recording.stop();
    let chrome = Chrome::of(&trace);
    assert_eq!(trace.generator_names(), ["reporter", "averager"]);
    let names = |track| -> Vec<_> {
        let operations = operations(&chrome, track).into_iter();
        operations.map(|(name, _)| name).collect()
    };
    assert_eq!(names("Generator-1 reporter()"), ["next"; 3]);
    assert_eq!(
        names("Generator-2 averager()"),
        ["next", "send", "send", "close"]
    );
    assert_eq!(check_arrows(&chrome), 4, "all of the averager");
}

#[test]
fn a_loops_trace_has_the_generators_that_its_entries_drive() {
    let builder = EventLoop::builder().virtual_clock().trace(None);
    let event_loop = builder.build().unwrap();
    let reports = Generator::new(reporter);
    let again = reports.clone();
    event_loop.call_soon(move || drop(again.next())).unwrap();
    let main = move |co: &Co| {
        co.yield_from(sleep(secs(1)))?;
        assert_eq!(reports.next()?.yielded(), Some(20.0));
        co.yield_from(sleep(secs(1)))
    };
    let main = CoroutineBuilder::new().name("main").build(main);
    event_loop.run_until_complete(main).unwrap();
    let outside = Generator::new(averager).primed().unwrap();
    let trace = event_loop.stop_trace().unwrap();
    drop(outside);
    assert_eq!(trace.task_names(), ["Task-1"]);
    assert_eq!(trace.generator_names(), ["reporter", "averager"]);
    let chrome = Chrome::of(&trace);
    let reports = chrome.on(chrome.track("Generator-1 reporter()"));
    let begins: Vec<_> = reports.iter().map(|(.., begin, _)| *begin).collect();
    assert_eq!(
        begins,
        [0.0, 1000.0, 2000.0],
        "a callback, a step, and the drop of the task"
    );
    assert_eq!(check_arrows(&chrome), 7);
    let (texts, count) = (
        picture(&trace),
        "1 tasks, 2 generators, loop's virtual time",
    );
    assert!(read(&texts).0.iter().any(|text| text == count), "{texts}");
}

#[test]
fn the_coroutines_of_tasks_are_not_driven_by_hand() {
    let event_loop = EventLoop::builder().trace(None).build().unwrap();
    let main = |co: &Co| {
        let sleeper = || create_task(|co: &Co| co.yield_from(sleep(secs(100))));
        let (started, not_started) = (sleeper(), sleeper());
        not_started.cancel();
        co.yield_from(yield_now())?;
        let late = sleeper();
        late.cancel();
        started.cancel();
        co.yield_from(yield_now())
    };
    event_loop.run_until_complete(main).unwrap();
    let trace = event_loop.stop_trace().unwrap();
    assert_eq!(trace.generator_names(), [""; 0]);
    assert_eq!(trace.task_names().len(), 4);
}

#[test]
fn a_thread_has_one_recording_at_a_time() {
    let first = record_generators(None).unwrap();
    assert!(failed_with::<RuntimeError, _>(record_generators(None)));
    Generator::new(averager).next().unwrap();
    let (made, operations) = (1, 2 * 2);
    assert_eq!(first.stop().len(), made + operations, "with the drop");
    drop(record_generators(None).unwrap());
    assert!(record_generators(None).unwrap().stop().is_empty());
}

#[test]
fn during_a_turn_of_a_traced_loop_only_the_loop_records() {
    let recording = record_generators(None).unwrap();
    let event_loop = EventLoop::builder().trace(None).build().unwrap();
    let prime = |_: &Co| {
        assert!(failed_with::<RuntimeError, _>(record_generators(None)));
        Generator::new(averager).primed().map(drop)
    };
    event_loop.run_until_complete(prime).unwrap();
    Generator::new(reporter).next().unwrap();
    let stop = move |_: &Co| {
        let names = recording.stop().generator_names().join(" ");
        assert_eq!(names, "reporter averager");
        Ok(())
    };
    event_loop.run_until_complete(stop).unwrap();
    assert_eq!(
        event_loop.stop_trace().unwrap().generator_names(),
        ["averager"]
    );
    // The recording was not in its place when it was stopped. The next operation removes it.
    Generator::new(averager).next().unwrap();
    drop(record_generators(None).unwrap());
}

#[test]
fn a_trace_that_ends_in_a_panic_is_whole() {
    let event_loop = EventLoop::builder().trace(None).build().unwrap();
    let broken = || Generator::<i32>::new(|_| resume_unwind(Box::new("broken")));
    let main = move |_: &Co| {
        let caught = catch_unwind(AssertUnwindSafe(|| broken().next()));
        assert!(caught.is_err());
        broken().next().map(drop)
    };
    assert!(event_loop.run_until_complete(main).is_err());
    drop(record_generators(None).expect("the turn has restored what was there"));
    let trace = event_loop.stop_trace().unwrap();
    let chrome = Chrome::of(&trace);
    for track in ["Generator-1", "Generator-2"] {
        let track = format!("{track} a_trace_that_ends_in_a_panic_is_whole()");
        let args = operations(&chrome, &track)[0].1;
        assert_eq!(
            (&args["panicked"], &args["outcome"]),
            (&json!(true), &json!("panicked"))
        );
    }
    let failed = read(&picture(&trace)).1("failed");
    assert_eq!(failed, 4, "the step as well, and one in the legend");
}

#[test]
fn memory_of_a_recording_is_bounded() {
    let recording = record_generators(10).unwrap();
    for _ in 0..100 {
        let g = Builder::new()
            .name("a name that nobody keeps")
            .build(averager);
        g.next().unwrap();
    }
    let trace = recording.stop();
    assert_eq!(trace.len(), 10);
    assert!(trace.dropped() >= 4 * 100 - 10, "{trace:?}");
    assert_eq!(trace.generator_names().len(), 2);
}

#[test]
fn a_picture_of_generators_has_no_row_for_a_loop() {
    let recording = record_generators(None).unwrap();
    for value in Generator::new(reporter) {
        value.unwrap();
    }
    let picture = picture(&recording.stop());
    let (texts, count) = read(&picture);
    for text in [
        "2 generators, time",
        "Generator-1 reporter()",
        "next, send, ...",
    ] {
        assert!(texts.iter().any(|it| it == text), "{text}: {texts:?}");
    }
    assert!(
        !texts
            .iter()
            .any(|text| text == "event loop" || text == "turn of the loop")
    );
    assert!(
        count("operation") > 3 && count("step") == 0,
        "one of them is in the legend"
    );
}

#[test]
fn values_are_shown_where_their_type_is_known() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "it is shown")]
    struct Fare(u32);
    struct Unknown;

    let recording = record_generators(TraceOptions::new().show::<Fare>()).unwrap();
    let taxi: Generator<Fare, i64, Unknown> = Generator::new(|co| {
        let trips = co.yield_(Fare(12))?;
        let _caught = co.yield_(Fare(trips as u32));
        Ok(Unknown)
    });
    taxi.next().unwrap();
    taxi.send(3).unwrap();
    taxi.throw(std::io::Error::other("no fuel")).unwrap();
    let page = Page::of(&recording.stop());
    let events = page
        .list("events")
        .iter()
        .filter(|event| event[1] != "made");
    let values: Vec<_> = events
        .map(|event| {
            if event[1] == "begin" {
                &event[4]
            } else {
                &event[6]
            }
        })
        .collect();
    let expected = [
        json!(null),
        json!("Fare(12)"),
        json!("3"),
        json!("Fare(3)"),
        json!("no fuel"),
        json!(null),
    ];
    assert_eq!(values, expected.iter().collect::<Vec<_>>());
}
