//! `futures-util`: what puts several futures together.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{
    AbortHandle, Aborted, FutureExt, Shared, abortable, join_all, select_all,
};
use futures_util::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use futures_util::{join, select, try_join};
use yieldfrom::{
    Co, EventLoop, Result, Task, coroutine, create_task, from_std, sleep, spawn_std, yield_now,
};

use crate::support::run;

/// Runs this in virtual time.
fn run_virtual<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> T {
    EventLoop::builder().virtual_clock().run(body).unwrap()
}

/// A task that has its value after so many seconds.
fn after(seconds: u32) -> Task<u32> {
    create_task(move |co: &Co| {
        co.yield_from(sleep(seconds))?;
        Ok(seconds)
    })
}

fn now() -> u64 {
    yieldfrom::get_running_loop().unwrap().time().as_secs()
}

#[test]
fn join_waits_for_tasks_coroutines_and_sleeps_together() {
    run_virtual(|co: &Co| {
        let three = async {
            let coroutine = coroutine(|co: &Co| {
                co.yield_from(sleep(2))?;
                Ok(2)
            });
            join!(
                after(1).into_future(),
                coroutine.into_future(),
                sleep(3).into_future()
            )
        };
        let (one, two, slept) = co.yield_from(from_std(three))?;
        slept?;
        assert_eq!((one?, two?, now()), (1, 2, 3));
        let failing = async {
            try_join!(
                after(1).into_future(),
                spawn_std(async { sleep(5).await }).into_future()
            )
        };
        let (one, inner) = co.yield_from(from_std(failing))??;
        inner?;
        assert_eq!((one, now()), (1, 8));
        Ok(())
    });
}

#[test]
fn select_takes_the_first_and_leaves_the_others() {
    run_virtual(|co: &Co| {
        let slow = after(10);
        let waits = slow.clone();
        let first = async move {
            let (mut fast, mut waits) = (after(1).into_future().fuse(), waits.into_future().fuse());
            select! {
                fast = fast => fast,
                slow = waits => slow,
            }
        };
        assert_eq!(co.yield_from(from_std(first))??, 1);
        assert_eq!((now(), slow.done()), (1, false));
        assert_eq!(co.yield_from(slow)?, 10);
        let tasks = [3, 2, 4].map(|seconds| after(seconds).into_future());
        let (first, index, _) = co.yield_from(from_std(select_all(tasks)))?;
        assert_eq!((first?, index, now()), (2, 1, 12));
        Ok(())
    });
}

#[test]
fn a_coroutine_that_loses_a_select_is_cancelled() {
    run_virtual(|co: &Co| {
        let was_cancelled = Rc::new(Cell::new(false));
        let sees = Rc::clone(&was_cancelled);
        let loser = coroutine(move |co: &Co| {
            let slept = co.yield_from(sleep(10));
            sees.set(slept.as_ref().is_err_and(|error| error.is_cancelled()));
            slept
        });
        let race = async move {
            let (mut loser, mut winner) = (
                loser.into_future().fuse(),
                pin!(sleep(1).into_future().fuse()),
            );
            select! {
                _ = loser => panic!("it takes ten seconds"),
                won = winner => won,
            }
        };
        co.yield_from(from_std(race))??;
        co.yield_from(yield_now())?;
        assert!(was_cancelled.get());
        assert_eq!(now(), 1);
        Ok(())
    });
}

#[test]
fn streams_of_tasks_are_buffered() {
    run_virtual(|co: &Co| {
        let (running, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (counts, seen) = (Rc::clone(&running), Rc::clone(&most));
        let tasks = stream::iter(0..100_u32).map(move |n| {
            let (running, most) = (Rc::clone(&counts), Rc::clone(&seen));
            async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                sleep(1 + n % 3).await?;
                running.set(running.get() - 1);
                Ok::<_, yieldfrom::Error>(u64::from(n))
            }
        });
        let sum = tasks
            .buffer_unordered(10)
            .try_fold(0, async |sum, n| Ok(sum + n));
        assert_eq!(co.yield_from(from_std(sum))??, 99 * 100 / 2);
        assert_eq!((most.get(), running.get()), (10, 0));
        Ok(())
    });
}

#[test]
fn futures_unordered_gives_tasks_as_they_end() {
    run_virtual(|co: &Co| {
        let mut tasks: FuturesUnordered<_> = [5, 1, 4, 2, 3]
            .into_iter()
            .map(|n| after(n).into_future())
            .collect();
        let mut ended = Vec::new();
        // The coroutine waits for one after the other.
        while let Some(n) = co.yield_from(from_std(tasks.next()))? {
            ended.push(n?);
        }
        assert_eq!(ended, [1, 2, 3, 4, 5]);
        Ok(())
    });
}

#[test]
fn an_abort_handle_ends_a_task() {
    run_virtual(|co: &Co| {
        let (future, handle) = abortable(sleep(3600).into_future());
        let task = spawn_std(future);
        let coroutine = create_task(move |co: &Co| {
            co.yield_from(sleep(1))?;
            AbortHandle::abort(&handle);
            Ok(())
        });
        assert!(matches!(co.yield_from(task)?, Err(Aborted)));
        co.yield_from(coroutine)?;
        assert_eq!(now(), 1);
        Ok(())
    });
}

#[test]
fn many_wait_for_one_shared_future() {
    run_virtual(|co: &Co| {
        let begun = Rc::new(Cell::new(0));
        let count = Rc::clone(&begun);
        let shared: Shared<_> = async move {
            count.set(count.get() + 1);
            sleep(1).await.map_err(|error| error.to_string())
        }
        .shared();
        let tasks = (0..50).map(|_| spawn_std(shared.clone()));
        let all = join_all(
            tasks
                .collect::<Vec<_>>()
                .into_iter()
                .map(IntoFuture::into_future),
        );
        for done in co.yield_from(from_std(all))? {
            done?.map_err(std::io::Error::other)?;
        }
        assert_eq!((begun.get(), now()), (1, 1));
        Ok(())
    });
}

#[test]
fn a_stream_joins_two_halves_that_run_in_turns() {
    run(|co: &Co| {
        let (sender, receiver) = async_channel::bounded(1);
        let sending = async {
            for n in 0..1000_u64 {
                sender.send(n).await.expect("it is received");
            }
            sender.close();
        };
        let receiving = receiver.fold(0, async |sum, n| sum + n);
        let ((), sum) = co.yield_from(from_std(async { join!(sending, receiving) }))?;
        assert_eq!(sum, 999 * 1000 / 2);
        Ok(())
    });
}
