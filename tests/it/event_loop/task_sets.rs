//! Growing sets of tasks, whose results are taken as they end.

use std::rc::Rc;

use yieldfrom::{
    Co, Error, Result, TaskSet, ThreadPoolExecutor, ValueError, create_task, first, gather, sleep,
    sleep_with, wait, wait_for, yield_now,
};

use crate::support::{Census, failed_with, run_virtual, secs, settle, virtual_loop};

#[test]
fn results_come_as_the_tasks_end_and_the_set_grows_meanwhile() {
    run_virtual(|co| {
        let (tasks, mut seen) = (TaskSet::new(), Vec::new());
        assert!(co.yield_from(tasks.next())?.is_none());
        for n in [5, 1, 3] {
            tasks.create_task(sleep_with(secs(n), n));
        }
        tasks.add(create_task(|_: &Co| Err(Error::msg("no fuel"))));
        while let Some(result) = co.yield_from(tasks.next())? {
            seen.push(result.unwrap_or(0));
            if seen.len() == 2 {
                tasks.create_task(sleep_with(secs(1), 2));
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 5]);
        assert!(tasks.is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn results_need_no_clone_and_places_are_used_again() {
    struct NoClone(u64);
    run_virtual(|co| {
        let (tasks, mut sum) = (TaskSet::new(), 0);
        for round in 0..1000 {
            tasks.create_task(move |_: &Co| Ok(NoClone(round)));
            if round % 3 > 0 {
                sum += co.yield_from(tasks.next())?.unwrap()?.0;
            }
        }
        while let Some(result) = co.yield_from(tasks.next())? {
            sum += result?.0;
        }
        assert_eq!(sum, 999 * 1000 / 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_set_that_is_dropped_cancels_its_tasks() {
    let census = Census::default();
    let one = census.one();
    run_virtual(move |co| {
        let tasks = TaskSet::new();
        let slow = tasks.create_task(move |co: &Co| {
            let _one = one;
            co.yield_from(sleep(secs(60)))
        });
        tasks.create_task(|_: &Co| Ok(()));
        co.yield_from(yield_now())?;
        drop(tasks);
        co.yield_from(yield_now())?;
        assert!(slow.cancelled());
        Ok(())
    })
    .unwrap();
    assert_eq!(census.live(), 0);
}

#[test]
fn all_who_wait_for_the_last_result_go_on() {
    let event_loop = virtual_loop();
    let tasks = Rc::new(TaskSet::new());
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let tasks = Rc::clone(&tasks);
            event_loop
                .create_task(move |co: &Co| co.yield_from(tasks.next()).map(|r| r.transpose()))
        })
        .collect();
    let own = Rc::clone(&tasks);
    event_loop
        .run_until_complete(move |co: &Co| {
            own.create_task(sleep_with(secs(1), 42));
            co.yield_from(yield_now())
        })
        .unwrap();
    let results: Result<Vec<_>> = event_loop
        .run_until_complete(gather(waiting))
        .unwrap()
        .into_iter()
        .collect();
    let mut results = results.unwrap();
    results.sort_unstable();
    // Those that came before there was a task found the set empty.
    assert!(results.iter().flatten().count() <= 1);
    settle(&event_loop);
}

#[test]
fn the_cancelled_come_as_errors() {
    run_virtual(|co| {
        let tasks = TaskSet::new();
        for _ in 0..3 {
            tasks.create_task(|co: &Co| co.yield_from(sleep(secs(60))));
        }
        co.yield_from(yield_now())?;
        tasks.cancel_all();
        for _ in 0..3 {
            let result = co.yield_from(tasks.next())?.expect("there are three");
            assert!(result.unwrap_err().is_cancelled());
        }
        assert!(co.yield_from(tasks.next())?.is_none());
        let (next, _) = co.yield_from(first((tasks.next(), sleep(secs(1)))))?;
        assert!(next.unwrap()?.is_none());
        Ok(())
    })
    .unwrap();
}

/// The future of a thread pool goes wherever a future goes.
#[test]
fn a_future_of_a_thread_pool_can_be_waited_for() {
    let event_loop = yieldfrom::EventLoop::new().unwrap();
    event_loop
        .run_until_complete(|co: &Co| {
            let pool = ThreadPoolExecutor::new(1)?;
            assert_eq!(co.yield_from(pool.submit(|| 1))?, 1);
            assert_eq!(co.yield_from(wait_for(pool.submit(|| 2), secs(60)))?, 2);
            assert_eq!(
                co.yield_from(gather((pool.submit(|| 3), |_: &Co| Ok('c'))))?,
                (3, 'c')
            );
            let waited = co.yield_from(wait([pool.submit(|| 4), pool.submit(|| 5)]))?;
            assert_eq!(waited.done.len(), 2);
            Ok(())
        })
        .unwrap();
}

/// Nothing would ever tell of their end.
#[test]
fn tasks_of_other_loops_come_as_errors() {
    let other = virtual_loop();
    let sleeper = |co: &Co| co.yield_from(sleep(secs(1)));
    let done = other.create_task(sleeper);
    let lost = other.create_task(|co: &Co| co.yield_from(sleep(secs(60))));
    other.run_until_complete(&done).unwrap();
    let open = virtual_loop();
    let left = open.create_task(sleeper);
    other.close().unwrap();
    run_virtual(move |co| {
        let tasks = TaskSet::new();
        tasks.create_task(|_: &Co| Ok(()));
        tasks.add(lost);
        tasks.add(done);
        tasks.add(left.clone());
        let mut results = Vec::new();
        while let Some(result) = co.yield_from(tasks.next())? {
            results.push(result.map_err(|error| error.is::<ValueError>()));
        }
        assert_eq!(results, [Err(true), Ok(()), Err(true), Ok(())]);
        let theirs = TaskSet::new();
        theirs.add(left);
        let refused = co.yield_from(theirs.next());
        assert!(failed_with::<ValueError, _>(refused));
        Ok(())
    })
    .unwrap();
    drop(open);
}
