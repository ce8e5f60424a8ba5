//! Waiting for the first of several different things.

mod moments;

use std::cell::Cell;

use yieldfrom::{
    Branch, Co, Error, Event, Future, Generator, Lock, Queue, Request, Result, Semaphore,
    ValueError, all_tasks, coroutine, create_task, first, shield, sleep, sleep_with, task_group,
    wait_for, yield_now,
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

/// Everything that can be a branch.
#[test]
fn all_kinds_of_branches() {
    fn wins(co: &Co, branch: impl Branch) -> Result<()> {
        let (won, late) = co.yield_from(first((branch, sleep(secs(1)))))?;
        assert!(won.expect("it has ended").is_ok() && late.is_none());
        Ok(())
    }
    fn loses(co: &Co, branch: impl Branch) -> Result<()> {
        let (lost, late) = co.yield_from(first((branch, sleep(secs(1)))))?;
        assert!(lost.is_none() && late.is_some());
        Ok(())
    }
    run_virtual(|co| {
        let (queue, full) = (Queue::new(), Queue::with_maxsize(1));
        full.put_nowait(0)?;
        let (lock, semaphore, event) = (Lock::new(), Semaphore::new(0), Event::new());
        let held = co.yield_from(lock.acquire())?;
        loses(co, queue.get())?;
        loses(co, queue.next())?;
        loses(co, full.put(1))?;
        loses(co, lock.acquire())?;
        loses(co, semaphore.acquire())?;
        loses(co, event.wait())?;
        loses(co, sleep(secs(2)))?;
        loses(co, queue.join_after(1)?)?;
        loses(co, coroutine(|co| co.yield_from(sleep(secs(2)))))?;
        loses(
            co,
            Generator::<Request>::new(|co: &Co| co.yield_from(sleep(secs(2)))),
        )?;
        loses(co, wait_for(Future::<()>::new(), secs(9)))?;
        loses(co, first((sleep(secs(2)), sleep(secs(3)))))?;
        queue.put_nowait(1)?;
        queue.put_nowait(2)?;
        full.get_nowait()?;
        drop(held);
        semaphore.release()?;
        event.set();
        wins(co, queue.get())?;
        wins(co, queue.next())?;
        wins(co, full.put(1))?;
        wins(co, lock.acquire())?;
        wins(co, semaphore.acquire())?;
        wins(co, event.wait())?;
        wins(co, sleep(0))?;
        wins(co, yield_now())?;
        wins(co, coroutine(|_| Ok(())))?;
        wins(co, Generator::<Request>::new(|_: &Co| Ok(())))?;
        wins(co, wait_for(|_: &Co| Ok(()), secs(9)))?;
        wins(co, first((yield_now(), sleep(secs(3)))))?;
        queue.shutdown(false);
        wins(co, queue.next())?;
        assert!(!lock.locked() && !semaphore.locked());
        Ok(())
    })
    .unwrap();
}

/// A queue with work that is not done.
trait JoinAfter {
    fn join_after(&self, item: i32)
    -> Result<yieldfrom::Operation<impl FnOnce(&Co) -> Result<()>>>;
}

impl JoinAfter for Queue<i32> {
    fn join_after(
        &self,
        item: i32,
    ) -> Result<yieldfrom::Operation<impl FnOnce(&Co) -> Result<()>>> {
        self.put_nowait(item)?;
        self.get_nowait()?;
        Ok(self.join())
    }
}

/// A wait that was given up leaves nothing in the line, so the next one in it gets what comes.
#[test]
fn what_was_given_up_takes_nothing() {
    run_virtual(|co| {
        let (queue, lock, semaphore) = (Queue::new(), Lock::new(), Semaphore::new(0));
        let held = co.yield_from(lock.acquire())?;
        for _ in 0..3 {
            let outcomes = first((
                queue.get(),
                lock.acquire(),
                semaphore.acquire(),
                sleep(secs(1)),
            ));
            let (item, guard, permit, late) = co.yield_from(outcomes)?;
            assert!(item.is_none() && guard.is_none() && permit.is_none() && late.is_some());
        }
        assert!(
            format!("{queue:?} {lock:?} {semaphore:?}")
                .matches("ers:")
                .count()
                == 0
        );
        let (item, own, permit) = (queue.clone(), lock.clone(), semaphore.clone());
        let waits = create_task(move |co: &Co| {
            let _guard = co.yield_from(own.acquire())?;
            let _permit = co.yield_from(permit.acquire())?;
            co.yield_from(item.get())
        });
        co.yield_from(yield_now())?;
        drop(held);
        semaphore.release()?;
        queue.put_nowait(42)?;
        assert_eq!(co.yield_from(waits)?, 42);
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
