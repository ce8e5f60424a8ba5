//! What wakes a host, when others deal with the loop as well.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use yieldfrom::bridge::Host;
use yieldfrom::{Co, EventLoop, Timeout, set_event_loop, sleep, spawn_std};

/// A host that waits for nothing by itself: a test looks whether it would be woken.
struct Quiet;

impl Host for Quiet {
    fn poll_wait(&mut self, _: &mut Context<'_>, _: Option<Duration>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A loop, and the means to see that its host is woken.
struct Watched {
    event_loop: EventLoop,
    flag: Arc<Flag>,
    waker: Waker,
}

impl Watched {
    fn new() -> Self {
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&flag));
        let event_loop = EventLoop::new().unwrap();
        Self {
            event_loop,
            flag,
            waker,
        }
    }

    /// Polls until it waits, and nothing more wakes it.
    fn settle<F: Future + Unpin>(&self, future: &mut F) {
        loop {
            assert!(self.poll(future).is_pending());
            if !self.is_woken() {
                return;
            }
        }
    }

    fn poll<F: Future + Unpin>(&self, future: &mut F) -> Poll<F::Output> {
        self.flag.0.store(false, Ordering::SeqCst);
        Pin::new(future).poll(&mut Context::from_waker(&self.waker))
    }

    fn is_woken(&self) -> bool {
        let mut asked = [PollFd::new(&self.event_loop, PollFlags::IN)];
        let readable = rustix::event::poll(&mut asked, Some(&Timespec::default())).unwrap() > 0;
        readable || self.flag.0.load(Ordering::SeqCst)
    }
}

#[test]
fn the_end_of_what_it_runs_for() {
    let ends: [fn(&yieldfrom::Future<()>); 2] = [
        |main| main.set_result(()).unwrap(),
        |main| _ = main.cancel(),
    ];
    for end in ends {
        let watched = Watched::new();
        let main = watched.event_loop.create_future();
        let mut guest = watched.event_loop.run_in(Quiet, main.clone());
        watched.settle(&mut guest);
        end(&main);
        assert!(watched.is_woken());
        assert!(watched.poll(&mut guest).is_ready());
    }
}

#[test]
fn the_end_of_the_loop() {
    let watched = Watched::new();
    let mut guest = watched.event_loop.run_in(Quiet, sleep(1000));
    watched.settle(&mut guest);
    watched.event_loop.close().unwrap();
    assert!(watched.is_woken());
    assert!(matches!(watched.poll(&mut guest), Poll::Ready(Err(_))));
}

#[test]
fn another_guest_that_is_dropped_takes_nothing_away() {
    let watched = Watched::new();
    let gate = watched.event_loop.create_future::<()>();
    let waits = gate.clone();
    let mut guest = watched
        .event_loop
        .run_in(Quiet, move |co: &Co| co.yield_from(&waits));
    watched.settle(&mut guest);
    let mut other = watched
        .event_loop
        .run_in(Quiet, watched.event_loop.create_future::<()>());
    drop(
        watched
            .event_loop
            .run_in(Quiet, watched.event_loop.create_future::<()>()),
    );
    watched.settle(&mut other);
    drop(other);
    watched.settle(&mut guest);
    gate.set_result(()).unwrap();
    assert!(watched.is_woken());
}

#[test]
fn two_guests_let_each_other_sleep() {
    let watched = Watched::new();
    let mut guests = [(); 2].map(|()| watched.event_loop.run_in(Quiet, sleep(1000)));
    for _ in 0..3 {
        guests.iter_mut().for_each(|guest| watched.settle(guest));
    }
    assert!(!watched.is_woken());
}

#[test]
fn a_run_that_has_left_a_timer() {
    let watched = Watched::new();
    let mut guest = watched.event_loop.run_in(Quiet, sleep(1000));
    watched.settle(&mut guest);
    let timer = |_: &Co| {
        yieldfrom::create_task(|co: &Co| co.yield_from(sleep(500)));
        Ok(())
    };
    watched.event_loop.run_until_complete(timer).unwrap();
    assert!(watched.is_woken());
    watched.settle(&mut guest);
    watched.event_loop.turn(Some(Duration::ZERO)).unwrap();
    assert!(watched.is_woken());
}

#[test]
fn a_deadline_that_is_moved_to_the_past() {
    let watched = Watched::new();
    set_event_loop(Some(&watched.event_loop));
    let limit = Timeout::after(3600);
    let inner = limit.clone();
    let mut guest = watched.event_loop.run_in(Quiet, move |co: &Co| {
        co.yield_from(inner.enter(|co: &Co| co.yield_from(sleep(1000))))
    });
    watched.settle(&mut guest);
    limit.reschedule(Some(Duration::ZERO)).unwrap();
    assert!(watched.is_woken());
    set_event_loop(None);
}

/// Async code of the host uses sleeps, coroutines and sockets as coroutines do.
#[test]
fn async_code_of_the_host_uses_the_loop() {
    let watched = Watched::new();
    let (near, far) = yieldfrom::net::UnixStream::pair().unwrap();
    let mut buffer = [0; 4];
    let mut outside = Box::pin(async move {
        sleep(0).await?;
        sleep(0.001).await?;
        let reads = std::future::poll_fn(|cx| {
            yieldfrom::streams::PollRead::poll_read(&far, cx, &mut buffer)
        });
        spawn_std(async move {
            sleep(0.001).await.unwrap();
            std::future::poll_fn(|cx| yieldfrom::streams::PollWrite::poll_write(&near, cx, b"BR"))
                .await
        })
        .await??;
        Ok::<_, yieldfrom::Error>(reads.await?)
    });
    let mut guest = watched
        .event_loop
        .run_in(Quiet, watched.event_loop.create_future::<()>());
    let read = loop {
        if let Poll::Ready(read) = watched.poll(&mut outside) {
            break read;
        }
        assert!(watched.poll(&mut guest).is_pending());
        let limit = watched
            .event_loop
            .time_to_next()
            .unwrap_or(Duration::from_millis(1));
        std::thread::sleep(limit.min(Duration::from_millis(1)));
    };
    assert_eq!(read.unwrap(), 2);
    drop(guest);
    // It was the thread's loop for as long as it was a guest.
    let mut late = Box::pin(async { sleep(1).await });
    assert!(matches!(watched.poll(&mut late), Poll::Ready(Err(_))));
}
