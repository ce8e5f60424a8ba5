//! `.await` on what is ours.

use std::cell::Cell;
use std::future::{IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use yieldfrom::{
    Co, ConcurrentError, Coroutine, Error, EventLoop, Future, RuntimeError, coroutine, create_task,
    from_std, sleep, sleep_with, spawn_std, to_thread, yield_now,
};

use crate::support::{
    Census, Journal, failed_with, run_io, run_virtual, secs, settle, virtual_loop,
};

fn double(n: i32) -> Coroutine<i32> {
    coroutine(move |co| {
        co.yield_from(sleep(1))?;
        Ok(2 * n)
    })
}

#[test]
fn tasks_futures_coroutines_sleeps_and_jobs_are_awaited() {
    run_io(|co| {
        co.yield_from(spawn_std(async {
            let task = create_task(|_: &Co| Ok(String::from("task")));
            assert_eq!((&task).await?, "task");
            assert_eq!(task.await?, "task");
            let future = Future::new();
            future.set_result(7)?;
            assert_eq!((&future).await?, 7);
            assert_eq!(sleep_with(0, "slept").await?, "slept");
            assert_eq!(coroutine(|_| Ok(1)).await?, 1);
            assert_eq!(to_thread(|| 6 * 7).await?, 42);
            Ok(())
        }))?
    })
    .unwrap();
}

#[test]
fn errors_and_cancellations_come_as_values() {
    run_virtual(|co| {
        co.yield_from(spawn_std(async {
            let failing = create_task(|_: &Co| Err::<(), _>(Error::msg("no fuel")));
            assert_eq!(failing.await.unwrap_err().to_string(), "no fuel");
            let cancelled = create_task(|co: &Co| co.yield_from(sleep(1)));
            cancelled.cancel();
            assert!(cancelled.await.unwrap_err().is_cancelled());
        }))
    })
    .unwrap();
}

#[test]
fn a_result_that_was_taken_is_an_error_at_the_second_await() {
    let error = run_virtual(|co| {
        let task = create_task(|_: &Co| Ok(1));
        let other = task.clone();
        co.yield_from(spawn_std(async move {
            task.await?;
            other.await
        }))?
    });
    assert!(failed_with::<yieldfrom::InvalidStateError, _>(error));
}

#[test]
fn dropping_the_wait_leaves_a_task_alone() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(double(21));
    let waiting = event_loop.spawn_std(task.clone().into_future());
    settle(&event_loop);
    waiting.cancel();
    settle(&event_loop);
    assert!(waiting.cancelled());
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 42);
}

#[test]
fn dropping_the_wait_for_a_coroutine_cancels_it() {
    let event_loop = virtual_loop();
    let journal = Journal::default();
    let guard = journal.guard("coroutine");
    let waiting = event_loop.spawn_std(async move {
        let inner = coroutine(move |co| {
            let _guard = guard;
            co.yield_from(sleep(100))
        });
        inner.await
    });
    settle(&event_loop);
    waiting.cancel();
    settle(&event_loop);
    assert_eq!(journal.take(), ["drop coroutine"]);
    assert!(event_loop.all_tasks().is_empty());
    assert_eq!(event_loop.time(), secs(0));
}

#[test]
fn a_task_cannot_await_itself() {
    let event_loop = virtual_loop();
    let own = Rc::new(std::cell::RefCell::new(None::<yieldfrom::Task<()>>));
    let inner = Rc::clone(&own);
    let task = event_loop.spawn_std(async move {
        let itself = inner.take().unwrap();
        let error = itself.await.unwrap_err();
        assert!(error.is::<RuntimeError>(), "{error}");
    });
    own.replace(Some(task.clone()));
    event_loop.run_until_complete(task).unwrap();
}

#[test]
fn a_sleep_that_is_dropped_has_no_timer() {
    let event_loop = virtual_loop();
    let main = event_loop.spawn_std(async {
        let mut long = pin!(sleep(secs(100)).into_future());
        poll_fn(|context| {
            assert!(long.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    });
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(event_loop.time_to_next(), None);
}

/// Counts its wake-ups, as the waker of an executor of somebody else.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn another_executor_of_the_thread_may_await() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(double(21));
    let mut waiting = pin!(task.into_future());
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut context = Context::from_waker(&waker);
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    // A poll more is one waker more, and no more callbacks.
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    event_loop.run_until_complete(sleep(2)).unwrap();
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(matches!(waiting.poll(&mut context), Poll::Ready(Ok(42))));
}

#[test]
fn the_latest_waker_is_woken() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future::<()>();
    let mut waiting = pin!(future.clone().into_future());
    let counts = [(); 2].map(|()| Arc::new(Count::default()));
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        assert!(
            waiting
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    future.set_result(()).unwrap();
    let woken = counts.map(|count| count.0.load(Ordering::SeqCst));
    assert_eq!(woken, [0, 1]);
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker of somebody else");
    }
}

#[test]
fn a_waker_that_panics_keeps_no_other_callback_from_running() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future::<i32>();
    let journal = Journal::default();
    let mut waits: Vec<_> = (0..3).map(|_| future.clone().into_future()).collect();
    let waker = Waker::from(Arc::new(Panics));
    for wait in &mut waits {
        let before = journal.clone();
        future.add_done_callback(move |_| before.note("called"));
        assert!(
            Pin::new(wait)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    future.set_result(1).unwrap();
    settle(&event_loop);
    assert_eq!(journal.take(), ["called"; 3]);
}

#[test]
fn a_future_of_another_thread_is_awaited_from_any_executor() {
    run_io(|co| {
        let event_loop = yieldfrom::get_running_loop()?;
        let handle = event_loop.handle();
        drop(event_loop);
        let worker = to_thread(move || {
            let answer = handle.run_coroutine_threadsafe(|co: &Co| {
                co.yield_from(yield_now())?;
                Ok(42)
            });
            let failing =
                handle.run_coroutine_threadsafe(|_: &Co| Err::<(), _>(Error::msg("no fuel")));
            let own = EventLoop::new().unwrap();
            own.run_until_complete(move |co: &Co| {
                assert_eq!(co.yield_from(from_std(answer.unwrap()))?, Ok(42));
                let failed = co.yield_from(from_std(failing.unwrap()))?;
                assert!(matches!(failed, Err(ConcurrentError::Failed(_))));
                Ok(())
            })
            .unwrap();
        });
        co.yield_from(worker)
    })
    .unwrap();
}

#[test]
fn what_is_awaited_is_dropped_with_its_wait() {
    let census = Census::default();
    let event_loop = virtual_loop();
    let future = event_loop.create_future::<Rc<()>>();
    for _ in 0..1000 {
        let one = census.one();
        let wait = future.clone().into_future();
        let waiting = event_loop.spawn_std(async move {
            let _one = one;
            wait.await
        });
        settle(&event_loop);
        waiting.cancel();
        settle(&event_loop);
    }
    assert_eq!(census.live(), 0);
    future.set_result(census.one()).unwrap();
    drop(future);
    settle(&event_loop);
    assert_eq!(census.live(), 0);
}

/// A waker whose destructor ends what is awaited.
struct Ends;

thread_local!(static ENDED: Cell<Option<Future<i32>>> = const { Cell::new(None) });

impl Wake for Ends {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Ends {
    fn drop(&mut self) {
        if let Some(future) = ENDED.take() {
            future.set_result(7).unwrap();
        }
    }
}

#[test]
fn a_waker_may_end_the_wait_while_it_is_replaced() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future();
    let mut waiting = pin!(future.clone().into_future());
    let first = Waker::from(Arc::new(Ends));
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(&first))
            .is_pending()
    );
    drop(first);
    ENDED.set(Some(future));
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let polled = waiting.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(matches!(polled, Poll::Ready(Ok(7))));
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
}

#[test]
fn a_future_of_a_closed_loop_is_an_error_at_the_next_poll() {
    let event_loop = virtual_loop();
    let future = event_loop.create_future::<i32>();
    let mut context = Context::from_waker(Waker::noop());
    let mut early = pin!(future.clone().into_future());
    assert!(early.as_mut().poll(&mut context).is_pending());
    event_loop.close().unwrap();
    let mut late = pin!(future.into_future());
    for waiting in [early.as_mut(), late.as_mut()] {
        let polled = waiting.poll(&mut context);
        let Poll::Ready(Err(error)) = polled else {
            panic!("{polled:?}")
        };
        assert!(
            error
                .to_string()
                .starts_with("await: the event loop is closed"),
            "{error}"
        );
    }
}
