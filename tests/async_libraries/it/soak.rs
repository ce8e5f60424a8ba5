//! A million awaits, and a hundred thousand cancellations: nothing is left of them.

use std::cell::Cell;
use std::fs;
use std::future::{pending, poll_fn, ready};
use std::rc::Rc;
use std::task::Poll;
use std::thread;

use tokio::sync::Notify;
use yieldfrom::{
    Co, EventLoop, Result, Task, all_tasks, create_task, from_std, sleep, spawn_std, yield_now,
};

use crate::support::{Watchdog, in_a_child, open_descriptors, test_path};

const AWAITS: usize = 1_000_000;
const CANCELLATIONS: usize = 100_000;

/// How much the resident memory may grow by after a tenth of the work.
const MOST_GROWTH: usize = 2 << 20;

fn resident_bytes() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let resident = pages.split(' ').nth(1).unwrap();
    resident.parse::<usize>().unwrap() * rustix::param::page_size()
}

/// Does something so many times, on a loop of its own. Checks that it leaves no memory, descriptor or task after a
/// tenth of that.
fn leaves_nothing(times: usize, body: impl Fn(&Co, usize) -> Result<()> + 'static) {
    let _watchdog = Watchdog::start("a million awaits");
    let event_loop = EventLoop::new().unwrap();
    let work = move |co: &Co| {
        body(co, times / 10)?;
        co.yield_from(yield_now())?;
        let (memory, descriptors, tasks) =
            (resident_bytes(), open_descriptors(), all_tasks().len());
        body(co, times)?;
        co.yield_from(yield_now())?;
        let growth = resident_bytes().saturating_sub(memory);
        assert!(growth < MOST_GROWTH, "{growth} bytes more");
        assert_eq!(open_descriptors(), descriptors);
        assert_eq!(all_tasks().len(), tasks);
        Ok(())
    };
    event_loop.run_until_complete(work).unwrap();
}

/// Is ready at the second poll, and wakes itself at the first one.
fn woken_by_itself() -> impl Future<Output = ()> {
    let mut polled = false;
    poll_fn(move |cx| {
        if polled {
            return Poll::Ready(());
        }
        polled = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

#[test]
fn a_million_awaits_of_what_is_ready_or_wakes_itself() {
    if !in_a_child(test_path!(
        "a_million_awaits_of_what_is_ready_or_wakes_itself"
    )) {
        return;
    }
    leaves_nothing(AWAITS, |co, times| {
        for n in 0..times {
            assert_eq!(co.yield_from(from_std(ready(n)))?, n);
            co.yield_from(from_std(woken_by_itself()))?;
        }
        let task = spawn_std(async move {
            for _ in 0..times {
                woken_by_itself().await;
            }
        });
        co.yield_from(task)
    });
}

#[test]
fn a_million_awaits_of_tasks() {
    if !in_a_child(test_path!("a_million_awaits_of_tasks")) {
        return;
    }
    leaves_nothing(AWAITS / 4, |co, times| {
        for n in 0..times {
            let awaited = async { create_task(move |_: &Co| Ok(n)).await };
            assert_eq!(co.yield_from(from_std(awaited))??, n);
            assert_eq!(co.yield_from(spawn_std(ready(n)))?, n);
        }
        let task = spawn_std(async move {
            for n in 0..times {
                assert_eq!(spawn_std(async move { n }).await?, n);
                let coroutine = yieldfrom::coroutine(move |co: &Co| co.yield_from(yield_now()));
                coroutine.await?;
            }
            Result::Ok(())
        });
        co.yield_from(task)?
    });
}

#[test]
fn a_million_messages_in_one_thread_and_from_another() {
    if !in_a_child(test_path!(
        "a_million_messages_in_one_thread_and_from_another"
    )) {
        return;
    }
    leaves_nothing(AWAITS / 2, |co, times| {
        let (sender, receiver) = async_channel::bounded(1);
        let sending = spawn_std(async move {
            for n in 0..times {
                sender.send(n).await.expect("it is received");
            }
        });
        for n in 0..times {
            assert_eq!(co.yield_from(from_std(receiver.recv()))??, n);
        }
        co.yield_from(sending)?;
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let thread = thread::spawn(move || {
            for n in 0..times / 5 {
                sender.blocking_send(n).unwrap();
            }
        });
        let mut expected = 0;
        while let Some(n) = co.yield_from(from_std(receiver.recv()))? {
            assert_eq!(n, expected);
            expected += 1;
        }
        thread.join().unwrap();
        Ok(())
    });
}

/// Cancels tasks that wait, some hundreds at a time.
fn cancel_all<T: 'static>(co: &Co, times: usize, mut begin: impl FnMut() -> Task<T>) -> Result<()> {
    for _ in 0..times / 500 {
        let tasks: Vec<_> = (0..500).map(|_| begin()).collect();
        co.yield_from(yield_now())?;
        for task in &tasks {
            assert!(task.cancel());
        }
        for task in tasks {
            assert!(co.yield_from(task).is_err_and(|error| error.is_cancelled()));
        }
    }
    Ok(())
}

#[test]
fn a_hundred_thousand_cancellations() {
    if !in_a_child(test_path!("a_hundred_thousand_cancellations")) {
        return;
    }
    leaves_nothing(CANCELLATIONS / 4, |co, times| {
        let notify = Rc::new(Notify::new());
        cancel_all(co, times, || spawn_std(pending::<()>()))?;
        cancel_all(co, times, || {
            create_task(|co: &Co| co.yield_from(from_std(pending::<()>())))
        })?;
        cancel_all(co, times, || {
            let notify = Rc::clone(&notify);
            create_task(move |co: &Co| co.yield_from(from_std(notify.notified())))
        })?;
        let dropped = Rc::new(Cell::new(0));
        cancel_all(co, times, || {
            let count = CountDrop(Rc::clone(&dropped));
            spawn_std(async move {
                let _count = count;
                // A timer and a task of its own, both of which end with it.
                let coroutine = yieldfrom::coroutine(|co: &Co| co.yield_from(sleep(3600)));
                let slept = futures_util::join!(coroutine.into_future(), sleep(3600).into_future());
                panic!("an hour has passed: {slept:?}");
            })
        })?;
        assert_eq!(dropped.get(), times);
        co.yield_from(yield_now())
    });
}

struct CountDrop(Rc<Cell<usize>>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}
