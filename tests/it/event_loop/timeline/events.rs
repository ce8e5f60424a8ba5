//! Each kind of event of a recording.

use serde_json::Value;
use yieldfrom::trace::TraceOptions;
use yieldfrom::{
    Co, CoroutineBuilder, EventLoop, Future, Lock, Queue, Result, create_task, first,
    record_generators, sleep, yield_now,
};

use super::page::Page;
use crate::support::{log_of, millis};

/// Records the run of a body on a virtual clock.
fn page(body: impl FnOnce(&Co) -> Result<()> + 'static) -> Page {
    let builder = EventLoop::builder().virtual_clock();
    let event_loop = builder.trace(TraceOptions::new()).build().unwrap();
    let main = CoroutineBuilder::new().name("main").build(body);
    event_loop.run_until_complete(main).unwrap();
    Page::of(&event_loop.stop_trace().unwrap())
}

fn named(name: &str, body: impl FnOnce(&Co) -> Result<()> + 'static) -> yieldfrom::Task<()> {
    let task = create_task(body);
    task.set_name(name);
    task
}

#[test]
fn a_task_is_made_sleeps_and_ends() {
    let page = page(|co| {
        let sleeper = named("sleeper", |co| co.yield_from(sleep(millis(100))));
        co.yield_from(sleeper)
    });
    let story = page.story();
    let done = story
        .iter()
        .position(|line| line == "end sleeper result")
        .unwrap();
    let expected = [
        "made Task-1 by -",
        "ready Task-1 made by -",
        "begin Task-1",
        "made sleeper by Task-1",
        "ready sleeper made by Task-1",
        "end Task-1 waits for task sleeper of sleeper",
        "begin sleeper",
        "timer sleeper 100",
        "end sleeper waits for sleep sleep 0.1 s",
        "ready timer of sleeper timer by -",
        "begin timer of sleeper",
        "ready sleeper timer by timer of sleeper",
        "end timer of sleeper result",
        "begin sleeper",
        "ready Task-1 woken by sleeper",
        "end sleeper result",
    ];
    assert_eq!(story[..=done], expected);
}

#[test]
fn who_gives_way_is_ready_again() {
    let page = page(|co| co.yield_from(yield_now()));
    let story = page.story();
    let steps = [
        "end Task-1 yielded",
        "ready Task-1 again by Task-1",
        "begin Task-1",
    ];
    assert_eq!(story[3..6], steps, "{story:#?}");
}

#[test]
fn a_stop_has_the_whole_chain_of_delegations() {
    let line = line!() + 1;
    let nap = |co: &Co| co.yield_from(sleep(millis(1)));
    let page = page(move |co| co.yield_from(nap));
    let stop = |event: &&Value| event[1] == "end" && event[3] == "waits";
    let event = page.list("events").iter().find(stop).unwrap();
    let chain = page.chain(&event[4]);
    let inner = chain.last().unwrap();
    assert_eq!(chain.len(), 2, "{chain:?}");
    assert_eq!((&*chain[0].0, chain[0].1), ("main", u64::from(line) + 1));
    assert_eq!(inner.1, u64::from(line));
}

#[test]
fn a_page_has_the_lines_that_occur_and_those_around() {
    let line = u64::from(line!()) + 1;
    let page = page(|co| co.yield_from(sleep(millis(1))));
    let file = page
        .list("files")
        .iter()
        .position(|it| *it == file!())
        .unwrap();
    let text = |line: u64| {
        let found = page
            .list("sources")
            .iter()
            .find(|it| it[0] == file && it[1] == line);
        found.map(|it| it[2].as_str().unwrap().trim())
    };
    let here = "let page = page(|co| co.yield_from(sleep(millis(1))));";
    assert_eq!(text(line), Some(here));
    assert_eq!(text(line - 1), Some("let line = u64::from(line!()) + 1;"));
}

#[test]
fn a_cancellation_says_who_asked_for_it() {
    let page = page(|co| {
        let sleeper = named("sleeper", |co| co.yield_from(sleep(millis(100))));
        co.yield_from(yield_now())?;
        sleeper.cancel();
        assert!(co.yield_from(sleeper).is_err());
        Ok(())
    });
    let story = page.story();
    let at = story
        .iter()
        .position(|line| line == "cancel sleeper by Task-1")
        .unwrap();
    assert_eq!(story[at + 1], "untimer sleeper");
    assert_eq!(story[at + 2], "ready sleeper cancelled by Task-1");
    assert!(
        story.iter().any(|line| line == "end sleeper cancelled"),
        "{story:#?}"
    );
}

#[test]
fn a_cancellation_goes_on_to_what_the_task_waits_for() {
    let page = page(|co| {
        let inner = named("inner", |co| co.yield_from(Future::<()>::new()));
        let outer = named("outer", move |co| co.yield_from(inner));
        co.yield_from(yield_now())?;
        co.yield_from(yield_now())?;
        outer.cancel();
        assert!(co.yield_from(outer).is_err());
        Ok(())
    });
    let story = page.story();
    let lines = [
        "cancel outer by Task-1",
        "cancel inner by Task-1",
        "ready inner cancelled by Task-1",
    ];
    let at = story.iter().position(|line| line == lines[0]).unwrap();
    assert_eq!(story[at..at + 3], lines, "{story:#?}");
}

#[test]
fn a_branch_that_never_begins_has_ended() {
    let page = page(|co| {
        let queue = Queue::new();
        queue.put_nowait(1)?;
        let never = |_: &Co| -> Result<()> { unreachable!("the item is there") };
        co.yield_from(first((queue.get(), never))).map(drop)
    });
    let story = page.story();
    let ended = story.iter().position(|line| line == "end Task-2 cancelled");
    let main = story.iter().position(|line| line == "end Task-1 result");
    assert!(ended.is_some() && ended < main, "{story:#?}");
}

#[test]
fn errors_are_shown_and_panics_too() {
    let (_, page) = log_of(|| {
        page(|co| {
            let failing = named("failing", |_| Err(std::io::Error::other("no fuel").into()));
            let broken = named("broken", |_| panic!("no wheels"));
            assert!(co.yield_from(failing).is_err() && co.yield_from(broken).is_err());
            Ok(())
        })
    });
    let end = |name: &str, how: &str| {
        let line = format!("end {name} {how}");
        let is_it = |event: &&Value| page.say(event) == line;
        page.list("events")
            .iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("{:#?}", page.story()))
    };
    assert_eq!(end("failing", "error")[6], "no fuel");
    assert_eq!(end("broken", "panicked")[6], Value::Null);
}

#[test]
fn a_wait_for_a_lock_leads_to_its_holder() {
    let page = page(|co| {
        let lock = Lock::new();
        let other = lock.clone();
        let holder = named("holder", move |co| {
            let _guard = co.yield_from(other.acquire())?;
            co.yield_from(sleep(millis(5)))
        });
        co.yield_from(yield_now())?;
        drop(co.yield_from(lock.acquire())?);
        co.yield_from(holder)
    });
    let line = "end Task-1 waits for lock Lock.acquire of <Lock locked, waiters:1> of holder";
    assert!(
        page.story().iter().any(|it| it == line),
        "{:#?}",
        page.story()
    );
}

#[test]
fn a_recording_that_begins_late_says_what_is_there() {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let sleeper = event_loop.create_task(|co: &Co| co.yield_from(sleep(millis(1_000))));
    sleeper.set_name("sleeper");
    event_loop.run_until_complete(sleep(millis(300))).unwrap();
    event_loop.start_trace(None).unwrap();
    event_loop.run_until_complete(&sleeper).unwrap();
    let page = Page::of(&event_loop.stop_trace().unwrap());
    let story = page.story();
    let expected = [
        "made sleeper by -",
        "timer sleeper 700",
        "end sleeper waits for sleep sleep 0.7 s",
    ];
    assert_eq!(story[..3], expected, "{story:#?}");
}

#[test]
fn generators_have_their_operations() {
    let recording = record_generators(None).unwrap();
    let g: yieldfrom::Generator<i32, i32> = yieldfrom::Generator::new(|co| co.yield_(1).map(drop));
    g.next().unwrap();
    g.send(5).unwrap();
    drop(g);
    let page = Page::of(&recording.stop());
    assert_eq!(page.whole["kind"], "generators");
    let events = page.list("events");
    let operations: Vec<_> = events.iter().filter(|event| event[1] == "begin").collect();
    assert_eq!(
        (&operations[0][3], &operations[1][3]),
        (&"next".into(), &"send".into())
    );
    let ends: Vec<_> = events.iter().filter(|event| event[1] == "end").collect();
    assert_eq!(
        (&ends[0][3], &ends[1][3]),
        (&"yielded".into(), &"result".into())
    );
    assert_eq!(page.chain(&ends[0][4]).len(), 1);
}

#[test]
fn names_cannot_end_the_script() {
    let page = page(|co| co.yield_from(named("</script><b>\u{2028}&", |_| Ok(()))));
    let name = |track: &Value| track["name"] == "</script><b>\u{2028}&";
    assert!(page.list("tracks").iter().any(name));
}
