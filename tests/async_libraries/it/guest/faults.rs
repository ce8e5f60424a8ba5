//! Guests that are dropped, fail, or cannot run.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use yieldfrom::{Co, EventLoop, Result, bail, run, sleep};

use super::{Guest, MakeHost, in_each_host};

/// Polls a future a few times, whether it is woken or not, and drops it.
async fn poll_some_times(future: impl Future<Output: std::fmt::Debug>) {
    let mut future = pin!(future);
    for _ in 0..5 {
        let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        assert!(polled.is_pending(), "{polled:?}");
        smol::future::yield_now().await;
    }
}

#[test]
fn a_loop_goes_on_after_its_guest_was_dropped() {
    async fn scenario(make: MakeHost) -> Result<()> {
        let event_loop = EventLoop::new()?;
        let begun = event_loop.create_future();
        let (begins, end) = (begun.clone(), event_loop.create_future());
        let until = end.clone();
        let task = event_loop.create_task(move |co: &Co| {
            begins.set_result(())?;
            co.yield_from(until)
        });
        let waiting = task.clone();
        poll_some_times(
            event_loop.run_in(make(&event_loop), move |co: &Co| co.yield_from(&waiting)),
        )
        .await;
        assert!(begun.done() && !task.done());
        // As a guest again, and by itself.
        event_loop.run_in(make(&event_loop), sleep(0.001)).await?;
        event_loop.run_until_complete(sleep(0.001))?;
        assert!(!task.done());
        end.set_result(7)?;
        assert_eq!(event_loop.run_in(make(&event_loop), &task).await?, 7);
        assert_eq!(event_loop.run_until_complete(&task)?, 7);
        Ok(())
    }
    in_each_host(scenario);
}

#[test]
fn the_error_of_what_was_awaited_comes_out() {
    in_each_host(async |make| {
        let event_loop = EventLoop::new()?;
        let failing = event_loop.run_in(make(&event_loop), |co: &Co| -> Result<()> {
            co.yield_from(sleep(0.000_1))?;
            bail!("no taxi")
        });
        assert!(failing.await.unwrap_err().to_string().contains("no taxi"));
        let panicking = event_loop.run_in(make(&event_loop), |_: &Co| -> Result<()> {
            panic!("no road")
        });
        assert!(panicking.await.unwrap_err().is::<yieldfrom::Panicked>());
        let cancelled = event_loop.create_task(sleep(3600));
        event_loop.call_soon({
            let cancelled = cancelled.clone();
            move || {
                cancelled.cancel();
            }
        })?;
        let error = event_loop
            .run_in(make(&event_loop), cancelled)
            .await
            .unwrap_err();
        assert!(error.is_cancelled(), "{error}");
        Ok(())
    });
}

#[test]
fn a_loop_that_runs_or_is_closed_cannot_be_a_guest() {
    in_each_host(async |make| {
        let event_loop = EventLoop::new()?;
        let running = event_loop.clone();
        let inside = event_loop.run_until_complete(move |_: &Co| {
            let guest = running.run_in(make(&running), sleep(1));
            Ok(futures_util::FutureExt::now_or_never(guest))
        })?;
        assert!(
            inside
                .expect("it is not begun")
                .unwrap_err()
                .is::<yieldfrom::RuntimeError>()
        );
        let host = make(&event_loop);
        event_loop.close()?;
        let error = event_loop.run_in(host, sleep(1)).await.unwrap_err();
        assert!(error.is::<yieldfrom::RuntimeError>(), "{error}");
        Ok(())
    });
}

#[test]
fn another_loop_runs_inside_a_task_of_the_host() {
    in_each_host(async |make| {
        let event_loop = EventLoop::new()?;
        let guest = event_loop.run_in(make(&event_loop), sleep(0.001));
        let mut guest = pin!(guest);
        poll_fn(|cx| Poll::Ready(guest.as_mut().poll(cx).is_pending())).await;
        assert_eq!(run(|_: &Co| Ok(7))?, 7);
        guest.await
    });
}

#[test]
fn a_loop_runs_by_itself_while_its_guest_sleeps() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let event_loop = &guest.event_loop;
            guest.polls.until_asleep().await;
            let left = event_loop.run_until_complete(|co: &Co| {
                let left = yieldfrom::create_task(sleep(0.002));
                co.yield_from(sleep(0.001))?;
                Ok(left)
            })?;
            // It goes on in the guest.
            left.await
        })
    });
}
