//! Jobs that are cancelled: before they begin, and while they run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use yieldfrom::{
    Co, DeadlockError, TimeoutError, create_task, get_running_loop, sleep, wait_for, yield_now,
};

use crate::event_loop::executor::{Gate, pool};
use crate::support::{failed_with, millis, secs};

use super::real_loop;

#[test]
fn a_job_cancelled_before_it_began_never_runs_not_even_in_the_same_turn() {
    let event_loop = real_loop();
    let executor = pool(1);
    let (gate, held) = Gate::occupy(&executor);
    let witness = Arc::new(());
    let captured = Arc::clone(&witness);
    let job = event_loop.run_in_executor(&executor, move || unreachable!("{captured:?}"));
    event_loop
        .run_until_complete(move |co: &Co| {
            assert!(job.cancel() && job.cancelled() && !job.cancel());
            assert_eq!(Arc::strong_count(&witness), 1);
            gate.open();
            held.result(None).unwrap();
            assert!(failed_with_cancel(co.yield_from(job)));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        executor.submit(|| 1).result(None),
        Ok(1),
        "behind the cancelled one"
    );
}

fn failed_with_cancel(result: yieldfrom::Result<()>) -> bool {
    result.is_err_and(|error| error.is_cancelled())
}

#[test]
fn cancelling_the_task_that_waits_cancels_the_job() {
    let event_loop = real_loop();
    let executor = pool(1);
    let (gate, held) = Gate::occupy(&executor);
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let inner = executor.clone();
    event_loop
        .run_until_complete(move |co: &Co| {
            let waits = create_task(move |co: &Co| {
                let job = get_running_loop()?.run_in_executor(&inner, move || {
                    count.fetch_add(1, Ordering::SeqCst);
                });
                co.yield_from(job)
            });
            co.yield_from(yield_now())?;
            waits.cancel();
            gate.open();
            held.result(None).unwrap();
            assert!(failed_with_cancel(co.yield_from(&waits)));
            Ok(())
        })
        .unwrap();
    executor.submit(|| ()).result(None).unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[test]
fn a_running_job_that_is_cancelled_goes_on_and_its_result_is_dropped() {
    let event_loop = real_loop();
    let executor = pool(1);
    let (gate, hold) = Gate::new();
    let witness = Arc::new(());
    let result = Arc::clone(&witness);
    let (began, begins) = mpsc::channel();
    let job = event_loop.run_in_executor(&executor, move || {
        began.send(()).unwrap();
        hold();
        result
    });
    begins.recv_timeout(secs(60)).unwrap();
    event_loop
        .run_until_complete(move |co: &Co| {
            let limited = co.yield_from(wait_for(job, millis(2)));
            assert!(failed_with::<TimeoutError, _>(limited));
            Ok(())
        })
        .unwrap();
    assert_eq!(Arc::strong_count(&witness), 2);
    // It does not count as something that may wake the loop any more.
    assert!(failed_with::<DeadlockError, _>(event_loop.run_forever()));
    assert_eq!(Arc::strong_count(&witness), 2, "the job still runs");
    gate.open();
    executor.submit(|| ()).result(None).unwrap();
    executor.shutdown();
    assert_eq!(Arc::strong_count(&witness), 1);
    let future = event_loop.run_in_executor(None, || 1);
    event_loop.run_until_complete(&future).unwrap();
    assert!(!future.cancel() && !future.cancelled(), "it has ended");
}

#[test]
fn a_limit_on_a_queued_job_is_a_limit() {
    let event_loop = real_loop();
    let executor = pool(1);
    let (gate, _held) = Gate::occupy(&executor);
    let job = event_loop.run_in_executor(&executor, || unreachable!("it is cancelled"));
    let result: yieldfrom::Result<()> = event_loop.run_until_complete(wait_for(job, millis(2)));
    assert!(failed_with::<TimeoutError, _>(result));
    gate.open();
    event_loop.run_until_complete(sleep(millis(1))).unwrap();
    assert_eq!(executor.submit(|| 1).result(None), Ok(1));
}
