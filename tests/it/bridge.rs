//! The bridge to async/await: futures of std here, and what is ours in async code.

mod awaiting;
mod cancelled_tasks;
mod delegates;
mod double_panics;
mod ended_streams;
mod ends;
mod foreign_hosts;
mod hosts_that_share;
mod misbehaving_futures;
mod polled_streams;
mod portable;
mod random_interleavings;
mod tasks;
mod wakers;
mod without_end;

use std::future::Future;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Gives way once, as a future of async/await does: it wakes itself.
pub(crate) async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Returns the waker of the current poll, and suspends once, until somebody wakes it.
pub(crate) fn suspend(mut take: impl FnMut(Waker)) -> impl Future<Output = ()> {
    let mut suspended = false;
    poll_fn(move |context| {
        if std::mem::replace(&mut suspended, true) {
            return Poll::Ready(());
        }
        take(context.waker().clone());
        Poll::Pending
    })
}
