//! Between coroutines and std futures of one loop.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch};
use yieldfrom::{
    Co, Result, create_task, from_std, gather, gather_return_exceptions, spawn_std, yield_now,
};

use crate::support::run;

#[test]
fn a_channel_of_tokio_with_little_room() {
    run(|co: &Co| {
        let (sender, mut receiver) = mpsc::channel(2);
        let other = sender.clone();
        let coroutine = create_task(move |co: &Co| -> Result<()> {
            (0..500).try_for_each(|n| Ok(co.yield_from(from_std(sender.send(n)))??))
        });
        let future = spawn_std(async move {
            for n in 500..1000 {
                other.send(n).await?;
            }
            Ok::<_, mpsc::error::SendError<u64>>(())
        });
        let mut sum = 0;
        while let Some(n) = co.yield_from(from_std(receiver.recv()))? {
            sum += n;
        }
        assert_eq!(sum, 999 * 1000 / 2);
        co.yield_from(coroutine)?;
        Ok(co.yield_from(future)??)
    });
}

#[test]
fn a_channel_of_async_channel_whose_receivers_share_the_work() {
    run(|co: &Co| {
        let (sender, receiver) = async_channel::bounded(1);
        let receivers = (0..10).map(|_| {
            let receiver = receiver.clone();
            create_task(move |co: &Co| {
                let mut sum = 0;
                while let Ok(n) = co.yield_from(from_std(receiver.recv()))? {
                    sum += n;
                }
                Ok(sum)
            })
        });
        let receivers: Vec<_> = receivers.collect();
        for n in 0..1000 {
            co.yield_from(from_std(sender.send(n)))??;
        }
        drop(sender);
        let sums = co.yield_from(gather(receivers))?;
        assert_eq!(sums.iter().sum::<i32>(), 999 * 1000 / 2);
        Ok(())
    });
}

#[test]
fn a_oneshot_gives_a_value_or_says_that_the_sender_is_gone() {
    run(|co: &Co| {
        let (sender, receiver) = oneshot::channel();
        let waits = create_task(move |co: &Co| Ok(co.yield_from(from_std(receiver))??));
        co.yield_from(yield_now())?;
        assert_eq!(sender.send(7), Ok(()));
        assert_eq!(co.yield_from(waits)?, 7);
        let (sender, receiver) = oneshot::channel::<()>();
        let waits = spawn_std(receiver);
        co.yield_from(yield_now())?;
        drop(sender);
        assert!(co.yield_from(waits)?.is_err());
        Ok(())
    });
}

#[test]
fn broadcasts_reach_all_and_tell_what_was_missed() {
    run(|co: &Co| {
        let (sender, mut late) = broadcast::channel(16);
        let listeners = (0..5).map(|_| {
            let mut receiver = sender.subscribe();
            spawn_std(async move {
                let mut heard = Vec::new();
                while let Ok(n) = receiver.recv().await {
                    heard.push(n);
                }
                heard
            })
        });
        let listeners: Vec<_> = listeners.collect();
        for n in 0..30 {
            sender.send(n)?;
            co.yield_from(yield_now())?;
        }
        drop(sender);
        for listener in listeners {
            assert_eq!(co.yield_from(listener)?, (0..30).collect::<Vec<_>>());
        }
        let lagged = co.yield_from(from_std(late.recv()))?;
        assert_eq!(lagged, Err(broadcast::error::RecvError::Lagged(14)));
        Ok(())
    });
}

#[test]
fn a_broadcast_channel_of_another_crate_waits_for_the_slowest() {
    run(|co: &Co| {
        let (sender, receiver) = async_broadcast::broadcast(1);
        let listeners = (0..5).map(|number| {
            let mut receiver = receiver.clone();
            spawn_std(async move {
                let mut sum = 0;
                while let Ok(n) = receiver.recv().await {
                    sum += n;
                    for _ in 0..number {
                        create_task(yield_now()).await.expect("a turn");
                    }
                }
                sum
            })
        });
        let listeners: Vec<_> = listeners.collect();
        drop(receiver);
        for n in 0..100 {
            co.yield_from(from_std(sender.broadcast(n)))??;
        }
        drop(sender);
        for listener in listeners {
            assert_eq!(co.yield_from(listener)?, 99 * 100 / 2);
        }
        Ok(())
    });
}

#[test]
fn a_watch_shows_the_last_value() {
    run(|co: &Co| {
        let (sender, mut receiver) = watch::channel(0);
        let waits = create_task(move |co: &Co| {
            let seen = co.yield_from(from_std(receiver.wait_for(|&n| n >= 10)))??;
            Ok(*seen)
        });
        for n in 1..=10 {
            sender.send(n)?;
            co.yield_from(yield_now())?;
        }
        assert_eq!(co.yield_from(waits)?, 10);
        Ok(())
    });
}

/// Checks that a lock excludes others while its owner waits for something else.
fn excludes<G, F: Future<Output = G> + 'static>(
    co: &Co,
    lock: impl Fn() -> F + Clone + 'static,
) -> Result<()> {
    let (inside, entered) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
    let tasks = (0..20).map(|_| {
        let (inside, entered, lock) = (Rc::clone(&inside), Rc::clone(&entered), lock.clone());
        create_task(move |co: &Co| {
            let guard = co.yield_from(from_std(lock()))?;
            assert!(!inside.replace(true), "two are inside");
            entered.set(entered.get() + 1);
            let waited = co.yield_from(yield_now());
            inside.set(false);
            drop(guard);
            waited
        })
    });
    let tasks: Vec<_> = tasks.collect();
    co.yield_from(yield_now())?;
    // The one that has the lock, one that waits for it, and the next one, which gets it meanwhile.
    for task in [0, 5, 1] {
        tasks[task].cancel();
    }
    let results = co.yield_from(gather_return_exceptions(tasks))?;
    let cancelled = results.iter().filter(|result| result.is_err()).count();
    assert_eq!((cancelled, entered.get()), (3, 18));
    Ok(())
}

#[test]
fn locks_of_tokio_and_of_async_lock_exclude_and_survive_cancellations() {
    run(|co: &Co| {
        let mutex = Arc::new(Mutex::new(()));
        excludes(co, move || Arc::clone(&mutex).lock_owned())?;
        let semaphore = Arc::new(Semaphore::new(1));
        excludes(co, move || Arc::clone(&semaphore).acquire_owned())?;
        let mutex = Arc::new(async_lock::Mutex::new(()));
        excludes(co, move || mutex.lock_arc())
    });
}

#[test]
fn a_notification_wakes_one_or_all() {
    run(|co: &Co| {
        let (notify, woken) = (Rc::new(Notify::new()), Rc::new(Cell::new(0)));
        let tasks = (0..5).map(|_| {
            let (notify, woken) = (Rc::clone(&notify), Rc::clone(&woken));
            spawn_std(async move {
                notify.notified().await;
                woken.set(woken.get() + 1);
            })
        });
        let tasks: Vec<_> = tasks.collect();
        co.yield_from(yield_now())?;
        notify.notify_one();
        co.yield_from(yield_now())?;
        co.yield_from(yield_now())?;
        assert_eq!(woken.get(), 1);
        notify.notify_waiters();
        co.yield_from(gather(tasks))?;
        assert_eq!(woken.get(), 5);
        Ok(())
    });
}
