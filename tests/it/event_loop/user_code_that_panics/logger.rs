//! A logger that panics. Each test runs in a process of its own, whose logger it is.

use std::any::Any;
use std::os::unix::net::UnixStream;
use std::panic::resume_unwind;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use yieldfrom::{Co, Error, EventLoop, Result, coroutine, sleep, yield_now};

use crate::support::{Journal, in_a_child, secs, settle, test_path, virtual_loop};

use super::{Bomb, panic_of};

/// How many records are still going to panic.
static PANICS: AtomicU32 = AtomicU32::new(0);
static RECORDS: AtomicU32 = AtomicU32::new(0);

struct PanickingLogger;

impl log::Log for PanickingLogger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        assert!(RECORDS.fetch_add(1, Ordering::Relaxed) < 10_000, "endless");
        let text = record.args().to_string();
        let left = PANICS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if left.is_ok() {
            resume_unwind(Box::new("logger"));
        }
        drop(text);
    }

    fn flush(&self) {}
}

/// Lets the next `n` records panic.
fn logger_panics(n: u32) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::set_logger(&PanickingLogger).expect("the child has no other logger");
        log::set_max_level(log::LevelFilter::Trace);
        std::panic::set_hook(Box::new(|_| ()));
    });
    RECORDS.store(0, Ordering::Relaxed);
    PANICS.store(n, Ordering::Relaxed);
}

const ALWAYS: u32 = u32::MAX;

fn nothing(_: &Co) -> Result<()> {
    Ok(())
}

type Mishap = fn(&EventLoop) -> Result<Option<Box<dyn Any>>>;

/// What ends with a report, each in its own way.
fn mishaps() -> [(&'static str, Mishap); 7] {
    [
        ("call_soon", |it| {
            it.call_soon(|| panic!("callback")).map(|_| None)
        }),
        ("call_later", |it| {
            it.call_later(secs(1), || panic!("timer")).map(|_| None)
        }),
        ("call_soon_threadsafe", |it| {
            let handle = it.handle();
            handle.call_soon_threadsafe(|| panic!("sent"))?;
            Ok(None)
        }),
        ("done callback", |it| {
            let future = it.create_future();
            future.add_done_callback(|_| panic!("done"));
            future.set_result(())?;
            Ok(None)
        }),
        ("reader", |it| {
            let (near, far) = UnixStream::pair()?;
            drop(far);
            it.add_reader(&near, || panic!("reader"))?;
            Ok(Some(Box::new(near)))
        }),
        ("lost error", |it| {
            drop(it.create_task(|_: &Co| Err::<(), _>(Error::msg("lost"))));
            Ok(None)
        }),
        ("destructor", |it| {
            drop(it.create_task(|_: &Co| Ok(Bomb)));
            Ok(None)
        }),
    ]
}

#[test]
fn a_report_of_a_panic_that_panics_ends_the_run_with_that_panic() {
    if !in_a_child(test_path!(
        "a_report_of_a_panic_that_panics_ends_the_run_with_that_panic"
    )) {
        return;
    }
    for (name, mishap) in mishaps() {
        let event_loop = virtual_loop();
        let kept = mishap(&event_loop).unwrap();
        logger_panics(ALWAYS);
        let run = || event_loop.run_until_complete(|co: &Co| co.yield_from(sleep(secs(5))));
        assert_eq!(panic_of(run).as_deref(), Some("logger"), "{name}");
        assert!(!event_loop.is_running() && event_loop.current_task().is_none());
        // The next run is as any other.
        logger_panics(0);
        drop(kept);
        let answer = event_loop.run_until_complete(|co: &Co| {
            co.yield_from(sleep(secs(9)))?;
            Ok(7)
        });
        assert_eq!(answer.unwrap(), 7, "{name}");
        event_loop.close().unwrap();
    }
}

#[test]
fn what_is_left_of_a_turn_is_for_the_next_run() {
    if !in_a_child(test_path!("what_is_left_of_a_turn_is_for_the_next_run")) {
        return;
    }
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let note = |name: &'static str| {
        let journal = journal.clone();
        event_loop.call_soon(move || journal.note(name)).unwrap();
    };
    note("before");
    event_loop.call_soon(|| panic!("callback")).unwrap();
    note("after");
    let task = event_loop.create_task(|co: &Co| {
        co.yield_from(yield_now())?;
        Ok("task")
    });
    logger_panics(1);
    assert!(panic_of(|| event_loop.turn(Some(Duration::ZERO))).is_some());
    note("later");
    assert_eq!(journal.take(), ["before"]);
    assert_eq!(event_loop.run_until_complete(task).unwrap(), "task");
    assert_eq!(journal.take(), ["after", "later"]);
}

#[test]
fn a_run_that_a_panic_has_ended_stops_no_other() {
    if !in_a_child(test_path!("a_run_that_a_panic_has_ended_stops_no_other")) {
        return;
    }
    let event_loop = virtual_loop();
    let first = event_loop.create_future::<()>();
    let (stopper, setter) = (event_loop.clone(), first.clone());
    event_loop.call_soon(move || stopper.stop()).unwrap();
    event_loop.call_soon(|| panic!("callback")).unwrap();
    logger_panics(1);
    assert!(panic_of(|| event_loop.run_until_complete(&first)).is_some());
    let answer = event_loop.run_until_complete(move |co: &Co| {
        setter.set_result(())?;
        co.yield_from(sleep(secs(1)))?;
        Ok(7)
    });
    assert_eq!(answer.unwrap(), 7);
}

#[test]
fn no_report_ends_the_process_while_it_unwinds() {
    if !in_a_child(test_path!("no_report_ends_the_process_while_it_unwinds")) {
        return;
    }
    let event_loop = virtual_loop();
    let failed = event_loop.create_future::<()>();
    failed.set_exception(Error::msg("lost")).unwrap();
    let pending = event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
    settle(&event_loop);
    let never = coroutine(nothing);
    logger_panics(ALWAYS);
    let end = panic_of(move || {
        let _all = (never, failed, pending, event_loop);
        panic!("outer")
    });
    assert_eq!(end.as_deref(), Some("outer"));
    assert_eq!(RECORDS.load(Ordering::Relaxed), 3);
}

#[test]
fn a_report_of_something_slow_that_panics_comes_once() {
    if !in_a_child(test_path!(
        "a_report_of_something_slow_that_panics_comes_once"
    )) {
        return;
    }
    let event_loop = EventLoop::new().unwrap();
    event_loop.set_slow_callback_duration(Duration::ZERO);
    event_loop.call_soon(|| ()).unwrap();
    logger_panics(ALWAYS);
    assert_eq!(event_loop.run_until_complete(|_: &Co| Ok(7)).unwrap(), 7);
}
