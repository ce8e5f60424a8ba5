//! What the host's code and other threads do wakes a loop that sleeps.

use std::cell::Cell;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread;

use futures_util::future::LocalBoxFuture;
use yieldfrom::{Co, EventLoop, Future, coroutine, sleep};

use super::{Counted, Guest, Polls, in_each_host, together};

#[test]
fn a_future_that_is_set() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let future: Future<i32> = guest.event_loop.create_future();
            let waits = future.clone();
            let task = guest
                .event_loop
                .create_task(move |co: &Co| co.yield_from(waits));
            guest.polls.until_asleep().await;
            future.set_result(7)?;
            assert_eq!(task.await?, 7);
            Ok(())
        })
    });
}

#[test]
fn tasks_with_and_without_a_stack_that_are_made() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            guest.polls.until_asleep().await;
            let task = guest.event_loop.create_task(|co: &Co| {
                co.yield_from(sleep(0.001))?;
                Ok(7)
            });
            assert_eq!(task.await?, 7);
            guest.polls.until_asleep().await;
            assert_eq!(guest.event_loop.spawn_std(async { 8 }).await?, 8);
            Ok(())
        })
    });
}

#[test]
fn callbacks() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let event_loop = &guest.event_loop;
            // With a timer that is far away, and is not to be waited for.
            let far = event_loop.call_later(3600, || panic!("an hour has passed"))?;
            let [soon, later] = [event_loop.create_future(), event_loop.create_future()];
            let (one, other) = (soon.clone(), later.clone());
            guest.polls.until_asleep().await;
            event_loop.call_soon(move || drop(one.set_result(())))?;
            soon.await?;
            guest.polls.until_asleep().await;
            event_loop.call_later(0.001, move || drop(other.set_result(())))?;
            later.await?;
            far.cancel();
            Ok(())
        })
    });
}

#[test]
fn cancellations_of_tasks() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let waiting = guest.event_loop.create_task(sleep(3600));
            let foreign = guest.event_loop.spawn_std(std::future::pending::<()>());
            guest.polls.until_asleep().await;
            assert!(waiting.cancel() && foreign.cancel());
            assert!(waiting.await.unwrap_err().is_cancelled());
            assert!(foreign.await.unwrap_err().is_cancelled());
            Ok(())
        })
    });
}

#[test]
fn a_waker_that_the_hosts_code_wakes() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let (sender, receiver) = async_channel::bounded(1);
            let task = guest
                .event_loop
                .spawn_std(async move { receiver.recv().await });
            guest.polls.until_asleep().await;
            sender.send(7).await.expect("it is received");
            assert_eq!(task.await?, Ok(7));
            Ok(())
        })
    });
}

#[test]
fn the_drop_of_a_wait_for_a_coroutine() {
    struct SetOnDrop(Rc<Cell<bool>>);
    impl Drop for SetOnDrop {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let (dropped, begun) = (Rc::new(Cell::new(false)), guest.event_loop.create_future());
            let (sets, begins) = (SetOnDrop(Rc::clone(&dropped)), begun.clone());
            let waits = coroutine(move |co: &Co| {
                let _sets = sets;
                begins.set_result(())?;
                co.yield_from(sleep(3600))
            });
            let task = guest.event_loop.spawn_std(async move { waits.await });
            begun.await?;
            guest.polls.until_asleep().await;
            assert!(!dropped.get());
            task.cancel();
            assert!(task.await.unwrap_err().is_cancelled());
            // The coroutine is cancelled a turn later.
            let turn = guest.event_loop.create_task(yieldfrom::yield_now());
            turn.await?;
            assert!(dropped.get());
            Ok(())
        })
    });
}

#[test]
fn other_threads() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            guest.polls.until_asleep().await;
            let handle = guest.event_loop.handle();
            let (sender, receiver) = async_channel::bounded(1);
            let thread = thread::spawn(move || {
                let answers = (0..100).map(|n| {
                    let body = move |co: &Co| {
                        co.yield_from(sleep(0.000_1))?;
                        Ok(n)
                    };
                    // Each blocks this thread until the loop has done it.
                    handle
                        .run_coroutine_threadsafe(body)
                        .unwrap()
                        .result(None)
                        .unwrap()
                });
                sender.send_blocking(answers.sum::<i32>()).unwrap();
            });
            assert_eq!(receiver.recv().await, Ok(99 * 100 / 2));
            thread.join().unwrap();
            Ok(())
        })
    });
}

#[test]
fn the_future_that_the_guest_runs_until() {
    in_each_host(async |make| {
        let event_loop = EventLoop::new()?;
        let (end, polls) = (event_loop.create_future(), Polls::default());
        let running = Counted {
            future: event_loop.run_in(make(&event_loop), end.clone()),
            polls: polls.clone(),
        };
        let code = async {
            polls.until_asleep().await;
            end.set_result(7)
        };
        let running = async {
            assert_eq!(running.await?, 7);
            Ok(())
        };
        together([Box::pin(running) as LocalBoxFuture<'_, _>, Box::pin(code)]).await
    });
}

#[test]
fn a_descriptor_that_a_callback_reads_byte_by_byte() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let (mut near, far) = UnixStream::pair()?;
            let (all, mut left) = (guest.event_loop.create_future(), 10);
            let (done, reader) = (all.clone(), far.try_clone()?);
            guest.event_loop.add_reader(&far, move || {
                (&reader).read_exact(&mut [0]).expect("a byte");
                left -= 1;
                if left == 0 {
                    done.set_result(()).expect("it is set once");
                }
            })?;
            guest.polls.until_asleep().await;
            near.write_all(&[0; 10])?;
            all.await?;
            guest.event_loop.remove_reader(&far);
            Ok(())
        })
    });
}
