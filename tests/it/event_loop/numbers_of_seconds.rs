//! Lengths of time that are numbers of seconds.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{
    Co, EventLoop, Result, Timeout, TimeoutError, as_completed, create_task, get_running_loop,
    sleep, sleep_with, timeout, wait, wait_for,
};

use crate::support::{failed_with, millis, run_virtual, secs};

/// Returns how much time passes.
fn taken<T>(part: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let event_loop = get_running_loop()?;
    let began = event_loop.time();
    part()?;
    Ok(event_loop.time() - began)
}

#[test]
fn sleeps_and_timers() {
    run_virtual(|co: &Co| {
        let sleeps = |delay: Duration, time| -> Result<()> {
            assert_eq!(taken(|| co.yield_from(sleep(delay)))?, time);
            Ok(())
        };
        sleeps(millis(1500), millis(1500))?;
        assert_eq!(taken(|| co.yield_from(sleep(1)))?, secs(1));
        assert_eq!(taken(|| co.yield_from(sleep(0.25)))?, millis(250));
        assert_eq!(taken(|| co.yield_from(sleep(2_u64)))?, secs(2));
        assert_eq!(taken(|| co.yield_from(sleep(-3)))?, secs(0));
        assert_eq!(taken(|| co.yield_from(sleep(f64::NAN)))?, secs(0));
        assert_eq!(co.yield_from(sleep_with(0.5, "woken"))?, "woken");

        let called = Rc::new(Cell::new(None));
        let (event_loop, note) = (get_running_loop()?, called.clone());
        let began = event_loop.time();
        let clock = event_loop.lend();
        event_loop.call_later(0.125, move || note.set(Some(clock.time())))?;
        co.yield_from(sleep(1))?;
        assert_eq!(called.get(), Some(began + millis(125)));
        Ok(())
    })
    .unwrap();
}

#[test]
fn limits() {
    run_virtual(|co: &Co| {
        let slow = || create_task(sleep(100));
        let (task, never) = (slow(), slow());
        assert_eq!(co.yield_from(wait_for(sleep_with(1, 7), None))?, 7);
        for limit in [None, Some(secs(5))] {
            assert_eq!(co.yield_from(wait_for(sleep_with(1, 7), limit))?, 7);
        }
        assert!(failed_with::<TimeoutError, _>(
            co.yield_from(wait_for(slow(), 1.5))
        ));
        let result = co.yield_from(timeout(2, |co| co.yield_from(sleep(3))));
        assert!(failed_with::<TimeoutError, _>(result));
        co.yield_from(timeout(None, |co| co.yield_from(sleep(3))))?;
        let result = co.yield_from(Timeout::after(-1).enter(|co| co.yield_from(sleep(3))));
        assert!(failed_with::<TimeoutError, _>(result), "it is over at once");
        let waited = co.yield_from(wait([&task, &never]).timeout(0.5))?;
        assert_eq!(waited.pending.len(), 2);
        let mut all = as_completed([&task]).timeout(1);
        let first = co.yield_from(all.next().expect("one"));
        assert!(failed_with::<TimeoutError, _>(first));
        Ok(())
    })
    .unwrap();
}

#[test]
fn other_threads_wait_for_seconds() {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let waiter = std::thread::spawn(move || {
        let future = handle.run_coroutine_threadsafe(|_: &Co| Ok(7)).unwrap();
        let result = future.result(3600);
        let stop = || get_running_loop().unwrap().stop();
        handle.call_soon_threadsafe(stop).unwrap();
        result
    });
    event_loop.run_forever().unwrap();
    assert_eq!(waiter.join().unwrap(), Ok(7));
}
