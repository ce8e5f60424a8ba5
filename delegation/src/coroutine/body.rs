//! The memory of a generator: its node, its body and its result. All handles share it.

use std::alloc::Layout;
use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;

use super::{Anchor, End, Entry, Fiber, ForcedUnwind, Mail, Message, Node, Suspender, memory};
use crate::error::{Error, Result};
use crate::label::Label;
use crate::stack::StackSize;
use crate::status::Status;

/// The memory of a generator: the node, the body until it starts, and the result until a caller
/// takes it.
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
    /// Runs the body on its own stack, and returns its end.
    #[inline(always)]
    fn run(&self, anchor: Anchor) -> End {
        let body = self.body.take().expect("started once");
        // SAFETY: this is the first resume, and the message is taken once.
        match unsafe { self.node.take_message() } {
            Message::Next(none) => drop(none),
            message => return not_run(body, message),
        }
        match body(Suspender::new(anchor, &self.node, self.stack_size)) {
            Ok(result) => {
                self.result.set(Some(result));
                End::Returned
            }
            Err(error) => self.node.fail(error),
        }
    }
}

/// Returns the end of a body that must not run.
///
/// A delegate gets its stack a moment before it is resumed. Other code may throw into it or close
/// it in between, or it is dropped because it cannot be resumed. Then it ends like a generator
/// without a stack.
#[cold]
fn not_run<S, F>(body: F, message: Message<S>) -> End {
    // This comes before the end is made, because a panic of a destructor would leak the end.
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

impl<Y, S, R, F> Entry for Allocation<Y, S, R, F>
where
    Y: 'static,
    S: 'static,
    F: FnOnce(Suspender<Y, S>) -> Result<R>,
{
    unsafe fn enter(this: NonNull<Self>, anchor: Anchor) -> Option<NonNull<Fiber>> {
        // SAFETY: this is the pointer of `start`, which stays valid until this returns.
        let this = unsafe { this.as_ref() };
        let leave = |end| {
            this.node.leave_mail(Mail {
                end: ManuallyDrop::new(end),
            });
        };
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| leave(this.run(anchor)))) {
            leave(not_ended(payload));
        }
        this.node.hand_back()
    }
}

/// Returns the end of a body that has unwound.
#[cold]
fn not_ended(payload: Box<dyn Any + Send>) -> End {
    if payload.is::<ForcedUnwind>() {
        // The reason for the unwinding does not matter here. If this library forced it, the library drops
        // this error. If other code threw the payload, that code gets the error.
        return End::Raised(Error::unwound());
    }
    End::Panicked(Box::new(payload))
}

/// The operations on an [`Allocation`] that do not need the type of its body.
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
        // SAFETY: rule 4 of `links` keeps the node, and so this allocation, alive while the body runs, and
        // a body that is suspended keeps its generator from being freed.
        unsafe { self.node.start(self.stack_size, NonNull::from(self)) }
    }

    fn discard(&self) {
        self.node.status.set(Status::Closed);
        drop(self.body.take());
    }

    fn take_result(&self) -> Option<R> {
        self.result.take()
    }
}

/// A counted reference to the memory of a generator.
///
/// It is like an `Rc` whose memory comes from [`memory`] and whose count is in the node. It has two
/// rules:
///
/// 1. The memory exists and is initialised while the count is not zero.
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
        // SAFETY: rules 1 and 2: this was the last reference and is not used after this; the memory
        // is given back also if a destructor panics.
        unsafe {
            let _memory = GiveBack(self.body.cast(), layout);
            self.body.drop_in_place();
        }
    }
}

/// Gives memory back when it is dropped, after the destructors of the content.
struct GiveBack(NonNull<u8>, Layout);

impl Drop for GiveBack {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: only the drop of the last reference makes this, for the memory that `new` has
        // taken.
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
        // This writes the value in place. Otherwise it would be built on the stack and copied.
        // SAFETY: the memory is large enough, aligned, and not used by anything else.
        unsafe {
            allocation.write(Allocation {
                node: Node::new(label),
                stack_size: StackSize::new(stack_size),
                result: Cell::new(None),
                body: Cell::new(Some(body)),
            });
        }
        Self {
            // SAFETY: the value was written just above; the count of the node is one, which is this
            // reference.
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

    /// Closes a body that has not started.
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
