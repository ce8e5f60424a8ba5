//! Futures that panic, and panic again when they are dropped.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use yieldfrom::{Panicked, sleep};

use crate::support::{failed_with, log_of, settle, virtual_loop};

/// Panics when it is dropped.
struct PanicsTwice;

impl Drop for PanicsTwice {
    fn drop(&mut self) {
        panic!("a destructor");
    }
}

/// Panics when it is polled, and when it is dropped.
struct PanicsAlways(PanicsTwice);

impl Future for PanicsAlways {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        panic!("a poll of {:p}", &self.0);
    }
}

/// Ends with what panics when it is dropped, and panics then itself.
struct EndsWithPanics(PanicsTwice);

impl Future for EndsWithPanics {
    type Output = PanicsTwice;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<PanicsTwice> {
        let _ = &self.0;
        Poll::Ready(PanicsTwice)
    }
}

#[test]
fn a_poll_and_the_destructor_of_its_future_may_both_panic() {
    log_of(|| {
        let event_loop = virtual_loop();
        let task = event_loop.spawn_std(PanicsAlways(PanicsTwice));
        settle(&event_loop);
        assert!(failed_with::<Panicked, _>(task.take_result()));
        event_loop.run_until_complete(sleep(1)).unwrap();
    });
}

#[test]
fn the_destructors_of_a_future_and_of_its_result_may_both_panic() {
    log_of(|| {
        let event_loop = virtual_loop();
        let task = event_loop.spawn_std(EndsWithPanics(PanicsTwice));
        settle(&event_loop);
        assert!(failed_with::<Panicked, _>(task.take_result()));
        event_loop.run_until_complete(sleep(1)).unwrap();
    });
}
