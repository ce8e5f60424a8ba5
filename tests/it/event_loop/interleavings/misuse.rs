//! What should not be done, and what is done too late.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::sync::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, LockGuard, Queue, Semaphore,
};
use yieldfrom::{
    Co, EventLoop, Panicked, QueueEmpty, QueueFull, Result, RuntimeError, ValueError, create_task,
    yield_now,
};

fn new_loop() -> EventLoop {
    EventLoop::builder().virtual_clock().build().unwrap()
}

/// Runs this on a loop of its own.
fn run<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Result<T> {
    new_loop().run_until_complete(body)
}

/// Makes turns until nothing is ready.
fn settle(event_loop: &EventLoop) {
    while event_loop.time_to_next().is_some() {
        event_loop.turn(Some(Duration::ZERO)).unwrap();
    }
}

fn failed_with<E: std::error::Error + 'static, T>(result: Result<T>) -> bool {
    result.is_err_and(|error| error.is::<E>())
}

#[test]
fn misuse_is_an_error() {
    assert!(failed_with::<RuntimeError, _>(Lock::new().release()));
    assert!(failed_with::<RuntimeError, _>(Condition::new().release()));
    assert!(failed_with::<RuntimeError, _>(Condition::new().notify(1)));
    assert!(failed_with::<RuntimeError, _>(
        Condition::new().notify_all()
    ));
    assert!(failed_with::<ValueError, _>(
        BoundedSemaphore::new(3).release()
    ));
    assert!(failed_with::<ValueError, _>(
        Semaphore::new(usize::MAX).release()
    ));
    assert!(failed_with::<ValueError, _>(Barrier::new(0)));
    let queue = Queue::with_maxsize(1);
    assert!(failed_with::<QueueEmpty, _>(queue.get_nowait()));
    assert!(failed_with::<ValueError, _>(queue.task_done()));
    queue.put_nowait(1).unwrap();
    assert!(failed_with::<QueueFull, _>(queue.put_nowait(2)));
    assert_eq!(queue.get_nowait().unwrap(), 1);
    let unlocked = run(|co| co.yield_from(Condition::new().wait()));
    assert!(failed_with::<RuntimeError, _>(unlocked));
}

#[test]
fn handles_are_one_object() {
    let (lock, event, queue) = (Lock::new(), Event::new(), Queue::new());
    let clones = (lock.clone(), event.clone(), queue.clone());
    clones.1.set();
    clones.2.put_nowait(7).unwrap();
    assert!(event.is_set() && queue.get_nowait().unwrap() == 7);
    run(move |co| {
        let _guard = co.yield_from(clones.0.acquire())?;
        assert!(lock.locked());
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_need_not_wait_does_not_suspend() {
    run(|co| {
        let others = Rc::new(Cell::new(0));
        let turns = Rc::clone(&others);
        let other = create_task(move |_: &Co| {
            turns.set(turns.get() + 1);
            Ok(())
        });
        let (lock, permits, event) = (Lock::new(), Semaphore::new(1), Event::new());
        let (queue, barrier) = (Queue::with_maxsize(1), Barrier::new(1)?);
        event.set();
        drop(co.yield_from(lock.acquire())?);
        drop(co.yield_from(permits.acquire())?);
        co.yield_from(event.wait())?;
        co.yield_from(queue.join())?;
        co.yield_from(queue.put(1))?;
        assert_eq!(co.yield_from(queue.get())?, 1);
        assert_eq!(co.yield_from(barrier.wait())?, 0);
        co.yield_from(barrier.reset())?;
        assert_eq!(others.get(), 0);
        co.yield_from(&other)
    })
    .unwrap();
}

#[test]
fn a_guard_stands_for_one_acquisition() {
    run(|co| {
        let lock = Lock::new();
        let first = co.yield_from(lock.acquire())?;
        lock.release()?;
        let second = co.yield_from(lock.acquire())?;
        drop(first);
        assert!(lock.locked(), "released by an outdated guard");
        second.forget();
        assert!(lock.locked(), "released by a forgotten guard");
        lock.release()?;

        let condition = Condition::with_lock(&lock);
        let guard = co.yield_from(condition.acquire())?;
        let theirs = condition.clone();
        create_task(move |co: &Co| {
            let _guard = co.yield_from(theirs.acquire())?;
            theirs.notify_all()
        });
        co.yield_from(condition.wait())?;
        assert!(lock.locked());
        drop(guard);
        assert!(!lock.locked(), "a wait has made the guard void");
        Ok(())
    })
    .unwrap();
}

#[test]
fn guards_release_when_their_task_panics_or_is_cancelled() {
    let event_loop = new_loop();
    let (lock, permits) = (Lock::new(), Semaphore::new(1));
    let hold = |fail: fn(&Co) -> Result<()>| {
        let (lock, permits) = (lock.clone(), permits.clone());
        event_loop.create_task(move |co: &Co| {
            let _guard = co.yield_from(lock.acquire())?;
            let _permit = co.yield_from(permits.acquire())?;
            fail(co)
        })
    };
    let panics = hold(|_| panic!("on purpose"));
    let waits = hold(|co| (0..10).try_for_each(|_| co.yield_from(yield_now())));
    let ends = hold(|_| Ok(()));
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    waits.cancel();
    settle(&event_loop);
    assert!(panics.exception().unwrap().unwrap().is::<Panicked>());
    assert!(waits.cancelled());
    ends.result().unwrap();
    assert!(!lock.locked() && !permits.locked());
}

#[test]
fn guards_outlive_their_loop() {
    let event_loop = new_loop();
    let (lock, permits) = (Lock::new(), Semaphore::new(1));
    let (l, p) = (lock.clone(), permits.clone());
    let guards = event_loop.run_until_complete(move |co: &Co| {
        Ok((co.yield_from(l.acquire())?, co.yield_from(p.acquire())?))
    });
    let (l, p) = (lock.clone(), permits.clone());
    let waits = event_loop.create_task(move |co: &Co| {
        let _guard = co.yield_from(l.acquire())?;
        let _permit = co.yield_from(p.acquire())?;
        Ok(())
    });
    settle(&event_loop);
    event_loop.close().unwrap();
    assert!(!waits.done());
    drop(guards);
    assert_eq!(
        format!("{lock:?} {permits:?}"),
        "<Lock unlocked> <Semaphore unlocked, value:1>"
    );
}

/// Starts tasks that wait for ever, in all the ways there are.
fn wait_everywhere(event_loop: &EventLoop, lock: &Lock, queue: &Queue<u32>) {
    fn task(event_loop: &EventLoop, body: impl FnOnce(&Co) -> Result<()> + 'static) {
        event_loop.create_task(body);
    }
    let (event, permits, condition) = (Event::new(), Semaphore::new(0), Condition::with_lock(lock));
    let (barrier, full) = (Barrier::new(2).unwrap(), Queue::with_maxsize(1));
    full.put_nowait(0).unwrap();
    task(event_loop, move |co| co.yield_from(event.wait()));
    task(event_loop, move |co| {
        co.yield_from(permits.acquire()).map(drop)
    });
    task(event_loop, move |co| {
        co.yield_from(barrier.wait()).map(drop)
    });
    let joined = full.clone();
    task(event_loop, move |co| co.yield_from(full.put(1)));
    task(event_loop, move |co| co.yield_from(joined.join()));
    let queue = queue.clone();
    task(event_loop, move |co| co.yield_from(queue.get()).map(drop));
    task(event_loop, move |co| {
        let _guard = co.yield_from(condition.acquire())?;
        co.yield_from(condition.wait())
    });
    for _ in 0..3 {
        let lock = lock.clone();
        task(event_loop, move |co| {
            let _guard = co.yield_from(lock.acquire())?;
            co.yield_from(&yieldfrom::Future::<()>::new())
        });
    }
}

#[test]
fn a_loop_that_goes_away_takes_its_tasks_out_of_all_lines() {
    let (lock, queue) = (Lock::new(), Queue::new());
    for closed_by_hand in [false, true] {
        let event_loop = new_loop();
        wait_everywhere(&event_loop, &lock, &queue);
        settle(&event_loop);
        assert_eq!(format!("{lock:?}"), "<Lock locked, waiters:2>");
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=0, size=0, getters:1>");
        if closed_by_hand {
            event_loop.close().unwrap();
        }
        drop(event_loop);
        assert_eq!(format!("{lock:?}"), "<Lock unlocked>");
        assert_eq!(format!("{queue:?}"), "<Queue maxsize=0, size=0>");
    }
    queue.put_nowait(1).unwrap();
    assert_eq!(queue.get_nowait().unwrap(), 1);
}

#[test]
fn a_condition_waits_for_its_lock_however_often_it_is_cancelled() {
    let event_loop = new_loop();
    let condition = Condition::new();
    let theirs = condition.clone();
    let sleeper = event_loop.create_task(move |co: &Co| {
        let _guard = co.yield_from(theirs.acquire())?;
        let woken = co.yield_from(theirs.wait());
        assert!(theirs.locked());
        woken
    });
    settle(&event_loop);
    let theirs = condition.clone();
    let take = move |co: &Co| co.yield_from(theirs.acquire());
    let guard: LockGuard = event_loop.run_until_complete(take).unwrap();
    for _ in 0..3 {
        assert!(sleeper.cancel());
        settle(&event_loop);
        assert!(!sleeper.done());
    }
    drop(guard);
    settle(&event_loop);
    assert!(sleeper.cancelled() && !condition.locked());
}

#[test]
fn many_who_wait_in_one_line_end_without_recursion() {
    let event_loop = new_loop();
    let lock = Lock::new();
    for _ in 0..3_000 {
        let lock = lock.clone();
        event_loop.create_task(move |co: &Co| {
            let _guard = co.yield_from(lock.acquire())?;
            co.yield_from(&yieldfrom::Future::<()>::new())
        });
    }
    settle(&event_loop);
    drop(event_loop);
    assert_eq!(format!("{lock:?}"), "<Lock unlocked>");
}
