//! The pool of threads, as other threads use it.

mod closing;
mod done_callbacks;
mod jobs;
mod no_threads_left;
mod virtual_time;
mod wrapped_futures;

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use yieldfrom::{
    ConcurrentError, ConcurrentFuture, EventLoop, Job, ThreadPoolExecutor, ValueError,
};

use crate::support::{failed_with, millis, secs};

/// Holds a job until it is opened.
pub(crate) struct Gate(mpsc::Sender<()>);

impl Gate {
    /// Occupies a thread of the pool, and returns when it does.
    pub(crate) fn occupy(executor: &ThreadPoolExecutor) -> (Self, ConcurrentFuture<&'static str>) {
        let (gate, hold) = Self::new();
        let (began, begins) = mpsc::channel();
        let future = executor.submit(move || {
            began.send(()).unwrap();
            hold()
        });
        begins.recv_timeout(secs(60)).unwrap();
        (gate, future)
    }

    /// Occupies a thread of the loop's default executor, and returns when it does.
    pub(crate) fn occupy_default(event_loop: &EventLoop) -> (Self, Job<&'static str>) {
        let (gate, hold) = Self::new();
        let (began, begins) = mpsc::channel();
        let job = event_loop.run_in_executor(None, move || {
            began.send(()).unwrap();
            hold()
        });
        begins.recv_timeout(secs(60)).unwrap();
        (gate, job)
    }

    /// Makes a gate, and a job that waits for it.
    pub(crate) fn new() -> (Self, impl FnOnce() -> &'static str + Send + 'static) {
        let (open, opened) = mpsc::channel();
        let hold = move || {
            // It is opened by being dropped as well.
            let _ = opened.recv_timeout(secs(60));
            "held"
        };
        (Self(open), hold)
    }

    pub(crate) fn open(self) {
        let _ = self.0.send(());
    }
}

pub(crate) fn pool(workers: usize) -> ThreadPoolExecutor {
    ThreadPoolExecutor::new(workers).unwrap()
}

pub(crate) fn thread_name() -> String {
    thread::current().name().unwrap().to_owned()
}

#[test]
fn results_and_panics_reach_the_thread_that_waits() {
    let executor = pool(2);
    assert_eq!(executor.submit(|| 6 * 7).result(None), Ok(42));
    let panics = executor.submit(|| -> i32 { panic!("no fuel") });
    let failed = panics.result(Some(secs(10))).unwrap_err();
    assert_eq!(failed.to_string(), "panicked: no fuel");
    assert_eq!(executor.submit(|| 1).result(None), Ok(1), "the pool lives");
    assert!(failed_with::<ValueError, _>(ThreadPoolExecutor::new(0)));
}

#[test]
fn a_job_that_was_cancelled_before_it_began_never_runs() {
    let executor = pool(1);
    let (gate, first) = Gate::occupy(&executor);
    let witness = Arc::new(());
    let captured = Arc::clone(&witness);
    let second = executor.submit(move || unreachable!("{captured:?} is cancelled"));
    assert!(first.running() && !first.cancel() && !first.done());
    assert!(!second.running() && second.cancel() && !second.cancel());
    assert_eq!(Arc::strong_count(&witness), 1, "the job is dropped at once");
    let cancelled: Result<(), _> = second.result(None);
    assert_eq!(cancelled, Err(ConcurrentError::Cancelled));
    assert!(second.cancelled() && !second.running());
    gate.open();
    assert_eq!(first.result(None), Ok("held"));
    assert!(!first.cancel() && !first.cancelled() && !first.running());
    assert_eq!(executor.submit(|| 1).result(None), Ok(1));
}

#[test]
fn no_more_jobs_run_at_a_time_than_the_bound_allows() {
    const BOUND: usize = 3;
    let executor = pool(BOUND);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let barrier = Arc::new(Barrier::new(BOUND));
    let jobs: Vec<_> = (0..20 * BOUND)
        .map(|_| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            let barrier = Arc::clone(&barrier);
            executor.submit(move || {
                let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                barrier.wait(); // as many as the bound do run
                running.fetch_sub(1, Ordering::SeqCst);
            })
        })
        .collect();
    for job in jobs {
        assert_eq!(job.result(Some(secs(20))), Ok(()));
    }
    assert_eq!(most.load(Ordering::SeqCst), BOUND);
    assert_eq!(format!("{executor:?}"), "<ThreadPoolExecutor 3/3>");
}

#[test]
fn a_thread_is_started_only_if_none_is_free() {
    let executor = pool(8);
    assert_eq!(format!("{executor:?}"), "<ThreadPoolExecutor 0/8>");
    let names = |n: usize| -> HashSet<String> {
        let name = |_| executor.submit(thread_name).result(None).unwrap();
        (0..n).map(name).collect()
    };
    assert_eq!(names(500), ["yieldfrom-worker-0".to_owned()].into());
    let (gate, held) = Gate::occupy(&executor);
    assert_eq!(names(500), ["yieldfrom-worker-1".to_owned()].into());
    gate.open();
    held.result(None).unwrap();
    assert!(names(500).len() <= 2);
    assert_eq!(format!("{executor:?}"), "<ThreadPoolExecutor 2/8>");
}

thread_local! {
    static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
}

/// Counts the threads whose locals are gone, which is the last thing that they do.
pub(crate) struct LastWords(Arc<AtomicUsize>);

impl LastWords {
    pub(crate) fn leave(count: &Arc<AtomicUsize>) {
        LAST_WORDS.set(Some(Self(Arc::clone(count))));
    }
}

impl Drop for LastWords {
    fn drop(&mut self) {
        thread::sleep(millis(5));
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_shutdown_cancels_what_has_not_begun_and_waits_for_the_rest() {
    let executor = pool(2);
    let ended = Arc::new(AtomicUsize::new(0));
    let gates: Vec<_> = (0..2).map(|_| Gate::occupy(&executor)).collect();
    let queued: Vec<_> = (0..5).map(|n| executor.submit(move || n)).collect();
    let (told, cancelled) = mpsc::channel();
    queued[4].add_done_callback(move || told.send(()).unwrap());
    let mut running = Vec::new();
    let opener = thread::spawn(move || {
        cancelled.recv_timeout(secs(60)).unwrap();
        for (gate, held) in gates {
            gate.open();
            running.push(held);
        }
        running
    });
    // Each of two waits until all threads have ended.
    let shut_down = |executor: &ThreadPoolExecutor| {
        executor.shutdown();
        assert_eq!(format!("{executor:?}"), "<ThreadPoolExecutor 0/2>");
    };
    thread::scope(|scope| {
        scope.spawn(|| shut_down(&executor));
        shut_down(&executor);
    });
    for held in opener.join().unwrap() {
        assert_eq!(held.result(Some(millis(0))), Ok("held"));
    }
    for job in queued {
        assert_eq!(job.result(None), Err(ConcurrentError::Cancelled));
    }
    let counter = Arc::clone(&ended);
    let refused = executor.submit(move || drop(counter));
    assert!(
        matches!(refused.result(None), Err(ConcurrentError::Failed(why)) if why.to_string().contains("shut down"))
    );
    executor.shutdown();
}

#[test]
fn dropping_the_last_handle_joins_the_threads() {
    let ended = Arc::new(AtomicUsize::new(0));
    let executor = pool(2);
    let barrier = Arc::new(Barrier::new(2));
    let jobs = [0, 1].map(|_| {
        let (ended, barrier) = (Arc::clone(&ended), Arc::clone(&barrier));
        executor.submit(move || {
            LastWords::leave(&ended);
            barrier.wait();
        })
    });
    let clone = executor.clone();
    drop(executor);
    for job in jobs {
        job.result(None).unwrap();
    }
    assert_eq!(clone.submit(|| 1).result(None), Ok(1), "a handle is left");
    drop(clone);
    assert_eq!(ended.load(Ordering::SeqCst), 2);
}

#[test]
fn a_job_may_shut_its_own_pool_down() {
    let executor = pool(2);
    let inner = executor.clone();
    let job = executor.submit(move || {
        inner.shutdown();
        inner.submit(|| 1).result(None).is_err()
    });
    assert_eq!(job.result(Some(secs(10))), Ok(true));
    executor.shutdown();
    // And may have the last handle.
    let executor = pool(1);
    let (gate, hold) = Gate::new();
    let inner = executor.clone();
    let job = executor.submit(move || {
        hold();
        drop(inner);
    });
    drop(executor);
    gate.open();
    assert_eq!(job.result(Some(secs(10))), Ok(()));
}

fn fibonacci(executor: &ThreadPoolExecutor, n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let [two, one] = [n - 2, n - 1].map(|n| {
        let inner = executor.clone();
        executor.submit(move || fibonacci(&inner, n))
    });
    one.result(None).unwrap() + two.result(None).unwrap()
}

#[test]
fn jobs_wait_for_jobs_of_their_own_pool() {
    for workers in [1, 3] {
        let executor = pool(workers);
        let inner = executor.clone();
        let sum = executor.submit(move || fibonacci(&inner, 12));
        assert_eq!(sum.result(Some(secs(20))), Ok(144));
    }
}

#[test]
fn no_job_of_many_threads_is_lost() {
    let executor = pool(4);
    let sum = Arc::new(AtomicUsize::new(0));
    let submitters: Vec<_> = (0..4)
        .map(|_| {
            let (executor, sum) = (executor.clone(), Arc::clone(&sum));
            thread::spawn(move || {
                for n in 0..2_000 {
                    let sum = Arc::clone(&sum);
                    let job = executor.submit(move || sum.fetch_add(1, Ordering::SeqCst));
                    if n % 10 == 0 {
                        // The threads park now and then.
                        job.result(Some(secs(10))).unwrap();
                    }
                }
            })
        })
        .collect();
    submitters.into_iter().for_each(|one| one.join().unwrap());
    while sum.load(Ordering::SeqCst) < 8_000 {
        thread::yield_now();
    }
    let witness = Arc::clone(&sum);
    drop((executor, sum));
    assert_eq!(Arc::strong_count(&witness), 1, "no job is left anywhere");
}
