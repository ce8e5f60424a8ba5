//! Nothing that an operation takes is lost, in whatever order things happen in the turns around the end of a `first`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::{
    Co, Error, Lock, Queue, Result, Semaphore, Task, create_task, ensure_future, first, sleep,
    yield_now,
};

use crate::support::{run_virtual, secs};

/// What happens to a `first`, and after how many turns.
#[derive(Clone, Copy)]
struct Moments {
    item: usize,
    cancel: usize,
    other: usize,
    /// Whether the other one ends by the timer or by an item of its own.
    by_item: bool,
    /// Whether the item is got by a task, in code.
    by_code: bool,
}

fn wait_turns(co: &Co, turns: usize) -> Result<()> {
    (0..turns).try_for_each(|_| co.yield_from(yield_now()))
}

/// Puts an item after so many turns.
fn put(queue: &Queue<u32>, turns: usize, item: u32) -> Task<()> {
    let queue = queue.clone();
    create_task(move |co: &Co| {
        wait_turns(co, turns)?;
        queue.put_nowait(item)
    })
}

/// Runs one `first`, and returns what was received, and what is still in the queues.
fn items(co: &Co, moments: Moments) -> Result<Vec<u32>> {
    let (one, two) = (Queue::new(), Queue::new());
    let received = Rc::new(RefCell::new(Vec::new()));
    let (a, b, notes) = (one.clone(), two.clone(), Rc::clone(&received));
    let task = create_task(move |co: &Co| {
        let code = |co: &Co| co.yield_from(a.get());
        let outcome = match moments.by_code {
            true => co.yield_from(first((code, b.get())))?,
            false => co.yield_from(first((a.get(), b.get())))?,
        };
        let all = [outcome.0, outcome.1];
        notes
            .borrow_mut()
            .extend(all.into_iter().flatten().map(Result::unwrap));
        // A cancellation that came with a result comes again.
        co.yield_from(yield_now())
    });
    let puts = [
        put(&one, moments.item, 1),
        put(&two, if moments.by_item { moments.other } else { 50 }, 2),
    ];
    let cancelled = task.clone();
    let cancels = create_task(move |co: &Co| {
        wait_turns(co, moments.cancel)?;
        cancelled.cancel();
        Ok(())
    });
    if let Err(error) = co.yield_from(task) {
        assert!(error.is_cancelled());
    }
    for put in puts {
        co.yield_from(put)?;
    }
    co.yield_from(cancels)?;
    wait_turns(co, 3)?;
    let mut all = received.take();
    for queue in [one, two] {
        while let Ok(item) = queue.get_nowait() {
            all.push(item);
        }
    }
    all.sort_unstable();
    Ok(all)
}

#[test]
fn no_item_is_lost_at_any_moment() {
    run_virtual(|co| {
        for by_code in [false, true] {
            for by_item in [false, true] {
                for item in 0..6 {
                    for cancel in 0..8 {
                        for other in 0..6 {
                            let moments = Moments { item, cancel, other, by_item, by_code };
                            assert_eq!(
                                items(co, moments)?,
                                [1, 2],
                                "item {item}, cancel {cancel}, other {other}, by item {by_item}, by code {by_code}"
                            );
                        }
                    }
                }
            }
        }
        Ok(())
    })
    .unwrap();
}

/// A lock and a permit that come in any turn, while the task is cancelled, or the other one wins, in any turn.
#[test]
fn no_lock_and_no_permit_is_lost_at_any_moment() {
    run_virtual(|co| {
        for release in 0..6 {
            for cancel in 0..8 {
                for other in 0..6 {
                    let (lock, permits, item) = (Lock::new(), Semaphore::new(0), Queue::new());
                    let held = co.yield_from(lock.acquire())?;
                    let (l, p, q) = (lock.clone(), permits.clone(), item.clone());
                    let task = create_task(move |co: &Co| {
                        let (guard, permit, _) =
                            co.yield_from(first((l.acquire(), p.acquire(), q.get())))?;
                        drop((guard, permit));
                        Ok(())
                    });
                    let (l, p) = (lock.clone(), permits.clone());
                    // Others are in line behind it.
                    let next = create_task(move |co: &Co| {
                        drop(co.yield_from(l.acquire())?);
                        drop(co.yield_from(p.acquire())?);
                        Ok(())
                    });
                    let freed = permits.clone();
                    let releases = create_task(move |co: &Co| {
                        wait_turns(co, release)?;
                        drop(held);
                        freed.release()
                    });
                    let puts = put(&item, other, 1);
                    let cancelled = task.clone();
                    let cancels = create_task(move |co: &Co| {
                        wait_turns(co, cancel)?;
                        cancelled.cancel();
                        Ok(())
                    });
                    let _ = co.yield_from(task);
                    co.yield_from(releases)?;
                    co.yield_from(puts)?;
                    co.yield_from(cancels)?;
                    co.yield_from(next)?;
                    assert!(
                        !lock.locked() && !permits.locked(),
                        "release {release}, cancel {cancel}, other {other}"
                    );
                }
            }
        }
        Ok(())
    })
    .unwrap();
}

/// The cancellation of a task that has its results is not lost: it comes at the next wait.
#[test]
fn a_cancellation_during_the_end_of_the_others_comes_again() {
    run_virtual(|co| {
        let queue = Queue::new();
        queue.put_nowait(1)?;
        let own = queue.clone();
        let seen = Rc::new(Cell::new(0));
        let notes = Rc::clone(&seen);
        let task = create_task(move |co: &Co| {
            let slow = |co: &Co| {
                let result = co.yield_from(sleep(secs(60)));
                co.yield_from(sleep(secs(5)))?;
                result
            };
            let late = |co: &Co| {
                co.yield_from(sleep(secs(1)))?;
                co.yield_from(own.get())
            };
            let (_, item) = co.yield_from(first((slow, late)))?;
            notes.set(item.unwrap()?);
            let again = co.yield_from(sleep(secs(60)));
            assert!(again.as_ref().is_err_and(Error::is_cancelled));
            again
        });
        co.yield_from(sleep(secs(3)))?;
        task.cancel();
        let ended = co.yield_from(&task);
        assert!(ended.unwrap_err().is_cancelled() && task.cancelled());
        assert_eq!(seen.get(), 1);
        Ok(())
    })
    .unwrap();
}

/// A task that is given by value and has ended in the turn of the cancellation.
#[test]
fn a_result_of_a_task_is_not_lost_at_any_moment() {
    run_virtual(|co| {
        for turns in 0..6 {
            for cancel in 0..8 {
                let got = Rc::new(Cell::new(0));
                let (queue, notes) = (Queue::new(), Rc::clone(&got));
                let own = queue.clone();
                let task = create_task(move |co: &Co| {
                    let item = ensure_future(own.get());
                    let (item, _) = co.yield_from(first((item, sleep(secs(60)))))?;
                    notes.set(item.unwrap()?);
                    Ok(())
                });
                let puts = put(&queue, turns, 7);
                wait_turns(co, cancel)?;
                task.cancel();
                let _ = co.yield_from(task);
                co.yield_from(puts)?;
                wait_turns(co, 3)?;
                let left = queue.get_nowait().unwrap_or(0);
                assert_eq!(got.get() + left, 7, "{turns} {cancel}");
            }
        }
        Ok(())
    })
    .unwrap();
}
