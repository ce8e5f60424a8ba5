//! Loops that end while futures are waited for.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use yieldfrom::net::UnixStream;
use yieldfrom::streams::PollRead;
use yieldfrom::{Co, EventLoop, from_std, set_event_loop, sleep, spawn_std};

use super::suspend;
use crate::support::{
    Census, Journal, in_a_child, log_of, open_descriptors, settle, test_path, virtual_loop,
};

#[test]
fn a_loop_that_is_dropped_drops_the_futures_of_its_tasks() {
    let census = Census::default();
    let (logged, ()) = log_of(|| {
        let event_loop = virtual_loop();
        let (one, other) = (census.one(), census.one());
        let task = event_loop.spawn_std(async move {
            let _one = one;
            pending::<()>().await;
        });
        event_loop.create_task(move |co: &Co| {
            let waits = async {
                let _other = other;
                pending::<()>().await;
            };
            co.yield_from(from_std(waits))
        });
        settle(&event_loop);
        drop(event_loop);
        assert_eq!(census.live(), 0);
        assert!(!task.done());
    });
    let destroyed = logged
        .iter()
        .filter(|line| line.contains("Task was destroyed but it is pending!"));
    assert_eq!(destroyed.count(), 2, "{logged:?}");
}

#[test]
fn destructors_of_a_dropped_loop_may_wake_and_spawn() {
    struct Wakes(Waker, Rc<RefCell<Vec<Waker>>>);
    impl Drop for Wakes {
        fn drop(&mut self) {
            self.0.wake_by_ref();
            self.1.borrow().iter().for_each(Waker::wake_by_ref);
            let refused = spawn_std(async {});
            assert!(refused.done());
        }
    }
    log_of(|| {
        let event_loop = virtual_loop();
        let all = Rc::new(RefCell::new(Vec::new()));
        for _ in 0..5 {
            let all = Rc::clone(&all);
            event_loop.spawn_std(async move {
                let mut own = None;
                suspend(|waker| {
                    waker.wake_by_ref();
                    own = Some(waker);
                })
                .await;
                let waker = own.unwrap();
                all.borrow_mut().push(waker.clone());
                let _wakes = Wakes(waker, Rc::clone(&all));
                pending::<()>().await;
            });
        }
        settle(&event_loop);
        drop(event_loop);
    });
}

#[test]
fn a_future_whose_destructor_panics_at_the_end_of_the_loop_spares_the_others() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("no fuel");
        }
    }
    let journal = Journal::default();
    let noted = journal.clone();
    let (_, ended) = log_of(|| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let event_loop = virtual_loop();
            event_loop.spawn_std(async {
                let _panics = Panics;
                pending::<()>().await;
            });
            let guard = noted.guard("other");
            event_loop.spawn_std(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            settle(&event_loop);
            drop(event_loop);
        }))
    });
    assert!(ended.is_err());
    assert_eq!(journal.take(), ["drop other"]);
}

#[test]
fn a_closed_loop_leaves_no_descriptor_though_wakers_are_kept() {
    if !in_a_child(test_path!(
        "a_closed_loop_leaves_no_descriptor_though_wakers_are_kept"
    )) {
        return;
    }
    let kept = Arc::new(Mutex::new(Vec::<Waker>::new()));
    let before = open_descriptors();
    for _ in 0..20 {
        let event_loop = EventLoop::new().unwrap();
        let wakers = Arc::clone(&kept);
        let future = suspend(move |waker| {
            waker.wake_by_ref();
            wakers.lock().unwrap().push(waker);
        });
        event_loop.run_until_complete(from_std(future)).unwrap();
    }
    assert_eq!(open_descriptors(), before);
    assert_eq!(kept.lock().unwrap().len(), 20);
}

#[test]
fn a_thread_may_end_with_futures_in_its_locals() {
    thread_local!(static KEPT: RefCell<Option<EventLoop>> = const { RefCell::new(None) });
    let thread = thread::spawn(|| {
        let event_loop = EventLoop::new().unwrap();
        event_loop.spawn_std(async { sleep(100).await });
        event_loop.create_task(|co: &Co| co.yield_from(from_std(pending::<()>())));
        settle(&event_loop);
        KEPT.set(Some(event_loop));
    });
    thread.join().unwrap();
}

#[test]
fn a_poll_of_a_stream_after_the_end_of_its_loop_is_an_error() {
    let event_loop = EventLoop::new().unwrap();
    set_event_loop(Some(&event_loop));
    let (near, _far) = UnixStream::pair().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let mut buffer = [0; 4];
    assert!(near.poll_read(&mut context, &mut buffer).is_pending());
    event_loop.close().unwrap();
    // Nobody would ever wake the waker.
    let Poll::Ready(Err(error)) = near.poll_read(&mut context, &mut buffer) else {
        panic!("it waits for a loop that is closed");
    };
    assert!(error.to_string().contains("closed"), "{error}");
    set_event_loop(None);
}
