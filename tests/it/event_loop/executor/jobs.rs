//! Jobs, as a loop's coroutines use them.

mod cancelled;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use yieldfrom::{
    Co, EventLoop, Future, Job, Panicked, RuntimeError, create_task, gather, get_running_loop, run,
    timeout, to_thread, wait, wait_for, yield_now,
};

use super::{Gate, pool, thread_name};
use crate::support::{failed_with, log_of, millis, secs};

/// A result that cannot be cloned.
#[derive(Debug, PartialEq)]
struct Once(i32);

fn real_loop() -> EventLoop {
    EventLoop::new().unwrap()
}

#[test]
fn a_job_runs_on_another_thread_and_its_result_is_moved_out() {
    let event_loop = real_loop();
    let here = thread::current().id();
    let job = event_loop.run_in_executor(None, move || (Once(42), thread::current().id() != here));
    assert_eq!(job.to_string(), "<Future pending>");
    assert_eq!(
        event_loop.run_until_complete(job).unwrap(),
        (Once(42), true)
    );
    let result = event_loop.run_until_complete(|co: &Co| co.yield_from(to_thread(|| Once(1))));
    assert_eq!(result.unwrap(), Once(1));
    let twice = event_loop.run_until_complete(|co: &Co| {
        let job = get_running_loop()?.run_in_executor(None, || 5);
        Ok((
            co.yield_from(&job)?,
            co.yield_from(&job)?,
            job.take_result()?,
        ))
    });
    assert_eq!(twice.unwrap(), (5, 5, 5));
}

#[test]
fn a_panic_comes_back_with_its_message_and_payload() {
    let event_loop = real_loop();
    let job = event_loop.run_in_executor(None, || -> i32 { panic!("no fuel") });
    let error = event_loop.run_until_complete(&job).unwrap_err();
    let panicked = error.downcast_ref::<Panicked>().unwrap();
    assert_eq!(panicked.message(), "no fuel");
    let payload = panicked.take_payload().unwrap();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "no fuel");
    let job = event_loop.run_in_executor(None, || 1);
    assert_eq!(event_loop.run_until_complete(job).unwrap(), 1);
}

#[test]
fn a_panic_that_nobody_looks_at_is_reported() {
    let (logged, ()) = log_of(|| {
        let event_loop = real_loop();
        drop(event_loop.run_in_executor(None, || panic!("no fuel")));
        let next = event_loop.run_in_executor(None, || ());
        event_loop.run_until_complete(next).unwrap();
        event_loop
            .run_until_complete(|co: &Co| co.yield_from(yield_now()))
            .unwrap();
    });
    let reported = |line: &String| line.contains("never retrieved") && line.contains("no fuel");
    assert!(logged.iter().any(reported), "{logged:?}");
}

#[test]
fn a_thousand_jobs_of_fifty_tasks() {
    let event_loop = real_loop();
    event_loop.set_default_executor(pool(8));
    let tasks: Vec<_> = (0..50)
        .map(|task| {
            event_loop.create_task(move |co: &Co| {
                let mut sum = 0;
                for n in 0..20 {
                    sum += co.yield_from(to_thread(move || task * n))?;
                }
                Ok(sum)
            })
        })
        .collect();
    let sums = event_loop.run_until_complete(gather(tasks)).unwrap();
    assert_eq!(sums, (0..50).map(|task| task * 190).collect::<Vec<i32>>());
}

#[test]
fn jobs_are_gathered_waited_for_and_limited_as_futures_are() {
    let event_loop = real_loop();
    event_loop
        .run_until_complete(|co: &Co| {
            let squares = co.yield_from(gather((0..5).map(|n| to_thread(move || n * n))))?;
            assert_eq!(squares, [0, 1, 4, 9, 16]);
            let waited = co.yield_from(wait([to_thread(|| 1), to_thread(|| 2)]))?;
            assert_eq!(waited.done.len(), 2);
            assert_eq!(co.yield_from(wait_for(to_thread(|| 3), secs(10)))?, 3);
            let limited = timeout(secs(10), |co: &Co| co.yield_from(to_thread(|| 4)));
            assert_eq!(co.yield_from(limited)?, 4);
            let task = create_task(to_thread(|| Once(5)));
            task.set_name("a job");
            co.yield_from(wait([&task.to_future()]))?;
            assert_eq!(task.take_result()?, Once(5));
            Ok(())
        })
        .unwrap();
}

/// `wait` wants results that can be cloned of a reference to a task.
trait ToFuture {
    fn to_future(&self) -> Future<()>;
}

impl<T: 'static> ToFuture for yieldfrom::Task<T> {
    fn to_future(&self) -> Future<()> {
        let future = Future::new();
        let end = future.clone();
        self.add_done_callback(move |_| end.set_result(()).unwrap());
        future
    }
}

#[test]
fn the_loop_runs_while_jobs_do() {
    let event_loop = real_loop();
    let (gate, hold) = Gate::new();
    let turns = event_loop.run_until_complete(move |co: &Co| {
        let job = get_running_loop()?.run_in_executor(None, hold);
        for _ in 0..100 {
            co.yield_from(yield_now())?;
        }
        assert!(!job.done());
        gate.open();
        co.yield_from(job)
    });
    assert_eq!(turns.unwrap(), "held");
}

#[test]
fn a_job_alone_wakes_a_loop_that_waits() {
    let event_loop = real_loop();
    for _ in 0..300 {
        let job = event_loop.run_in_executor(None, || ());
        event_loop.run_until_complete(job).unwrap();
    }
    let slow = event_loop.run_in_executor(None, || thread::sleep(millis(5)));
    let began = Instant::now();
    event_loop.run_until_complete(slow).unwrap();
    assert!(began.elapsed() >= millis(5));
}

#[test]
fn jobs_one_after_the_other_need_one_thread() {
    let event_loop = real_loop();
    let names = event_loop.run_until_complete(|co: &Co| {
        let mut names = std::collections::HashSet::new();
        for _ in 0..300 {
            names.insert(co.yield_from(to_thread(thread_name))?);
        }
        Ok(names)
    });
    assert_eq!(names.unwrap(), ["yieldfrom-worker-0".to_owned()].into());
}

#[test]
fn jobs_that_name_no_executor_run_on_the_one_that_was_set() {
    let event_loop = real_loop();
    let (first, second) = (pool(1), pool(1));
    let names = |executor: &yieldfrom::ThreadPoolExecutor| {
        executor
            .submit(|| thread::current().id())
            .result(None)
            .unwrap()
    };
    let ids = [names(&first), names(&second)];
    for (executor, id) in [first, second].into_iter().zip(ids) {
        event_loop.set_default_executor(executor);
        let job = event_loop.run_in_executor(None, || thread::current().id());
        assert_eq!(event_loop.run_until_complete(job).unwrap(), id);
    }
}

#[test]
fn a_job_keeps_the_executor_that_only_it_has() {
    let event_loop = real_loop();
    let (gate, hold) = Gate::new();
    let executor = pool(1);
    let first = event_loop.run_in_executor(&executor, hold);
    let second = event_loop.run_in_executor(executor, || 2);
    gate.open();
    assert_eq!(event_loop.run_until_complete(first).unwrap(), "held");
    assert_eq!(event_loop.run_until_complete(second).unwrap(), 2);
}

#[test]
fn a_hundred_thousand_small_jobs_leave_nothing_behind() {
    let jobs = if cfg!(debug_assertions) {
        20_000
    } else {
        100_000
    };
    let event_loop = real_loop();
    event_loop.set_default_executor(pool(4));
    let witness = Arc::new(());
    let captured = Arc::clone(&witness);
    let results: Rc<RefCell<Vec<Arc<()>>>> = Rc::default();
    let sum = event_loop.run_until_complete(move |co: &Co| {
        let event_loop = get_running_loop()?;
        let start = |n: u64| -> Job<(u64, Arc<()>)> {
            let captured = Arc::clone(&captured);
            event_loop.run_in_executor(None, move || (n, captured))
        };
        let mut sum = 0;
        for batch in 0..10 {
            let share = jobs / 10;
            let batch = (batch * share..(batch + 1) * share).map(start);
            for (n, kept) in co.yield_from(gather(batch))? {
                sum += n;
                results.borrow_mut().push(kept);
            }
            results.take();
        }
        Ok(sum)
    });
    assert_eq!(sum.unwrap(), jobs * (jobs - 1) / 2);
    event_loop.close().unwrap();
    assert_eq!(Arc::strong_count(&witness), 1);
}

#[test]
fn on_a_closed_loop_and_where_there_is_none_a_job_has_failed() {
    let event_loop = real_loop();
    event_loop.close().unwrap();
    let job = event_loop.run_in_executor(None, || unreachable!("it is refused"));
    let refused: yieldfrom::Result<()> = job.take_result();
    assert!(failed_with::<RuntimeError, _>(refused));
    thread::spawn(|| {
        let job = create_task(to_thread(|| unreachable!("it is refused")));
        let refused: yieldfrom::Result<()> = job.take_result();
        assert!(failed_with::<RuntimeError, _>(refused));
    })
    .join()
    .unwrap();
    let event_loop = real_loop();
    let executor = pool(1);
    executor.shutdown();
    let job = event_loop.run_in_executor(&executor, || 1);
    let error = event_loop.run_until_complete(job).unwrap_err();
    assert!(
        error.is::<RuntimeError>() && error.to_string().contains("is shut down"),
        "{error}"
    );
}

/// As `asyncio.run(asyncio.to_thread(f))`.
#[test]
fn a_job_for_a_thread_can_be_what_is_run() {
    assert_eq!(run(to_thread(|| 6)).unwrap(), 6);
    let event_loop = real_loop();
    assert_eq!(event_loop.run_until_complete(to_thread(|| 6)).unwrap(), 6);
}

#[test]
fn a_job_for_a_thread_begins_when_it_is_waited_for() {
    let begun = Arc::new(AtomicUsize::new(0));
    let job = |n: usize| {
        let begun = Arc::clone(&begun);
        to_thread(move || begun.fetch_add(n, Ordering::SeqCst))
    };
    let (never, one, two, four) = (job(100), job(1), job(2), job(4));
    let limited = wait_for(one, secs(60));
    // Both orders: before there is a loop, and in one.
    assert_eq!(begun.load(Ordering::SeqCst), 0);
    let check = Arc::clone(&begun);
    real_loop()
        .run_until_complete(move |co: &Co| {
            drop(never);
            let task = create_task(two);
            assert_eq!(check.load(Ordering::SeqCst), 0);
            co.yield_from(limited)?;
            co.yield_from(gather([four]))?;
            co.yield_from(task).map(drop)
        })
        .unwrap();
    assert_eq!(begun.load(Ordering::SeqCst), 7);
}
