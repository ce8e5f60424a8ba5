//! Ctrl-C during runs.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use yieldfrom::signal::SIGINT;
use yieldfrom::{
    Co, DeadlockError, EventLoop, Job, KeyboardInterrupt, LoopBuilder, Result, create_task,
    current_task, get_running_loop, run, sleep, timeout, yield_now,
};

use crate::fixtures::{Journal, failed_with, millis, secs, virtual_loop};
use crate::{pause, raise, raise_soon};

pub(crate) fn the_first_cancels_the_main_task() {
    for builder in [LoopBuilder::new(), LoopBuilder::new().portable_reactor()] {
        let journal = Journal::default();
        let (outer, other) = (journal.guard("main"), journal.guard("other"));
        let result = builder.run(move |co: &Co| {
            let _outer = outer;
            create_task(move |co: &Co| {
                let _other = other;
                pause(co)
            });
            raise_soon(SIGINT);
            pause(co)
        });
        assert!(failed_with::<KeyboardInterrupt, _>(result));
        assert_eq!(journal.take(), ["drop main", "drop other"]);
    }
}

pub(crate) fn a_task_may_catch_the_first() {
    let result = run(|co: &Co| {
        raise(SIGINT);
        assert!(pause(co).unwrap_err().is_cancelled());
        Ok(42)
    });
    assert_eq!(result.unwrap(), 42);
}

pub(crate) fn the_second_ends_the_run_at_once_and_the_loop_goes_on() {
    let event_loop = EventLoop::new().unwrap();
    let go_on = event_loop.create_future();
    let goes_on = go_on.clone();
    let task = event_loop.create_task(move |co: &Co| {
        raise_soon(SIGINT);
        assert!(pause(co).unwrap_err().is_cancelled());
        raise_soon(SIGINT);
        co.yield_from(timeout(secs(60), |co: &Co| co.yield_from(&goes_on)))
    });
    let result = event_loop.run_until_complete(&task);
    assert!(failed_with::<KeyboardInterrupt, _>(result));
    assert!(!task.done());
    go_on.set_result("refused").unwrap();
    assert_eq!(event_loop.run_until_complete(task).unwrap(), "refused");
    // The next run counts anew.
    let result = event_loop.run_until_complete(|co: &Co| {
        raise(SIGINT);
        co.yield_from(yield_now())
            .or_else(|_| co.yield_from(yield_now()))
    });
    result.unwrap();
}

/// Starts a job that never ends, and returns when it has begun.
fn blocked() -> Result<Job<()>> {
    let (begin, begun) = std::sync::mpsc::channel();
    let job = get_running_loop()?.run_in_executor(None, move || {
        begin.send(()).unwrap();
        loop {
            std::thread::park();
        }
    });
    begun.recv().unwrap();
    Ok(job)
}

/// Does this when it is dropped.
struct AtEnd(fn());

impl Drop for AtEnd {
    fn drop(&mut self) {
        (self.0)();
    }
}

pub(crate) fn the_second_ends_run_though_a_job_blocks_and_the_task_goes_on() {
    let result = run(|co: &Co| {
        let (first, second) = (blocked()?, blocked()?);
        raise(SIGINT);
        assert!(co.yield_from(first).unwrap_err().is_cancelled());
        raise(SIGINT);
        co.yield_from(second)
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
}

pub(crate) fn the_second_ends_run_while_the_rest_is_cancelled_though_a_job_blocks() {
    let result = run(|co: &Co| {
        create_task(|co: &Co| {
            let _second = AtEnd(|| raise(SIGINT));
            pause(co)
        });
        co.yield_from(yield_now())?;
        let job = blocked()?;
        raise(SIGINT);
        co.yield_from(job)
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
}

pub(crate) fn the_second_ends_run_while_it_waits_for_a_job() {
    let result = run(|co: &Co| {
        let _second = AtEnd(|| raise_soon(SIGINT));
        let job = blocked()?;
        raise(SIGINT);
        co.yield_from(job)
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
}

pub(crate) fn the_first_ends_run_while_it_waits_for_a_job_after_the_main_task() {
    let result = run(|co: &Co| {
        drop(blocked()?);
        co.yield_from(yield_now())?;
        raise_soon(SIGINT);
        Ok(())
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
}

pub(crate) fn the_first_waits_for_jobs() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let result = run(move |co: &Co| {
        let (begin, begun) = std::sync::mpsc::channel();
        let job = get_running_loop()?.run_in_executor(None, move || {
            begin.send(()).unwrap();
            std::thread::sleep(millis(20));
            sender.send("ended").unwrap();
        });
        begun.recv().unwrap();
        raise(SIGINT);
        co.yield_from(job)
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
    assert_eq!(receiver.try_recv(), Ok("ended"));
}

pub(crate) fn two_that_a_stuck_loop_does_not_notice_end_the_process() {
    let event_loop = EventLoop::new().unwrap();
    let result = event_loop.run_until_complete(|_: &Co| {
        raise(SIGINT);
        raise(SIGINT);
        Ok(())
    });
    eprintln!("{result:?}");
}

pub(crate) fn one_that_comes_too_late_to_cancel_anything_is_not_lost() {
    let result = EventLoop::new().unwrap().run_until_complete(|_: &Co| {
        raise(SIGINT);
        Ok(())
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
}

pub(crate) fn a_future_is_cancelled_as_well() {
    let event_loop = EventLoop::new().unwrap();
    let future = event_loop.create_future::<()>();
    event_loop.create_task(|co: &Co| {
        // The run has begun, and Ctrl-C is its own.
        raise_soon(SIGINT);
        pause(co)
    });
    let result = event_loop.run_until_complete(&future);
    assert!(failed_with::<KeyboardInterrupt, _>(result));
    assert!(future.cancelled());
}

pub(crate) fn whoever_else_cancelled_the_task_is_told_that_it_was_cancelled() {
    let result = run(|co: &Co| {
        raise(SIGINT);
        let task = current_task().unwrap();
        let error = pause(co).unwrap_err();
        task.cancel();
        pause(co).map_err(|_| error)
    });
    assert!(result.unwrap_err().is_cancelled());
}

pub(crate) fn busy_loops_notice_it_in_real_and_in_virtual_time() {
    let result = run(|co: &Co| -> yieldfrom::Result<()> {
        raise_soon(SIGINT);
        loop {
            co.yield_from(yield_now())?;
        }
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
    let result = virtual_loop().run_until_complete(|co: &Co| -> yieldfrom::Result<()> {
        raise_soon(SIGINT);
        loop {
            co.yield_from(sleep(millis(1)))?;
        }
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
}

pub(crate) fn no_run_is_kept_from_being_a_deadlock() {
    let event_loop = EventLoop::new().unwrap();
    for _ in 0..2 {
        let result = event_loop.run_until_complete(event_loop.create_future::<()>());
        assert!(failed_with::<DeadlockError, _>(result));
    }
}

pub(crate) fn a_handler_of_the_program_has_it() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.run_until_complete(|_: &Co| Ok(())).unwrap();
    let count = Rc::new(Cell::new(0));
    let (inner, counted) = (event_loop.lend(), Rc::clone(&count));
    let result = event_loop.run_until_complete(move |co: &Co| {
        let handler = move || counted.set(counted.get() + 1);
        inner.add_signal_handler(SIGINT, handler)?;
        for _ in 0..3 {
            raise(SIGINT);
            co.yield_from(sleep(millis(1)))?;
        }
        Ok("not cancelled")
    });
    assert_eq!((result.unwrap(), count.get()), ("not cancelled", 3));
    // After the handler, it is as before.
    event_loop.remove_signal_handler(SIGINT).unwrap();
    let result = event_loop.run_until_complete(|co: &Co| {
        raise(SIGINT);
        pause(co)
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
}

pub(crate) fn it_has_its_default_before_runs() {
    let _event_loop = EventLoop::new().unwrap();
    raise(SIGINT);
}

pub(crate) fn it_has_its_default_after_runs() {
    run(|_: &Co| Ok(())).unwrap();
    raise(SIGINT);
}

pub(crate) fn it_can_be_left_alone_by_the_builder() {
    run(|_: &Co| Ok(())).unwrap();
    let builder = LoopBuilder::new().handle_sigint(false);
    let _ = builder.run(|_: &Co| {
        raise(SIGINT);
        Ok(())
    });
}

pub(crate) fn it_can_be_left_alone_by_the_loop() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.set_handle_sigint(false);
    let _ = event_loop.run_until_complete(|_: &Co| {
        raise(SIGINT);
        Ok(())
    });
}

pub(crate) fn runs_of_other_threads_leave_it_alone() {
    run(|_: &Co| Ok(())).unwrap();
    let other = std::thread::spawn(|| {
        run(|_: &Co| {
            raise(SIGINT);
            Ok(())
        })
        .is_ok()
    });
    other.join().unwrap();
}

pub(crate) fn so_do_those_of_a_thread_that_is_called_main() {
    run(|_: &Co| Ok(())).unwrap();
    let named = std::thread::Builder::new().name("main".to_owned());
    let run = || {
        run(|_: &Co| {
            raise(SIGINT);
            Ok(())
        })
        .is_ok()
    };
    named.spawn(run).unwrap().join().unwrap();
}

pub(crate) fn what_is_ignored_from_the_start_stays_ignored() {
    let result = run(|co: &Co| {
        (0..3).for_each(|_| raise(SIGINT));
        co.yield_from(sleep(millis(1)))
    });
    result.unwrap();
}

pub(crate) fn what_the_program_has_arranged_before_stays() {
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, Arc::clone(&flag)).unwrap();
    let result = run(|co: &Co| {
        (0..3).for_each(|_| raise(SIGINT));
        co.yield_from(sleep(millis(1)))
    });
    result.unwrap();
    assert!(flag.load(Ordering::SeqCst));
    // Of the second run as well.
    let result = run(|_: &Co| {
        raise(SIGINT);
        Ok(())
    });
    result.unwrap();
}

pub(crate) fn it_comes_from_outside_as_well() {
    let result = run(|co: &Co| {
        eprintln!("ready");
        pause(co)
    });
    assert!(failed_with::<KeyboardInterrupt, _>(result));
    std::process::exit(7);
}
