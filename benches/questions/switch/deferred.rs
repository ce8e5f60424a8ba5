//! Tasks of monoio that let each other go first.
//!
//! Its scheduler has no way for that: a task that wakes itself is the next to run. So whoever yields
//! leaves its waker with a further task, which wakes all that are there when it is its turn: after
//! everybody else, as each is put at the end of the queue.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::{Work, helped, inlined};
use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes;

pub(super) fn monoio(case: &str, meter: &Meter) -> Sample {
    let work = Work::of(case);
    let mut runtime = runtimes::monoio();
    meter.batches(work.yields_in_all(), || runtime.block_on(all_yield(work)))
}

async fn all_yield(work: Work) -> Duration {
    let deferred = Rc::new(Deferred::default());
    let waking = monoio::spawn(wake_all(Rc::clone(&deferred)));
    let create = |_| monoio::spawn(yields(Rc::clone(&deferred), work));
    let tasks: Vec<_> = (0..work.tasks).map(create).collect();
    Turn::new(&deferred).await;
    let start = Instant::now();
    for task in tasks {
        task.await;
    }
    let took = start.elapsed();
    deferred.is_over.set(true);
    Turn::new(&deferred).await;
    waking.await;
    took
}

async fn yields(deferred: Rc<Deferred>, work: Work) {
    let pause = || Turn::new(&deferred);
    match work.helper {
        true => helped(work.yields, pause).await,
        false => inlined(work.yields, pause).await,
    }
}

/// Wakes whoever has yielded, each time that it is woken; until all is over.
async fn wake_all(deferred: Rc<Deferred>) {
    let round = |context: &mut Context<'_>| {
        deferred.waking.replace(Some(context.waker().clone()));
        deferred
            .waiting
            .borrow_mut()
            .drain(..)
            .for_each(Waker::wake);
        match deferred.is_over.get() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    };
    poll_fn(round).await;
}

#[derive(Default)]
struct Deferred {
    /// Those that have yielded, in order.
    waiting: RefCell<Vec<Waker>>,
    /// The task that wakes them, unless it is woken already.
    waking: RefCell<Option<Waker>>,
    is_over: Cell<bool>,
}

/// A yield.
struct Turn<'a> {
    deferred: &'a Deferred,
    is_over: bool,
}

impl<'a> Turn<'a> {
    fn new(deferred: &'a Deferred) -> Self {
        Self {
            deferred,
            is_over: false,
        }
    }
}

impl Future for Turn<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.is_over {
            return Poll::Ready(());
        }
        self.is_over = true;
        let waker = context.waker().clone();
        self.deferred.waiting.borrow_mut().push(waker);
        if let Some(waking) = self.deferred.waking.take() {
            waking.wake();
        }
        Poll::Pending
    }
}
