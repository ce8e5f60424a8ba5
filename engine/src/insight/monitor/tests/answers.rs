//! What the monitor says of a loop.

use std::rc::Rc;
use std::sync::mpsc::channel;

use super::{Folder, Viewer, is_new, task};
use crate::{Co, EventLoop, Lock, coroutine, create_task, get_running_loop, sleep, to_thread};

#[test]
fn tasks_are_shown_with_what_they_wait_for() {
    let folder = Folder::new();
    let path = folder.path();
    let builder = EventLoop::builder().monitor(&path);
    let answer = builder.block_on(|co| {
        let lock = Rc::new(Lock::new());
        for name in ["holder", "waiter"] {
            let lock = Rc::clone(&lock);
            let body = coroutine(move |co| {
                let _guard = co.yield_from(lock.acquire())?;
                co.yield_from(sleep(3600))
            });
            create_task(body).set_name(name);
        }
        co.yield_from(to_thread(move || {
            Viewer::new(&path).until("snapshot", is_new)
        }))
    });
    let answer = answer.unwrap();
    let (holder, waiter) = (task(&answer, "holder"), task(&answer, "waiter"));
    assert_eq!(holder["state"], "waiting");
    assert_eq!(holder["waits_for"]["kind"], "sleep");
    assert_eq!(waiter["waits_for"]["kind"], "sync");
    assert_eq!(
        waiter["waits_for"]["what"],
        "Lock.acquire of <Lock locked, waiters:1>"
    );
    assert_eq!(waiter["waits_for"]["holder"], holder["number"]);
    assert_eq!(waiter["awaits"][0], holder["number"]);
    let here = waiter["stack"][0]["file"].as_str().unwrap();
    assert!(here.ends_with("tests/answers.rs"), "{here}");
    assert_eq!(answer["snapshot"]["metrics"]["tasks"], 3);
    assert_eq!(answer["snapshot"]["metrics"]["jobs"], 1);
    assert_eq!(
        (&answer["is_running"], &answer["has_answered"]),
        (&true.into(), &true.into())
    );
    assert_eq!(answer["process"]["pid"], std::process::id());
}

/// A body that looks at its loop by a thread, and makes turns meanwhile.
fn look<T: Send + 'static>(
    co: &Co,
    viewing: impl FnOnce() -> T + Send + 'static,
) -> crate::Result<T> {
    let view = create_task(move |co: &Co| co.yield_from(to_thread(viewing)));
    view.set_name("viewer");
    while !view.done() {
        co.yield_from(sleep(0.0001))?;
    }
    co.yield_from(view)
}

#[test]
fn waits_are_timed_from_the_first_step_that_is_watched() {
    let folder = Folder::new();
    let path = folder.path();
    let builder = EventLoop::builder().monitor(&path);
    let answer = builder.block_on(|co| {
        look(co, move || {
            let is_timed = |it: &serde_json::Value| task(it, "Task-1")["seconds"].is_number();
            Viewer::new(&path).until("snapshot", is_timed)
        })
    });
    let answer = answer.unwrap();
    // It has waited since before anybody watched.
    assert!(task(&answer, "viewer")["seconds"].is_null(), "{answer:#}");
}

#[test]
fn turns_are_timed_while_somebody_watches() {
    let folder = Folder::new();
    let path = folder.path();
    let builder = EventLoop::builder().monitor(&path);
    let turns = builder.block_on(|co| {
        look(co, move || {
            let mut viewer = Viewer::new(&path);
            let has_times =
                |it: &serde_json::Value| it["snapshot"]["turns"]["p50_seconds"].is_number();
            viewer.until("snapshot 0", has_times)["snapshot"]["turns"].clone()
        })
    });
    let turns = turns.unwrap();
    let number = |field: &str| turns[field].as_f64().unwrap();
    assert!(number("p50_seconds") <= number("p99_seconds"), "{turns}");
    assert!(
        number("p99_seconds") <= number("longest_seconds"),
        "{turns}"
    );
    assert!(
        number("per_second") > 0.0 && number("window_seconds") > 0.0,
        "{turns}"
    );
}

#[test]
fn a_loop_that_is_held_is_told_from_one_that_is_not() {
    let folder = Folder::new();
    let path = folder.path();
    let builder = EventLoop::builder().monitor(&path);
    let (hold, held) = channel::<()>();
    let (release, released) = channel::<()>();
    let answer = builder.block_on(|co| {
        let viewing = to_thread(move || {
            let mut viewer = Viewer::new(&path);
            viewer.until("snapshot", is_new);
            hold.send(()).unwrap();
            let answer = viewer.until("snapshot", |it| it["entry"]["task"] == "blocker");
            release.send(()).unwrap();
            viewer.until("snapshot", |it| {
                is_new(it) && it["entry"]["task"] != "blocker"
            });
            answer
        });
        let blocker = create_task(move |co: &Co| {
            while held.try_recv().is_err() {
                co.yield_from(sleep(0.0001))?;
            }
            released.recv().unwrap();
            Ok(())
        });
        blocker.set_name("blocker");
        co.yield_from(viewing)
    });
    let held = answer.unwrap();
    assert_eq!(held["entry"]["task"], "blocker");
    assert!(
        held["entry"]["what"]
            .as_str()
            .unwrap()
            .contains("tests/answers.rs"),
        "{held:#}"
    );
    let age = held["snapshot"]["age_seconds"].as_f64().unwrap();
    assert!(age > 0.0 && held["entry"]["seconds"].as_f64().unwrap() > 0.0);
    assert!(task(&held, "blocker")["stack"].is_array());
}

#[test]
fn a_loop_that_does_not_run_says_so() {
    let folder = Folder::new();
    let event_loop = EventLoop::builder().monitor(folder.path()).build().unwrap();
    let answer = Viewer::new(&folder.path()).ask("snapshot");
    assert_eq!(answer["is_running"], false);
    assert_eq!(answer["has_answered"], false);
    assert!(answer["snapshot"].is_null() && answer["entry"].is_null());
    event_loop.close().unwrap();
}

#[test]
fn an_answer_has_no_more_tasks_than_were_asked_for() {
    let folder = Folder::new();
    let path = folder.path();
    let builder = EventLoop::builder().monitor(&path);
    let answer = builder.block_on(|co| {
        (0..5).for_each(|_| drop(create_task(|co: &Co| co.yield_from(sleep(3600)))));
        co.yield_from(to_thread(move || {
            Viewer::new(&path).until("snapshot 2", is_new)
        }))
    });
    let answer = answer.unwrap();
    assert_eq!(answer["snapshot"]["tasks"].as_array().unwrap().len(), 2);
    assert_eq!(answer["snapshot"]["tasks_left_out"], 4);
}

#[test]
fn a_watched_loop_in_virtual_time_passes_as_fast_and_as_far() {
    let folder = Folder::new();
    let path = folder.path();
    let builder = EventLoop::builder().virtual_clock().monitor(&path);
    let event_loop = builder.build().unwrap();
    let mut viewer = Viewer::new(&path);
    assert_eq!(viewer.ask("snapshot")["has_answered"], false);
    event_loop
        .block_on(|co| co.yield_from(sleep(3600)))
        .unwrap();
    assert_eq!(event_loop.time().as_secs(), 3600);
    // The request was open, and was answered by the first turn.
    let metrics = event_loop.metrics();
    assert!(metrics.turns <= 5, "{metrics:?}");
    assert!(viewer.ask("snapshot")["snapshot"].is_object());
    assert!(get_running_loop().is_err());
}
