//! One coroutine: a body on a stack of its own, and the switch into it and back.
//!
//! This is the one module that drives corosensei. A [`Node`] is the part of a generator that its
//! chain deals with, whatever its result type; [`Shared`] adds what depends on the body and its
//! result. Nodes are counted, are never moved, and are made of cells, so that shared references
//! to them suffice. What refers from node to node stands in [`links`].
#![allow(unsafe_code, reason = "switches stacks")]

mod body;
mod links;
mod memory;
mod message;
mod suspender;

use std::cell::{Cell, UnsafeCell};
use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::thread;

use corosensei::{Coroutine, CoroutineResult, Yielder};

pub(crate) use body::Shared;
pub(crate) use message::{End, Message, Resumed};
pub(crate) use suspender::{Suspender, unwind};

use links::Links;
use message::Suspension;
use suspender::ForcedUnwind;

use crate::error::{Error, Result};
use crate::label::Label;
use crate::stack::{Owner, Stack, StackSize};
use crate::status::Status;

// Nothing passes through corosensei but the end of a body: a message or an event of several words
// would be copied on its way, and reading in one piece what was just written in two stalls the
// processor for longer than the switch takes. Instead the side that switches away leaves it in
// `Node::mail`, where the other side finds it at once.
type Switch = Yielder<(), ()>;
type Switchable = Coroutine<(), (), End, Stack>;

/// What crosses in a switch. Which of the two it is follows from the direction.
union Mail<Y, S> {
    message: ManuallyDrop<Message<S>>,
    suspension: ManuallyDrop<Suspension<Y, S>>,
}

/// How many bytes below the noted stack pointer a switch uses.
const BELOW_CONTEXT: usize = 32;

/// How often a body that was resumed while its thread panics may go on after a refused suspension.
const PATIENCE: u16 = 10_000;

/// A delegation that runs on its delegator's stack, linked from inner to outer.
pub(crate) struct Frame {
    pub(crate) name: &'static str,
    pub(crate) called_at: &'static Location<'static>,
    pub(crate) outer: Option<NonNull<Frame>>,
}

/// The part of a generator that does not depend on its body and result.
// What a resume touches lies together, in as few cache lines as possible: from the stack pointer,
// which corosensei has at the end of its struct, to the mail.
#[repr(C)]
pub(crate) struct Node<Y, S> {
    coroutine: UnsafeCell<Option<Switchable>>,
    /// The node that an operation on this generator resumes, if that is known.
    leaf: Cell<Option<NonNull<Self>>>,
    status: Cell<Status>,
    /// Whether `frame` may lead to a stack that is gone.
    tangled: Cell<bool>,
    /// How often this body is refused a suspension before it is given up; it is unwound half-way.
    /// 0 if the thread did not panic when it was resumed: it may then be refused for ever.
    patience: Cell<u16>,
    /// How many references there are, see [`Shared`].
    handles: Cell<u32>,
    /// Where the body is suspended.
    location: Cell<&'static Location<'static>>,
    /// The side that switches away writes it; the side that wakes takes it first.
    mail: UnsafeCell<MaybeUninit<Mail<Y, S>>>,
    /// Where on the stack the body is suspended, for `prefetch`.
    context: Cell<usize>,
    frame: Cell<Option<NonNull<Frame>>>,
    links: Links<Y, S>,
    label: Label,
}

impl<Y: 'static, S: 'static> Node<Y, S> {
    fn new(label: Label) -> Self {
        Self {
            leaf: Cell::new(None),
            status: Cell::new(Status::Created),
            tangled: Cell::new(false),
            patience: Cell::new(0),
            location: label.made_at.clone(),
            mail: UnsafeCell::new(MaybeUninit::uninit()),
            coroutine: UnsafeCell::new(None),
            context: Cell::new(0),
            frame: Cell::new(None),
            handles: Cell::new(1),
            links: Links::new(),
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

    pub(crate) fn set_made_at(&self, place: &'static Location<'static>) {
        self.label.made_at.set(place);
        if self.status() == Status::Created {
            self.location.set(place);
        }
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
    pub(crate) fn switch(&self, message: Message<S>) -> Resumed<'_, Y, S> {
        let patience = if thread::panicking() { 2 * PATIENCE } else { 0 };
        self.patience.set(patience);
        self.switch_calmly(message)
    }

    /// As [`switch`](Self::switch), while the thread is not panicking.
    ///
    /// The status is Running also when the event is a delegation, which has not
    /// begun then.
    #[inline(always)]
    pub(crate) fn switch_calmly(&self, message: Message<S>) -> Resumed<'_, Y, S> {
        let status = self.status.get();
        assert!(
            matches!(status, Status::Suspended | Status::Delegating),
            "resumed while {status:?}"
        );
        self.status.set(Status::Running);
        // SAFETY: the cell is touched only here, in `start`, `end` and `drop`, and by none of them
        // while the status is Running, which it is from the line above until `resume` has come
        // back.
        let coroutine = unsafe { &mut *self.coroutine.get() };
        // SAFETY: the status was Suspended or Delegating, which it becomes after `start` has filled
        // the cell, and never again after `end` has emptied it.
        let coroutine = unsafe { coroutine.as_mut().unwrap_unchecked() };
        self.leave_mail(Mail {
            message: ManuallyDrop::new(message),
        });
        match coroutine.resume(()) {
            CoroutineResult::Yield(()) => {
                // SAFETY: a body leaves an event before it switches away.
                match unsafe { self.take_suspension() } {
                    Suspension::Value(value) => {
                        self.status.set(Status::Suspended);
                        Resumed::Value(value)
                    }
                    Suspension::Delegate(delegate, none) => {
                        // SAFETY: rule 1 of `links`: the body is suspended in the `yield_from`
                        // that was given the delegate.
                        Resumed::Delegate(unsafe { delegate.as_ref() }, none)
                    }
                    Suspension::GiveUp => {
                        self.status.set(Status::GivenUp);
                        Resumed::Ended(End::Raised(Error::panicking()))
                    }
                }
            }
            CoroutineResult::Return(end) => {
                self.end();
                Resumed::Ended(end)
            }
        }
    }

    /// Gives the stack of an ended body back.
    #[inline(never)]
    fn end(&self) {
        self.status.set(Status::Closed);
        self.frame.set(None);
        // SAFETY: `resume` has come back for the last time, so that nothing else refers to the
        // cell's content.
        let ended = unsafe { (*self.coroutine.get()).take() };
        drop(ended.map(Coroutine::into_stack));
    }

    /// Puts a coroutine in place, to be run by `switch`.
    fn start(
        &self,
        stack_size: StackSize,
        entry: impl FnOnce(&Switch, ()) -> End + 'static,
    ) -> Result<()> {
        debug_assert_eq!(self.status(), Status::Created);
        let node = ptr::from_ref(self);
        // SAFETY: the pointer is that of `self`; the fields are not read here.
        let owner = unsafe { Owner::new(&raw const (*node).label, &raw const (*node).status) };
        let stack = Stack::acquire(stack_size, owner)?;
        self.context
            .set(stack.base().get() - 64 * (crate::stack::PREFETCHED_LINES - 1) + BELOW_CONTEXT);
        // SAFETY: the status is Created, so that there is no coroutine yet to which anything could
        // refer.
        unsafe { *self.coroutine.get() = Some(Coroutine::with_stack(stack, entry)) };
        self.status.set(Status::Suspended);
        Ok(())
    }

    /// Leaves what the other side is to take.
    #[inline(always)]
    fn leave_mail(&self, mail: Mail<Y, S>) {
        // SAFETY: nobody has a reference into the cell: taking moves the content out.
        unsafe { (*self.mail.get()).write(mail) };
    }

    /// Takes the message that the body was resumed with.
    ///
    /// # Safety
    ///
    /// To be called by the body, once after each resume.
    #[inline(always)]
    unsafe fn take_message(&self) -> Message<S> {
        // SAFETY: whoever resumes has left a message, which nobody else takes.
        unsafe { ManuallyDrop::into_inner((*self.mail.get()).assume_init_read().message) }
    }

    /// Takes the event that the body suspended with.
    ///
    /// # Safety
    ///
    /// To be called by whoever resumed the body, once after it has suspended.
    #[inline(always)]
    unsafe fn take_suspension(&self) -> Suspension<Y, S> {
        // SAFETY: the body has left an event, which nobody else takes.
        unsafe { ManuallyDrop::into_inner((*self.mail.get()).assume_init_read().suspension) }
    }

    /// Calls `visit` with each delegation on this body's own stack, innermost first.
    ///
    /// None of them if they were once not nested, as code on another stack has delegated by this
    /// body's `Co`.
    pub(crate) fn for_each_frame(&self, mut visit: impl FnMut(&Frame)) {
        if self.tangled.get() {
            return;
        }
        let mut next = self.frame.get();
        while let Some(frame) = next {
            // SAFETY: a frame is linked from before its delegate runs until after, by the guard in
            // `Suspender::on_same_stack`. It lives on the stack of this body, which is suspended or
            // below us, or of another, which has not ended: else it would have unlinked the frame,
            // and in order, as nothing is tangled.
            let frame = unsafe { frame.as_ref() };
            visit(frame);
            next = frame.outer;
        }
    }

    /// Fetches the part of the stack that a resume will touch into the cache.
    #[inline]
    pub(crate) fn prefetch(&self) {
        let context = self.context.get().wrapping_sub(BELOW_CONTEXT);
        let context: *const u8 = ptr::without_provenance(context);
        for line in 0..crate::stack::PREFETCHED_LINES {
            prefetch(context.wrapping_add(64 * line));
        }
    }
}

/// Fetches the cache line at an address, for a use soon.
///
/// A hint: it reads nothing, and any address may be given. Does nothing on processors other than
/// x86-64.
///
/// # Examples
///
/// ```
/// let later = vec![1; 1000];
/// yieldfrom_delegation::prefetch(&raw const later[500]);
/// ```
#[inline(always)]
pub fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: prefetching is a hint, which any address may be given.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

impl<Y, S> Drop for Node<Y, S> {
    fn drop(&mut self) {
        self.detach();
        if let Some(coroutine) = self.coroutine.get_mut().take() {
            // Not to be reached: `Generator` leaks a node whose body has live frames. If it were,
            // those frames would stay as they are for ever.
            mem::forget(coroutine);
        }
    }
}
