//! Recordings that reach their limit.

use yieldfrom::trace::{Keep, TraceOptions};
use yieldfrom::{Co, EventLoop, Result, Trace, create_task, sleep, yield_now};

use super::Chrome;
use super::page::Page;
use crate::support::{millis, virtual_loop};

/// Records tasks that come and go beside two that stay.
fn crowd(options: TraceOptions, rounds: u64) -> Trace {
    let event_loop = virtual_loop();
    event_loop.start_trace(options).unwrap();
    let main = move |co: &Co| -> Result<()> {
        let stays = create_task(|co: &Co| co.yield_from(sleep(millis(1_000_000_000))));
        stays.set_name("stays");
        for round in 0..rounds {
            let task = create_task(move |co: &Co| {
                co.yield_from(yield_now())?;
                co.yield_from(sleep(millis(round % 7)))
            });
            task.set_name(format!("a name that is long, and of task {round} only"));
            co.yield_from(task)?;
        }
        stays.cancel();
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    event_loop.stop_trace().unwrap()
}

#[test]
fn the_oldest_events_stay_by_default() {
    let trace = crowd(TraceOptions::new().memory(100_000), 5_000);
    let page = Page::of(&trace);
    assert!(trace.len() > 500 && trace.len() < 100_000 / 24, "{trace:?}");
    assert!(trace.dropped() > 20_000, "{trace:?}");
    let limit = &page.whole["limit"];
    assert_eq!(
        (&limit["kept"], &limit["bytes"]),
        (&"oldest".into(), &100_000.into())
    );
    assert_eq!(limit["dropped"], trace.dropped());
    let names: Vec<_> = page
        .list("tracks")
        .iter()
        .map(|track| &track["name"])
        .collect();
    assert!(
        names
            .iter()
            .any(|name| name.as_str().unwrap().contains("of task 0 only"))
    );
    assert!(
        !names
            .iter()
            .any(|name| name.as_str().unwrap().contains("of task 4999 only"))
    );
}

#[test]
fn the_newest_events_stay_if_that_is_wanted() {
    for memory in [30_000, 100_000, 1_000_000] {
        let options = TraceOptions::new().memory(memory).keep(Keep::Newest);
        let trace = crowd(options, 5_000);
        let page = Page::of(&trace);
        assert!(trace.len() > 300 && trace.len() < memory / 24, "{trace:?}");
        assert!(trace.dropped() > 1_000, "{trace:?}");
        let last = page.list("tracks").iter().rev().take(20);
        let last: Vec<_> = last.map(|track| track["name"].as_str().unwrap()).collect();
        assert!(
            last.iter().any(|name| name.contains("of task 4999 only")),
            "{last:?}"
        );
        let story = page.story();
        let stays = story
            .iter()
            .position(|line| line == "made stays by -")
            .unwrap();
        let waits = story
            .iter()
            .position(|line| line.starts_with("end stays waits for sleep"));
        assert!(
            stays < waits.unwrap(),
            "what has waited since before is known"
        );
        assert!(
            story.iter().any(|line| line == "cancel stays by Task-1"),
            "{memory}"
        );
        let note = Chrome::of(&trace).whole["otherData"]["note"].clone();
        assert!(note.as_str().unwrap().starts_with("the last "), "{note}");
    }
}

#[test]
fn a_limit_on_events_holds_to_the_event() {
    for keep in [Keep::Oldest, Keep::Newest] {
        for most in [0, 1, 2, 7, 100, 5_000] {
            let trace = crowd(TraceOptions::from(most).keep(keep), 1_000);
            assert!(trace.len() <= most, "{keep:?} {most}: {trace:?}");
            assert!(
                most < 10 || trace.len() > most / 2,
                "{keep:?} {most}: {trace:?}"
            );
            assert!(trace.dropped() > 0);
            drop(Page::unchecked(&trace));
            drop(Chrome::of(&trace));
        }
    }
}

#[test]
fn tasks_that_stay_alive_do_not_break_the_limit() {
    for keep in [Keep::Oldest, Keep::Newest] {
        let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
        let options = TraceOptions::new().memory(50_000).keep(keep);
        event_loop.start_trace(options).unwrap();
        let main = |co: &Co| {
            let sleeper = || create_task(|co: &Co| co.yield_from(sleep(millis(5))));
            let tasks: Vec<_> = (0..3_000).map(|_| sleeper()).collect();
            tasks.into_iter().try_for_each(|task| co.yield_from(task))
        };
        event_loop.run_until_complete(main).unwrap();
        let trace = event_loop.stop_trace().unwrap();
        let page = Page::unchecked(&trace);
        assert!(page.list("tracks").len() < 1_000, "{trace:?}");
        assert!(trace.dropped() > 1_000, "{trace:?}");
    }
}
