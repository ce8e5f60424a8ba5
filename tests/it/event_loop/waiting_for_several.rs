//! Waiting for several at once, and waits that lead nowhere.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use yieldfrom::{
    AsCompleted, Co, Coroutine, Error, FIRST_COMPLETED, FIRST_EXCEPTION, Future, Result, Task,
    TimeoutError, as_completed, coroutine, create_task, gather, gather_return_exceptions, shield,
    sleep, sleep_with, wait, yield_now,
};

use crate::support::{failed_with, log_of, run_virtual, secs, settle, virtual_loop};

fn later(seconds: u64) -> Coroutine<u64> {
    coroutine(move |co| co.yield_from(sleep_with(secs(seconds), seconds)))
}

fn fails(after: u64) -> Coroutine<u64> {
    coroutine(move |co| {
        co.yield_from(sleep(secs(after)))?;
        Err(Error::msg("no fuel"))
    })
}

fn now() -> Duration {
    yieldfrom::get_running_loop().unwrap().time()
}

#[test]
fn a_wait_ends_when_it_is_told_to() {
    run_virtual(|co| {
        let all = || [later(3), fails(2), later(1)];
        let waited = co.yield_from(wait(all()).return_when(FIRST_COMPLETED))?;
        assert_eq!(
            (waited.done.len(), waited.pending.len(), now()),
            (1, 2, secs(1))
        );
        let waited = co.yield_from(wait(all()).return_when(FIRST_EXCEPTION))?;
        assert_eq!(
            (waited.done.len(), waited.pending.len(), now()),
            (2, 1, secs(3))
        );
        let failed = waited
            .done
            .iter()
            .filter(|done| done.result().is_err())
            .count();
        assert_eq!(failed, 1);
        let waited = co.yield_from(wait(all()).timeout(Duration::ZERO))?;
        assert_eq!(
            (waited.done.len(), waited.pending.len(), now()),
            (0, 3, secs(3))
        );
        let waited = co.yield_from(wait(all()))?;
        assert_eq!(
            (waited.done.len(), waited.pending.len(), now()),
            (3, 0, secs(6))
        );
        drop(
            waited
                .done
                .iter()
                .map(Future::exception)
                .collect::<Vec<_>>(),
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancelled_wait_cancels_nothing_and_a_cancelled_gather_all() {
    let event_loop = virtual_loop();
    for gathers in [false, true] {
        let tasks: Vec<_> = (0..3).map(|_| event_loop.create_task(later(9))).collect();
        let waited = tasks.clone();
        let waiting = event_loop.create_task(move |co: &Co| match gathers {
            true => co.yield_from(gather(waited)).map(drop),
            false => co.yield_from(wait(waited)).map(drop),
        });
        settle(&event_loop);
        waiting.cancel();
        settle(&event_loop);
        assert!(waiting.cancelled());
        assert!(tasks.iter().all(|task| task.cancelled() == gathers));
    }
    event_loop.run_until_complete(later(9)).unwrap();
}

#[test]
fn a_gather_fails_with_the_first_error_and_the_others_go_on() {
    run_virtual(|co| {
        let others = [
            create_task(later(1)),
            create_task(fails(2)),
            create_task(later(3)),
        ];
        let error = co.yield_from(gather(&others)).unwrap_err();
        assert_eq!((error.to_string().as_str(), now()), ("no fuel", secs(2)));
        assert_eq!(co.yield_from(&others[2])?, 3);
        let outcomes = co.yield_from(gather_return_exceptions(&others))?;
        let values: Vec<_> = outcomes.into_iter().map(|outcome| outcome.ok()).collect();
        assert_eq!(values, [Some(1), None, Some(3)]);
        assert!(co.yield_from(gather(Vec::<Future<i32>>::new()))?.is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_shield_keeps_a_cancellation_from_what_it_protects() {
    run_virtual(|co| {
        let precious = create_task(later(5));
        let protected = precious.clone();
        let waiting = create_task(move |co: &Co| co.yield_from(shield(protected)));
        co.yield_from(sleep(secs(1)))?;
        waiting.cancel();
        assert!(co.yield_from(waiting).unwrap_err().is_cancelled());
        assert_eq!(co.yield_from(precious)?, 5);
        Ok(())
    })
    .unwrap();
}

fn take_all(co: &Co, rounds: AsCompleted<Coroutine<u64>>) -> Vec<Result<u64>> {
    rounds.map(|round| co.yield_from(round)).collect()
}

#[test]
fn results_are_taken_as_they_come_or_not_in_time() {
    run_virtual(|co| {
        let all = || [later(3), later(1), later(2)];
        let in_order: Vec<_> = take_all(co, as_completed(all()))
            .into_iter()
            .flatten()
            .collect();
        assert_eq!((in_order, now()), (vec![1, 2, 3], secs(3)));
        let mut some = take_all(co, as_completed(all()).timeout(secs(2))).into_iter();
        assert_eq!(some.next().expect("three").unwrap(), 1);
        let late: Vec<_> = some.collect();
        assert!(
            late.len() == 2 && failed_with::<TimeoutError, _>(late.into_iter().last().unwrap())
        );
        Ok(())
    })
    .unwrap();
}

type Slot = Rc<RefCell<Option<Future<()>>>>;

/// Makes tasks each of which waits, in its own way, for the next one, and the last for the first.
fn circle(event_loop: &yieldfrom::EventLoop, gathers: bool) -> Vec<Task<()>> {
    let slots: Vec<Slot> = (0..3).map(|_| Slot::default()).collect();
    let tasks: Vec<_> = (0..3)
        .map(|n| {
            let next = Rc::clone(&slots[(n + 1) % 3]);
            event_loop.create_task(move |co: &Co| {
                let next = next.take().expect("put there before the first step");
                match gathers {
                    true => co.yield_from(gather([next])).map(drop),
                    false => co.yield_from(next),
                }
            })
        })
        .collect();
    for (slot, task) in slots.iter().zip(&tasks) {
        slot.replace(Some(task.clone().into()));
    }
    tasks
}

#[test]
fn a_circle_of_waits_can_be_cancelled() {
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || {
        for gathers in [false, true] {
            let event_loop = virtual_loop();
            let tasks = circle(&event_loop, gathers);
            settle(&event_loop);
            tasks[0].cancel(); // what it leads to is not told, but it ends
            settle(&event_loop);
            log_of(|| drop((tasks, event_loop)));
            sender.send(()).unwrap();
        }
    });
    for how in ["by themselves", "by gathers"] {
        assert!(ended.recv_timeout(secs(60)).is_ok(), "a circle {how}");
    }
}

#[test]
fn a_circle_of_waits_is_a_deadlock_that_is_found() {
    let event_loop = virtual_loop();
    let tasks = circle(&event_loop, false);
    let error = event_loop.run_until_complete(&tasks[0]).unwrap_err();
    assert!(error.is::<yieldfrom::DeadlockError>());
    let cycle = "cycle: Task-1 waits for Task-2, which waits for Task-3, which waits for Task-1\n";
    assert!(error.to_string().contains(cycle), "{error}");
    log_of(|| drop((tasks, event_loop)));
}

#[test]
fn a_task_that_waits_lets_the_others_run_between() {
    let turns = run_virtual(|co| {
        let future = Future::new();
        let setter = future.clone();
        create_task(move |co: &Co| {
            for _ in 0..10 {
                co.yield_from(yield_now())?;
            }
            setter.set_result("set")
        });
        co.yield_from(future)
    });
    assert_eq!(turns.unwrap(), "set");
}

/// Cancels a sleeping task in the very turn in which its time has come; returns what became of its
/// two sleeps, and when it ended.
fn cancelled_on_time(before: bool, times: usize) -> (bool, bool, Duration) {
    let event_loop = virtual_loop();
    let sleeper = event_loop.create_task(|co: &Co| {
        let first = co.yield_from(sleep(secs(1)));
        Ok((
            first.is_err_and(|error| error.is_cancelled()),
            co.yield_from(sleep(secs(5))).is_ok(),
        ))
    });
    let cancelled = sleeper.clone();
    let cancel = move || (0..times).for_each(|_| assert!(cancelled.cancel()));
    if before {
        event_loop.call_later(secs(1), cancel).unwrap();
        settle(&event_loop);
    } else {
        settle(&event_loop);
        event_loop.call_later(secs(1), cancel).unwrap();
    }
    let (first, second) = event_loop.run_until_complete(sleeper).unwrap();
    assert_eq!(event_loop.time_to_next(), None);
    (first, second, event_loop.time())
}

#[test]
fn a_sleeper_can_be_cancelled_in_the_turn_of_its_waking() {
    // Once or twice before its step: one error, and the next sleep is whole.
    for before in [true, false] {
        for times in [1, 2] {
            let (first, second, end) = cancelled_on_time(before, times);
            assert!(first && second && end == secs(6), "{before} {times}");
        }
    }
}
