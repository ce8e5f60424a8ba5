//! What tasks of the loop and code of the host do together.

use std::rc::Rc;

use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, EventLoop, Queue, Result, from_std, gather, sleep};

use crate::support::may_open;

use super::{Guest, MakeHost, in_each_host, together};

fn echo_server(event_loop: &EventLoop, listener: TcpListener) -> yieldfrom::Task<()> {
    event_loop.create_task(move |co: &Co| -> Result<()> {
        loop {
            let (stream, _) = co.yield_from(listener.accept())?;
            yieldfrom::create_task(move |co: &Co| {
                let mut buffer = [0; 1000];
                loop {
                    match co.yield_from(stream.read(&mut buffer))? {
                        0 => return Ok(()),
                        n => co.yield_from(stream.write_all(&buffer[..n]))?,
                    }
                }
            });
        }
    })
}

#[test]
fn coroutines_echo_over_their_sockets() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
            let address = listener.local_addr()?;
            let server = echo_server(&guest.event_loop, TcpListener::from_std(listener)?);
            let visits = (0..20).map(|n: usize| {
                guest.event_loop.create_task(move |co: &Co| {
                    let stream = co.yield_from(TcpStream::connect(address))?;
                    let sent: Vec<u8> = (0..50_000).map(|at| (at * n) as u8).collect();
                    for part in sent.chunks(5000) {
                        co.yield_from(stream.write_all(part))?;
                        let mut answer = vec![0; part.len()];
                        co.yield_from(stream.read_exact(&mut answer))?;
                        assert!(answer == part, "another answer");
                    }
                    Ok(())
                })
            });
            let all = gather(visits.collect::<Vec<_>>());
            all.await?;
            server.cancel();
            assert!(server.await.unwrap_err().is_cancelled());
            Ok(())
        })
    });
}

#[test]
fn a_queue_of_the_loop_and_a_channel_of_the_host_pass_words_to_and_fro() {
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let queue = Rc::new(Queue::with_maxsize(3));
            let (sender, receiver) = async_channel::bounded(2);
            let takes = Rc::clone(&queue);
            let doubling = guest.event_loop.create_task(move |co: &Co| -> Result<()> {
                loop {
                    match co.yield_from(takes.get())? {
                        0 => return Ok(()),
                        n => co.yield_from(from_std(sender.send(2 * n)))??,
                    }
                }
            });
            let mut puts = (1..=1000).chain([0]);
            let putting = guest
                .event_loop
                .create_task(move |co: &Co| puts.try_for_each(|n| co.yield_from(queue.put(n))));
            let mut sum = 0;
            while let Ok(n) = receiver.recv().await {
                sum += n;
            }
            assert_eq!(sum, 1000 * 1001);
            putting.await?;
            doubling.await
        })
    });
}

/// A task of one loop awaits one of the other.
async fn two_guests(make: MakeHost) -> Result<()> {
    let (one, other) = (EventLoop::new()?, EventLoop::new()?);
    let slow = one.create_task(|co: &Co| {
        co.yield_from(sleep(0.001))?;
        Ok(6)
    });
    let waits = move |co: &Co| {
        co.yield_from(sleep(0.000_5))?;
        let six = co.yield_from(from_std(async { slow.await }))??;
        Ok(7 * six)
    };
    let waiting = other.create_task(waits);
    let (first, second) = (one.create_future(), other.create_future());
    let running = [
        Box::pin(one.run_in(make(&one), first.clone()))
            as futures_util::future::LocalBoxFuture<'_, _>,
        Box::pin(other.run_in(make(&other), second.clone())),
        Box::pin(async {
            assert_eq!(waiting.await?, 42);
            first.set_result(())?;
            second.set_result(())?;
            Ok(())
        }),
    ];
    together(running).await
}

#[test]
fn two_loops_are_guests_of_one_executor() {
    in_each_host(two_guests);
}

#[test]
fn more_sockets_are_readable_at_once_than_one_look_at_them_takes() {
    /// More than a loop takes events at a time.
    const SOCKETS: usize = 5000;
    if !may_open(2 * SOCKETS as u64 + 500) {
        return;
    }
    in_each_host(|make| {
        Guest::beside(make, async |guest| {
            let (mut writers, mut readers) = (Vec::new(), Vec::new());
            for _ in 0..SOCKETS {
                let (near, far) = std::os::unix::net::UnixStream::pair()?;
                let far = yieldfrom::net::UnixStream::from_std(far)?;
                readers.push(
                    guest
                        .event_loop
                        .create_task(move |co: &Co| co.yield_from(far.read_exact(&mut [0; 4]))),
                );
                writers.push(near);
            }
            for round in 0..2 {
                guest.polls.until_asleep().await;
                for writer in &mut writers {
                    std::io::Write::write_all(writer, &b"taxi"[2 * round..][..2])?;
                }
            }
            for reader in readers {
                reader.await?;
            }
            Ok(())
        })
    });
}
