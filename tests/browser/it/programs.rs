//! Recordings of real programs, played from the first event to the last.

use std::time::Duration;

use serde_json::json;
use yieldfrom::net::UnixStream;
use yieldfrom::simulation::{Co as SimCo, Environment, Resource};
use yieldfrom::trace::{Keep, TraceOptions};
use yieldfrom::{
    Co, EventLoop, Generator, Result, Trace, ValueError, create_task, record_generators,
    record_simulation, sleep, yield_now,
};

use crate::page::Page;
use crate::reference::Reference;

/// Opens the page, compares each step with the recording, and returns the sentences.
fn played(trace: &Trace) -> Option<(Page, Vec<String>)> {
    let (page, recording) = Page::of_trace(trace)?;
    let all = page.shown_at_all_steps();
    let events = recording["events"].as_array().expect("events");
    assert!(!events.is_empty() && all.len() == events.len() + 1);
    for (step, shown) in all.iter().enumerate() {
        Reference::after(&recording, step).assert_is(shown);
    }
    let sentences = all.iter().map(|shown| shown["sentence"].as_str());
    let sentences = sentences.map(|sentence| sentence.expect("a sentence").to_owned());
    let sentences = sentences.collect();
    page.browser.assert_quiet();
    Some((page, sentences))
}

#[track_caller]
fn assert_tells(sentences: &[String], expected: &[&str]) {
    let mut rest = sentences.iter();
    for expected in expected {
        let is_there = rest.any(|sentence| sentence == expected);
        assert!(
            is_there,
            "{expected:?} is missing, or too early, in {sentences:#?}"
        );
    }
}

fn spin(co: &Co) -> Result<()> {
    loop {
        co.yield_from(sleep(0.1))?;
    }
}

fn slow_function(co: &Co) -> Result<i32> {
    co.yield_from(sleep(0.25))?;
    Ok(42)
}

fn failing(co: &Co) -> Result<()> {
    co.yield_from(yield_now())?;
    Err(ValueError::new("no number").into())
}

fn supervisor(co: &Co) -> Result<i32> {
    let spinner = create_task(spin);
    let broken = create_task(failing);
    let answer = co.yield_from(slow_function)?;
    spinner.cancel();
    assert!(co.yield_from(broken).is_err());
    Ok(answer)
}

#[test]
fn a_loop_on_a_virtual_clock() -> Result<()> {
    let event_loop = EventLoop::builder().virtual_clock().trace(None).build()?;
    assert_eq!(event_loop.run_until_complete(supervisor)?, 42);
    event_loop.run_until_complete(|co: &Co| co.yield_from(sleep(0.001)))?;
    let Some((page, sentences)) = played(&event_loop.stop_trace()?) else {
        return Ok(());
    };
    assert_tells(
        &sentences,
        &[
            "The main program makes the task supervisor().",
            "Turn 1 of the loop begins: it takes the one entry of the ready queue.",
            "The loop takes supervisor() from the ready queue: it runs for the first time.",
            "supervisor() makes the task spin().",
            "spin() goes to the ready queue: it is new, and will run for the first time.",
            "failing() ends with an error: no number.",
            "The timer of spin() is due: it goes to the ready queue.",
            "The timer of spin() wakes spin(): spin() goes to the ready queue.",
            "supervisor() asks for spin() to be cancelled.",
            "The timer of spin() is cancelled.",
            "spin() ends: it was cancelled.",
        ],
    );
    let calls = "The loop takes the callback DoneFn programs.rs:";
    assert!(sentences.iter().any(|sentence| sentence.starts_with(calls)));
    // The line where the first sleep is, with its text.
    let waits = sentences
        .iter()
        .position(|sentence| sentence.starts_with("spin() waits"));
    page.go_to(waits.expect("a wait"));
    let line = page.browser.text("#source [aria-current]");
    assert!(line.contains("co.yield_from(sleep(0.1))?;"), "{line}");
    Ok(())
}

fn reader(stream: &UnixStream, co: &Co) -> Result<usize> {
    let mut buffer = [0; 8];
    co.yield_from(stream.read(&mut buffer))
}

#[test]
fn sockets_that_a_task_waits_for() -> Result<()> {
    let event_loop = EventLoop::builder().trace(None).build()?;
    event_loop.run_until_complete(|co: &Co| {
        let (one, other) = UnixStream::pair()?;
        let reading = create_task(move |co: &Co| reader(&one, co));
        reading.set_name("reading");
        co.yield_from(sleep(Duration::from_millis(5)))?;
        co.yield_from(other.write_all(b"abc"))?;
        assert_eq!(co.yield_from(reading)?, 3);
        Ok(())
    })?;
    let Some((page, sentences)) = played(&event_loop.stop_trace()?) else {
        return Ok(());
    };
    let asks = sentences
        .iter()
        .position(|sentence| sentence.starts_with("reading asks the loop to tell it when socket"));
    page.go_to(asks.expect("it waits for a socket"));
    let sockets = page.shown()["sockets"].clone();
    assert_eq!(sockets[0][2], json!("read"), "{sockets}");
    let woken =
        |sentence: &String| sentence.ends_with("can be read: reading goes to the ready queue.");
    assert!(sentences.iter().any(woken), "{sentences:#?}");
    Ok(())
}

fn averager(co: &Co<f64, f64>) -> Result<()> {
    let (mut total, mut count, mut average) = (0.0, 0.0, 0.0);
    loop {
        total += co.yield_(average)?;
        count += 1.0;
        average = total / count;
    }
}

#[test]
fn generators_with_their_values() -> Result<()> {
    let recording = record_generators(None)?;
    let average = Generator::new(averager);
    average.next()?;
    average.send(10.0)?;
    average.send(30.0)?;
    average.close()?;
    let Some((_, sentences)) = played(&recording.stop()) else {
        return Ok(());
    };
    let sends = |sentence: &&String| {
        sentence.contains("sends 30.0 to averager(): it goes on at programs.rs:")
    };
    assert_eq!(sentences.iter().filter(sends).count(), 1, "{sentences:#?}");
    let yields =
        |sentence: &&String| sentence.starts_with("averager() yields 20.0 at programs.rs:");
    assert_eq!(sentences.iter().filter(yields).count(), 1, "{sentences:#?}");
    assert_tells(&sentences, &["The main program closes averager()."]);
    Ok(())
}

#[test]
fn processes_of_a_simulation() -> Result<()> {
    let env = Environment::new();
    let recording = record_simulation(&env, None);
    let desk = Resource::new(&env, 1)?;
    for name in ["first", "second"] {
        let (handle, desk) = (env.handle(), desk.clone());
        env.named_process(name, move |co: &SimCo| {
            let request = desk.request();
            co.yield_from(&request)?;
            co.yield_from(handle.timeout(5))
        });
    }
    env.run()?;
    let Some((page, sentences)) = played(&recording.stop()) else {
        return Ok(());
    };
    assert!(
        sentences
            .iter()
            .any(|sentence| sentence.starts_with("The simulation resumes second"))
    );
    let summary = page.browser.text("#summary");
    assert!(
        summary.starts_with("2 processes") && summary.ends_with("of simulated time"),
        "{summary}"
    );
    Ok(())
}

#[test]
fn a_recording_without_its_beginning() -> Result<()> {
    let options = TraceOptions::new().events(300).keep(Keep::Newest);
    let event_loop = EventLoop::builder()
        .virtual_clock()
        .trace(options)
        .build()?;
    event_loop.run_until_complete(|co: &Co| {
        let tasks: Vec<_> = (0..5).map(|_| create_task(spin)).collect();
        co.yield_from(sleep(60))?;
        for task in tasks {
            task.cancel();
        }
        co.yield_from(sleep(0.001))
    })?;
    let trace = event_loop.stop_trace()?;
    let dropped = trace.dropped();
    let Some((page, _)) = played(&trace) else {
        return Ok(());
    };
    let missing = page.browser.text("#missing");
    assert!(
        dropped > 1_000 && missing.ends_with("events before the ones shown are missing."),
        "{missing}"
    );
    let rows = page.shown()["tasks"].as_array().expect("rows").len();
    assert_eq!(rows, 6, "all tasks are there");
    let range = page.browser.text("#range");
    assert!(range.starts_with("All: 59."), "{range}");
    Ok(())
}
