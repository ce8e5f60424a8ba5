//! The watchdog, by a clock that the tests set, and on loops that wait for what the watchdog says.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::helper::Stop;
use super::layer::Watching;
use super::pulse::{EntryName, Pulse};
use super::report::WatchdogReport;
use super::watchdog::{Rest, Watchdog};
use crate::kernel::{Layer, Nanos, nanos};
use crate::{Co, EventLoop, create_task, get_running_loop, sleep, to_thread, yield_now};

const LIMIT: Duration = Duration::from_secs(1);
const FAR: Nanos = u64::MAX / 2;

fn watched() -> (Arc<Pulse>, Watchdog) {
    let pulse = Pulse::new();
    let watchdog = Watchdog::new(Arc::clone(&pulse), LIMIT, None);
    (pulse, watchdog)
}

fn begin(pulse: &Pulse, number: u64, now: Nanos) {
    let set = |name: &mut EntryName| name.callback = format!("entry {number}");
    pulse.begin_entry(number, now, set);
}

#[test]
fn an_entry_is_reported_once_and_its_end_as_well() {
    let (pulse, watchdog) = watched();
    let limit = nanos(LIMIT);
    pulse.begin_turn();
    begin(&pulse, 1, 10);
    assert!(watchdog.look(limit + 9).is_none());
    let report = watchdog.look(limit + 10).unwrap();
    assert_eq!((report.entry(), report.number()), ("entry 1", 1));
    assert_eq!((report.held(), report.has_ended()), (LIMIT, false));
    assert!(watchdog.look(FAR).is_none(), "it was reported");
    assert_eq!(pulse.end_entry().map(|entry| entry.since), Some(10));
    assert_eq!(pulse.end_entry(), None);
}

#[test]
fn entries_that_follow_each_other_are_not_one_that_is_long() {
    let (pulse, watchdog) = watched();
    pulse.begin_turn();
    for number in 1..100 {
        let now = number * nanos(LIMIT) / 2;
        begin(&pulse, number, now);
        assert!(watchdog.look(now + nanos(LIMIT) - 1).is_none());
        assert_eq!(pulse.end_entry(), None);
    }
}

#[test]
fn a_loop_that_has_no_entry_is_not_held() {
    let (pulse, watchdog) = watched();
    assert!(watchdog.look(FAR).is_none());
    pulse.begin_turn();
    assert!(watchdog.look(FAR).is_none());
    begin(&pulse, 1, 0);
    pulse.end_entry();
    assert!(watchdog.look(FAR).is_none());
    pulse.end_turn();
    assert!(watchdog.look(FAR).is_none());
}

#[test]
fn an_entry_that_ends_just_now_is_not_reported() {
    let (pulse, watchdog) = watched();
    begin(&pulse, 1, 0);
    begin(&pulse, 2, 0);
    assert!(!pulse.mark_reported(1));
    let gone = pulse.name_of(1);
    assert_eq!(
        (gone.entry, &*gone.callback),
        (1, "an entry whose name is not known")
    );
    assert_eq!(watchdog.look(FAR).unwrap().entry(), "entry 2");
}

#[test]
fn the_watchdog_looks_when_an_entry_may_be_due() {
    let (pulse, watchdog) = watched();
    let limit = nanos(LIMIT);
    assert_eq!(watchdog.next(0), Rest::UntilTurn);
    pulse.begin_turn();
    assert_eq!(watchdog.next(0), Rest::Span(limit));
    begin(&pulse, 1, 100);
    assert_eq!(watchdog.next(150), Rest::Span(limit - 50));
    assert_eq!(watchdog.next(FAR), Rest::Span(1), "it was late");
    watchdog.look(FAR).unwrap();
    assert_eq!(watchdog.next(FAR), Rest::UntilItEnds);
    assert!(!pulse.fall_asleep());
    pulse.end_turn();
    assert!(pulse.fall_asleep());
}

#[test]
fn a_limit_of_zero_is_a_millisecond() {
    let pulse = Pulse::new();
    let watchdog = Watchdog::new(Arc::clone(&pulse), Duration::ZERO, None);
    begin(&pulse, 1, 0);
    assert!(watchdog.look(999_999).is_none());
    assert!(watchdog.look(1_000_000).is_some());
}

/// A loop with a watchdog that never reports by itself, and another by which a test looks.
fn patient_loop() -> (EventLoop, Arc<Pulse>, Watchdog) {
    let forever = Duration::from_secs(1 << 30);
    let event_loop = EventLoop::builder().watchdog(forever).build().unwrap();
    let watching = Watching::of(event_loop.core()).unwrap();
    let pulse = Arc::clone(watching.pulse.as_ref().unwrap());
    let watchdog = Watchdog::new(Arc::clone(&pulse), LIMIT, None);
    (event_loop, pulse, watchdog)
}

#[test]
fn a_loop_that_waits_is_not_held() {
    let (event_loop, pulse, watchdog) = patient_loop();
    let looked = event_loop.block_on(|co| {
        co.yield_from(to_thread(move || {
            // Until the loop waits for this thread.
            while pulse.is_in_turn() {
                std::thread::yield_now();
            }
            watchdog.look(FAR).is_none()
        }))
    });
    assert!(looked.unwrap());
}

#[test]
fn a_loop_that_does_not_run_is_not_held() {
    let (event_loop, _, watchdog) = patient_loop();
    assert!(watchdog.look(FAR).is_none());
    event_loop.block_on(|_| Ok(())).unwrap();
    assert!(watchdog.look(FAR).is_none());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        event_loop.call_soon(|| panic!("planted")).unwrap();
        event_loop.turn(None)
    }));
    assert!(panicked.is_ok(), "the loop has reported it");
    assert!(watchdog.look(FAR).is_none());
}

#[test]
fn a_task_that_holds_the_loop_is_named() {
    let (event_loop, pulse, watchdog) = patient_loop();
    let report = event_loop.block_on(move |co| {
        let task = create_task(move |_: &Co| Ok(watchdog.look(FAR).unwrap()));
        task.set_name("late name");
        co.yield_from(task)
    });
    let report = report.unwrap();
    assert_eq!(report.task(), Some("late name"));
    assert!(report.entry().contains("watch/tests.rs"), "{report}");
    assert!(pulse.take_ended().iter().all(|report| report.has_ended()));
}

#[test]
fn a_task_that_takes_the_place_of_another_has_a_name_of_its_own() {
    let (event_loop, _, watchdog) = patient_loop();
    let names = event_loop.block_on(move |co| {
        let watchdog = std::rc::Rc::new(watchdog);
        let mut names = Vec::new();
        for _ in 0..2 {
            let watchdog = std::rc::Rc::clone(&watchdog);
            let look = move |_: &Co| Ok(watchdog.look(FAR).unwrap());
            let report = co.yield_from(create_task(look))?;
            names.push(report.task().unwrap().to_owned());
        }
        Ok(names)
    });
    assert_eq!(names.unwrap(), ["Task-2", "Task-3"]);
}

#[test]
fn a_task_that_is_named_again_is_reported_by_its_new_name() {
    let (event_loop, _, watchdog) = patient_loop();
    let look = move |co: &Co| {
        let mut names = Vec::new();
        for _ in 0..2 {
            let report = watchdog.look(FAR).unwrap();
            names.push(report.task().unwrap().to_owned());
            co.yield_from(yield_now())?;
        }
        Ok(names)
    };
    let names = event_loop.block_on(move |co| {
        let task = create_task(look);
        task.set_name("first");
        co.yield_from(yield_now())?;
        task.set_name("second");
        co.yield_from(task)
    });
    assert_eq!(names.unwrap(), ["first", "second"]);
}

/// A loop whose watchdog reports to a channel.
fn reporting() -> (EventLoop, Receiver<WatchdogReport>) {
    let (send, reports) = channel();
    let builder = EventLoop::builder().watchdog(Duration::ZERO);
    let builder = builder.watchdog_handler(move |report| {
        let _ = send.send(report.clone());
    });
    (builder.build().unwrap(), reports)
}

/// Reads reports up to one that is wanted: on a busy machine, anything may hold a loop for a millisecond.
fn wait_for(
    reports: &Receiver<WatchdogReport>,
    mut wanted: impl FnMut(&WatchdogReport) -> bool,
) -> WatchdogReport {
    loop {
        let report = reports.recv().expect("the watchdog lives");
        if wanted(&report) {
            return report;
        }
    }
}

#[test]
fn a_blocker_is_reported_while_it_holds_the_loop_and_at_its_end() {
    let (event_loop, reports) = reporting();
    event_loop
        .block_on(|co| {
            let blocker = create_task(move |co: &Co| {
                let is_mine = |it: &WatchdogReport| it.task() == Some("blocker");
                let held = wait_for(&reports, |it| is_mine(it) && !it.has_ended());
                let slept_at = line!() + 1;
                co.yield_from(sleep(0.001))?;
                let ended = wait_for(&reports, |it| is_mine(it) && it.has_ended());
                Ok((held, ended, slept_at))
            });
            blocker.set_name("blocker");
            let (held, ended, slept_at) = co.yield_from(blocker)?;
            assert_eq!(
                (held.number(), held.since()),
                (ended.number(), ended.since())
            );
            assert!(ended.held() >= held.held());
            assert!(held.stack().is_empty());
            assert_eq!(ended.stack()[0].line(), slept_at, "{ended}");
            assert!(ended.to_string().ends_with(&ended.stack()[0].to_string()));
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_callback_that_never_ends_by_itself_is_reported() {
    let (event_loop, reports) = reporting();
    event_loop
        .block_on(|co| {
            let spin = move || {
                while !reports.try_recv().is_ok_and(|it| it.task().is_none()) {
                    std::hint::spin_loop();
                }
            };
            get_running_loop()?.call_soon(spin)?;
            co.yield_from(sleep(0.001))
        })
        .unwrap();
}

#[cfg(feature = "trace")]
#[test]
fn a_loop_that_is_recorded_is_watched_as_well() {
    let (event_loop, pulse, watchdog) = patient_loop();
    event_loop.start_trace(None).unwrap();
    let report = event_loop.block_on(move |_| Ok(watchdog.look(FAR).unwrap()));
    assert_eq!(report.unwrap().task(), Some("Task-1"));
    assert!(pulse.entry().is_none() && !pulse.is_in_turn());
    event_loop.stop_trace().unwrap();
}

#[test]
fn a_handler_that_panics_does_not_end_the_watchdog() {
    let (send, reports) = channel();
    let builder = EventLoop::builder().watchdog(Duration::ZERO);
    let builder = builder.watchdog_handler(move |report| {
        let _ = send.send(report.has_ended());
        panic!("planted");
    });
    let block = move |_: &Co| {
        reports.recv().unwrap();
        Ok(reports)
    };
    let event_loop = builder.build().unwrap();
    let reports = event_loop.run_until_complete(block).unwrap();
    event_loop.close().unwrap();
    assert!(reports.iter().any(|has_ended| has_ended));
}

#[test]
fn a_watchdog_that_has_something_to_do_does_not_rest() {
    // A handler that parks the thread may take each call that was meant for the watchdog.
    let (pulse, watchdog) = watched();
    let stop = Stop::default();
    stop.ask();
    for rest in [Rest::UntilTurn, Rest::UntilItEnds] {
        watchdog.rest(rest, &stop);
    }
    pulse.begin_turn();
    begin(&pulse, 1, 0);
    pulse.push_ended(watchdog.look(FAR).unwrap());
    watchdog.rest(Rest::UntilItEnds, &Stop::default());
}
