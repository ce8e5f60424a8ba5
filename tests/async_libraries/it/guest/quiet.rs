//! A loop that has nothing to do is not polled.

use yieldfrom::Co;
use yieldfrom::net::UnixStream;

use super::{Guest, in_each_host};

#[test]
fn a_guest_that_waits_for_a_socket_and_a_far_timer_is_not_polled() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let (near, far) = UnixStream::pair()?;
            let reading = guest.event_loop.create_task(move |co: &Co| {
                let mut word = [0; 4];
                co.yield_from(far.read_exact(&mut word))?;
                Ok(word)
            });
            let timer = guest
                .event_loop
                .call_later(3600, || panic!("an hour has passed"))?;
            guest.polls.until_asleep().await;
            let before = guest.polls.0.get();
            // The executor looks at its descriptors and timers meanwhile.
            for _ in 0..100 {
                pause().await;
            }
            let polls = guest.polls.0.get() - before;
            // A wake-up of before may come late, from the thread of smol's reactor.
            assert!(polls < 5, "it was polled {polls} times, with nothing to do");
            let writing = guest
                .event_loop
                .create_task(move |co: &Co| co.yield_from(near.write_all(b"taxi")));
            writing.await?;
            assert_eq!(&reading.await?, b"taxi");
            timer.cancel();
            Ok(())
        })
    });
}

/// Sleeps for a moment by the reactor of smol, which has a thread of its own in tokio.
async fn pause() {
    smol::Timer::after(std::time::Duration::from_micros(100)).await;
}

#[test]
fn a_timer_wakes_a_guest_only_when_it_is_over() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            guest.polls.until_asleep().await;
            let before = guest.polls.0.get();
            for _ in 0..20 {
                guest
                    .event_loop
                    .create_task(yieldfrom::sleep(0.001))
                    .await?;
            }
            let polls = guest.polls.0.get() - before;
            // One for the new task, one for the timer, and what a host that is woken too early costs.
            assert!(polls <= 20 * 6, "{polls} polls");
            Ok(())
        })
    });
}
