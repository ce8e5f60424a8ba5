//! Runs that only look dead: somebody outside is going to wake them.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use yieldfrom::{
    Co, DeadlockError, EventLoop, Future, Lock, Result, create_task, get_running_loop, sleep,
    to_thread, wait_for, yield_now,
};

use crate::support::Watchdog;

const A_WHILE: Duration = Duration::from_millis(20);

#[test]
fn a_thread_that_has_a_handle_may_call_at_any_time() {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let thread = thread::spawn(move || {
        thread::sleep(A_WHILE);
        let stop = || get_running_loop().unwrap().stop();
        handle.call_soon_threadsafe(stop).unwrap();
    });
    event_loop.run_forever().unwrap();
    thread.join().unwrap();
    // Now that the handle is gone, nobody can.
    assert!(event_loop.run_forever().unwrap_err().is::<DeadlockError>());
}

#[test]
fn a_job_wakes_who_waits_for_it() {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let main = |co: &Co| {
        let lock = Lock::new();
        let other = lock.clone();
        let holder = create_task(move |co: &Co| {
            let _guard = co.yield_from(lock.acquire())?;
            co.yield_from(to_thread(|| thread::sleep(A_WHILE)))
        });
        co.yield_from(yield_now())?;
        // It waits for a lock whose holder waits for a job.
        co.yield_from(other.acquire()).map(drop)?;
        co.yield_from(holder)
    };
    EventLoop::new().unwrap().run_until_complete(main).unwrap();
}

#[test]
fn a_descriptor_wakes_who_waits_for_it() {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let event_loop = EventLoop::new().unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    let thread = thread::spawn(move || {
        thread::sleep(A_WHILE);
        far.write_all(b"x").unwrap();
        far
    });
    let received = event_loop.run_until_complete(move |co: &Co| {
        let event_loop = get_running_loop()?;
        let receive = event_loop.sock_recv(&near, 10);
        drop(event_loop);
        co.yield_from(receive)
    });
    assert_eq!(received.unwrap(), b"x");
    drop(thread.join().unwrap());
}

#[test]
fn a_callback_of_a_descriptor_may_set_anything() {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let event_loop = EventLoop::new().unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    let future = event_loop.create_future();
    let setter = future.clone();
    let callback = move || _ = setter.set_result("set");
    event_loop.add_reader(&near, callback).unwrap();
    let thread = thread::spawn(move || {
        thread::sleep(A_WHILE);
        far.write_all(b"x").unwrap();
        far
    });
    assert_eq!(event_loop.run_until_complete(future).unwrap(), "set");
    event_loop.remove_reader(&near);
    drop(thread.join().unwrap());
}

/// Waits for the other, until somebody gives up.
fn patient(co: &Co, other: Future<()>, limit: Duration) -> Result<bool> {
    Ok(co.yield_from(wait_for(other, limit)).is_err())
}

#[test]
fn a_circle_that_a_timer_breaks_is_no_deadlock() {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let main = |co: &Co| {
        let future = Future::new();
        let task = create_task(move |co: &Co| patient(co, future, Duration::from_secs(3600)));
        co.yield_from(sleep(Duration::from_secs(1)))?;
        co.yield_from(task)
    };
    assert!(event_loop.run_until_complete(main).unwrap());
}

#[test]
fn a_timer_that_is_due_far_away_is_one() {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let future = event_loop.create_future();
    let setter = future.clone();
    let century = Duration::from_secs(100 * 365 * 24 * 3600);
    event_loop
        .call_later(century, move || setter.set_result(1).unwrap())
        .unwrap();
    assert_eq!(event_loop.run_until_complete(future).unwrap(), 1);
}
