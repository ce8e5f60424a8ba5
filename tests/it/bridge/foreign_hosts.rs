//! A loop inside another executor.

use std::cell::{Cell, RefCell};
use std::future::{Future, IntoFuture};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use yieldfrom::bridge::Host;
use yieldfrom::net::UnixStream;
use yieldfrom::{Co, EventLoop, Result, RuntimeError, sleep, yield_now};

use crate::support::{Watchdog, failed_with, millis, virtual_loop};

/// What a loop waits for, as it has told the host.
#[derive(Default)]
struct Wish {
    limit: Cell<Option<Duration>>,
    waker: RefCell<Option<Waker>>,
    polls: Cell<usize>,
}

/// A host that keeps wishes, for [`drive`] to fulfil.
struct TestHost(Rc<Wish>);

impl Host for TestHost {
    fn poll_wait(
        &mut self,
        context: &mut Context<'_>,
        limit: Option<Duration>,
    ) -> Poll<io::Result<()>> {
        self.0.limit.set(limit);
        self.0.polls.set(self.0.polls.get() + 1);
        self.0.waker.replace(Some(context.waker().clone()));
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

/// The executor: polls one future, and waits for the loop's descriptor and time in between.
fn drive<F: Future>(descriptor: &OwnedFd, wish: &Wish, future: F) -> F::Output {
    let mut future = pin!(future);
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    loop {
        flag.0.store(false, Ordering::SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        if flag.0.load(Ordering::SeqCst) {
            continue;
        }
        let until = wish
            .limit
            .get()
            .map(|limit| Timespec::try_from(limit).unwrap());
        rustix::event::poll(
            &mut [PollFd::new(descriptor, PollFlags::IN)],
            until.as_ref(),
        )
        .unwrap();
    }
}

fn guest() -> (EventLoop, OwnedFd, Rc<Wish>) {
    let event_loop = EventLoop::new().unwrap();
    let descriptor = event_loop.as_fd().try_clone_to_owned().unwrap();
    (event_loop, descriptor, Rc::default())
}

#[test]
fn sleeps_sockets_and_other_threads_work() {
    let _watchdog = Watchdog::start("a guest hangs");
    let (event_loop, descriptor, wish) = guest();
    let handle = event_loop.handle();
    let answer = event_loop.run_in(TestHost(Rc::clone(&wish)), |co: &Co| {
        let began = Instant::now();
        co.yield_from(sleep(0.01))?;
        assert!(began.elapsed() >= millis(10));
        let (near, far) = UnixStream::pair()?;
        let echo = yieldfrom::create_task(move |co: &Co| {
            let mut buffer = [0; 8];
            let n = co.yield_from(far.read(&mut buffer))?;
            co.yield_from(far.write_all(&buffer[..n]))
        });
        co.yield_from(near.write_all(b"taxi"))?;
        co.yield_from(echo)?;
        co.yield_from(yieldfrom::streams::Read::read_to_string(&near))
    });
    let other = std::thread::spawn(move || {
        let future = handle.run_coroutine_threadsafe(|co: &Co| {
            co.yield_from(yield_now())?;
            Ok(7)
        });
        future.unwrap().result(None).unwrap()
    });
    assert_eq!(drive(&descriptor, &wish, answer).unwrap(), "taxi");
    let rest = event_loop.run_in(TestHost(Rc::clone(&wish)), |co: &Co| {
        co.yield_from(sleep(0.01))
    });
    drive(&descriptor, &wish, rest).unwrap();
    while !other.is_finished() {
        let turn = event_loop.run_in(TestHost(Rc::clone(&wish)), yield_now());
        drive(&descriptor, &wish, turn).unwrap();
    }
    assert_eq!(other.join().unwrap(), 7);
}

/// Polls a guest until it waits, which it has told its host once.
fn poll_until_it_waits<F: Future + Unpin>(guest: &mut F, wish: &Wish) {
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    loop {
        flag.0.store(false, Ordering::SeqCst);
        let polled = std::pin::Pin::new(&mut *guest).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        if !flag.0.load(Ordering::SeqCst) {
            return assert_eq!(wish.polls.replace(0), 1);
        }
    }
}

fn is_readable(descriptor: &OwnedFd) -> bool {
    let mut asked = [PollFd::new(descriptor, PollFlags::IN)];
    rustix::event::poll(&mut asked, Some(&Timespec::default())).unwrap() > 0
}

/// Whatever code of the host's thread makes ready while the loop waits there wakes the host.
#[test]
fn what_the_host_does_meanwhile_wakes_it() {
    let (event_loop, descriptor, wish) = guest();
    let future = event_loop.create_future::<()>();
    let waits = future.clone();
    let mut main = event_loop.run_in(TestHost(Rc::clone(&wish)), move |co: &Co| {
        co.yield_from(&waits)?;
        co.yield_from(&waits)?;
        co.yield_from(sleep(1000))
    });
    type Action<'a> = (&'a str, Box<dyn Fn() + 'a>);
    let actions: [Action<'_>; 6] = [
        (
            "create_task",
            Box::new(|| drop(event_loop.create_task(|_: &Co| Ok(())))),
        ),
        (
            "spawn_std",
            Box::new(|| drop(event_loop.spawn_std(async {}))),
        ),
        (
            "call_soon",
            Box::new(|| drop(event_loop.call_soon(|| ()).unwrap())),
        ),
        (
            "call_later",
            Box::new(|| drop(event_loop.call_later(0.001, || ()).unwrap())),
        ),
        ("set_result", Box::new(|| future.set_result(()).unwrap())),
        (
            "cancel",
            Box::new(|| {
                event_loop
                    .all_tasks()
                    .iter()
                    .for_each(|task| _ = task.cancel())
            }),
        ),
    ];
    for (name, act) in actions {
        poll_until_it_waits(&mut main, &wish);
        // The wake-up before may have been for turns that were made already.
        if is_readable(&descriptor) {
            poll_until_it_waits(&mut main, &wish);
        }
        assert!(!is_readable(&descriptor), "{name}");
        act();
        assert!(is_readable(&descriptor), "{name}");
        if name == "cancel" {
            break;
        }
    }
    let ended = drive(&descriptor, &wish, main);
    assert!(ended.unwrap_err().is_cancelled());
}

#[test]
fn async_code_of_the_host_awaits_tasks() {
    let (event_loop, descriptor, wish) = guest();
    let never = event_loop.create_future::<()>();
    let task = event_loop.create_task(|co: &Co| {
        co.yield_from(sleep(0.001))?;
        Ok(42)
    });
    let mut turns = pin!(event_loop.run_in(TestHost(Rc::clone(&wish)), never));
    let mut waiting = pin!(task.into_future());
    let both = std::future::poll_fn(|context| {
        if let Poll::Ready(answer) = waiting.as_mut().poll(context) {
            return Poll::Ready(answer);
        }
        assert!(turns.as_mut().poll(context).is_pending());
        Poll::Pending
    });
    assert_eq!(drive(&descriptor, &wish, both).unwrap(), 42);
}

#[test]
fn a_guest_that_is_dropped_can_be_run_again() {
    let (event_loop, _descriptor, wish) = guest();
    let task = event_loop.create_task(|co: &Co| {
        co.yield_from(sleep(0.001))?;
        Ok(42)
    });
    let mut main = event_loop.run_in(TestHost(Rc::clone(&wish)), &task);
    poll_until_it_waits(&mut main, &wish);
    drop(main);
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 42);
}

#[test]
fn what_cannot_be_a_guest_says_so() {
    let (event_loop, _descriptor, wish) = guest();
    let nested = event_loop.clone();
    let host = TestHost(Rc::clone(&wish));
    let error = event_loop.run_until_complete(move |co: &Co| {
        let guest = nested.run_in(host, yield_now());
        drop(nested);
        co.yield_from(yieldfrom::from_std(guest))?
    });
    assert!(failed_with::<RuntimeError, _>(error));
    let poll = |event_loop: &EventLoop| -> Result<()> {
        let mut main = pin!(event_loop.run_in(TestHost(Rc::default()), yield_now()));
        match main.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    };
    let error = poll(&virtual_loop()).unwrap_err();
    assert!(error.to_string().contains("virtual clock"), "{error}");
    event_loop.close().unwrap();
    assert!(failed_with::<RuntimeError, _>(poll(&event_loop)));
}

#[test]
fn an_error_of_the_host_ends_the_run() {
    struct Broken;
    impl Host for Broken {
        fn poll_wait(&mut self, _: &mut Context<'_>, _: Option<Duration>) -> Poll<io::Result<()>> {
            Poll::Ready(Err(io::Error::other("no reactor")))
        }
    }
    let event_loop = EventLoop::new().unwrap();
    let mut main = pin!(event_loop.run_in(Broken, sleep(1000)));
    let polled = loop {
        if let Poll::Ready(result) = main.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            break result;
        }
    };
    assert_eq!(polled.unwrap_err().to_string(), "no reactor");
}
