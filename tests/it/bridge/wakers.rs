//! Wakers: from any thread, at any time, as often as anybody likes.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Poll, Waker};
use std::thread;

use yieldfrom::{Co, EventLoop, Result, create_task, from_std, sleep, spawn_std, yield_now};

use super::{give_way, suspend};
use crate::support::{Watchdog, run_io, run_virtual, settle, turns, virtual_loop};

/// Waits for each of `n` numbers that another thread sends, by the simplest channel there is.
async fn receive(channel: Arc<Channel>, n: usize) -> usize {
    let mut sum = 0;
    for _ in 0..n {
        sum += poll_fn(|context| {
            let mut state = channel.0.lock().unwrap();
            match state.0.pop_front() {
                Some(number) => Poll::Ready(number),
                None => {
                    state.1 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await;
    }
    sum
}

/// The numbers that were sent, and the waker of the one who waits.
#[derive(Default)]
struct Channel(Mutex<(VecDeque<usize>, Option<Waker>)>);

impl Channel {
    fn send(&self, number: usize) {
        let mut state = self.0.lock().unwrap();
        state.0.push_back(number);
        let waker = state.1.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

#[test]
fn another_thread_wakes_a_loop_that_has_nothing_else() {
    let _watchdog = Watchdog::start("a wake-up was lost");
    for by_task in [false, true] {
        let channel = Arc::new(Channel::default());
        let sender = Arc::clone(&channel);
        let worker = thread::spawn(move || {
            for number in 0..10_000 {
                sender.send(number);
                if number % 7 == 0 {
                    thread::yield_now();
                }
            }
        });
        let event_loop = EventLoop::new().unwrap();
        let future = receive(channel, 10_000);
        let sum = if by_task {
            event_loop.run_until_complete(from_std(future))
        } else {
            event_loop.run_until_complete(move |co: &Co| co.yield_from(from_std(future)))
        };
        assert_eq!(sum.unwrap(), 9_999 * 10_000 / 2);
        worker.join().unwrap();
    }
}

#[test]
fn no_wake_up_is_lost_among_many_threads_and_tasks() {
    const THREADS: usize = 10;
    const NUMBERS: usize = 2_000;
    let _watchdog = Watchdog::start("a wake-up was lost");
    run_io(|co| {
        let channels: Vec<_> = (0..THREADS).map(|_| Arc::new(Channel::default())).collect();
        let receivers: Vec<_> = (channels.iter().enumerate())
            .map(|(n, channel)| {
                let channel = Arc::clone(channel);
                if n % 2 == 0 {
                    spawn_std(receive(channel, THREADS * NUMBERS))
                } else {
                    create_task(move |co: &Co| {
                        co.yield_from(from_std(receive(channel, THREADS * NUMBERS)))
                    })
                }
            })
            .collect();
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                let channels = channels.clone();
                thread::spawn(move || {
                    for number in 0..NUMBERS {
                        channels.iter().for_each(|channel| channel.send(number));
                    }
                })
            })
            .collect();
        for receiver in receivers {
            assert_eq!(
                co.yield_from(receiver)?,
                THREADS * NUMBERS * (NUMBERS - 1) / 2
            );
        }
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap());
        Ok(())
    })
    .unwrap();
}

#[test]
fn ten_thousand_wake_ups_from_ten_threads_are_one_poll() {
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    run_io(move |co| {
        let (taken, waker) = (
            Rc::new(RefCell::new(None::<Waker>)),
            Rc::new(Cell::new(false)),
        );
        let (inner, done) = (Rc::clone(&taken), Rc::clone(&waker));
        let task = spawn_std(poll_fn(move |context| {
            counted.set(counted.get() + 1);
            inner.replace(Some(context.waker().clone()));
            if done.get() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
        co.yield_from(yield_now())?;
        let first = taken.take().unwrap();
        let workers: Vec<_> = (0..10)
            .map(|_| {
                let waker = first.clone();
                thread::spawn(move || (0..1_000).for_each(|_| waker.wake_by_ref()))
            })
            .collect();
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap());
        turns(co, 5)?;
        assert_eq!(polls.get(), 2);
        // Those of its own thread count once as well.
        (0..10_000).for_each(|_| first.wake_by_ref());
        turns(co, 5)?;
        assert_eq!(polls.get(), 3);
        waker.set(true);
        first.wake();
        co.yield_from(task)
    })
    .unwrap();
}

#[test]
fn a_wake_up_from_inside_of_a_poll_is_a_turn_later() {
    run_virtual(|co| {
        let order = Rc::new(RefCell::new(Vec::new()));
        let (own, other) = (Rc::clone(&order), Rc::clone(&order));
        let task = spawn_std(async move {
            own.borrow_mut().push("before");
            give_way().await;
            own.borrow_mut().push("after");
        });
        create_task(move |_: &Co| {
            other.borrow_mut().push("other");
            Ok(())
        });
        co.yield_from(task)?;
        assert_eq!(*order.borrow(), ["before", "other", "after"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_poll_may_be_woken_by_a_thread_that_it_waits_for() {
    run_io(|co| {
        co.yield_from(from_std(suspend(|waker| {
            thread::scope(|scope| _ = scope.spawn(|| waker.wake_by_ref()));
        })))
    })
    .unwrap();
}

#[test]
fn wakers_outlive_their_future_their_loop_and_their_thread() {
    let kept = Arc::new(Mutex::new(Vec::<Waker>::new()));
    let inner = Arc::clone(&kept);
    let thread = thread::spawn(move || {
        let event_loop = EventLoop::new().unwrap();
        for _ in 0..3 {
            let wakers = Arc::clone(&inner);
            let future = suspend(move |waker| {
                waker.wake_by_ref();
                wakers.lock().unwrap().push(waker);
            });
            event_loop.run_until_complete(from_std(future)).unwrap();
        }
        inner.lock().unwrap().iter().for_each(Waker::wake_by_ref);
        event_loop.close().unwrap();
        inner.lock().unwrap().iter().for_each(Waker::wake_by_ref);
    });
    thread.join().unwrap();
    let wakers = kept.lock().unwrap();
    assert_eq!(wakers.len(), 3);
    wakers.iter().for_each(Waker::wake_by_ref);
    assert!(wakers[0].will_wake(&wakers[0].clone()));
}

/// A waker that is kept wakes nobody else later, and a poll more does no harm.
#[test]
fn an_old_waker_disturbs_no_other_future() {
    run_virtual(|co| {
        let old = Rc::new(RefCell::new(Vec::new()));
        for _ in 0..10 {
            let wakers = Rc::clone(&old);
            co.yield_from(from_std(suspend(|waker| {
                waker.wake_by_ref();
                wakers.borrow_mut().push(waker);
            })))?;
        }
        let polls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&polls);
        let waiting = spawn_std(poll_fn(move |_| {
            counted.set(counted.get() + 1);
            Poll::<()>::Pending
        }));
        co.yield_from(yield_now())?;
        old.borrow().iter().for_each(Waker::wake_by_ref);
        turns(co, 3)?;
        assert_eq!(polls.get(), 1);
        waiting.cancel();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wake_up_outside_of_a_run_counts_in_the_next_one() {
    let event_loop = virtual_loop();
    let taken = Rc::new(RefCell::new(None));
    let inner = Rc::clone(&taken);
    let task = event_loop.spawn_std(suspend(move |waker| _ = inner.replace(Some(waker))));
    settle(&event_loop);
    let waker: Waker = taken.take().unwrap();
    waker.wake();
    event_loop.run_until_complete(task).unwrap();
}

#[test]
fn wake_ups_cross_from_loop_to_loop() {
    let _watchdog = Watchdog::start("a wake-up was lost");
    let (there, back) = (Arc::new(Channel::default()), Arc::new(Channel::default()));
    let player = |incoming: Arc<Channel>, outgoing: Arc<Channel>| {
        move |co: &Co| -> Result<()> {
            for n in 0..2_000 {
                outgoing.send(n);
                assert_eq!(
                    co.yield_from(from_std(receive(Arc::clone(&incoming), 1)))?,
                    n
                );
            }
            Ok(())
        }
    };
    let other = player(Arc::clone(&there), Arc::clone(&back));
    let thread =
        thread::spawn(move || EventLoop::new().unwrap().run_until_complete(other).unwrap());
    let event_loop = EventLoop::new().unwrap();
    event_loop.run_until_complete(player(back, there)).unwrap();
    thread.join().unwrap();
}

#[test]
fn cancellations_and_wake_ups_race() {
    let _watchdog = Watchdog::start("a task did not end");
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    run_io(move |co| {
        for round in 0..300 {
            let channel = Arc::new(Channel::default());
            let task = spawn_std(receive(Arc::clone(&channel), 1));
            let start = Arc::new(Barrier::new(2));
            let ready = Arc::clone(&start);
            let worker = thread::spawn(move || {
                ready.wait();
                channel.send(round);
            });
            co.yield_from(yield_now())?;
            start.wait();
            if round % 2 == 0 {
                co.yield_from(sleep(0))?;
            }
            task.cancel();
            let result = co.yield_from(task);
            assert!(result.is_err_and(|error| error.is_cancelled()) || round % 2 == 0);
            count.fetch_add(1, Ordering::SeqCst);
            worker.join().unwrap();
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(ended.load(Ordering::SeqCst), 300);
}
