//! Values in and out of futures that are polled by hand.
//!
//! A future has no way to yield a value: both sides keep a cell for each direction.
//! That is the least that a generator made of `async` costs.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// What a driver and its future share: a cell for each direction.
#[derive(Default)]
pub(crate) struct Mailbox<Y, S> {
    yielded: Cell<Y>,
    sent: Cell<S>,
}

impl<Y: Copy, S: Copy> Mailbox<Y, S> {
    /// Suspends the future with a value, and returns what it is sent.
    pub(crate) fn yield_(&self, value: Y) -> Yield<'_, Y, S> {
        Yield {
            mailbox: self,
            value: Some(value),
        }
    }

    /// Resumes the future with a value; returns what it yields, or nothing at its end.
    pub(crate) fn send<F>(&self, future: Pin<&mut F>, value: S) -> Option<Y>
    where
        F: Future<Output = ()> + ?Sized,
    {
        self.sent.set(value);
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Some(self.yielded.get()),
            Poll::Ready(()) => None,
        }
    }
}

/// A suspension.
pub(crate) struct Yield<'a, Y, S> {
    mailbox: &'a Mailbox<Y, S>,
    value: Option<Y>,
}

impl<Y: Copy + Unpin, S: Copy> Future for Yield<'_, Y, S> {
    type Output = S;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<S> {
        match self.value.take() {
            Some(value) => {
                self.mailbox.yielded.set(value);
                Poll::Pending
            }
            None => Poll::Ready(self.mailbox.sent.get()),
        }
    }
}

/// A mailbox shared by a driver and its future.
pub(crate) type Shared = Rc<Mailbox<i64, i64>>;

/// Makes a future out of a body and returns what resumes it.
///
/// The future is boxed and its type forgotten, as a generator's is.
pub(crate) fn boxed<F>(body: impl FnOnce(Shared) -> F) -> impl FnMut(i64) -> i64
where
    F: Future<Output = ()> + 'static,
{
    let mailbox = Shared::default();
    let mut future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(body(mailbox.clone()));
    let mut send = move |value| {
        mailbox
            .send(future.as_mut(), value)
            .expect("the body never ends")
    };
    send(0);
    send
}

/// Polls in a function that is not inlined: the helper in which futures suspend, which returns each time.
#[inline(never)]
pub(crate) fn poll_helper<F: Future>(
    suspension: Pin<&mut F>,
    context: &mut Context<'_>,
) -> Poll<F::Output> {
    suspension.poll(context)
}
