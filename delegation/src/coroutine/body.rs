//! A generator's memory: its node, its body and its result, shared by all handles.

use std::alloc::Layout;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;

use super::{End, ForcedUnwind, Message, Node, Suspender, Switch, memory};
use crate::error::{Error, Result};
use crate::label::Label;
use crate::stack::StackSize;
use crate::status::Status;

/// A generator's memory: the node, the body until it starts, and the result until it is fetched.
#[repr(C)]
struct Allocation<Y, S, R, F> {
    node: Node<Y, S>,
    stack_size: StackSize,
    result: Cell<Option<R>>,
    body: Cell<Option<F>>,
}

impl<Y, S, R, F> Allocation<Y, S, R, F>
where
    Y: 'static,
    S: 'static,
    F: FnOnce(Suspender<Y, S>) -> Result<R>,
{
    /// Runs the body on its own stack, and returns how it has ended.
    #[inline(always)]
    fn run(&self, switch: &Switch) -> End {
        let body = self.body.take().expect("started once");
        // SAFETY: this is the first resume.
        match unsafe { self.node.take_message() } {
            Message::Next(none) => drop(none),
            message => return not_run(body, message),
        }
        match body(Suspender::new(switch, &self.node, self.stack_size)) {
            Ok(result) => {
                self.result.set(Some(result));
                End::Returned
            }
            Err(error) => End::Raised(error.leaving_body()),
        }
    }
}

/// Returns how a body ends that is not to run.
///
/// A delegate has its stack a moment before it is entered. Somebody who gets at it in between, or
/// drops it as it cannot be entered, ends it as if it had none.
#[cold]
fn not_run<S, F>(body: F, message: Message<S>) -> End {
    // Before there is an end, which a panic of a destructor would leak.
    drop(body);
    match message {
        Message::Throw(error) => End::Raised(error.leaving_body()),
        Message::Next(_) | Message::Send(_) => End::Raised(Error::just_started()),
        Message::Unwind => End::Raised(Error::unwound()),
        Message::Returned | Message::Finished | Message::Panic(_) => {
            unreachable!("a body that has not started has no delegate")
        }
    }
}

/// What can be done with an [`Allocation`] without knowing its body.
trait AnyBody<R> {
    fn start(&self) -> Result<()>;
    fn discard(&self);
    fn take_result(&self) -> Option<R>;
}

impl<Y, S, R, F> AnyBody<R> for Allocation<Y, S, R, F>
where
    Y: 'static,
    S: 'static,
    R: 'static,
    F: FnOnce(Suspender<Y, S>) -> Result<R> + 'static,
{
    fn start(&self) -> Result<()> {
        let allocation = NonNull::from(self);
        self.node.start(self.stack_size, move |switch, ()| {
            // SAFETY: the body runs only in `Node::switch`, to which the node was passed by
            // reference; rule 4 of `links` keeps it, and so `allocation`, alive until the body ends.
            let allocation = unsafe { allocation.as_ref() };
            let run = AssertUnwindSafe(|| allocation.run(switch));
            match panic::catch_unwind(run) {
                Ok(end) => end,
                // What the unwinding was for does not matter here: whoever forced it drops this
                // error, and anybody else who threw that payload gets it.
                Err(payload) if payload.is::<ForcedUnwind>() => End::Raised(Error::unwound()),
                Err(payload) => End::Panicked(Box::new(payload)),
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
///
/// As an `Rc`, whose memory comes from [`memory`]. The count is in the node. Two rules:
///
/// 1. The memory is there, and initialised, while the count is not zero.
/// 2. The count is the number of these references.
pub(crate) struct Shared<Y: 'static, S: 'static, R: 'static> {
    node: NonNull<Node<Y, S>>,
    body: NonNull<dyn AnyBody<R>>,
}

impl<Y, S, R> Clone for Shared<Y, S, R> {
    #[inline]
    fn clone(&self) -> Self {
        let handles = &self.node().handles;
        let count = handles.get().checked_add(1);
        handles.set(count.expect("as many references do not fit into memory"));
        Self {
            node: self.node,
            body: self.body,
        }
    }
}

impl<Y, S, R> Drop for Shared<Y, S, R> {
    #[inline]
    fn drop(&mut self) {
        let handles = &self.node().handles;
        let count = handles.get() - 1;
        handles.set(count);
        if count > 0 {
            return;
        }
        // SAFETY: rule 1.
        let layout = Layout::for_value(unsafe { self.body.as_ref() });
        // SAFETY: rules 1 and 2: this was the last reference, and is not used after this. Its memory
        // is given back also if a destructor panics.
        unsafe {
            let _memory = GiveBack(self.body.cast(), layout);
            self.body.drop_in_place();
        }
    }
}

/// Gives memory back when it is dropped, after what was in it.
struct GiveBack(NonNull<u8>, Layout);

impl Drop for GiveBack {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: made only by the drop of the last reference, for the memory that `new` has taken.
        unsafe { memory::give_back(self.0, self.1) };
    }
}

impl<Y, S, R> Shared<Y, S, R> {
    pub(crate) fn new<F>(label: Label, stack_size: usize, body: F) -> Self
    where
        F: FnOnce(Suspender<Y, S>) -> Result<R> + 'static,
    {
        let allocation: NonNull<Allocation<Y, S, R, F>> =
            memory::take(Layout::new::<Allocation<Y, S, R, F>>()).cast();
        // Written where it stays: it would be built on the stack and copied otherwise.
        // SAFETY: the memory is large enough, aligned, and nobody else's.
        unsafe {
            allocation.write(Allocation {
                node: Node::new(label),
                stack_size: StackSize::new(stack_size),
                result: Cell::new(None),
                body: Cell::new(Some(body)),
            });
        }
        Self {
            // SAFETY: written just above; the node's count is one, which is this reference.
            node: NonNull::from(unsafe { &allocation.as_ref().node }),
            body: allocation,
        }
    }

    #[inline(always)]
    pub(crate) fn node(&self) -> &Node<Y, S> {
        // SAFETY: rule 1; the node is never moved, and only shared references to it exist.
        unsafe { self.node.as_ref() }
    }

    #[inline(always)]
    fn body(&self) -> &dyn AnyBody<R> {
        // SAFETY: rule 1; only shared references to it exist.
        unsafe { self.body.as_ref() }
    }

    /// Takes a stack for a body that has none yet.
    #[inline]
    pub(crate) fn start(&self) -> Result<()> {
        self.body().start()
    }

    /// Closes a body that was never started.
    pub(crate) fn discard(&self) {
        self.body().discard();
    }

    pub(crate) fn take_result(&self) -> Option<R> {
        self.body().take_result()
    }

    /// Returns whether this is the only reference.
    #[inline]
    pub(crate) fn is_last(&self) -> bool {
        self.node().handles.get() == 1
    }

    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}
