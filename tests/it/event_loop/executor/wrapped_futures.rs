//! Futures of other threads, for the loop's coroutines.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use yieldfrom::{
    Co, ConcurrentError, Error, EventLoop, LoopHandle, RuntimeError, get_running_loop, sleep,
    wrap_future, yield_now,
};

use super::{Gate, pool};
use crate::support::{failed_with, millis, secs, virtual_loop};

#[test]
fn a_future_of_an_executor_is_waited_for() {
    let event_loop = EventLoop::new().unwrap();
    let executor = pool(1);
    let (gate, held) = Gate::occupy(&executor);
    let done = executor.submit(|| 1);
    let panics = executor.submit(|| -> i32 { panic!("no fuel") });
    gate.open();
    executor.submit(|| ()).result(None).unwrap();
    let results = event_loop.run_until_complete(move |co: &Co| {
        let error = co.yield_from(wrap_future(panics)).unwrap_err();
        assert!(error.is::<yieldfrom::Panicked>(), "{error}");
        Ok((
            co.yield_from(wrap_future(held))?,
            co.yield_from(wrap_future(done))?,
        ))
    });
    assert_eq!(results.unwrap(), ("held", 1));
}

#[test]
fn cancelling_either_future_cancels_the_other() {
    let event_loop = EventLoop::new().unwrap();
    let executor = pool(1);
    let (gate, _held) = Gate::occupy(&executor);
    let (ran, runs) = mpsc::channel();
    let never = executor.submit(move || ran.send(()).unwrap());
    let inner = executor.clone();
    event_loop
        .run_until_complete(move |co: &Co| {
            let wrapped = wrap_future(never);
            wrapped.cancel();
            assert!(runs.try_recv() == Err(mpsc::TryRecvError::Disconnected));
            let never = inner.submit(|| ());
            let (tell, told) = mpsc::channel();
            never.add_done_callback(move || tell.send(()).unwrap());
            let wrapped = wrap_future(never);
            thread::spawn(move || inner.shutdown());
            assert!(co.yield_from(wrapped).unwrap_err().is_cancelled());
            assert_eq!(told.recv_timeout(secs(60)), Ok(()));
            Ok(())
        })
        .unwrap();
    gate.open();
}

/// Runs a loop on another thread until its handle stops it.
fn other_loop() -> (LoopHandle, JoinHandle<()>) {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        let event_loop = EventLoop::new().unwrap();
        send.send(event_loop.handle()).unwrap();
        event_loop.run_forever().unwrap();
    });
    (receive.recv().unwrap(), thread)
}

#[test]
fn a_task_of_another_loop_is_waited_for() {
    let event_loop = EventLoop::new().unwrap();
    let (other, thread) = other_loop();
    event_loop
        .run_until_complete(move |co: &Co| {
            let good = other.run_coroutine_threadsafe(|co: &Co| {
                co.yield_from(sleep(millis(2)))?;
                Ok(42)
            })?;
            assert_eq!(co.yield_from(wrap_future(good))?, 42);
            let bad =
                other.run_coroutine_threadsafe(|_: &Co| Err::<(), _>(Error::msg("no fuel")))?;
            let error = co.yield_from(wrap_future(bad)).unwrap_err();
            let described = error.downcast_ref::<ConcurrentError>();
            assert!(
                matches!(described, Some(ConcurrentError::Failed(error)) if error.to_string() == "no fuel")
            );
            let (tell, told) = mpsc::channel();
            let endless = other.run_coroutine_threadsafe(move |co: &Co| {
                let result = co.yield_from(sleep(secs(3600)));
                tell.send(result.as_ref().is_err_and(Error::is_cancelled))
                    .unwrap();
                result
            })?;
            // It runs before it is cancelled.
            co.yield_from(wrap_future(
                other.run_coroutine_threadsafe(|co: &Co| co.yield_from(yield_now()))?,
            ))?;
            let wrapped = wrap_future(endless);
            wrapped.cancel();
            assert_eq!(told.recv_timeout(secs(60)), Ok(true));
            other.call_soon_threadsafe(|| get_running_loop().unwrap().stop())
        })
        .unwrap();
    thread.join().unwrap();
}

#[test]
fn a_task_of_the_same_loop_can_be_wrapped() {
    let event_loop = virtual_loop();
    let handle = event_loop.handle();
    let result = event_loop.run_until_complete(move |co: &Co| {
        let future = handle.run_coroutine_threadsafe(|co: &Co| {
            co.yield_from(yield_now())?;
            Ok(7)
        })?;
        co.yield_from(wrap_future(future))
    });
    assert_eq!(result.unwrap(), 7);
}

#[test]
fn where_there_is_no_loop_a_wrapped_future_has_failed() {
    let future = pool(1).submit(|| 1);
    thread::spawn(move || {
        let job = wrap_future(future);
        assert!(failed_with::<RuntimeError, _>(job.take_result()));
    })
    .join()
    .unwrap();
}
