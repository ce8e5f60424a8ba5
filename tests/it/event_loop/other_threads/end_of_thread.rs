//! A thread that ends, with loops of its own, and loops left to its thread locals.

use std::cell::RefCell;
use std::thread;
use std::time::Duration;

use yieldfrom::{Co, EventLoop, create_task, sleep};

use crate::support::{millis, secs, test_path};

#[test]
fn a_thread_that_is_called_main_has_no_loop_of_its_own() {
    let named = thread::Builder::new().name("main".to_owned());
    let thread = named.spawn(|| yieldfrom::get_event_loop().map(drop).is_err());
    assert!(thread.unwrap().join().unwrap());
}

/// Uses all that there is for a thread, and is a destructor when it does.
struct Meddler;

impl Drop for Meddler {
    fn drop(&mut self) {
        let generator = yieldfrom::Generator::new(|co: &Co<i32>| co.yield_(1));
        drop(generator.next());
        drop(generator);
        let _ = yieldfrom::get_event_loop();
        let future = yieldfrom::Future::new();
        future.set_result(1).unwrap();
        assert_eq!(future.result().unwrap(), 1);
        drop(create_task(|_: &Co| Ok(1)).exception());
        let _ = EventLoop::new().map(|it| it.run_until_complete(sleep(millis(1))));
        let _ = yieldfrom::run(|_: &Co| Ok(1));
        let _ = yieldfrom::run(|co: &Co| co.yield_from(yieldfrom::to_thread(|| 1)));
        let _ = yieldfrom::run_sync(|_: &Co| Ok(1));
        let _ = (yieldfrom::all_tasks(), yieldfrom::current_task());
        yieldfrom::set_event_loop(EventLoop::new().ok().as_ref());
        yieldfrom::set_event_loop(None);
        drop(yieldfrom::Lock::new());
        drop(yieldfrom::coroutine(|_: &Co| Ok(())));
    }
}

thread_local! {
    static KEPT: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) };
}

/// Leaves a loop to the destructors of thread locals: of one that is older than the library's own,
/// or younger, or with a loop that is not the thread's.
fn leave_a_loop(is_older: bool, is_current: bool) {
    if is_older {
        KEPT.with_borrow(|_| ());
    }
    let event_loop = EventLoop::new().unwrap();
    if is_current {
        yieldfrom::set_event_loop(Some(&event_loop));
    }
    drop(event_loop.create_task(|co: &Co| {
        let _meddler = Meddler;
        co.yield_from(sleep(secs(100)))
    }));
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    KEPT.set(Some(Box::new((event_loop, Meddler))));
}

#[test]
fn loops_may_be_used_and_left_to_the_destructors_of_thread_locals() {
    let name = test_path!("loops_may_be_used_and_left_to_the_destructors_of_thread_locals");
    if !crate::support::in_a_child(name) {
        return;
    }
    for (is_older, is_current) in [(true, true), (false, true), (true, false), (false, false)] {
        let thread = thread::spawn(move || leave_a_loop(is_older, is_current));
        thread.join().unwrap();
    }
}

#[test]
fn a_thread_closes_its_loop_though_everything_in_it_panics() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("bomb"));
        }
    }
    let name = test_path!("a_thread_closes_its_loop_though_everything_in_it_panics");
    if !crate::support::in_a_child(name) {
        return;
    }
    let thread = thread::spawn(|| {
        let event_loop = EventLoop::new().unwrap();
        yieldfrom::set_event_loop(Some(&event_loop));
        for _ in 0..2 {
            let bomb = Bomb;
            event_loop.call_soon(move || drop(bomb)).unwrap();
        }
    });
    thread.join().unwrap();
}
