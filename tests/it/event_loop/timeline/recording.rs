//! What is recorded.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use yieldfrom::{
    Co, CoroutineBuilder, EventLoop, Future, Lock, Result, RuntimeError, create_task, gather,
    get_running_loop, sleep, to_thread, yield_now,
};

use super::Chrome;
use crate::support::{failed_with, log_of, millis, secs, virtual_loop};

fn recorded() -> EventLoop {
    let builder = EventLoop::builder().virtual_clock().trace(None);
    builder.build().unwrap()
}

fn chrome(event_loop: &EventLoop) -> Chrome {
    Chrome::of(&event_loop.stop_trace().unwrap())
}

fn nap(co: &Co) -> Result<()> {
    co.yield_from(sleep(millis(30)))
}

#[test]
fn steps_and_waits_of_a_task_follow_each_other() {
    let event_loop = recorded();
    let body = |co: &Co| {
        let lock = Lock::new();
        let other = lock.clone();
        let holder = create_task(move |co: &Co| {
            let _guard = co.yield_from(other.acquire())?;
            co.yield_from(nap)
        });
        holder.set_name("holder");
        co.yield_from(yield_now())?;
        drop(co.yield_from(lock.acquire())?);
        co.yield_from(holder)?;
        co.yield_from(sleep(millis(20)))
    };
    let body = CoroutineBuilder::new().name("body").build(body);
    event_loop.run_until_complete(body).unwrap();
    let chrome = chrome(&event_loop);
    let slices = chrome.on(chrome.track("Task-1 body()"));
    let slices: Vec<_> = slices
        .iter()
        .map(|(category, name, begin, end)| (&**category, &**name, *begin, *end))
        .collect();
    let expected = [
        ("step", "body", 0.0, 0.0),
        ("step", "body", 0.0, 0.0),
        (
            "wait",
            "Lock.acquire of <Lock locked, waiters:1>",
            0.0,
            30.0,
        ),
        ("step", "body", 30.0, 30.0),
        ("wait", "sleep", 30.0, 50.0),
        ("step", "body", 50.0, 50.0),
    ];
    assert_eq!(slices, expected);
    assert_eq!(chrome.whole["otherData"]["clock"], "virtual");
    assert_eq!(chrome.whole["otherData"]["dropped"], 0);
}

#[test]
fn steps_say_where_the_task_was_suspended() {
    let event_loop = recorded();
    let here = line!() + 1;
    let body = |co: &Co| co.yield_from(sleep(secs(1)));
    event_loop.run_until_complete(body).unwrap();
    let chrome = chrome(&event_loop);
    let steps = chrome.all("X", "step");
    let place = steps[0]["args"]["suspended"].as_str().unwrap();
    assert!(place.ends_with(&format!("{}:{here}", file!())), "{place}");
    assert_eq!(steps.last().unwrap()["args"]["ended"], true);
}

#[test]
fn the_loop_has_turns_callbacks_and_idle_times() {
    let event_loop = recorded();
    event_loop.call_later(secs(2), || ()).unwrap();
    let line = line!() - 1;
    event_loop.run_until_complete(sleep(secs(5))).unwrap();
    let chrome = chrome(&event_loop);
    let turns = chrome.all("X", "loop");
    let names: Vec<_> = turns
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    let expected = [
        "turn 1", "idle", "turn 2", "idle", "turn 3", "turn 4", "turn 5",
    ];
    assert_eq!(names, expected);
    let idle: Vec<_> = turns
        .iter()
        .filter(|event| event["name"] == "idle")
        .collect();
    assert_eq!(idle[0]["dur"], 2e6);
    assert_eq!(idle[1]["dur"], 3e6);
    let callbacks = chrome.all("X", "callback");
    let place = format!("{}:{line}", file!());
    assert!(
        callbacks[0]["name"].as_str().unwrap().contains(&place),
        "{callbacks:?}"
    );
    assert_eq!(callbacks[1]["name"], "timer of Task-1");
}

#[test]
fn arrows_lead_from_who_wakes_to_who_is_woken() {
    let event_loop = recorded();
    let main = |co: &Co| {
        let future = Future::new();
        let waiting = future.clone();
        let waiter = create_task(move |co: &Co| co.yield_from(waiting));
        waiter.set_name("waiter");
        let setter = create_task(move |co: &Co| {
            // Whoever gives way is woken by nobody.
            co.yield_from(yield_now())?;
            future.set_result(())
        });
        setter.set_name("setter");
        co.yield_from(gather([waiter, setter])).map(drop)
    };
    event_loop
        .run_until_complete(CoroutineBuilder::new().name("m").build(main))
        .unwrap();
    let chrome = chrome(&event_loop);
    let name = "arrows_lead_from_who_wakes_to_who_is_woken::{closure}";
    let (main, waiter) = (
        chrome.track("Task-1 m()"),
        chrome.track(&format!("waiter {name}")),
    );
    let setter = chrome.track(&format!("setter {name}"));
    let (starts, ends) = (chrome.all("s", "wake"), chrome.all("f", "wake"));
    let arrows: Vec<_> = starts
        .iter()
        .zip(&ends)
        .map(|(from, to)| (from["tid"].as_u64().unwrap(), to["tid"].as_u64().unwrap()))
        .collect();
    let expected = [
        (main, waiter),
        (main, setter),
        (setter, waiter),
        (setter, 0),
        (waiter, 0),
        (0, main),
        (main, 0),
    ];
    assert_eq!(arrows, expected);
}

#[test]
fn memory_is_bounded_and_what_is_dropped_is_counted() {
    let event_loop = virtual_loop();
    event_loop.start_trace(50).unwrap();
    let main = |co: &Co| {
        for _ in 0..1_000 {
            let task = create_task(nap);
            task.set_name("a name that is kept by nobody");
            co.yield_from(task)?;
        }
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    let trace = event_loop.stop_trace().unwrap();
    assert_eq!(trace.len(), 50);
    assert!(trace.dropped() > 5_000, "{trace:?}");
    assert!(trace.task_names().len() < 10, "{trace:?}");
    let chrome = Chrome::of(&trace);
    assert_eq!(chrome.whole["otherData"]["dropped"], trace.dropped());
    let note = chrome.whole["otherData"]["note"].as_str().unwrap();
    assert!(note.starts_with("the first 50 events; "), "{note}");
}

#[test]
fn a_recording_can_begin_and_end_anywhere() {
    let event_loop = virtual_loop();
    assert!(failed_with::<RuntimeError, _>(event_loop.stop_trace()));
    let trace = event_loop.run_until_complete(|co: &Co| {
        co.yield_from(sleep(secs(1)))?;
        get_running_loop()?.start_trace(None)?;
        assert!(failed_with::<RuntimeError, _>(
            get_running_loop()?.start_trace(None)
        ));
        co.yield_from(sleep(secs(1)))?;
        co.yield_from(sleep(secs(1)))?;
        let trace = get_running_loop()?.stop_trace()?;
        co.yield_from(sleep(secs(1)))?;
        Ok(std::rc::Rc::new(trace))
    });
    let chrome = Chrome::of(&trace.unwrap());
    let slices = chrome.all("X", "wait");
    assert_eq!(slices.len(), 1, "{slices:?}");
    assert_eq!(
        (&slices[0]["ts"], &slices[0]["dur"]),
        (&2e6.into(), &1e6.into())
    );
    event_loop.start_trace(None).unwrap();
    event_loop.close().unwrap();
    assert!(event_loop.stop_trace().unwrap().is_empty());
}

#[test]
fn a_step_that_panics_ends_there_and_the_recording_goes_on() {
    let (_, event_loop) = log_of(|| {
        let event_loop = recorded();
        let main = |co: &Co| {
            let broken = create_task(|_: &Co| -> Result<()> { panic!("no fuel") });
            broken.set_name("broken");
            let fine = create_task(nap);
            fine.set_name("fine");
            assert!(co.yield_from(broken).is_err());
            co.yield_from(fine)
        };
        event_loop.run_until_complete(main).unwrap();
        event_loop
    });
    let chrome = chrome(&event_loop);
    let steps = chrome.all("X", "step");
    let panicked = steps.iter().filter(|step| step["args"]["panicked"] == true);
    assert_eq!(panicked.count(), 1);
    assert_eq!(chrome.on(chrome.track("fine nap()")).len(), 3);
}

#[test]
fn tasks_that_have_not_ended_wait_until_the_end() {
    let event_loop = recorded();
    let forever = event_loop.create_task(|co: &Co| co.yield_from(Future::<()>::new()));
    event_loop.run_until_complete(sleep(secs(3))).unwrap();
    forever.set_name("late name");
    let trace = event_loop.stop_trace().unwrap();
    assert_eq!(trace.task_names()[0], "late name");
    let chrome = Chrome::of(&trace);
    let waits = chrome.all("X", "wait");
    let wait = waits
        .iter()
        .find(|wait| wait["name"] == "<Future pending>")
        .unwrap();
    assert_eq!(wait["dur"], 3e6);
    log_of(|| drop((forever, event_loop)));
}

#[test]
fn in_real_time_steps_take_time() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.start_trace(None).unwrap();
    let main = |co: &Co| {
        co.yield_from(yield_now())?;
        thread::sleep(Duration::from_millis(4));
        co.yield_from(to_thread(|| thread::sleep(Duration::from_millis(2))))
    };
    event_loop.run_until_complete(main).unwrap();
    let chrome = chrome(&event_loop);
    let steps = chrome.all("X", "step");
    let longest = steps.iter().map(|step| step["dur"].as_f64().unwrap());
    assert!(longest.fold(0.0, f64::max) >= 4_000.0, "{steps:?}");
    let waits = chrome.all("X", "wait");
    assert_eq!((waits.len(), &waits[0]["name"]), (1, &"to_thread".into()));
    assert_eq!(waits[0]["args"]["kind"], "job");
}

#[test]
fn recording_changes_nothing() {
    let journal = |traced: bool| {
        let event_loop = if traced { recorded() } else { virtual_loop() };
        let journal = crate::support::Journal::default();
        let notes = journal.clone();
        let main = move |co: &Co| {
            let tasks = (0..4).map(|n| {
                let notes = notes.clone();
                create_task(move |co: &Co| {
                    for round in 0..3 {
                        notes.note(format!("{n}.{round}"));
                        match n {
                            0 => co.yield_from(yield_now())?,
                            1 => co.yield_from(sleep(Duration::ZERO))?,
                            _ => co.yield_from(sleep(millis(n)))?,
                        }
                    }
                    Ok(())
                })
            });
            co.yield_from(gather(tasks)).map(drop)
        };
        event_loop.run_until_complete(main).unwrap();
        (journal.take(), event_loop.time())
    };
    assert_eq!(journal(true), journal(false));
}

#[test]
fn a_recording_keeps_no_task_that_has_panicked() {
    let event_loop = EventLoop::builder().trace(None).build().unwrap();
    let told = Rc::new(Cell::new(0));
    let count = Rc::clone(&told);
    event_loop.set_exception_handler(Some(Box::new(move |_, _| count.set(count.get() + 1))));
    event_loop.create_task(|_: &Co| -> Result<()> {
        get_running_loop()?.stop();
        std::panic::panic_any("the last entry of the run")
    });
    event_loop.run_forever().unwrap();
    assert_eq!(told.get(), 1, "its error is reported before the run ends");
}
