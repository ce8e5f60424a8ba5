//! A generator's memory: its node, its body and its result, shared by all handles.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;
use std::rc::Rc;

use super::suspender::{ForcedUnwind, Suspender};
use super::{Label, Message, Node, Status, Switch};
use crate::co::Co;
use crate::error::{Error, Result};

/// A generator's memory: the node, the body until it starts, and the result until it is fetched.
struct Inner<Y, S, R, F> {
    node: Node<Y, S>,
    result: Cell<Option<R>>,
    body: Cell<Option<F>>,
}

impl<Y, S, R, F> Inner<Y, S, R, F>
where
    Y: 'static,
    S: 'static,
    F: FnOnce(&Co<Y, S>) -> Result<R>,
{
    /// Runs the body on its own stack, and returns what its delegator is resumed with.
    #[inline(always)]
    fn run(&self, switch: &Switch) -> Message<S> {
        let body = self.body.take().expect("started once");
        // SAFETY: this is the first resume.
        match unsafe { self.node.take_message() } {
            Message::Next(none) => drop(none),
            // A delegate has its stack a moment before it is entered. Who gets at it in between,
            // or drops it as it cannot be entered, ends it as if it had none.
            Message::Throw(error) => return Message::Throw(error.leaving_body()),
            Message::Send(_) => return Message::Throw(Error::just_started()),
            end => return end,
        }
        let co = Co {
            suspender: Suspender::new(switch, &self.node),
        };
        match body(&co) {
            Ok(result) => {
                self.result.set(Some(result));
                Message::Returned
            }
            Err(error) => Message::Throw(error.leaving_body()),
        }
    }
}

/// What can be done with an [`Inner`] without knowing its body.
trait Body<R> {
    fn start(&self) -> Result<()>;
    fn discard(&self);
    fn take_result(&self) -> Option<R>;
}

impl<Y, S, R, F> Body<R> for Inner<Y, S, R, F>
where
    Y: 'static,
    S: 'static,
    R: 'static,
    F: FnOnce(&Co<Y, S>) -> Result<R> + 'static,
{
    fn start(&self) -> Result<()> {
        let inner = NonNull::from(self);
        self.node.start(move |switch, ()| {
            // SAFETY: the body runs only in `Node::switch`, to which the node was passed by
            // reference; rule 4 of the chain keeps it, and so `inner`, alive until the body ends.
            let inner = unsafe { inner.as_ref() };
            let run = AssertUnwindSafe(|| inner.run(switch));
            match panic::catch_unwind(run) {
                Ok(end) => end,
                Err(payload) if payload.is::<ForcedUnwind>() => Message::Unwind,
                Err(payload) => Message::Panic(Box::new(payload)),
            }
        })
    }

    fn discard(&self) {
        self.node.status.set(Status::Closed);
        drop(self.body.take());
    }

    fn take_result(&self) -> Option<R> {
        self.result.take()
    }
}

/// A counted reference to a generator's memory.
pub(crate) struct Shared<Y, S, R> {
    node: NonNull<Node<Y, S>>,
    body: Rc<dyn Body<R>>,
}

impl<Y, S, R> Clone for Shared<Y, S, R> {
    fn clone(&self) -> Self {
        Self {
            node: self.node,
            body: self.body.clone(),
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Shared<Y, S, R> {
    pub(crate) fn new<F>(label: Label, body: F) -> Self
    where
        F: FnOnce(&Co<Y, S>) -> Result<R> + 'static,
    {
        let mut inner = Rc::<Inner<Y, S, R, F>>::new_uninit();
        // Written where it stays: `Rc::new` would build it on the stack and copy it.
        Rc::get_mut(&mut inner)
            .expect("not shared yet")
            .write(Inner {
                node: Node::new(label),
                result: Cell::new(None),
                body: Cell::new(Some(body)),
            });
        // SAFETY: written just above.
        let inner = unsafe { inner.assume_init() };
        Self {
            node: NonNull::from(&inner.node),
            body: inner,
        }
    }

    #[inline(always)]
    pub(crate) fn node(&self) -> &Node<Y, S> {
        // SAFETY: the node is part of what `body` keeps alive, is never moved, and only shared
        // references to it exist.
        unsafe { self.node.as_ref() }
    }

    /// Takes a stack for a body that has none yet.
    #[inline]
    pub(crate) fn start(&self) -> Result<()> {
        self.body.start()
    }

    /// Closes a body that was never started.
    pub(crate) fn discard(&self) {
        self.body.discard();
    }

    pub(crate) fn take_result(&self) -> Option<R> {
        self.body.take_result()
    }

    /// Returns whether this is the only reference.
    #[inline]
    pub(crate) fn is_last(&self) -> bool {
        Rc::strong_count(&self.body) == 1
    }

    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}
