//! Futures that do what they should not.

use std::future::{Future, pending, poll_fn, ready};
use std::pin::Pin;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use yieldfrom::{
    Co, EventLoop, Panicked, Result, block_on, create_task, current_task, from_std, sleep,
    spawn_std, yield_now,
};

use super::give_way;
use crate::support::{
    Census, failed_with, log_of, log_with_slow, run_virtual, settle, virtual_loop,
};

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("a destructor of a future");
    }
}

#[test]
fn a_poll_that_panics_fails_the_task_and_the_loop_goes_on() {
    let (_, ()) = log_of(|| {
        run_virtual(|co| {
            let by_coroutine =
                create_task(|co: &Co| co.yield_from(from_std(async { panic!("no fuel") })));
            let by_task = spawn_std(async { panic!("no fuel") });
            assert!(failed_with::<Panicked, ()>(co.yield_from(by_coroutine)));
            assert!(failed_with::<Panicked, ()>(co.yield_from(by_task)));
            co.yield_from(sleep(1))
        })
        .unwrap();
    });
}

#[test]
fn a_destructor_that_panics_fails_the_task() {
    log_of(|| {
        let event_loop = virtual_loop();
        let at_its_end = event_loop.spawn_std(async {
            let _panics = PanicsWhenDropped;
            give_way().await;
        });
        let when_cancelled = event_loop.spawn_std(async {
            let _panics = PanicsWhenDropped;
            pending::<()>().await;
        });
        settle(&event_loop);
        when_cancelled.cancel();
        settle(&event_loop);
        assert!(failed_with::<Panicked, _>(at_its_end.take_result()));
        assert!(failed_with::<Panicked, _>(when_cancelled.take_result()));
        event_loop.run_until_complete(sleep(1)).unwrap();
    });
}

#[test]
fn a_result_that_panics_when_it_is_dropped_does_not_stop_the_loop() {
    log_of(|| {
        let event_loop = virtual_loop();
        drop(event_loop.spawn_std(async { PanicsWhenDropped }));
        settle(&event_loop);
        event_loop.run_until_complete(sleep(1)).unwrap();
    });
}

/// A future that is polled after its end panics, as one of async/await does: nothing here polls it again.
#[test]
fn a_future_that_is_ready_is_not_polled_again() {
    run_virtual(|co| {
        let task = spawn_std(ready(1));
        co.yield_from(yield_now())?;
        task.cancel();
        co.yield_from(yield_now())?;
        assert_eq!(co.yield_from(task)?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_poll_that_blocks_is_reported_with_its_task() {
    let (logged, here) = log_with_slow(|| {
        let event_loop = EventLoop::builder().debug(true).build().unwrap();
        event_loop.set_slow_callback_duration(std::time::Duration::ZERO);
        let here = line!() + 1;
        let task = event_loop.spawn_std(async {});
        event_loop.run_until_complete(task).unwrap();
        here
    });
    let slow: Vec<_> = logged
        .iter()
        .filter(|line| line.starts_with("WARN Executing <Task "))
        .collect();
    assert!(
        slow.iter()
            .any(|line| line.contains(&format!("misbehaving_futures.rs:{here}"))),
        "{logged:?}"
    );
}

#[test]
fn a_loop_in_a_loop_is_refused() {
    fn nested() -> Result<()> {
        block_on(|co: &Co| co.yield_from(yield_now()))
    }
    let errors = run_virtual(|co| {
        let by_task = co.yield_from(spawn_std(async { nested() }))?;
        Ok([
            nested(),
            by_task,
            co.yield_from(from_std(async { nested() }))?,
        ])
    });
    for error in errors.unwrap() {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("running"), "{error}");
    }
}

/// A waker in whose place code of the program stands, which counts its references itself.
fn foreign_waker(data: *const ()) -> RawWaker {
    static TABLE: RawWakerVTable = RawWakerVTable::new(foreign_waker, |_| (), |_| (), |_| ());
    RawWaker::new(data, &TABLE)
}

#[test]
fn a_future_may_poll_others_with_wakers_of_its_own() {
    struct Own<F>(Pin<Box<F>>);
    impl<F: Future> Future for Own<F> {
        type Output = F::Output;
        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
            let _ = foreign_waker(std::ptr::null());
            let polled = self
                .0
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            context.waker().wake_by_ref();
            polled
        }
    }
    let event_loop = virtual_loop();
    let task = event_loop.spawn_std(Own(Box::pin(async {
        create_task(|co: &Co| co.yield_from(yield_now()))
            .await
            .unwrap();
        42
    })));
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 42);
}

#[test]
fn a_task_may_drop_cancel_and_make_others_while_it_is_polled() {
    let census = Census::default();
    let event_loop = virtual_loop();
    let kept = census.one();
    let task = event_loop.spawn_std(async move {
        let _kept = kept;
        for _ in 0..100 {
            let other = spawn_std(pending::<()>());
            give_way().await;
            other.cancel();
            drop(other);
            drop(spawn_std(async {}));
            assert_eq!(current_task().unwrap().stack().len(), 1);
        }
    });
    event_loop.run_until_complete(task).unwrap();
    settle(&event_loop);
    assert_eq!(census.live(), 0);
    assert!(event_loop.all_tasks().is_empty());
}

#[test]
fn a_future_that_always_wakes_itself_does_not_keep_others_from_running() {
    let event_loop = virtual_loop();
    let busy = event_loop.spawn_std(poll_fn(|context| {
        context.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    event_loop
        .run_until_complete(|co: &Co| (0..100).try_for_each(|_| co.yield_from(yield_now())))
        .unwrap();
    busy.cancel();
    settle(&event_loop);
    assert!(busy.cancelled());
}
