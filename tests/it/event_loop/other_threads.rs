//! Loops and other threads.

mod end_of_thread;
mod errors;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use yieldfrom::{
    Co, ConcurrentError, ConcurrentFuture, DeadlockError, Error, EventLoop, LoopHandle, Result,
    RuntimeError, create_task, get_running_loop, sleep, yield_now,
};

use crate::support::{failed_with, log_of, millis, secs, virtual_loop};

fn stop() {
    get_running_loop().unwrap().stop();
}

fn rounds(debug: usize, release: usize) -> usize {
    if cfg!(debug_assertions) {
        debug
    } else {
        release
    }
}

#[test]
fn loops_stay_on_their_thread_and_only_their_handles_leave() {
    trait Unsendable<Marker> {
        fn check() {}
    }
    struct IsSend;
    impl<T: ?Sized> Unsendable<()> for T {}
    impl<T: ?Sized + Send> Unsendable<IsSend> for T {}
    fn is_shared<T: Send + Sync>() {}
    is_shared::<LoopHandle>();
    is_shared::<ConcurrentFuture<i32>>();
    is_shared::<ConcurrentError>();
    // These compile only if just one of the two implementations applies.
    <EventLoop as Unsendable<_>>::check();
    <yieldfrom::Task<()> as Unsendable<_>>::check();
    <yieldfrom::Future<()> as Unsendable<_>>::check();
    <yieldfrom::AnyTask as Unsendable<_>>::check();
    <yieldfrom::Coroutine<()> as Unsendable<_>>::check();
    <yieldfrom::Handle as Unsendable<_>>::check();
    <Error as Unsendable<_>>::check();
}

thread_local! {
    static RECEIVED: RefCell<Vec<Vec<usize>>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn no_call_of_another_thread_is_lost_and_those_of_one_keep_their_order() {
    const THREADS: usize = 4;
    let calls = rounds(5_000, 20_000);
    let event_loop = EventLoop::new().unwrap();
    RECEIVED.set(vec![Vec::new(); THREADS]);
    let workers: Vec<_> = (0..THREADS)
        .map(|number| {
            let handle = event_loop.handle();
            thread::spawn(move || {
                for n in 0..calls {
                    let call = move || RECEIVED.with_borrow_mut(|all| all[number].push(n));
                    handle.call_soon_threadsafe(call).unwrap();
                }
            })
        })
        .collect();
    let turns = event_loop.run_until_complete(move |co: &Co| {
        let mut turns = 0;
        while RECEIVED.with_borrow(|all| all.iter().map(Vec::len).sum::<usize>()) < THREADS * calls
        {
            co.yield_from(yield_now())?;
            turns += 1;
        }
        Ok(turns)
    });
    assert!(turns.unwrap() > 0);
    workers
        .into_iter()
        .for_each(|worker| worker.join().unwrap());
    let expected: Vec<usize> = (0..calls).collect();
    assert!(RECEIVED.take().iter().all(|received| *received == expected));
}

#[test]
fn a_sleeping_loop_is_woken_by_every_call() {
    // The loop has no timer: without a wake-up it would sleep for ever after the last answer.
    let answers = beside(|handle| {
        let ask = |n| {
            handle
                .run_coroutine_threadsafe(move |_: &Co| Ok(n))
                .unwrap()
        };
        let answers = (0..100).map(|n| ask(n).result(Some(secs(60))).unwrap());
        answers.collect::<Vec<i32>>()
    });
    assert_eq!(answers, (0..100).collect::<Vec<_>>());
}

/// Runs `work` on another thread, while a loop runs here; returns what it returns.
fn beside<R: Send + 'static>(work: impl FnOnce(LoopHandle) -> R + Send + 'static) -> R {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let worker = thread::spawn(move || {
        let result = work(handle.clone());
        handle.call_soon_threadsafe(stop).unwrap();
        result
    });
    event_loop.run_forever().unwrap();
    worker.join().unwrap()
}

#[test]
fn results_errors_and_panics_of_coroutines_cross_threads() {
    let (good, bad, panicked, again) = beside(|handle| {
        let good = handle.run_coroutine_threadsafe(|co: &Co| {
            co.yield_from(sleep(millis(1)))?;
            Ok(42)
        });
        let good = good.unwrap();
        let bad = handle.run_coroutine_threadsafe(|_: &Co| Err::<(), _>(Error::msg("no fuel")));
        let panics = |_: &Co| -> Result<()> { panic!("a coroutine") };
        let panics = handle.run_coroutine_threadsafe(panics).unwrap();
        let first = good.result(None);
        (
            first,
            bad.unwrap().result(None),
            panics.result(None),
            good.result(None),
        )
    });
    assert_eq!(good, Ok(42));
    assert_eq!(bad.unwrap_err().to_string(), "no fuel");
    assert_eq!(panicked.unwrap_err().to_string(), "panicked: a coroutine");
    assert_eq!(again, Err(ConcurrentError::InvalidState));
}

#[test]
fn a_coroutine_is_cancelled_from_another_thread() {
    let ended = beside(|handle| {
        let (sender, ends) = mpsc::channel();
        let (began, begins) = mpsc::channel();
        let future = handle.run_coroutine_threadsafe(move |co: &Co| {
            began.send(()).unwrap();
            let result = co.yield_from(sleep(secs(3600)));
            sender
                .send(result.as_ref().is_err_and(Error::is_cancelled))
                .unwrap();
            result
        });
        let future = future.unwrap();
        begins.recv().unwrap();
        let too_soon = future.result(Some(millis(1)));
        assert_eq!(too_soon, Err(ConcurrentError::TimeoutError));
        assert!(!future.done() && future.cancel() && !future.cancel());
        assert_eq!(future.result(None), Err(ConcurrentError::Cancelled));
        ends.recv_timeout(secs(60))
    });
    assert_eq!(ended, Ok(true));
}

#[test]
fn a_task_cancelled_on_its_own_thread_ends_the_concurrent_future() {
    let result = beside(|handle| {
        let future = handle.run_coroutine_threadsafe(|co: &Co| {
            yieldfrom::current_task().unwrap().cancel();
            co.yield_from(yield_now())
        });
        future.unwrap().result(None)
    });
    assert_eq!(result, Err(ConcurrentError::Cancelled));
}

#[test]
fn threads_may_send_while_the_loop_closes() {
    for _ in 0..rounds(100, 500) {
        let event_loop = EventLoop::new().unwrap();
        let handle = event_loop.handle();
        let (sender, futures) = mpsc::channel();
        let worker = thread::spawn(move || {
            loop {
                let body = |co: &Co| co.yield_from(sleep(secs(3600)));
                match handle.run_coroutine_threadsafe(body) {
                    Ok(future) => sender.send(future).unwrap(),
                    Err(error) => return error.is::<RuntimeError>(),
                }
            }
        });
        let first = futures.recv().unwrap();
        event_loop.turn(Some(Duration::ZERO)).unwrap();
        log_of(|| drop(event_loop));
        assert!(worker.join().unwrap());
        for future in std::iter::once(first).chain(futures) {
            let result = future.result(Some(secs(1)));
            assert_eq!(result, Err(ConcurrentError::Cancelled));
        }
    }
}

#[test]
fn a_closed_loop_ends_concurrent_futures_though_somebody_holds_their_tasks() {
    let event_loop = virtual_loop();
    let future = event_loop
        .handle()
        .run_coroutine_threadsafe(|co: &Co| co.yield_from(sleep(secs(1))))
        .unwrap();
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    let tasks = event_loop.all_tasks();
    assert_eq!(tasks.len(), 1);
    log_of(|| event_loop.close().unwrap());
    assert_eq!(
        future.result(Some(millis(1))),
        Err(ConcurrentError::Cancelled)
    );
}

#[test]
fn a_handle_of_a_closed_loop_gives_errors() {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    event_loop.close().unwrap();
    assert!(failed_with::<RuntimeError, _>(
        handle.call_soon_threadsafe(|| ())
    ));
    let refused = handle.run_coroutine_threadsafe(|_: &Co| Ok(()));
    assert!(failed_with::<RuntimeError, _>(refused));
    drop(event_loop);
    assert!(failed_with::<RuntimeError, _>(
        handle.call_soon_threadsafe(|| ())
    ));
    assert_eq!(format!("{handle:?}"), "<LoopHandle closed=true>");
}

/// Runs loops that wait for nothing but their handles, which `part` gives away, until these are
/// dropped; fails if one of them goes on waiting.
fn ends_with_its_handles(rounds: usize, part: fn(&EventLoop)) {
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || {
        for _ in 0..rounds {
            let event_loop = EventLoop::new().unwrap();
            part(&event_loop);
            let deadlock = failed_with::<DeadlockError, _>(event_loop.run_forever());
            sender.send(deadlock).unwrap();
        }
    });
    for round in 0..rounds {
        let deadlock = ended.recv_timeout(secs(60));
        assert_eq!(deadlock, Ok(true), "the loop of round {round} waits");
    }
}

#[test]
fn dropping_the_last_handle_ends_a_loop_that_waits() {
    ends_with_its_handles(rounds(500, 2_000), |event_loop| {
        let handle = event_loop.handle();
        thread::spawn(move || drop(handle));
    });
}

#[test]
fn handles_dropped_at_one_time_by_several_threads_end_a_loop_that_waits() {
    ends_with_its_handles(rounds(500, 2_000), |event_loop| {
        let barrier = Arc::new(Barrier::new(2));
        for _ in 0..2 {
            let (handle, barrier) = (event_loop.handle(), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                drop(handle);
            });
        }
    });
}

#[test]
fn a_call_from_the_loops_own_thread_keeps_its_place_in_the_queue() {
    let event_loop = virtual_loop();
    let handle = event_loop.handle();
    let order: Rc<RefCell<Vec<i32>>> = Rc::default();
    let seen = Rc::clone(&order);
    thread_local! {
        static THREADSAFE: RefCell<Vec<i32>> = const { RefCell::new(Vec::new()) };
    }
    event_loop
        .run_until_complete(move |co: &Co| {
            let event_loop = get_running_loop()?;
            event_loop.call_soon(|| THREADSAFE.with_borrow_mut(|all| all.push(1)))?;
            handle.call_soon_threadsafe(|| THREADSAFE.with_borrow_mut(|all| all.push(2)))?;
            event_loop.call_soon(|| THREADSAFE.with_borrow_mut(|all| all.push(3)))?;
            create_task(move |_: &Co| {
                seen.borrow_mut().extend(THREADSAFE.take());
                Ok(())
            });
            co.yield_from(yield_now())
        })
        .unwrap();
    assert_eq!(*order.borrow(), [1, 2, 3]);
}
