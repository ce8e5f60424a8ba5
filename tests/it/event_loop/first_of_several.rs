//! Waiting for the first of several different things.

mod kinds;
mod moments;
mod other_loops;
mod panics;

use std::cell::Cell;

use yieldfrom::{
    Co, Error, Future, Generator, Queue, Request, Result, ValueError, all_tasks, create_task,
    first, shield, sleep, sleep_with, task_group, wait_for, yield_now,
};

use crate::support::{Journal, failed_with, run_virtual, secs, settle, virtual_loop};

#[test]
fn a_tuple_has_the_results_of_different_types() {
    let event_loop = virtual_loop();
    event_loop
        .run_until_complete(|co: &Co| {
            let queue = Queue::<u8>::new();
            let (slept, item, text) =
                co.yield_from(first((sleep_with(secs(2), 'a'), queue.get(), |co: &Co| {
                    co.yield_from(sleep_with(secs(1), "text"))
                })))?;
            assert!(slept.is_none() && item.is_none());
            assert_eq!(text.unwrap()?, "text");
            assert_eq!(all_tasks().len(), 1, "the others have ended");
            Ok(())
        })
        .unwrap();
    assert_eq!(event_loop.time(), secs(1));
}

#[test]
fn a_list_has_them_in_order() {
    run_virtual(|co| {
        let later = |n| sleep_with(secs(n), n);
        let outcomes = co.yield_from(first([later(3), later(1), later(2)]))?;
        let values: Vec<_> = outcomes
            .into_iter()
            .map(|o| o.map(Result::unwrap))
            .collect();
        assert_eq!(values, [None, Some(1), None]);
        let nothing = co.yield_from(first(Vec::<Future<()>>::new()));
        assert!(failed_with::<ValueError, _>(nothing));
        Ok(())
    })
    .unwrap();
}

#[test]
fn all_that_have_ended_are_there() {
    run_virtual(|co| {
        let (one, two) = (Queue::new(), Queue::new());
        one.put_nowait(1)?;
        two.put_nowait(2)?;
        let never = |_: &Co| -> Result<()> { unreachable!("it never runs") };
        let (a, b, code) = co.yield_from(first((one.get(), two.get(), never)))?;
        assert_eq!((a.unwrap()?, b.unwrap()?), (1, 2));
        assert!(code.is_none() && one.empty() && two.empty());
        // Timers of one moment.
        let both = first((sleep_with(secs(1), 'a'), sleep_with(secs(1), 'b')));
        let (a, b) = co.yield_from(both)?;
        assert!(a.is_some() || b.is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_error_of_a_branch_is_its_result() {
    run_virtual(|co| {
        let fails = |co: &Co| {
            co.yield_from(sleep(secs(1)))?;
            Err::<(), _>(Error::msg("no fuel"))
        };
        let (failed, slept) = co.yield_from(first((fails, sleep(secs(2)))))?;
        assert_eq!(failed.unwrap().unwrap_err().to_string(), "no fuel");
        assert!(slept.is_none());
        let cancelled = Future::<()>::new();
        cancelled.cancel();
        let (cancelled, _) = co.yield_from(first((cancelled, sleep(secs(2)))))?;
        assert!(cancelled.unwrap().unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

/// The task that is cancelled needs two seconds for that.
#[test]
fn the_others_have_ended_when_it_returns() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    event_loop
        .run_until_complete(move |co: &Co| {
            let slow = |co: &Co| {
                let result = co.yield_from(sleep(secs(60)));
                co.yield_from(sleep(secs(2)))?;
                notes.note("cleaned up");
                result
            };
            let (slow, fast) = co.yield_from(first((slow, sleep(secs(1)))))?;
            assert!(slow.is_none() && fast.is_some());
            notes.note("over");
            Ok(())
        })
        .unwrap();
    assert_eq!(journal.take(), ["cleaned up", "over"]);
    assert_eq!(event_loop.time(), secs(3));
}

#[test]
fn one_that_refuses_to_be_cancelled_has_a_result_too() {
    run_virtual(|co| {
        let stubborn = create_task(|co: &Co| {
            let _ = co.yield_from(sleep(secs(60)));
            Ok("done all the same")
        });
        let (stubborn, slept) = co.yield_from(first((stubborn, sleep(secs(1)))))?;
        assert_eq!(stubborn.unwrap()?, "done all the same");
        assert!(slept.is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn futures_are_cancelled_unless_they_are_shielded() {
    run_virtual(|co| {
        let (one, two) = (
            Future::<()>::new(),
            create_task(|co: &Co| co.yield_from(sleep(secs(9)))),
        );
        let (a, b, c) = co.yield_from(first((&one, shield(&two), sleep(secs(1)))))?;
        assert!(a.is_none() && b.is_none() && c.is_some());
        assert!(one.cancelled() && !two.done());
        co.yield_from(two)
    })
    .unwrap();
}

#[test]
fn by_value_results_move_and_by_reference_they_stay() {
    #[derive(Debug, PartialEq)]
    struct NoClone(i32);
    run_virtual(|co| {
        let (moved, kept) = (
            create_task(|_: &Co| Ok(NoClone(1))),
            create_task(|_: &Co| Ok(2)),
        );
        let handle = moved.clone();
        let (a, b) = co.yield_from(first((moved, &kept)))?;
        assert_eq!((a.unwrap()?, b.unwrap()?), (NoClone(1), 2));
        assert!(handle.take_result().is_err() && kept.result()? == 2);
        let any = kept.to_any();
        let (any, _) = co.yield_from(first((&any, sleep(secs(1)))))?;
        any.unwrap()
    })
    .unwrap();
}

#[test]
fn branches_may_borrow() {
    run_virtual(|co| {
        let (names, mut seen) = (vec!["BR", "CN"], 0);
        let borrowing = |co: &Co| {
            for _ in &names {
                co.yield_from(sleep(secs(1)))?;
                seen += 1;
            }
            Ok(&names)
        };
        let (all, _) = co.yield_from(first((borrowing, sleep(secs(9)))))?;
        assert_eq!(all.unwrap()?.len(), 2);
        assert_eq!(seen, 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancellation_ends_all_branches() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    let task = event_loop.create_task(move |co: &Co| {
        let queue = Queue::<i32>::new();
        let code = |co: &Co| {
            let result = co.yield_from(sleep(secs(60)));
            co.yield_from(sleep(secs(1)))?;
            notes.note("cleaned up");
            result
        };
        let error = co
            .yield_from(first((queue.get(), code, sleep(secs(9)))))
            .unwrap_err();
        notes.note(error.is_cancelled());
        notes.note(all_tasks().len());
        assert!(!format!("{queue:?}").contains("getters"));
        Err::<(), _>(error)
    });
    settle(&event_loop);
    task.cancel();
    assert!(
        event_loop
            .run_until_complete(task)
            .unwrap_err()
            .is_cancelled()
    );
    assert_eq!(journal.take(), ["cleaned up", "true", "1"]);
}

#[test]
fn it_goes_wherever_an_operation_goes() {
    run_virtual(|co| {
        let late = co.yield_from(wait_for(first((sleep(secs(9)), sleep(secs(8)))), secs(1)));
        assert!(late.is_err());
        let task = create_task(first((sleep_with(secs(1), 'a'), sleep(secs(8)))));
        assert_eq!(co.yield_from(task)?.0.unwrap()?, 'a');
        let count = Cell::new(0);
        co.yield_from(task_group(|_, group| {
            for _ in 0..3 {
                group.spawn(|co| {
                    co.yield_from(first((sleep(secs(1)), sleep(secs(2)))))?;
                    count.set(count.get() + 1);
                    Ok(())
                });
            }
            Ok(())
        }))?;
        assert_eq!(count.get(), 3);
        Ok(())
    })
    .unwrap();
}

/// A coroutine that is closed, driven by hand, ends its branches at once.
#[test]
fn a_close_ends_all_branches_at_once() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let queue = Queue::<i32>::new();
        let (own, inner) = (queue.clone(), notes.clone());
        let generator: Generator<Request> = Generator::new(move |co: &Co| {
            let variable = inner.guard("variable");
            let code = |co: &Co| {
                let _held = variable.journal().guard("branch");
                co.yield_from(sleep(secs(60)))
            };
            co.yield_from(first((own.get(), code))).map(drop)
        });
        drop(generator.next()?);
        co.yield_from(yield_now())?;
        assert!(format!("{queue:?}").contains("getters:1"));
        generator.close()?;
        assert!(!format!("{queue:?}").contains("getters"));
        assert_eq!(notes.take(), ["drop branch", "drop variable"]);
        assert_eq!(all_tasks().len(), 1);
        co.yield_from(sleep(secs(99)))
    })
    .unwrap();
}

/// A future that outlives many waits for it does not gather their callbacks.
#[test]
fn a_future_that_lives_long_keeps_no_callback() {
    run_virtual(|co| {
        let stop = create_task(|co: &Co| co.yield_from(sleep(secs(10_000))));
        for _ in 0..1000 {
            let (stopped, _) = co.yield_from(first((shield(&stop), sleep(secs(1)))))?;
            assert!(stopped.is_none());
        }
        stop.cancel();
        let (stopped, _) = co.yield_from(first((stop, sleep(secs(1)))))?;
        assert!(stopped.unwrap().unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}
