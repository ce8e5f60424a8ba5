//! One coroutine: a body on a stack of its own, and the switch into it and back.
//!
//! This is the one module that drives corosensei. A [`Node`] is the part of a
//! generator that its chain deals with, whatever its result type; an [`Inner`]
//! adds what depends on the body and its result. Nodes live in an `Rc`, are never
//! moved, and are made of cells, so that shared references to them suffice.
//!
//! | status     | meaning                                              | next           |
//! | ---------- | ---------------------------------------------------- | -------------- |
//! | Created    | the body waits in `Inner`; no stack                  | Suspended, Closed |
//! | Suspended  | on a stack, not yet run or at a yield of its own     | Running        |
//! | Delegating | at a `yield_from` of another generator (`down`)      | Running        |
//! | Running    | its code is on the processor, or below what is       | all but Created |
//! | Closed     | the body has ended; the stack is given back          |                |
#![allow(unsafe_code, reason = "switches stacks")]

use std::any::Any;
use std::borrow::Cow;
use std::cell::{Cell, UnsafeCell};
use std::mem::{self, ManuallyDrop};
use std::panic::{self, AssertUnwindSafe, Location};
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::thread;

use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::co::Co;
use crate::error::{Error, Result};
use crate::stack::Stack;

/// What a panic carries. Boxed once more, so that what contains it is two words wide and travels in registers.
pub(crate) type Payload = Box<Box<dyn Any + Send>>;

// Nothing passes through corosensei but the end of a body: a message or an event of several words would be copied
// on its way, and reading in one piece what was just written in two stalls the processor for longer than the
// switch takes. Instead the switching side leaves a pointer to its own in `Node::mail`.
type Switch = Yielder<(), ()>;
type Switchable = Coroutine<(), (), End, Stack>;

/// What is brought into a suspended body.
pub(crate) enum Message<S> {
    /// `next`: the value is `S::default()`, Python's `None`.
    Next(S),
    /// `send`.
    Send(S),
    /// `throw`, `close`, or an error out of the delegate.
    Throw(Error),
    /// The delegate has returned; its result waits in its `Inner`.
    Returned,
    /// The delegate had ended before.
    Finished,
    /// The delegate panicked.
    Panic(Payload),
    /// The body is to be unwound: the last resort of a drop.
    Unwind,
}

/// What a body suspends with.
pub(crate) enum Event<Y, S> {
    /// A yield.
    Value(Y),
    /// A delegation to another generator.
    Delegate(NonNull<Node<Y, S>>),
}

/// What came of resuming a body: an [`Event`] or an [`End`], flat, so that it travels in two registers.
pub(crate) enum Resumed<Y, S> {
    Value(Y),
    Delegate(NonNull<Node<Y, S>>),
    Returned,
    Raised(Error),
    Panicked(Payload),
    Unwound,
}

/// How a body ended.
enum End {
    /// With a result, which waits in its `Inner`.
    Returned,
    Raised(Error),
    Panicked(Payload),
    /// By [`Message::Unwind`].
    Unwound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Created,
    Suspended,
    Delegating,
    Running,
    Closed,
}

/// What is known of a generator for reports: which body it is, and where it was made.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) name: Cow<'static, str>,
    pub(crate) made_at: &'static Location<'static>,
    pub(crate) stack_size: usize,
}

/// A delegation that runs on its delegator's stack, linked from inner to outer.
pub(crate) struct Frame {
    pub(crate) name: &'static str,
    pub(crate) called_at: &'static Location<'static>,
    pub(crate) outer: Option<NonNull<Frame>>,
}

/// The part of a generator that does not depend on its body and result.
///
/// The pointers obey the rules of [`chain`](crate::chain).
#[repr(C)] // What a resume touches comes first, in as few cache lines as possible.
pub(crate) struct Node<Y, S> {
    /// Whom an operation on this generator resumes, if that is known.
    pub(crate) leaf: Cell<Option<NonNull<Self>>>,
    status: Cell<Status>,
    /// Whether the body was resumed while the thread was unwinding already.
    resumed_panicking: Cell<bool>,
    /// Where the body is suspended.
    location: Cell<&'static Location<'static>>,
    /// Points to the message or event that is being brought across, on the stack of whom it comes from.
    mail: Cell<*mut ()>,
    coroutine: UnsafeCell<Option<Switchable>>,
    /// The upper end of the stack, for `prefetch`.
    base: Cell<usize>,
    frame: Cell<Option<NonNull<Frame>>>,
    /// Whose `leaf` this is.
    pub(crate) root: Cell<Option<NonNull<Self>>>,
    /// Who delegates to this generator in the activation that ran it last.
    pub(crate) up: Cell<Option<NonNull<Self>>>,
    /// To whom this generator delegates.
    pub(crate) down: Cell<Option<NonNull<Self>>>,
    label: Label,
}

impl<Y: 'static, S: 'static> Node<Y, S> {
    fn new(label: Label) -> Self {
        Self {
            leaf: Cell::new(None),
            status: Cell::new(Status::Created),
            resumed_panicking: Cell::new(false),
            location: Cell::new(label.made_at),
            mail: Cell::new(ptr::null_mut()),
            coroutine: UnsafeCell::new(None),
            base: Cell::new(0),
            frame: Cell::new(None),
            root: Cell::new(None),
            up: Cell::new(None),
            down: Cell::new(None),
            label,
        }
    }

    #[inline(always)]
    pub(crate) fn status(&self) -> Status {
        self.status.get()
    }

    pub(crate) fn label(&self) -> &Label {
        &self.label
    }

    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.location.get()
    }

    /// Marks a running body as suspended in a delegation to another generator.
    #[inline]
    pub(crate) fn set_delegating(&self) {
        debug_assert_eq!(self.status(), Status::Running);
        self.status.set(Status::Delegating);
    }

    /// Runs the body with `message` until it suspends or ends.
    ///
    /// # Panics
    ///
    /// Panics if the body is not suspended.
    #[inline(always)]
    pub(crate) fn switch(&self, message: Message<S>) -> Resumed<Y, S> {
        self.resumed_panicking.set(thread::panicking());
        let resumed = self.switch_calmly(message);
        self.resumed_panicking.set(false);
        resumed
    }

    /// As [`switch`](Self::switch), while the thread is not panicking.
    ///
    /// The status is Running also when the event is a delegation, which has not
    /// begun then.
    #[inline(always)]
    pub(crate) fn switch_calmly(&self, message: Message<S>) -> Resumed<Y, S> {
        let status = self.status.get();
        assert!(matches!(status, Status::Suspended | Status::Delegating), "resumed while {status:?}");
        self.status.set(Status::Running);
        // SAFETY: the cell is touched only here, in `start`, `end` and `drop`, and by none of them while the
        // status is Running, which it is from the line above until `resume` has come back.
        let coroutine = unsafe { &mut *self.coroutine.get() };
        let coroutine = coroutine.as_mut().expect("a suspended body has a stack");
        let mut message = ManuallyDrop::new(message);
        self.mail.set((&raw mut message).cast());
        match coroutine.resume(()) {
            CoroutineResult::Yield(()) => {
                // SAFETY: the body has just left its event there, on its own stack, and forgets it.
                let event = unsafe { self.mail.get().cast::<Event<Y, S>>().read() };
                match event {
                    Event::Value(value) => {
                        self.status.set(Status::Suspended);
                        Resumed::Value(value)
                    }
                    Event::Delegate(delegate) => Resumed::Delegate(delegate),
                }
            }
            CoroutineResult::Return(end) => {
                self.end();
                match end {
                    End::Returned => Resumed::Returned,
                    End::Raised(error) => Resumed::Raised(error),
                    End::Panicked(payload) => Resumed::Panicked(payload),
                    End::Unwound => Resumed::Unwound,
                }
            }
        }
    }

    /// Gives the stack of an ended body back.
    #[inline(never)]
    fn end(&self) {
        self.status.set(Status::Closed);
        self.frame.set(None);
        // SAFETY: `resume` has come back for the last time, so that nothing else refers to the cell's content.
        let ended = unsafe { (*self.coroutine.get()).take() };
        drop(ended.map(Coroutine::into_stack));
    }

    /// Puts a coroutine in place, to be run by `switch`.
    fn start(&self, entry: impl FnOnce(&Switch, ()) -> End + 'static) -> Result<()> {
        debug_assert_eq!(self.status(), Status::Created);
        let stack = Stack::acquire(self.label.stack_size, &self.label)?;
        self.base.set(stack.base().get());
        // SAFETY: the status is Created, so that there is no coroutine yet to which anything could refer.
        unsafe { *self.coroutine.get() = Some(Coroutine::with_stack(stack, entry)) };
        self.status.set(Status::Suspended);
        Ok(())
    }

    /// Takes the message that the body was resumed with.
    ///
    /// # Safety
    ///
    /// To be called by the body once after each resume.
    #[inline(always)]
    unsafe fn take_message(&self) -> Message<S> {
        // SAFETY: `switch` has just left it there, on a stack that waits for this body, and forgets it.
        unsafe { self.mail.get().cast::<Message<S>>().read() }
    }

    /// Calls `visit` with each delegation on this body's own stack, innermost first.
    pub(crate) fn for_each_frame(&self, mut visit: impl FnMut(&Frame)) {
        let mut next = self.frame.get();
        while let Some(frame) = next {
            // SAFETY: a frame is linked from before its delegate runs until after, by the guard in
            // `Co::on_same_stack`, and lives on the stack of this body, which is suspended or below us.
            let frame = unsafe { frame.as_ref() };
            visit(frame);
            next = frame.outer;
        }
    }

    /// Fetches what a resume will touch into the cache.
    #[inline]
    pub(crate) fn prefetch(&self) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let top: *const i8 = ptr::without_provenance(self.base.get());
            for line in 0..crate::stack::PREFETCHED_LINES {
                // SAFETY: prefetching is a hint, which any address may be given.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(top.wrapping_sub(64 * (line + 1))) };
            }
        }
    }
}

impl<Y, S> Drop for Node<Y, S> {
    fn drop(&mut self) {
        crate::chain::detach(self);
        if let Some(coroutine) = self.coroutine.get_mut().take() {
            // The body refused to end, or was forgotten with its frames: its stack stays as it is for ever.
            mem::forget(coroutine);
        }
    }
}

/// A generator's memory: the node, the body until it starts, and the result until it is fetched.
struct Inner<Y, S, R, F> {
    node: Node<Y, S>,
    result: Cell<Option<R>>,
    body: Cell<Option<F>>,
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
            // SAFETY: the body runs only in `Node::switch`, to which the node was passed by reference; rule 4 of
            // the chain keeps it, and so `inner`, alive until the body ends.
            let inner = unsafe { inner.as_ref() };
            // SAFETY: this is the first resume.
            match unsafe { inner.node.take_message() } {
                Message::Next(none) => drop(none),
                _ => unreachable!("a generator is started by next"),
            }
            let co = Co { suspender: Suspender { switch: switch.into(), node: NonNull::from(&inner.node) } };
            let body = inner.body.take().expect("started once");
            match panic::catch_unwind(AssertUnwindSafe(|| body(&co))) {
                Ok(Ok(result)) => {
                    inner.result.set(Some(result));
                    End::Returned
                }
                Ok(Err(error)) => End::Raised(error.leaving_body()),
                Err(payload) if payload.is::<ForcedUnwind>() => End::Unwound,
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

/// What unwinds a body that refuses to end.
struct ForcedUnwind;

/// A counted reference to a generator's memory.
pub(crate) struct Shared<Y, S, R> {
    node: NonNull<Node<Y, S>>,
    body: Rc<dyn Body<R>>,
}

impl<Y, S, R> Clone for Shared<Y, S, R> {
    fn clone(&self) -> Self {
        Self { node: self.node, body: self.body.clone() }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Shared<Y, S, R> {
    pub(crate) fn new<F>(label: Label, body: F) -> Self
    where
        F: FnOnce(&Co<Y, S>) -> Result<R> + 'static,
    {
        let mut inner = Rc::<Inner<Y, S, R, F>>::new_uninit();
        // Written where it stays: `Rc::new` would build it on the stack and copy it.
        Rc::get_mut(&mut inner).expect("not shared yet").write(Inner {
            node: Node::new(label),
            result: Cell::new(None),
            body: Cell::new(Some(body)),
        });
        // SAFETY: written just above.
        let inner = unsafe { inner.assume_init() };
        Self { node: NonNull::from(&inner.node), body: inner }
    }

    #[inline(always)]
    pub(crate) fn node(&self) -> &Node<Y, S> {
        // SAFETY: the node is part of what `body` keeps alive, is never moved, and only shared references to it exist.
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

/// The body's end of the switch.
pub(crate) struct Suspender<Y, S> {
    switch: NonNull<Switch>,
    node: NonNull<Node<Y, S>>,
}

impl<Y: 'static, S: 'static> Suspender<Y, S> {
    #[inline(always)]
    fn node(&self) -> &Node<Y, S> {
        // SAFETY: a body runs only while its node is alive (rule 4 of the chain), and this belongs to the body.
        unsafe { self.node.as_ref() }
    }

    /// Notes where the body is about to suspend.
    #[inline(always)]
    pub(crate) fn set_location(&self, location: &'static Location<'static>) {
        self.node().location.set(location);
    }

    /// Suspends the body and returns what it is resumed with.
    #[inline(always)]
    pub(crate) fn suspend(&self, value: Y) -> Message<S> {
        self.switch(Event::Value(value))
    }

    /// Suspends the body until `delegate` has ended or cannot be entered.
    #[inline(always)]
    pub(crate) fn delegate<R>(&self, delegate: &Shared<Y, S, R>) -> Message<S> {
        // The borrow keeps the delegate alive while this frame exists: rule 1 of the chain.
        self.switch(Event::Delegate(delegate.node))
    }

    #[inline(always)]
    fn switch(&self, event: Event<Y, S>) -> Message<S> {
        // A body that is being unwound must not suspend: the thread's panic count would travel with whom runs next.
        if thread::panicking() && !self.node().resumed_panicking.get() {
            return refuse(event);
        }
        let mut event = ManuallyDrop::new(event);
        self.node().mail.set((&raw mut event).cast());
        // SAFETY: corosensei's yielder lies at the base of this body's stack, below which we run.
        unsafe { self.switch.as_ref() }.suspend(());
        // SAFETY: this is the one place after a resume.
        unsafe { self.node().take_message() }
    }

    /// Runs `delegate` on this stack, linked so that a report of the chain shows it.
    #[inline(always)]
    pub(crate) fn on_same_stack<R>(&self, name: &'static str, delegate: impl FnOnce() -> R) -> R {
        struct Unlink<'a>(&'a Cell<Option<NonNull<Frame>>>, Option<NonNull<Frame>>);
        impl Drop for Unlink<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let node = self.node();
        let outer = node.frame.get();
        let frame = Frame { name, called_at: node.location.get(), outer };
        node.frame.set(Some(NonNull::from(&frame)));
        let _unlink = Unlink(&node.frame, outer);
        delegate()
    }
}

/// Answers a suspension that cannot be granted.
#[cold]
fn refuse<Y, S>(event: Event<Y, S>) -> Message<S> {
    drop(event);
    Message::Throw(Error::panicking())
}

/// Unwinds the body from here, without a message on standard error.
#[cold]
pub(crate) fn unwind() -> ! {
    panic::resume_unwind(Box::new(ForcedUnwind))
}
