//! Callbacks and steps that hold the loop up are logged, and quick ones are not.

use std::thread;
use std::time::Duration;

use yieldfrom::{Co, EventLoop, Result, create_task, sleep, yield_now};

use crate::support::{at, log_with_slow, millis, secs, settle};

fn watching(debug: bool) -> EventLoop {
    let event_loop = EventLoop::builder().debug(debug).build().unwrap();
    event_loop.set_slow_callback_duration(millis(10));
    event_loop
}

/// Holds the loop for longer than it likes.
fn hold() {
    thread::sleep(millis(400));
}

/// Keeps the reports of what took at least as long as [`hold`] does, to the coarse clock's
/// precision: on a busy machine, others may appear slow.
fn holding(logged: Vec<String>) -> Vec<String> {
    let took = |line: &String| {
        let (_, took) = line
            .strip_prefix("WARN Executing ")?
            .rsplit_once(" took ")?;
        took.strip_suffix(" seconds")?.parse::<f64>().ok()
    };
    let held = |line: &String| took(line).is_some_and(|seconds| seconds >= 0.3);
    logged.into_iter().filter(held).collect()
}

/// Returns the reports of slow callbacks among what is logged by some turns of a loop.
fn slow_reports(event_loop: &EventLoop) -> Vec<String> {
    holding(log_with_slow(|| settle(event_loop)).0)
}

#[test]
fn a_slow_callback_is_logged_with_its_line() {
    let event_loop = watching(false);
    event_loop.call_soon(hold).unwrap();
    let here = line!() - 1;
    let future = event_loop.create_future();
    future.set_result(()).unwrap();
    future.add_done_callback(|_| hold());
    let done = line!() - 1;
    let reports = slow_reports(&event_loop);
    assert_eq!(reports.len(), 2, "{reports:?}");
    assert!(reports[0].contains(&at(here)), "{reports:?}");
    assert!(reports[1].contains(&at(done)), "{reports:?}");
}

#[test]
fn in_debug_mode_each_slow_callback_has_a_report_of_its_own() {
    let event_loop = watching(true);
    let lines: Vec<u32> = [hold as fn(), hold as fn()]
        .map(|callback| {
            event_loop.call_soon(callback).unwrap();
            line!() - 1
        })
        .into();
    let reports = slow_reports(&event_loop);
    assert_eq!(reports.len(), 2, "{reports:?}");
    for (report, line) in reports.iter().zip(lines) {
        assert!(
            report.contains(&at(line)) && !report.contains("one of"),
            "{report}"
        );
    }
}

#[test]
fn a_slow_callback_is_found_by_the_coarse_clock_too() {
    let event_loop = watching(false);
    event_loop.set_slow_callback_duration(millis(20));
    event_loop.call_soon(hold).unwrap();
    let here = line!() - 1;
    event_loop.call_soon(|| ()).unwrap();
    let reports = slow_reports(&event_loop);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains(&at(here)), "{reports:?}");
}

#[test]
fn a_slow_step_is_logged_with_the_line_of_its_task() {
    let event_loop = watching(false);
    event_loop.create_task(|co: &Co| {
        hold();
        co.yield_from(yield_now())
    });
    let here = line!() - 2;
    let reports = slow_reports(&event_loop);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains(&at(here)), "{reports:?}");
}

#[test]
fn a_slow_last_step_is_logged_with_the_line_of_its_task() {
    let event_loop = watching(false);
    let here = line!() + 1;
    drop(event_loop.create_task(|_: &Co| {
        hold();
        Ok(())
    }));
    let reports = slow_reports(&event_loop);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains(&at(here)), "{reports:?}");
}

fn holds_and_ends(_: &Co) -> Result<()> {
    hold();
    Ok(())
}

fn holds_and_goes_on(co: &Co) -> Result<()> {
    hold();
    co.yield_from(yield_now())
}

/// Makes tasks of which one is slow.
fn crowd(event_loop: &EventLoop, ends: bool) {
    let quick = || {
        for _ in 0..25 {
            event_loop.create_task(|co: &Co| co.yield_from(yield_now()));
        }
    };
    quick();
    if ends {
        event_loop.create_task(holds_and_ends);
    } else {
        event_loop.create_task(holds_and_goes_on);
    }
    quick();
}

/// Returns the one report of a slow step that is due, and how many tasks it names.
fn only_report(event_loop: &EventLoop, ends: bool) -> (String, usize) {
    crowd(event_loop, ends);
    let reports = slow_reports(event_loop);
    assert_eq!(reports.len(), 1, "{reports:?}");
    let named = reports[0].matches("<Task").count();
    (reports[0].clone(), named)
}

#[test]
fn a_slow_step_among_many_is_named_alone() {
    for debug in [false, true] {
        let (ended, named) = only_report(&watching(debug), true);
        assert!(
            ended.contains("holds_and_ends() done") && named == 1,
            "{ended}"
        );
        let (goes_on, named) = only_report(&watching(debug), false);
        assert!(
            goes_on.contains("holds_and_goes_on() running") && named == 1,
            "{goes_on}"
        );
    }
}

#[test]
fn a_slow_step_is_logged_with_the_line_where_it_ended_and_not_a_later_one() {
    let event_loop = watching(false);
    let here = line!() + 3;
    event_loop.create_task(|co: &Co| {
        hold();
        co.yield_from(yield_now())?;
        co.yield_from(yield_now())?;
        co.yield_from(yield_now())
    });
    event_loop.create_task(|co: &Co| co.yield_from(yield_now()));
    let reports = slow_reports(&event_loop);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains(&at(here)), "{reports:?}");
}

#[test]
fn what_takes_long_before_a_panic_is_named_alone() {
    let event_loop = watching(false);
    event_loop.set_exception_handler(Some(Box::new(|_, _| ())));
    let here = line!() + 1;
    drop(event_loop.create_task(|_: &Co| -> Result<()> {
        hold();
        std::panic::resume_unwind(Box::new("quietly"))
    }));
    event_loop.call_soon(|| ()).unwrap();
    let reports = slow_reports(&event_loop);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains(&at(here)), "{reports:?}");
    assert!(!reports[0].contains("one of"), "{reports:?}");
}

#[test]
fn what_is_quick_is_not_logged() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.set_slow_callback_duration(secs(5));
    crowd(&event_loop, true);
    event_loop.call_soon(hold).unwrap();
    assert!(slow_reports(&event_loop).is_empty());
    event_loop.set_slow_callback_duration(Duration::MAX);
    event_loop.call_soon(hold).unwrap();
    assert!(slow_reports(&event_loop).is_empty());
}

#[test]
fn waiting_is_not_slow() {
    let event_loop = watching(true);
    let (logged, result) = log_with_slow(|| {
        event_loop.run_until_complete(|co: &Co| {
            create_task(|co: &Co| co.yield_from(sleep(millis(400))));
            co.yield_from(sleep(millis(500)))
        })
    });
    result.unwrap();
    let reports = holding(logged);
    assert!(reports.is_empty(), "{reports:?}");
}

#[test]
fn time_between_runs_is_nobodys() {
    let event_loop = watching(false);
    let (logged, ()) = log_with_slow(|| {
        for _ in 0..3 {
            event_loop
                .run_until_complete(|co: &Co| co.yield_from(yield_now()))
                .unwrap();
            hold();
        }
        for _ in 0..3 {
            event_loop.call_soon(|| ()).unwrap();
            hold();
            event_loop.turn(Some(Duration::ZERO)).unwrap();
        }
    });
    let reports = holding(logged);
    assert!(reports.is_empty(), "{reports:?}");
}
