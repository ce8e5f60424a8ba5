//! The end of a loop, and of its default executor, with jobs under way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use yieldfrom::{
    Co, ConcurrentError, EventLoop, RuntimeError, create_task, get_running_loop, run, sleep,
    to_thread, yield_now,
};

use super::{Gate, LastWords, pool};
use crate::support::{failed_with, log_of, millis, secs, test_path};

fn real_loop() -> EventLoop {
    EventLoop::new().unwrap()
}

#[test]
fn closing_cancels_queued_jobs_and_waits_for_the_one_that_runs() {
    let event_loop = real_loop();
    let executor = pool(1);
    event_loop.set_default_executor(executor.clone());
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    let first = event_loop.run_in_executor(None, move || LastWords::leave(&count));
    let (gate, running) = Gate::occupy_default(&event_loop);
    let (witness, witnessed) = mpsc::channel::<()>();
    let queued = event_loop.run_in_executor(None, move || witness.send(()).unwrap());
    let opener = thread::spawn(move || {
        // The sender goes away with the job, when that is cancelled.
        let dropped = witnessed.recv_timeout(secs(60));
        assert_eq!(dropped, Err(mpsc::RecvTimeoutError::Disconnected));
        gate.open();
    });
    event_loop.close().unwrap();
    opener.join().unwrap();
    assert!(queued.cancelled());
    first.take_result().unwrap();
    assert_eq!(running.take_result().unwrap(), "held");
    assert_eq!(ended.load(Ordering::SeqCst), 1, "the thread has ended");
    assert!(executor.submit(|| 1).result(None).is_err());
}

/// Does something when it is dropped.
struct AtEnd<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn queued_jobs_are_cancelled_before_tasks_are_destroyed() {
    let (_, ()) = log_of(|| {
        let event_loop = real_loop();
        event_loop.set_default_executor(pool(1));
        let (gate, running) = Gate::occupy_default(&event_loop);
        let (witness, witnessed) = mpsc::channel::<()>();
        let queued = event_loop.run_in_executor(None, move || witness.send(()).unwrap());
        event_loop.create_task(move |co: &Co| {
            let _guard = AtEnd(move || {
                let dropped = witnessed.recv_timeout(secs(60));
                assert_eq!(dropped, Err(mpsc::RecvTimeoutError::Disconnected));
            });
            co.yield_from(sleep(secs(3600)))
        });
        event_loop.run_until_complete(sleep(millis(1))).unwrap();
        let opener = thread::spawn(move || {
            thread::sleep(millis(5));
            gate.open();
        });
        event_loop.close().unwrap();
        opener.join().unwrap();
        assert!(queued.cancelled() && running.done());
    });
}

#[test]
fn dropping_the_loop_ends_its_jobs_wherever_they_are_queued() {
    let event_loop = real_loop();
    let executor = pool(1);
    let (gate, held) = Gate::occupy(&executor);
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let job = event_loop.run_in_executor(&executor, move || count.fetch_add(1, Ordering::SeqCst));
    drop(event_loop);
    assert!(job.cancelled());
    gate.open();
    held.result(None).unwrap();
    // The executor is not the loop's, and goes on.
    assert_eq!(executor.submit(|| 1).result(None), Ok(1));
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    assert_eq!(Arc::strong_count(&ran), 1);
}

#[test]
fn a_loop_closes_though_a_job_waits_for_it() {
    let event_loop = real_loop();
    let handle = event_loop.handle();
    let (tell, told) = mpsc::channel();
    let job = event_loop.run_in_executor(None, move || {
        let forever = |co: &Co| co.yield_from(sleep(secs(3600)));
        let future = handle.run_coroutine_threadsafe(forever).unwrap();
        tell.send(()).unwrap();
        future.result(None)
    });
    told.recv_timeout(secs(60)).unwrap();
    let (_, ()) = log_of(|| {
        event_loop.run_until_complete(sleep(millis(1))).unwrap();
        event_loop.close().unwrap();
    });
    assert_eq!(job.take_result().unwrap(), Err(ConcurrentError::Cancelled));
}

#[test]
fn a_loop_closes_though_a_task_waits_for_a_job() {
    let (logged, ()) = log_of(|| {
        let event_loop = real_loop();
        event_loop.create_task(|co: &Co| co.yield_from(to_thread(|| thread::sleep(millis(2)))));
        event_loop
            .run_until_complete(|co: &Co| co.yield_from(yield_now()))
            .unwrap();
        drop(event_loop);
    });
    assert_eq!(logged.len(), 1, "{logged:?}");
    assert!(
        logged[0].contains("destroyed but it is pending"),
        "{logged:?}"
    );
}

#[test]
fn the_shutdown_of_the_default_executor_runs_what_is_queued_beside_the_loop() {
    let event_loop = real_loop();
    event_loop.set_default_executor(pool(1));
    let (gate, hold) = Gate::new();
    let held = event_loop.run_in_executor(None, hold);
    let queued = event_loop.run_in_executor(None, || 2);
    let shutdown = event_loop.shutdown_default_executor();
    event_loop
        .run_until_complete(move |co: &Co| {
            let shutdown = create_task(shutdown);
            for _ in 0..100 {
                co.yield_from(yield_now())?;
            }
            assert!(!shutdown.done());
            gate.open();
            co.yield_from(&shutdown)
        })
        .unwrap();
    assert_eq!(held.take_result().unwrap(), "held");
    assert_eq!(queued.take_result().unwrap(), 2);
    let refused = event_loop.run_in_executor(None, || 1);
    assert!(failed_with::<RuntimeError, _>(
        event_loop.run_until_complete(refused)
    ));
    event_loop.set_default_executor(pool(1));
    let job = event_loop.run_in_executor(None, || 1);
    assert_eq!(event_loop.run_until_complete(job).unwrap(), 1);
}

#[test]
fn a_shutdown_with_nothing_to_shut_down_is_done_at_once() {
    let event_loop = real_loop();
    for _ in 0..2 {
        let shutdown = event_loop.shutdown_default_executor();
        event_loop.run_until_complete(shutdown).unwrap();
    }
    let refused = event_loop.run_in_executor(None, || 1);
    assert!(failed_with::<RuntimeError, _>(
        event_loop.run_until_complete(refused)
    ));
}

#[test]
fn a_shutdown_that_is_cancelled_shuts_down_nevertheless() {
    let event_loop = real_loop();
    let (gate, held) = Gate::occupy_default(&event_loop);
    let shutdown = event_loop.shutdown_default_executor();
    event_loop
        .run_until_complete(move |co: &Co| {
            let shutdown = create_task(shutdown);
            co.yield_from(yield_now())?;
            shutdown.cancel();
            assert!(co.yield_from(&shutdown).unwrap_err().is_cancelled());
            Ok(())
        })
        .unwrap();
    let refused = event_loop.run_in_executor(None, || 1);
    assert!(failed_with::<RuntimeError, _>(
        event_loop.run_until_complete(refused)
    ));
    gate.open();
    event_loop.close().unwrap();
    assert_eq!(held.take_result().unwrap(), "held");
}

#[test]
fn run_waits_for_the_jobs_that_nobody_waits_for() {
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    run(move |_: &Co| {
        for _ in 0..50 {
            let count = Arc::clone(&count);
            let event_loop = get_running_loop()?;
            drop(event_loop.run_in_executor(None, move || count.fetch_add(1, Ordering::SeqCst)));
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 50);
}

#[test]
fn the_threads_of_a_closed_loop_have_ended() {
    for drop_it in [false, true] {
        let ended = Arc::new(AtomicUsize::new(0));
        let event_loop = real_loop();
        let count = Arc::clone(&ended);
        let job = event_loop.run_in_executor(None, move || LastWords::leave(&count));
        event_loop.run_until_complete(job).unwrap();
        if drop_it {
            drop(event_loop);
        } else {
            event_loop.close().unwrap();
        }
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    }
}

/// Panics when it is dropped, with something whose destructor panics as well, and so on.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new(Bomb));
    }
}

/// Runs this on a pool of one thread, which then does another job, and is shut down; fails if that
/// takes for ever.
fn outlives(mess: impl FnOnce(&yieldfrom::ThreadPoolExecutor) + Send + 'static) {
    let (told, ended) = mpsc::channel();
    thread::spawn(move || {
        let executor = pool(1);
        mess(&executor);
        let name = executor.submit(super::thread_name).result(None);
        assert_eq!(
            name.unwrap(),
            "yieldfrom-worker-0",
            "it is the first thread still"
        );
        executor.shutdown();
        told.send(()).unwrap();
    });
    ended.recv_timeout(secs(60)).unwrap();
}

#[test]
fn no_destructor_of_a_job_ends_the_thread_that_runs_it() {
    if !crate::support::in_a_child(test_path!(
        "no_destructor_of_a_job_ends_the_thread_that_runs_it"
    )) {
        return;
    }
    // What it panics with, and nobody wants.
    outlives(|executor| drop(executor.submit(|| std::panic::resume_unwind(Box::new(Bomb)))));
    // The result, the same.
    outlives(|executor| {
        // Here, if the job has ended by then.
        let drop = || drop(executor.submit(|| Bomb));
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(drop));
        dropped.unwrap_or_else(std::mem::forget);
    });
    // What the closure has captured.
    outlives(|executor| {
        let bomb = Bomb;
        drop(executor.submit(move || drop(bomb)));
    });
    // A callback. The job waits for it: one that is added too late is called here.
    outlives(|executor| {
        let (added, is_added) = mpsc::channel();
        let future = executor.submit(move || is_added.recv().unwrap());
        future.add_done_callback(|| std::panic::resume_unwind(Box::new(Bomb)));
        added.send(()).unwrap();
        future.result(None).unwrap();
    });
    // A payload that somebody wants.
    outlives(|executor| {
        let future = executor.submit(|| std::panic::resume_unwind(Box::new(Bomb)));
        assert!(matches!(
            future.result(None),
            Err::<(), _>(ConcurrentError::Failed(_))
        ));
    });
}

#[test]
fn jobs_that_never_run_are_all_cancelled_though_their_destructors_panic() {
    if !crate::support::in_a_child(test_path!(
        "jobs_that_never_run_are_all_cancelled_though_their_destructors_panic"
    )) {
        return;
    }
    let executor = pool(1);
    let (gate, running) = Gate::occupy(&executor);
    let told = Arc::new(AtomicUsize::new(0));
    let jobs: Vec<_> = (0..3)
        .map(|_| {
            let bomb = Bomb;
            let job = executor.submit(move || drop(bomb));
            let count = Arc::clone(&told);
            job.add_done_callback(move || _ = count.fetch_add(1, Ordering::SeqCst));
            job
        })
        .collect();
    assert!(jobs[0].cancel());
    gate.open();
    let closer = thread::spawn(move || executor.shutdown());
    drop(running.result(None));
    closer.join().unwrap();
    assert!(jobs.iter().all(|job| job.done()));
    assert_eq!(told.load(Ordering::SeqCst), 3);
}
