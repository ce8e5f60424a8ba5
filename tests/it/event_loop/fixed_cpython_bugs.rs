//! Where CPython 3.11 has a bug that a later version mends: the behaviour is that of the later one.
//!
//! The guide has the list, in "Coming from asyncio".

mod groups_and_timeouts;

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::sync::{Condition, Semaphore};
use yieldfrom::{
    Co, Coroutine, Error, EventLoop, Future, Queue, Result, Task, TimeoutError, as_completed,
    coroutine, create_task, run, shield, sleep, sleep_with, timeout, wait_for, yield_now,
};

use crate::support::{Journal, log_of, millis, run_virtual, secs};

fn is_cancelled<T>(result: &Result<T>) -> bool {
    result.as_ref().is_err_and(Error::is_cancelled)
}

fn turns(co: &Co, n: usize) -> Result<()> {
    (0..n).try_for_each(|_| co.yield_from(yield_now()))
}

/// Waits for a number with a limit, in each of the ways there are.
fn limited(kind: usize, queue: &Queue<u32>, future: &Future<u32>) -> Task<u32> {
    let (queue, future) = (queue.clone(), future.clone());
    let get = move |co: &Co| co.yield_from(queue.get());
    match kind {
        0 => create_task(move |co: &Co| co.yield_from(wait_for(get, secs(1)))),
        1 => create_task(move |co: &Co| co.yield_from(wait_for(create_task(get), secs(1)))),
        2 => create_task(move |co: &Co| co.yield_from(wait_for(future, secs(1)))),
        3 => create_task(move |co: &Co| co.yield_from(wait_for(get, None))),
        _ => create_task(move |co: &Co| co.yield_from(timeout(secs(1), get))),
    }
}

/// gh-96764, gh-86296: if a wait was told that it is cancelled, it is, also when its result comes in
/// the same turn. What it was waiting for is not lost.
#[test]
fn a_wait_with_a_limit_loses_no_cancellation() {
    for (kind, after) in (0..5).flat_map(|kind| (0..8).map(move |after| (kind, after))) {
        let (got, left) = run_virtual(move |co| {
            let (queue, future) = (Queue::new(), Future::new());
            let waiting = limited(kind, &queue, &future);
            turns(co, 4)?;
            future.set_result(1)?;
            queue.put_nowait(1)?;
            turns(co, after)?;
            let accepted = waiting.cancel();
            turns(co, 8)?;
            assert_eq!(accepted, waiting.cancelled(), "kind {kind}, after {after}");
            Ok((!accepted, queue.qsize()))
        })
        .unwrap();
        // The task of the second kind has its result, and keeps it.
        if kind != 2 && kind != 1 {
            assert_eq!(usize::from(got) + left, 1, "kind {kind}, after {after}");
        }
    }
}

/// A worker that takes jobs with a limit is cancelled by the end of the run, whenever that comes.
#[test]
fn a_run_ends_whose_worker_gets_a_job_at_the_end() {
    for after in 0..6 {
        run(move |co: &Co| {
            let jobs = Queue::<u32>::new();
            let theirs = jobs.clone();
            create_task(move |co: &Co| {
                loop {
                    let jobs = theirs.clone();
                    let next = coroutine(move |co: &Co| co.yield_from(jobs.get()));
                    match co.yield_from(wait_for(next, secs(3600))) {
                        Err(error) if !error.is::<TimeoutError>() => return Err::<(), _>(error),
                        _ => {}
                    }
                }
            });
            turns(co, 5)?;
            jobs.put_nowait(1)?;
            turns(co, after)
        })
        .unwrap();
    }
}

/// gh-112202: whoever is notified and cancelled at once notifies the next one.
#[test]
fn a_notification_is_not_lost_with_who_got_it() {
    // Cancelled before, in, and after the turn in which it is notified.
    for (before, after) in [(true, 0), (false, 0), (false, 1), (false, 2)] {
        run_virtual(move |co| {
            let condition = Condition::new();
            let waiters: Vec<Task<()>> = (0..2)
                .map(|_| {
                    let condition = condition.clone();
                    create_task(move |co: &Co| {
                        let _guard = co.yield_from(condition.acquire())?;
                        let waited = co.yield_from(condition.wait());
                        assert!(condition.locked(), "the lock is held after any wait");
                        waited
                    })
                })
                .collect();
            turns(co, 2)?;
            let guard = co.yield_from(condition.acquire())?;
            if before {
                assert!(waiters[0].cancel());
            }
            condition.notify(1)?;
            drop(guard);
            turns(co, after)?;
            let cancelled = waiters[0].cancel() || before;
            turns(co, 9)?;
            assert_eq!(waiters[0].cancelled(), cancelled, "after {after}");
            assert_eq!(waiters[1].done(), cancelled, "after {after}");
            assert!(cancelled || waiters[1].cancel());
            turns(co, 9)?;
            assert_eq!(format!("{condition:?}"), "<Condition unlocked>");
            Ok(())
        })
        .unwrap();
    }
}

/// gh-111693: permits that came while a task had its place in the line go to all that wait.
#[test]
fn permits_are_given_to_as_many_as_there_are() {
    for cancelled in [false, true] {
        let journal = Journal::default();
        let notes = journal.clone();
        run_virtual(move |co| {
            let (permits, turn) = (Semaphore::new(0), Rc::new(Cell::new(0)));
            let take = |name: &'static str| -> Task<()> {
                let (permits, turn, notes) = (permits.clone(), Rc::clone(&turn), notes.clone());
                create_task(move |co: &Co| {
                    co.yield_from(permits.acquire())?.forget();
                    notes.note(format!("{name} {}", turn.get()));
                    Ok(())
                })
            };
            let first = take("first");
            turns(co, 1)?;
            // They come in before the first, who has a permit by then, has noticed.
            let rest = ["second", "third"].map(take);
            for _ in 0..3 {
                permits.release()?;
            }
            if cancelled {
                first.cancel();
            }
            for n in 0..6 {
                turn.set(n);
                turns(co, 1)?;
            }
            assert!(rest.iter().all(|task| task.done()));
            Ok(())
        })
        .unwrap();
        let expected = ["first 0", "second 1", "third 1"];
        assert_eq!(journal.take(), expected[usize::from(cancelled)..]);
    }
}

fn later(ms: u64) -> Coroutine<u64> {
    coroutine(move |co| co.yield_from(sleep_with(millis(ms), ms)))
}

/// gh-158004: a step that is cancelled gives no result, and does not count.
#[test]
fn as_completed_goes_on_after_a_step_that_was_cancelled() {
    let results = run_virtual(|co| {
        let mut results = Vec::new();
        for next in as_completed([later(30), later(10), later(20)]) {
            match co.yield_from(timeout(millis(4), |co: &Co| co.yield_from(next))) {
                Ok(ms) => results.push(ms),
                Err(error) => assert!(error.is::<TimeoutError>()),
            }
        }
        Ok(results)
    });
    assert_eq!(results.unwrap(), [10, 20, 30]);
}

/// gh-156321: the error of what a cancelled shield stood before is reported if nobody asks for it.
#[test]
fn an_error_behind_a_cancelled_shield_is_seen_or_reported() {
    for (is_asked_for, early) in [(false, false), (true, false), (false, true), (true, true)] {
        let (log, ()) = log_of(move || {
            run_virtual(move |co| {
                let inner: Task<()> = create_task(|co: &Co| {
                    co.yield_from(yield_now())?;
                    Err(Error::msg("no fuel"))
                });
                let outer = shield(&inner);
                // In the turn in which the inner one ends, or before.
                turns(co, if early { 0 } else { 2 })?;
                assert!(outer.cancel());
                turns(co, 5)?;
                if is_asked_for {
                    assert!(inner.exception()?.is_some());
                }
                Ok(())
            })
            .unwrap();
        });
        let reported = log.iter().filter(|line| line.contains("never retrieved"));
        assert_eq!(reported.count(), usize::from(!is_asked_for), "{log:?}");
    }
}

/// gh-105836 and others: what another thread cancels ends, whatever it waits for.
#[test]
fn a_task_that_another_thread_cancels_ends() {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let (ended, wait) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let (began, beginning) = std::sync::mpsc::channel();
        let started = handle.run_coroutine_threadsafe(move |co: &Co| {
            began.send(()).unwrap();
            let result = co.yield_from(sleep(secs(3600)));
            ended.send(is_cancelled(&result)).unwrap();
            result
        });
        beginning.recv().unwrap();
        assert!(started.unwrap().cancel());
        let ended = wait.recv().unwrap();
        handle
            .call_soon_threadsafe(|| yieldfrom::get_running_loop().unwrap().stop())
            .unwrap();
        ended
    });
    event_loop.run_forever().unwrap();
    assert!(thread.join().unwrap());
}
