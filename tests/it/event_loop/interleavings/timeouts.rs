//! Waits with a timeout, in virtual time, so that a release and a timeout often coincide.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::sync::{Event, Lock, Queue, Semaphore};
use yieldfrom::{Co, EventLoop, Result, Task, TimeoutError, sleep, wait_for};

use super::schedule::{Choices, explore};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// When a task comes, how long it is ready to wait, and how long it stays.
#[derive(Clone, Copy)]
struct Plan {
    start: u64,
    patience: Option<u64>,
    work: u64,
}

impl Plan {
    fn pick(choices: &mut Choices, patience: &[Option<u64>]) -> Self {
        let plan = Self {
            start: 0,
            patience: choices.pick_from(patience),
            work: choices.pick_from(&[0, 1, 2]),
        };
        choices.note(format!("{:?} for {}", plan.patience, plan.work));
        plan
    }
}

/// Waits as planned; none after a timeout.
fn patiently<T: 'static>(
    co: &Co,
    plan: Plan,
    wait: impl FnOnce(&Co) -> Result<T> + 'static,
) -> Result<Option<T>> {
    co.yield_from(sleep(seconds(plan.start)))?;
    match co.yield_from(wait_for(wait, plan.patience.map(seconds))) {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is::<TimeoutError>() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Starts a task for each plan, of which at most so many may be inside at a time, and waits for all.
fn visit<G: 'static>(
    plans: &[Plan],
    most: usize,
    acquire: impl Fn(&Co) -> Result<G> + Clone + 'static,
) {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let inside = Rc::new(Cell::new(0));
    let visitors = plans.iter().map(|&plan| {
        let (inside, acquire) = (Rc::clone(&inside), acquire.clone());
        event_loop.create_task(move |co: &Co| {
            let Some(_guard) = patiently(co, plan, acquire)? else {
                assert!(plan.patience.is_some());
                return Ok(());
            };
            inside.set(inside.get() + 1);
            assert!(inside.get() <= most, "too many");
            co.yield_from(sleep(seconds(plan.work)))?;
            inside.set(inside.get() - 1);
            Ok(())
        })
    });
    finish(&event_loop, visitors.collect());
}

/// Fails if one of these waits for ever.
fn finish(event_loop: &EventLoop, tasks: Vec<Task<()>>) {
    for task in tasks {
        event_loop.run_until_complete(task).unwrap();
    }
}

#[test]
fn no_lock_and_no_permit_is_lost_by_a_timeout() {
    let patience = [None, Some(0), Some(1), Some(2)];
    explore(|choices| {
        let plans = [(); 3].map(|()| Plan::pick(choices, &patience));
        let (lock, permits) = (Lock::new(), Semaphore::new(1));
        let theirs = lock.clone();
        visit(&plans, 1, move |co| co.yield_from(theirs.acquire()));
        assert_eq!(format!("{lock:?}"), "<Lock unlocked>");
        let theirs = permits.clone();
        visit(&plans, 1, move |co| co.yield_from(theirs.acquire()));
        assert_eq!(format!("{permits:?}"), "<Semaphore unlocked, value:1>");
    });
}

#[test]
fn no_item_is_lost_by_a_timeout() {
    explore(|choices| {
        let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
        let queue = Queue::with_maxsize(1);
        let (sent, received) = (Rc::new(RefCell::default()), Rc::new(RefCell::default()));
        let mut tasks = Vec::new();
        for item in 0..4 {
            let start = choices.pick(3) as u64;
            let patience = Some(choices.pick_from(&[1, 2]));
            choices.note(format!("at {start} for {patience:?}"));
            let plan = Plan {
                start,
                patience,
                work: 0,
            };
            let (queue, sent, received) = (queue.clone(), Rc::clone(&sent), Rc::clone(&received));
            tasks.push(event_loop.create_task(move |co: &Co| {
                let list: (Option<i32>, &RefCell<Vec<i32>>) = if item < 2 {
                    let put = move |co: &Co| co.yield_from(queue.put(item));
                    (patiently(co, plan, put)?.map(|()| item), &sent)
                } else {
                    (
                        patiently(co, plan, move |co: &Co| co.yield_from(queue.get()))?,
                        &received,
                    )
                };
                list.1.borrow_mut().extend(list.0);
                Ok(())
            }));
        }
        finish(&event_loop, tasks);
        received.borrow_mut().extend(queue.get_nowait());
        sent.borrow_mut().sort_unstable();
        received.borrow_mut().sort_unstable();
        assert_eq!(sent, received);
        assert!(format!("{queue:?}").starts_with("<Queue maxsize=1, size=0"));
    });
}

#[test]
fn waiting_operations_are_taken_for_coroutines() {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let (lock, event, queue) = (Lock::new(), Event::new(), Queue::with_maxsize(1));
    let get = event_loop.create_task(queue.get());
    let put = event_loop.create_task(queue.put(7));
    let wait = event_loop.create_task(event.wait());
    let shown = wait.to_string();
    assert!(shown.contains("coro=<Event.wait()"), "{shown}");
    let guard = event_loop.run_until_complete(lock.acquire()).unwrap();
    let late = event_loop.run_until_complete(move |co: &Co| {
        event.set();
        let theirs = co.yield_from(wait_for(lock.acquire(), seconds(1)));
        assert!(theirs.unwrap_err().is::<TimeoutError>());
        drop(guard);
        drop(co.yield_from(wait_for(lock.acquire(), None))?);
        co.yield_from(wait_for(queue.join(), Duration::ZERO))
    });
    assert!(late.unwrap_err().is::<TimeoutError>());
    finish(&event_loop, vec![put, wait]);
    assert_eq!(event_loop.run_until_complete(get).unwrap(), 7);
}
